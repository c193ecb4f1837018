"""Identifiers of subjects: fold, parse with the reason why not, derive the organisation code, mask.

Schemes and checks: GB 32100 (unified code), GB 11714 (organisation code), GB 11643 (citizen number), ISO 7064
(registration number), ISO 17442 (LEI); DOMAIN "Identifiers", DESIGN section 4 "Identity". The subject's class comes
from the request and is never guessed: a citizen number can be a valid unified code. Left out: whether a number was
issued, whom it belongs to, and division codes, whose tables age. No text made here (`detail`) contains the number
itself.
"""

import re
from collections.abc import Callable, Mapping
from types import MappingProxyType

from xingate_server.core.identifiers import _check_digits
from xingate_server.core.identifiers._check_digits import could_be_citizen_number, fold
from xingate_server.core.identifiers._citizen_numbers import holds_citizen_number
from xingate_server.core.identifiers._masking import OLD_LENGTH as SHORTEST_SHAPE
from xingate_server.core.identifiers._masking import hide, mask_dated, mask_text
from xingate_server.core.identifiers._schemes import PERSONAL, SCHEME_WORDS, Scheme, scheme_of
from xingate_server.core.identifiers.number import ORGANISATION_LENGTH, Fault, Identifier, ends_in_org_code
from xingate_server.core.identifiers.number_patterns import is_filler
from xingate_server.core.subject import SubjectClass

__all__ = [
    "SCHEME_WORDS",
    "SHORTEST_SHAPE",
    "Fault",
    "Identifier",
    "Scheme",
    "by_shape",
    "could_be_citizen_number",
    "fold",
    "hide",
    "holds_citizen_number",
    "is_missing",
    "mask",
    "mask_dated",
    "mask_text",
    "parse",
    "read",
    "scheme_of",
    "shape",
]

UNIFIED_LENGTH = 18
CITIZEN_LENGTH = 18
OLD_CITIZEN_LENGTH = 15
REGISTRATION_LENGTH = 15
OLD_REGISTRATION_LENGTH = 13  # has no check digit
LEI_LENGTH = 20
_EXPONENT = re.compile(r"\d(?:\.\d+)?E\+\d{1,3}", re.ASCII)
PASSPORT_SHORTEST, PASSPORT_LONGEST = 5, 20
DOCUMENT_LONGEST = 64


# Members of an enumeration are slow to reach by its name (Python 3.11).
_PERSON, _CHECKSUM = SubjectClass.PERSON, Fault.CHECKSUM
_USCC, _ORG_CODE, _CITIZEN_ID, _TAX_NO = Scheme.USCC, Scheme.ORG_CODE, Scheme.CITIZEN_ID, Scheme.TAX_NO
_OF_ONE_SHAPE = (_USCC, _CITIZEN_ID)
# Hong Kong and Macao residents' travel permits: a letter and eight digits, older ones with two more.
_TRAVEL_PERMIT = re.compile(r"[HM](?:\d{8}|\d{10})", re.ASCII)
# Foreigners' permanent residence permits before 2023: a country in three letters and twelve digits.
_OLD_RESIDENCE = re.compile(r"[A-Z]{3}\d{12}", re.ASCII)

# Words that stand for no number, folded; a lone dash folds to nothing.
_PLACEHOLDERS = frozenset(
    {"无", "暂无", "没有", "空", "未知", "不详", "未填", "未提供", "无代码", "无证件号"}
) | frozenset({"/", "\\", "\\N", "NULL", "NONE", "NIL", "NA", "N/A", "#N/A", "NAN"})

_NOTHINGS = ("", "0", "*")


class _Wrong(Exception):  # noqa: N818 (never leaves this module)
    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault, self.detail = fault, detail


def parse(text: str, scheme: Scheme, subject_class: SubjectClass) -> Identifier:
    """Read `text` as a number of `scheme`; any error is in the result's `fault`. Raises nothing.

    One number is one subject, whatever the scheme is called: a number that is a valid unified code or citizen number
    is that, and one that is not sound as a number of `scheme` is what its shape says, where it is sound as that.
    """
    value = fold(text)
    is_masked = "*" in value
    try:
        _screen(value)
        _of_class(scheme, subject_class)
        number = _READERS[scheme](value, scheme, is_masked)
    except _Wrong as wrong:
        number = Identifier(scheme, value, wrong.fault, is_masked, detail=wrong.detail)
    if is_masked or (number.fault is None and scheme in _OF_ONE_SHAPE):
        return number
    return _recognised(number, subject_class)


