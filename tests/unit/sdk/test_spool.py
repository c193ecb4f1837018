"""The spool: what it keeps, how much, and that it holds no person's number."""

import json
import os
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from xingate.spool import Kept, KnownLog, Spool
from xingate.testing import FakeGateway
from xingate.types import Decision, Subject, TraceRef, Verdict
from xingate_server.demo.numbers import citizen_number


def decision(record_id: str, verdict: Verdict = Verdict.CLEAR, leaf_index: int = 0) -> Decision:
    return Decision("r", verdict, TraceRef(record_id, leaf_index, "log.example"), decision_digest="d" * 64)


def files(spool: Spool) -> list[Path]:
    return [path for path in spool.folder.rglob("*") if path.is_file()]


def kept(spool: Spool) -> list[Kept]:
    found = list(spool.answers())
    assert all(isinstance(one, Kept) for one in found)
    return [one for one in found if isinstance(one, Kept)]


def test_what_a_decision_said_is_kept(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "a" / "b")
    spool.keep(decision("rec-1", Verdict.RESTRICTED, 7))
    assert kept(Spool(spool.folder)) == [Kept("rec-1", "log.example", 7, "RESTRICTED", "d" * 64)]


def test_the_same_answer_is_kept_once_and_another_one_beside_it(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    for verdict in (Verdict.CLEAR, Verdict.CLEAR, Verdict.PROHIBITED):
        spool.keep(decision("rec-1", verdict))
    assert sorted(one.verdict for one in kept(spool)) == ["CLEAR", "PROHIBITED"]


def test_files_are_for_their_owner_alone(tmp_path: Path) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep(decision("rec-1"))
    spool.keep_receipt("rec-1", "{}")
    spool.keep_log(KnownLog("log.example", "key", "note"))
    assert [stat.S_IMODE(path.stat().st_mode) for path in files(spool)] == [0o600] * 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in spool.folder.iterdir()} == {0o700}


@pytest.mark.parametrize("record_id", ["../../etc/passwd", "a/b", "", ".hidden", "编号", "x" * 300, "a\0b", "a.b"])
def test_an_id_from_the_other_side_never_leads_out_of_the_folder(tmp_path: Path, record_id: str) -> None:
    spool = Spool(tmp_path / "spool")
    spool.keep(decision(record_id))
    spool.keep_receipt(record_id, "{}")
    assert spool.receipt(record_id) == "{}"
    assert [one.record_id for one in kept(spool)] == [record_id]
    assert {path.name for path in tmp_path.iterdir()} == {"spool"}
    assert len(files(spool)) == 2


def test_the_oldest_go_first_with_their_receipts(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_records=10)
    for number in range(25):
        spool.keep(decision(f"rec-{number}"))
        spool.keep_receipt(f"rec-{number}", "{}")
        assert len(kept(spool)) <= 10
    remaining = [one.record_id for one in kept(spool)]
    assert remaining == [f"rec-{number}" for number in range(25 - len(remaining), 25)]
    assert len(remaining) >= 9
    assert {path.stem for path in (tmp_path / "receipts").iterdir()} == set(remaining)


def test_bytes_are_bounded_too(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_bytes=10_000)
    for number in range(50):
        spool.keep(decision(f"rec-{number}"))
        spool.keep_receipt(f"rec-{number}", "x" * 1000)
        assert sum(path.stat().st_size for path in files(spool)) <= 10_000
    assert kept(spool)


def test_a_smaller_bound_cuts_when_it_is_opened(tmp_path: Path) -> None:
    for number in range(20):
        Spool(tmp_path).keep(decision(f"rec-{number}"))
    assert len(kept(Spool(tmp_path, most_records=5))) <= 5


@pytest.mark.parametrize("bounds", [{"most_records": 0}, {"most_bytes": 0}, {"most_records": -1}])
def test_a_bound_below_one_is_refused(tmp_path: Path, bounds: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="1 record and 1 byte or more"):
        Spool(tmp_path, **bounds)


