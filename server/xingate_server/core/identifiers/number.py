"""One identity number as it was read: its scheme, its folded value, and why it is not sound."""

from enum import StrEnum
from typing import Final

import msgspec

from xingate_server.core.identifiers import _check_digits
from xingate_server.core.identifiers._schemes import Scheme
from xingate_server.core.identifiers.number_patterns import EXACT_DIGITS, looks_rounded

ORGANISATION_LENGTH: Final = 9
TAX_LENGTH: Final = 15  # of the older tax numbers: a division and the organisation code


class Fault(StrEnum):
    """Why a number is not sound."""

    MISSING = "missing"
    MOJIBAKE = "mojibake"
    LENGTH = "length"
    CHARACTERS = "characters"
    CHECKSUM = "checksum"
    SCHEME = "scheme"  # not a scheme of this class, or no known shape
    DATE = "date"  # a birth date that does not exist
    DESTROYED = "destroyed"  # a spreadsheet program made 1.23E+17 of it
    FILLER = "filler"  # typed to fill the field


# Members of an enumeration are slow to reach by its name (Python 3.11).
_CHECKSUM, _USCC, _ORG_CODE, _TAX_NO = Fault.CHECKSUM, Scheme.USCC, Scheme.ORG_CODE, Scheme.TAX_NO
# Schemes whose numbers different issuers give twice, so that a number alone is nobody's (DESIGN, "One number, one
# subject"); a number of theirs that is a valid unified code or citizen number is that number.
_SHARED = frozenset(
    {
        Scheme.PASSPORT,
        Scheme.OTHER_DOCUMENT,
        Scheme.FOREIGN_REG_NO,
        Scheme.REG_NO,
        Scheme.TAX_NO,
        Scheme.INSTITUTION_NO,
    }
)


class Identifier(msgspec.Struct, frozen=True, gc=False):
    """One number as read. `value` is folded: 18 characters for a citizen number of 15, no dash in a code.

    `inner_mismatch`: a unified code whose own check holds and whose organisation code inside fails. `detail` says
    why a number is not sound, in words and without the number.
    """

    scheme: Scheme
    value: str
    fault: Fault | None = None
    is_masked: bool = False
    inner_mismatch: bool = False
    detail: str = ""

    @property
    def is_malformed(self) -> bool:
        """Not a number of its scheme at all: an error, not an answer."""
        return self.fault is not None and self.fault is not _CHECKSUM

    @property
    def is_checksum_failure(self) -> bool:
        """Of the right shape with a wrong check digit: looked up exactly, never silently corrected."""
        return self.fault is _CHECKSUM

    @property
    def is_sound(self) -> bool:
        """Complete, and right as far as it can be checked."""
        return self.fault is None and not self.is_masked

    @property
    def org_code(self) -> str | None:
        """The 9 characters of the organisation code, also where a check digit fails; None if there is none."""
        if self.is_masked or self.is_malformed:
            return None
        if self.scheme is _USCC:
            return self.value[8:17]
        return self.value if self.scheme is _ORG_CODE else None

    @property
    def possible_org_code(self) -> str | None:
        """The organisation code that an older tax number of 15 characters ends in, where its check digit holds: it
        makes a possible match, and nothing more."""
        if self.scheme is not _TAX_NO or self.is_masked or not ends_in_org_code(self.value):
            return None
        return self.value[-ORGANISATION_LENGTH:]

    @property
    def is_shared(self) -> bool:
        """Whether the number may also be another subject's: then two rows are one subject only by their names."""
        return self.scheme in _SHARED

    @property
    def is_rounded(self) -> bool:
        """Whether a number looks rounded by a spreadsheet program (see `looks_rounded`), and its check fails; one whose
        scheme has no check is not a valid unified code or citizen number, or it would be read as that."""
        return (self.is_checksum_failure or (self.is_shared and self.is_sound)) and looks_rounded(self.value)

    def as_rounded(self, *, was_double: bool) -> tuple["Identifier", ...]:
        """The number as masks of what a spreadsheet program keeps: its first 15 digits. Those of a double may be one
        too high (`core.identifiers.doubles`), so that there are two."""
        kept = self.value[:EXACT_DIGITS]
        lower = str(int(kept) - 1).zfill(EXACT_DIGITS)
        return tuple(
            Identifier(self.scheme, shown.ljust(len(self.value), "*"), is_masked=True)
            for shown in ((kept, lower) if was_double else (kept,))
        )

    def as_possible(self) -> "Identifier":
        """The number as a mask that hides nothing: it may be the subject's, and is not for certain."""
        return Identifier(self.scheme, self.value, is_masked=True)


def ends_in_org_code(value: str) -> bool:
    """Whether 15 characters end in an organisation code whose check digit holds."""
    code = value[-ORGANISATION_LENGTH:]
    return (
        len(value) == TAX_LENGTH
        and _check_digits.is_of(value[:-1], _check_digits.ALPHANUMERIC)
        and _check_digits.organisation_check(code) == code[-1]
    )
