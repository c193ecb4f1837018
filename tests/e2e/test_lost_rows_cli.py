"""What an operator sees of rows that are no entries, of lists that lose rows, and of a snapshot that was set back.

Everybody here is invented: division 420399 for organisations, 990000 for people.
"""

import csv
import json
import shutil
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from tests.support.commands import run_command

from xingate_server.cli.app import cli
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.settings import load
from xingate_server.wiring.snapshot_in_use import last_and_highest, newest_sequence

ROW = {
    "list_type": "black.bribery",
    "subject_kind": "legal_entity",
    "name": "示例有限公司",
    "code": "",
    "severity": "",
    "authority": "示例局",
    "basis": "示例办法",
    "document_no": "示例1号",
    "document_date": "2026-04-01",
    "notice_start": "2026-03-02",
    "notice_end": "2026-03-30",
    "signed_by": "示例签署人",
    "region": "示例区",
}


def run(*arguments: str | Path, code: int = 0) -> Result:
    done = CliRunner().invoke(cli, [str(argument) for argument in arguments])
    assert done.exit_code == code, (done.output, done.exception)
    return done


class Desk:
    """A city list and a state directory."""

    def __init__(self, folder: Path) -> None:
        self.file = folder / "示例.csv"
        self.state = folder / "state"

    def write(self, *rows: dict[str, str]) -> None:
        with self.file.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, list(ROW))
            writer.writeheader()
            writer.writerows(ROW | {"code": unified_code(n)} | row for n, row in enumerate(rows))

    def compile(self, *more: str | Path, code: int = 0) -> Result:
        return run("compile", "--source", f"city_list={self.file}", "--state", self.state, *more, code=code)

    def document(self, *more: str) -> Any:
        return json.loads(self.compile("--json", *more).stdout)

    def check(self, serial: int, *more: str, code: int) -> Any:
        asked = ("--kind", "legal_entity", "--action", "market.entry", "--state", self.state)
        return json.loads(run("check", unified_code(serial), *asked, *more, "--json", code=code).stdout)

    def set_back(self, sequence: int) -> None:
        current = self.state / "snapshots" / "current"
        current.unlink()
        current.symlink_to(str(sequence))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


UNREAD, BY_RULE = {"severity": "很严重"}, {"authority": ""}


