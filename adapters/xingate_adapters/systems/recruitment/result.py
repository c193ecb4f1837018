"""What a panel may see of an answer: that something acts, on which legal basis, who recognised it, what remains open.

Left out on purpose: numbers, facts of the entry, which lists were looked at and found nothing, candidates by name
(other people!), incentives, other records. Whoever is entitled to more reads the record by its id.
"""

from dataclasses import dataclass

from xingate import Decision, Verdict
from xingate.types import AppliedMeasure, Gap

__all__ = ["Doubt", "Finding", "PanelResult", "result_of"]

_UNSETTLED = "identity_unsettled"
_SETTLED = "identity_settled"


@dataclass(frozen=True)
class Finding:
    """A measure that acts on the candidate, and the listing that it rests on; blank where it rests on none."""

    measure_id: str
    title_zh: str
    title_en: str
    basis: tuple[str, ...]
    authority: str
    document_no: str
    valid_until: str
    list_zh: str = ""
    list_en: str = ""


@dataclass(frozen=True)
class Doubt:
    """A listing that may or may not be the candidate's: a person compares the documents and settles it. `listing` is
    the authority, number and day of its document."""

    entry_id: str
    listing: str = ""


@dataclass(frozen=True)
class PanelResult:
    """The result for a panel. `candidate` is the name with the number masked. With CANNOT_TELL there is no result yet:
    `doubts` are to be settled by a person, `open_points` by whoever keeps the lists. `settled` tells what a person
    found out earlier in the same matter; the verdict stays what the lists give."""

    candidate: str
    post: str
    purpose: str
    day: str
    verdict: Verdict
    findings: tuple[Finding, ...]
    remedies: tuple[tuple[str, str], ...]
    doubts: tuple[Doubt, ...]
    open_points: tuple[str, ...]
    settled: tuple[str, ...]
    record_id: str

    @property
    def needs_person(self) -> bool:
        """Whether somebody has to find out more before the panel may go on."""
        return self.verdict is Verdict.CANNOT_TELL

    @property
    def unsettled(self) -> tuple[Doubt, ...]:
        """The doubts that nobody has settled in this matter yet."""
        return tuple(d for d in self.doubts if not any(told.startswith(f"{d.entry_id}: ") for told in self.settled))


def result_of(decision: Decision, candidate: str, post: str, purpose: str) -> PanelResult:
    """A decision as a panel may see it."""
    acting = [measure for measure in decision.measures if measure.effect.name != "FAVOUR"]
    return PanelResult(
        candidate=candidate,
        post=post,
        purpose=purpose,
        day=decision.as_of.isoformat() if decision.as_of else "",
        verdict=Verdict.CLEAR if decision.verdict is Verdict.FAVOURED else decision.verdict,
        findings=tuple(map(_finding, acting)),
        remedies=tuple(
            dict.fromkeys((r.title.zh or r.kind, r.title.en or r.kind) for measure in acting for r in measure.remedies)
        ),
        doubts=tuple(
            Doubt(gap.about, _listing(gap)) for gap in decision.gaps if gap.reason == _UNSETTLED and gap.about
        ),
        open_points=tuple(
            f"{gap.title.zh} {gap.reason}: {gap.closes_zh} {gap.closes_with}"
            for gap in decision.gaps
            if gap.reason != _UNSETTLED and _is_open(gap)
        ),
        settled=tuple(flag.detail for flag in decision.flags if flag.code == _SETTLED),
        record_id=decision.trace.record_id,
    )


def _listing(gap: Gap) -> str:
    """The part of what closes the gap that names the entry."""
    return gap.closes_with.partition(": ")[2]


def _is_open(gap: object) -> bool:
    return getattr(gap, "could_be", None) is not Verdict.FAVOURED  # an incentive that is not known is none of theirs


def _finding(measure: AppliedMeasure) -> Finding:
    entry = measure.entry
    return Finding(
        measure_id=measure.id,
        title_zh=measure.title.zh or measure.id,
        title_en=measure.title.en or measure.id,
        basis=tuple(map(str, measure.basis)),
        authority=entry.authority if entry else "",
        document_no=entry.document_no if entry else "",
        valid_until=entry.valid_until.isoformat() if entry and entry.valid_until else "",
        list_zh=(entry.title.zh or entry.list_type) if entry else "",
        list_en=(entry.title.en or entry.list_type) if entry else "",
    )
