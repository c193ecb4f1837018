"""`xingate compile` alone, by `[sources]` in xingate.toml, and what a dry run shows, as an operator would do it."""

import json
import os
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from click.testing import CliRunner

from xingate_server.cli import app
from xingate_server.demo.generate import COLUMNS
from xingate_server.demo.generate import row as listed
from xingate_server.demo.numbers import citizen_number, unified_code

HEAD = ",".join(COLUMNS)


class Done(NamedTuple):
    stdout: str
    stderr: str


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory of its own, and no setting of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in [name for name in os.environ if name.startswith("XINGATE_")]:
        monkeypatch.delenv(name)


def run(*arguments: str, code: int = 0) -> Done:
    with CliRunner().isolation() as (out, err, _), pytest.raises(SystemExit) as ended:
        app.run(list(arguments))
    done = Done(out.getvalue().decode(), err.getvalue().decode())
    assert ended.value.code == code, done
    assert "Traceback" not in done.stderr
    return done


def write(name: str, *rows: dict[str, str]) -> None:
    lines = [HEAD, *(",".join(one.get(column, "") for column in COLUMNS) for one in rows)]
    Path(name).write_text("\n".join(lines) + "\n", encoding="utf-8")


def black(serial: int, **cells: str) -> dict[str, str]:
    return listed("black.bid_rigging", f"示例{serial}公司", unified_code(serial), serial, 失信程度="严重") | cells


def settings(text: str) -> None:
    Path("xingate.toml").write_text(f"[sources]\n{text}", encoding="utf-8")


CITY = '[sources.city_list]\nfiles = ["black_*.csv"]\n'


def compiled(*arguments: str) -> Any:
    return json.loads(run("compile", "--json", *arguments).stdout)


def manifest(sequence: int) -> Any:
    path = Path(".xingate") / "snapshots" / str(sequence) / "manifest.json"
    return json.loads(path.read_text(encoding="utf-8"))


def test_where_age_counts_the_time_of_a_file_is_no_day() -> None:
    write("black_latest.csv", black(1))
    settings(f'{CITY}max_age = "30d"\n')
    told = run("compile", code=2).stderr
    assert "nothing says of which day the data of `black_latest.csv` is" in told
    settings(CITY.replace("*.csv", "*.csv@2026-06-30") + 'max_age = "30d"\n')
    assert compiled()["sequence"] == 1
    settings(CITY)
    assert compiled()["sequence"] == 2


def test_the_days_files_are_taken_day_after_day() -> None:
    settings(CITY)
    write("black_2026-06-29.csv", black(1))
    assert [source["path"] for source in compiled()["sources"]] == ["black_2026-06-29.csv"]
    write("black_2026-06-30.csv", black(1), black(2))
    os.utime("black_2026-06-30.csv", (0, 0))
    assert [source["path"] for source in compiled()["sources"]] == ["black_2026-06-30.csv"]
    (source,) = manifest(2)["sources"]
    assert source["data_as_of"] == "2026-06-30", "the day in the name, not the file's time"


def test_all_that_the_command_line_can_say() -> None:
    Path("2026.json").write_text('{"year": 2026, "days": []}', encoding="utf-8")
    settings(
        'catalogue = ["shiyan2017", "international"]\nposture = "basic-list-only"\ncalendar = ["2026.json"]\n'
        'name_threshold = 0.9\n[sources.city_list]\nfiles = ["black_*.csv@2026-06-28"]\nmax_age = "7d"\n'
        'coverage = "2017-10-12..2026-06-28"\n[sources.judgment_debtor]\nrequire = true\nmax_age = 3\n'
    )
    write("black_2026-06-30.csv", black(1))
    compiled()
    made = manifest(1)
    city, debtor = made["sources"]
    assert (city["data_as_of"], city["coverage_from"], city["coverage_to"], city["max_age_days"]) == (
        "2026-06-28", "2017-10-12", "2026-06-28", 7,
    )  # fmt: skip
    assert (debtor["is_required"], debtor["is_loaded"], debtor["max_age_days"]) == (True, False, 3)
    assert (made["catalogue"]["name"], made["catalogue"]["posture"]) == ("shiyan2017+international", "basic-list-only")
    assert (made["name_threshold"], [one["file"] for one in made["calendars"]]) == (0.9, ["2026.json"])

    other = ["--source", "city_list=black_2026-06-30.csv", "--max-age", "city_list=9", "--posture", "as-planned-2017"]
    compiled(*other, "--coverage", "city_list=2020-01-01..")
    city, debtor = manifest(2)["sources"]
    assert (city["max_age_days"], city["coverage_from"], city["coverage_to"]) == (9, "2020-01-01", None)
    assert (debtor["is_required"], manifest(2)["catalogue"]["posture"]) == (True, "as-planned-2017")
    assert manifest(2)["name_threshold"] == 0.9, "what the command line does not say is still taken from the settings"