class TestRefusals:
    def test_the_table_and_the_lines_below_it(self, desk: Desk) -> None:
        desk.write(UNREAD, BY_RULE, BY_RULE, *[{}] * 5)
        text = desk.compile().stdout
        header, row = (line for line in text.splitlines() if "by rule" in line or "示例.csv" in line)
        assert [name.strip() for name in header.split("┃") if name.strip()] == [
            "source", "file", "rows", "admitted", "by rule", "unreadable", "refused and flagged",
        ]  # fmt: skip
        assert [cell.strip() for cell in row.split("│")][3:7] == ["8", "5", "2", "1"]
        assert "source city_list: 1 row could not be read; a check about their subjects reports row_unreadable" in text

    def test_the_document_for_programs(self, desk: Desk) -> None:
        desk.write(UNREAD, BY_RULE, {"code": "无"}, *[{}] * 5)
        document = desk.document()
        (source,) = document["sources"]
        assert (source["rows"], source["admitted"], source["refusedByRule"], source["unreadable"]) == (8, 6, 1, 1)
        assert source["refused"] == {"authority_missing": 1, "identifier_missing": 1, "value_unknown": 1}
        assert (document["notes"], document["passedOver"]) == ({}, {})

    def test_a_subject_of_such_a_row_is_never_clear(self, desk: Desk) -> None:
        desk.write(UNREAD, BY_RULE, *[{}] * 5)
        desk.compile()
        answer = desk.check(0, code=13)
        assert answer["verdict"] == "VERDICT_CANNOT_TELL"
        (gap,) = answer["gaps"]
        assert (gap["reason"], gap["couldBe"]) == ("row_unreadable", "VERDICT_PROHIBITED")
        for part in ("示例局", "示例1号", "2026-04-01", "severity `很严重`"):
            assert part in gap["closesWith"]
        assert desk.check(1, code=0)["verdict"] == "VERDICT_CLEAR", "what was not properly recognised has no effect"
        assert desk.check(2, code=12)["verdict"] == "VERDICT_PROHIBITED"

    @pytest.mark.parametrize("number", ["无", unified_code(50)[:17], "123456789012345678"])
    def test_a_row_whose_number_cannot_be_used_stands_by_its_name(self, desk: Desk, number: str) -> None:
        desk.write({"code": number, "name": "示例甲公司"}, {})
        desk.compile()
        answer = desk.check(9, "--name", "示例甲公司", code=13)
        assert [(gap["reason"], gap["couldBe"]) for gap in answer["gaps"]] == [
            ("identity_unsettled", "VERDICT_PROHIBITED")
        ]
        assert desk.check(9, "--name", "示例乙公司", code=0)["verdict"] == "VERDICT_CLEAR"
        assert desk.check(9, code=0)["verdict"] == "VERDICT_CLEAR", "a question without a name cannot be protected"
        candidates = run(
            *("check", "--name", "示例甲公司", "--kind", "legal_entity", "--action", "market.entry", "--json"),
            *("--state", desk.state),
            code=13,
        )
        assert [found["name"] for found in json.loads(candidates.stdout)["candidates"]] == ["示例甲公司"]

    def test_a_rounded_number_is_a_mask_of_what_is_left(self, desk: Desk) -> None:
        desk.write({"code": unified_code(11)[:15] + "000", "name": "示例甲公司"}, {})
        desk.compile()
        for named in ((), ("--name", "示例甲公司")):
            answer = desk.check(11, *named, code=13)
            assert [gap["reason"] for gap in answer["gaps"]] == ["identity_unsettled"]
        assert desk.check(11, "--name", "示例乙公司", code=0)["verdict"] == "VERDICT_CLEAR"
        desk.check(9, "--name", "示例甲公司", code=0)

    def test_too_many_are_refused_unless_an_operator_accepts_them(self, desk: Desk) -> None:
        desk.write(*[UNREAD] * 5, *[{}] * 5)
        text = desk.compile(code=3).stderr
        assert text.startswith("xingate: rows_unreadable: `city_list`: 5 of 10 rows could not be read")
        assert "the current snapshot is unchanged" in text
        assert not (desk.state / "snapshots" / "current").exists()
        assert desk.document("--accept-refusals", "city_list")["sources"][0]["unreadable"] == 5
        manifest = json.loads((desk.state / "snapshots" / "1" / "manifest.json").read_text("utf-8"))
        assert manifest["accepted_refusals"] == ["city_list"]

    def test_accepting_for_a_source_that_is_not_known(self, desk: Desk) -> None:
        desk.write({})
        assert "no_such_list" in desk.compile("--accept-refusals", "no_such_list", code=2).stderr

    def test_a_list_that_lost_a_region(self, desk: Desk) -> None:
        desk.write(*[{}] * 5, *[{"region": "示例县"}] * 60)
        desk.compile()
        desk.write(*[{"region": "示例县"}] * 60)
        text = desk.compile(code=3).stderr
        assert text.startswith("xingate: list_shrunk: `city_list`, black.bribery, region `示例区`: from 5 to 0 rows")
        desk.compile("--accept-shrink", "city_list")

    def test_an_empty_list(self, desk: Desk) -> None:
        desk.write()
        assert "rows_too_few" in desk.compile(code=3).stderr


CODE, OTHER_CODE, HUMAN = unified_code(11), unified_code(12), citizen_number(5)
BESIDE = ["统一社会信用代码：{}", "{}（已变更）", "“{}”", "{}.0", '="{}"', "<b>{}</b>", "原：{}；", "{}，"]
HIDDEN = ["x", "X", "●", "•", "#", "?", "×", "※", "█", "_", "＊"]


