"""The decision: what applies to this subject for this action (DESIGN section 4), as a pure function.

It does not look anything up, does not know the clock and never guesses: what is not known is a gap. What is the same
for all subjects is in `core.decide.plan`. Excluded: settling who the subject is (`core.identity.identify`), and what an
entry must show to be one (`core.admission.admit`).
"""

from collections.abc import Sequence
from datetime import date
from functools import lru_cache, partial
from typing import Final

from msgspec.structs import replace

from xingate_server.core.catalogue import Audience, Catalogue, Effect, Title
from xingate_server.core.decide import gaps as gap_rules
from xingate_server.core.decide.clean_years import Clean
from xingate_server.core.decide.commitments import overdue
from xingate_server.core.decide.decision import (
    Applied,
    Decision,
    Encoded,
    EntryRef,
    Flag,
    Gap,
    Question,
    ShownRecord,
    Situation,
    SourceState,
    Via,
)
from xingate_server.core.decide.plan import AUDIENCES, Plan, Rules, ordered, ordered_gaps
from xingate_server.core.entry import Entry, Standing, Status, standing
from xingate_server.core.subject import Held, SubjectFile, SubjectKind
from xingate_server.core.unreadable import counts_on

PLANS_AT_MOST: Final = 2048  # of one catalogue: actions, kinds of subject and days that are asked for
STATES_AT_MOST: Final = 4  # what was known of the sources: one for a snapshot, others for a replay

# Members of an enumeration are slow to reach by its name (Python 3.11).
_IN_FORCE, _SUSPENDED, _ENDED = Standing.IN_FORCE, Standing.SUSPENDED, Standing.ENDED
_ACTIVE, _PUBLIC, _FAVOUR = Status.ACTIVE, Audience.PUBLIC, Effect.FAVOUR
_CLEAN, _UNKNOWN = Clean.YES, Clean.UNKNOWN
_BARRING = frozenset({Effect.BAR, Effect.LIMIT})


def decide(file: SubjectFile, catalogue: Catalogue, question: Question, situation: Situation) -> Decision:
    """Answer `question` from what the snapshot contains on the subject.

    Where the identity is not settled no entry acts. The result is the same for any order of entries, sources and
    measures in the arguments.
    """
    return Decider(catalogue).decide(file, question, situation)


class Decider:
    """Decides by one catalogue, again and again, from any thread.

    It remembers what does not depend on the subject, by all that this depends on; each answer is the one that a new
    Decider would give.
    """

    def __init__(self, catalogue: Catalogue, *, asks_commitments: bool = True) -> None:
        """`asks_commitments` is False for snapshots of releases that did not ask about commitments past their day, so
        that their records are decided again as they were."""
        self.catalogue = catalogue
        self._rules = Rules(catalogue, asks_commitments=asks_commitments)
        self._sources = lru_cache(STATES_AT_MOST)(_Sources)
        self._newest = _Sources(())
        self._plan = lru_cache(PLANS_AT_MOST)(partial(_plan, self._rules))

    def decide(self, file: SubjectFile, question: Question, situation: Situation) -> Decision:
        """As the function of this name."""
        plan = self._plan_of(question, situation)
        if _adds_nothing(file, plan, question, situation):
            return plan.empty.decision
        return _Decision(plan, file, question, situation).decision()

    def encoded(self, file: SubjectFile, question: Question, situation: Situation) -> Encoded:
        """The decision with its bytes and digest: the same object each time for those of whom nothing is held."""
        plan = self._plan_of(question, situation)
        if _adds_nothing(file, plan, question, situation):
            return plan.empty
        return Encoded.of(_Decision(plan, file, question, situation).decision())

    def _plan_of(self, question: Question, situation: Situation) -> Plan:
        sources = self._newest
        if sources.states is not situation.sources:
            # Looked for by what they say, which takes longer than to see that they are the same object.
            sources = self._newest = self._sources(situation.sources)
        told = self._rules.told(question.context) if question.context else ()
        return self._plan(sources, question.action, question.kind, question.as_of, told, question.is_foreign)


class _Sources:
    """What is known of the sources, found by identity."""

    def __init__(self, states: tuple[SourceState, ...]) -> None:
        self.states = states


def _plan(
    rules: Rules,
    sources: _Sources,
    action: str,
    kind: SubjectKind,
    as_of: date,
    told: tuple[tuple[str, str], ...],
    is_foreign: bool,
) -> Plan:
    question = Question(action=action, kind=kind, as_of=as_of, context=dict(told), is_foreign=is_foreign)
    return Plan(rules, question, sources.states)


