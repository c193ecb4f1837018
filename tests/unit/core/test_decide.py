"""`core.decide.decide` and `core.decide.matching`: the words of an answer beside the ids in the golden cases."""

from collections.abc import Mapping
from datetime import date
from typing import Any

import msgspec
import pytest

from xingate_server.core.catalogue import (
    Audience,
    BasicListItem,
    Catalogue,
    Effect,
    Force,
    LegalBasis,
    ListType,
    Measure,
    Obligation,
    Posture,
    Procedure,
    Reach,
    Remedy,
    Title,
    Trigger,
    Verdict,
)
from xingate_server.core.decide.decide import decide
from xingate_server.core.decide.decision import (
    Applied,
    Decision,
    Flag,
    GapReason,
    Question,
    ShownObligation,
    Situation,
    Via,
    digest,
    encode,
)
from xingate_server.core.decide.matching import When, own_reach, reach_of, sets_off, when_of
from xingate_server.core.entry import Entry, Role, Severity, Status, StatusReason
from xingate_server.core.subject import EntityRef, Held, Profile, Registration, SubjectClass, SubjectFile, SubjectKind

TODAY = date(2026, 7, 1)
CHANGED = date(2026, 2, 16)
OLD_LAW = LegalBasis("示例旧办法", "一", "示例", date(2020, 1, 1), date(2025, 12, 31))
NEW_LAW = LegalBasis("示例新办法", "二", "示例", date(2026, 1, 1))
BLACK = Trigger(name="black", list_types=("black.*",), severities=(Severity.SERIOUS, Severity.EXCEPTIONAL))
RED = Trigger(name="red", list_types=("red.*",))
REMEDIES = (
    Remedy("objection", Title("异议", "Object"), "示例"),
    Remedy("repair", Title("修复", "Repair"), "示例"),
)


def measure(name: str, **cells: Any) -> Measure:
    """A mandatory limit of `act.do` by black entries, reach S, but for `cells`."""
    complete = {
        "title": Title(f"措施{name}", f"measure {name}"),
        "clause": "1",
        "actions": ("act.do",),
        "effect": Effect.LIMIT,
        "force": Force.MANDATORY,
        "reach": (Reach.SUBJECT,),
        "triggers": (BLACK,),
        "basis": (OLD_LAW, NEW_LAW),
        "bodies": ("示例局",),
    }
    return Measure(id=name, **(complete | cells))


def list_type(name: str, **cells: Any) -> ListType:
    complete = {
        "title": Title(f"名单{name}", name),
        "family": "example",
        "procedure": Procedure.NOTICE,
        "audience": Audience.PUBLIC,
        "clause": "1",
    }
    return ListType(id=name, **(complete | cells))


def catalogue(*measures: Measure, posture: Posture = Posture.AS_PLANNED_2017) -> Catalogue:
    return Catalogue(
        name="example",
        edition="1",
        posture=posture,
        actions=(),
        list_types=(
            list_type("black.example"),
            list_type("red.example"),
            list_type("foreign.list", is_foreign_only=True),
        ),
        measures=measures,
        remedies=REMEDIES,
    )


def entry(name: str = "B1", kind: str = "black.example", **cells: Any) -> Entry:
    complete: Mapping[str, Any] = {
        "severity": Severity.SERIOUS if kind.startswith("black.") else None,
        "authority": "示例局",
        "document_no": "示例1号",
        "document_date": date(2025, 3, 10),
        "valid_from": date(2025, 3, 10),
    }
    return Entry(id=name, list_type=kind, **{**complete, **cells})


def answer(
    *held: Held | Entry,
    measures: tuple[Measure, ...] = (measure("m"),),
    posture: Posture = Posture.AS_PLANNED_2017,
    as_of: date = TODAY,
    **more: Any,
) -> Decision:
    file = SubjectFile(held=tuple(h if isinstance(h, Held) else Held(h) for h in held), **more.pop("file", {}))
    question = Question(action="act.do", kind=more.pop("kind", SubjectKind.LEGAL_ENTITY), as_of=as_of, **more)
    return decide(file, catalogue(*measures, posture=posture), question, Situation(sources=(), checked_on=TODAY))


def only(applied: tuple[Applied, ...]) -> Applied:
    assert len(applied) == 1, applied
    return applied[0]


