"""A witness over HTTP: `POST /add-checkpoint` of C2SP tlog-witness.

A caller sends the size of the tree that was cosigned last, the consistency proof from there, and a checkpoint; it gets
the cosignature, after what was seen is on the disk. There is no authentication but the log's own signature. Excluded:
what is cosigned (`trace.witness`), TLS, and reading back what was cosigned.
"""

import asyncio
import re
from base64 import b64decode, b64encode
from collections.abc import Callable
from typing import Final, NamedTuple

from aiohttp import web

from xingate.checkpoint import Checkpoint, SignedNote, VerifierKey
from xingate.errors import ProofError
from xingate_server.trace.witness import (
    NotContinuedError,
    NotSignedError,
    OtherSizeError,
    UnknownLogError,
    Witness,
    WitnessError,
)

PATH: Final = "/add-checkpoint"

_MOST_BYTES = 65_536
_MOST_HASHES = 63
_HASH_BYTES = 32
_OLD = re.compile(r"old (0|[1-9][0-9]{0,19})")
_SIZE_TYPE = "text/x.tlog.size"
_TEXT_TYPE = "text/plain; charset=utf-8"


class Answer(NamedTuple):
    """A status, and what is said with it."""

    status: int
    text: str
    content_type: str = _TEXT_TYPE


class _Asked(NamedTuple):
    size_before: int
    proof: list[bytes]
    note: str


def application(witness: Witness, tell: Callable[[str], None]) -> web.Application:
    """The server's routes; `tell` hears in a line what was cosigned and what was refused."""

    async def add_checkpoint(request: web.Request) -> web.Response:
        found = await asyncio.to_thread(answer, witness, await request.read(), tell)
        headers = {"Content-Type": found.content_type}
        return web.Response(status=found.status, body=found.text.encode(), headers=headers)

    app = web.Application(client_max_size=_MOST_BYTES)
    app.router.add_post(PATH, add_checkpoint)
    return app


def answer(witness: Witness, body: bytes, tell: Callable[[str], None]) -> Answer:
    """Cosign, or say why not. Takes a lock and writes a file: not for an event loop."""
    try:
        asked = _parse(body)
    except ValueError as error:
        return Answer(400, f"{error}\n")
    try:
        note = witness.cosign(asked.note, asked.size_before, asked.proof)
    except (WitnessError, OSError) as error:
        refused = _refused(witness, asked, error)
        tell(f"refused with {refused.status}: {error}")
        return refused
    checkpoint = _checkpoint(note)
    tell(f"cosigned {checkpoint.origin} at {checkpoint.tree_size} leaves")
    signature = SignedNote.parse(note).signature_of(VerifierKey.parse(witness.verifier_key))
    return Answer(200, f"{signature}\n")


def _refused(witness: Witness, asked: _Asked, error: Exception) -> Answer:
    if isinstance(error, UnknownLogError):
        return Answer(404, f"{error}\n")
    if isinstance(error, NotSignedError):
        return Answer(403, f"{error}\n")
    if not isinstance(error, OtherSizeError | NotContinuedError):
        return Answer(500, "the witness cannot keep what it sees, so it cosigns nothing\n")
    checkpoint = _checkpoint(asked.note)
    if asked.size_before > checkpoint.tree_size:
        return Answer(400, f"the old size {asked.size_before} is beyond the checkpoint's {checkpoint.tree_size}\n")
    if isinstance(error, OtherSizeError) or asked.size_before == checkpoint.tree_size:
        return Answer(409, f"{witness.seen(checkpoint.origin).size}\n", _SIZE_TYPE)
    return Answer(422, f"{error}\n")


def _checkpoint(note: str) -> Checkpoint:
    return Checkpoint.parse(SignedNote.parse(note).text)


def _parse(body: bytes) -> _Asked:
    """The parts of a request. Raises ValueError with the first thing that is wrong."""
    try:
        head, gap, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        raise ValueError("the request is no UTF-8") from None
    old, *hashes = head.split("\n")
    size = _OLD.fullmatch(old)
    if size is None:
        raise ValueError("the first line is no old size: expected `old` and a decimal number")
    if not gap or not note:
        raise ValueError("no empty line and checkpoint follow the proof")
    if len(hashes) > _MOST_HASHES:
        raise ValueError(f"the proof has {len(hashes)} lines, expected {_MOST_HASHES} at most")
    try:
        _checkpoint(note)
    except ProofError as error:
        raise ValueError(f"what follows the proof is no signed checkpoint: {error.message}") from None
    return _Asked(int(size[1]), [_hash(line) for line in hashes], note)


def _hash(line: str) -> bytes:
    try:
        found = b64decode(line, validate=True)
    except ValueError:
        found = b""
    if len(found) != _HASH_BYTES or b64encode(found).decode() != line:
        raise ValueError(f"a line of the proof is no hash of {_HASH_BYTES} bytes in base64")
    return found
