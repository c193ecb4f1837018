"""`xingate witness serve` (C2SP tlog-witness) as a command of its own: our own client, and requests made by hand."""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
from base64 import b64encode
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest
from tests.support import blocking
from tests.support.commands import COMMAND, run_command
from tests.support.waiting import wait_until

from xingate.checkpoint import (
    Checkpoint,
    Signature,
    SignedNote,
    VerifierKey,
    new_private_key,
    sign,
    verifier_key,
    verify_cosignatures,
)
from xingate.merkle import EMPTY_ROOT
from xingate_server.trace.anchor.push import Pusher, UrlPlace
from xingate_server.trace.anchor.witness import STATE, Witness
from xingate_server.trace.port import Draft
from xingate_server.trace.sqlite.store import SqliteLog
from xingate_server.trace.tree.checkpoints import Checkpointer
from xingate_server.trace.tree.signing import settle_key
from xingate_server.transport.http.witness import answer

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
        blocking.append_many(self._log, drafts)

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
                [*COMMAND, "witness", "serve", *given, "--port", "0"], stdout=file, stderr=subprocess.STDOUT
            )
        wait_until(lambda: self.process.poll() is not None or READY.search(self.said()), 40)
        found = READY.search(self.said())
        assert found is not None, self.said()
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
    assert witness.said().count(f"cosigned {ORIGIN} at 300 leaves, its first checkpoint here") == 1
    assert "seen at 0 leaves" not in witness.said()
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
    foreign = sign(Checkpoint(ORIGIN, 300, bytes(32)), new_private_key())
    assert witness.post(f"old 5\n\n{foreign}").status_code == 403
    unknown = sign(Checkpoint("other.example/log", 300, bytes(32)), log.key)
    assert witness.post(f"old 0\n\n{unknown}").status_code == 404
    assert httpx.get(witness.url, trust_env=False).status_code == 405
    assert httpx.post(witness.url.replace("add-", "get-"), trust_env=False).status_code == 404
    assert witness.post(proof).status_code == 200, "none of these moved it"
    assert "refused with 422" in witness.said()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_what_does_not_continue_is_never_told_as_another_size(
    log: Log, start: Callable[[], Running], tmp_path: Path
) -> None:
    """As curl, a client of others, sees it: only the 409 for another size has its media type and a size to go on from.

    A fork of one size was answered so before, which told evidence of misbehaviour as a reason to ask again.
    """
    witness = start()
    line = f"{b64encode(bytes(32)).decode()}\n"
    fork = sign(Checkpoint(ORIGIN, 5, bytes(32)), log.key)
    no_tree = signed_text(log, f"{ORIGIN}\n0\n{line}")
    empty = sign(Checkpoint(ORIGIN, 0, EMPTY_ROOT), log.key)
    forged = empty.replace("\n0\n", "\n1\n", 1)
    cases = [
        ("size 0 and a root that no empty tree has", f"old 0\n\n{no_tree}", 422, None),
        ("that, signed by nobody", f"old 0\n\n{forged}", 403, None),
        ("size 0 and a proof", f"old 0\n{line}\n{empty}", 422, None),
        ("size 0", f"old 0\n\n{empty}", 200, None),
        ("size 0 again", f"old 0\n\n{empty}", 200, None),
        ("size 0 and another root, after it was cosigned", f"old 0\n\n{no_tree}", 422, None),
        ("the first leaves", log.body(0, 5), 200, None),
        ("the same size and another root", f"old 5\n\n{fork}", 422, None),
        ("that, with a proof", f"old 5\n{line}\n{fork}", 422, None),
        ("that, from another size", f"old 0\n\n{fork}", 409, "5\n"),
        ("the same size and a needless proof", f"old 5\n{line}\n{log.note(5)}", 422, None),
        ("size 0 and no such root, from another size", f"old 0\n\n{no_tree}", 409, "5\n"),
        ("back to size 0", f"old 5\n\n{empty}", 400, None),
        ("an unknown log", f"old 0\n\n{sign(Checkpoint('other.example', 1, bytes(32)), log.key)}", 404, None),
        ("another key", f"old 5\n\n{sign(Checkpoint(ORIGIN, 5, bytes(32)), new_private_key())}", 403, None),
        ("the same again", log.body(5, 5), 200, None),
    ]
    for what, body, status, size in cases:
        told, media, text = by_curl(witness.url, body, tmp_path)
        assert (what, told) == (what, status)
        assert (media == "text/x.tlog.size") is (size is not None), what
        if size is not None:
            assert text == size, what
    assert json.loads((tmp_path / "witness" / STATE).read_bytes())[ORIGIN]["size"] == 5