def test_a_measure_says_all_that_is_needed_to_contest_it() -> None:
    given = entry(facts="示例事由", region="示例市", field="示例", source="city_list", valid_until=date(2028, 3, 9))
    limit = measure(
        "m",
        obligations=(Obligation(kind="strict", title=Title("从严", "strictly"), parameters={"days": "20"}),),
        basic_list=BasicListItem("INVENTED-0000", "INVENTED-1"),
    )
    applied = only(answer(given, measures=(limit,)).measures)
    assert (applied.title, applied.clause, applied.effect, applied.force) == (
        limit.title,
        "1",
        Effect.LIMIT,
        Force.MANDATORY,
    )
    assert applied.obligations == (
        ShownObligation(kind="strict", title=Title("从严", "strictly"), parameters={"days": "20"}),
    )
    assert applied.basic_list == limit.basic_list
    assert applied.remedies == REMEDIES
    assert applied.via is None
    assert (applied.because, applied.evidence) == ("", "")
    shown = applied.entry
    assert shown is not None
    assert shown.title == Title("名单black.example", "black.example")
    assert (shown.authority, shown.document_no, shown.document_date) == ("示例局", "示例1号", date(2025, 3, 10))
    assert (shown.valid_from, shown.valid_until) == (date(2025, 3, 10), date(2028, 3, 9))
    assert (shown.facts, shown.region, shown.field, shown.source) == ("示例事由", "示例市", "示例", "city_list")


@pytest.mark.parametrize(("as_of", "basis"), [(date(2025, 12, 31), OLD_LAW), (date(2026, 1, 1), NEW_LAW)])
def test_only_the_instrument_in_force_on_the_day_is_named(as_of: date, basis: LegalBasis) -> None:
    assert only(answer(entry(), as_of=as_of).measures).basis == (basis,)


def test_an_incentive_names_no_remedies() -> None:
    favour = measure("f", effect=Effect.FAVOUR, triggers=(RED,))
    assert only(answer(entry("R1", "red.example"), measures=(favour,)).measures).remedies == ()


def test_a_relation_names_role_and_entity() -> None:
    reached = measure("m", reach=(Reach.DIRECTOR,))
    held = Held(entry(), Role.DIRECTOR, EntityRef("示例一号有限公司", "91420399000000019G"))
    applied = only(answer(held, measures=(reached,), kind=SubjectKind.NATURAL_PERSON).measures)
    assert applied.reach == "director"
    assert applied.via == Via(role="director", entity_name="示例一号有限公司", entity_code="91420399000000019G")


@pytest.mark.parametrize(
    ("cells", "because"),
    [
        (
            {"status": Status.SUSPENDED, "status_date": CHANGED, "status_reason": StatusReason.COURT},
            "suspended (court) since 2026-02-16",
        ),
        ({"status": Status.SUSPENDED, "status_date": CHANGED}, "suspended (unknown) since 2026-02-16"),
        (
            {"status": Status.SUSPENDED, "status_reason": StatusReason.OBJECTION},
            "suspended (objection), without a date",
        ),
    ],
)
def test_what_is_suspended_says_why_and_since_when(cells: dict[str, Any], because: str) -> None:
    decision = answer(entry(**cells))
    assert decision.verdict is Verdict.CLEAR
    assert only(decision.suspended).because == because


@pytest.mark.parametrize(
    ("cells", "because"),
    [
        ({"valid_until": date(2026, 1, 31)}, "expired after 2026-01-31"),
        ({"status": Status.REPAIRED, "status_date": CHANGED}, "repaired on 2026-02-16"),
        (
            {"status": Status.REPAIRED, "status_date": CHANGED, "valid_until": date(2026, 3, 1)},
            "repaired on 2026-02-16",
        ),
        ({"status": Status.EXITED}, "exited, without a date"),
        ({"stops_on": CHANGED, "stop_reason": "blacklisted"}, "blacklisted on 2026-02-16"),
        ({"stops_on": date(2026, 3, 1), "stop_reason": "blacklisted"}, "blacklisted on 2026-03-01"),
        (
            {"stops_on": CHANGED, "stop_reason": "superseded", "valid_until": date(2026, 2, 20)},
            "superseded on 2026-02-16",
        ),
        (
            {"stops_on": date(2026, 6, 1), "stop_reason": "superseded", "valid_until": date(2026, 2, 20)},
            "expired after 2026-02-20",
        ),
    ],
)
def test_what_has_ended_says_why_and_when(cells: dict[str, Any], because: str) -> None:
    assert only(answer(entry(**cells), as_of=date(2026, 3, 1)).ended).because == because


