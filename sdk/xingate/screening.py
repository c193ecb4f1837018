"""Whole rosters: rows with the people who belong to them, cut into batches, and put together again as answered.

Pure but for the random name of a run. A row's questions have the ids `RUN.KEY.N`, N counting from 0 for the subject
itself, so that the same run asked again finds its recorded answers and writes nothing twice (DESIGN section 7).
"""

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import NamedTuple

from xingate._internal.values.enums import Verdict
from xingate._internal.values.subject import Subject
from xingate.errors import InvalidRequestError, XingateError
from xingate.matter import Judged, file_verdict
from xingate.types import Decision, Question

__all__ = ["RosterPerson", "RosterRow", "ScreenedRow", "new_run_id", "strictest"]

# A gateway takes a batch while fewer than `server.most_in_flight` checks are in flight (2048): this leaves room for
# others, and is never refused for itself alone by one that was set to as few as 193.
BATCH = 64
IN_FLIGHT = 4

_LETTERS = str.maketrans("0123456789abcdef", "abcdefghijklmnop")  # nothing that could be taken for a person's number

Result = Decision | XingateError


@dataclass(frozen=True)
class RosterPerson:
    """Someone who belongs to a row's subject, and in which role: `legal_representative`, `principal`, ..."""

    role: str
    subject: Subject


@dataclass(frozen=True)
class RosterRow:
    """One row of a roster: a subject, and the people to be asked about with it (Cl. 18 items 4 and 5).

    `key` tells the row apart from the others of its roster; "": its place, from 1.
    """

    subject: Subject
    people: tuple[RosterPerson, ...] = ()
    matter: str = ""
    key: str = ""


@dataclass(frozen=True)
class ScreenedRow:
    """A row with the answer or error of each of its questions, in the order of `row.people`."""

    row: RosterRow
    result: Result
    people: tuple[Result, ...] = ()

    @property
    def results(self) -> tuple[Result, ...]:
        """The subject's own, then those of its people."""
        return (self.result, *self.people)

    @property
    def verdict(self) -> Verdict | None:
        """The strictest verdict of the row: see `strictest`."""
        return strictest(self.results)


def strictest(results: Sequence[Result]) -> Verdict | None:
    """One verdict for several questions, by the rule for one (DESIGN section 4): the strictest that was found, or
    CANNOT_TELL where a gap of any of them may hide a stricter one. None if one has no answer that could be stricter
    still. Of CLEAR and FAVOURED the first result's stands.
    """
    decisions = [result for result in results if isinstance(result, Decision)]
    if not decisions:
        return None
    own, *others = (Judged(one.verdict, tuple(gap.could_be for gap in one.gaps)) for one in decisions)
    verdict = file_verdict(own, others)
    return verdict if verdict is Verdict.PROHIBITED or len(decisions) == len(results) else None


@dataclass(frozen=True)
class Screening:
    """What is asked of every row, and under which name of a run."""

    action: str
    as_of: date | str | None = None
    operator: str = ""
    context: Mapping[str, str] = field(default_factory=dict)
    run_id: str = ""

    def batches(self, rows: Iterable[RosterRow]) -> "Iterator[RosterBatch]":
        """The rows with their questions, about `BATCH` at a time; a row is never cut.

        Raises InvalidRequestError for a row that is none.
        """
        run_id = self.run_id or new_run_id()
        taken: list[RosterRow] = []
        questions: list[Question] = []
        for place, row in enumerate(rows, 1):
            if not isinstance(row, RosterRow):
                text = f"row {place} is a value of type `{type(row).__name__}`: expected a `RosterRow`"
                raise InvalidRequestError(text, reason="row_malformed", field="rows")
            taken.append(row)
            questions.extend(self._questions(row, f"{run_id}.{row.key or place}"))
            if len(questions) >= BATCH:
                yield RosterBatch(taken, questions)
                taken, questions = [], []
        if taken:
            yield RosterBatch(taken, questions)

    def _questions(self, row: RosterRow, request_id: str) -> Iterator[Question]:
        for number, subject in enumerate((row.subject, *(person.subject for person in row.people))):
            yield Question(
                subject,
                self.action,
                as_of=self.as_of,
                matter=row.matter,
                operator=self.operator,
                context=self.context,
                request_id=f"{request_id}.{number}",
            )


class RosterBatch(NamedTuple):
    """Rows and all their questions."""

    rows: list[RosterRow]
    questions: list[Question]

    def screened(self, results: Iterable[Result]) -> Iterator[ScreenedRow]:
        """The rows with the results of their questions."""
        rest = iter(results)
        for row in self.rows:
            yield ScreenedRow(row, next(rest), tuple(next(rest) for _ in row.people))


def new_run_id() -> str:
    """A name for a run that no other has."""
    return "screen-" + secrets.token_hex(12).translate(_LETTERS)
