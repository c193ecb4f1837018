"""Who is asked about: kinds, classes, identifiers' keyed hashes, and all that a snapshot contains on one subject.

A natural person's number is never stored: it is turned into a keyed hash at once (`SubjectKeyer`), and the only text of
it that survives is a mask for display. Source: DESIGN sections 4 (Identity) and 6.
"""

from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import lru_cache
from hashlib import blake2b, sha256
from types import MappingProxyType

import msgspec

from xingate_server.core.entry import Entry, Role, UnreadRow

KEY_BYTES = 16
KEY_ID_DIGITS = 16  # hex
ID_DIGITS = 32  # hex, of an entry's id
SECRET_SHORTEST, SECRET_LONGEST = 16, 64  # bytes
BY_SCHEME, BY_NUMBER = 1, 2
"""The forms of a subject key, which are the format versions of the snapshots that use them: of class, scheme and
number, or (one number is one subject) of class and number."""


class SubjectKind(StrEnum):
    """The kind a caller or a list states; never guessed from a number."""

    LEGAL_ENTITY = "legal_entity"
    SOLE_TRADER = "sole_trader"
    NATURAL_PERSON = "natural_person"


KIND_WORDS: Mapping[str, SubjectKind] = MappingProxyType(
    {kind.value: kind for kind in SubjectKind}
    | dict.fromkeys(
        ("法人和其他组织", "法人及非法人组织", "企业", "法人", "机关", "事业单位", "社会组织"), SubjectKind.LEGAL_ENTITY
    )
    | {
        "个体工商户": SubjectKind.SOLE_TRADER,
        "自然人": SubjectKind.NATURAL_PERSON,
        "个人": SubjectKind.NATURAL_PERSON,
    }
)


class SubjectClass(StrEnum):
    """What a subject key is made of: a sole trader listed as a legal entity is still found."""

    ORGANISATION = "organisation"
    PERSON = "person"


_CLASSES: Mapping[SubjectKind, SubjectClass] = MappingProxyType(
    dict.fromkeys(SubjectKind, SubjectClass.ORGANISATION) | {SubjectKind.NATURAL_PERSON: SubjectClass.PERSON}
)


def class_of(kind: SubjectKind) -> SubjectClass:
    """The class of a kind: natural persons are persons, all others organisations."""
    return _CLASSES[kind]


class SubjectKeyer:
    """Makes the 16-byte keyed BLAKE2b hashes that stand for subjects, masks and names.

    `secret` is the installation's own key (16 to 64 bytes). Without it the hashes of identity numbers could be
    found by trying all numbers. `form` is `BY_NUMBER`, or `BY_SCHEME` for snapshots and records of older releases.
    """

    __slots__ = ("_empty", "_has_scheme", "_question", "_secret", "form", "key_id")

    def __init__(self, secret: bytes, form: int = BY_NUMBER) -> None:
        if not SECRET_SHORTEST <= len(secret) <= SECRET_LONGEST:
            raise ValueError(f"a subject key has {SECRET_SHORTEST} to {SECRET_LONGEST} bytes, not {len(secret)}")
        self.form = form
        self.key_id = sha256(b"xingate subject key" + secret).hexdigest()[:KEY_ID_DIGITS]
        self._secret = secret
        self._has_scheme = form == BY_SCHEME
        self._empty = blake2b(digest_size=KEY_BYTES, key=secret)
        self._question = blake2b(digest_size=32, key=secret, person=b"question")

    def in_form(self, form: int) -> "SubjectKeyer":
        """The maker of hashes with the same secret in another form."""
        return self if form == self.form else SubjectKeyer(self._secret, form)

    def identifier(self, subject_class: SubjectClass, scheme: str, value: str) -> bytes:
        """The key of a complete identifier, `value` in its folded form."""
        return self._hash(self._start("id", subject_class, scheme), value)

    def mask(self, subject_class: SubjectClass, scheme: str, masked: str) -> bytes:
        """The key of a masked identifier: hidden characters are `*`, all others stand."""
        return self._hash(self._start("mask", subject_class, scheme), masked)

    def _start(self, what: str, subject_class: SubjectClass, scheme: str) -> bytes:
        return _framed(what, subject_class, scheme) if self._has_scheme else _framed(what, subject_class)

    def name(self, subject_class: SubjectClass, normalised: str) -> bytes:
        """The key of a normalised name (`core.names.normal_form.normalise`)."""
        return self._hash(_framed("name", subject_class), normalised)

    def entry(self, list_type: str, subject: bytes, authority: str, document_no: str) -> str:
        """The id of an entry, 32 hex digits: the same key gives the same id in every snapshot."""
        return self._hash(_framed("entry", list_type) + _frame(subject.hex()) + _frame(authority), document_no).hex()

    def digest(self, content: bytes) -> bytes:
        """A 32-byte keyed digest of a question, so that a stored one can be compared but not guessed."""
        made = self._question.copy()
        made.update(content)
        return made.digest()

    def _hash(self, start: bytes, last: str) -> bytes:
        content = last.encode()
        made = self._empty.copy()
        made.update(start + len(content).to_bytes(4, "big") + content)
        return made.digest()


def _frame(part: str) -> bytes:
    # Length prefixes, so that no two lists of parts ever give the same bytes.
    content = part.encode()
    return len(content).to_bytes(4, "big") + content


@lru_cache(maxsize=256)
def _framed(*words: str) -> bytes:
    """The parts that recur: what is hashed, classes, schemes and list types."""
    return b"".join(map(_frame, words))


class EntityRef(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """The organisation through whose entry a person is reached."""

    name: str
    code: str  # in clear: an organisation's


class Held(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """An entry as one subject holds it: its own (`role` is None) or through a relation."""

    entry: Entry
    role: Role | None = None
    via: EntityRef | None = None
    names: tuple[str, ...] = ()  # normalised, of this subject in this holding; used where `unsettled`


class HeldUnread(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A row that could not be read, as one subject holds it: its own (`role` is None) or through a relation.

    `is_unsettled`: it fits by a mask or a name only, and `names` may speak against it.
    """

    row: UnreadRow
    role: Role | None = None
    via: EntityRef | None = None
    names: tuple[str, ...] = ()
    is_unsettled: bool = False


class Registration(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """A register's row: the subject exists, and since when (None if the register does not say)."""

    source: str
    established: date | None
    flags: tuple[str, ...] = ()


class Profile(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """What may be shown of a subject: as a candidate, or to compare an answer with the question."""

    kind: SubjectKind
    name: str
    display: str  # an organisation's code in clear; a person's number, and whatever could be one, masked
    uscc: str = ""  # the unified code, organisations only


class SubjectFile(msgspec.Struct, frozen=True, array_like=True, omit_defaults=True):
    """All data of a snapshot on one subject.

    `held` acts. `unsettled` fits by a mask or a name only: it makes gaps, never a measure. `rivals` is not empty
    where this identifier stands for several subjects: then nothing acts and they are the candidates. `unread` are
    rows about this subject that could not be read. `possible` are others who may be this subject, as candidates.
    """

    profiles: tuple[Profile, ...] = ()
    held: tuple[Held, ...] = ()
    registrations: tuple[Registration, ...] = ()
    unsettled: tuple[Held, ...] = ()
    rivals: tuple[Profile, ...] = ()
    unread: tuple[HeldUnread, ...] = ()
    possible: tuple[Profile, ...] = ()


EMPTY_FILE = SubjectFile()
