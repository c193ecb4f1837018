"""Validates a caller's question, or names the field that is wrong.

These checks need no snapshot: kinds, numbers, dates and lengths. Whether the action exists is checked against the
snapshot that answers. No message contains a person's number: numbers are shown masked. Source: DESIGN section 4
(Identity: malformed input is an error, not an answer) and 8.
"""

import unicodedata
from datetime import date
from typing import Final

import msgspec

from xingate_server.core import characters
from xingate_server.core.identifiers.decoration import clean
from xingate_server.core.identifiers.parsing import (
    SCHEME_WORDS,
    Identifier,
    holds_citizen_number,
    mask,
    mask_dated,
    mask_text,
    read,
)
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import SubjectClass, SubjectKeyer, SubjectKind, class_of
from xingate_server.core.timestamps import read_day
from xingate_server.gateway.answer import Command
from xingate_server.gateway.bounded_cache import BoundedCache
from xingate_server.gateway.errors import InvalidQuestionError

MAX_REQUEST_ID: Final = 128
MAX_TEXT: Final = 256
MAX_NAME: Final = 512
MAX_CONTEXT: Final = 32
MAX_IDENTIFIERS: Final = 16

# Categories of characters that no text may hold; names and numbers may come with invisible ones that are then dropped.
_UNREADABLE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_INVISIBLE = frozenset({"Cf"})
# What parts lines is a blank in a name or number that was copied from a cell.
_BREAKS = dict.fromkeys(map(ord, "\t\n\v\f\r\x85\u2028\u2029"), " ")
_LENIENT = ("subject.name", ".value")
# Names that callers choose so that a retry is known: two that look alike must not be two.
_IDS = frozenset({"request_id", "outcome_id"})

_CALLER_FIELDS = ("caller.system", "caller.organisation", "caller.operator")

_PERSON: Final = SubjectKind.NATURAL_PERSON


_FEWEST_DIGITS = 14  # in whatever may be a citizen number: the last of the old form's 15 may be an X
_NO_DIGITS = bytes(set(range(256)) - set(b"0123456789"))

_MOST_CALLERS: Final = 4096