def test_a_later_change_of_status_is_not_told_for_an_earlier_day() -> None:
    repaired = entry(status=Status.REPAIRED, status_date=CHANGED)
    before = only(answer(repaired, as_of=date(2026, 2, 15)).measures).entry
    after = only(answer(repaired, as_of=CHANGED).ended).entry
    assert before is not None
    assert (before.status, before.status_date) == (Status.ACTIVE, None)
    assert after is not None
    assert (after.status, after.status_date) == (Status.REPAIRED, CHANGED)


def test_what_is_withheld_says_which_of_the_two_grounds() -> None:
    favour = measure("f", effect=Effect.FAVOUR, triggers=(RED,))
    other_action = measure("m", actions=("another.act",))
    unnamed = measure("m", triggers=(msgspec.structs.replace(BLACK, name=""),))
    for restriction, because in (
        (other_action, "an own black entry is in force"),
        (unnamed, "this very action is barred or limited"),
    ):
        decision = answer(entry(), entry("R1", "red.example"), measures=(favour, restriction))
        assert only(decision.withheld).because == because


@pytest.mark.parametrize(
    "restriction",
    [
        measure("m", actions=("another.act",), when={"domain": "roads"}),
        measure("m", actions=("another.act",), basis=(OLD_LAW,)),
        measure("m", actions=("another.act",), reach=(Reach.PERSON,)),
    ],
    ids=["its `when` is not met", "its basis has lapsed", "it does not reach the subject"],
)
def test_a_black_measure_that_does_not_act_withholds_nothing(restriction: Measure) -> None:
    favour = measure("f", effect=Effect.FAVOUR, triggers=(RED,))
    decision = answer(entry(), entry("R1", "red.example"), measures=(favour, restriction))
    assert [m.id for m in decision.measures] == ["f"]
    assert decision.withheld == ()


def test_what_is_advisory_only_names_the_posture() -> None:
    decision = answer(entry(), posture=Posture.BASIC_LIST_ONLY)
    assert decision.verdict is Verdict.CLEAR
    assert only(decision.advisory_only).because == (
        "the posture basic-list-only asks for an item in the national basic list"
    )


def test_an_ended_entry_that_could_not_act_is_not_told() -> None:
    decision = answer(entry(valid_until=CHANGED), as_of=date(2026, 3, 1), posture=Posture.BASIC_LIST_ONLY)
    assert decision == Decision(verdict=Verdict.CLEAR)


def test_a_list_type_that_the_catalogue_lost_is_shown_by_its_id() -> None:
    shown = only(answer(entry(kind="black.forgotten")).measures).entry
    assert shown is not None
    assert shown.title == Title("black.forgotten", "black.forgotten")


def test_flags_of_entries_registrations_and_kind_stand_once_each_in_order() -> None:
    file = {
        "profiles": (Profile(SubjectKind.SOLE_TRADER, "示例", "示例"),),
        "registrations": (Registration("entity_register", None, ("legacy_code_in_register",)),),
    }
    decision = answer(entry("B2", flags=("masked", "inner_check_mismatch")), entry("B1", flags=("masked",)), file=file)
    assert decision.flags == (
        Flag(code="inner_check_mismatch", detail="B2"),
        Flag(code="kind_mismatch", detail="sole_trader"),
        Flag(code="legacy_code_in_register", detail="entity_register"),
        Flag(code="masked", detail="B1"),
        Flag(code="masked", detail="B2"),
    )


def test_a_kind_that_one_of_the_lists_states_is_no_mismatch() -> None:
    kinds = (SubjectKind.SOLE_TRADER, SubjectKind.LEGAL_ENTITY)
    assert answer(file={"profiles": tuple(Profile(kind, "示例", "示例") for kind in kinds)}).flags == ()


