"""What is asked: a question with its options, and a search of the records."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TypedDict

from xingate._internal.values.enums import Verdict
from xingate._internal.values.subject import Subject


class QuestionOptions(TypedDict, total=False):
    """The optional parts of a question, as keywords of `Client.check`.

    `as_of`: the day asked about (default today). `sequence`: a retained snapshot (default the current one).
    `matter`: the caller's case number. `operator`: who asks (default the client's). `context`: attributes that
    some measures depend on. `request_id`: chosen by the caller (default a new UUIDv7).
    """

    as_of: date | str | None
    sequence: int
    matter: str
    operator: str
    context: Mapping[str, str]
    request_id: str


class SearchOptions(TypedDict, total=False):
    """Which records to list, as keywords of `Client.records`; what is left out is not looked at.

    `subject`: the number asked about; `scheme`: what it is (default: by its shape). `name`: the name, where nothing
    else was asked by; with `subject`, either fits. `first`, `last`: days in Asia/Shanghai, both included. `kind`:
    check, outcome, denial or act. Subject, name, action, verdict and matter are a lookup's alone.
    """

    subject: str
    scheme: str
    name: str
    organisation: str
    operator: str
    action: str
    verdict: Verdict
    first: date | str | None
    last: date | str | None
    matter: str
    kind: str


@dataclass(frozen=True)
class Question:
    """One item of `Client.check_many`; the optional parts are those of `QuestionOptions`."""

    subject: Subject
    action: str
    as_of: date | str | None = None
    sequence: int = 0
    matter: str = ""
    operator: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    request_id: str = ""


def to_day(value: date | str | None) -> str:
    """A day as the wire has it; text is passed on as it is, for the gateway to judge."""
    if isinstance(value, datetime):
        raise TypeError("as_of is a day in Asia/Shanghai: give a date, not a datetime")
    return value.isoformat() if isinstance(value, date) else value or ""
