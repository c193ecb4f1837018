"""A witness over HTTP: `POST /add-checkpoint` of C2SP tlog-witness.

A caller sends the size of the tree that was cosigned last, the consistency proof from there, and a checkpoint; it gets
the cosignature, after what was seen is on the disk. There is no authentication but the log's own signature. What is
answered, in the order in which it is looked at: 400 no request; 404 an unknown log; 403 no valid signature of the log
(those of unknown keys are ignored); 400 an old size beyond the checkpoint's; 409 with the size that was seen, where the
old size is another; 422 what does not continue it: a proof that does not hold or is not needed, and another root of the
same size, also of size 0. Only the 409 invites to ask again; a 422 of a signed checkpoint is evidence against the log.
Excluded: what is cosigned (`trace.anchor.witness`), TLS, and reading back what was cosigned.
"""

import asyncio
import re
from base64 import b64decode, b64encode
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

from aiohttp import web

from xingate.checkpoint import Checkpoint, Signature, SignedNote, VerifierKey
from xingate.errors import ProofError
from xingate_server.trace.anchor.witness import (
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
        asked = _parse(body, witness.logs)
    except ValueError as error:
        return Answer(400, f"{error}\n")
    try:
        note = witness.cosign(asked.note, asked.size_before, asked.proof)
    except (WitnessError, OSError) as error:
        refused = _refused(witness, asked, error)
        tell(f"refused with {refused.status}: {error}")
        return refused
    checkpoint = Checkpoint.parse(SignedNote.parse(note).text)
    size = f"{checkpoint.tree_size} {'leaf' if checkpoint.tree_size == 1 else 'leaves'}"
    first = "" if asked.size_before else ", its first checkpoint here"
    tell(f"cosigned {checkpoint.origin} at {size}{first}")
    signature = SignedNote.parse(note).signature_of(VerifierKey.parse(witness.verifier_key))
    return Answer(200, f"{signature}\n")


def _refused(witness: Witness, asked: _Asked, error: Exception) -> Answer:
    if isinstance(error, UnknownLogError):
        return Answer(404, f"{error}\n")
    if isinstance(error, NotSignedError):
        return Answer(403, f"{error}\n")
    if not isinstance(error, OtherSizeError | NotContinuedError):
        return Answer(500, "the witness cannot keep what it sees, so it cosigns nothing\n")
    origin, size = SignedNote.parse(asked.note).text.split("\n")[:2]
    if asked.size_before > int(size):
        return Answer(400, f"the old size {asked.size_before} is beyond the checkpoint's {size}\n")
    if isinstance(error, OtherSizeError):
        return Answer(409, f"{witness.seen(origin).size}\n", _SIZE_TYPE)
    return Answer(422, f"{error}\n")


def _parse(body: bytes, logs: Sequence[VerifierKey]) -> _Asked:
    """The parts of a request. Raises ValueError with the first thing that is wrong."""
    try:
        head, gap, note = body.decode("utf-8").partition("\n\n")
    except UnicodeDecodeError:
        raise ValueError("the request is not UTF-8") from None
    old, *hashes = head.split("\n")
    size = _OLD.fullmatch(old)
    if size is None:
        raise ValueError("the first line is not an old size: expected `old` and a decimal number")
    if not gap or not note:
        raise ValueError("no empty line and checkpoint follow the proof")
    if len(hashes) > _MOST_HASHES:
        raise ValueError(f"the proof has {len(hashes)} lines, expected {_MOST_HASHES} at most")
    try:
        return _Asked(int(size[1]), [_hash(line) for line in hashes], _by_known_keys(note, logs))
    except ProofError as error:
        raise ValueError(f"what follows the proof is not a signed checkpoint: {error.message}") from None


def _by_known_keys(note: str, logs: Sequence[VerifierKey]) -> str:
    """The note with the signatures of the logs' keys alone: those of others may stand in it twice, or be many.

    Where there is none, one is left, for the witness to refuse. Raises CheckpointError if it is not a checkpoint.
    """
    text, gap, lines = note.rpartition("\n\n")
    if not gap or not lines.endswith("\n"):
        SignedNote.parse(note)
    signatures = list(dict.fromkeys(Signature.parse(line) for line in lines.removesuffix("\n").split("\n")))
    keys = {(key.name, key.id) for key in logs}
    known = [each for each in signatures if (each.name, each.key_id) in keys]
    signed = SignedNote(f"{text}\n", tuple(known or signatures[:1]))
    # A root that is not that of an empty tree is not a fault of form: the witness refuses it once the signature holds.
    Checkpoint.parse(signed.text.replace("\n0\n", "\n1\n", 1))
    return signed.format()


def _hash(line: str) -> bytes:
    try:
        found = b64decode(line, validate=True)
    except ValueError:
        found = b""
    if len(found) != _HASH_BYTES or b64encode(found).decode() != line:
        raise ValueError(f"a line of the proof is not a hash of {_HASH_BYTES} bytes in base64")
    return found
