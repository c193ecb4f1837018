"""Numbers beside other text in a cell of a list, or in the name of the subject.

Scope: cells such as `统一社会信用代码：9142…`, `9142…（已变更）`, two codes in one cell, and masks written with another
character than the star. Only a number that is valid by its check digit is taken out of text, and a passport number
where the list says that the cell has one. Excluded: questions, in which such text is an error that the asker corrects.
Source: DESIGN section 5, "A number that cannot be used".
"""

import re
import unicodedata
from collections.abc import Iterator

from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.parsing import (
    CITIZEN_LENGTH,
    PASSPORT_LONGEST,
    PASSPORT_SHORTEST,
    UNIFIED_LENGTH,
    Identifier,
    Scheme,
    could_be_citizen_number,
)
from xingate_server.core.subject import SubjectClass

_TOKEN = re.compile(r"[0-9A-Za-z*]+")
_DIGIT = re.compile(r"\d")
_CODE = re.compile(r"\d{8}-?[0-9X]")
_DAY = re.compile(r"(?:19|20)\d{6}")  # of issue, beside the number
_LEAST_HIDDEN = 3
# One of these three times or more in a row hides characters, as the star does.
_HIDING = re.compile(rf"([xX●○•∙·.#?×✕※█■□◼▇✱∗_~^@$%&])\1{{{_LEAST_HIDDEN - 1},}}")
_DOCUMENTS = (Scheme.PASSPORT, Scheme.OTHER_DOCUMENT)
_UNIQUE = {SubjectClass.ORGANISATION: Scheme.USCC, SubjectClass.PERSON: Scheme.CITIZEN_ID}
# In brackets perhaps with a label, or without either.
_OPENING, _CLOSING = r"(\[{<【〔「『", r")\]}>】〕」』"
_CODE_IN_NAME = re.compile(
    rf"[{_OPENING}][^{_OPENING}{_CLOSING}]{{0,12}}?([0-9A-Z]{{18}})\s*[{_CLOSING}]|(?<![0-9A-Z])([0-9A-Z]{{18}})(?![0-9A-Z])"
)


def numbers_in(text: str, scheme: Scheme, subject_class: SubjectClass) -> list[Identifier]:
    """The numbers in a cell that is not a number of `scheme` as a whole, in their order."""
    plain = _starred(unicodedata.normalize("NFKC", text))
    found = [number for token in _tokens(plain) if (number := _number(token, scheme, subject_class)) is not None]
    if scheme is Scheme.ORG_CODE:
        codes = [parsing.parse(code, scheme, subject_class) for code in _CODE.findall(plain.upper())]
        found += [code for code in codes if code.is_sound]
    return found


def numbers_in_name(name: str, subject_class: SubjectClass) -> list[Identifier]:
    """The valid unified codes or citizen numbers in a name."""
    if len(name) < UNIFIED_LENGTH or not _DIGIT.search(name):
        return []
    scheme = _UNIQUE[subject_class]
    plain = unicodedata.normalize("NFKC", name)
    numbers = [_number(token, scheme, subject_class) for token in _tokens(plain) if "*" not in token]
    return list(dict.fromkeys(number for number in numbers if number is not None))


def name_without_code(name: str) -> str:
    """A name without the valid unified code in it and the brackets around that; itself if there is none."""
    if len(name) <= UNIFIED_LENGTH or not _DIGIT.search(name):
        return name
    plain = unicodedata.normalize("NFKC", name)
    for match in _CODE_IN_NAME.finditer(plain):
        if parsing.parse(match[1] or match[2], Scheme.USCC, SubjectClass.ORGANISATION).is_sound:
            return f"{plain[: match.start()]} {plain[match.end() :]}".strip()
    return name


def _tokens(plain: str) -> Iterator[str]:
    for match in _TOKEN.finditer(plain):
        yield match[0].upper()


def _starred(plain: str) -> str:
    return _HIDING.sub(lambda match: "*" * len(match[0]), plain)


def _number(token: str, scheme: Scheme, subject_class: SubjectClass) -> Identifier | None:
    """A token as a number that is valid by itself, or as a mask of one; else None."""
    if len(token) == CITIZEN_LENGTH == UNIFIED_LENGTH:
        if subject_class is SubjectClass.ORGANISATION and could_be_citizen_number(token):
            return None  # of a person whom the text names: one in thirty is a valid unified code
        number = parsing.parse(token, _UNIQUE[subject_class], subject_class)
        return number if number.fault is None else None
    is_document = scheme in _DOCUMENTS and PASSPORT_SHORTEST <= len(token) <= PASSPORT_LONGEST
    if is_document and _DIGIT.search(token) and not _DAY.fullmatch(token):
        number = parsing.parse(token, scheme, subject_class)
        return number if number.fault is None else None
    return None