def test_signatures_of_others_are_ignored_however_many(log: Log, start: Callable[[], Running]) -> None:
    witness, old_key = start(), new_private_key()
    stranger = str(Signature("log.example", b"1234", bytes(64)))
    twice = str(Signature("other.example", b"5678", bytes(72)))
    note = log.note(5) + f"{stranger}\n{twice}\n{twice}\n" + f"{Signature('x', b'9999', b'unknown kind')}\n" * 70
    done = witness.post(f"old 0\n\n{note}")
    assert (done.status_code, done.text.count("\n")) == (200, 1)
    assert verify_cosignatures(log.note(5) + done.text, str(witness.key))
    again = witness.post(f"old 5\n\n{log.note(5)}{done.text}")
    assert again.status_code == 200, "its own cosignature among them"

    text, _, line = log.note(300).rpartition("\n\n")
    only_strangers = f"{text}\n\n{stranger}\n{twice}\n{twice}\n"
    assert witness.post(f"old 5\n\n{only_strangers}").status_code == 403
    by_old_key = sign(Checkpoint(ORIGIN, 300, log.made.tree.root(300)), old_key).rpartition("\n\n")[2]
    proof = log.body(5, 300).partition("\n\n")[0]
    assert witness.post(f"{proof}\n\n{text}\n\n{by_old_key}{line}").status_code == 200, "of two keys one is known"
    assert witness.post(f"old 300\n\n{text}\n\n{line}{line}").status_code == 200, "the same line twice"


def test_a_log_with_two_known_keys_is_cosigned_under_either(log: Log, tmp_path: Path) -> None:
    new = new_private_key()
    keys = [str(verifier_key(ORIGIN, key)) for key in (log.key, new)]
    witness = Witness(new_private_key(), "w", tmp_path, keys)
    assert witness.origins == (ORIGIN,)
    checkpoint = Checkpoint(ORIGIN, 5, log.made.tree.root(5))
    head, _, line = sign(checkpoint, new).rpartition("\n\n")
    for old, lines in ((0, line), (5, line + log.note(5).rpartition("\n\n")[2])):
        found = answer(witness, f"old {old}\n\n{head}\n\n{lines}".encode(), lambda _: None)
        assert found.status == 200, found
    false = log.note(300).rpartition("\n\n")[2]  # of another text, by a known key
    found = answer(witness, f"old 5\n\n{head}\n\n{line}{false}".encode(), lambda _: None)
    assert found.status == 403, "a false signature of a known key spoils the note (C2SP signed-note)"


def signed_text(log: Log, text: str) -> str:
    """A note of any text, as the log's key signs it."""
    key = verifier_key(ORIGIN, log.key)
    return SignedNote(text, (Signature(key.name, key.id, log.key.sign(text.encode())),)).format()


def by_curl(url: str, body: str, folder: Path) -> tuple[int, str, str]:
    """Status, media type and text of the answer to curl."""
    sent, got = folder / "sent", folder / "got"
    sent.write_text(body, encoding="utf-8")
    command = ["curl", "-sS", "--noproxy", "*", "--data-binary", f"@{sent}", "-o", str(got)]
    done = subprocess.run(
        [*command, "-w", "%{http_code} %{content_type}", url], capture_output=True, text=True, check=True, timeout=20
    )
    status, _, media = done.stdout.partition(" ")
    return int(status), media, got.read_text(encoding="utf-8")


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
        assert again.post(forked.body(300, 300)).status_code == 422, "no size to go on from: it is evidence"
    assert again.post(log.body(300, 300)).status_code == 200
    (tmp_path / "witness" / STATE).write_bytes(b"{")
    damaged = again.post(log.body(300, 300))
    assert (damaged.status_code, "\u2014" in damaged.text) == (500, False)


def test_usage(log: Log, start: Callable[[], Running], tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str]:
        done = run_command("witness", *arguments)
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
