"""A witness: cosigns a log's checkpoint only if it continues everything that it has cosigned of that log before.

What it saw last is written down before a cosignature leaves, so that two views of one log never both get one.
Checkpoints come from an anchor folder, each with the proof that it continues the one before. Excluded: pushing
(`trace.anchor.push`), whether anybody asks for cosignatures. Source: C2SP tlog-witness, tlog-cosignature.
"""

import fcntl
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xingate.checkpoint import (
    Checkpoint,
    SignatureType,
    SignedNote,
    VerifierKey,
    cosign,
    verifier_key,
    verify_note,
)
from xingate.errors import ProofError
from xingate.merkle import verify_consistency
from xingate_server.trace.anchor.folder import AnchorFolder, StoredCheckpoint
from xingate_server.trace.tree.checkpoint_files import write_whole

STATE: Final = "witness.json"
_LOCK = "witness.lock"


class WitnessError(Exception):
    """A checkpoint is not cosigned; the text says why."""


class NotSignedError(WitnessError):
    """It is not a checkpoint, or the log that it names did not sign it."""


class UnknownLogError(NotSignedError):
    """It is of a log that this witness does not know."""


class OtherSizeError(WitnessError):
    """The proof starts from another size than the one that was seen last."""


class NotContinuedError(WitnessError):
    """A checkpoint does not continue what was cosigned before: the log shows two faces. To be inquired into."""


class Seen(msgspec.Struct, frozen=True):
    """The newest checkpoint of a log that was cosigned."""

    size: int = 0
    root: bytes = b""


class Witness:
    """Cosigns for the logs whose verifier keys it is given. Its state is a file in `directory`.

    `clock` gives POSIX seconds.
    """

    def __init__(
        self,
        key: Ed25519PrivateKey,
        name: str,
        directory: Path,
        logs: Sequence[str],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._key = key
        self._name = name
        self._directory = directory
        self._logs = tuple(VerifierKey.parse(text) for text in logs)
        self._clock = clock

    @property
    def verifier_key(self) -> str:
        """Its public key, to hand out (type 0x04)."""
        return str(verifier_key(self._name, self._key, SignatureType.COSIGNATURE))

    @property
    def logs(self) -> tuple[VerifierKey, ...]:
        """The keys of the logs that it knows; a log may have several."""
        return self._logs

    @property
    def origins(self) -> tuple[str, ...]:
        """The logs that it knows."""
        return tuple(dict.fromkeys(key.name for key in self._logs))

    def seen(self, origin: str) -> Seen:
        """What was cosigned last of a log."""
        return self._state().get(origin, Seen())

    def cosign(self, note: str, size_before: int, proof: Sequence[bytes]) -> str:
        """The note with this witness's cosignature, given the proof from what it saw last.

        Raises, in this order, UnknownLogError, NotSignedError where the log did not sign it, OtherSizeError where
        `size_before` is not what was seen last, NotContinuedError where the proof does not hold or the log signed what
        no tree has, OSError where what is seen cannot be kept.
        """
        with (self._directory / _LOCK).open("ab") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            text = self._signed(note)
            origin = text.partition("\n")[0]
            seen = self.seen(origin)
            if size_before != seen.size:
                raise OtherSizeError(_other_size(origin, seen.size, size_before))
            try:
                checkpoint = Checkpoint.parse(text)
            except ProofError as error:
                raise NotContinuedError(f"the log `{origin}` signed an invalid checkpoint: {error}") from error
            _need_continued(seen, checkpoint, proof)
            self._keep(checkpoint)
            return cosign(note, self._key, name=self._name, time_s=int(self._clock()))

    def visit(self, folder: Path, origin: str) -> int | None:
        """Follow a log's notes in an anchor folder and leave the newest one there, cosigned; how many leaves it is for.

        None if nothing is new. Raises WitnessError, and OSError if the folder fails.
        """
        anchor, seen = AnchorFolder(folder, origin), self.seen(origin)
        cosigned = None
        for kept in anchor.after(seen.size):
            cosigned = self._follow(kept, seen)
            seen = self.seen(origin)
        if cosigned is None:
            return None
        anchor.put_cosigned(cosigned)
        return seen.size

    def _follow(self, kept: StoredCheckpoint, seen: Seen) -> str:
        if not seen.size:
            return self.cosign(kept.note, 0, ())
        if kept.proof is None or (kept.proof.size1, kept.proof.size2) != (seen.size, kept.size):
            raise WitnessError(
                f"{kept.path} comes without a proof that it continues the {seen.size} leaves seen before"
            )
        try:
            return self.cosign(kept.note, seen.size, kept.proof.hashes)
        except ValueError as error:
            raise WitnessError(f"the proof beside {kept.path} cannot be read: {error}") from error

    def _signed(self, note: str) -> str:
        try:
            origin = SignedNote.parse(note).text.partition("\n")[0]
            if origin not in self.origins:
                raise UnknownLogError(f"the log `{origin}` is not known to this witness")
            return verify_note(note, self._logs)
        except ProofError as error:
            raise NotSignedError(f"the checkpoint is not cosigned: {error}") from error

    def _state(self) -> dict[str, Seen]:
        path = self._directory / STATE
        try:
            return msgspec.json.decode(path.read_bytes(), type=dict[str, Seen])
        except FileNotFoundError:
            return {}
        except msgspec.DecodeError as error:
            raise WitnessError(
                f"{path} is damaged: restore it from a backup; without it nothing is cosigned"
            ) from error

    def _keep(self, checkpoint: Checkpoint) -> None:
        state = self._state() | {checkpoint.origin: Seen(checkpoint.tree_size, checkpoint.root_hash)}
        write_whole(self._directory / STATE, msgspec.json.encode(state))


def _other_size(origin: str, seen: int, size_before: int) -> str:
    if not seen:
        return (
            f"no checkpoint of the log `{origin}` was cosigned yet: the first one begins at size 0, not {size_before}"
        )
    return f"the log `{origin}` was seen at {seen} {'leaf' if seen == 1 else 'leaves'}, not {size_before}"


def _need_continued(seen: Seen, checkpoint: Checkpoint, proof: Sequence[bytes]) -> None:
    name = f"the checkpoint of `{checkpoint.origin}` for {checkpoint.tree_size} leaves"
    if checkpoint.tree_size < seen.size:
        raise NotContinuedError(f"{name} is older than the one for {seen.size} that was cosigned")
    if not seen.size:
        if proof:
            raise NotContinuedError(f"{name} comes with a proof, and none was cosigned that it could continue")
        return
    try:
        verify_consistency(
            size1=seen.size, size2=checkpoint.tree_size, root1=seen.root, root2=checkpoint.root_hash, proof=proof
        )
    except ProofError as error:
        raise NotContinuedError(
            f"{name} does not continue the {seen.size} leaves that were cosigned: {error}"
        ) from error
