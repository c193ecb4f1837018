"""`requires_check`: the check comes first, is recorded, and a refused function is not entered."""

import inspect
from collections.abc import Iterator

import pytest

from xingate.errors import NotGuardedError, RefusedError, UnavailableError
from xingate.guard import current_decision, requires_check
from xingate.testing import FakeGateway
from xingate.types import Subject, Verdict

CODE = "91420399MA4900000X"
COMPANY = Subject.legal_entity(CODE)


@pytest.fixture
def fake() -> Iterator[FakeGateway]:
    return FakeGateway()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_function_is_entered_only_where_the_verdict_permits(fake: FakeGateway, verdict: Verdict) -> None:
    fake.answer(CODE, "permit.grant", verdict)
    entered = []

    @requires_check("permit.grant", subject="company", client=fake.client())
    def grant(company: Subject) -> str:
        entered.append(company)
        return "granted"

    if verdict.permits:
        assert grant(COMPANY) == "granted"
    else:
        with pytest.raises(RefusedError) as caught:
            grant(COMPANY)
        assert caught.value.decision.verdict is verdict
        assert caught.value.request_id == fake.records[0].request_id
    assert bool(entered) is verdict.permits
    assert len(fake.records) == 1


def test_the_verdicts_that_refuse_can_be_chosen(fake: FakeGateway) -> None:
    fake.answer(CODE, "*", Verdict.CAUTION)
    guarded = requires_check("a", subject="company", client=fake.client(), refuse={Verdict.CAUTION})(lambda company: 1)
    with pytest.raises(RefusedError):
        guarded(COMPANY)


def test_subject_matter_and_operator_come_from_the_arguments(fake: FakeGateway) -> None:
    @requires_check(
        "permit.grant",
        subject=lambda case, officer="nobody": Subject.legal_entity(case["code"]),
        matter=lambda case, officer="nobody": case["number"],
        operator="officer",
        client=lambda: fake.client(system="permits"),
    )
    def grant(case: dict[str, str], officer: str = "nobody") -> None: ...

    grant({"code": CODE, "number": "M-1"})
    check = fake.records[0].check
    assert (check.matter, check.caller.operator, check.caller.system) == ("M-1", "nobody", "permits")
    assert check.subject_code == CODE


def test_the_function_sees_its_decision_and_nobody_else_does(fake: FakeGateway) -> None:
    fake.answer(CODE, "permit.accept", Verdict.FAVOURED, measures=["5.tolerance"])

    @requires_check("permit.accept", subject="company", client=fake.client())
    def accept(company: Subject) -> list[str]:
        return [measure.id for measure in current_decision().measures]

    assert accept(COMPANY) == ["5.tolerance"]
    with pytest.raises(NotGuardedError, match="requires_check") as caught:
        current_decision()
    assert isinstance(caught.value, LookupError)
    assert caught.value.reason == "not_guarded"


def test_without_an_answer_the_function_is_not_entered(fake: FakeGateway) -> None:
    @requires_check("permit.grant", subject="company", client=fake.client())
    def grant(company: Subject) -> None:
        pytest.fail("entered")

    with fake.outage(), pytest.raises(UnavailableError):
        grant(COMPANY)


async def test_async_functions(fake: FakeGateway) -> None:
    fake.answer(CODE, "bad", Verdict.PROHIBITED)

    def guarded(action: str) -> object:
        @requires_check(action, subject="company", client=fake.async_client)
        async def act(company: Subject) -> str:
            return current_decision().verdict.name

        return act

    assert inspect.iscoroutinefunction(guarded("good"))
    assert await guarded("good")(COMPANY) == "CLEAR"
    with pytest.raises(RefusedError):
        await guarded("bad")(COMPANY)


async def test_a_client_of_the_wrong_kind_is_a_type_error_and_no_lookup(fake: FakeGateway) -> None:
    @requires_check("a", subject="company", client=fake.client())
    async def act(company: Subject) -> None: ...

    @requires_check("a", subject="company", client=fake.async_client())
    def act_now(company: Subject) -> None: ...

    with pytest.raises(TypeError, match="AsyncClient"):
        await act(COMPANY)
    with pytest.raises(TypeError, match="Client"):
        act_now(COMPANY)
    assert fake.records == []


def test_a_parameter_that_does_not_exist_is_found_at_decoration(fake: FakeGateway) -> None:
    with pytest.raises(TypeError, match="`firm`"):
        requires_check("a", subject="firm", client=fake.client())(lambda company: None)


def test_methods_are_guarded_too_and_keep_their_name(fake: FakeGateway) -> None:
    class Desk:
        @requires_check("a", subject="company", client=fake.client())
        def grant(self, company: Subject) -> int:
            """Grant it."""
            return 1

    assert Desk().grant(company=COMPANY) == 1
    assert (Desk.grant.__name__, Desk.grant.__doc__) == ("grant", "Grant it.")
