"""A decider that remembers gives what a new one gives, on every day, and both give what the plain rules say."""

import gc
import weakref
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from xingate_server.catalogues import load
from xingate_server.core.catalogue import (
    STRICTNESS,
    Audience,
    BasicListItem,
    Catalogue,
    Effect,
    LegalBasis,
    Measure,
    Posture,
    Reach,
    Trigger,
    Verdict,
    acts_under,
    in_force,
    matches,
    verdict_of,
)
from xingate_server.core.decide.decide import Decider, decide
from xingate_server.core.decide.decision import Decision, GapReason, Question, Situation, SourceState, digest, encode
from xingate_server.core.decide.matching import When, reach_of, sets_off, when_of
from xingate_server.core.entry import Entry, Role, Severity, Standing, Status, StatusReason, standing
from xingate_server.core.subject import (
    EMPTY_FILE,
    EntityRef,
    Held,
    Profile,
    Registration,
    SubjectFile,
    SubjectKind,
    class_of,
)

PLANNED = load(["shiyan2017", "international"])
ACTIONS = ["permit.accept", "permit.grant", "tender.bid", "funding.apply", "association.membership", "none.such"]
LIST_TYPES = [t.id for t in PLANNED.list_types]
# First and last days: of the laws below, of the year, of the sources, and 29 February.
DAYS = [
    date(2025, 12, 31),
    date(2026, 1, 1),
    date(2026, 6, 30),
    date(2026, 7, 30),
    date(2026, 7, 31),
    date(2024, 2, 29),
]
LAWS = (
    LegalBasis("示例旧办法", "一", "示例", date(2020, 1, 1), date(2025, 12, 31)),
    LegalBasis("示例新办法", "二", "示例", date(2026, 1, 1), date(2026, 7, 30)),
)
REASONS = [r for r in GapReason if r.startswith("identity") and r is not GapReason.IDENTITY_UNSETTLED]
IDENTITY = st.just(()) | st.just(()) | st.sampled_from(REASONS).map(lambda reason: (reason,))
any_time = settings(deadline=None)  # a busy machine is no fault of the rules
days = st.sampled_from(DAYS) | st.dates(date(2022, 1, 1), date(2027, 12, 31))


@st.composite
def measures(draw: st.DrawFn, measure: Measure) -> Measure:
    """One of the plan's, perhaps with other laws, attributes, reach, triggers, or an item in the basic list."""
    change = draw(st.integers(0, 7))
    attributes = st.dictionaries(st.sampled_from(("domain", "x")), st.sampled_from(("roads", "rail")), min_size=1)
    if change == 0:
        return msgspec.structs.replace(measure, basis=LAWS)
    if change == 1:
        return msgspec.structs.replace(measure, when=draw(attributes))
    if change == 2:
        return msgspec.structs.replace(measure, reach=tuple(draw(st.sets(st.sampled_from(Reach), min_size=1))))
    if change == 3:
        return msgspec.structs.replace(measure, basic_list=BasicListItem("INVENTED-0000", "INVENTED-1"))
    if change == 4:
        more = Trigger(list_types=("grade.*", "watch.*"), grades=("A",)), Trigger(clean_years=draw(st.integers(1, 3)))
        return msgspec.structs.replace(measure, triggers=(*measure.triggers, draw(st.sampled_from(more))))
    return measure


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    return msgspec.structs.replace(
        PLANNED,
        posture=draw(st.sampled_from(Posture)),
        measures=tuple(draw(measures(measure)) for measure in PLANNED.measures),
    )