def test_a_mapping_and_the_guards_count_as_well() -> None:
    def write_renamed(name: str, count: int) -> None:
        write(name, *(black(n) for n in range(1, count + 1)))
        text = Path(name).read_text(encoding="utf-8")
        Path(name).write_text(text.replace("主体代码", "单位编号", 1), encoding="utf-8")

    write_renamed("black_1.csv", 40)
    settings(CITY)
    assert "单位编号" in run("compile", code=3).stderr
    run("source", "inspect", "black_1.csv", "--out", "mapping.toml")
    settings(CITY + 'map = "mapping.toml"\n')
    compiled()
    write_renamed("black_2.csv", 1)
    assert run("compile", code=3).stderr.startswith("xingate: list_shrunk: `city_list` went from 40 admitted rows to 1")
    compiled("--accept-shrink", "city_list")
    settings(CITY + 'map = "none.toml"\n')
    assert "none.toml" in run("compile", code=2).stderr


def test_no_file_that_fits_is_exit_3_and_nothing_is_published() -> None:
    settings(CITY + '[sources.judgment_debtor]\nfiles = ["court_*.json", "zone_*.json"]\n')
    write("black_2026-06-30.csv", black(1))
    told = run("compile", code=3).stderr
    assert told.startswith("xingate: source_files_missing: source `judgment_debtor`: no file fits `court_*.json`; ")
    assert told.count("\n") == 1
    assert not Path(".xingate/snapshots").exists()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "no source is given: name at least one as --source KIND=PATH or in [sources] of xingate.toml"),
        ('[sources.city_lst]\nfiles = ["black_*.csv"]\n', "city_lst"),
        ('catalog = ["shiyan2017"]\n', "setting `sources.catalog`: value error, a table such as [sources.city_list]"),
        ("[sources.city_list]\n", "setting `sources.city_list`: value error, `files` is missing"),
        (CITY + 'coverage = "2026"\n', "setting `sources.city_list.coverage`: value error, two dates joined by `..`"),
        (CITY + "accept_shrink = true\n", "setting `sources.city_list.accept_shrink`: extra inputs are not permitted"),
        (
            CITY + 'max_age = "a week"\n',
            "setting `sources.city_list.max_age`: value error, a number of days such as 30d",
        ),
        ('[sources.city_list]\nfiles = ["*.csv", "black_2026-06-30.csv"]\n', "black_2026-06-30.csv` is given twice"),
    ],
)
def test_what_cannot_be_is_a_usage_error(text: str, told: str) -> None:
    settings(text)
    write("black_2026-06-30.csv", black(1))
    assert told in run("compile", code=2).stderr


def test_a_list_in_parts_is_told() -> None:
    settings(CITY)
    write("black_2026-06-30_a.csv", black(1))
    write("black_2026-06-30_b.csv", black(2))
    told = run("compile").stderr
    assert "`black_2026-06-30_b.csv` is taken, and of the same day `black_2026-06-30_a.csv` fit as well" in told


