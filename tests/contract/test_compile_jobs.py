"""A compile by several processes: the same bytes as by one, and nothing left behind when one of them fails."""

import csv
import json
import os
import signal
import subprocess
import time
from pathlib import Path

import openpyxl
import pytest
from tests.support.commands import COMMAND, Done, run_command
from tests.support.waiting import wait_until

from xingate_adapters.reading.mapped.labels import LABELS
from xingate_server.demo.generate import COLUMNS, row
from xingate_server.demo.numbers import citizen_number, unified_code

ROWS = 6_000  # more than 3 MiB: what is less is not worth three processes
LONG = "示例：" + "长" * 120


def lists(folder: Path) -> list[str]:
    """Rows of all kinds: admitted, refused, twice, masked, joined, of people, with relations, red beside black."""
    city, register = folder / "city.csv", folder / "register.csv"
    with city.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for n in range(ROWS):
            serial, person = n % 1_500, citizen_number(n % 900)
            code = (unified_code(serial), unified_code(serial)[8:17], person, f"{person[:10]}****{person[14:]}")[n % 4]
            cells = {"认定事由": LONG, "法定代表人": f"示例{n % 50}", "法定代表人证件号码": citizen_number(n % 50)}
            if code.startswith("99"):
                cells["主体类别"] = "自然人"
            if n % 7 == 0:
                cells["认定日期"] = "2026-13-01"
            list_type = ("black.contract_fraud", "red.integrity_model", "general.ordinary")[n % 3]
            writer.writerow(row(list_type, f"示例第{serial}有限公司", code, serial, **cells))
    with register.open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["name", "uscc", "reg_no", "reg_date", "type"])
        for n in range(500):
            code = unified_code(n)[:-1] + "0" if n % 5 == 0 else unified_code(n)
            rows.writerow([f"示例第{n}有限公司", code, "", "2010-05-06", "有限责任公司"])
    return ["--source", f"city_list={city}@2026-06-01", "--source", f"entity_register={register}@2026-06-01"]


def state_of(folder: Path) -> Path:
    """A state directory with a key that is always the same."""
    key = folder / "keys" / "subject.key"
    key.parent.mkdir(parents=True)
    key.write_bytes(b"k" * 32)
    key.chmod(0o600)
    return folder


def command(state: Path, *arguments: str) -> list[str]:
    return [*COMMAND, "compile", "--state", str(state), *arguments]


def run(state: Path, *arguments: str, code: int = 0) -> Done:
    return run_command("compile", "--state", state, *arguments, code=code)


def made(state: Path) -> tuple[bytes, bytes, dict[str, object]]:
    folder = state / "snapshots" / "1"
    manifest = json.loads((folder / "manifest.json").read_bytes())
    del manifest["created_at"]
    return (folder / "data.lmdb").read_bytes(), (folder / "refused.jsonl").read_bytes(), manifest


