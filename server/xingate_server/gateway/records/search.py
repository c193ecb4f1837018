"""A search in the log, from a caller's texts to conditions on leaves (Cl. 25, 31).

The subject is hashed as it arrives, in the form of today's records and in that of older ones (`core.subject`); its
number goes no further. Texts are compared as they were recorded: a person's number inside one is hidden. Excluded: the
search itself (`trace.audit.search`). Source: DESIGN sections 6 and 7.
"""

from collections.abc import Callable
from typing import cast, get_args

import msgspec

from xingate_server.core.catalogue import Verdict
from xingate_server.core.identifiers.decoration import clean
from xingate_server.core.identifiers.parsing import Identifier, mask_text, read
from xingate_server.core.identity.identify import older_keys
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import BY_SCHEME, SubjectClass, SubjectKeyer, SubjectKind
from xingate_server.gateway.errors import InvalidQuestionError
from xingate_server.gateway.question import MAX_NAME, MAX_TEXT, check_text, hide_numbers
from xingate_server.gateway.records.usage import read_span
from xingate_server.trace.audit.search import Query
from xingate_server.trace.port import LeafKind

_KIND_OF = {SubjectClass.ORGANISATION: SubjectKind.LEGAL_ENTITY, SubjectClass.PERSON: SubjectKind.NATURAL_PERSON}
ALL = "all"
KINDS = (*get_args(LeafKind), ALL)
"""What records may be looked for; all of them without any."""

_TEXTS = ("scheme", "organisation", "operator", "action", "matter")


class Search(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller looks for; texts are not yet checked, "" is not looked at. `first` and `last` are YYYY-MM-DD."""

    subject: str = ""
    scheme: str = ""
    name: str = ""
    organisation: str = ""
    operator: str = ""
    action: str = ""
    verdict: int = 0
    first: str = ""
    last: str = ""
    matter: str = ""
    kind: str = ""


def read_search(search: Search, keyer: Callable[[], SubjectKeyer]) -> Query:
    """What leaves must say; `keyer` is asked only where a subject is sought. Raises InvalidQuestionError with the field
    that is wrong, and what `keyer` raises."""
    for field in _TEXTS:
        if (told := check_text(field, getattr(search, field), MAX_TEXT)) is not None:
            raise InvalidQuestionError(f"{field}_malformed", told, field)
    first, last = read_span(search.first, search.last)
    return Query(
        subject_keys=subject_keys(search, keyer()) if search.subject or search.name else frozenset(),
        matter=hide_numbers(search.matter),
        organisation=search.organisation,
        operator=hide_numbers(search.operator),
        action=search.action,
        verdict=_verdict(search.verdict),
        kind=_kind(search.kind),
        first=first,
        last=last,
    )


def subject_keys(search: Search, keyer: SubjectKeyer) -> frozenset[bytes]:
    """All keys by which lookups may be recorded that asked by this number, or by this name alone, of either class.

    Raises InvalidQuestionError.
    """
    keys: list[bytes] = []
    if search.subject:
        for subject_class, number in numbers_of(search.subject, search.scheme):
            for form in (keyer, keyer.in_form(BY_SCHEME)):
                keys += older_keys(_KIND_OF[subject_class], [number], form)
    if search.name:
        keys += [keyer.name(subject_class, _name(search.name)) for subject_class in SubjectClass]
    return frozenset(keys)


def numbers_of(code: str, scheme: str = "") -> list[tuple[SubjectClass, Identifier]]:
    """What a number may be, for each class of subjects; at least one. Raises InvalidQuestionError."""
    if (told := check_text("subject.value", code, MAX_TEXT)) is not None:
        raise InvalidQuestionError("identifier_malformed", told, "subject")
    try:
        numbers = [(subject_class, read(clean(code), scheme, subject_class)) for subject_class in SubjectClass]
    except ValueError as error:
        raise InvalidQuestionError("identifier_malformed", mask_text(str(error)), "scheme") from None
    found = [(subject_class, number) for subject_class, number in numbers if not number.is_malformed]
    if not found:
        why = "; ".join(dict.fromkeys(f"{subject_class}: {number.detail}" for subject_class, number in numbers))
        text = f"the number is malformed ({why}): correct it, or say with `scheme` what it is"
        raise InvalidQuestionError("identifier_malformed", text, "subject")
    return found


def _name(text: str) -> str:
    told = check_text("subject.name", text, MAX_NAME)
    name = "" if told else normalise(clean(text))
    if not name:
        raise InvalidQuestionError("name_malformed", told or "the name contains no letters", "name")
    return name


def _verdict(number: int) -> Verdict | None:
    try:
        return Verdict(number) if number else None
    except ValueError:
        text = f"unknown verdict {number}: expected one of {', '.join(Verdict.__members__)}"
        raise InvalidQuestionError("verdict_unknown", text, "verdict") from None


def _kind(text: str) -> LeafKind | None:
    if text and text not in KINDS:
        told = f"unknown kind `{mask_text(text[:MAX_TEXT])}`: expected one of {', '.join(KINDS)}"
        raise InvalidQuestionError("kind_unknown", told, "kind")
    return None if text in {"", ALL} else cast("LeafKind", text)
