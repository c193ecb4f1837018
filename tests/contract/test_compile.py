"""`xingate compile` from the outside: options, exit codes, output, and a state directory that survives anything."""

import csv
import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.support.commands import COMMAND, Done, run_command

from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.snapshot.store import SnapshotSet

SHARED = Path(__file__).parents[2].parent / "shared" / "data"
CELLS = {
    "list_type": "black.bribery",
    "subject_kind": "legal_entity",
    "name": "示例有限公司",
    "authority": "示例局",
    "basis": "示例办法",
    "document_no": "示例1号",
    "document_date": "2026-04-01",
    "notice_start": "2026-03-02",
    "notice_end": "2026-03-30",
    "signed_by": "示例签署人",
}
COLUMNS = (
    *("list_type", "subject_kind", "name", "code", "id_scheme", "legal_representative", "legal_representative_id"),
    *("related", "severity", "grade", "facts", "authority", "basis", "document_no", "document_date"),
    *("notice_start", "notice_end", "signed_by", "valid_from", "valid_until", "status", "status_date"),
    *("status_reason", "region", "field", "repairable"),
)


def command(*arguments: str | Path) -> list[str]:
    return [*COMMAND, "compile", *map(str, arguments)]


def run(*arguments: str | Path, code: int = 0) -> Done:
    """Run the command; every failure must be a line on stderr, never a traceback."""
    return run_command("compile", *arguments, code=code)


def city_list(path: Path, count: int, **cells: str) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for n in range(count):
            writer.writerow(CELLS | {"code": unified_code(n)} | cells)
    return path


def current(state: Path) -> int:
    return SnapshotSet(state).current().info.sequence


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


