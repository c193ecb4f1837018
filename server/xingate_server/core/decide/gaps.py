"""What an answer does not know (DESIGN section 4): each gap with the strictest verdict that it may hide.

Exclusions: three clean years have their own module. Source: clauses 5, 24, 25; a vanished list is never a CLEAR.
"""

from collections.abc import Iterable, Sequence
from datetime import date

from xingate_server.core.catalogue import (
    STRICTNESS,
    Catalogue,
    Measure,
    Reach,
    Verdict,
    acts_under,
    matches,
    verdict_of,
)
from xingate_server.core.decide.decision import Gap, GapReason, Question, Situation, SourceState
from xingate_server.core.decide.matching import When, when_of
from xingate_server.core.entry import Entry, UnreadRow
from xingate_server.core.names.legal_forms import names_without_form
from xingate_server.core.subject import Held, HeldUnread, SubjectClass, class_of

_CLOSES = {
    GapReason.SOURCE_MISSING: "load the list again and publish a new snapshot",
    GapReason.SOURCE_STALE: "load a newer export of the list, or ask for an earlier day",
    GapReason.SOURCE_NOT_COVERING: "load the list with a coverage that includes the day asked about",
    GapReason.IDENTITY_NAME_ONLY: "ask again with the subject's complete number; a name is not an identity",
    GapReason.IDENTITY_MASKED: "ask again with the complete number; a masked one is not an identity",
    GapReason.IDENTITY_AMBIGUOUS: "ask again with the one number that stands for this subject alone",
    GapReason.IDENTITY_CHECKSUM: "check the number against the subject's own document: its check digit is wrong",
}
_ORGANISATION_REACH = frozenset({Reach.SUBJECT, Reach.ORGANISATION})
_PERSON_REACH = frozenset(Reach) - {Reach.ORGANISATION}


def identity_gaps(situation: Situation) -> list[Gap]:
    """One gap for each reason why the subject is not settled; any of them may hide anything."""
    return [
        Gap(reason=reason, could_be=Verdict.PROHIBITED, closes_with=_CLOSES[reason])
        for reason in sorted(set(situation.identity))
    ]


def source_fault(state: SourceState, as_of: date) -> GapReason | None:
    """Why a source does not answer for a day, or None if it does."""
    if not state.is_loaded or state.admitted == 0 or state.vanished:
        return GapReason.SOURCE_MISSING
    if state.data_as_of is None or state.coverage_from is None:
        return GapReason.SOURCE_MISSING
    if (as_of - state.data_as_of).days > state.max_age_days:
        return GapReason.SOURCE_STALE
    if as_of < state.coverage_from:
        return GapReason.SOURCE_NOT_COVERING
    return None


def source_gaps(
    measures: Sequence[Measure], catalogue: Catalogue, question: Question, sources: Iterable[SourceState]
) -> list[Gap]:
    """Gaps of the sources on which this action depends for a subject of this class."""
    gaps = []
    for state in sources:
        reason = source_fault(state, question.as_of)
        if reason is None:
            continue
        could_be = _strictest(
            verdict_of(measure.effect, measure.force)
            for measure in measures
            if _could_give(measure, state.provides, catalogue, question)
        )
        if could_be is not None:
            gaps.append(Gap(reason=reason, could_be=could_be, closes_with=_CLOSES[reason], about=state.kind))
    return gaps


def context_gap(measure: Measure, question: Question) -> Gap:
    """An attribute is lacking that decides whether `measure` acts."""
    lacking = ", ".join(sorted(key for key in measure.when if not question.context.get(key)))
    return Gap(
        reason=GapReason.CONTEXT_MISSING,
        could_be=verdict_of(measure.effect, measure.force),
        closes_with=f"ask again with the context attribute {lacking}",
        about=lacking,
    )


def clean_years_gap(closes_with: str) -> Gap:
    """Nobody knows whether the subject's last years are clean."""
    return Gap(reason=GapReason.CLEAN_YEARS_UNKNOWN, could_be=Verdict.FAVOURED, closes_with=closes_with)


def unsettled_gap(entry: Entry, could_be: Verdict | None) -> Gap | None:
    """A masked or name-only entry that fits this subject and is in force; None if it could not restrict."""
    if could_be is None or STRICTNESS[could_be] == 0:
        return None
    return Gap(
        reason=GapReason.IDENTITY_UNSETTLED,
        could_be=could_be,
        closes_with="compare the subject's documents with the entry: "
        f"{entry.authority}, {entry.document_no}, {entry.document_date.isoformat()}",
        about=entry.id,
    )


def unread_gap(row: UnreadRow, could_be: Verdict | None) -> Gap | None:
    """A list holds a row about this very subject that nobody could read; None if it could not restrict."""
    if could_be is None or STRICTNESS[could_be] == 0:
        return None
    return Gap(
        reason=GapReason.ROW_UNREADABLE,
        could_be=could_be,
        closes_with=f"have the row of the list corrected ({_document(row)}): {row.what}",
        about=row.id,
    )


def overdue_gap(row: Entry | UnreadRow, could_be: Verdict) -> Gap:
    """There is no report on whether a commitment past its day was fulfilled."""
    return Gap(
        reason=GapReason.COMMITMENT_OVERDUE,
        could_be=could_be,
        closes_with=f"ask the authority that holds the commitment whether it was kept ({_document(row)})",
        about=row.id,
    )


def _document(row: Entry | UnreadRow) -> str:
    dated = row.document_date.isoformat() if row.document_date else ""
    return ", ".join(part for part in (row.authority, row.document_no, dated) if part) or f"source {row.source}"


def fits_by_name(held: Held | HeldUnread, question: Question) -> bool:
    """Whether names speak against it: a name lacking on either side does not, and on lists by name the legal form of
    an organisation does not count."""
    if not held.names or not question.names or not set(held.names).isdisjoint(question.names):
        return True
    if class_of(question.kind) is SubjectClass.PERSON:
        return False
    return any(not set(held.names).isdisjoint(names_without_form(name)) for name in question.names)


def _could_give(measure: Measure, provides: Iterable[str], catalogue: Catalogue, question: Question) -> bool:
    reachable = _PERSON_REACH if class_of(question.kind) is SubjectClass.PERSON else _ORGANISATION_REACH
    if (
        reachable.isdisjoint(measure.reach)
        or not acts_under(measure, catalogue.posture)
        or when_of(measure, question.context) is When.DIFFERS
    ):
        return False
    foreign_only = {t.id for t in catalogue.list_types if t.is_foreign_only}
    return any(
        matches(pattern, provided)
        for provided in provides
        if question.is_foreign or provided not in foreign_only
        for trigger in measure.triggers
        for pattern in trigger.list_types
    )


def _strictest(verdicts: Iterable[Verdict]) -> Verdict | None:
    return max(verdicts, key=lambda v: (STRICTNESS[v], v), default=None)


def hides_more(gap: Gap, found: Verdict) -> bool:
    """Whether the gap may hide something stricter than what was found."""
    return STRICTNESS[gap.could_be] > STRICTNESS[found]
