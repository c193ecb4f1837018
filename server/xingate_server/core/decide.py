"""The decision: what applies to this subject for this action (DESIGN section 4), as a pure function.

It does not look anything up, does not know the clock and never guesses: what is not known is a gap. Excluded:
settling who the subject is (`core.identity`), and what an entry must show to be one (`core.admission`).
"""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from xingate_server.core import gaps as gap_rules
from xingate_server.core.catalogue import (
    STRICTNESS,
    Audience,
    Catalogue,
    Effect,
    ListType,
    Measure,
    Procedure,
    Reach,
    Remedy,
    Title,
    Verdict,
    acts_under,
    in_force,
    matches,
    triggers_on,
    verdict_of,
)
from xingate_server.core.clean_years import Clean, clean_years
from xingate_server.core.decision import (
    Applied,
    Decision,
    EntryRef,
    Flag,
    Gap,
    GapReason,
    Question,
    ShownObligation,
    ShownRecord,
    Situation,
    Via,
)
from xingate_server.core.entry import Entry, Standing, Status, standing
from xingate_server.core.matching import When, own_reach, reach_of, sets_off, when_of
from xingate_server.core.subject import Held, SubjectFile, class_of

_AUDIENCES = (Audience.PUBLIC, Audience.GOVERNMENT, Audience.RECOGNISING_AUTHORITY)


def decide(file: SubjectFile, catalogue: Catalogue, question: Question, situation: Situation) -> Decision:
    """Answer `question` from what the snapshot holds on the subject.

    Where the identity is not settled no entry acts. The result is the same for any order of entries, sources and
    measures in the arguments.
    """
    return _Case(file, catalogue, question, situation).decision()