def _adds_nothing(file: SubjectFile, plan: Plan, question: Question, situation: Situation) -> bool:
    """Whether the answer is that for a subject of whom nothing is held."""
    return not (
        situation.identity
        or file.held
        or file.unsettled
        or file.unread
        or (file.registrations and plan.clean)
        or _flags(file, question.kind)
    )


class _Decision:
    """One decision in the making: the arguments, and the lists that fill while entries are looked at."""

    __slots__ = (
        "acting",
        "advisory_only",
        "ended",
        "file",
        "gaps",
        "is_black",
        "is_mixed",
        "plan",
        "question",
        "records",
        "situation",
        "suspended",
    )

    def __init__(self, plan: Plan, file: SubjectFile, question: Question, situation: Situation) -> None:
        self.plan = plan
        self.file = file
        self.question = question
        self.situation = situation
        self.is_black = False
        self.is_mixed = False  # the measures of one entry stand in their order already
        self.acting: list[Applied] = []
        self.suspended: list[Applied] = []
        self.advisory_only: list[Applied] = []
        self.ended: list[Applied] = []
        self.records: list[ShownRecord] = []
        self.gaps: list[Gap] = []

    def decision(self) -> Decision:
        plan, file = self.plan, self.file
        if self.situation.identity:
            gaps = (*plan.source_gaps, *gap_rules.identity_gaps(self.situation))
            return Decision(verdict=plan.verdict((), gaps), gaps=ordered_gaps(gaps))
        for held in file.held:
            self._meet(held)
        if plan.clean:
            self._consider_clean_years()
        if file.unsettled:
            self._consider_unsettled()
        if file.unread:
            self._consider_unread()
        self._consider_commitments()
        measures, withheld = self._withhold()
        gaps = ordered_gaps((*plan.source_gaps, *self.gaps)) if self.gaps else plan.source_gaps
        put = ordered if self.is_mixed or len(file.held) > 1 else tuple
        return Decision(
            verdict=plan.verdict(measures, gaps),
            measures=put(measures),
            suspended=put(self.suspended),
            withheld=put(withheld),
            advisory_only=put(self.advisory_only),
            ended=put(self.ended),
            records=tuple(sorted(self.records, key=_place_of_record)) if self.records else (),
            gaps=gaps,
            flags=_flags(file, self.question.kind),
        )

    def _meet(self, held: Held) -> None:
        """Rules (1) to (6) for one entry, and where the outcome goes."""
        entry = held.entry
        row = self.plan.row(held)
        state = standing(entry, self.question.as_of)
        if state is _IN_FORCE:
            self.gaps += row.gaps
            self.is_black |= row.acts_as_black
            self.acting += self._applied(row.acts, row.title, held)
            if row.advisory:
                because = f"the posture {self.plan.posture} asks for an item in the national basic list"
                self.advisory_only += self._applied(row.advisory, row.title, held, because)
        elif state is _SUSPENDED:
            self.suspended += self._applied(row.acts, row.title, held, _why_suspended(entry))
        elif state is _ENDED and row.acts and self._shows_ended():
            self.ended += self._applied(row.acts, row.title, held, _why_ended(entry, self.question.as_of))
        if (
            row.shown_to is not None
            and row.shown_to <= AUDIENCES[self.situation.audience]
            and (state is _IN_FORCE or state is _SUSPENDED)
        ):
            self.records.append(ShownRecord(entry=self._entry_ref(entry, row.title), amount_yuan=entry.amount_yuan))

    def _shows_ended(self) -> bool:
        """Whether what has ended is told: asked for another day, by a caller who may see more than the public.

        Publication lasts exactly as long as validity (Cl. 8), and an ended record stays in the back office (Cl. 24).
        """
        return self.question.as_of != self.situation.checked_on and self.situation.audience is not _PUBLIC

    def _applied(self, measures: Sequence[Applied], title: Title, held: Held, because: str = "") -> list[Applied]:
        if not measures:
            return []
        entry = self._entry_ref(held.entry, title)
        via = None
        if held.role is not None and held.via is not None:
            via = Via(role=held.role.value, entity_name=held.via.name, entity_code=held.via.code)
        if self.question.bodies is not None:
            measures = [self._executable(measure) for measure in measures]
        return [replace(measure, entry=entry, via=via, because=because) for measure in measures]

    def _executable(self, measure: Applied) -> Applied:
        """Told of an authenticated caller's bodies only."""
        bodies = self.question.bodies
        if bodies is None:
            return measure
        return replace(measure, is_executable_by_caller=not set(bodies).isdisjoint(measure.bodies))

    def _consider_clean_years(self) -> None:
        for measure, years in self.plan.clean:
            clean, why = years.find(self.file, self.question)
            if clean is _CLEAN:
                self.is_mixed = True
                self.acting.append(replace(self._executable(measure), evidence=why))
            elif clean is _UNKNOWN:
                self.gaps.append(gap_rules.clean_years_gap(why))

    def _consider_unsettled(self) -> None:
        """Masked or name-only entries that fit this subject: what each could give, where that is a restriction."""
        for held in self.file.unsettled:
            if gap_rules.fits_by_name(held, self.question) and standing(held.entry, self.question.as_of) is _IN_FORCE:
                gap = gap_rules.unsettled_gap(held.entry, self.plan.row(held).could_be)
                if gap is not None:
                    self.gaps.append(gap)

    def _consider_unread(self) -> None:
        """Rows about this subject that nobody could read: what each could give, where that is a restriction."""
        for held in self.file.unread:
            is_fitting = not held.is_unsettled or gap_rules.fits_by_name(held, self.question)
            if is_fitting and counts_on(held.row, self.question.as_of):
                gap = gap_rules.unread_gap(held.row, self.plan.could_be(held))
                if gap is not None:
                    self.gaps.append(gap)

    def _consider_commitments(self) -> None:
        """Open commitments past their day, where a breach would give something for this action."""
        if self.plan.breach_could_be is not None:
            for row in overdue(self.file, self.question.as_of):
                self.gaps.append(gap_rules.overdue_gap(row, self.plan.breach_could_be))

    def _withhold(self) -> tuple[list[Applied], list[Applied]]:
        """Set the incentives apart where a black entry or a bar or limit of this action stands against them."""
        if self.is_black:
            because = "an own black entry is in force"
        elif not _BARRING.isdisjoint([m.effect for m in self.acting]):
            because = "this very action is barred or limited"
        else:
            return self.acting, []
        measures = [m for m in self.acting if m.effect is not _FAVOUR]
        if len(measures) == len(self.acting):
            return measures, []
        return measures, [replace(m, because=because) for m in self.acting if m.effect is _FAVOUR]

    def _entry_ref(self, entry: Entry, title: Title) -> EntryRef:
        shown = EntryRef(
            id=entry.id,
            list_type=entry.list_type,
            title=title,
            authority=entry.authority,
            document_no=entry.document_no,
            document_date=entry.document_date,
            valid_from=entry.valid_from,
            valid_until=entry.valid_until,
            severity=entry.severity,
            grade=entry.grade,
            facts=entry.facts,
            region=entry.region,
            field=entry.field,
            source=entry.source,
        )
        if entry.status is _ACTIVE or (entry.status_date is not None and entry.status_date > self.question.as_of):
            return shown
        return replace(shown, status=entry.status, status_date=entry.status_date)


