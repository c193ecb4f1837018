"""`xingate screen` as people run it: the README's two commands, every exit code, a terminal, a kill in the middle."""

import json
import os
import pty
import shlex
import shutil
import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.support.amounts import amount
from tests.support.commands import COMMAND, Done, run_command
from tests.support.waiting import wait_until

import xingate
from xingate_server.demo.numbers import citizen_number, unified_code

ROOT = Path(__file__).parents[2]
PURPOSE = ("--organisation", "示例局", "--operator", "示例经办人", "--matter", "示例〔2026〕1号")
SAMPLE = ROOT / "examples" / "rosters" / "bidders.xlsx"


def screen(*arguments: str | Path, code: int = 0) -> Done:
    return run_command("screen", *arguments, code=code)


def commands_of(readme: str) -> list[str]:
    """The shell commands of the README's block that screens a roster."""
    blocks = (ROOT / readme).read_text(encoding="utf-8").split("```sh\n")[1:]
    (block,) = (text.partition("```")[0] for text in blocks if "xingate screen examples" in text)
    return [line.partition("    # ")[0] for line in block.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The state directory and the workbook that the README's two commands leave."""
    folder = tmp_path_factory.mktemp("readme")
    (folder / "examples").symlink_to(ROOT / "examples")
    commands = commands_of("README.md")
    assert commands == commands_of("README.zh-CN.md")
    assert len(commands) == 2
    for line in commands:
        program, *arguments = shlex.split(line.replace("/tmp/", f"{folder}/"))  # noqa: S108 -- the README's own
        assert program == ".venv/bin/xingate"
        run_command(*arguments, folder=folder, code=0)
    (state,) = (path.parent for path in folder.glob("*/snapshots"))
    (workbook,) = folder.glob("*.xlsx")
    return state, workbook


@pytest.fixture(scope="module")
def state(shown: tuple[Path, Path]) -> Path:
    return shown[0]


def leaves(state: Path, run_id: str) -> list[str]:
    """The request ids that the log holds of a run."""
    with xingate.connect(f"embedded:{state}") as client:
        return [entry.request_id for entry in client.records(100_000) if entry.request_id.startswith(run_id)]


def roster(path: Path, count: int) -> Path:
    rows = (f"示例{number}公司,{unified_code(50_000 + number)},企业" for number in range(count))
    path.write_text("\n".join(("名称,统一社会信用代码,主体类别", *rows)), encoding="utf-8-sig")
    return path


def test_the_two_commands_of_the_readme_answer_a_thousand_bidders(shown: tuple[Path, Path]) -> None:
    book = openpyxl.load_workbook(shown[1])
    assert book.sheetnames == ["汇总 summary", "结果 results", "证明 certificate"]
    said = {row[0]: row[3] for row in book["汇总 summary"].iter_rows(min_row=5, max_row=12, values_only=True)}
    assert said["合计 total"] == 1000
    for verdict in ("受限制", "无法判断", "需注意", "有激励", "无措施"):
        assert said[verdict] > 0
    assert said["未能查询"] == 0
    page = book["结果 results"]
    assert page.max_row == 2001, "each bidder, and its legal representative under it"
    records = {page.cell(line, 14).value for line in range(2, page.max_row + 1)}
    assert len(records) == 2000
    assert not any(citizen_number(number, "19600101") in str(cell) for number in (2, 3) for cell in page.values)


def test_the_shipped_roster_is_what_its_generator_makes(tmp_path: Path) -> None:
    made = tmp_path / "bidders.xlsx"
    subprocess.run([sys.executable, SAMPLE.with_suffix(".py"), "1000", made], check=True)
    rows = [[list(row) for row in openpyxl.load_workbook(file).active.values] for file in (made, SAMPLE)]
    assert rows[0] == rows[1]
    assert len(rows[0]) == 1002


@pytest.mark.sampled
def test_a_run_that_is_killed_is_continued_by_the_same_command(state: Path, tmp_path: Path) -> None:
    own, count = tmp_path / "state", amount(8_000, 3_000)
    shutil.copytree(state, own, symlinks=True)
    file = roster(tmp_path / "list.csv", count)
    out = tmp_path / "list.screened.xlsx"
    arguments = [str(file), "--action", "tender.bid", "--state", str(own), "--json"]
    process = subprocess.Popen([*COMMAND, "screen", *arguments], stdin=subprocess.DEVNULL)
    draft = tmp_path / f".{out.name}.draft"

    def is_drafting() -> bool:
        assert process.poll() is None, "it ended before it could be killed"
        return draft.exists() and sum(part.stat().st_size for part in draft.iterdir()) > 100_000

    wait_until(is_drafting, 60)
    process.send_signal(signal.SIGKILL)
    process.wait()
    journal = json.loads((tmp_path / f"{out.name}.journal").read_text(encoding="utf-8"))
    before = leaves(own, journal["run_id"])
    assert 0 < len(before) < count
    assert not out.exists()
    done = screen(*arguments)
    assert "continuing the run of" in done.stderr
    said = json.loads(done.stdout)
    assert (said["run"], said["rows"], said["records"]) == (journal["run_id"], count, count)
    after = leaves(own, journal["run_id"])
    assert len(after) == len(set(after)) == count
    assert set(before) <= set(after)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["list.csv", "list.screened.xlsx", "state"]
    with closing(openpyxl.load_workbook(out, read_only=True)) as book:
        assert sum(1 for _ in book["结果 results"].iter_rows(min_row=2)) == count


def test_bad_rows_are_exit_3_with_a_workbook(state: Path, tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", 3)
    file.write_text(file.read_text(encoding="utf-8-sig") + "\n示例,123,企业\n示例,1.23E+17,企业\n", encoding="utf-8")
    done = screen(file, "--action", "tender.bid", "--state", state, "--json", code=3)
    said = json.loads(done.stdout)
    assert (said["rows"], said["records"], said["errors"]) == (5, 3, {"identifier_malformed": 2})
    rows = list(openpyxl.load_workbook(tmp_path / "a.screened.xlsx")["结果 results"].values)
    assert all("号码格式不对" in str(row) for row in rows[4:6])
    assert not (tmp_path / "a.screened.xlsx.journal").exists()


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--action", "tender.bit"], "did you mean `tender.bid`"),
        (["--action", "tender.bid", "--as-of", "yesterday"], "as_of"),
        (["--action", "tender.bid", "--map", "没有=name"], "has no column `没有`"),
        (["--action", "tender.bid", "--map", "名称"], "maps nothing"),
        (["--action", "tender.bid", "--map", "主体类别=-"], "no column says who is asked about"),
        (["--action", "tender.bid", "--out", "a.csv"], "not a workbook name"),
        (["--action", "tender.bid", "--context", "domain"], "expected KEY=VALUE"),
    ],
)
def test_what_cannot_be_asked_is_exit_2_and_leaves_nothing(
    arguments: list[str], told: str, state: Path, tmp_path: Path
) -> None:
    file = roster(tmp_path / "a.csv", 3)
    done = screen(file, "--state", state, *arguments, code=2)
    assert told in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_roster_without_a_row_is_no_answered_one(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "bidders.csv"
    file.write_text("投标人名称,统一社会信用代码,主体类别\n,,\n", encoding="utf-8")
    done = screen(file, "--action", "tender.bid", "--state", state, "--yes", code=3)
    assert "row 1: there are no rows under the header" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["bidders.csv"]


def test_columns_that_are_not_sure_want_a_word(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"甲方,编码栏\n示例公司,{unified_code(1)}\n", encoding="utf-8")
    asked = (file, "--action", "tender.bid", "--kind", "legal_entity", "--state", state)
    done = screen(*asked, code=2)
    assert "编码栏" in done.stderr
    assert unified_code(1) not in done.stderr
    # `--yes` once took a doubtful column as guessed: a wrong guess asked about somebody else, or nobody
    for accepted in ((), ("--yes",)):
        done = screen(*asked, *accepted, code=2)
        assert "columns_unsure: the columns are not sure: `编码栏` (identifiers 80%, " in done.stderr
    screen(*asked, "--map", "编码栏=identifiers", "--yes")
    done = screen(*asked, "--map", "编码栏=identifiers", code=2)
    assert "is there already" in done.stderr


def test_a_column_of_codes_that_nobody_asked_about_is_exit_3_unless_it_is_left_out(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    lines = [f"示例{n}公司,{unified_code(n)},{unified_code(n + 100)}" for n in range(1, 7)]
    file.write_text("\n".join(["投标人名称,统一社会信用代码,合作方", *lines]), encoding="utf-8")
    asked = (file, "--action", "tender.bid", "--kind", "legal_entity", "--state", state, "--as-of", "2026-07-01")
    done = screen(*asked, "--yes", "--json", code=3)
    assert "columns_not_asked: codes stand in `合作方`" in done.stderr
    assert "screening again with --map '合作方=-'" in done.stderr
    said = json.loads(done.stdout)
    assert (said["rows"], said["columnsNotAsked"]) == (6, {"合作方": 6})
    summary = openpyxl.load_workbook(tmp_path / "a.screened.xlsx")["汇总 summary"]
    assert "columns_not_asked: 合作方" in {row[0] for row in summary.values}
    done = screen(*asked, "--yes", "--map", "合作方=-", "--out", tmp_path / "b.xlsx")
    assert "columns_not_asked" not in done.stderr


def test_the_employer_of_people_is_left_out_by_the_very_words_of_the_message(state: Path, tmp_path: Path) -> None:
    """An employer is no party of its employee's matter, and a column of its codes is said all the same."""
    file = tmp_path / "a.csv"
    label = "工作单位统一社会信用代码"
    lines = [f"示例甲{n},{citizen_number(n)},{unified_code(n)}" for n in range(1, 7)]
    file.write_text("\n".join([f"姓名,身份证号,{label}", *lines]), encoding="utf-8")
    purpose = ("--organisation", "示例人社局", "--operator", "示例经办人", "--matter", "示例-1")
    asked = (
        file,
        "--action",
        "personnel.recruit",
        "--kind",
        "natural_person",
        "--state",
        state,
        "--as-of",
        "2026-07-01",
        "--yes",
        *purpose,
    )
    done = screen(*asked, code=3)
    assert f"columns_not_asked: codes stand in `{label}`" in done.stderr
    words = shlex.split(done.stderr[done.stderr.index("--map", done.stderr.index("again")) :])
    assert words == ["--map", f"{label}=-"]
    done = screen(*asked, *words, "--out", tmp_path / "b.xlsx")
    assert "columns_not_asked" not in done.stderr


def test_people_are_asked_about_with_a_purpose_or_not_at_all(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"姓名,身份证号\n示例甲,{citizen_number(101)}\n", encoding="utf-8")
    asked = (file, "--action", "personnel.recruit", "--kind", "natural_person", "--state", state, "--yes")
    done = screen(*asked, *PURPOSE[:2], code=2)
    assert done.stderr.startswith("xingate: purpose_missing: row 2 names a natural person")
    assert "give --operator (field `caller.operator`)" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


def test_a_gateway_that_is_away_is_exit_3(tmp_path: Path) -> None:
    file = roster(tmp_path / "a.csv", 3)
    done = screen(file, "--action", "tender.bid", "--state", tmp_path / "none", code=3)
    assert "there is no state directory" in done.stderr
    screen(tmp_path / "nothing.csv", "--action", "tender.bid", code=3)


def test_in_a_terminal_the_guess_is_shown_and_confirmed(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text(f"姓名,身份证号\n示例甲,{citizen_number(101)}\n", encoding="utf-8")

    def answered(*words: str) -> tuple[int, str]:
        arguments = ["screen", str(file), "--action", "personnel.recruit", "--state", str(state), *PURPOSE]
        pid, terminal = pty.fork()
        if pid == 0:
            os.execv(sys.executable, [*COMMAND, *arguments])  # noqa: S606
        os.write(terminal, "".join(f"{word}\n" for word in words).encode())
        shown = b""
        while chunk := _read(terminal):
            shown += chunk
        os.close(terminal)
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), shown.decode()

    code, shown = answered("natural_person", "n")
    assert (code, "say what the columns are" in shown) == (2, True)
    code, shown = answered("natural_person", "y")
    assert code == 0, shown
    assert citizen_number(101)[6:14] not in shown
    assert "无措施" in shown


def test_in_a_terminal_a_doubtful_column_is_asked_about(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    row = f"示例公司,{unified_code(3)},示例甲,示例乙,{citizen_number(101)}"
    file.write_text(f"投标人名称,统一社会信用代码,法定代表人,项目经理,身份证号\n{row}\n", encoding="utf-8")
    arguments = ["--action", "tender.bid", "--kind", "legal_entity", "--state", str(state), *PURPOSE]
    pid, terminal = pty.fork()
    if pid == 0:
        command = [*COMMAND, "screen", str(file), *arguments]
        os.execv(sys.executable, command)  # noqa: S606
    os.write(terminal, b"principal_id\ny\n")
    shown = b""
    while chunk := _read(terminal):
        shown += chunk
    os.close(terminal)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0, shown.decode()
    assert "what is `身份证号` (citizen numbers that may be those of `项目经理`, `法定代表人`)" in shown.decode()
    rows = list(openpyxl.load_workbook(tmp_path / "a.screened.xlsx")["结果 results"].values)
    assert [row[1] for row in rows[1:]] == ["申请主体 subject", "主要负责人 principal"]


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 4096)
    except OSError:  # the other end is closed
        return b""


def test_json_says_what_was_done(state: Path, tmp_path: Path) -> None:
    done = screen(
        roster(tmp_path / "a.csv", 70), "--action", "tender.bid", "--as-of", "2026-07-01", "--state", state, "--json"
    )
    said: dict[str, Any] = json.loads(done.stdout)
    assert (said["asOf"], said["rows"], said["records"], said["errors"]) == ("2026-07-01", 70, 70, {})
    assert said["verdicts"] == {"CLEAR": 70}
    assert len(leaves(state, said["run"])) == 70


def test_a_roster_in_which_nobody_was_asked_about_is_exit_3(state: Path, tmp_path: Path) -> None:
    file = tmp_path / "a.csv"
    file.write_text("投标人名称,统一社会信用代码\n合计,\n（盖章）,\n", encoding="utf-8")
    asked = (file, "--action", "tender.bid", "--kind", "legal_entity", "--state", state, "--yes")
    assert "nobody_asked: every row was read as a footer" in screen(*asked, code=3).stderr
