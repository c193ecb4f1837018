"""A recorded answer, and its lines for `print`. Labels are in English; titles are in both languages."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from xingate._internal.values.answer_parts import AppliedMeasure, Candidate, Flag, Gap, Record, Via
from xingate._internal.values.common_parts import NO_SNAPSHOT, Remedy, SnapshotRef, TraceRef
from xingate._internal.values.enums import Verdict


@dataclass(frozen=True)
class Decision:
    """A recorded answer: it exists only because its record is durable. `print(decision)` shows it whole."""

    request_id: str
    verdict: Verdict
    trace: TraceRef
    snapshot: SnapshotRef = NO_SNAPSHOT
    as_of: date | None = None
    measures: tuple[AppliedMeasure, ...] = ()
    suspended: tuple[AppliedMeasure, ...] = ()
    withheld: tuple[AppliedMeasure, ...] = ()
    advisory_only: tuple[AppliedMeasure, ...] = ()
    ended: tuple[AppliedMeasure, ...] = ()
    records: tuple[Record, ...] = ()
    gaps: tuple[Gap, ...] = ()
    candidates: tuple[Candidate, ...] = ()
    flags: tuple[Flag, ...] = ()
    decision_digest: str = ""
    wire: bytes = field(default=b"", repr=False, compare=False)  # the CheckResponse as received

    @property
    def permits(self) -> bool:
        """Whether the verdict permits (`Verdict.permits`)."""
        return self.verdict.permits

    @property
    def remedies(self) -> tuple[Remedy, ...]:
        """What can be done against the measures that act, each remedy once."""
        every = (remedy for measure in self.measures for remedy in measure.remedies)
        return tuple(dict.fromkeys(every))

    def to_json(self, *, indent: int | None = None) -> str:
        """The proto3 JSON of the CheckResponse, every field present; the same whatever the client's target."""
        from xingate._internal.values.message_json import to_json

        return to_json("CheckResponse", self.wire, indent)

    def __str__(self) -> str:
        return "\n".join(_lines_of(self))


_WITHOUT_EFFECT = (
    ("suspended", "suspended, without effect"),
    ("withheld", "incentives withheld"),
    ("advisory_only", "shown only, does not act"),
    ("ended", "ended"),
)


def _lines_of(decision: Decision) -> Iterator[str]:
    """The whole answer: verdict, measures, gaps, remedies, record."""
    day = f" on {decision.as_of}" if decision.as_of else ""
    yield f"{decision.verdict.name} {decision.verdict.title_zh}{day}"
    for measure in decision.measures:
        yield from _measure(measure)
    for name, label in _WITHOUT_EFFECT:
        for measure in getattr(decision, name):
            yield f"  {label}: {_headline(measure)}" + (f" ({measure.because})" if measure.because else "")
    for record in decision.records:
        amount = f", {record.amount_yuan} yuan" if record.amount_yuan else ""
        yield f"  on record: {record.entry}{amount}"
    for gap in decision.gaps:
        yield f"  not known: {gap}"
    for candidate in decision.candidates:
        code = f" {candidate.code}" if candidate.code else ""
        lists = ", ".join(candidate.list_types) or "no list"
        closes = f"; {candidate.closes_told}" if candidate.closes_with else ""
        yield f"  may be: {candidate.name}{code} ({lists}; {candidate.why_told}{closes})"
    for flag in decision.flags:
        yield f"  note: {flag}"
    for remedy in decision.remedies:
        yield f"  remedy: {remedy}"
    yield f"  record {decision.trace.record_id}, snapshot {decision.snapshot.sequence}"


def _headline(measure: AppliedMeasure) -> str:
    words = measure.manner
    return f"{measure.id} {measure.title} [{words}]" if str(measure.title) else f"{measure.id} [{words}]"


def _role(via: Via) -> str:
    return " ".join(dict.fromkeys((via.title.zh, via.role)))


def _measure(measure: AppliedMeasure) -> Iterator[str]:
    yield f"  {_headline(measure)}"
    if measure.via:
        yield f"      through {_role(measure.via)} of {measure.via.entity_name} {measure.via.entity_code}".rstrip()
    for basis in measure.basis:
        yield f"      basis: {basis}"
    for obligation in measure.obligations:
        yield f"      obligation: {obligation}"
    if measure.entry:
        yield f"      entry: {measure.entry}"
    if measure.bodies_told:
        yield f"      bodies: {measure.bodies_told}"
    if measure.evidence:
        yield f"      evidence: {measure.evidence}"
