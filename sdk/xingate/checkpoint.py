"""Checkpoints of a log: signed notes that bind its origin, the size of its tree and its root.

Covers making, signing and verifying them, and the cosignatures of witnesses. Leaves out where checkpoints are kept,
who hands out keys, and whether two checkpoints are consistent: `xingate.merkle.verify_consistency` shows that.

    key = VerifierKey.parse("log.example+1a2b3c4d+AQ...")
    checkpoint = verify(note, [key])            # raises CheckpointError unless that key signed it
    checkpoint.tree_size, checkpoint.root_hash  # may be relied on from here on

Source: C2SP signed-note, tlog-checkpoint, tlog-cosignature; Ed25519 as in RFC 8032. Stricter than these: the name of
the key is the log's origin, so that a key trusted for one log vouches for no other.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from xingate._internal.proof.signed_note import (
    MAX_NOTE_BYTES,
    MAX_SIGNATURES,
    Signature,
    SignatureType,
    SignedNote,
    VerifierKey,
    decode64,
    encode64,
    key_id,
    need_text,
    read_keys,
)
from xingate.errors import CheckpointError
from xingate.merkle import EMPTY_ROOT, HASH_SIZE, MAX_SIZE, verify_consistency

__all__ = [
    "MAX_NOTE_BYTES",
    "MAX_SIGNATURES",
    "Checkpoint",
    "Cosignature",
    "Signature",
    "SignatureType",
    "SignedNote",
    "VerifierKey",
    "cosign",
    "key_id",
    "load_private_key",
    "new_private_key",
    "private_key_pem",
    "sign",
    "verifier_key",
    "verify",
    "verify_cosignatures",
    "verify_extends",
    "verify_note",
]

_Keys = str | VerifierKey | Sequence[str | VerifierKey]
_SIZE = re.compile(r"0|[1-9][0-9]{0,19}")
_MAX_TIME_S: Final = 2**63 - 1
_TIME_BYTES = 8
_MAX_PEM_BYTES = 65_536


@dataclass(frozen=True)
class Checkpoint:
    """What a log says of itself: `tree_size` leaves with `root_hash`, 32 bytes. Worth nothing without a signature.

    `extensions` are lines that the log added and that mean nothing here; they are kept because they are signed.
    Raises CheckpointError if a part cannot stand in a checkpoint.
    """

    origin: str
    tree_size: int
    root_hash: bytes
    extensions: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for line in (self.origin, *self.extensions):
            need_text(line)
            if not line or "\n" in line:
                raise CheckpointError("the origin and each extension of a checkpoint is one line that is not empty")
        if type(self.tree_size) is not int or not 0 <= self.tree_size <= MAX_SIZE:
            raise CheckpointError("the tree size of a checkpoint is a whole number from 0 to 2**64 - 1")
        if type(self.root_hash) is not bytes or len(self.root_hash) != HASH_SIZE:
            raise CheckpointError(f"the root hash of a checkpoint is {HASH_SIZE} bytes")
        if not self.tree_size and self.root_hash != EMPTY_ROOT:
            raise CheckpointError("the checkpoint states no leaves and a root that is not that of an empty tree")

    def body(self) -> str:
        """The text that is signed: origin, size, root in base64 and extensions, each line with its newline."""
        lines = (self.origin, str(self.tree_size), encode64(self.root_hash), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    @classmethod
    def parse(cls, body: str) -> "Checkpoint":
        """The reverse of `body`. Raises CheckpointError with the first thing that is wrong."""
        need_text(body)
        lines = body.split("\n")
        if lines.pop() != "" or len(lines) < 3 or "" in lines:  # noqa: PLR2004 -- origin, size, root
            raise CheckpointError("a checkpoint has at least three lines (origin, size, root), none of them empty")
        origin, size, root, *extensions = lines
        if not _SIZE.fullmatch(size):
            raise CheckpointError("the tree size of the checkpoint is not a decimal number without leading zeros")
        return cls(origin, int(size), decode64(root, "the root hash of the checkpoint"), tuple(extensions))


@dataclass(frozen=True)
class Cosignature:
    """A witness's word that at `time_s` (POSIX seconds) this was the largest consistent tree it had seen of the log."""

    name: str
    time_s: int


def sign(checkpoint: Checkpoint, private_key: Ed25519PrivateKey) -> str:
    """The signed note. The key's name is the origin, which therefore has neither blanks nor `+`.

    Raises CheckpointError if the origin cannot be a key's name.
    """
    text = checkpoint.body()
    key = verifier_key(checkpoint.origin, private_key)
    signature = Signature(key.name, key.id, private_key.sign(text.encode()))
    return SignedNote(text, (signature,)).format()


def verify(note: str | bytes, verifier_keys: _Keys) -> Checkpoint:
    """The checkpoint in a note that a trusted log signed; raises CheckpointError with the first thing that is wrong."""
    return Checkpoint.parse(verify_note(note, verifier_keys))


def verify_note(note: str | bytes, verifier_keys: _Keys) -> str:
    """The text of a note that a trusted log signed, which may be no checkpoint all the same: a witness refuses that in
    another way than a false signature. Raises CheckpointError.

    `verifier_keys` are texts or VerifierKeys, one or several. Signatures of unknown keys are ignored. Every signature
    that claims to be of a known key must hold, and one of them must be an Ed25519 signature (0x01) whose key has the
    checkpoint's origin as its name. Keys of witnesses (0x04) among them are checked too, and do not suffice.
    """
    keys = read_keys(verifier_keys)
    signed = SignedNote.parse(note)
    is_signed = False
    for key in keys:
        signature = signed.signature_of(key)
        if signature is not None:
            _check_signature(signed.text, signature, key)
            is_signed |= key.kind is SignatureType.ED25519 and signed.text.startswith(f"{key.name}\n")
    if not is_signed:
        raise CheckpointError("the note is not signed by a trusted key of the log that it names")
    return signed.text