def _flags(file: SubjectFile, kind: SubjectKind) -> tuple[Flag, ...]:
    flags: set[tuple[str, str]] = set()
    for held in file.held:
        if held.entry.flags:
            flags.update((code, held.entry.id) for code in held.entry.flags)
    for registration in file.registrations:
        if registration.flags:
            flags.update((code, registration.source) for code in registration.flags)
    if file.profiles and kind not in [profile.kind for profile in file.profiles]:
        flags.add(("kind_mismatch", ", ".join(sorted({profile.kind for profile in file.profiles}))))
    return tuple(Flag(code=code, detail=detail) for code, detail in sorted(flags)) if flags else ()


def _place_of_record(record: ShownRecord) -> tuple[str, date, str]:
    return record.entry.list_type, record.entry.document_date, record.entry.id


def _why_suspended(entry: Entry) -> str:
    reason = entry.status_reason.value if entry.status_reason else "unknown"
    since = f" since {entry.status_date.isoformat()}" if entry.status_date else ", without a date"
    return f"suspended ({reason}){since}"


def _why_ended(entry: Entry, as_of: date) -> str:
    if entry.stops_on is not None and as_of >= entry.stops_on:
        return f"{entry.stop_reason} on {entry.stops_on.isoformat()}"
    if entry.valid_until is not None and as_of > entry.valid_until:
        return f"expired after {entry.valid_until.isoformat()}"
    since = f" on {entry.status_date.isoformat()}" if entry.status_date else ", without a date"
    return f"{entry.status.value}{since}"