def test_rows_of_one_key_that_ended_for_different_reasons_stand_in_one_order() -> None:
    first = entry(stops_on=CHANGED, stop_reason="superseded")
    last = entry(starts_on=date(2026, 3, 1), valid_until=date(2026, 4, 1))
    one, other = answer(first, last, as_of=date(2026, 5, 1)), answer(last, first, as_of=date(2026, 5, 1))
    assert len(one.ended) == 2
    assert encode(one) == encode(other)


def test_nothing_acts_and_nothing_is_told_while_the_identity_is_open() -> None:
    file = SubjectFile(held=(Held(entry(flags=("masked",))),), unsettled=(Held(entry("B2")),))
    decision = decide(
        file,
        catalogue(measure("m")),
        Question(action="act.do", kind=SubjectKind.LEGAL_ENTITY, as_of=TODAY),
        Situation(sources=(), checked_on=TODAY, identity=(GapReason.IDENTITY_MASKED, GapReason.IDENTITY_MASKED)),
    )
    assert decision == Decision(verdict=Verdict.CANNOT_TELL, gaps=decision.gaps)
    assert [(gap.reason, gap.could_be) for gap in decision.gaps] == [(GapReason.IDENTITY_MASKED, Verdict.PROHIBITED)]


def test_the_digest_changes_with_any_word_of_the_answer() -> None:
    one, same, other = answer(entry()), answer(entry()), answer(entry(facts="示例事由"))
    assert digest(one) == digest(same)
    assert digest(one) != digest(other)
    assert len(digest(one)) == 64


# -- matching


@pytest.mark.parametrize(
    ("context", "outcome"),
    [
        ({}, When.UNKNOWN),
        ({"domain": "roads"}, When.UNKNOWN),
        ({"domain": "roads", "stage": ""}, When.UNKNOWN),
        ({"domain": "roads", "stage": "bid"}, When.MATCHES),
        ({"domain": "roads", "stage": "award"}, When.DIFFERS),
        ({"domain": "water"}, When.DIFFERS),
        ({"domain": "roads", "stage": "bid", "colour": "red"}, When.MATCHES),
    ],
)
def test_every_attribute_of_a_when_must_match(context: dict[str, str], outcome: When) -> None:
    assert when_of(measure("m", when={"domain": "roads", "stage": "bid"}), context) is outcome


def test_a_measure_without_a_when_always_matches() -> None:
    assert when_of(measure("m"), {"domain": "roads"}) is When.MATCHES


@pytest.mark.parametrize(
    ("reach", "subject_class", "own"),
    [
        (Reach.SUBJECT, SubjectClass.ORGANISATION, Reach.SUBJECT),
        (Reach.SUBJECT, SubjectClass.PERSON, Reach.SUBJECT),
        (Reach.ORGANISATION, SubjectClass.ORGANISATION, Reach.ORGANISATION),
        (Reach.ORGANISATION, SubjectClass.PERSON, None),
        (Reach.PERSON, SubjectClass.PERSON, Reach.PERSON),
        (Reach.PERSON, SubjectClass.ORGANISATION, None),
        (Reach.DIRECTOR, SubjectClass.PERSON, None),
    ],
)
def test_the_reach_through_an_own_entry(reach: Reach, subject_class: SubjectClass, own: Reach | None) -> None:
    assert own_reach(measure("m", reach=(reach,)), subject_class) is own
    assert reach_of(measure("m", reach=(reach,)), Held(entry()), subject_class) is own


@pytest.mark.parametrize("role", Role)
def test_each_role_is_reached_by_its_own_reach_alone(role: Role) -> None:
    held = Held(entry(), role, EntityRef("示例一号有限公司", "91420399000000019G"))
    reaches = {
        reach for reach in Reach if reach_of(measure("m", reach=(reach,)), held, SubjectClass.PERSON) is not None
    }
    assert reaches == {Reach(role.value)}


def test_a_foreign_only_list_acts_on_foreign_subjects_only() -> None:
    limit = measure("m", triggers=(Trigger(list_types=("foreign.*",)),))
    one = catalogue(limit)
    assert not sets_off(limit, entry(kind="foreign.list"), one)
    assert sets_off(limit, entry(kind="foreign.list", foreign=True), one)
    assert sets_off(limit, entry(kind="foreign.binding"), one)