class TestOutput:
    def test_json_is_one_object_with_one_element_a_file(self, tmp_path: Path, state: Path) -> None:
        good = city_list(tmp_path / "好.csv", 3)
        bad = city_list(tmp_path / "bad.csv", 2, name="另", authority="", document_no="示例2号")
        done = run("--source", f"city_list={good}", "--source", f"city_list={bad}", "--state", state, "--json")
        document = json.loads(done.stdout)
        assert document == {
            "sequence": 1,
            "path": str(state / "snapshots" / "1"),
            "sources": [
                {
                    "kind": "city_list",
                    "path": str(good),
                    "rows": 3,
                    "admitted": 3,
                    "refused": {},
                    "refusedByRule": 0,
                    "unreadable": 0,
                },
                {
                    "kind": "city_list",
                    "path": str(bad),
                    "rows": 2,
                    "admitted": 0,
                    "refused": {"authority_missing": 2},
                    "refusedByRule": 2,
                    "unreadable": 0,
                },
            ],
            "notes": {},
            "passedOver": {},
            "subjects": 3,
            "entries": 3,
        }
        lines = (state / "snapshots" / "1" / "refused.jsonl").read_text(encoding="utf-8").splitlines()
        assert [json.loads(line)["row"] for line in lines] == [2, 3]

    def test_table_names_reasons(self, tmp_path: Path, state: Path) -> None:
        bad = city_list(tmp_path / "bad.csv", 1, authority="")
        good = city_list(tmp_path / "good.csv", 1)
        text = run("--source", f"city_list={bad}", "--source", f"city_list={good}", "--state", state).stdout
        assert "authority_missing 1" in text
        assert "snapshot 1: 1 subject, 1 entry" in text

    def test_names_of_files_are_no_markup(self, tmp_path: Path) -> None:
        path = city_list(tmp_path / "[red]名单[b].csv", 1)
        text = run("--source", f"city_list={path}", "--state", tmp_path / "[red]").stdout
        assert "[red]名单[b].csv" in text
        assert "[red]/snapshots/1" in text

    def test_dry_run_says_what_would_change(self, tmp_path: Path, state: Path) -> None:
        path = city_list(tmp_path / "a.csv", 20)
        run("--source", f"city_list={path}", "--state", state)
        city_list(path, 22)
        done = run("--source", f"city_list={path}", "--state", state, "--dry-run", "--json")
        document = json.loads(done.stdout)
        assert (document["sequence"], document["dryRun"]) == (2, True)
        assert document["changes"] == {"sources": {"city_list": [20, 22]}, "listTypes": {"black.bribery": [20, 22]}}
        assert current(state) == 1
        assert not (state / "snapshots" / "2").exists()
        text = run("--source", f"city_list={path}", "--state", state, "--dry-run").stdout
        assert "listTypes black.bribery: 20 -> 22" in text

    def test_dry_run_writes_nothing(self, tmp_path: Path, state: Path) -> None:
        path = city_list(tmp_path / "a.csv", 3)
        run("--source", f"city_list={path}", "--state", state, "--dry-run")
        assert not state.exists()
        run("--source", f"city_list={path}", "--state", state)
        before = {file: file.lstat().st_mtime_ns for file in state.rglob("*")}
        run("--source", f"city_list={path}", "--state", state, "--dry-run")
        assert {file: file.lstat().st_mtime_ns for file in state.rglob("*")} == before

    def test_dates_coverage_and_ages(self, tmp_path: Path, state: Path) -> None:
        first = city_list(tmp_path / "a@b.csv", 1)
        second = city_list(tmp_path / "c.csv", 1, document_no="示例2号")
        run(
            *("--source", f"city_list={first}@2026-06-30", "--source", f"city_list={second}@2026-06-28"),
            *("--coverage", "city_list=2020-01-01..2026-06-28", "--max-age", "city_list=7d"),
            *("--require", "judgment_debtor", "--state", state),
        )
        manifest = json.loads((state / "snapshots" / "1" / "manifest.json").read_bytes())
        listed, court = manifest["sources"]
        assert (listed["data_as_of"], listed["coverage_from"], listed["coverage_to"], listed["max_age_days"]) == (
            "2026-06-28",
            "2020-01-01",
            "2026-06-28",
            7,
        )
        assert (court["kind"], court["is_required"], court["is_loaded"]) == ("judgment_debtor", True, False)
        assert "black.judgment_default" in court["provides"]

    @pytest.mark.parametrize("is_own", [True, False])
    def test_data_of_a_day_to_come_is_refused(self, tmp_path: Path, state: Path, is_own: bool) -> None:
        path = city_list(tmp_path / "a.csv", 1)
        tomorrow = datetime.now(ZoneInfo("Asia/Shanghai")) + timedelta(days=1)
        if is_own:
            os.utime(path, (tomorrow.timestamp(), tomorrow.timestamp()))
        given = f"city_list={path}" if is_own else f"city_list={path}@{tomorrow.date()}"
        said = run("--source", given, "--state", state, code=2).stderr
        assert said.startswith(f"xingate: source `city_list`: the data of `{path}` is of {tomorrow.date()} ")
        assert "after today" in said
        assert not state.exists()
        run("--source", f"city_list={path}@{tomorrow.date() - timedelta(days=1)}", "--state", state)

    def test_the_day_that_a_file_states_may_not_be_to_come(self, tmp_path: Path, state: Path) -> None:
        path = tmp_path / "un.xml"
        path.write_text('<CONSOLIDATED_LIST dateGenerated="2062-01-01T00:00:00Z"/>', encoding="utf-8")
        said = run("--source", f"un_consolidated={path}", "--state", state, code=2).stderr
        assert f"the data of `{path}` is of 2062-01-01 (as the file states)" in said

    def test_state_from_the_environment(self, tmp_path: Path, state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("XINGATE_STATE", str(state))
        run("--source", f"city_list={city_list(tmp_path / 'a.csv', 1)}")
        assert current(state) == 1


class TestFailures:
    @pytest.mark.parametrize(
        ("arguments", "text"),
        [
            ((), "--source"),
            (("--source", "city_list"), "not of the form KIND=PATH"),
            (("--source", "city_list=none.csv"), "there is no file `none.csv`"),
            (("--source", "no_such_kind={list}"), "no_such_kind"),
            (("--source", "city_list={list}", "--source", "city_list={list}"), "is given twice"),
            (("--source", "city_list={list}", "--coverage", "city_list=2026-01-01"), "two dates joined"),
            (("--source", "city_list={list}", "--coverage", "city_list=2026-02-01..2026-01-01"), "after the last"),
            (
                ("--source", "city_list={list}", "--coverage", "city_list=2062-01-01..2062-02-01"),
                "`city_list`: its coverage begins on 2062-01-01, after today",
            ),
            (
                ("--source", "city_list={list}", "--coverage", "city_list=20260101..2026-W09-1"),
                "`20260101` is not a date",
            ),
            (
                (
                    "--source",
                    "city_list={list}@2026-02-30",
                ),
                "`2026-02-30` is not a day",
            ),
            (("--source", "city_list={loop}"), "there is no file"),
            (("--source", "city_list=" + "a" * 300), "name too long"),
            (("--source", "city_list={odd}"), "is not UTF-8: rename the file"),
            (("--source", "city_list={list}", "--accept-shrink", "city_lists"), "`city_lists`"),
            (("--source", "city_list={list}", "--calendar", "{deep}"), "is not JSON"),
            (("--source", "city_list={list}", "--coverage", "ofac=2026-01-01..2026-02-01"), "`ofac` has a coverage"),
            (("--source", "city_list={list}", "--max-age", "city_list=soon"), "a number of days such as 30d"),
            (("--source", "city_list={list}", "--require", "no_such_kind"), "no_such_kind"),
            (("--source", "city_list={list}", "--catalogue", "no_such_catalogue"), "no_such_catalogue"),
            (("--source", "city_list={list}", "--calendar", "none.json"), "cannot read the calendar `none.json`"),
            (("--source", "city_list={list}", "--calendar", "{list}"), "is not JSON"),
            (("--source", "city_list={list}", "--posture", "lax"), "lax"),
        ],
    )
    def test_wrong_usage_is_2(self, tmp_path: Path, state: Path, arguments: tuple[str, ...], text: str) -> None:
        places = {"list": city_list(tmp_path / "a.csv", 1), "loop": tmp_path / "loop", "deep": tmp_path / "deep.json"}
        places["odd"] = city_list(tmp_path / os.fsdecode(b"\xff.csv"), 1)
        places["loop"].symlink_to("loop")
        places["deep"].write_text("[" * 100_000)
        for name, place in places.items():
            arguments = tuple(argument.replace(f"{{{name}}}", str(place)) for argument in arguments)
        assert text in run(*arguments, "--state", state, code=2).stderr
        assert not (state / "snapshots" / "1").exists()

    def test_bad_file_is_3_and_changes_nothing(self, tmp_path: Path, state: Path) -> None:
        good, bad = city_list(tmp_path / "good.csv", 5), tmp_path / "bad.csv"
        bad.write_text("name,code\n示例,1\n", encoding="utf-8")
        run("--source", f"city_list={good}", "--state", state)
        error = run("--source", f"city_list={good}", "--source", f"city_list={bad}", "--state", state, code=3).stderr
        assert "bad.csv" in error
        assert current(state) == 1

    def test_nothing_admitted_is_3(self, tmp_path: Path, state: Path) -> None:
        path = city_list(tmp_path / "a.csv", 2, authority="")
        assert "of 2 rows none was admitted" in run("--source", f"city_list={path}", "--state", state, code=3).stderr

    def test_shrink_is_3_unless_accepted(self, tmp_path: Path, state: Path) -> None:
        path = city_list(tmp_path / "a.csv", 20)
        run("--source", f"city_list={path}", "--state", state)
        city_list(path, 2)
        error = run("--source", f"city_list={path}", "--state", state, code=3).stderr
        assert "`city_list` went from 20 admitted rows to 2" in error
        assert current(state) == 1
        run("--source", f"city_list={path}", "--state", state, "--accept-shrink", "city_list")
        assert current(state) == 2

    def test_state_that_cannot_be_written_is_3(self, tmp_path: Path) -> None:
        path = city_list(tmp_path / "a.csv", 1)
        (tmp_path / "file").write_text("in the way")
        assert run("--source", f"city_list={path}", "--state", tmp_path / "file" / "state", code=3).stderr


class TestSurvival:
    def test_killed_midway(self, tmp_path: Path, state: Path) -> None:
        path = city_list(tmp_path / "a.csv", 20_000)
        run("--source", f"city_list={path}", "--state", state)
        for delay in (0.0, 0.1, 0.3):
            with subprocess.Popen(command("--source", f"city_list={path}", "--state", state)) as process:
                deadline = time.monotonic() + 30
                while not list((state / "snapshots").glob(".tmp-*/spool")):
                    assert time.monotonic() < deadline
                    time.sleep(0.01)
                time.sleep(delay)
                process.send_signal(signal.SIGKILL)
                process.wait()
            assert current(state) == 1
        assert list((state / "snapshots").glob(".tmp-*"))
        run("--source", f"city_list={path}", "--state", state)
        assert current(state) == 2
        assert sorted(f.name for f in (state / "snapshots").iterdir()) == [".lock", "1", "2", "current"]

    def test_two_at_once_follow_each_other(self, tmp_path: Path, state: Path) -> None:
        path = city_list(tmp_path / "a.csv", 500)
        started = [
            subprocess.Popen(
                command("--source", f"city_list={path}", "--state", state, "--json"), stdout=subprocess.PIPE
            )
            for _ in range(3)
        ]
        documents = [json.loads(process.communicate(timeout=60)[0]) for process in started]
        assert sorted(document["sequence"] for document in documents) == [1, 2, 3]
        assert current(state) == 3

    def test_disk_full(self, tmp_path: Path, small_disk: Path) -> None:
        state = small_disk / "state"
        path = city_list(tmp_path / "a.csv", 100)
        run("--source", f"city_list={path}", "--state", state)
        city_list(path, 20_000)
        error = run("--source", f"city_list={path}", "--state", state, code=3).stderr
        assert "the current one is unchanged" in error
        assert current(state) == 1
        assert not list((state / "snapshots").glob(".tmp-*"))


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 2 MiB; needs the right to mount one."""
    if os.geteuid() != 0:
        pytest.skip("a small disk can be mounted by root alone")
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)], check=False, capture_output=True, text=True
    )
    if mounted.returncode != 0:
        pytest.skip(f"no small disk can be mounted here: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_no_number_of_a_person_is_left_in_the_state_directory(tmp_path: Path, state: Path) -> None:
    number, passport = citizen_number(1), "E12345678"
    texts = ("name", "legal_representative", "facts", "authority", "basis", "document_no", "region", "field", "grade")
    files = [city_list(tmp_path / f"{n}.csv", 3, document_no=n, **{n: f"示例{number}"}) for n in texts[:5]]
    files += [city_list(tmp_path / f"{n}.csv", 3, **({"document_no": n} | {n: number})) for n in texts[5:]]
    files += [
        city_list(tmp_path / "a.csv", 3, document_no="a", legal_representative="甲", legal_representative_id=number),
        city_list(tmp_path / "b.csv", 3, authority="", facts=f"证件号码{number}"),
        city_list(tmp_path / "c.csv", 3, document_no="c", related=f"director:甲{number}:{number};x:y:{number}"),
        city_list(tmp_path / "d.csv", 3, document_no="d", code=f"{number}00", id_scheme="tax_no"),
        city_list(tmp_path / "e.csv", 3, document_no="e", legal_representative_id=passport, facts=f"护照{passport}"),
        city_list(tmp_path / "f.csv", 3, document_no="f", subject_kind="自然人", code=passport, id_scheme=passport),
    ]
    done = run(*(f"--source=city_list={file}" for file in files), "--state", state, "--json")
    kept = {str(file): file.read_bytes() for file in state.rglob("*") if file.is_file()}
    kept["what was said"] = (done.stdout + done.stderr).encode()
    assert [name for name, content in kept.items() if number.encode() in content or passport.encode() in content] == []
    assert sum(s["admitted"] for s in json.loads(done.stdout)["sources"]) > len(texts) * 3


def test_memory_does_not_grow_with_the_input(tmp_path: Path, state: Path) -> None:
    peaks = []
    for count in (1_000, 30_000):
        path = city_list(tmp_path / "a.csv", count, facts="示例" * 200)
        with subprocess.Popen(
            command("--source", f"city_list={path}", "--state", state / str(count)), stdout=subprocess.DEVNULL
        ) as process:
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        assert process.returncode == 0
        peaks.append(usage.ru_maxrss / 1024)
    assert peaks[1] - peaks[0] < 120  # MiB


def test_real_register_and_lists_compile_in_time(state: Path) -> None:
    register = SHARED / "hubei_entities.csv.gz"
    if not register.exists():
        pytest.skip("the shared data are not beside the project")
    started = sum(os.times()[:4])  # of the processor, here and in ended children: other work does not add to it
    done = run("--source", f"entity_register={register}", "--state", state, "--json")
    assert json.loads(done.stdout)["sources"][0]["rows"] == 39_848
    assert sum(os.times()[:4]) - started < 10
