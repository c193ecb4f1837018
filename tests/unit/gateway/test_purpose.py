"""A natural person is asked about only with organisation, operator and matter (DESIGN section 5, `purpose_missing`).

People are invented (division 990000, which was never issued).
"""

import itertools
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.support import blocking
from tests.support.city_list import compile_rows, row

from xingate_server.core.subject import SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.errors import InvalidQuestionError
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.matter import Member
from xingate_server.gateway.question import MAX_TEXT
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.memory import MemoryLog

COMPANY, HUMAN = unified_code(1), citizen_number(5)
FIELDS = {"organisation": "caller.organisation", "operator": "caller.operator", "matter": "matter"}
PURPOSE = {"organisation": "示例局", "operator": "示例员", "matter": "M-1"}
BLANK = ("", " ", "\u3000 ", "\u3164\u2800")
WAYS: list[dict[str, Any]] = [
    {"identifiers": (("citizen_id", HUMAN),)},
    {"identifiers": (("", HUMAN),), "name": "某乙"},
    {"identifiers": (("passport", "E12345678"),)},
    {"identifiers": (("", HUMAN[:6] + "*" * 8 + HUMAN[-4:]),)},
    {"name": "某乙"},
]
"""By number, by number and name, by another document, by a mask, by name alone."""


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("purpose") / "state"
    compile_rows(state, row(2, "示例一公司", COMPANY), row(3, "某乙", HUMAN, subject_kind="natural_person"))
    return state


@pytest.fixture
def log() -> MemoryLog:
    return MemoryLog()


@pytest.fixture
def gateway(state: Path, log: MemoryLog) -> Gateway:
    return Gateway(SnapshotSet(state), log)


def person(**fields: Any) -> Command:
    given = {"kind": SubjectKind.NATURAL_PERSON, "action": "permit.grant"}
    return Command(**(given | PURPOSE | fields))


def lacking() -> Iterator[tuple[dict[str, str], str]]:
    """Every combination that lacks something, and the first field that is missing."""
    for values in itertools.product(("given", *BLANK), repeat=3):
        fields = {
            name: PURPOSE[name] if value == "given" else value for name, value in zip(FIELDS, values, strict=True)
        }
        missing = [FIELDS[name] for name in FIELDS if fields[name] in BLANK]
        if missing:
            yield fields, missing[0]


@pytest.mark.parametrize("way", WAYS, ids=range(len(WAYS)))
def test_without_any_of_them_nothing_is_told_and_nothing_recorded(
    gateway: Gateway, log: MemoryLog, way: dict[str, Any]
) -> None:
    for fields, missing in lacking():
        with pytest.raises(InvalidQuestionError) as caught:
            blocking.check(gateway, person(**way, **fields))
        assert (caught.value.reason, caught.value.field) == ("purpose_missing", missing)
        assert str(caught.value).startswith(f"{missing} is missing: ")
        assert HUMAN not in str(caught.value)
        assert "某乙" not in str(caught.value)
    assert log.size() == 0
    assert isinstance(blocking.check(gateway, person(**way)), Answer)


@pytest.mark.parametrize("kind", [SubjectKind.LEGAL_ENTITY, SubjectKind.SOLE_TRADER])
def test_organisations_may_be_asked_about_without(gateway: Gateway, kind: SubjectKind) -> None:
    for fields, _ in lacking():
        assert blocking.check(gateway, Command(kind=kind, action="permit.grant", name="示例一公司", **fields))


def test_it_is_judged_before_a_retry_is_looked_up(gateway: Gateway) -> None:
    given = {"identifiers": (("citizen_id", HUMAN),), "request_id": "r-1"}
    blocking.check(gateway, person(**given))
    with pytest.raises(InvalidQuestionError) as caught:
        blocking.check(gateway, person(**given, operator=""))
    assert caught.value.reason == "purpose_missing", "neither the stored answer, nor request_id_reused"


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"identifiers": (("", HUMAN[:17]),), "matter": ""}, "identifier_malformed"),
        ({"matter": ""}, "subject_missing"),
        ({"name": "某乙", "as_of": "05.01.2026", "matter": ""}, "date_malformed"),
        ({"name": "某乙", "operator": "x" * (MAX_TEXT + 1), "matter": ""}, "operator_malformed"),
        ({"name": "某乙", "action": "", "matter": ""}, "action_missing"),
        ({"name": "某乙", "action": "no.such", "matter": ""}, "purpose_missing"),
    ],
)
def test_what_cannot_be_read_at_all_is_named_first(gateway: Gateway, fields: dict[str, Any], reason: str) -> None:
    with pytest.raises(InvalidQuestionError) as caught:
        blocking.check(gateway, person(**fields))
    assert caught.value.reason == reason


async def test_of_several_each_by_itself(gateway: Gateway, log: MemoryLog) -> None:
    whole = person(identifiers=(("citizen_id", HUMAN),))
    company = Command(kind=SubjectKind.LEGAL_ENTITY, action="permit.grant", identifiers=(("uscc", COMPANY),))
    first, second, third = await gateway.checker.check_many([whole, person(name="某乙", matter=""), company])
    assert isinstance(first, Answer)
    assert isinstance(second, InvalidQuestionError)
    assert (second.reason, second.field) == ("purpose_missing", "matter")
    assert isinstance(third, Answer)
    assert log.size() == 2


@pytest.mark.parametrize("field", FIELDS)
async def test_a_matter_fails_whole(gateway: Gateway, log: MemoryLog, field: str) -> None:
    asked = PURPOSE | {field: ""}
    company = Command(kind=SubjectKind.LEGAL_ENTITY, action="permit.grant", identifiers=(("uscc", COMPANY),), **asked)
    members = (Member("applicant", company), Member("legal_representative", person(name="某乙", **asked)))
    with pytest.raises(InvalidQuestionError) as caught:
        await gateway.checker.check_matter("m-1", members)
    assert (caught.value.reason, caught.value.field) == ("purpose_missing", FIELDS[field])
    assert log.size() == 0
    if field == "matter":  # which every matter check needs, also one about organisations alone
        with pytest.raises(InvalidQuestionError, match="the matter is missing"):
            await gateway.checker.check_matter("m-1", members[:1])
        return
    _, (alone,) = await gateway.checker.check_matter("m-1", members[:1])
    assert alone, "without a person in it, it is answered"


def test_a_record_of_before_is_still_decided_again(state: Path, tmp_path: Path) -> None:
    """The rule is about asking: what an older release recorded without a purpose stays readable and replayable."""
    from xingate_server.gateway import question
    from xingate_server.gateway.records.replay import ReplayResult, replay

    kept = shutil.copytree(state, tmp_path / "state", symlinks=True)
    gateway = Gateway(SnapshotSet(kept), MemoryLog())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(question, "check_purpose", lambda _: None)  # as an older release asked
        answer = blocking.check(gateway, person(identifiers=(("citizen_id", HUMAN),), matter="", operator=""))
    assert replay(gateway.records.get(answer.record_id), SnapshotSet(kept)).result is ReplayResult.SAME