def _recognised(number: Identifier, subject_class: SubjectClass) -> Identifier:
    """The number under the scheme that it is valid for, where it is not valid under its own or that one is unique."""
    value, fault = number.value, number.fault
    if fault is Fault.SCHEME or fault is Fault.MISSING or fault is Fault.FILLER:
        return number
    shape_scheme = by_shape(value, subject_class)
    if shape_scheme is None or shape_scheme is number.scheme or not (fault or shape_scheme in _OF_ONE_SHAPE):
        return number
    try:
        found = _READERS[shape_scheme](value, shape_scheme, False)
    except _Wrong:
        return number
    return found


def is_missing(text: str) -> bool:
    """Whether a cell holds no number: blank, a placeholder such as `无` or `\\N`, or nothing but zeros or stars."""
    return _stands_for_nothing(fold(text))


def shape(masked: str) -> str:
    """The shape of a masked number: `.` for each character that shows, `*` for each hidden one."""
    return "".join("*" if c == "*" else "." for c in masked)


def by_shape(text: str, subject_class: SubjectClass) -> Scheme | None:
    """The scheme that the shape of `text` gives, None for no known one.

    Organisations: 18 characters a unified code, 9 (or 8-1) an organisation code, 15 or 13 digits a registration
    number, 15 characters with a letter that end in an organisation code a tax number. Persons:
    18 or 15 characters a citizen number, a letter and 8 or 10 digits a travel permit of Hong Kong or Macao, three
    letters and 12 digits an old foreign permanent residence permit.
    """
    value = fold(text)
    length = len(value)
    if subject_class is _PERSON:
        if _OLD_RESIDENCE.fullmatch(value):
            return Scheme.FOREIGN_RESIDENT_ID
        if length in (CITIZEN_LENGTH, OLD_CITIZEN_LENGTH):
            return _CITIZEN_ID
        return Scheme.HK_MACAU_PERMIT if _TRAVEL_PERMIT.fullmatch(value) else None
    if length == UNIFIED_LENGTH:
        return _USCC
    if length == ORGANISATION_LENGTH:
        return _ORG_CODE
    if length in (REGISTRATION_LENGTH, OLD_REGISTRATION_LENGTH) and _check_digits.is_of(value, _check_digits.DIGITS):
        return Scheme.REG_NO
    return _TAX_NO if ends_in_org_code(value) else None


def read(text: str, scheme_word: str, subject_class: SubjectClass) -> Identifier:
    """Read `text` by the scheme that a list or a caller names, in code or in Chinese; a blank one goes by shape.

    A text of no known shape has the fault SCHEME (or MISSING, MOJIBAKE where it is that) under the class's first
    scheme. Raises ValueError for an unknown scheme word.
    """
    scheme = scheme_of(scheme_word) or by_shape(text, subject_class)
    if scheme is not None:
        return parse(text, scheme, subject_class)
    value = fold(text)
    person = subject_class is SubjectClass.PERSON
    fault, detail = (
        Fault.SCHEME,
        f"{len(value)} characters have no known shape: "
        + (
            "a citizen number has 18 or 15"
            if person
            else "a unified code has 18, an organisation code 9, a registration number 15 or 13 digits"
        ),
    )
    try:
        _screen(value)
    except _Wrong as wrong:
        fault, detail = wrong.fault, wrong.detail
    return Identifier(Scheme.CITIZEN_ID if person else Scheme.USCC, value, fault, "*" in value, detail=detail)


