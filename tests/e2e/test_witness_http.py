"""`xingate witness serve` (C2SP tlog-witness) as a command of its own: our own client, and requests made by hand."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from xingate.checkpoint import (
    Checkpoint,
    SignedNote,
    VerifierKey,
    new_private_key,
    sign,
    verifier_key,
    verify_cosignatures,
)
from xingate_server.trace.anchor import Pusher, UrlPlace
from xingate_server.trace.checkpoints import Checkpointer
from xingate_server.trace.log import Draft
from xingate_server.trace.signing import settle_key
from xingate_server.trace.sqlite import SqliteLog
from xingate_server.trace.witness import STATE, Witness
from xingate_server.transport.witness_http import answer

ORIGIN = "example.org/log"
READY = re.compile(r"^witness is ready: (http://\S+)$", re.MULTILINE)


class Log:
    """A log with its checkpoints and proofs, signed by a key of its own."""

    def __init__(self, folder: Path, text: str = "leaf") -> None:
        self.state = folder
        self._text = text
        self._log = SqliteLog(folder / "trace", origin=ORIGIN)
        self.key = settle_key(folder / "keys", ORIGIN)
        self.made = Checkpointer(self._log, self.key, folder / "trace")

    def grow(self, size: int) -> None:
        drafts = [
            Draft(
                kind="check",
                record_id=f"{self._text}-{number}",
                request_id=f"{self._text}-{number}",
                system="s",
                organisation="o",
                question_digest=b"q",
                time="2026-05-04T03:02:01.000000Z",
                leaf=f"{self._text} {number}".encode(),
                answer=b"a",
            )
            for number in range(self._log.size(), size)
        ]
        self._log.append_many_blocking(drafts)

    def note(self, size: int) -> str:
        return sign(Checkpoint(ORIGIN, size, self.made.tree.root(size)), self.key)

    def body(self, old: int, size: int) -> str:
        hashes = self.made.tree.consistency_proof(old, size) if 0 < old < size else ()
        return f"old {old}\n" + "".join(f"{b64encode(one).decode()}\n" for one in hashes) + "\n" + self.note(size)

    def close(self) -> None:
        self.made.close()
        self._log.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Log]:
    made = Log(tmp_path / "state")
    made.grow(300)
    with contextlib.closing(made):
        yield made


class Running:
    """The command in a process of its own."""

    def __init__(self, directory: Path, log: Log, out: Path) -> None:
        given = ["--log", str(log.state / "keys" / "trace.pub"), "--name", "w.example", "--dir", str(directory)]
        self._out = out
        with out.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "xingate_server.cli", "witness", "serve", *given, "--port", "0"],
                stdout=file,
                stderr=subprocess.STDOUT,
            )
        while (found := READY.search(self.said())) is None:
            assert self.process.poll() is None, self.said()
        self.url = found[1]
        self.key = VerifierKey.parse((directory / "witness.pub").read_text(encoding="ascii").strip())

    def said(self) -> str:
        return self._out.read_text(encoding="utf-8")

    def post(self, body: str | bytes) -> httpx.Response:
        return httpx.post(self.url, content=body, trust_env=False)

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(20)


@pytest.fixture
def start(tmp_path: Path, log: Log) -> Iterator[Callable[[], Running]]:
    with contextlib.ExitStack() as stack:

        def started() -> Running:
            running = Running(tmp_path / "witness", log, tmp_path / "out")
            stack.callback(running.stop, signal.SIGKILL)
            return running

        yield started


def test_a_gateways_own_client(log: Log, start: Callable[[], Running]) -> None:
    witness = start()
    for size in (300, 500):
        log.grow(size)
        place = UrlPlace(witness.url)  # each time it does not know what the witness has seen
        place.push(log.note(size), log.made.tree.consistency_proof)
        place.push(log.note(size), log.made.tree.consistency_proof)
        assert [one.name for one in verify_cosignatures(place.cosigned() or "", str(witness.key))] == ["w.example"]
    assert witness.said().count(f"cosigned {ORIGIN} at 500 leaves") == 2
    with contextlib.closing(Pusher(UrlPlace(witness.url), every_s=0)) as pusher:
        assert pusher.trouble == ""
    assert witness.stop() == 0


def test_what_is_answered(log: Log, start: Callable[[], Running]) -> None:
    witness = start()
    done = witness.post(log.body(0, 5))
    assert (done.status_code, done.text.startswith("\u2014 w.example "), done.text.count("\n")) == (200, True, 1)
    note = log.note(5) + done.text
    assert SignedNote.parse(note).signature_of(witness.key) is not None
    assert verify_cosignatures(note, str(witness.key))

    assert witness.post(log.body(5, 5)).status_code == 200, "the same again, at a later time"
    for old in (0, 3):
        stale = witness.post(log.body(old, 300))
        assert (stale.status_code, stale.headers["Content-Type"], stale.text) == (409, "text/x.tlog.size", "5\n")
    assert witness.post(log.body(5, 3)).status_code == 400, "the old size is beyond the checkpoint's"

    proof = log.body(5, 300)
    lines = proof.split("\n")
    assert witness.post(proof.replace(lines[1], lines[2])).status_code == 422
    assert witness.post("\n".join([lines[0], *lines[2:]])).status_code == 422
    assert witness.post(f"old 5\n\n{log.note(300)}").status_code == 422
    other_root = sign(Checkpoint(ORIGIN, 5, bytes(32)), log.key)
    conflict = witness.post(f"old 5\n\n{other_root}")
    assert (conflict.status_code, conflict.text) == (409, "5\n")

    foreign = sign(Checkpoint(ORIGIN, 300, bytes(32)), new_private_key())
    assert witness.post(f"old 5\n\n{foreign}").status_code == 403
    unknown = sign(Checkpoint("other.example/log", 300, bytes(32)), log.key)
    assert witness.post(f"old 0\n\n{unknown}").status_code == 404
    assert httpx.get(witness.url, trust_env=False).status_code == 405
    assert httpx.post(witness.url.replace("add-", "get-"), trust_env=False).status_code == 404
    assert witness.post(proof).status_code == 200, "none of these moved it"
    assert "refused with 422" in witness.said()


def test_a_proof_where_there_is_nothing_to_continue(log: Log, start: Callable[[], Running]) -> None:
    witness = start()
    assert witness.post(f"old 0\n{b64encode(bytes(32)).decode()}\n\n{log.note(5)}").status_code == 422
    assert witness.post(log.body(0, 5)).status_code == 200


@pytest.mark.parametrize(
    "change",
    [
        lambda body: "",
        lambda body: "\n",
        lambda body: body.replace("old ", "new "),
        lambda body: body.replace("old 5", "old 05"),
        lambda body: body.replace("old 5", "old -5"),
        lambda body: body.replace("old 5", "old  5"),
        lambda body: body.replace("old 5", "old \u0665"),
        lambda body: body.replace("old 5", "old " + "9" * 5000),
        lambda body: body.replace("\n", "\r\n"),
        lambda body: body.partition("\n\n")[0],
        lambda body: body.partition("\n\n")[0] + "\n\n",
        lambda body: body.replace("\n\n", "\n", 1),
        lambda body: body.replace("\n\n", "\n====\n\n", 1),
        lambda body: body.replace("\n\n", f"\n{b64encode(bytes(31)).decode()}\n\n", 1),
        lambda body: body.replace("\n\n", ("\n" + b64encode(bytes(32)).decode()) * 64 + "\n\n", 1),
        lambda body: body[:-1],
        lambda body: body.partition("\u2014")[0],
        lambda body: body.encode()[:-20] + b"\xff\xfe\n",
        lambda body: json.dumps({"note": body}),
        lambda body: bytes(1000),
    ],
)
def test_what_is_no_request(log: Log, change: Callable[[str], str | bytes]) -> None:
    directory = log.state / "w"
    directory.mkdir()
    witness = Witness(new_private_key(), "w", directory, [str(verifier_key(ORIGIN, log.key))])
    changed = change(log.body(5, 300))
    found = answer(witness, changed if isinstance(changed, bytes) else changed.encode(), lambda _: None)
    assert found.status == 400, found
    assert found.text.strip()
    assert not (directory / STATE).exists()


def test_too_much_is_not_read(log: Log, start: Callable[[], Running]) -> None:
    witness = start()
    assert witness.post(b"old 0\n" * 100_000).status_code == 413
    assert witness.post(log.body(0, 5)).status_code == 200


def test_of_two_at_once_one_goes_first(log: Log, start: Callable[[], Running]) -> None:
    """Also two witness processes over one folder: none ever goes back, and each answer was true at its time."""
    witness, other = start(), start()
    with ThreadPoolExecutor(8) as pool:
        assert witness.post(log.body(0, 1)).status_code == 200
        sizes = [2, 40, 41, 100, 150, 200, 250, 300]
        answers = list(
            pool.map(lambda pair: (witness, other)[pair[0] % 2].post(log.body(1, pair[1])), enumerate(sizes))
        )
    won = [size for size, each in zip(sizes, answers, strict=True) if each.status_code == 200]
    assert len(won) == 1
    assert {(each.status_code, each.text) for each in answers if each.status_code != 200} == {(409, f"{won[0]}\n")}


def test_what_was_seen_outlives_a_kill_and_a_fork_is_never_cosigned(
    log: Log, start: Callable[[], Running], tmp_path: Path
) -> None:
    witness = start()
    assert witness.post(log.body(0, 300)).status_code == 200
    witness.stop(signal.SIGKILL)
    again = start()
    assert again.key == witness.key
    (tmp_path / "forked" / "keys").mkdir(parents=True)
    os.link(log.state / "keys" / "trace.key", tmp_path / "forked" / "keys" / "trace.key")
    with contextlib.closing(Log(tmp_path / "forked", "another")) as forked:
        forked.grow(400)
        assert again.post(forked.body(0, 400)).text == "300\n"
        assert again.post(forked.body(300, 400)).status_code == 422
        assert again.post(forked.body(300, 300)).status_code == 409
    assert again.post(log.body(300, 300)).status_code == 200
    (tmp_path / "witness" / STATE).write_bytes(b"{")
    damaged = again.post(log.body(300, 300))
    assert (damaged.status_code, "\u2014" in damaged.text) == (500, False)


def test_usage(log: Log, start: Callable[[], Running], tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        command = [sys.executable, "-m", "xingate_server.cli", "witness", *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert "Traceback" not in done.stderr
        return done.returncode, done.stderr

    pub, here = str(log.state / "keys" / "trace.pub"), ("--dir", str(tmp_path / "w"))
    taken = start().url.rpartition(":")[2].partition("/")[0]
    code, said = run("--log", pub, "--name", "w")
    assert (code, "`--anchor`" in said) == (2, True)
    assert run("serve", "--port", "0", "--name", "w", *here)[0] == 2
    assert run("serve", "--port", "0", "--log", "no key", "--name", "w", *here)[0] == 2
    assert run("serve", "--log", pub, "--name", "w", *here)[0] == 2
    code, said = run("serve", "--port", taken, "--log", pub, "--name", "w", *here)
    assert (code, "the witness cannot work" in said) == (3, True)
