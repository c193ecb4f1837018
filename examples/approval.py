"""An approval bureau: a check at acceptance and again at decision, as part of the procedure (Cl. 5, 11, 18, 22, 25).

python examples/approval.py [URL]
"""

import sys
from pathlib import Path

from lists import gateway_url

import xingate
from xingate import Party, Subject
from xingate.types import MeasureOutcome
from xingate_adapters.systems.approval import (
    ApprovalDesk,
    ApprovalFile,
    Handling,
    Stage,
    current_handling,
    load_matter_map,
    requires_handling,
)
from xingate_adapters.systems.errors import StoppedError
from xingate_server.demo.numbers import citizen_number, unified_code

MATTERS = Path(__file__).parent / "matters.toml"


def company(serial: int, *others: Party) -> tuple[Party, ...]:
    return (Party.applicant(Subject.legal_entity(unified_code(serial))), *others)


PERSON = Party.legal_representative(Subject.natural_person(citizen_number(101), name="示例甲"))
FILES = (
    ApprovalFile("示例-1", "示例-SP-001", company(2), "示例经办人", missing_papers=("示例平面图",)),
    ApprovalFile("示例-2", "示例-SP-001", company(1), "示例经办人"),
    ApprovalFile("示例-3", "示例-ZR-003", company(3, PERSON), "示例经办人"),
)


def show(handling: Handling) -> None:
    print(
        f"\n{handling.number} {handling.stage.value} {handling.action}: {handling.step.title_zh} {handling.step.value}"
    )
    if (promise := handling.promise) is not None:
        print(f"  promise: {promise.text_zh}; {', '.join(promise.papers)}; by {promise.deadline}")
    for reason in handling.reasons:
        print(f"  reason: {reason}")
    for remedy in handling.remedies:
        print(f"  remedy: {remedy}")
    for change in handling.changes:
        print(f"  changed: {change}")
    print(f"  records: {', '.join(handling.decision.record_ids)}")


def main(url: str) -> None:
    matters = load_matter_map(MATTERS)
    with xingate.connect(url, system="permits", organisation="示例行政审批局") as gateway:
        matters.require_actions(gateway)
        desk = ApprovalDesk(gateway, matters)
        notes = {}  # the matters' files: here a dict, in a bureau its own database
        for file in FILES:
            handling = desk.accept(file)
            notes[file.number] = handling.note()
            show(handling)

        @requires_handling(desk, Stage.DECISION, file=lambda f: f, accepted=lambda f: notes[f.number])
        def grant(file: ApprovalFile) -> str:
            show(current_handling())
            return f"{file.number} granted"

        for file in FILES:
            try:
                print(grant(file))
            except StoppedError as error:
                show(error.handling)

        done = [MeasureOutcome.applied("18.1a", document_no="示例〔2026〕1号")]
        reported = desk.report(notes["示例-2"], done, operator="示例经办人")
        print(f"\nreported: {reported[0].outcome_id} on {reported[0].lookup_record_id}")
        receipt = gateway.matter_receipt(notes["示例-3"]["records"][0]["recordId"])
        print(f"one receipt for 示例-3: {len(receipt.receipts)} parties under one checkpoint")


if __name__ == "__main__":
    with gateway_url(sys.argv[1:]) as address:
        main(address)