def mask(identifier: Identifier) -> str:
    """The number for display. Persons: a citizen number keeps its first 6 and last 4, other documents 1 and 2.

    An organisation's code stands in clear, unless it could be a citizen number or holds one: a sole trader's tax
    number may be its owner's number and two digits.
    """
    value = identifier.value
    if identifier.scheme in PERSONAL:
        is_long = identifier.scheme is Scheme.CITIZEN_ID and len(value) >= CITIZEN_LENGTH
        return hide(value, 6, 4) if is_long else hide(value, 1, 2)
    if could_be_citizen_number(value):
        return hide(value, 6, 4 if len(value) == CITIZEN_LENGTH else 2)
    if identifier.scheme is Scheme.USCC and identifier.is_sound:
        return value if value[:17].isdigit() else mask_dated(value)  # as one number it was looked at above
    return mask_text(value) if identifier.is_malformed else mask_dated(value)


def _stands_for_nothing(value: str) -> bool:
    # A row of zeros passes several of the checks, and stands for nothing; so does a mask that shows nothing.
    return value in _PLACEHOLDERS or (value[:1] in _NOTHINGS and not (value.strip("0") and value.strip("*")))


def _screen(value: str) -> None:
    """What is wrong with a folded value whatever its scheme."""
    if _stands_for_nothing(value):
        raise _Wrong(Fault.MISSING, "no number is given")
    if _check_digits.is_mojibake(value):
        raise _Wrong(Fault.MOJIBAKE, "unreadable characters: the text was read in a wrong encoding")
    if "E+" in value and _EXPONENT.fullmatch(value):
        raise _Wrong(
            Fault.DESTROYED,
            "a spreadsheet program made a number of the form 1.23E+17 of it and has destroyed its digits, which cannot "
            "be got back: export the column again as text",
        )
    if is_filler(value):
        raise _Wrong(Fault.FILLER, "a filler: one character again and again, or digits that count up or down")


def _of_class(scheme: Scheme, subject_class: SubjectClass) -> None:
    if (scheme in PERSONAL) is not (subject_class is _PERSON):
        whose = "a person" if subject_class is _PERSON else "an organisation"
        raise _Wrong(Fault.SCHEME, f"a number of scheme `{scheme}` is none of {whose}")


def _wrong_length(value: str, what: str, *lengths: int) -> _Wrong:
    wanted = " or ".join(map(str, lengths))
    return _Wrong(Fault.LENGTH, f"{what} has {wanted} characters, this has {len(value)}")


def _characters(value: str, alphabet: str, what: str, allowed: str) -> None:
    if value.strip(alphabet):
        raise _Wrong(Fault.CHARACTERS, f"{what} is made of {allowed}")


def _uscc(value: str, scheme: Scheme, is_masked: bool) -> Identifier:
    if len(value) != UNIFIED_LENGTH:
        raise _wrong_length(value, "a unified code", UNIFIED_LENGTH)
    alphabet = _check_digits.UNIFIED_ALPHABET + "*" if is_masked else _check_digits.UNIFIED_ALPHABET
    _characters(value, alphabet, "a unified code", "digits and capital letters without I, O, S, V and Z")
    if is_masked:
        return Identifier(scheme, value, is_masked=True)
    if _check_digits.unified_check(value) != value[17]:
        raise _Wrong(Fault.CHECKSUM, "the check character of the unified code is wrong")
    inner_mismatch = _check_digits.organisation_check(value[8:16]) != value[16]
    return Identifier(scheme, value, inner_mismatch=inner_mismatch)


def _org_code(value: str, scheme: Scheme, is_masked: bool) -> Identifier:
    _unmasked(is_masked)
    if len(value) != ORGANISATION_LENGTH:
        raise _wrong_length(value, "an organisation code", ORGANISATION_LENGTH)
    _characters(
        value[:8], _check_digits.ALPHANUMERIC, "an organisation code", "8 digits or letters and a check character"
    )
    _characters(value[8], _check_digits.DIGITS + "X", "the check of an organisation code", "a digit or X")
    if _check_digits.organisation_check(value) != value[8]:
        raise _Wrong(Fault.CHECKSUM, "the check character of the organisation code is wrong")
    return Identifier(scheme, value)