def cosign(note: str | bytes, private_key: Ed25519PrivateKey, *, name: str, time_s: int) -> str:
    """The note with the cosignature of the witness `name`, made at `time_s` (POSIX seconds).

    Only for a note that `verify` has accepted and that is consistent with all that the witness has cosigned of this
    log: neither is checked here. An earlier cosignature of the same key is replaced. Raises CheckpointError.
    """
    if type(time_s) is not int or not 0 < time_s <= _MAX_TIME_S:
        raise CheckpointError("the time of a cosignature is a whole number of seconds from 1 to 2**63 - 1")
    signed = SignedNote.parse(note)
    Checkpoint.parse(signed.text)
    key = verifier_key(name, private_key, SignatureType.COSIGNATURE)
    content = time_s.to_bytes(_TIME_BYTES, "big") + private_key.sign(_cosigned_message(signed.text, time_s))
    return signed.with_signature(Signature(key.name, key.id, content)).format()


def verify_cosignatures(note: str | bytes, verifier_keys: _Keys) -> tuple[Cosignature, ...]:
    """The cosignatures of the given witnesses (keys of type 0x04) on a note, in the order of the keys.

    A witness that did not cosign is left out; raises CheckpointError where a cosignature of a given key is false, or
    the note is none. Who signed the checkpoint itself is not looked at: see `verify`. Times are not compared with
    any clock.
    """
    signed = SignedNote.parse(note)
    Checkpoint.parse(signed.text)
    found = []
    for key in read_keys(verifier_keys):
        if key.kind is not SignatureType.COSIGNATURE:
            raise CheckpointError(f"the key of `{key.name}` is not that of a witness (type 0x04)")
        signature = signed.signature_of(key)
        if signature is not None:
            _check_signature(signed.text, signature, key)
            found.append(Cosignature(key.name, _time_of(signature)))
    return tuple(found)


def verify_extends(
    earlier: str | bytes, later: str | bytes, proof: Sequence[bytes], verifier_keys: _Keys
) -> tuple[Checkpoint, Checkpoint]:
    """Both checkpoints, if trusted keys signed them and `later` has all that `earlier` had, unchanged.

    `proof` is the consistency proof between their sizes; empty if these are equal, or where `earlier` is empty.
    Raises CheckpointError if one is not signed or they are of two logs, and ConsistencyError where the later tree
    is smaller or does not begin with the earlier one: two signed checkpoints for which no proof can be had convict
    the log.
    """
    first, second = verify(earlier, verifier_keys), verify(later, verifier_keys)
    if first.origin != second.origin:
        raise CheckpointError("the two checkpoints are of different logs")
    if first.tree_size == 0 and isinstance(proof, Sequence) and not proof:
        return first, second
    verify_consistency(
        size1=first.tree_size, size2=second.tree_size, root1=first.root_hash, root2=second.root_hash, proof=proof
    )
    return first, second


def verifier_key(name: str, private_key: Ed25519PrivateKey, kind: SignatureType = SignatureType.ED25519) -> VerifierKey:
    """The public half of a key under a name, to hand out. Raises CheckpointError."""
    if not isinstance(private_key, Ed25519PrivateKey):
        raise CheckpointError("the key is not an Ed25519 private key")
    return VerifierKey(name, private_key.public_key().public_bytes_raw(), kind)


def new_private_key() -> Ed25519PrivateKey:
    """A key made at random."""
    return Ed25519PrivateKey.generate()


def private_key_pem(private_key: Ed25519PrivateKey) -> bytes:
    """The key as PEM (PKCS 8, not encrypted), for a file that its owner alone may read."""
    return private_key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def load_private_key(pem: bytes, password: bytes | None = None) -> Ed25519PrivateKey:
    """An Ed25519 key from PEM (PKCS 8). Raises CheckpointError if it is none; the message never tells content."""
    if type(pem) is not bytes or len(pem) > _MAX_PEM_BYTES or b"PRIVATE KEY-----" not in pem:
        raise CheckpointError("the private key is not a PEM file: expected `-----BEGIN PRIVATE KEY-----` (PKCS 8)")
    try:
        key = load_pem_private_key(pem, password)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise CheckpointError("the private key cannot be read: expected Ed25519 in PKCS 8, and its password") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise CheckpointError("the private key is of another kind: expected Ed25519")
    return key


def _check_signature(text: str, signature: Signature, key: VerifierKey) -> None:
    message, content = text.encode(), signature.content
    if key.kind is SignatureType.COSIGNATURE:
        message, content = _cosigned_message(text, _time_of(signature)), content[_TIME_BYTES:]
    try:
        Ed25519PublicKey.from_public_bytes(key.public_key).verify(content, message)
    except (InvalidSignature, ValueError):
        raise CheckpointError(
            f"the signature of `{key.name}` is false: the note was altered, or it is not theirs"
        ) from None


def _cosigned_message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def _time_of(signature: Signature) -> int:
    time_s = int.from_bytes(signature.content[:_TIME_BYTES], "big")
    if time_s > _MAX_TIME_S:
        raise CheckpointError(f"the cosignature of `{signature.name}` states a time that cannot be")
    return time_s
