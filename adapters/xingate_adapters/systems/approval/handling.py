"""What follows from an answer for a file: the step to take, with its reasons, promise and remedies.

A pure reading of a `MatterDecision`. The measures it rests on say what the authority must or may do; the officer
decides and reports (`ApprovalDesk.report`). A CANNOT_TELL is neither a refusal nor a pass: the file waits until
somebody has closed the gap.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from typing import Any

from xingate import MatterDecision, Verdict
from xingate.types import Decision, Effect, Obligation
from xingate_adapters.systems.subjects import measure_line, shown_subject
from xingate_adapters.systems.workdays import working_day_deadline

__all__ = ["Handling", "Promise", "Stage", "Step", "handling_of"]


class Stage(Enum):
    """When a file is checked."""

    ACCEPTANCE = "acceptance"
    DECISION = "decision"


class Step(Enum):
    """What to do with the file."""

    PROCEED = "proceed"
    GREEN_CHANNEL = "green_channel"
    TOLERANCE = "tolerance"
    SUPPLEMENT = "supplement"
    STRICT_REVIEW = "strict_review"
    REFUSE = "refuse"
    HOLD = "hold"

    @property
    def title_zh(self) -> str:
        """The word for people."""
        return _STEPS_ZH[self]

    @property
    def is_stop(self) -> bool:
        """Whether the matter does not go on as it is."""
        return self in {Step.REFUSE, Step.HOLD, Step.SUPPLEMENT}


_STEPS_ZH = {
    Step.PROCEED: "正常办理",
    Step.GREEN_CHANNEL: "绿色通道",
    Step.TOLERANCE: "容缺受理",
    Step.SUPPLEMENT: "补正材料",
    Step.STRICT_REVIEW: "从严审查",
    Step.REFUSE: "不予办理",
    Step.HOLD: "暂缓，待核实",
}


@dataclass(frozen=True)
class Promise:
    """What an applicant promises in writing so that an incomplete file is accepted first (容缺受理, Cl. 11).

    `deadline` is None if the calendar of working days is not to hand: the officer then sets it.
    """

    papers: tuple[str, ...]
    text_zh: str
    text_en: str
    working_days: int
    deadline: date | None


@dataclass(frozen=True)
class Handling:
    """The proposal for one file at one stage. `note()` is what goes into the matter's file. `has_green_channel` also
    where the step is another one, such as tolerance."""

    stage: Stage
    step: Step
    number: str
    code: str
    action: str
    decision: MatterDecision
    reasons: tuple[str, ...] = ()
    promise: Promise | None = None
    has_green_channel: bool = False
    changes: tuple[str, ...] = ()

    @property
    def remedies(self) -> tuple[str, ...]:
        """What the applicant can do against it."""
        return tuple(map(str, self.decision.remedies))

    def note(self) -> dict[str, Any]:
        """For the matter's file, as JSON has it: the record ids, and what the next check is compared with. No number
        of a person stands in it."""
        promise = self.promise
        return {
            "stage": self.stage.value,
            "step": self.step.value,
            "greenChannel": self.has_green_channel,
            "matter": self.number,
            "code": self.code,
            "action": self.action,
            "verdict": self.decision.verdict.name,
            "requestId": self.decision.request_id,
            "records": [
                {
                    "recordId": answer.decision.trace.record_id,
                    "role": answer.role,
                    "subject": shown_subject(answer.party.subject),
                    "verdict": answer.decision.verdict.name,
                    "measures": [measure.id for measure in answer.decision.measures],
                    "listings": listings_of(answer.decision),
                }
                for answer in self.decision.parties
            ],
            "reasons": list(self.reasons),
            "remedies": list(self.remedies),
            "changes": list(self.changes),
            "promise": promise
            and {
                "papers": list(promise.papers),
                "text": promise.text_zh,
                "workingDays": promise.working_days,
                "deadline": promise.deadline.isoformat() if promise.deadline else None,
            },
        }


def listings_of(decision: Decision) -> dict[str, str]:
    """What restricts a party, or would if it were not suspended: an entry's id and how it is told. Incentives are left
    out: an action that knows none says nothing about the entry."""
    found: dict[str, str] = {}
    for state, measures in (("", decision.measures), ("（异议核实中，暂停执行）", decision.suspended)):
        for measure in (each for each in measures if each.effect is not Effect.FAVOUR):
            entry = measure.entry
            key = entry.id if entry and entry.id else f"measure:{measure.id.partition('.')[0]}"
            told = str(measure.title)
            if entry and entry.id:
                told = f"{entry.list_title} {entry.authority} {entry.document_no}"
            found.setdefault(key, f"{told.strip()}{state}")
    return found


def handling_of(
    decision: MatterDecision,
    stage: Stage,
    asked: tuple[str, str, str],
    missing: Sequence[str] = (),
    papers_by_law: Sequence[str] = (),
) -> Handling:
    """The proposal. `asked`: number, code and action; `missing`: the papers that the file lacks."""
    number, code, action = asked
    obligations = {each.kind: each for measure in decision.incentives for each in measure.obligations}
    is_favoured = decision.verdict is Verdict.FAVOURED
    has_green = is_favoured and "green_channel" in obligations
    step, promise, reasons = _step(decision), None, _reasons(decision)
    if missing and not step.is_stop:
        tolerance = obligations.get("tolerance") if is_favoured else None
        by_law = [paper for paper in missing if paper in papers_by_law]
        if tolerance is not None and not by_law:
            step, promise = Step.TOLERANCE, _promise(decision, tolerance, missing)
        else:
            step = Step.SUPPLEMENT
            reasons = (*reasons, *(f"缺少材料 missing: {paper}" for paper in missing))
            reasons = (*reasons, *(f"法律、法规要求的材料不可容缺 required by law: {paper}" for paper in by_law))
    elif has_green and step is Step.PROCEED:
        step = Step.GREEN_CHANNEL
    return Handling(stage, step, number, code, action, decision, reasons, promise, has_green)


_STEP_OF = {
    Verdict.PROHIBITED: Step.REFUSE,
    Verdict.RESTRICTED: Step.REFUSE,
    Verdict.CANNOT_TELL: Step.HOLD,
    Verdict.CAUTION: Step.STRICT_REVIEW,
}


def _step(decision: MatterDecision) -> Step:
    return _STEP_OF.get(decision.verdict, Step.PROCEED)


def _reasons(decision: MatterDecision) -> tuple[str, ...]:
    acting = [f"{shown_subject(party.subject)}：{measure_line(m)}" for party, m in decision.restrictions]
    if decision.verdict is Verdict.CANNOT_TELL:
        acting += [f"{shown_subject(party.subject)}：{gap}" for party, gap in decision.gaps]
    return tuple(dict.fromkeys(acting))


def _promise(decision: MatterDecision, tolerance: Obligation, missing: Sequence[str]) -> Promise:
    given: Mapping[str, str] = tolerance.parameters
    days = int(given["days_to_supply"]) if given.get("days_to_supply", "").isdecimal() else 0
    start = decision.applicant.as_of
    deadline = working_day_deadline(start, days) if start and days else None
    return Promise(tuple(missing), given.get("promise_zh", ""), given.get("promise_en", ""), days, deadline)
