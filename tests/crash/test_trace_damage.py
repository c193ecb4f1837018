"""The signed log against flipped bytes, a cut-off WAL, failing system calls and kill -9.

What was answered is there or the damage is named: by the start, by fsck, or by SQLite. Short samples by default, all
of it with `make soak`. A kill tells nothing about power loss: what the disk does with an fsync is its own matter.
"""

import contextlib
import shutil
import signal
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import apsw
import pytest
from tests.support import blocking

from xingate.checkpoint import verifier_key, verify
from xingate.merkle import leaf_hash, verify_inclusion
from xingate_server.trace.audit.fsck import Report, fsck
from xingate_server.trace.audit.fsck_chunk import SqliteRows
from xingate_server.trace.port import Draft, Stored, TraceError
from xingate_server.trace.sqlite.store import FILE, SqliteLog
from xingate_server.trace.tree.checkpoint_files import CheckpointFiles
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key

ORIGIN = "example.org/log"
LEAVES = 200
WAL_HEADER, FRAME_HEADER = 32, 24
_SIGNER = Path(__file__).with_name("trace_signer.py")


def draft(number: int, moment: str = "2026-05-04T03:02:01.000000Z") -> Draft:
    return Draft(
        kind="check",
        record_id=f"record-{number}",
        request_id=f"request-{number}",
        system="system",
        organisation="organisation",
        question_digest=b"q" * 32,
        time=moment,
        leaf=b"leaf %d " % number * 10,
        answer=b"answer %d " % number * 10,
    )


def signing(log: SqliteLog, state: Path) -> "contextlib.closing[Checkpointer]":
    return contextlib.closing(Checkpointer(log, settle_key(state / "keys", ORIGIN), state / "trace"))


def make(state: Path) -> None:
    """A log of 200 leaves in batches of one to nine, all of them signed for."""
    with contextlib.closing(SqliteLog(state / "trace", origin=ORIGIN)) as log, signing(log, state):
        fill(log)


def fill(log: SqliteLog) -> None:
    start = 0
    while start < LEAVES:
        stop = min(LEAVES, start + 1 + start % 9)
        blocking.append_many(log, [draft(number) for number in range(start, stop)])
        start = stop


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log after a proper end: all in the file itself."""
    state = tmp_path_factory.mktemp("closed")
    make(state)
    assert not (state / "trace" / f"{FILE}-wal").exists()
    return state


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The log as a kill leaves it: all in the WAL."""
    state, copy = tmp_path_factory.mktemp("running"), tmp_path_factory.mktemp("killed") / "state"
    with contextlib.closing(SqliteLog(state / "trace", origin=ORIGIN)) as log:
        fill(log)
        with signing(log, state):
            pass
        shutil.copytree(state, copy, ignore=shutil.ignore_patterns("*-shm"))
    assert (copy / "trace" / f"{FILE}-wal").stat().st_size > 100_000
    return copy


def check(state: Path) -> Report:
    key = str(verifier_key(ORIGIN, settle_key(state / "keys", ORIGIN)))
    return fsck(SqliteRows(state / "trace" / FILE), state / "trace", key=key, processes=1)


def start(state: Path) -> list[Stored]:
    """All leaves, found in every way there is. Raises TraceError where something is wrong with them."""
    with contextlib.closing(SqliteLog(state / "trace")) as log, signing(log, state):
        leaves = list(log.read())
        for leaf in leaves[::37]:
            assert log.get(leaf.record_id) == leaf
            assert log.find("check", "system", "organisation", leaf.request_id) == leaf
        return leaves


def flip(original: Path, scratch: Path, file: str, places: Iterable[int]) -> tuple[int, int]:
    """Flip one byte at a time; how many flips were detected, and how many changed nothing that was recorded.

    A flip may hit a byte that nobody reads; then all that was recorded has to be as it was.
    """
    before = start(Path(shutil.copytree(original, scratch / "before")))
    content = (original / "trace" / file).read_bytes()
    detected = harmless = 0
    for place in places:
        state = scratch / "state"
        shutil.rmtree(state, ignore_errors=True)
        shutil.copytree(original, state)
        altered = bytearray(content)
        altered[place] ^= 1 << place % 8
        (state / "trace" / file).write_bytes(altered)
        if is_detected(state):
            detected += 1
            continue
        assert start(state) == before, f"byte {place} of {file} was flipped, and nobody noticed"
        harmless += 1
    return detected, harmless


