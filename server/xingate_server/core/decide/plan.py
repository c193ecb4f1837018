"""The part of a decision that does not depend on the subject: computed once from the catalogue, used for all subjects.

A `Plan` contains all that depends on the action, the kind of subject, the day asked about, the context and the sources
alone; a `Row` in it contains what one kind of entry adds. The day is part of a plan's key, so no plan is used after its
day. Excluded: the entry's own dates, and what a caller may see (`core.decide.decide`).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache, partial
from typing import Final

import msgspec

from xingate_server.core.catalogue import (
    STRICTNESS,
    Audience,
    Catalogue,
    Effect,
    Force,
    ListType,
    Measure,
    Procedure,
    Reach,
    Title,
    Trigger,
    Verdict,
    acts_under,
    in_force,
    matches,
    triggers_on,
    verdict_of,
)
from xingate_server.core.decide import gaps as gap_rules
from xingate_server.core.decide.clean_years import UNREGISTERED, CleanYears
from xingate_server.core.decide.commitments import BREACHED
from xingate_server.core.decide.decision import Applied, Decision, Encoded, Gap, Question, ShownObligation, SourceState
from xingate_server.core.decide.matching import When, own_reach, reach_of, sets_off, when_of
from xingate_server.core.entry import Entry, Role, Severity, UnreadRow
from xingate_server.core.subject import Held, HeldUnread, class_of

ACTIONS_AT_MOST: Final = 1024
AUDIENCES: Final = {Audience.PUBLIC: 0, Audience.GOVERNMENT: 1, Audience.RECOGNISING_AUTHORITY: 2}
VERDICTS: Final = {(effect, force): verdict_of(effect, force) for effect in Effect for force in Force}
_RANKS: Final = {given: -STRICTNESS[verdict] for given, verdict in VERDICTS.items()}
_CLEAR: Final = Verdict.CLEAR

RowKey = tuple[str, Severity | None, str | None, str | None, bool, bool | None]
SuspectKey = tuple[tuple[str, ...], Severity | None, bool, str, bool, bool, str | None]


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """What one sort of entry does: `acts` and `advisory` are measures that lack only the entry, in their order.

    `gaps` are those of a context that does not say enough. `could_be` is the strictest that such an entry might do if
    it were the subject's. `acts_as_black` is said of own entries alone. `shown_to` is the least audience (a place in
    `AUDIENCES`) of a record that has no measure of its own, None for all else.
    """

    title: Title
    acts: tuple[Applied, ...]
    advisory: tuple[Applied, ...]
    gaps: tuple[Gap, ...]
    could_be: Verdict | None
    acts_as_black: bool
    shown_to: int | None


class Rules:
    """A catalogue, with what is looked up in it again and again."""

    def __init__(self, catalogue: Catalogue, *, asks_commitments: bool = True) -> None:
        self.catalogue = catalogue
        self.asks_commitments = asks_commitments
        self.list_types: Mapping[str, ListType] = {t.id: t for t in catalogue.list_types}
        self.grades = {grade for m in catalogue.measures for t in m.triggers for grade in t.grades}
        self.black = [(m, t) for m in catalogue.measures for t in m.triggers if t.name == "black"]
        self.measures_of = lru_cache(ACTIONS_AT_MOST)(partial(_measures_of, catalogue.measures))
        self._asked: dict[str, set[str]] = {}
        for measure in catalogue.measures:
            for attribute, value in measure.when.items():
                self._asked.setdefault(attribute, set()).add(value)

    def told(self, context: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
        """What the context says to any `when`: a value that none of them names stands for all such values."""
        return tuple(
            (attribute, value if value in values else max(values, key=len) + "?")
            for attribute, values in self._asked.items()
            if (value := context.get(attribute))
        )


def _measures_of(measures: tuple[Measure, ...], action: str) -> tuple[Measure, ...]:
    return tuple(m for m in measures if any(matches(pattern, action) for pattern in m.actions))


class Plan:
    """What holds for each subject of a kind about whom one question is asked."""

    def __init__(self, rules: Rules, question: Question, sources: Sequence[SourceState]) -> None:
        """Only the action, kind, day, context and `is_foreign` of the question count."""
        self.question = question
        self.posture = rules.catalogue.posture.value
        self._sources = sources
        self._rules = rules
        self._class = class_of(question.kind)
        self._measures = [m for m in rules.measures_of(question.action) if in_force(m.basis, question.as_of)]
        self._rows: dict[RowKey, Row] = {}
        self._suspects: dict[SuspectKey, Verdict | None] = {}
        gaps = gap_rules.source_gaps(self._measures, rules.catalogue, question, sources)
        self.source_gaps = ordered_gaps(gaps)

    @cached_property
    def clean(self) -> tuple[tuple[Applied, CleanYears], ...]:
        """The measures that rest on clean years instead of an entry."""
        found = []
        for measure in self._measures:
            years = max((t.clean_years for t in measure.triggers), default=0)
            reach = own_reach(measure, self._class)
            if years and reach is not None and when_of(measure, self.question.context) is When.MATCHES:
                rule = CleanYears(self._rules.catalogue, self.question, self._sources, years)
                found.append((self._applied(measure, reach, is_repairable=True), rule))
        return tuple(found)

    @cached_property
    def empty(self) -> Encoded:
        """The answer for a settled subject of whom nothing is held."""
        unknown = [gap_rules.clean_years_gap(UNREGISTERED)] if self.clean else []
        gaps = ordered_gaps((*self.source_gaps, *unknown))
        return Encoded.of(Decision(verdict=self.verdict((), gaps), gaps=gaps))

    def verdict(self, measures: Iterable[Applied], gaps: Iterable[Gap]) -> Verdict:
        """What was found, unless a gap may hide something stricter."""
        found = _CLEAR
        for measure in measures:
            found = max(found, VERDICTS[measure.effect, measure.force])
        for gap in gaps:
            if gap_rules.hides_more(gap, found):
                return Verdict.CANNOT_TELL
        return found

    def row(self, held: Held) -> Row:
        """What an entry of this sort, held like this, does."""
        entry = held.entry
        grade = entry.grade
        # A grade that no measure asks for is like any other of those.
        told = grade if not grade or grade in self._rules.grades else None
        key = (entry.list_type, entry.severity, told, held.role, entry.foreign, entry.repairable)
        found = self._rows.get(key)
        if found is None:
            found = self._rows[key] = self._row(held)
        return found

    def _row(self, held: Held) -> Row:
        entry, context, catalogue = held.entry, self.question.context, self._rules.catalogue
        list_type = self._rules.list_types.get(entry.list_type)
        acts: list[Applied] = []
        advisory: list[Applied] = []
        gaps: list[Gap] = []
        possible: list[Verdict] = []
        for measure in self._measures:
            reach = reach_of(measure, held, self._class)
            when = when_of(measure, context)
            if reach is None or when is When.DIFFERS or not sets_off(measure, entry, catalogue):
                continue
            does_act = acts_under(measure, catalogue.posture)
            if does_act:
                possible.append(VERDICTS[measure.effect, measure.force])
            if when is When.MATCHES:
                applied = self._applied(measure, reach, is_repairable=entry.repairable is not False)
                (acts if does_act else advisory).append(applied)
            elif does_act:
                gaps.append(gap_rules.context_gap(measure, self.question))
        is_record = list_type is not None and list_type.procedure is Procedure.RECORD
        return Row(
            title=list_type.title if list_type else Title(zh=entry.list_type, en=entry.list_type),
            acts=ordered(acts),
            advisory=ordered(advisory),
            gaps=tuple(gaps),
            could_be=max(possible, default=None),
            acts_as_black=held.role is None and self._acts_as_black(entry),
            shown_to=AUDIENCES[list_type.audience] if list_type and is_record and held.role is None else None,
        )

    def could_be(self, held: HeldUnread) -> Verdict | None:
        """The strictest that a row which nobody could read might give; what is not known of it counts as any."""
        row = held.row
        key = (
            row.list_types,
            row.severity,
            row.is_severity_known,
            row.grade,
            row.is_grade_known,
            row.foreign,
            held.role,
        )
        if key not in self._suspects:
            self._suspects[key] = max(self._possible(row, held.role), default=None)
        return self._suspects[key]

    @cached_property
    def breach_could_be(self) -> Verdict | None:
        """The strictest restriction that an own breached commitment gives, None if there is none or open ones past
        their day are not asked about."""
        if not self._rules.asks_commitments:
            return None
        could_be = max(self._possible(UnreadRow(id="", list_types=(BREACHED,)), None), default=_CLEAR)
        return could_be if STRICTNESS[could_be] else None

    def _possible(self, row: UnreadRow, role: Role | None) -> Iterator[Verdict]:
        names = [
            t.id
            for t in self._rules.list_types.values()
            if (row.foreign or not t.is_foreign_only) and any(matches(pattern, t.id) for pattern in row.list_types)
        ]
        for measure in self._measures:
            reach = own_reach(measure, self._class) if role is None else _reach_through(measure, role)
            if (
                reach is not None
                and acts_under(measure, self._rules.catalogue.posture)
                and when_of(measure, self.question.context) is not When.DIFFERS
                and any(may_trigger(trigger, name, row) for trigger in measure.triggers for name in names)
            ):
                yield VERDICTS[measure.effect, measure.force]

    def _acts_as_black(self, entry: Entry) -> bool:
        """Whether some measure of trigger `black`, for whatever action, acts through this own entry."""
        return any(
            triggers_on(trigger, entry.list_type, entry.severity, entry.grade)
            and in_force(measure.basis, self.question.as_of)
            and acts_under(measure, self._rules.catalogue.posture)
            and own_reach(measure, self._class) is not None
            and when_of(measure, self.question.context) is When.MATCHES
            for measure, trigger in self._rules.black
        )

    def _applied(self, measure: Measure, reach: Reach, *, is_repairable: bool) -> Applied:
        remedies = self._rules.catalogue.remedies if measure.effect is not Effect.FAVOUR else ()
        return Applied(
            id=measure.id,
            title=measure.title,
            clause=measure.clause,
            effect=measure.effect,
            force=measure.force,
            reach=reach.value,
            basis=tuple(b for b in measure.basis if in_force((b,), self.question.as_of)),
            bodies=measure.bodies,
            obligations=tuple(
                ShownObligation(kind=o.kind, title=o.title, parameters=o.parameters) for o in measure.obligations
            ),
            basic_list=measure.basic_list,
            remedies=tuple(r for r in remedies if r.kind != "repair" or is_repairable),
        )


def may_trigger(trigger: Trigger, list_type: str, row: UnreadRow) -> bool:
    """Whether a row of this list type that could not be read may set the trigger off: what is not known may be any."""
    return (
        any(matches(pattern, list_type) for pattern in trigger.list_types)
        and (not trigger.severities or not row.is_severity_known or row.severity in trigger.severities)
        and (not trigger.grades or not row.is_grade_known or row.grade in trigger.grades)
    )


def _reach_through(measure: Measure, role: Role) -> Reach | None:
    reach = Reach(role.value)
    return reach if reach in measure.reach else None


def ordered(applied: Sequence[Applied]) -> tuple[Applied, ...]:
    """Verdict weight, then id, then entry id; a person reached twice by one entry is ordered by role and entity.

    Rows of one key that replaced each other are never told alike: each ended for a reason of its own.
    """
    if len(applied) <= 1:
        return tuple(applied)
    return tuple(
        sorted(
            applied,
            key=lambda m: (
                _RANKS[m.effect, m.force],
                m.id,
                m.entry.id if m.entry else "",
                m.reach,
                m.via.entity_code if m.via else "",
                m.because,
            ),
        )
    )


def ordered_gaps(gaps: Iterable[Gap]) -> tuple[Gap, ...]:
    """Each gap once, in the order of its words."""
    return tuple(sorted(set(gaps), key=lambda g: (g.reason, g.about, g.could_be, g.closes_with)))
