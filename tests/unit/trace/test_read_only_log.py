"""What an auditor reads from a state directory that cannot be written: a copy, or the log of a gateway that runs."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import blocking
from tests.support.drafts import draft

import xingate
from xingate.types import Subject
from xingate_server.cli.app import cli
from xingate_server.demo import DATA
from xingate_server.demo.numbers import unified_code
from xingate_server.trace.port import ReadFailedError, TraceError
from xingate_server.trace.sqlite.read_only import open_read_only
from xingate_server.trace.sqlite.store import FILE, SqliteLog

NOBODY = 65534
COMPANY = unified_code(9771)


def auditor(*arguments: str) -> "subprocess.CompletedProcess[str]":
    """Python as a user whom the permission bits bind."""
    who = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups"] if os.geteuid() == 0 else []
    return subprocess.run([*who, sys.executable, *arguments], capture_output=True, text=True, check=False, cwd="/")


def ask(*arguments: str) -> "subprocess.CompletedProcess[str]":
    return auditor("-m", "xingate_server.cli", *arguments)


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One that the auditor can enter, as pytest's own is not."""
    if os.geteuid() == 0 and (shutil.which("setpriv") is None or auditor("-c", "import xingate_server").returncode):
        pytest.skip("no other user can run this Python")
    made = Path(tempfile.mkdtemp(prefix="xingate-auditor-"))
    made.chmod(0o755)
    yield made
    for path in (made, *made.rglob("*")):
        if path.is_dir():
            path.chmod(0o755)
    shutil.rmtree(made)


@pytest.fixture(scope="module")
def state(folder: Path) -> Path:
    found = folder / "state"
    lists = f"city_list={DATA / 'city_list_black.csv'}@2026-11-01"
    cli.main(["compile", "--state", str(found), "--source", lists], standalone_mode=False)
    with xingate.connect(f"embedded:{found}", system="t", organisation="示例局", operator="op") as client:
        client.check(Subject.legal_entity(COMPANY), "tender.bid", matter="示例-1")
    return found


def copied(state: Path, to: Path) -> Path:
    shutil.copytree(state, to, symlinks=True)
    return to


def given_away(state: Path) -> Path:
    """The directory as the auditor has it: readable, and nothing in it can be written."""
    for path in (state, *state.rglob("*")):
        if path.is_symlink():
            continue
        if os.geteuid() == 0:
            os.chown(path, NOBODY, NOBODY)
        path.chmod((0o555 if path.is_dir() else 0o400) if path.stat().st_uid == NOBODY else path.stat().st_mode & 0o555)
    return state


def read(state: Path, *arguments: str) -> str:
    done = ask(*arguments, "--state", str(state))
    assert done.returncode == 0, done.stderr + done.stdout
    return done.stdout


def read_all(state: Path, commands: list[list[str]]) -> list[str]:
    """What several commands print, in one process."""
    code = (
        "import json; from click.testing import CliRunner; from xingate_server.cli.app import cli; "
        f"runs = [CliRunner().invoke(cli, [*one, '--state', {str(state)!r}]) for one in {commands!r}]; "
        "print(json.dumps([[run.exit_code, run.output] for run in runs]))"
    )
    done = auditor("-c", code)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [code for code, _ in found] == [0] * len(commands), found
    return [text for _, text in found]


def test_every_reading_command_works_on_a_copy(folder: Path, state: Path) -> None:
    copy = given_away(copied(state, folder / "copy"))
    assert not list((copy / "trace").glob("*-wal"))
    before = sorted(path.name for path in (copy / "trace").iterdir())
    record = json.loads(read(copy, "trace", "list", "--json"))["recordId"]
    expected = [
        (COMPANY, "trace", "list"),
        ("示例局", "trace", "recipients", "--subject", COMPANY),
        (COMPANY, "trace", "show", record),
        ("as they were recorded", "trace", "fsck"),
        ("proven", "trace", "receipt", record),
        ("示例局", "trace", "report"),
        ("1 same", "trace", "replay", record),
        ("in use", "snapshot", "list"),
    ]
    for said, text in zip(expected, read_all(copy, [command for _, *command in expected]), strict=True):
        assert said[0] in text, said
    assert sorted(path.name for path in (copy / "trace").iterdir()) == before


