"""Checkpoints outside the operator's reach: pushed to a folder or a URL, compared, and cosigned by a witness."""

import contextlib
import json
import shutil
import sqlite3
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.support import blocking
from tests.support.drafts import draft
from tests.support.waiting import stays, wait_until

from xingate.checkpoint import (
    Checkpoint,
    SignatureType,
    SignedNote,
    new_private_key,
    sign,
    verifier_key,
    verify,
    verify_cosignatures,
)
from xingate_server.cli.trace.receipt import verify_command
from xingate_server.cli.witness import witness_command
from xingate_server.trace.anchor import push as anchoring
from xingate_server.trace.anchor.folder import AnchorFolder, StoredProof, compare
from xingate_server.trace.anchor.lease import Lease
from xingate_server.trace.anchor.push import FolderPlace, Place, Pusher, UrlPlace, merged, size_of
from xingate_server.trace.anchor.witness import STATE, NotContinuedError, Witness, WitnessError
from xingate_server.trace.sqlite.store import FILE, SqliteLog
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key

ORIGIN = "example.org/log"


def grow(state: Path, place: Place, sizes: list[int], first: int = 0) -> str:
    """A log that is pushed at each of these sizes; its verifier key."""
    with contextlib.closing(SqliteLog(state / "trace", origin=ORIGIN)) as log:
        key = settle_key(state / "keys", ORIGIN)
        pusher = Pusher(place, every_s=0)
        with contextlib.closing(Checkpointer(log, key, state / "trace", anchor=pusher, interval_s=0.01)) as checkpoints:
            for size in sizes:
                blocking.append_many(log, [draft(first + number) for number in range(log.size(), size)])
                wait_until(lambda size=size: pusher.pushed == size)
            return checkpoints.verifier_key


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "elsewhere").mkdir()
    return tmp_path / "elsewhere"