class _Case:
    """One decision in the making: the arguments, and the lists that fill while entries are looked at."""

    def __init__(self, file: SubjectFile, catalogue: Catalogue, question: Question, situation: Situation) -> None:
        self.catalogue = catalogue
        self.question = question
        self.situation = situation
        self.file = SubjectFile() if situation.identity else file
        self.subject_class = class_of(question.kind)
        self.list_types = {t.id: t for t in catalogue.list_types}
        self.measures = [
            m
            for m in catalogue.measures
            if in_force(m.basis, question.as_of) and any(matches(p, question.action) for p in m.actions)
        ]
        self.acting: list[Applied] = []
        self.suspended: list[Applied] = []
        self.advisory_only: list[Applied] = []
        self.ended: list[Applied] = []
        self.gaps: list[Gap] = []

    def decision(self) -> Decision:
        for held in self.file.held:
            for measure in self.measures:
                self._meet(measure, held)
        if not self.situation.identity:
            self._consider_clean_years()
            self.gaps += gap_rules.unsettled_gaps(self.file, self.measures, self.catalogue, self.question)
        self.gaps += gap_rules.identity_gaps(self.situation)
        self.gaps += gap_rules.source_gaps(self.measures, self.catalogue, self.question, self.situation)
        measures, withheld = self._withhold()
        found = max(
            (verdict_of(m.effect, m.force) for m in measures),
            key=lambda v: (STRICTNESS[v], v),
            default=Verdict.CLEAR,
        )
        hidden = any(gap_rules.hides_more(gap, found) for gap in self.gaps)
        return Decision(
            verdict=Verdict.CANNOT_TELL if hidden else found,
            measures=_ordered(measures),
            suspended=_ordered(self.suspended),
            withheld=_ordered(withheld),
            advisory_only=_ordered(self.advisory_only),
            ended=_ordered(self.ended),
            records=self._records(),
            gaps=_ordered_gaps(self.gaps),
            flags=self._flags(),
        )

    def _meet(self, measure: Measure, held: Held) -> None:
        """Rules (1) to (6) for one measure and one entry, and where the outcome is told."""
        entry = held.entry
        reach = reach_of(measure, held, self.subject_class)
        if reach is None or not sets_off(measure, entry, self.catalogue):
            return
        state = standing(entry, self.question.as_of)
        when = when_of(measure, self.question.context)
        acts = acts_under(measure, self.catalogue.posture)
        if state is Standing.IN_FORCE and when is When.UNKNOWN and acts:
            self.gaps.append(gap_rules.context_gap(measure, self.question))
        if when is not When.MATCHES:
            return
        if state is Standing.IN_FORCE and acts:
            self.acting.append(self._applied(measure, reach, held))
        elif state is Standing.IN_FORCE:
            because = f"the posture {self.catalogue.posture.value} asks for an item in the national basic list"
            self.advisory_only.append(self._applied(measure, reach, held, because))
        elif state is Standing.SUSPENDED and acts:
            self.suspended.append(self._applied(measure, reach, held, _why_suspended(entry)))
        elif state is Standing.ENDED and acts and self._shows_ended():
            self.ended.append(self._applied(measure, reach, held, _why_ended(entry, self.question.as_of)))

    def _shows_ended(self) -> bool:
        """Whether what has ended is told: asked for another day, by a caller who may see more than the public.

        Publication lasts exactly as long as validity (Cl. 8), and an ended record stays in the back office (Cl. 24).
        """
        return self.question.as_of != self.situation.checked_on and self.situation.audience is not Audience.PUBLIC

    def _applied(self, measure: Measure, reach: Reach, held: Held | None, because: str = "") -> Applied:
        question, entry = self.question, held.entry if held else None
        via = None
        if held is not None and held.role is not None and held.via is not None:
            via = Via(role=held.role.value, entity_name=held.via.name, entity_code=held.via.code)
        remedies: tuple[Remedy, ...] = ()
        if measure.effect is not Effect.FAVOUR:
            is_repairable = entry is None or entry.repairable is not False
            remedies = tuple(r for r in self.catalogue.remedies if r.kind != "repair" or is_repairable)
        return Applied(
            id=measure.id,
            title=measure.title,
            clause=measure.clause,
            effect=measure.effect,
            force=measure.force,
            reach=reach.value,
            basis=tuple(b for b in measure.basis if in_force((b,), question.as_of)),
            bodies=measure.bodies,
            via=via,
            obligations=tuple(
                ShownObligation(kind=o.kind, title=o.title, parameters=o.parameters) for o in measure.obligations
            ),
            basic_list=measure.basic_list,
            is_executable_by_caller=(
                None if question.bodies is None else not set(question.bodies).isdisjoint(measure.bodies)
            ),
            entry=None if entry is None else self._entry_ref(entry),
            remedies=remedies,
            because=because,
        )

    def _consider_clean_years(self) -> None:
        for measure in self.measures:
            years = max((t.clean_years for t in measure.triggers), default=0)
            reach = own_reach(measure, self.subject_class)
            if not years or reach is None or when_of(measure, self.question.context) is not When.MATCHES:
                continue
            clean, why = clean_years(self.file, self.catalogue, self.question, self.situation, years)
            if clean is Clean.YES:
                applied = self._applied(measure, reach, None)
                self.acting.append(msgspec.structs.replace(applied, evidence=why))
            elif clean is Clean.UNKNOWN:
                gap = Gap(reason=GapReason.CLEAN_YEARS_UNKNOWN, could_be=Verdict.FAVOURED, closes_with=why)
                self.gaps.append(gap)

    def _withhold(self) -> tuple[list[Applied], list[Applied]]:
        """Set the incentives apart where a black entry or a bar or limit of this action stands against them."""
        because = ""
        if any(held.role is None and self._acts_as_black(held.entry) for held in self.file.held):
            because = "an own black entry is in force"
        elif any(m.effect in {Effect.BAR, Effect.LIMIT} for m in self.acting):
            because = "this very action is barred or limited"
        if not because:
            return self.acting, []
        measures = [m for m in self.acting if m.effect is not Effect.FAVOUR]
        withheld = [msgspec.structs.replace(m, because=because) for m in self.acting if m.effect is Effect.FAVOUR]
        return measures, withheld

    def _acts_as_black(self, entry: Entry) -> bool:
        """Whether some measure of trigger `black`, for whatever action, acts through this own entry."""
        as_of = self.question.as_of
        return standing(entry, as_of) is Standing.IN_FORCE and any(
            trigger.name == "black"
            and triggers_on(trigger, entry.list_type, entry.severity, entry.grade)
            and in_force(measure.basis, as_of)
            and acts_under(measure, self.catalogue.posture)
            and own_reach(measure, self.subject_class) is not None
            and when_of(measure, self.question.context) is When.MATCHES
            for measure in self.catalogue.measures
            for trigger in measure.triggers
        )

    def _records(self) -> tuple[ShownRecord, ...]:
        shown = [
            ShownRecord(entry=self._entry_ref(held.entry), amount_yuan=held.entry.amount_yuan)
            for held in self.file.held
            if held.role is None
            and self._is_shown_record(self.list_types.get(held.entry.list_type))
            and standing(held.entry, self.question.as_of) in {Standing.IN_FORCE, Standing.SUSPENDED}
        ]
        return tuple(sorted(shown, key=lambda r: (r.entry.list_type, r.entry.document_date, r.entry.id)))

    def _is_shown_record(self, list_type: ListType | None) -> bool:
        return (
            list_type is not None
            and list_type.procedure is Procedure.RECORD
            and _AUDIENCES.index(list_type.audience) <= _AUDIENCES.index(self.situation.audience)
        )

    def _flags(self) -> tuple[Flag, ...]:
        flags = {(code, held.entry.id) for held in self.file.held for code in held.entry.flags}
        flags |= {(code, r.source) for r in self.file.registrations for code in r.flags}
        kinds = {profile.kind for profile in self.file.profiles}
        if kinds and self.question.kind not in kinds:
            flags.add(("kind_mismatch", ", ".join(sorted(kinds))))
        return tuple(Flag(code=code, detail=detail) for code, detail in sorted(flags))

    def _entry_ref(self, entry: Entry) -> EntryRef:
        list_type = self.list_types.get(entry.list_type)
        has_changed = entry.status is not Status.ACTIVE and (
            entry.status_date is None or entry.status_date <= self.question.as_of
        )
        return EntryRef(
            id=entry.id,
            list_type=entry.list_type,
            title=list_type.title if list_type else Title(zh=entry.list_type, en=entry.list_type),
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
            status=entry.status if has_changed else Status.ACTIVE,
            status_date=entry.status_date if has_changed else None,
            source=entry.source,
        )


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


def _ordered(applied: Sequence[Applied]) -> tuple[Applied, ...]:
    """Verdict weight, then id, then entry id; a person reached twice by one entry is told by role and entity.

    Rows of one key that replaced each other are never told alike: each ended for a reason of its own.
    """
    return tuple(
        sorted(
            applied,
            key=lambda m: (
                -STRICTNESS[verdict_of(m.effect, m.force)],
                m.id,
                m.entry.id if m.entry else "",
                m.reach,
                m.via.entity_code if m.via else "",
                m.because,
            ),
        )
    )


def _ordered_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    return tuple(sorted(set(gaps), key=lambda g: (g.reason, g.about, g.could_be, g.closes_with)))