def test_a_copy_without_the_logs_public_key_says_which_file_is_missing(folder: Path, state: Path) -> None:
    copy = copied(state, folder / "copy-without-key")
    (copy / "keys" / "trace.pub").unlink()
    given_away(copy)
    record = json.loads(read(copy, "trace", "list", "--json"))["recordId"]
    assert COMPANY in read(copy, "trace", "list")
    done = ask("trace", "receipt", record, "--state", str(copy))
    assert done.returncode == 3
    assert "trace.pub is missing" in done.stderr


def test_a_log_that_is_written_is_read_with_its_newest_records(folder: Path, state: Path) -> None:
    live = copied(state, folder / "live")
    log = SqliteLog(live / "trace")
    try:
        blocking.append(log, draft(1))
        size = log.size()
        copy = given_away(copied(live, folder / "copy-of-live"))
        for path in (live / "trace", *(live / "trace").iterdir()):
            path.chmod(0o755 if path.is_dir() else 0o644)
        if os.geteuid():
            (live / "trace").chmod(0o555)
        for place in (live, copy):
            assert (place / "trace" / f"{FILE}-wal").stat().st_size
            assert f"{size} leaves" in read(place, "trace", "fsck", "--quick")
    finally:
        log.close()


def test_records_that_cannot_be_read_there_are_not_passed_over(folder: Path, state: Path) -> None:
    live = copied(state, folder / "live-2")
    log = SqliteLog(live / "trace")
    try:
        blocking.append(log, draft(1))
        copy = copied(live, folder / "copy-without-shm")
    finally:
        log.close()
    (copy / "trace" / f"{FILE}-shm").unlink()
    given_away(copy)
    for command in (("list",), ("fsck",)):
        done = ask("trace", *command, "--state", str(copy))
        assert done.returncode == 3
        assert "cp -r" in done.stderr
        assert "log.sqlite-shm" in done.stderr


def test_a_quiet_file_that_somebody_begins_to_write_is_not_read_on(tmp_path: Path) -> None:
    with_one = SqliteLog(tmp_path)
    blocking.append(with_one, draft(1))
    with_one.close()
    copy = SqliteLog(tmp_path, is_read_only=True)
    try:
        assert copy.size() == 1
        with pytest.raises(TraceError):
            blocking.append(copy, draft(2))
        assert copy.size() == 1
        writer = SqliteLog(tmp_path)
        blocking.append(writer, draft(2))
        with pytest.raises(ReadFailedError, match="run the command again"):
            copy.size()
        writer.close()
        with pytest.raises(ReadFailedError, match="run the command again"):
            copy.size()
    finally:
        copy.close()


def test_nothing_can_be_written_through_it(tmp_path: Path) -> None:
    SqliteLog(tmp_path).close()
    connection, _ = open_read_only(tmp_path / FILE, 100)
    with pytest.raises(Exception, match="readonly"):
        connection.execute("DELETE FROM leaves")
    connection.close()


def test_the_guard_is_as_the_file_was_when_it_was_opened(tmp_path: Path) -> None:
    """Also when it is opened again, after its writer has gone."""
    writer = SqliteLog(tmp_path)
    blocking.append(writer, draft(1))
    copy = SqliteLog(tmp_path, is_read_only=True)
    try:
        assert copy.size() == 1
        assert copy._reader is not None
        copy._reader.close()
        copy._reader = None  # as after an error
        writer.close()
        assert copy.size() == 1
        writer = SqliteLog(tmp_path)
        blocking.append(writer, draft(2))
        with pytest.raises(ReadFailedError, match="run the command again"):
            copy.size()
    finally:
        copy.close()
        writer.close()
