"""Who is asked about, and how it is shown: a person's number never stands in a repr, a log or a traceback."""

import re
from dataclasses import dataclass
from typing import Self
from unicodedata import normalize

from xingate._internal.values.enums import SubjectKind

_ORGANISATION_SCHEMES = frozenset(
    {"uscc", "org_code", "reg_no", "lei", "foreign_reg_no", "tax_no", "institution_no", "social_org_no"}
)
# The shapes of a citizen number (GB 11643): 6 digits, a birth date, a serial number, in the new form a check digit.
_MONTH_AND_DAY = r"(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])"
_CITIZEN_NUMBER = re.compile(rf"\d{{6}}(?:(?:18|19|20)\d\d{_MONTH_AND_DAY}\d{{3}}[\dXx]|\d\d{_MONTH_AND_DAY}\d{{3}})")
_IN_TEXT = re.compile(rf"(?<!\d)(?:{_CITIZEN_NUMBER.pattern})(?!\d)")
_CITIZEN_NUMBER_LENGTH = 18


def _masked(value: str) -> str:
    """As the gateway masks: a citizen number keeps its first 6 and last 4, other documents 1 and 2."""
    head, tail = (6, 4) if len(value) >= _CITIZEN_NUMBER_LENGTH else (1, 2)
    hidden = len(value) - head - tail
    return f"{value[:head]}{'*' * hidden}{value[-tail:]}" if hidden > 0 else "*" * len(value)


@dataclass(frozen=True, repr=False)
class Identifier:
    """A number and its scheme (`uscc`, `citizen_id`, `passport`, ...; "" is read by the number's shape)."""

    scheme: str
    value: str

    def __repr__(self) -> str:
        return f"Identifier({self.scheme!r}, {self.shown()!r})"

    def shown(self, *, is_person: bool = False) -> str:
        """The number for display: in clear only where it is an organisation's and cannot be a citizen's."""
        is_clear = self.scheme in _ORGANISATION_SCHEMES or (not self.scheme and not is_person)
        if is_person or not is_clear or _CITIZEN_NUMBER.fullmatch(self.value):
            return _masked(self.value)
        return self.value


@dataclass(frozen=True, repr=False)
class Subject:
    """An organisation or a person, by numbers, by name, or by both. A name alone gives candidates, no verdict."""

    kind: SubjectKind
    identifiers: tuple[Identifier, ...] = ()
    name: str = ""

    def __repr__(self) -> str:
        is_person = self.kind is SubjectKind.NATURAL_PERSON
        numbers = ", ".join(f"{i.scheme or 'code'}={i.shown(is_person=is_person)}" for i in self.identifiers)
        return f"Subject({self.kind.name.lower()}, {numbers or 'no code'}, name={self.shown_name!r})"

    @property
    def shown_name(self) -> str:
        """The name for display: a citizen number that was written into it is masked."""
        folded = normalize("NFKC", self.name)
        return _IN_TEXT.sub(lambda found: _masked(found[0]), folded) if _IN_TEXT.search(folded) else self.name

    @classmethod
    def legal_entity(cls, code: str = "", *, name: str = "", scheme: str = "") -> Self:
        """A legal person or another organisation; `code` is its unified code unless `scheme` says otherwise."""
        return cls._of(SubjectKind.LEGAL_ENTITY, code, name, scheme)

    @classmethod
    def sole_trader(cls, code: str = "", *, name: str = "", scheme: str = "") -> Self:
        """An individual business (个体工商户)."""
        return cls._of(SubjectKind.SOLE_TRADER, code, name, scheme)

    @classmethod
    def natural_person(cls, code: str = "", *, name: str = "", scheme: str = "") -> Self:
        """A natural person; `code` is the citizen number unless `scheme` says otherwise."""
        return cls._of(SubjectKind.NATURAL_PERSON, code, name, scheme)

    @classmethod
    def _of(cls, kind: SubjectKind, code: str, name: str, scheme: str) -> Self:
        return cls(kind, (Identifier(scheme, code),) if code else (), name)
