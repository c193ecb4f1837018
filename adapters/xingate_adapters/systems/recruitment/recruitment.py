"""An HR system's desk: one question per candidate and post, doubts settled by a person and told the next time."""

from dataclasses import dataclass

from xingate import Client, Identifier, Subject
from xingate.types import IdentitySettlement, MeasureOutcome, RecordedOutcome
from xingate_adapters.systems.errors import IncompleteFileError
from xingate_adapters.systems.recruitment.result import PanelResult, result_of
from xingate_adapters.systems.subjects import shown_subject

__all__ = ["PURPOSES", "Candidate", "RecruitmentDesk"]

PURPOSES = ("personnel.recruit", "personnel.appoint", "personnel.supervise")


@dataclass(frozen=True, repr=False)
class Candidate:
    """A person by number; `scheme` says which kind of number, `citizen_id` or another document of docs/identifiers.md.
    A name alone is not a candidate: it would bring up other people."""

    name: str
    number: str
    scheme: str = "citizen_id"

    @property
    def subject(self) -> Subject:
        """Always a natural person: the kind is stated, never read from the number."""
        return Subject.natural_person(self.number, name=self.name, scheme=self.scheme)

    def __repr__(self) -> str:
        return f"Candidate({shown_subject(self.subject)!r})"


class RecruitmentDesk:
    """Asks for one HR system. Safe to share between threads, as its client is. What it returns is for the panel."""

    def __init__(self, client: Client) -> None:
        self._client = client

    def check(
        self, candidate: Candidate, *, post: str, purpose: str, operator: str, request_id: str = ""
    ) -> PanelResult:
        """Check a candidate for a post (its number is the matter's), for a purpose (one of `PURPOSES`), by an operator.

        Raises IncompleteFileError before anything is asked, and errors of `xingate.errors`: then there is no result.
        """
        self._require(candidate, post, purpose, operator)
        decision = self._client.check(candidate.subject, purpose, matter=post, operator=operator, request_id=request_id)
        return result_of(decision, shown_subject(candidate.subject), Identifier("", post.strip()).shown(), purpose)

    def settle(
        self, result: PanelResult, entry_id: str, *, is_same: bool, evidence: str, decided_by: str
    ) -> RecordedOutcome:
        """Record what a person found out about a doubt: the same or not the same, on which evidence, and who
        decided. The next check of the candidate for the same post tells it (`PanelResult.settled`).

        Every call is a report of its own, and the newest counts.
        """
        if all(doubt.entry_id != entry_id for doubt in result.doubts):
            raise IncompleteFileError(f"`{entry_id}` is not a doubt in this result")
        if not evidence.strip() or not decided_by.strip():
            raise IncompleteFileError("a doubt is settled on evidence and by somebody: state both")
        settlement = IdentitySettlement(entry_id, is_same=is_same, evidence=evidence, decided_by=decided_by)
        return self._client.report_outcome(result.record_id, identities=[settlement], operator=decided_by)

    def report(self, result: PanelResult, outcomes: list[MeasureOutcome], *, operator: str) -> RecordedOutcome:
        """Report what was done with the measures (Cl. 22)."""
        return self._client.report_outcome(
            result.record_id, measures=outcomes, operator=operator, outcome_id=f"{result.record_id}-outcome"
        )

    def _require(self, candidate: Candidate, post: str, purpose: str, operator: str) -> None:
        missing = [
            word
            for word, value in (
                ("the candidate's number", candidate.number),
                ("the scheme of the number", candidate.scheme),
                ("the post", post),
                ("the operator", operator),
            )
            if not value.strip()
        ]
        if missing:
            raise IncompleteFileError(f"a person is asked about only with {', '.join(missing)}")
        if purpose not in PURPOSES:
            shown = Identifier("", purpose.strip()).shown()[:64]
            raise IncompleteFileError(f"`{shown}` is not a purpose of recruitment: expected {', '.join(PURPOSES)}")