class ReadQuestion(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A command whose texts have been read. `names` are normalised, `as_of` is None for today.

    `operator`, `matter` and `context` are as recorded: without a person's number; empty context values are absent.
    """

    identifiers: tuple[Identifier, ...]
    names: tuple[str, ...]
    as_of: date | None
    operator: str
    matter: str
    context: dict[str, str]


class QuestionReader:
    """Reads questions. It knows callers whose texts were found right again. For any number of threads."""

    def __init__(self) -> None:
        self._callers: BoundedCache[tuple[str, str, str], bool] = BoundedCache(_MOST_CALLERS)

    def read(self, command: Command) -> ReadQuestion:
        """Read the texts. Raises InvalidQuestionError with the first field that is wrong."""
        self._check_texts(command)
        name = normalise(clean(command.name)) if command.name else ""
        identifiers = _identifiers(command)
        if not identifiers and not name:
            text = "the subject is missing: give a number or a name"
            raise InvalidQuestionError("subject_missing", text, "subject")
        as_of = _day(command.as_of) if command.as_of else None
        check_purpose(command)
        context = command.context
        return ReadQuestion(
            identifiers=identifiers,
            names=(name,) if name else (),
            as_of=as_of,
            operator=hide_numbers(command.operator),
            matter=hide_numbers(command.matter),
            context={key: hide_numbers(value) for key, value in context.items() if value} if context else context,
        )

    def _check_texts(self, command: Command) -> None:
        if command.request_id:
            _check("request_id", command.request_id, MAX_REQUEST_ID)
        _check("action", command.action, MAX_TEXT)
        if command.name:
            _check("subject.name", command.name, MAX_NAME)
        _check("matter", command.matter, MAX_TEXT)
        caller = (command.system, command.organisation, command.operator)
        is_known = self._callers.get(caller) is not None
        if not is_known:
            for field, text in zip(_CALLER_FIELDS, caller, strict=True):
                _check(field, text, MAX_TEXT)
        if command.request_id:
            _refuse_number("request_id", command.request_id)
        if not is_known:
            for field, text in zip(_CALLER_FIELDS[:2], caller, strict=False):
                _refuse_number(field, text)
            if hide_numbers(command.operator) == command.operator:
                self._callers.put(caller, True)
        if not command.action:
            raise InvalidQuestionError(
                "action_missing", "the action is missing: say what is about to be done", "action"
            )
        if command.context:
            _check_context(command.context)


def question_digest(command: Command, keyer: SubjectKeyer) -> bytes:
    """The digest that distinguishes a retry from another question: over all input except the request id."""
    asked = msgspec.structs.replace(command, request_id="") if command.request_id else command
    return keyer.digest(msgspec.json.encode(asked, order="deterministic"))


def hide_numbers(text: str) -> str:
    """`text` with persons' numbers hidden, however they are written; long numbers without a birth date stand."""
    return mask_dated(text) if _may_hold_number(text) else text


def check_no_number(field: str, text: str) -> str | None:
    """What is wrong with a text that must stay as it is, where it holds a person's number; without that number."""
    if not (_may_hold_number(text) and holds_citizen_number(text, is_serial=field in _IDS)):
        return None
    return f"{field} contains what looks like a citizen number: an identity number does not belong there"


def _may_hold_number(text: str) -> bool:
    """Whether it is worth looking for a citizen number: a text of ASCII with too few digits holds none."""
    return len(text) >= _FEWEST_DIGITS and (
        not text.isascii() or len(text.encode().translate(None, _NO_DIGITS)) >= _FEWEST_DIGITS
    )


def _check_context(context: dict[str, str]) -> None:
    if len(context) > MAX_CONTEXT:
        text = f"{len(context)} context attributes: at most {MAX_CONTEXT} are read"
        raise InvalidQuestionError("context_malformed", text, "context")
    for key, value in context.items():
        _check("context", key, MAX_TEXT, "context_malformed")
        _refuse_number("context", key)
        _check(f"context[{mask_text(key)}]", value, MAX_TEXT, "context_malformed")


def _check(field: str, text: str, longest: int, reason: str = "") -> None:
    if len(text) <= longest and text.isprintable() and field not in _IDS:
        return
    if (told := check_text(field, text, longest)) is not None:
        raise InvalidQuestionError(reason or f"{field.rpartition('.')[2]}_malformed", told, field)


def _refuse_number(field: str, text: str) -> None:
    if (told := check_no_number(field, text)) is not None:
        raise InvalidQuestionError(f"{field.rpartition('.')[2]}_malformed", told, field)


def check_text(field: str, text: str, longest: int) -> str | None:
    """What is wrong with the text of a field, if anything: its length, unreadable characters, blanks around an id."""
    if len(text) > longest:
        return f"{field} has {len(text)} characters: at most {longest} are read"
    if field in _IDS and text != text.strip():
        return f"{field} is blank, or begins or ends with a blank"
    if not text.isprintable() and _has_unreadable(text, is_lenient=field.endswith(_LENIENT)):
        return f"{field} contains characters that cannot be printed"
    return None


def _has_unreadable(text: str, *, is_lenient: bool) -> bool:
    refused = _UNREADABLE if is_lenient else _UNREADABLE | _INVISIBLE
    if is_lenient:
        text = characters.standard(text).translate(_BREAKS)
    return any(unicodedata.category(character) in refused for character in text)


def check_purpose(command: Command) -> None:
    """A natural person is asked about only where it can be seen who asks and what for (DESIGN section 5).

    Raises InvalidQuestionError (`purpose_missing`).
    """
    if command.kind is not _PERSON:
        return
    for field, text in (
        ("caller.organisation", command.organisation),
        ("caller.operator", command.operator),
        ("matter", command.matter),
    ):
        if is_blank(text):
            told = f"{field} is missing: a natural person is asked about only with organisation, operator and matter"
            raise InvalidQuestionError("purpose_missing", told, field)


def is_blank(text: str) -> bool:
    """Whether a text is empty, or has only blanks and invisible characters."""
    return not characters.standard(text).strip()


def _identifiers(command: Command) -> tuple[Identifier, ...]:
    if len(command.identifiers) > MAX_IDENTIFIERS:
        text = f"{len(command.identifiers)} identifiers: at most {MAX_IDENTIFIERS} are read"
        raise InvalidQuestionError("identifier_malformed", text, "subject.identifiers")
    subject_class = class_of(command.kind)
    return tuple(
        [_identifier(scheme, value, subject_class, place) for place, (scheme, value) in enumerate(command.identifiers)]
    )


def _identifier(scheme: str, value: str, subject_class: SubjectClass, place: int) -> Identifier:
    if scheme not in SCHEME_WORDS:
        _check(f"subject.identifiers[{place}].scheme", scheme, MAX_TEXT, "identifier_malformed")
        scheme = hide_numbers(scheme)
    if len(value) > MAX_TEXT or not value.isprintable():
        _check(f"subject.identifiers[{place}].value", value, MAX_TEXT, "identifier_malformed")
    try:
        identifier = read(clean(value), scheme, subject_class)
    except ValueError as error:
        field = f"subject.identifiers[{place}].scheme"
        raise InvalidQuestionError("identifier_malformed", mask_text(str(error)), field) from None
    if identifier.is_malformed:
        shown = f"`{_shown(identifier, subject_class)}` is malformed: {identifier.detail}"
        raise InvalidQuestionError("identifier_malformed", shown, f"subject.identifiers[{place}].value")
    return identifier


def _shown(identifier: Identifier, subject_class: SubjectClass) -> str:
    """A malformed number as a message may show it: whatever is said to be a person's is hidden."""
    if subject_class is SubjectClass.PERSON:
        return f"{identifier.value[:1]}{'*' * (len(identifier.value) - 1)}"
    return mask_text(mask(identifier))


def _day(text: str) -> date:
    if (day := read_day(text)) is not None:
        return day
    shown = f"`{mask_text(text[:MAX_TEXT])}` is not a date: expected YYYY-MM-DD"
    raise InvalidQuestionError("date_malformed", shown, "as_of")