class TestNumbersBesideOtherText:
    def person(self, desk: Desk, number: str, *more: str, code: int) -> Any:
        asked = ("--kind", "natural_person", "--action", "honour.nominate", "--state", desk.state)
        more = (*more, "--organisation", "示例局", "--operator", "示例员", "--matter", "M-1")
        return json.loads(run("check", number, *asked, *more, "--json", code=code).stdout)

    @pytest.mark.parametrize("text", BESIDE)
    def test_a_valid_number_is_used(self, desk: Desk, text: str) -> None:
        desk.write({"code": text.format(CODE)}, {"code": text.format(HUMAN), "subject_kind": "natural_person"})
        assert desk.document()["sources"][0]["refused"] == {}
        assert desk.check(11, code=12)["verdict"] == "VERDICT_PROHIBITED"
        assert self.person(desk, HUMAN, code=10)["verdict"] == "VERDICT_CAUTION"

    @pytest.mark.parametrize("text", ["{}/{}", "{}、{}", "{}\n{}", "{}（原 {}）"])
    def test_several_are_each_a_possible_match(self, desk: Desk, text: str) -> None:
        desk.write({"code": text.format(CODE, OTHER_CODE)}, {})
        assert desk.document()["sources"][0]["refused"] == {"identifier_malformed": 1}
        for serial in (11, 12):
            assert [gap["reason"] for gap in desk.check(serial, code=13)["gaps"]] == ["identity_unsettled"]
        desk.check(13, code=0)

    @pytest.mark.parametrize("mark", HIDDEN)
    def test_another_mark_hides_as_the_star_does(self, desk: Desk, mark: str) -> None:
        desk.write({"code": HUMAN[:6] + mark * 8 + HUMAN[14:], "subject_kind": "natural_person"}, {})
        desk.compile()
        assert [gap["reason"] for gap in self.person(desk, HUMAN, code=13)["gaps"]] == ["identity_unsettled"]

    @pytest.mark.parametrize("name", ["示例甲公司（{}）", "示例甲公司 统一代码：{}", "{}", "示例甲公司【{}】"])
    def test_a_number_in_the_name(self, desk: Desk, name: str) -> None:
        desk.write({"code": "", "name": name.format(CODE)}, {"code": "示例乙公司", "name": OTHER_CODE})
        desk.compile()
        for serial in (11, 12):
            assert desk.check(serial, code=12)["verdict"] == "VERDICT_PROHIBITED"
        assert desk.check(13, "--name", "示例甲公司", code=0)["verdict"] == "VERDICT_CLEAR"

    def test_a_kind_that_contradicts_the_number_is_told(self, desk: Desk) -> None:
        desk.write({"code": HUMAN}, {"code": OTHER_CODE, "subject_kind": "natural_person"})
        source = desk.document()["sources"][0]
        assert (source["admitted"], source["unreadable"]) == (2, 0)
        assert source["refused"] == {"identifier_checksum": 1, "identifier_malformed": 1}
        (gap,) = self.person(desk, HUMAN, code=13)["gaps"]
        assert gap["reason"] == "row_unreadable"
        assert "subject_kind: `legal_entity` and the number contradict each other" in gap["closesWith"]
        assert HUMAN not in json.dumps(gap)
        assert [gap["reason"] for gap in desk.check(12, code=13)["gaps"]] == ["row_unreadable"]

    def test_numbers_that_cannot_be_used_are_told_of(self, desk: Desk) -> None:
        desk.write({"code": CODE[:17]}, {})
        told = "source city_list: numbers that cannot be used (identifier_malformed 1); a subject without another one"
        assert told in desk.compile().stdout