entries = st.builds(
    Entry,
    id=st.sampled_from("ABC"),
    list_type=st.sampled_from([*LIST_TYPES, "unknown.list"]),
    severity=st.none() | st.sampled_from(Severity),
    grade=st.sampled_from(("", "A", "Z")),
    document_date=days,
    valid_from=days,
    valid_until=st.none() | days,
    status=st.just(Status.ACTIVE) | st.sampled_from(Status),
    status_date=st.none() | days,
    status_reason=st.none() | st.sampled_from(StatusReason),
    repairable=st.none() | st.booleans(),
    foreign=st.booleans(),
    stops_on=st.none() | days,
    flags=st.just(()) | st.just(("unsure",)),
)
names = st.lists(st.sampled_from("甲乙"), max_size=1).map(tuple)
company = st.just(EntityRef("示例一号有限公司", "91420399000000019G"))
own = st.builds(Held, entries, names=names)
reached = st.builds(Held, entries, st.sampled_from(Role), company, names)
helds = st.lists(own | reached, max_size=4).map(tuple)
registrations = st.builds(
    Registration, st.just("register"), st.none() | st.dates(date(2015, 1, 1), date(2026, 1, 1)), st.just(())
)
files = st.just(EMPTY_FILE) | st.builds(
    SubjectFile,
    profiles=st.lists(
        st.builds(Profile, st.sampled_from(SubjectKind), st.just("示例"), st.just("示例")), max_size=2
    ).map(tuple),
    held=helds,
    registrations=st.lists(registrations, max_size=2).map(tuple),
    unsettled=helds,
)
contexts = st.dictionaries(st.sampled_from(("domain", "x", "other")), st.sampled_from(("", "roads", "rail", "air")))
questions = st.builds(
    Question,
    action=st.sampled_from(ACTIONS),
    kind=st.sampled_from(SubjectKind),
    as_of=days,
    context=contexts,
    names=names,
    is_foreign=st.booleans(),
    bodies=st.none() | st.just(()) | st.sampled_from([m.bodies for m in PLANNED.measures]),
)
states = st.builds(
    SourceState,
    kind=st.sampled_from(("one", "two")),
    provides=st.lists(st.sampled_from(LIST_TYPES), min_size=1, max_size=4).map(tuple),
    admitted=st.integers(0, 2),
    coverage_from=st.sampled_from((None, date(2016, 1, 1), date(2026, 1, 1))),
    data_as_of=st.sampled_from((None, date(2025, 12, 1), date(2026, 6, 30))),
    max_age_days=st.just(30),
)
situations = st.builds(
    Situation,
    sources=st.lists(states, max_size=3).map(tuple),
    checked_on=days,
    identity=IDENTITY,
    audience=st.sampled_from(Audience),
)


@any_time
@given(catalogues(), st.lists(st.tuples(files, questions, situations), min_size=2, max_size=8))
def test_what_is_remembered_never_changes_an_answer(
    catalogue: Catalogue, cases: list[tuple[SubjectFile, Question, Situation]]
) -> None:
    decider = Decider(catalogue)
    for file, question, situation in [*cases, *cases]:
        fresh = decide(file, catalogue, question, situation)
        encoded = decider.encoded(file, question, situation)
        assert encoded.encoded == encode(fresh) == encode(decider.decide(file, question, situation))
        assert encoded.digest == digest(fresh)
        copied = msgspec.json.decode(msgspec.json.encode(situation), type=Situation)
        assert encode(decider.decide(file, question, copied)) == encoded.encoded


@any_time
@given(catalogues(), files, questions, situations)
def test_each_day_is_decided_by_itself(
    catalogue: Catalogue, file: SubjectFile, question: Question, situation: Situation
) -> None:
    """Midnight, the year's end, and the first and last day of a law or a source: the same decider, day by day."""
    decider = Decider(catalogue)
    for first in DAYS:
        for as_of in (first - timedelta(days=1), first, first + timedelta(days=1)):
            asked = msgspec.structs.replace(question, as_of=as_of)
            assert decider.decide(file, asked, situation) == decide(file, catalogue, asked, situation)


def _meeting(catalogue: Catalogue, held: Held, question: Question) -> Iterator[tuple[Measure, Reach, bool]]:
    """The measures that an entry sets off, by the rules as they are written; whether each may act."""
    for measure in catalogue.measures:
        reach = reach_of(measure, held, class_of(question.kind))
        if (
            reach is not None
            and sets_off(measure, held.entry, catalogue)
            and any(matches(pattern, question.action) for pattern in measure.actions)
            and when_of(measure, question.context) is When.MATCHES
            and in_force(measure.basis, question.as_of)
        ):
            yield measure, reach, acts_under(measure, catalogue.posture)