def is_detected(state: Path) -> bool:
    try:
        if not check(state).is_clean:
            return True
    except Exception:  # noqa: BLE001 - a file that cannot be opened is told, in whatever way
        return True
    try:
        start(state)
    except TraceError:
        return True
    return False


def places(original: Path, file: str, step: int) -> range:
    return range(step // 2, (original / "trace" / file).stat().st_size, step)


@pytest.mark.parametrize("file", [FILE, "checkpoint"])
def test_a_flipped_byte_of_the_file_is_noticed(closed: Path, tmp_path: Path, file: str) -> None:
    detected, harmless = flip(closed, tmp_path, file, places(closed, file, 397 if file == FILE else 7))
    assert detected > harmless


def test_a_flipped_byte_of_the_wal_is_noticed(killed: Path, tmp_path: Path) -> None:
    detected, _ = flip(killed, tmp_path, f"{FILE}-wal", places(killed, f"{FILE}-wal", 4999))
    assert detected > 20


def tail(killed: Path) -> range:
    """The places of the WAL's newest pages, in which the newest batches stand."""
    wal = killed / "trace" / f"{FILE}-wal"
    with wal.open("rb") as file:
        frame = FRAME_HEADER + struct.unpack(">I", file.read(12)[8:])[0]
    return range(wal.stat().st_size - 20 * frame, wal.stat().st_size)


def test_a_flipped_byte_of_the_tail_is_noticed(killed: Path, tmp_path: Path) -> None:
    detected, harmless = flip(killed, tmp_path, f"{FILE}-wal", tail(killed)[-1::-997])
    assert detected > 80
    assert harmless == 0


@pytest.mark.soak
def test_every_flipped_byte_of_the_tail_is_noticed(killed: Path, tmp_path: Path) -> None:
    detected, harmless = flip(killed, tmp_path, f"{FILE}-wal", tail(killed))
    print(f"tail: {detected} flips detected, {harmless} changed nothing recorded")  # noqa: T201 - the long run's result
    assert harmless == 0


@pytest.mark.soak
def test_every_flipped_byte_of_the_file_is_noticed(closed: Path, tmp_path: Path) -> None:
    detected, harmless = flip(closed, tmp_path, FILE, places(closed, FILE, 1))
    print(f"{FILE}: {detected} flips detected, {harmless} changed nothing recorded")  # noqa: T201 - the long run's result


@pytest.mark.soak
def test_flipped_bytes_all_over_the_wal_are_noticed(killed: Path, tmp_path: Path) -> None:
    detected, harmless = flip(killed, tmp_path, f"{FILE}-wal", places(killed, f"{FILE}-wal", 37))
    print(f"WAL: {detected} flips detected, {harmless} changed nothing recorded")  # noqa: T201 - the long run's result


def cut_off(killed: Path, scratch: Path, step: int) -> int:
    """Cut the WAL off at every `step`th frame, where it looks whole; how many were looked at."""
    wal = (killed / "trace" / f"{FILE}-wal").read_bytes()
    frame = FRAME_HEADER + struct.unpack(">I", wal[8:12])[0]
    number = 0
    for number, end in enumerate(range(WAL_HEADER, len(wal) - frame, frame * step), 1):
        state = scratch / f"state{number}"
        shutil.copytree(killed, state)
        (state / "trace" / f"{FILE}-wal").write_bytes(wal[:end])
        with contextlib.suppress(apsw.SQLError):  # even the table may be gone
            assert check(state).first_bad is not None
        with pytest.raises(TraceError, match=r"lost or cut off|cannot be opened"):
            start(state)
        shutil.rmtree(state)
    return number


def test_a_cut_off_wal_is_refused_at_start(killed: Path, tmp_path: Path) -> None:
    assert cut_off(killed, tmp_path, 40) >= 3


@pytest.mark.soak
def test_a_wal_cut_off_anywhere_is_refused_at_start(killed: Path, tmp_path: Path) -> None:
    assert cut_off(killed, tmp_path, 1) > 100


def signer(state: Path, prefix: str, limit: int, *before: str) -> "subprocess.Popen[str]":
    command = [*before, sys.executable, str(_SIGNER), str(state), prefix, str(limit)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def answered(output: str) -> dict[str, int]:
    lines = [line.split() for line in output.splitlines(keepends=True) if line.endswith("\n")]
    return {line[0]: int(line[1]) for line in lines if len(line) == 2}


def assert_all_there(state: Path, told: dict[str, int]) -> None:
    """After whatever happened: the log starts, is clean, and holds what was answered where it was said to be."""
    report = check(state)
    assert report.faults == []
    leaves = {leaf.request_id: leaf.leaf_index for leaf in start(state)}
    assert {request_id: leaves.get(request_id) for request_id in told} == told
    assert check(state).faults == []


def kill(state: Path, times: int) -> None:
    told: dict[str, int] = {}
    for number in range(times):
        process = signer(state, f"run{number}", 0)
        assert process.stdout is not None
        first = process.stdout.readline()
        time.sleep(0.01 * (number % 7))
        process.send_signal(signal.SIGKILL)
        assert process.stderr is not None
        with process:  # not `communicate`, which loses what `readline` has read ahead
            output, complaint = process.stdout.read(), process.stderr.read()
        assert first, complaint
        told |= answered(first + output)
    assert len(told) > times
    assert_all_there(state, told)


def test_kill_9_of_a_signing_process_loses_nothing_and_raises_no_false_alarm(tmp_path: Path) -> None:
    kill(tmp_path, 8)


@pytest.mark.soak
def test_kill_9_of_a_signing_process_ten_thousand_times(tmp_path: Path) -> None:
    for number in range(100):
        kill(tmp_path / str(number), 100)


CALLS = ("write", "pwrite64", "fsync,fdatasync", "ftruncate", "rename,renameat,renameat2")


def inject(state: Path, calls: str, how: str, when: int) -> None:
    """One failing or killing system call; then a run without any."""
    command = ["strace", "-f", "-o", "/dev/null", "-e", f"trace={calls}", "-e", f"inject={calls}:{how}:when={when}"]
    process = signer(state, f"w{when}", 12, *command)
    output, _ = process.communicate(timeout=60)
    told = answered(output)
    after = signer(state, f"after{when}", 5)
    output, complaint = after.communicate(timeout=60)
    assert after.returncode == 0, complaint
    assert_all_there(state, told | answered(output))


@pytest.fixture
def strace(tmp_path: Path) -> None:
    if shutil.which("strace") is None:
        pytest.skip("strace is not installed")
    tried = subprocess.run(
        ["strace", "-o", "/dev/null", "-e", "inject=fsync:error=EIO:when=1", "true"], capture_output=True, check=False
    )
    if tried.returncode != 0:
        pytest.skip(f"strace may not trace here: {tried.stderr.decode().strip()}")


@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("calls", CALLS)
@pytest.mark.parametrize(("how", "when"), [("error=EIO", 3), ("signal=KILL", 5)])
def test_a_system_call_fails_or_kills(tmp_path: Path, calls: str, how: str, when: int) -> None:
    inject(tmp_path, calls, how, 1 if calls == "ftruncate" else when)


@pytest.mark.soak
@pytest.mark.usefixtures("strace")
@pytest.mark.parametrize("calls", CALLS)
@pytest.mark.parametrize("how", ["error=EIO", "error=ENOSPC", "signal=KILL"])
def test_every_system_call_fails_or_kills(tmp_path: Path, calls: str, how: str) -> None:
    for when in range(1, 80):
        inject(tmp_path / str(when), calls, how, when)


def test_a_clock_set_back_changes_neither_order_nor_proofs(tmp_path: Path) -> None:
    moment = datetime(2026, 5, 1, 0, 30, tzinfo=UTC)
    files = CheckpointFiles(tmp_path / "trace", clock=lambda: moment)
    with contextlib.closing(SqliteLog(tmp_path / "trace", origin=ORIGIN)) as log:
        key = settle_key(tmp_path / "keys", ORIGIN)
        with contextlib.closing(Checkpointer(log, key, tmp_path / "trace", interval_s=60)) as checkpoints:
            checkpoints._files = files
            for number in range(6):
                blocking.append(log, draft(number, moment.isoformat()))
                checkpoints._step()
                moment -= timedelta(days=1)
            sizes = [verify(note, checkpoints.verifier_key).tree_size for _, note in files.history()]
            assert sizes[-6:] == [1, 2, 3, 4, 5, 6]
            newest = checkpoints.checkpoint
            for stored in log.read():
                verify_inclusion(
                    leaf_hash=leaf_hash(stored.leaf),
                    leaf_index=stored.leaf_index,
                    tree_size=6,
                    proof=checkpoints.inclusion_proof(stored.leaf_index, 6),
                    root_hash=newest.root_hash,
                )
    assert_all_there(tmp_path, {f"request-{number}": number for number in range(6)})