class TestSetBack:
    @pytest.fixture
    def was_in_use(self, desk: Desk) -> Desk:
        """Two snapshots, of which the second was in use, and `current` pointing to the first again."""
        desk.write({})
        desk.compile()
        desk.write({}, {})
        desk.compile()
        assert desk.check(1, code=12)["snapshot"]["sequence"] == "2"
        desk.set_back(1)
        return desk

    def use(self, desk: Desk, *more: str, code: int = 0) -> Result:
        given = ("--reason", "示例：第二份名单有误", "--officer", "示例审批员", "--state", desk.state)
        return run("snapshot", "use", *more, *given, code=code)

    def test_a_gateway_does_not_start(self, was_in_use: Desk) -> None:
        done = run_command("serve", "--state", was_in_use.state, "--grpc-port", "0", "--http-port", "0")
        assert done.returncode == 3
        assert done.stderr.startswith("xingate: snapshot_set_back: ")
        assert "is set back to 1, and 2 was in use" in done.stderr
        assert "xingate snapshot use 1 --reason WHY --officer WHO" in done.stderr
        assert "Traceback" not in done.stderr

    def test_a_check_is_not_answered(self, was_in_use: Desk) -> None:
        done = run_command(
            *("check", unified_code(1), "--kind", "legal_entity", "--action", "market.entry"),
            *("--state", was_in_use.state),
        )
        assert done.returncode == 3
        assert done.stderr.startswith("xingate: snapshot_set_back: ")
        assert done.stderr.count("\n") == 1, "one line, without what a gateway logs"
        assert done.stdout == ""

    def test_an_officer_lets_it_be_used(self, was_in_use: Desk) -> None:
        told = json.loads(self.use(was_in_use, "1", "--json").stdout)
        assert (told["before"], told["after"]) == (2, 1), "the log says what was in use, not the link that was moved"
        record = json.loads(run("trace", "show", told["recordId"], "--json", "--state", was_in_use.state).stdout)
        act = record["record"]["act"]
        assert [json.loads(act[side])["sequence"] for side in ("before", "after")] == [2, 1]
        answer = was_in_use.check(1, code=0)
        assert answer["snapshot"]["sequence"] == "1"
        settings = load(state=was_in_use.state)
        assert (newest_sequence(settings), last_and_highest(settings)) == (1, (1, 2)), "the act is on record"
        run("trace", "fsck", "--state", was_in_use.state)

    def test_the_next_compile_is_above_the_highest_that_was_in_use(self, was_in_use: Desk) -> None:
        self.use(was_in_use, "1")
        assert was_in_use.document()["sequence"] == 3
        assert was_in_use.check(1, code=12)["snapshot"]["sequence"] == "3"

    def test_a_compile_is_a_way_on_too(self, was_in_use: Desk) -> None:
        assert was_in_use.document()["sequence"] == 3
        was_in_use.check(1, code=12)

    @pytest.mark.parametrize("is_removed", [False, True])
    def test_the_guards_compare_with_what_was_in_use(self, desk: Desk, is_removed: bool) -> None:
        desk.write({})
        desk.compile()
        desk.write(*[{}] * 40)
        desk.compile()
        desk.check(1, code=12)
        desk.set_back(1)
        if is_removed:
            (desk.state / "snapshots" / "current").unlink()
        desk.write({})
        assert desk.compile(code=3).stderr.startswith(
            "xingate: list_shrunk: `city_list` went from 40 admitted rows to 1"
        )

    def test_the_only_list_is_emptied_by_an_explicit_word_alone(self, desk: Desk) -> None:
        desk.write({})
        desk.compile()
        assert desk.check(0, code=12)["verdict"] != "VERDICT_CLEAR"
        desk.write()
        assert desk.compile(code=3).stderr.startswith("xingate: rows_too_few: `city_list` has 0 rows; at least 1 ")
        assert "snapshot 2: 0 subjects, 0 entries" in desk.compile("--accept-shrink", "city_list").stdout
        (gap,) = desk.check(0, code=13)["gaps"]  # nothing is said of whom the list named, and nobody is clear by it
        assert gap["reason"] == "source_missing"

    def test_what_is_used_again_is_on_record_again(self, was_in_use: Desk) -> None:
        self.use(was_in_use, "1")
        was_in_use.set_back(2)
        was_in_use.check(1, code=12)
        settings = load(state=was_in_use.state)
        assert newest_sequence(settings) == 2
        was_in_use.set_back(1)
        assert run_command("check", unified_code(1), "--kind", "legal_entity", "--action", "market.entry", "--state",
                       was_in_use.state).returncode == 3  # fmt: skip

    def test_the_command_names_both(self, was_in_use: Desk) -> None:
        dry = self.use(was_in_use, "1", "--dry-run").stdout
        assert dry == "snapshot 1 can be used; snapshot 2 was in use last, and nothing was moved\n"
        told = self.use(was_in_use, "1").stdout
        assert told.startswith("snapshot 1 is current now, and gateways take it at their next look")
        assert "snapshot 2 was in use last; record " in told

    def test_what_was_in_use_may_be_gone(self, was_in_use: Desk) -> None:
        shutil.rmtree(was_in_use.state / "snapshots" / "2")
        told = json.loads(self.use(was_in_use, "1", "--json").stdout)
        assert (told["before"], told["after"]) == (2, 1)

    def test_before_anything_was_in_use(self, desk: Desk) -> None:
        desk.write({})
        desk.compile()
        assert json.loads(self.use(desk, "1", "--json").stdout)["before"] == 1, "the link alone says what is current"
        told = self.use(desk, "1").stdout  # an act that changes no answer is none: nothing is recorded
        assert told.startswith("snapshot 1 is current already, and no gateway has put it on record yet")

    def test_a_dry_run_moves_and_records_nothing(self, was_in_use: Desk) -> None:
        was_in_use.set_back(2)
        said = self.use(was_in_use, "1", "--dry-run").stdout
        assert said == "snapshot 1 can be used; snapshot 2 was in use last, and nothing was moved\n"
        assert was_in_use.check(1, code=12)["snapshot"]["sequence"] == "2"

    def test_one_that_is_not_retained(self, was_in_use: Desk) -> None:
        assert "sequence_unknown: snapshot 9 is not retained; 1 to 2 are" in self.use(was_in_use, "9", code=3).stderr

    def acts(self, desk: Desk) -> int:
        return len(run("trace", "list", "--kind", "act", "--json", "--state", desk.state).stdout.splitlines())

    def test_the_current_one_is_used_once(self, was_in_use: Desk) -> None:
        done = self.use(was_in_use, "1")
        assert "snapshot 1 is current now" in done.stdout
        assert "snapshot 2 was in use last" in done.stdout
        before = self.acts(was_in_use)
        assert "current already, and the log says that it is in use" in self.use(was_in_use, "1").stdout
        assert json.loads(self.use(was_in_use, "1", "--json").stdout) == {"before": 1, "after": 1, "recordId": ""}
        assert self.acts(was_in_use) == before

    def test_one_that_no_gateway_has_taken_is_not_said_to_be_in_use(self, desk: Desk) -> None:
        desk.write({})
        desk.compile()
        told = self.use(desk, "1").stdout
        assert "snapshot 1 is current already, and no gateway has put it on record yet" in told
        assert not (desk.state / "trace").exists(), "nothing was recorded"
        desk.write({}, {})
        desk.compile()
        told = self.use(desk, "1").stdout
        assert "snapshot 1 is current now" in told
        assert "snapshot 2 was current last" in told
        assert "in use" not in told

    def test_current_that_is_a_folder_is_named_before_anything_is_recorded(self, was_in_use: Desk) -> None:
        current = was_in_use.state / "snapshots" / "current"
        current.unlink()
        current.mkdir()
        before = self.acts(was_in_use)
        for done in (
            self.use(was_in_use, "1", code=3),
            run("snapshot", "list", "--state", was_in_use.state, code=3),
            was_in_use.compile(code=3),
        ):
            assert "current` is not a link to a snapshot: it is a folder; move it away" in done.stderr
        assert self.acts(was_in_use) == before
        current.rmdir()
        self.use(was_in_use, "1")

    def test_a_damaged_one_is_not_taken(self, was_in_use: Desk) -> None:
        path = was_in_use.state / "snapshots" / "1" / "data.lmdb"
        path.chmod(0o600)
        path.write_bytes(b"\0" * path.stat().st_size)
        assert "data.lmdb" in self.use(was_in_use, "1", code=3).stderr

    @pytest.mark.parametrize("blank", ["--reason", "--officer"])
    def test_what_goes_on_record_is_not_blank(self, was_in_use: Desk, blank: str) -> None:
        given = {"--reason": "示例", "--officer": "示例"} | {blank: " "}
        options = [part for pair in given.items() for part in pair]
        done = run("snapshot", "use", "1", *options, "--state", was_in_use.state, code=2)
        assert f"{blank} is blank" in done.stderr