def test_a_damaged_answer_is_told_and_not_passed_over(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.keep(decision("rec-1"))
    (path,) = files(spool)
    for content in (b"", b"{", b"[]", b'{"record_id": "x"}', b"\xff", path.read_bytes().replace(b"CLEAR", b"MAYBE")):
        path.write_bytes(content)
        assert list(spool.answers()) == [path]


def test_a_damaged_log_file_is_an_error(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.keep_log(KnownLog("log.example", "key", "note"))
    assert spool.known_log("log.example") == KnownLog("log.example", "key", "note")
    assert spool.known_log("other.example") == KnownLog("other.example")
    (path,) = files(spool)
    for content in (b"", b"{}", json.dumps({"origin": "other", "verifier_key": "k", "note": "n"}).encode()):
        path.write_bytes(content)
        with pytest.raises(ValueError, match="is damaged"):
            spool.known_log("log.example")


def test_what_a_killed_process_left_is_removed_in_time(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    old, new = tmp_path / "answers" / ".a.json.1-ff", tmp_path / "answers" / ".b.json.1-ff"
    for path in (old, new):
        path.write_bytes(b"{")
    os.utime(old, (time.time() - 7200,) * 2)
    assert kept(Spool(spool.folder)) == []
    assert (old.exists(), new.exists()) == (False, True)


def test_an_answer_counts_more_than_its_copy(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    fake = FakeGateway()
    with fake.client(spool=tmp_path / "spool") as client:
        (tmp_path / "spool" / "answers").rmdir()
        for _ in range(3):
            assert client.check(Subject.legal_entity("X"), "tender.bid").verdict is Verdict.CLEAR
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_threads_and_processes_may_share_it(tmp_path: Path) -> None:
    spools = [Spool(tmp_path, most_records=50) for _ in range(2)]

    def work(spool: Spool, name: str) -> None:
        for number in range(100):
            spool.keep(decision(f"{name}-{number}"))

    threads = [threading.Thread(target=work, args=(spools[i % 2], f"t{i}")) for i in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert 40 <= len(kept(Spool(tmp_path, most_records=50))) <= 50


def test_an_answer_never_waits_for_many_files_to_be_removed(tmp_path: Path) -> None:
    spool = Spool(tmp_path, most_records=640)
    for number in range(640):
        spool.keep(decision(f"rec-{number}"))
        (tmp_path / "receipts" / f"rec-{number}.json").write_bytes(b"{}")
    spool = Spool(tmp_path, most_records=640)
    before = len(files(spool))
    for number in range(640, 1280):
        spool.keep(decision(f"rec-{number}"))
        after = len(files(spool))
        assert before - after <= 5, "one file of answers and four receipts at most"
        before = after
    assert [one.record_id for one in kept(spool)][-1] == "rec-1279"
    assert list((tmp_path / "receipts").iterdir()) == []


def test_the_same_answer_after_a_retry_is_told_once(tmp_path: Path) -> None:
    for _ in range(3):
        spool = Spool(tmp_path)
        spool.keep(decision("rec-1"))
        spool.keep(decision("rec-1"))
    assert len(kept(spool)) == 1


def test_who_is_cut_away_by_another_process_goes_on_elsewhere(tmp_path: Path) -> None:
    slow, fast = Spool(tmp_path, most_records=128), Spool(tmp_path, most_records=128)
    slow.keep(decision("slow-1"))
    for number in range(256):
        fast.keep(decision(f"fast-{number}"))
    assert "slow-1" not in {one.record_id for one in kept(slow)}
    slow.keep(decision("slow-2"))
    assert "slow-2" in {one.record_id for one in kept(Spool(tmp_path, most_records=128))}


def test_a_fork_writes_to_a_file_of_its_own(tmp_path: Path) -> None:
    spool = Spool(tmp_path)
    spool.keep(decision("before"))
    code = 0
    if (child := os.fork()) == 0:
        spool.keep(decision("child"))
        os._exit(0)
    spool.keep(decision("parent"))
    code = os.waitpid(child, 0)[1]
    assert code == 0
    assert sorted(one.record_id for one in kept(spool)) == ["before", "child", "parent"]
    assert len(list((tmp_path / "answers").iterdir())) == 2


@pytest.mark.parametrize("most_bytes", [100, 1000])
def test_what_a_full_disk_cuts_off_is_no_damage(tmp_path: Path, most_bytes: int) -> None:
    """A limit on the size of a file stops a write in the middle, as a full disk does."""
    code = f"""
import resource, signal, sys
from xingate.spool import Spool
from xingate.types import Decision, TraceRef, Verdict
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
spool = Spool({str(tmp_path)!r})
resource.setrlimit(resource.RLIMIT_FSIZE, ({most_bytes}, resource.RLIM_INFINITY))
for number in range(9):
    spool.keep(Decision("r", Verdict.CLEAR, TraceRef(f"rec-{{number}}", 0, "log.example"), decision_digest="d" * 64))
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
spool.keep(Decision("r", Verdict.CLEAR, TraceRef("rec-9", 0, "log.example"), decision_digest="d" * 64))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.count("could not be stored")) == (0, 1)
    names = [one.record_id for one in kept(Spool(tmp_path))]
    assert names[-1] == "rec-9"
    assert (len(names) > 3) is (most_bytes == 1000)


def test_a_killed_program_loses_no_answer(tmp_path: Path) -> None:
    code = f"""
import os, signal
from xingate.spool import Spool
from xingate.types import Decision, TraceRef, Verdict
spool = Spool({str(tmp_path)!r})
for number in range(500):
    spool.keep(Decision("r", Verdict.CLEAR, TraceRef(f"rec-{{number}}", 0, "log.example"), decision_digest="d" * 64))
os.kill(os.getpid(), signal.SIGKILL)
"""
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == -9
    assert len(kept(Spool(tmp_path))) == 500


def test_a_persons_number_is_in_no_file(tmp_path: Path) -> None:
    number = citizen_number(901)
    with FakeGateway().client(system="s", organisation="示例机关", operator="示例员", spool=tmp_path) as client:
        client.check(Subject.natural_person(number, name="示例甲"), "permit.grant", matter="M-1")
        assert client.verify_all().is_proven
    content = b"".join(path.read_bytes() + path.name.encode() for path in tmp_path.rglob("*") if path.is_file())
    assert b"record_id" in content
    assert number.encode() not in content
    assert "示例甲".encode() not in content