def children(parent: int) -> list[int]:
    """The processes that this one has started and that still run."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            _, _, rest = stat.read_text(encoding="utf-8", errors="replace").rpartition(") ")
        except OSError:  # it has just ended
            continue
        state, of = rest.split()[:2]
        if of == str(parent) and state != "Z":
            found.append(int(stat.parent.name))
    return found


def wait_for_children(process: "subprocess.Popen[str]", count: int) -> list[int]:
    def are_there() -> bool:
        assert process.poll() is None
        return len(children(process.pid)) >= count

    wait_until(are_there, 60)
    return children(process.pid)


def is_gone(pid: int) -> bool:
    wait_until(lambda: not Path(f"/proc/{pid}").exists())
    return True


def left(state: Path) -> list[str]:
    return sorted(file.name for file in (state / "snapshots").iterdir())


@pytest.fixture(scope="module")
def sources(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    return lists(tmp_path_factory.mktemp("lists"))


def test_what_is_made_does_not_depend_on_the_number_of_processes(tmp_path: Path, sources: list[str]) -> None:
    results = []
    for jobs in ("1", "2", "3"):
        state = state_of(tmp_path / jobs)
        told = run(state, *sources, "--jobs", jobs, "--json").stdout.replace(str(state), "")
        results.append((json.loads(told), made(state)))
    assert results[1] == results[0]
    assert results[2] == results[0]
    counted, (_, refused, manifest) = results[0]
    assert sum(file["rows"] for file in counted["sources"]) == ROWS + 500
    assert refused.count(b"\n") > ROWS // 7
    assert manifest["sources"][0]["refused"].keys() >= {"date_malformed", "duplicate"}  # type: ignore[index]


def test_a_dry_run_by_several_changes_nothing(tmp_path: Path, sources: list[str]) -> None:
    state = state_of(tmp_path / "state")
    assert json.loads(run(state, *sources, "--jobs", "2", "--dry-run", "--json").stdout)["dryRun"] is True
    assert not (state / "snapshots").exists()


def test_a_fault_of_a_file_is_told_with_its_place(tmp_path: Path, sources: list[str]) -> None:
    bad = tmp_path / "bad.csv"
    whole = Path(sources[1].partition("=")[2].partition("@")[0]).read_text(encoding="utf-8")
    bad.write_text(whole + "cut,off\n", encoding="utf-8")
    state = state_of(tmp_path / "state")
    said = {jobs: run(state, "--source", f"city_list={bad}", "--jobs", jobs, code=3).stderr for jobs in ("1", "2")}
    assert f"row {ROWS + 2}" in said["2"]
    assert said["2"] == said["1"]
    assert left(state) == [".lock"]


def test_a_killed_process_ends_the_compile_with_one_line(tmp_path: Path, sources: list[str]) -> None:
    state = state_of(tmp_path / "state")
    with subprocess.Popen(command(state, *sources, "--jobs", "2"), stderr=subprocess.PIPE, text=True) as process:
        pids = wait_for_children(process, 2)
        os.kill(pids[0], signal.SIGKILL)
        said = process.communicate(timeout=60)[1]
    assert process.returncode == 3
    assert len(said.strip().splitlines()) == 1
    assert "ended by SIGKILL" in said
    assert left(state) == [".lock"]
    assert all(is_gone(pid) for pid in pids)


def test_an_interrupt_leaves_nothing_half_made(tmp_path: Path, sources: list[str]) -> None:
    state = state_of(tmp_path / "state")
    with subprocess.Popen(
        command(state, *sources, "--jobs", "2"), stderr=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        pids = wait_for_children(process, 2)
        time.sleep(0.1)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does it
        said = process.communicate(timeout=60)[1]
    assert process.returncode != 0
    assert "Traceback" not in said
    assert left(state) == [".lock"]
    assert all(is_gone(pid) for pid in pids)


def test_processes_do_not_outlive_a_killed_compile(tmp_path: Path, sources: list[str]) -> None:
    state = state_of(tmp_path / "state")
    with subprocess.Popen(command(state, *sources, "--jobs", "2"), stderr=subprocess.PIPE, text=True) as process:
        pids = wait_for_children(process, 2)
        process.kill()
        process.communicate(timeout=60)
    assert all(is_gone(pid) for pid in pids)
    run(state, *sources, "--jobs", "2")
    assert left(state) == [".lock", "1", "current"]


def own_list(folder: Path) -> list[str]:
    """Few rows that are long, with every seventh date wrong, in a layout that the mapping describes."""
    file, mapping = folder / "own.csv", folder / "map.toml"
    with file.open("w", encoding="utf-8", newline="") as stream:
        writer = csv.DictWriter(stream, COLUMNS, restval="")
        writer.writeheader()
        for n in range(700):
            cells = {"认定事由": LONG * 15, "认定日期": "2026-13-01" if n % 7 == 0 else "2026-04-01"}
            writer.writerow(row("general.ordinary", f"示例第{n}有限公司", unified_code(n), n, **cells))
    columns = [f'{field} = ["{labels[1]}"]' for field, labels in LABELS.items() if field not in ("code", "id_scheme")]
    text = "\n".join(["[columns]", *columns, "[identifiers]", f'by_shape = ["{LABELS["code"][1]}"]'])
    mapping.write_text(text, encoding="utf-8")
    assert file.stat().st_size > 3 << 20
    # More of its rows are unreadable than a list's may be.
    accepted = ["--accept-refusals", "city_list"]
    return ["--source", f"city_list={file}@2026-06-01", "--map", f"city_list={mapping}", *accepted]


def corrected(report: Path, target: Path) -> None:
    """Correct half of the refused dates, as a clerk would."""
    book = openpyxl.load_workbook(report)
    sheet = book["city_list"]
    place = next(cell.column for cell in sheet[1] if cell.value == "认定日期")
    for line in range(2, sheet.max_row + 1, 2):
        sheet.cell(line, place).value = "2026-04-01"
    book.save(target)


def shown(report: Path) -> list[list[tuple[object, ...]]]:
    return [list(sheet.values) for sheet in openpyxl.load_workbook(report)]


def test_a_mapping_a_report_and_its_corrections_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    given = own_list(tmp_path)
    fixed, results = tmp_path / "fixed.xlsx", []
    for jobs in ("1", "3"):
        refused, rest = tmp_path / f"refused-{jobs}.xlsx", tmp_path / f"rest-{jobs}.xlsx"
        run(state_of(tmp_path / f"before-{jobs}"), *given, "--jobs", jobs, "--refusals", str(refused))
        if not results:
            corrected(refused, fixed)
        state = state_of(tmp_path / jobs)
        told = run(state, *given, "--jobs", jobs, "--fix", str(fixed), "--refusals", str(rest), "--json").stdout
        results.append((json.loads(told.replace(str(state), "")), made(state), shown(refused), shown(rest)))
    assert results[1] == results[0]
    counted, _, refused_rows, rest_rows = results[0]
    assert counted["fix"] == {"applied": 50, "changedSince": [], "masked": [], "notFound": []}
    assert (len(refused_rows[1]), len(rest_rows[1])) == (101, 51)