def _reg_no(value: str, scheme: Scheme, is_masked: bool) -> Identifier:
    _unmasked(is_masked)
    if len(value) not in (REGISTRATION_LENGTH, OLD_REGISTRATION_LENGTH):
        raise _wrong_length(value, "a registration number", REGISTRATION_LENGTH, OLD_REGISTRATION_LENGTH)
    _characters(value, _check_digits.DIGITS, "a registration number", "digits")
    if len(value) == REGISTRATION_LENGTH and not _check_digits.is_registration_checked(value):
        raise _Wrong(Fault.CHECKSUM, "the check digit of the registration number is wrong")
    return Identifier(scheme, value)


def _citizen_id(value: str, scheme: Scheme, is_masked: bool) -> Identifier:
    if is_masked:
        if len(value) != CITIZEN_LENGTH:
            raise _wrong_length(value, "a masked citizen number", CITIZEN_LENGTH)
        _characters(value[:17], _check_digits.DIGITS + "*", "a citizen number", "digits, the last one may be X")
        _characters(value[17], _check_digits.DIGITS + "X*", "the check of a citizen number", "a digit or X")
        return Identifier(scheme, value, is_masked=True)
    if len(value) not in (CITIZEN_LENGTH, OLD_CITIZEN_LENGTH):
        raise _wrong_length(value, "a citizen number", CITIZEN_LENGTH, OLD_CITIZEN_LENGTH)
    if not _check_digits.has_citizen_shape(value):
        raise _Wrong(Fault.CHARACTERS, "a citizen number is made of digits, the last of 18 may be X")
    if len(value) == OLD_CITIZEN_LENGTH:
        value = _check_digits.widen_citizen(value)
    if not _check_digits.has_birth_date(value):
        raise _Wrong(Fault.DATE, "the birth date in the citizen number does not exist")
    if _check_digits.citizen_check(value[:17]) != value[17]:
        raise _Wrong(Fault.CHECKSUM, "the check character of the citizen number is wrong")
    return Identifier(scheme, value)


def _lei(value: str, scheme: Scheme, is_masked: bool) -> Identifier:
    _unmasked(is_masked)
    if len(value) != LEI_LENGTH:
        raise _wrong_length(value, "a legal entity identifier", LEI_LENGTH)
    _characters(value[:18], _check_digits.ALPHANUMERIC, "a legal entity identifier", "digits and letters")
    _characters(value[18:], _check_digits.DIGITS, "the check of a legal entity identifier", "two digits")
    if not _check_digits.is_lei_checked(value):
        raise _Wrong(Fault.CHECKSUM, "the check digits of the legal entity identifier are wrong")
    return Identifier(scheme, value)


def _passport(value: str, scheme: Scheme, is_masked: bool) -> Identifier:
    if not PASSPORT_SHORTEST <= len(value) <= PASSPORT_LONGEST:
        raise _Wrong(Fault.LENGTH, f"a passport number has 5 to 20 characters, this has {len(value)}")
    alphabet = _check_digits.ALPHANUMERIC + "*" if is_masked else _check_digits.ALPHANUMERIC
    _characters(value, alphabet, "a passport number", "digits and letters")
    return Identifier(scheme, value, is_masked=is_masked)


def _document(value: str, scheme: Scheme, is_masked: bool) -> Identifier:
    if len(value) > DOCUMENT_LONGEST:
        raise _Wrong(Fault.LENGTH, f"a document number has 1 to 64 characters, this has {len(value)}")
    if not value.isprintable():
        raise _Wrong(Fault.CHARACTERS, "a document number is made of printable characters")
    return Identifier(scheme, value, is_masked=is_masked)


def _unmasked(is_masked: bool) -> None:
    if is_masked:
        raise _Wrong(Fault.LENGTH, "a masked code has 18 characters: a unified code or a citizen number")


_READERS: Mapping[Scheme, Callable[[str, Scheme, bool], Identifier]] = MappingProxyType(
    dict.fromkeys(Scheme, _document)
    | {
        Scheme.USCC: _uscc,
        Scheme.ORG_CODE: _org_code,
        Scheme.REG_NO: _reg_no,
        Scheme.CITIZEN_ID: _citizen_id,
        Scheme.PASSPORT: _passport,
        Scheme.LEI: _lei,
    }
)
