"""The strictest verdict of several answers, and the ids of a roster's questions."""

from typing import Any

import pytest

from xingate.errors import InvalidRequestError
from xingate.screening import RosterPerson, RosterRow, Screening, new_run_id, strictest
from xingate.testing import FakeGateway
from xingate.types import Decision, Gap, Subject, TraceRef, Verdict

P, R, C, F, N, U = (
    *(Verdict.PROHIBITED, Verdict.RESTRICTED, Verdict.CAUTION),
    *(Verdict.FAVOURED, Verdict.CLEAR, Verdict.CANNOT_TELL),
)
NO_ANSWER = InvalidRequestError("no number")


def answer(verdict: Verdict, *could_be: Verdict) -> Decision:
    return Decision("", verdict, TraceRef("r"), gaps=tuple(Gap("source_stale", one) for one in could_be))


@pytest.mark.parametrize(
    ("results", "expected"),
    [
        ([answer(N), answer(N)], N),
        ([answer(F), answer(N)], F),
        ([answer(N), answer(F)], N),
        ([answer(F), answer(C)], C),
        ([answer(R), answer(C), answer(P)], P),
        ([answer(N), answer(U, P)], U),
        ([answer(R), answer(U, C)], R),
        ([answer(R), answer(U, R)], R),
        ([answer(R), answer(U, P)], U),
        ([answer(P), answer(U, P)], P),
        ([answer(N), answer(U)], U),
        ([answer(N), NO_ANSWER], None),
        ([NO_ANSWER, answer(R)], None),
        ([NO_ANSWER, answer(P)], P),
        ([NO_ANSWER], None),
    ],
)
def test_the_strictest_of_several(results: list[Decision | InvalidRequestError], expected: Verdict | None) -> None:
    assert strictest(results) is expected


def test_ids_come_from_the_run_the_row_and_the_place() -> None:
    person = RosterPerson("principal", Subject.natural_person("1"))
    rows = [RosterRow(Subject.legal_entity("a"), (person, person), key="17"), RosterRow(Subject.legal_entity("b"))]
    (batch,) = Screening("tender.bid", run_id="run").batches(rows)
    assert [question.request_id for question in batch.questions] == ["run.17.0", "run.17.1", "run.17.2", "run.2.0"]
    runs = {new_run_id() for _ in range(1000)}
    assert len(runs) == 1000
    assert not any(character.isdigit() for run in runs for character in run), "no part may look like a person's number"


@pytest.mark.parametrize("rows", [[Subject.legal_entity("914203990000000356")], "ab", [None]])
def test_what_is_no_row_is_told_before_it_is_asked(rows: Any) -> None:
    fake = FakeGateway()
    with fake.client() as client, pytest.raises(InvalidRequestError, match=r"row 1 is a .*: expected a `RosterRow`"):
        list(client.screen(rows, "tender.bid"))
    assert fake.records == []
