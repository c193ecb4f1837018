"""What holds of every decision: order never matters, what is over adds nothing, gaps never hide, bytes never vary."""

import os
import random
import subprocess
import sys
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import msgspec
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from xingate_server.catalogues import load
from xingate_server.core.admission.duplicates import Listed, resolve
from xingate_server.core.catalogue import STRICTNESS, Effect, Measure, Posture, Reach, Verdict, verdict_of
from xingate_server.core.decide.decide import decide
from xingate_server.core.decide.decision import Decision, GapReason, Question, Situation, SourceState, encode
from xingate_server.core.entry import Entry, Role, Severity, Standing, Status, StatusReason, is_void, standing
from xingate_server.core.subject import EntityRef, Held, Registration, SubjectFile, SubjectKind

TODAY = date(2026, 7, 1)
COMPANY = EntityRef("示例一号有限公司", "91420399000000019G")
LIST_TYPES = (
    "black.tax_evasion",
    "black.environment",
    "black.judgment_default",
    "criticised.environment_project",
    "red.integrity_model",
    "watch.key_monitoring",
    "grade.credit",
    "general.ordinary",
    "penalty.administrative",
    "commitment.breached",
)
GOLDEN_CASE = Path(__file__).parents[1] / "golden" / "golden_case.py"


CATALOGUES = {posture: load(["shiyan2017", "international"], posture) for posture in Posture}
PLANNED = CATALOGUES[Posture.AS_PLANNED_2017]
ACTIONS = [action.id for action in PLANNED.actions]
any_time = settings(deadline=None)  # a busy machine is no fault of the rules
days = st.dates(date(2022, 1, 1), date(2027, 12, 31))


@st.composite
def entries(draw: st.DrawFn, list_types: tuple[str, ...] = LIST_TYPES, keys: str = "ABCDE") -> Entry:
    """Rows as admission lets them through: a validity that is not inverted, a severity on every black row."""
    list_type = draw(st.sampled_from(list_types))
    first = draw(days)
    status = draw(st.sampled_from(Status))
    return Entry(
        id=f"{list_type}/{draw(st.sampled_from(keys))}",
        list_type=list_type,
        severity=draw(st.sampled_from(Severity)) if list_type.startswith("black.") else None,
        grade=draw(st.sampled_from("AB")) if list_type == "grade.credit" else "",
        document_date=first - timedelta(days=draw(st.integers(0, 90))),
        valid_from=first,
        valid_until=draw(st.none() | st.integers(0, 900).map(lambda n: first + timedelta(days=n))),
        status=status,
        status_date=draw(st.none() | days),
        status_reason=draw(st.none() | st.sampled_from(StatusReason)),
        source=draw(st.sampled_from(("city_list", "province_list"))),
    )


@st.composite
def sources(draw: st.DrawFn) -> tuple[SourceState, ...]:
    return tuple(
        SourceState(
            kind=kind,
            provides=provides,
            admitted=draw(st.integers(0, 2)),
            coverage_from=draw(st.sampled_from((None, date(2016, 1, 1), date(2025, 1, 1)))),
            data_as_of=draw(st.sampled_from((None, date(2026, 6, 30), date(2025, 6, 30)))),
            max_age_days=30,
        )
        for kind, provides in (
            ("city_list", tuple(t for t in LIST_TYPES if t != "black.judgment_default")),
            ("judgment_debtor", ("black.judgment_default",)),
            ("double_publicity", ("penalty.administrative",)),
            ("ofac", ("international.ofac",)),
        )
        if draw(st.booleans())
    )


@st.composite
def questions(draw: st.DrawFn) -> Question:
    context = st.dictionaries(st.just("domain"), st.sampled_from(("", "environmental_protection", "roads")))
    return Question(
        action=draw(st.sampled_from(ACTIONS)),
        kind=draw(st.sampled_from(SubjectKind)),
        as_of=draw(days),
        context=draw(context),
    )


situations = st.builds(Situation, sources=sources(), checked_on=st.just(TODAY))
rows = st.lists(entries(), max_size=8)
roles = st.none() | st.sampled_from(Role)
registrations = st.lists(
    st.builds(Registration, st.just("entity_register"), st.none() | st.dates(date(2015, 1, 1), date(2027, 1, 1))),
    max_size=2,
)
postures = st.sampled_from(Posture)


def holding(own: list[Entry], role: Role | None = None) -> tuple[Held, ...]:
    kept = resolve([Listed(entry, place) for place, entry in enumerate(own)]).kept
    return tuple(Held(row.entry, role, COMPANY if role else None) for row in kept)


