"""A desk of an approval bureau: it asks at acceptance and again at decision, proposes, and reports what was done."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from xingate import Client, MatterDecision, Party, Verdict
from xingate.types import MeasureOutcome, RecordedOutcome
from xingate_adapters.systems.approval.handling import Handling, Stage, handling_of, listings_of
from xingate_adapters.systems.errors import IncompleteFileError
from xingate_adapters.systems.mapping import MatterMap
from xingate_adapters.systems.subjects import shown_subject

__all__ = ["ApprovalDesk", "ApprovalFile"]


@dataclass(frozen=True)
class ApprovalFile:
    """A file as the bureau's own system has it: its number, its matter code (事项编码), who is concerned, and which
    papers are still missing."""

    number: str
    code: str
    parties: tuple[Party, ...]
    operator: str = ""
    missing_papers: tuple[str, ...] = ()


class ApprovalDesk:
    """Asks for one bureau. Safe to share between threads, as its client is."""

    def __init__(self, client: Client, matters: MatterMap) -> None:
        self._client = client
        self._matters = matters

    def accept(self, file: ApprovalFile, *, request_id: str = "") -> Handling:
        """Check at acceptance. `request_id`: that of a failed call, to ask again.

        Raises UnknownMatterError, IncompleteFileError, and errors of `xingate.errors` (no answer, so no step).
        """
        return self._handle(file, Stage.ACCEPTANCE, request_id)

    def decide(self, file: ApprovalFile, accepted: Mapping[str, Any], *, request_id: str = "") -> Handling:
        """Check again before the decision; `changes` says what is different since `accepted`, the note of the
        acceptance as it stands in the matter's file (`Handling.note`). Raises as `accept` does."""
        _require_note(accepted, file.number)
        handling = self._handle(file, Stage.DECISION, request_id)
        return replace(handling, changes=_changes(accepted, handling))

    def handle(
        self, file: ApprovalFile, stage: Stage, accepted: Mapping[str, Any] | None = None, *, request_id: str = ""
    ) -> Handling:
        """`accept` or `decide`, by the stage."""
        if stage is Stage.ACCEPTANCE:
            return self.accept(file, request_id=request_id)
        return self.decide(file, accepted or {}, request_id=request_id)

    def report(
        self, note: Mapping[str, Any], outcomes: Iterable[MeasureOutcome], *, operator: str = "", outcome_id: str = ""
    ) -> list[RecordedOutcome]:
        """Report what was done with the measures of a check (Cl. 22); each goes to the record of every party that it
        was answered for. A repeated report is not a second one; a different one takes an `outcome_id` of its own.

        Raises IncompleteFileError for a measure that the check did not answer, and errors of `xingate.errors`.
        """
        given = list(outcomes)
        records = _require_note(note, str(note.get("matter", "")))
        answered = {measure for record in records for measure in record["measures"]}
        unknown = [outcome.measure_id for outcome in given if outcome.measure_id not in answered]
        if unknown or not given:
            text = f"measures that the check did not answer: {', '.join(unknown)}" if unknown else "nothing is reported"
            raise IncompleteFileError(text)
        base = outcome_id or f"{note['requestId']}-outcome"
        recorded = []
        for place, record in enumerate(records, start=1):
            own = [outcome for outcome in given if outcome.measure_id in record["measures"]]
            if own:
                recorded.append(
                    self._client.report_outcome(
                        record["recordId"], measures=own, operator=operator, outcome_id=f"{base}/{place}"
                    )
                )
        return recorded

    def _handle(self, file: ApprovalFile, stage: Stage, request_id: str) -> Handling:
        matter = self._matters.of(file.code)
        if not file.number.strip():
            raise IncompleteFileError("the file has no number: without one its checks cannot be found again")
        action = matter.acceptance if stage is Stage.ACCEPTANCE else matter.decision
        decision: MatterDecision = self._client.check_matter(
            file.number,
            action,
            file.parties,
            operator=file.operator,
            context=matter.context,
            request_id=request_id,
        )
        asked = (file.number, file.code, action)
        return handling_of(decision, stage, asked, file.missing_papers, matter.papers_by_law)


def _require_note(note: Mapping[str, Any], number: str) -> list[dict[str, Any]]:
    records = note.get("records")
    if not isinstance(records, list) or not records or not note.get("requestId"):
        raise IncompleteFileError("the file contains no earlier check: check it at acceptance and keep the note")
    if note.get("matter") != number:
        raise IncompleteFileError("the earlier check is that of another matter")
    return records


def _changes(accepted: Mapping[str, Any], handling: Handling) -> tuple[str, ...]:
    """What is different: parties, restricting listings that came or went, and the verdict of each party. Another action
    may know other measures, so what does not act at the decision is said of that action."""
    before, now = accepted["records"], handling.decision.parties
    then = [(record["role"], record["subject"]) for record in before]
    if then != [(answer.role, shown_subject(answer.party.subject)) for answer in now]:
        return ("当事人与受理时不同 the parties are not those of the acceptance",)
    changes = []
    for record, answer in zip(before, now, strict=True):
        old, new = record["listings"], listings_of(answer.decision)
        changes += [f"{answer.role}：新增 new: {told}" for key, told in new.items() if key not in old]
        gone = f"{answer.role}：于 {handling.action} 不适用 does not act there"
        changes += [f"{gone}: {told}" for key, told in old.items() if key not in new]
        changes += [f"{answer.role}：{old[key]} → {told}" for key, told in new.items() if old.get(key, told) != told]
        if record["verdict"] != answer.decision.verdict.name:
            verdict = answer.decision.verdict.label
            changes.append(f"{answer.role}：{accepted['action']} {_label(record)} → {handling.action} {verdict}")
    return tuple(changes)


def _label(record: Mapping[str, Any]) -> str:
    """The verdict of an earlier check as people read it; a name that this version does not know stays as it is."""
    known = Verdict.__members__.get(record["verdict"])
    return record["verdict"] if known is None else known.label
