"""Signed notes and verifier keys: their text, to and from. Nothing here says that a signature is good.

Source: C2SP signed-note. Leaves out what a note's text means and which keys to trust: `xingate.checkpoint`. Stricter
than the standard in that two signatures of one key are refused, and base64 is taken in its one canonical form alone.
"""

import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import IntEnum
from hashlib import sha256
from typing import Final

from xingate.errors import CheckpointError

MAX_NOTE_BYTES: Final = 131_072
MAX_SIGNATURES: Final = 64
KEY_BYTES: Final = 32
KEY_ID_BYTES: Final = 4
_MAX_KEY_TEXT = 4096
_HEX_ID = re.compile(r"[0-9a-f]{8}")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f]")
_DASH = "\u2014 "


class SignatureType(IntEnum):
    """The byte that C2SP signed-note assigns to a kind of signature."""

    ED25519 = 0x01
    # An Ed25519 cosignature with its time: C2SP tlog-cosignature.
    COSIGNATURE = 0x04


def key_id(name: str, public_key: bytes, kind: SignatureType = SignatureType.ED25519) -> bytes:
    """The 4 bytes by which a note names a key: SHA-256(name, newline, type byte, public key), cut.

    Raises CheckpointError for a name that no key can have, or a public key that is not 32 bytes.
    """
    need_name(name)
    if type(public_key) is not bytes or len(public_key) != KEY_BYTES:
        raise CheckpointError(f"an Ed25519 public key is {KEY_BYTES} bytes")
    return sha256(name.encode() + b"\n" + bytes([kind]) + public_key).digest()[:KEY_ID_BYTES]


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name of its owner, as verifiers exchange it: `name+hexid+base64(type, key)`."""

    name: str
    public_key: bytes
    kind: SignatureType = SignatureType.ED25519

    def __post_init__(self) -> None:
        if not isinstance(self.kind, SignatureType):
            raise CheckpointError("a verifier key is of the type 0x01 (Ed25519) or 0x04 (cosignature)")
        key_id(self.name, self.public_key, self.kind)

    @property
    def id(self) -> bytes:
        """The key id, 4 bytes."""
        return key_id(self.name, self.public_key, self.kind)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encode64(bytes([self.kind]) + self.public_key)}"

    @classmethod
    def parse(cls, text: str) -> "VerifierKey":
        """Read one key. Raises CheckpointError if it is none, or its id is not that of its name and key."""
        if type(text) is not str or len(text) > _MAX_KEY_TEXT or text.count("+") < 2:  # noqa: PLR2004 -- three parts
            raise CheckpointError("a verifier key has the form `name+id+key`, such as the log's operator gives out")
        name, id_text, key_text = text.split("+", 2)
        content = decode64(key_text, "the key of a verifier key")
        if len(content) != 1 + KEY_BYTES or content[0] not in set(SignatureType):
            raise CheckpointError("the verifier key is of an unknown type: expected Ed25519 (0x01) or 0x04")
        key = cls(name, content[1:], SignatureType(content[0]))
        if not _HEX_ID.fullmatch(id_text) or id_text != key.id.hex():
            raise CheckpointError(f"the verifier key of `{name}` does not have the id that its name and key give")
        return key


@dataclass(frozen=True)
class Signature:
    """One signature line: the name and id of a key, and the bytes that it made."""

    name: str
    key_id: bytes
    content: bytes

    def __post_init__(self) -> None:
        need_name(self.name)
        if type(self.key_id) is not bytes or len(self.key_id) != KEY_ID_BYTES:
            raise CheckpointError(f"a key id is {KEY_ID_BYTES} bytes")
        if type(self.content) is not bytes or not self.content:
            raise CheckpointError(f"the signature of `{self.name}` is empty")

    def __str__(self) -> str:
        return f"{_DASH}{self.name} {encode64(self.key_id + self.content)}"

    @classmethod
    def parse(cls, line: str) -> "Signature":
        """Read one line, without its newline."""
        parts = line.removeprefix(_DASH).split(" ")
        if not line.startswith(_DASH) or len(parts) != 2:  # noqa: PLR2004 -- name and signature
            raise CheckpointError("the note has a signature line that is not of the form `\u2014 name base64`")
        content = decode64(parts[1], "a signature of the note")
        return cls(parts[0], content[:KEY_ID_BYTES], content[KEY_ID_BYTES:])


@dataclass(frozen=True)
class SignedNote:
    """A text, which ends in a newline, and the signatures under it, of known and unknown keys alike."""

    text: str
    signatures: tuple[Signature, ...]

    def __post_init__(self) -> None:
        need_text(self.text)
        if not self.text.endswith("\n"):
            raise CheckpointError("the text of a note ends in a newline")
        if not 0 < len(self.signatures) <= MAX_SIGNATURES:
            raise CheckpointError(f"the note has {len(self.signatures)} signatures: expected 1 to {MAX_SIGNATURES}")
        if len({(one.name, one.key_id) for one in self.signatures}) != len(self.signatures):
            raise CheckpointError("the note has two signatures of the same key")

    @classmethod
    def parse(cls, note: str | bytes) -> "SignedNote":
        """Read a note. Raises CheckpointError with the first thing that is wrong."""
        content = _to_text(note)
        need_text(content)
        at = content.rfind("\n\n")
        if at < 0:
            raise CheckpointError("the note has no blank line between its text and its signatures")
        lines = content[at + 2 :].split("\n")
        if lines.pop() != "" or not lines:
            raise CheckpointError("the note does not end in signature lines, each with a newline")
        if len(lines) > MAX_SIGNATURES:
            raise CheckpointError(f"the note has {len(lines)} signatures: expected 1 to {MAX_SIGNATURES}")
        return cls(content[: at + 1], tuple(Signature.parse(line) for line in lines))

    def format(self) -> str:
        """The note as it is stored and sent."""
        return f"{self.text}\n" + "".join(f"{one}\n" for one in self.signatures)

    def signature_of(self, key: VerifierKey) -> Signature | None:
        """The signature that claims to be of that key, if there is one; not yet verified."""
        wanted = (key.name, key.id)
        return next((one for one in self.signatures if (one.name, one.key_id) == wanted), None)

    def with_signature(self, signature: Signature) -> "SignedNote":
        """This note with one more signature; an earlier one of the same key makes way."""
        kept = [one for one in self.signatures if (one.name, one.key_id) != (signature.name, signature.key_id)]
        return replace(self, signatures=(*kept, signature))


def read_keys(keys: object) -> tuple[VerifierKey, ...]:
    """Verifier keys given as keys or texts, one or several. Raises CheckpointError if there is none."""
    given = [keys] if isinstance(keys, str | VerifierKey) else keys
    if not isinstance(given, Iterable) or isinstance(given, bytes | bytearray):
        raise CheckpointError("expected verifier keys, such as `name+id+key`")
    read = tuple(key if isinstance(key, VerifierKey) else VerifierKey.parse(key) for key in given)
    if not read:
        raise CheckpointError("no verifier key was given: nothing can be verified without one")
    return read


def need_name(name: object) -> None:
    """Raise CheckpointError unless `name` can be the name of a key."""
    if type(name) is not str or not name:
        raise CheckpointError("the name of a key is a text that is not empty")
    if "+" in name or any(character.isspace() for character in name):
        raise CheckpointError("the name of a key has neither blanks nor `+`")
    need_text(name)


def need_text(text: object) -> None:
    """Raise CheckpointError unless `text` can stand in a note: UTF-8, bounded, no control characters but newlines."""
    if type(text) is not str:
        raise CheckpointError(f"a note is text, not {type(text).__name__}")
    if len(text) > MAX_NOTE_BYTES or len(_encoded(text)) > MAX_NOTE_BYTES:
        raise CheckpointError(f"the note is too large: expected at most {MAX_NOTE_BYTES} bytes")
    control = _CONTROL.search(text)
    if control is not None:
        raise CheckpointError(
            f"the note contains the control character U+{ord(control[0]):04X}: only newlines are allowed"
        )


def _encoded(text: str) -> bytes:
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise CheckpointError("the note is not UTF-8 text") from None


def _to_text(note: object) -> str:
    if type(note) is str:
        return note
    if type(note) is not bytes:
        raise CheckpointError(f"a note is text or bytes, not {type(note).__name__}")
    if len(note) > MAX_NOTE_BYTES:
        raise CheckpointError(f"the note is too large: expected at most {MAX_NOTE_BYTES} bytes")
    try:
        return note.decode()
    except UnicodeDecodeError:
        raise CheckpointError("the note is not UTF-8 text") from None


def encode64(content: bytes) -> str:
    """Base64 in the standard alphabet, with padding (RFC 4648 section 4)."""
    return b64encode(content).decode("ascii")


def decode64(text: str, what: str) -> bytes:
    """The reverse of `encode64`, for its canonical form alone. Raises CheckpointError that names `what`."""
    try:
        content = b64decode(text, validate=True)
    except ValueError:
        raise CheckpointError(f"{what} is not base64") from None
    if encode64(content) != text:
        raise CheckpointError(f"{what} is not base64 in its canonical form")
    return content
