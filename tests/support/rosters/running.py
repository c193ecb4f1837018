"""Rosters before a gateway in memory: what is asked, run, and read back from the workbook."""

from pathlib import Path
from typing import Any

import openpyxl

from xingate.testing import FakeGateway
from xingate.types import AppliedMeasure, EntryRef, Gap, LegalBasis, Remedy, Text, Verdict
from xingate_adapters.rosters.journal import Journal
from xingate_adapters.rosters.layout import guess_layout
from xingate_adapters.rosters.run import Done, screen_file
from xingate_adapters.rosters.screening import Screening
from xingate_server.demo.numbers import citizen_number, unified_code

LISTED, PERSON = unified_code(1), citizen_number(101)
HEADER = "名称,统一社会信用代码,主体类别,法定代表人,法定代表人身份证号,备注"
WHO = {"organisation": "示例中心", "operator": "示例经办人"}
PURPOSE = WHO | {"matter": "示例〔2026〕1号"}
"""Without it people are not asked about."""


def fake_gateway() -> FakeGateway:
    """A gateway in memory that has one company listed and one that only a name is known of."""
    gateway = FakeGateway(actions=["tender.bid", "market.entry"])
    measure = AppliedMeasure(
        "18.3b",
        title=Text("限制参与有关公共资源交易活动", "Limit taking part"),
        basis=(LegalBasis("实施方案", "十八(3)"),),
        entry=EntryRef("e1", list_type="black.bid_rigging", authority="示例局", document_no="示例〔2026〕1号"),
        remedies=(Remedy("objection", Text("提出异议", "Object")),),
    )
    gateway.answer(LISTED, "*", Verdict.RESTRICTED, measures=[measure])
    gateway.answer(
        "示例同名公司", "*", Verdict.CANNOT_TELL, gaps=[Gap("identity_name_only", Verdict.PROHIBITED, "ask")]
    )
    return gateway


def roster(path: Path, *rows: str) -> Path:
    """A roster of these rows under `HEADER`."""
    path.write_text("\n".join((HEADER, *rows)), encoding="utf-8")
    return path


def company(number: int, note: str = "") -> str:
    """A row of a company that is on no list, with its representative."""
    return f"示例{number}公司,{unified_code(1000 + number)},企业,示例甲,{citizen_number(number % 1000)},{note}"


def screening(file: Path, **options: Any) -> Screening:
    """What to ask of a roster; `options` beside what is usual."""
    given = {"action": "tender.bid", "context": {}, "out": file.with_suffix(".xlsx")} | PURPOSE | options
    return Screening(**({"layout": guess_layout(file, given.get("kind"))} | given))


def run(fake: FakeGateway, asked: Screening, begun: list[Journal] | None = None) -> Done:
    """Run it before the gateway; `begun` gets the journal."""
    begun = [] if begun is None else begun
    with fake.client(system=asked.system, **WHO) as client:
        return screen_file(client, asked, begun.append, lambda *_: None)


def cells(file: Path, title: str = "结果 results") -> list[dict[str, Any]]:
    """The rows of a sheet of the workbook, by their titles."""
    book = openpyxl.load_workbook(file)
    header, *rows = book[title].iter_rows(values_only=True)
    return [dict(zip(header, row, strict=True)) for row in rows]