def restrictions(decision: Decision) -> set[tuple[str, str, str]]:
    """The restrictions found, whatever verdict the gaps then leave."""
    return {(m.id, m.entry.id if m.entry else "", m.reach) for m in decision.measures if m.effect is not Effect.FAVOUR}


@any_time
@given(rows, st.lists(entries(), max_size=3), roles, registrations, questions(), situations, postures, st.randoms())
def test_the_order_of_everything_given_never_changes_the_answer(
    own: list[Entry],
    named: list[Entry],
    role: Role | None,
    registered: list[Registration],
    question: Question,
    situation: Situation,
    posture: Posture,
    shuffle: random.Random,
) -> None:
    held = [*holding(own), *(holding(named, role) if role else ())]
    unsettled = list(holding(own[:2]))

    def answer() -> bytes:
        file = SubjectFile(held=tuple(held), registrations=tuple(registered), unsettled=tuple(unsettled))
        return encode(
            decide(
                file,
                msgspec.structs.replace(CATALOGUES[posture], measures=tuple(measures), list_types=tuple(types)),
                question,
                msgspec.structs.replace(situation, sources=tuple(states)),
            )
        )

    measures, types = list(CATALOGUES[posture].measures), list(CATALOGUES[posture].list_types)
    states = list(situation.sources)
    first = answer()
    for part in (held, registered, unsettled, measures, types, states):
        shuffle.shuffle(part)
    assert answer() == first


@any_time
@given(st.lists(entries(keys="AB"), max_size=10), st.randoms())
def test_the_order_and_the_place_of_rows_never_change_what_remains(own: list[Entry], shuffle: random.Random) -> None:
    listed = [Listed(entry, place) for place, entry in enumerate(own)]
    first = resolve(listed)
    shuffled = list(own)
    shuffle.shuffle(shuffled)
    again = resolve([Listed(entry, place) for place, entry in enumerate(shuffled)])
    assert [row.entry for row in again.kept] == [row.entry for row in first.kept]
    assert Counter((d.reason, d.is_kept) for d in again.dropped) == Counter(
        (d.reason, d.is_kept) for d in first.dropped
    )
    kept_and_gone = {row.place for row in first.kept} | {d.place for d in first.dropped}
    assert kept_and_gone == set(range(len(own)))


@any_time
@given(rows)
def test_rows_of_one_key_never_answer_for_the_same_day_twice(own: list[Entry]) -> None:
    kept = resolve([Listed(entry, place) for place, entry in enumerate(own)]).kept
    for as_of in {TODAY, *(entry.valid_from for entry in own), *(e.status_date for e in own if e.status_date)}:
        acting = Counter(row.entry.id for row in kept if standing(row.entry, as_of) is Standing.IN_FORCE)
        assert all(count == 1 for count in acting.values())


@any_time
@given(rows)
def test_no_red_entry_acts_while_a_black_one_does(own: list[Entry]) -> None:
    """Cl. 7 and 24: but for a black entry that is resumed, which no row tells."""
    kept = [row.entry for row in resolve([Listed(entry, place) for place, entry in enumerate(own)]).kept]
    for red in (e for e in kept if e.list_type.startswith("red.")):
        for black in (e for e in kept if e.list_type.startswith("black.")):
            first = max(black.valid_from, black.starts_on or black.valid_from)
            both = max(first, red.document_date)
            if standing(black, both) is Standing.IN_FORCE:
                assert standing(red, both) is not Standing.IN_FORCE


@any_time
@given(rows, entries(keys="Z"), roles, registrations, questions(), situations, postures)
def test_a_suspended_or_ended_entry_never_adds_a_restriction(
    own: list[Entry],
    added: Entry,
    role: Role | None,
    registered: list[Registration],
    question: Question,
    situation: Situation,
    posture: Posture,
) -> None:
    """An entry of a key of its own that is not in force on `as_of` leaves the restrictions just as they were."""
    assume(standing(added, question.as_of) is not Standing.IN_FORCE)
    before, after = (
        decide(SubjectFile(held=held, registrations=tuple(registered)), CATALOGUES[posture], question, situation)
        for held in (
            holding(own),
            holding([*own, added]) if role is None else (*holding(own), *holding([added], role)),
        )
    )
    assert restrictions(after) == restrictions(before)
    if is_void(added):
        told = (*after.measures, *after.suspended, *after.withheld, *after.advisory_only, *after.ended)
        assert added.id not in {m.entry.id for m in told if m.entry} | {r.entry.id for r in after.records}