def test_another_subject_key_is_refused(desk: Desk, tmp_path: Path) -> None:
    desk.write({})
    desk.compile()
    (tmp_path / "other").mkdir()
    other = Desk(tmp_path / "other")
    other.write({})
    other.compile()
    key = Path("keys") / "subject.key"
    (desk.state / key).write_bytes((other.state / key).read_bytes())
    assert desk.compile(code=3).stderr.startswith("xingate: subject_key_mismatch: ")
    done = run_command("serve", "--state", desk.state, "--grpc-port", "0", "--http-port", "0")
    assert (done.returncode, done.stderr.startswith("xingate: subject_key_mismatch: ")) == (3, True)
    asked = ("--kind", "legal_entity", "--action", "market.entry", "--state", desk.state)
    done = run_command("check", unified_code(1), *asked)
    assert (done.returncode, done.stderr.startswith("xingate: subject_key_mismatch: ")) == (3, True)
    assert (done.stderr.count("\n"), done.stdout) == (1, ""), "one line, without what a gateway logs"


def test_a_damaged_snapshot_is_told_in_one_line(desk: Desk) -> None:
    desk.write({})
    desk.compile()
    path = desk.state / "snapshots" / "1" / "manifest.json"
    path.chmod(0o600)
    path.write_text("{", encoding="utf-8")
    done = run_command(
        *("check", unified_code(1), "--kind", "legal_entity", "--action", "market.entry", "--state", desk.state)
    )
    assert (done.returncode, done.stderr.startswith("xingate: snapshot_missing: ")) == (3, True)
    assert (done.stderr.count("\n"), done.stdout) == (1, "")