def _told(decision: Decision) -> dict[str, list[tuple[str, str, str]]]:
    parts = ("measures", "withheld", "suspended", "advisory_only", "ended")
    return {
        part: sorted((m.id, m.entry.id, m.reach) for m in getattr(decision, part) if m.entry is not None)
        for part in parts
    }


@any_time
@given(catalogues(), files, questions, situations)
def test_each_part_holds_what_the_plain_rules_say(
    catalogue: Catalogue, file: SubjectFile, question: Question, situation: Situation
) -> None:
    expected: dict[str, list[tuple[str, str, str]]] = {
        part: [] for part in ("acting", "suspended", "advisory_only", "ended")
    }
    is_asked_later = question.as_of != situation.checked_on and situation.audience is not Audience.PUBLIC
    for held in file.held if not situation.identity else ():
        state = standing(held.entry, question.as_of)
        for measure, reach, does_act in _meeting(catalogue, held, question):
            row = (measure.id, held.entry.id, reach.value)
            if state is Standing.IN_FORCE:
                expected["acting" if does_act else "advisory_only"].append(row)
            elif state is Standing.SUSPENDED and does_act:
                expected["suspended"].append(row)
            elif state is Standing.ENDED and does_act and is_asked_later:
                expected["ended"].append(row)
    decision = Decider(catalogue).decide(file, question, situation)
    told = _told(decision)
    assert sorted(told["measures"] + told["withheld"]) == sorted(expected["acting"])
    assert {part: told[part] for part in ("suspended", "advisory_only", "ended")} == {
        part: sorted(expected[part]) for part in ("suspended", "advisory_only", "ended")
    }
    found = max((verdict_of(m.effect, m.force) for m in decision.measures), default=Verdict.CLEAR)
    is_hidden = any(STRICTNESS[gap.could_be] > STRICTNESS[found] for gap in decision.gaps)
    assert decision.verdict is (Verdict.CANNOT_TELL if is_hidden else found)
    assert all(m.effect is Effect.FAVOUR for m in decision.withheld)


def test_nothing_held_is_answered_with_one_object() -> None:
    decider = Decider(PLANNED)
    question = Question(action="tender.bid", kind=SubjectKind.LEGAL_ENTITY, as_of=date(2026, 7, 1))
    situation = Situation(sources=(), checked_on=date(2026, 7, 1))
    registered = SubjectFile(registrations=(Registration("register", date(2015, 1, 1)),))
    first = decider.encoded(EMPTY_FILE, question, situation)
    assert decider.encoded(registered, msgspec.structs.replace(question), situation) is first
    tomorrow = msgspec.structs.replace(question, as_of=date(2026, 7, 2))
    assert decider.encoded(EMPTY_FILE, tomorrow, situation) is not first


def test_threads_share_a_decider() -> None:
    """Their first questions meet an empty memory at the same time."""
    entry = Entry(
        id="A",
        list_type="black.bribery",
        severity=Severity.SERIOUS,
        document_date=date(2025, 1, 1),
        valid_from=date(2025, 1, 1),
    )
    file = SubjectFile(held=(Held(entry),))
    situation = Situation(sources=(), checked_on=date(2026, 7, 1))
    asked = [
        Question(action=action, kind=kind, as_of=date(2026, 7, 1) + timedelta(days=day))
        for action in ACTIONS
        for kind in SubjectKind
        for day in range(20)
    ]
    expected = [encode(decide(file, PLANNED, question, situation)) for question in asked]
    decider = Decider(PLANNED)

    def answers(_: int) -> list[bytes]:
        return [encode(decider.decide(file, question, situation)) for question in asked]

    with ThreadPoolExecutor(4) as pool:
        assert all(found == expected for found in pool.map(answers, range(8)))


def test_what_is_remembered_goes_with_its_decider() -> None:
    """Without waiting for the garbage collector: a snapshot that was replaced is dropped at once."""
    gc.disable()
    try:
        decider = Decider(PLANNED)
        question = Question(action="permit.grant", kind=SubjectKind.LEGAL_ENTITY, as_of=date(2026, 7, 1))
        decider.encoded(EMPTY_FILE, question, Situation(sources=(), checked_on=date(2026, 7, 1)))
        gone = weakref.ref(decider)
        del decider
        assert gone() is None
    finally:
        gc.enable()