def test_a_day_to_come_in_a_name_is_no_day_of_data() -> None:
    settings(CITY)
    write("black_2999-01-01.csv", black(1))
    assert "is of 2999-01-01 (from its name), which is after today" in run("compile", code=2).stderr


HUMAN = citizen_number(101)


def test_a_dry_run_shows_what_would_change_for_whom(tmp_path: Path) -> None:
    settings(CITY)
    person = listed(
        "black.administrative_default", "示例庚", HUMAN, 9, 失信程度="严重", 公示开始="", 公示结束="", 签署人=""
    )
    write("black_1.csv", black(1), black(2), black(3))
    compiled()
    write("black_2.csv", black(1), black(3, 认定事由="另一事由"), black(4, 区域="示例县"), person)
    every = tmp_path / "changes.jsonl"
    document = compiled("--dry-run", "--changes", str(every))
    changes = document["comparison"]
    assert changes["comparedWith"] == 1
    assert changes["entries"] == [
        {"listType": "black.administrative_default", "region": "示例市", "added": 1, "ended": 0, "changed": 0},
        {"listType": "black.bid_rigging", "region": "示例县", "added": 1, "ended": 0, "changed": 0},
        {"listType": "black.bid_rigging", "region": "示例市", "added": 0, "ended": 1, "changed": 1},
    ]
    subjects = changes["subjects"]
    assert (subjects["differing"], subjects["changing"], subjects["countsAlone"]) == (4, 3, "")
    shown = {one["number"]: one for one in subjects["shown"]}
    mask = HUMAN[:6] + "*" * 8 + HUMAN[-4:]
    assert set(shown) == {unified_code(2), unified_code(4), mask}
    assert (shown[mask]["kind"], shown[mask]["name"]) == ("natural_person", "示例庚")
    bid = next(one for one in shown[unified_code(4)]["changes"] if "tender.bid" in one["actions"])
    assert (bid["before"], bid["after"], bid["lost"]) == ("CLEAR", "RESTRICTED", [])
    assert "18.3b" in bid["gained"]
    lines = [json.loads(line) for line in every.read_text(encoding="utf-8").splitlines()]
    assert lines == subjects["shown"]
    assert HUMAN not in every.read_text(encoding="utf-8") + json.dumps(document)
    assert [path.name for path in Path(".xingate/snapshots").iterdir() if path.name.isdigit()] == ["1"]

    text = run("compile", "--dry-run").stdout
    assert "against snapshot 1:" in text
    assert "4 subjects with another content; 3 subjects whose answer for some action changes today" in text
    assert "法人 示例4公司" in text
    assert HUMAN not in text


def test_a_dry_run_says_that_everybodys_answers_change() -> None:
    settings(CITY)
    stays = [black(serial) for serial in range(1, 30)]
    write("black_1.csv", *stays, black(40) | {"名单类型": "black.contract_fraud"})
    compiled()
    write("black_2.csv", *stays)
    told = compiled("--dry-run")["comparison"]
    (unlisted,) = [one for one in told["unlisted"] if "legal_entity" in one["kinds"]]
    (gone,) = [one for one in unlisted["changes"] if "tender.bid" in one["actions"]]
    assert (gone["before"], gone["after"], gone["gained"]) == ("CLEAR", "CANNOT_TELL", ["gap source_missing"])
    text = run("compile", "--dry-run").stdout
    assert "everybody who is on no list (法人, 个体工商户): CLEAR becomes CANNOT_TELL for " in text
    ask = ("check", unified_code(77), "--kind", "legal_entity", "--action", "tender.bid")
    run(*ask)
    compiled()
    run(*ask, code=13)
    write("black_3.csv", *stays, black(40) | {"名单类型": "black.contract_fraud"})
    assert "CANNOT_TELL becomes CLEAR for " in run("compile", "--dry-run").stdout