class TestFolder:
    def test_every_note_stands_there_with_its_proof(self, state: Path, folder: Path) -> None:
        key = grow(state, FolderPlace(folder, ORIGIN), [3, 300, 301])
        kept = list(AnchorFolder(folder, ORIGIN).after(2))
        assert [(one.size, verify(one.note, key).tree_size) for one in kept] == [(3, 3), (300, 300), (301, 301)]
        assert [one.proof.size1 for one in kept if one.proof] == [3, 300]
        assert AnchorFolder(folder, ORIGIN).latest() == kept[-1].note

    def test_a_folder_that_is_gone_is_told_and_tried_again(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(anchoring, "_FIRST_RETRY_S", 0.01)
        (folder / "gone").write_text("")
        key = new_private_key()
        with contextlib.closing(Pusher(FolderPlace(folder / "gone", ORIGIN), every_s=0)) as pusher:
            pusher.push(sign(Checkpoint(ORIGIN, 1, bytes(32)), key), lambda *_: [])
            wait_until(lambda: "could not be pushed" in pusher.trouble)
            pusher.push(sign(Checkpoint(ORIGIN, 2, bytes(32)), key), lambda *_: [])
            (folder / "gone").unlink()
            wait_until(lambda: pusher.pushed == 2)
            assert pusher.trouble == ""

    def test_closing_pushes_the_newest(self, folder: Path) -> None:
        key = new_private_key()
        with contextlib.closing(Pusher(FolderPlace(folder, ORIGIN), every_s=3600)) as pusher:
            for size in (1, 2):
                pusher.push(sign(Checkpoint(ORIGIN, size, bytes(32)), key), lambda *_: [])
                wait_until(lambda: pusher.pushed == 1)
        latest = AnchorFolder(folder, ORIGIN).latest()
        assert latest is not None
        assert size_of(latest) == 2

    def test_an_older_note_takes_no_ones_place(self, folder: Path) -> None:
        place, key = FolderPlace(folder, ORIGIN), new_private_key()
        for size in (2, 1):
            place.push(sign(Checkpoint(ORIGIN, size, bytes(32)), key), lambda *_: [])
        assert [kept.size for kept in AnchorFolder(folder, ORIGIN).after(0)] == [2]

    def test_logs_do_not_share_a_place(self, folder: Path) -> None:
        assert AnchorFolder(folder, "a/b").path != AnchorFolder(folder, "a_b").path


class TestCompare:
    def run(self, state: Path, folder: Path, *arguments: str) -> tuple[int, str]:
        key = str(state / "keys" / "trace.pub")
        given = ["--anchor", str(folder), "--key", key, "--state", str(state), *arguments]
        run = CliRunner().invoke(verify_command, given, standalone_mode=False)
        assert run.exception is None, run.exception
        return int(run.return_value), run.stdout

    def test_a_log_that_only_grew(self, state: Path, folder: Path) -> None:
        grow(state, FolderPlace(folder, ORIGIN), [3, 300])
        code, told = self.run(state, folder)
        assert code == 0
        assert "begins with all 3 anchored checkpoints, the newest for 300 leaves" in told or "all 2" in told
        assert json.loads(self.run(state, folder, "--json")[1])["consistent"] is True

    def test_a_log_that_was_made_anew_with_the_same_key(self, state: Path, folder: Path, tmp_path: Path) -> None:
        grow(state, FolderPlace(folder, ORIGIN), [3, 300])
        shutil.rmtree(state / "trace")
        (tmp_path / "unused").mkdir()
        grow(state, FolderPlace(tmp_path / "unused", ORIGIN), [400], first=1000)
        code, told = self.run(state, folder)
        assert code == 1
        assert "do not fit the log" in told

    def test_a_log_that_was_cut_off_with_its_checkpoints(self, state: Path, folder: Path) -> None:
        grow(state, FolderPlace(folder, ORIGIN), [3, 300])
        for name in ("checkpoint", "checkpoints", "tiles.sqlite"):
            path = state / "trace" / name
            shutil.rmtree(path) if path.is_dir() else path.unlink()
        with contextlib.closing(sqlite3.connect(state / "trace" / FILE)) as connection, connection:
            connection.execute("DELETE FROM leaves WHERE leaf_index >= 3")
        found = json.loads(self.run(state, folder, "--json")[1])
        assert found["consistent"] is False
        assert "holds 3 leaves, but a checkpoint was signed for 300" in found["faults"][0]

    def test_an_empty_anchor_proves_nothing(self, state: Path, folder: Path, tmp_path: Path) -> None:
        grow(state, FolderPlace(tmp_path / "another", ORIGIN), [3])
        code, told = self.run(state, folder)
        assert code == 3
        assert "contains no checkpoint of this log" in told

    def test_a_note_of_somebody_else(self, state: Path, folder: Path) -> None:
        key = grow(state, FolderPlace(folder, ORIGIN), [3])
        note = sign(Checkpoint(ORIGIN, 2, bytes(32)), new_private_key())
        AnchorFolder(folder, ORIGIN).put(note, 2, None)
        with (
            contextlib.closing(SqliteLog(state / "trace")) as log,
            contextlib.closing(Checkpointer(log, settle_key(state / "keys", ORIGIN), state / "trace")) as made,
        ):
            found = compare(folder, log, made.tree, key)
        assert len(found.faults) == 1
        assert "not signed by a trusted key" in found.faults[0]


class TestWitness:
    @pytest.fixture
    def witness(self, tmp_path: Path, state: Path) -> Witness:
        (tmp_path / "witness").mkdir()
        log_key = str(verifier_key(ORIGIN, settle_key(state / "keys", ORIGIN)))
        return Witness(new_private_key(), "witness.example", tmp_path / "witness", [log_key], lambda: 1_700_000_000)

    def test_it_follows_a_log_and_its_word_comes_back(self, state: Path, folder: Path, witness: Witness) -> None:
        place = FolderPlace(folder, ORIGIN)
        for sizes in ([3], [5, 300], [700]):
            grow(state, place, sizes)
            assert witness.visit(folder, ORIGIN) == sizes[-1]
            assert witness.visit(folder, ORIGIN) is None
        cosigned = place.cosigned()
        assert cosigned is not None
        assert [one.name for one in verify_cosignatures(cosigned, witness.verifier_key)] == ["witness.example"]
        with contextlib.closing(SqliteLog(state / "trace")) as log, contextlib.ExitStack() as stack:
            key, pusher = settle_key(state / "keys", ORIGIN), Pusher(place)
            made = stack.enter_context(contextlib.closing(Checkpointer(log, key, state / "trace", anchor=pusher)))
            wait_until(lambda: verify_cosignatures(made.latest(), witness.verifier_key))
            assert verify(made.latest(), made.verifier_key).tree_size == 700

    def test_two_faces_never_both_get_its_word(self, state: Path, folder: Path, witness: Witness) -> None:
        grow(state, FolderPlace(folder, ORIGIN), [3, 300])
        witness.visit(folder, ORIGIN)
        shutil.rmtree(state / "trace")
        shutil.rmtree(folder)
        grow(state, FolderPlace(folder, ORIGIN), [300, 400], first=1000)
        with pytest.raises(WitnessError):
            witness.visit(folder, ORIGIN)
        (forged,) = list(AnchorFolder(folder, ORIGIN).after(300))
        assert forged.proof is not None
        with pytest.raises(NotContinuedError, match="does not continue the 300 leaves"):
            witness.cosign(forged.note, 300, forged.proof.hashes)
        assert AnchorFolder(folder, ORIGIN).cosigned() is None
        assert witness.seen(ORIGIN).size == 300

    def test_what_it_refuses(self, state: Path, folder: Path, witness: Witness) -> None:
        grow(state, FolderPlace(folder, ORIGIN), [3, 5])
        first, last = list(AnchorFolder(folder, ORIGIN).after(1))
        foreign = sign(Checkpoint(ORIGIN, 3, bytes(32)), new_private_key())
        with pytest.raises(WitnessError, match="not signed by a trusted key"):
            witness.cosign(foreign, 0, ())
        with pytest.raises(WitnessError, match=r"no checkpoint of the log .* was cosigned yet: .* size 0, not 3"):
            witness.cosign(last.note, 3, ())
        assert size_of(witness.cosign(last.note, 0, ())) == 5
        with pytest.raises(WitnessError, match="was seen at 5 leaves, not 0"):
            witness.cosign(last.note, 0, ())
        with pytest.raises(NotContinuedError, match="is older"):
            witness.cosign(first.note, 5, ())

    def test_a_missing_proof_and_a_damaged_state(self, state: Path, folder: Path, witness: Witness) -> None:
        grow(state, FolderPlace(folder, ORIGIN), [3])
        witness.visit(folder, ORIGIN)
        grow(state, FolderPlace(folder, ORIGIN), [5])
        (path,) = folder.glob("*/*/*5.proof")
        path.write_text(json.dumps({"size1": 3, "size2": 5, "proof": ["?"]}))
        with pytest.raises(WitnessError, match="cannot be read"):
            witness.visit(folder, ORIGIN)
        path.unlink()
        with pytest.raises(WitnessError, match="comes without a proof"):
            witness.visit(folder, ORIGIN)
        (witness._directory / STATE).write_text("{")
        with pytest.raises(WitnessError, match="is damaged"):
            witness.visit(folder, ORIGIN)

    def test_the_command(self, state: Path, folder: Path, tmp_path: Path) -> None:
        grow(state, FolderPlace(folder, ORIGIN), [3])
        given = ["--anchor", str(folder), "--name", "w", "--dir", str(tmp_path / "w"), "--once"]
        pub = ["--log", str(state / "keys" / "trace.pub")]
        run = CliRunner().invoke(witness_command, [*given, *pub], standalone_mode=False)
        assert (run.exception, run.return_value) == (None, 0)
        assert f"cosigned {ORIGIN} at 3 leaves, its first checkpoint here\n" in run.stdout
        public = (tmp_path / "w" / "witness.pub").read_text().strip()
        assert verify_cosignatures(FolderPlace(folder, ORIGIN).cosigned() or "", public)
        wrong = CliRunner().invoke(witness_command, [*given, "--log", "no key"], standalone_mode=False)
        assert getattr(wrong.exception, "exit_code", None) == 2
        shutil.rmtree(folder)
        shutil.rmtree(state / "trace")
        grow(state, FolderPlace(folder, ORIGIN), [4], first=100)
        failed = CliRunner().invoke(witness_command, [*given, *pub], standalone_mode=False)
        assert getattr(failed.exception, "exit_code", None) == 1


class _Site(BaseHTTPRequestHandler):
    """Takes notes; as a witness, by C2SP tlog-witness."""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        server = self.server
        assert isinstance(server, Site)
        server.bodies.append(body)
        status, answer = server.answer(body) if self.path == "/add-checkpoint" else (server.status, "")
        self.send_response(status)
        if status == 409:
            self.send_header("Content-Type", server.conflict_type)
        self.end_headers()
        self.wfile.write(answer.encode())

    def log_message(self, *_: object) -> None:
        """Nothing."""


class Site(HTTPServer):
    def __init__(self, witness: Witness | None = None) -> None:
        super().__init__(("127.0.0.1", 0), _Site)
        self.bodies: list[str] = []
        self.status = 200
        self.conflict_type = "text/x.tlog.size"
        self.witness = witness

    def answer(self, body: str) -> tuple[int, str]:
        head, note = body.split("\n\n", 1)
        old, *proof = head.split("\n")
        assert self.witness is not None
        seen = self.witness.seen(ORIGIN).size
        if int(old.removeprefix("old ")) != seen:
            return 409, f"{seen}\n"
        hashes = StoredProof(0, 0, tuple(proof)).hashes
        return 200, f"{SignedNote.parse(self.witness.cosign(note, seen, hashes)).signatures[-1]}\n"


@contextlib.contextmanager
def served(site: Site) -> Iterator[str]:
    thread = threading.Thread(target=site.serve_forever, args=(0.01,))
    thread.start()
    try:
        yield f"http://127.0.0.1:{site.server_port}"
    finally:
        site.shutdown()
        thread.join()
        site.server_close()


class TestUrl:
    def test_notes_are_posted_as_they_are(self, state: Path) -> None:
        site = Site()
        with served(site) as url:
            key = grow(state, UrlPlace(f"{url}/notes"), [3, 300])
        assert [verify(body, key).tree_size for body in site.bodies][-2:] == [3, 300]

    def test_a_refusing_site_is_told(self, monkeypatch: pytest.MonkeyPatch) -> None:
        site = Site()
        site.status = 503
        monkeypatch.setattr(anchoring, "_FIRST_RETRY_S", 0.01)
        with served(site) as url, contextlib.closing(Pusher(UrlPlace(url), every_s=0)) as pusher:
            pusher.push(sign(Checkpoint(ORIGIN, 1, bytes(32)), new_private_key()), lambda *_: [])
            wait_until(lambda: "503" in pusher.trouble and len(site.bodies) > 2)

    def test_a_witness_is_spoken_to_as_one(self, state: Path, tmp_path: Path) -> None:
        log_key = str(verifier_key(ORIGIN, settle_key(state / "keys", ORIGIN)))
        witness = Witness(new_private_key(), "w", tmp_path, [log_key])
        place = None
        with served(Site(witness)) as url:
            for sizes in ([3, 300], [301]):  # the second time it does not know what the witness has seen
                place = UrlPlace(f"{url}/add-checkpoint")
                grow(state, place, sizes)
        assert place is not None
        cosigned = place.cosigned() or ""
        assert size_of(cosigned) == 301
        assert verify_cosignatures(cosigned, str(verifier_key("w", witness._key, SignatureType.COSIGNATURE)))

    def test_a_conflict_that_states_no_size_is_told_and_not_asked_again(self, state: Path, tmp_path: Path) -> None:
        """Where a log has shown two faces, a retry would hide it."""
        log_key = str(verifier_key(ORIGIN, settle_key(state / "keys", ORIGIN)))
        site = Site(Witness(new_private_key(), "w", tmp_path, [log_key]))
        site.conflict_type = "text/plain"
        note = sign(Checkpoint(ORIGIN, 3, bytes(32)), settle_key(state / "keys", ORIGIN))
        with served(site) as url:
            UrlPlace(f"{url}/add-checkpoint").push(note, lambda *_: [])
            with pytest.raises(OSError, match="409"):
                UrlPlace(f"{url}/add-checkpoint").push(note, lambda *_: [])
        assert len(site.bodies) == 2

    def test_no_url(self) -> None:
        with pytest.raises(ValueError, match="expected https"):
            UrlPlace("ftp://example.org")


class TestSeveralProcesses:
    """Two pushers as two worker processes have them: a lock of the file system counts for each opening of it."""

    def test_one_pushes_and_the_other_takes_over(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(anchoring, "_LOOK_S", 0.02)
        notes = [sign(Checkpoint(ORIGIN, size, bytes(32)), new_private_key()) for size in (1, 2, 3, 4)]
        site = Site()
        with served(site) as url:
            first = Pusher(UrlPlace(f"{url}/notes"), every_s=0, lease=Lease(tmp_path))
            first.push(notes[0], lambda *_: [])
            wait_until(lambda: first.pushed == 1)
            second = Pusher(UrlPlace(f"{url}/notes"), every_s=0, lease=Lease(tmp_path))
            for each in (second, first):  # both know of it, whoever signed
                each.push(notes[1], lambda *_: [])
            wait_until(lambda: first.pushed == 2 == second.pushed)
            stays(lambda: site.bodies == notes[:2], 0.1)
            second.push(notes[2], lambda *_: [])
            stays(lambda: site.bodies == notes[:2], 0.1)
            first.close()
            wait_until(lambda: second.pushed == 3)
            second.push(notes[3], lambda *_: [])
            second.close()
        assert site.bodies == notes

    def test_what_came_back_cosigned_is_for_all(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(anchoring, "_LOOK_S", 0.02)
        key = new_private_key()
        note = sign(Checkpoint(ORIGIN, 1, bytes(32)), key)
        witness = Witness(new_private_key(), "w", tmp_path / "w", [str(verifier_key(ORIGIN, key))])
        for name in ("log", "w"):
            (tmp_path / name).mkdir()
        with served(Site(witness)) as url, contextlib.ExitStack() as stack:
            first, second = (
                stack.enter_context(
                    contextlib.closing(
                        Pusher(UrlPlace(f"{url}/add-checkpoint"), every_s=0, lease=Lease(tmp_path / "log"))
                    )
                )
                for _ in range(2)
            )
            for each in (first, second):
                each.push(note, lambda *_: [])
            wait_until(lambda: first.cosigned(note) != note and second.cosigned(note) != note)
            assert first.cosigned(note) == second.cosigned(note)


def test_only_what_says_the_same_is_merged() -> None:
    key = new_private_key()
    note, other = (sign(Checkpoint(ORIGIN, size, bytes(32)), key) for size in (1, 2))
    assert merged(note, other) == note
    assert merged(note, "no note") == note
    assert merged(note, note) == note