@any_time
@given(rows, st.data(), questions(), situations, postures)
def test_removing_black_entries_never_makes_it_stricter(
    own: list[Entry], data: st.DataObject, question: Question, situation: Situation, posture: Posture
) -> None:
    """The restrictions found without some black entries (all rows of their keys) are among those found with them.

    The verdict itself may become CANNOT_TELL, where the removed entry stood above a gap that was there before.
    """
    blacks = sorted({entry.id for entry in own if entry.list_type.startswith("black.")})
    removed = data.draw(st.sets(st.sampled_from(blacks))) if blacks else set()
    before = decide(SubjectFile(held=holding(own)), CATALOGUES[posture], question, situation)
    fewer = holding([entry for entry in own if entry.id not in removed])
    after = decide(SubjectFile(held=fewer), CATALOGUES[posture], question, situation)
    assert restrictions(after) <= restrictions(before)
    known = {gap for gap in after.gaps if gap.reason is not GapReason.CLEAN_YEARS_UNKNOWN}
    assert known == {gap for gap in before.gaps if gap.reason is not GapReason.CLEAN_YEARS_UNKNOWN}
    if after.verdict is not Verdict.CANNOT_TELL and before.verdict is not Verdict.CANNOT_TELL:
        assert STRICTNESS[after.verdict] <= STRICTNESS[before.verdict]


@any_time
@given(rows, roles, registrations, questions(), situations, postures)
def test_the_verdict_is_what_was_found_or_what_may_be_hidden(
    own: list[Entry],
    role: Role | None,
    registered: list[Registration],
    question: Question,
    situation: Situation,
    posture: Posture,
) -> None:
    file = SubjectFile(held=holding(own, role), registrations=tuple(registered))
    decision = decide(file, CATALOGUES[posture], question, situation)
    found = max((STRICTNESS[verdict_of(m.effect, m.force)] for m in decision.measures), default=0)
    hidden = max((STRICTNESS[gap.could_be] for gap in decision.gaps), default=0)
    assert (decision.verdict is Verdict.CANNOT_TELL) is (hidden > found)
    if decision.verdict is not Verdict.CANNOT_TELL:
        assert STRICTNESS[decision.verdict] == found
        assert (decision.verdict is Verdict.CLEAR) is (not decision.measures)
    assert all(m.effect is Effect.FAVOUR for m in decision.withheld)
    assert not decision.withheld or all(m.effect is not Effect.FAVOUR for m in decision.measures)


def _could_restrict(measure: Measure, question: Question, provides: tuple[str, ...]) -> bool:
    """Told apart from the program: by the table's own words, for the plan's measures without a `when`."""
    reaches_person = set(measure.reach) != {Reach.ORGANISATION}
    reaches_organisation = not {Reach.SUBJECT, Reach.ORGANISATION}.isdisjoint(measure.reach)
    is_reached = reaches_person if question.kind is SubjectKind.NATURAL_PERSON else reaches_organisation
    names = [pattern for trigger in measure.triggers for pattern in trigger.list_types]
    is_provided = any(t == name or name == f"{t.split('.')[0]}.*" for t in provides for name in names)
    is_asked = any(p in {question.action, f"{question.action.split('.')[0]}.*"} for p in measure.actions)
    return measure.effect is not Effect.FAVOUR and not measure.when and is_reached and is_provided and is_asked


@any_time
@given(rows, questions(), situations)
def test_a_stale_adverse_source_is_never_a_clear_for_what_it_could_restrict(
    own: list[Entry], question: Question, situation: Situation
) -> None:
    stale = SourceState(
        kind="stale",
        provides=("black.tax_evasion", "black.judgment_default"),
        admitted=9,
        coverage_from=date(2016, 1, 1),
        data_as_of=question.as_of - timedelta(days=31),
        max_age_days=30,
    )
    told = msgspec.structs.replace(situation, sources=(*situation.sources, stale))
    decision = decide(SubjectFile(held=holding(own)), PLANNED, question, told)
    worst = max(
        (
            STRICTNESS[verdict_of(measure.effect, measure.force)]
            for measure in PLANNED.measures
            if _could_restrict(measure, question, stale.provides)
        ),
        default=0,
    )
    if worst:
        assert decision.verdict not in {Verdict.CLEAR, Verdict.FAVOURED}
        assert decision.verdict is Verdict.CANNOT_TELL or STRICTNESS[decision.verdict] >= worst
        assert any(gap.about == "stale" and STRICTNESS[gap.could_be] >= worst for gap in decision.gaps)
    else:
        assert all(gap.about != "stale" or STRICTNESS[gap.could_be] == 0 for gap in decision.gaps)


def test_the_bytes_are_the_same_in_two_processes_with_different_hash_seeds() -> None:
    first, second = (
        subprocess.run(
            [sys.executable, str(GOLDEN_CASE)],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
            timeout=120,
        ).stdout
        for seed in ("0", "4242")
    )
    assert len(first.splitlines()) > 100
    assert first == second