def test_the_file_of_changes_stays_where_a_compile_fails() -> None:
    settings(CITY)
    write("black_2026-06-29.csv", black(1))
    run("compile")
    run("compile", "--dry-run", "--changes", "changes.jsonl")
    before = Path("changes.jsonl").read_bytes()
    write("black_2999-01-01.csv", black(2))
    run("compile", "--dry-run", "--changes", "changes.jsonl", code=2)
    assert Path("changes.jsonl").read_bytes() == before
    run("compile", "--dry-run", "--changes", "others.jsonl", code=2)
    assert sorted(Path().glob("*.jsonl*")) == [Path("changes.jsonl")]
    assert not list(Path().glob(".*.jsonl*"))


def test_another_posture_gives_counts_alone() -> None:
    settings(CITY)
    write("black_1.csv", black(1))
    compiled()
    write("black_2.csv", black(1), black(2))
    changes = compiled("--dry-run", "--posture", "basic-list-only")["comparison"]
    assert changes["entries"] == [
        {"listType": "black.bid_rigging", "region": "示例市", "added": 1, "ended": 0, "changed": 0}
    ]
    assert changes["subjects"] == {
        "differing": 1, "changing": None, "countsAlone": "the catalogue or its posture differs", "shown": [],
    }  # fmt: skip
    text = run("compile", "--dry-run", "--posture", "basic-list-only").stdout
    assert "1 subject with another content; whose answers change is not looked at: the catalogue or its posture" in text


@pytest.mark.parametrize("more", [["--changes", "c.jsonl"], ["--dry-run", "--changes", "none/c.jsonl"]])
def test_a_file_of_changes_that_cannot_be(more: list[str]) -> None:
    settings(CITY)
    write("black_1.csv", black(1))
    assert "--changes" in run("compile", *more, code=2).stderr
    assert not Path(".xingate/snapshots/1").exists()


def test_the_retained_snapshots_are_listed() -> None:
    assert "no snapshot is kept in `.xingate`: run xingate compile" in run("snapshot", "list").stdout
    settings(CITY)
    for n in (1, 2):
        write(f"black_{n}.csv", *(black(serial) for serial in range(n)))
        compiled()
    run("check", unified_code(1), "--kind", "legal_entity", "--action", "market.entry", code=12)
    told = json.loads(run("snapshot", "list", "--json").stdout)
    assert (told["current"], told["inUse"], told["highestInUse"]) == (2, 2, 2)
    assert [(one["sequence"], one["isCurrent"], one["isInUse"], one["entries"]) for one in told["snapshots"]] == [
        (1, False, False, 1), (2, True, True, 2),
    ]  # fmt: skip
    assert all(len(one["hash"]) == 64 and one["compiledBy"] for one in told["snapshots"])
    run("snapshot", "use", "1", "--reason", "示例", "--officer", "示例审批员")
    told = json.loads(run("snapshot", "list", "--json").stdout)
    assert (told["current"], told["inUse"], told["highestInUse"]) == (1, 1, 2)
    text = run("snapshot", "list").stdout
    assert "current, in use" in text
    assert "snapshot_set_back" not in text


def test_one_that_is_set_back_or_damaged_is_told_in_the_list() -> None:
    settings(CITY)
    for n in (1, 2):
        write(f"black_{n}.csv", *(black(serial) for serial in range(n)))
        compiled()
    run("check", unified_code(1), "--kind", "legal_entity", "--action", "market.entry", code=12)
    current = Path(".xingate/snapshots/current")
    current.unlink()
    current.symlink_to("1")
    path = Path(".xingate/snapshots/2/manifest.json")
    path.chmod(0o600)
    path.write_text("{", encoding="utf-8")
    done = run("snapshot", "list")
    assert "snapshot_set_back: current is 1, and 2 was in use" in done.stdout
    assert "not a manifest" in " ".join(done.stdout.split())
    problem = json.loads(run("snapshot", "list", "--json").stdout)["snapshots"][1]["problem"]
    assert "is not a manifest" in problem
    assert (
        "sequence_unknown: snapshot 9 "
        in run("snapshot", "use", "9", "--reason", "示例", "--officer", "示例", code=3).stderr
    )
