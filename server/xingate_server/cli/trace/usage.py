"""How a usage report is shown: as a table, a spreadsheet, a chart or JSON."""

import json
from collections.abc import Iterator, Sequence
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from xingate.types import Verdict as PublicVerdict
from xingate_server.cli.output.common import counted
from xingate_server.cli.output.sheets import Cell, Sheet
from xingate_server.cli.output.svg import Bar, Panel, Series, draw
from xingate_server.core.catalogue import Verdict
from xingate_server.trace.audit.report import By, Coverage, OpenMatter, Usage, UsageRow

_GROUP_ZH = {By.ORGANISATION: "单位", By.ACTION: "事项", By.VERDICT: "结论", By.SYSTEM: "系统"}
_COLOURS = {
    Verdict.CLEAR: "#8fa3b5",
    Verdict.FAVOURED: "#2a9d6f",
    Verdict.CAUTION: "#e9c46a",
    Verdict.RESTRICTED: "#e07a1f",
    Verdict.PROHIBITED: "#b3202a",
    Verdict.CANNOT_TELL: "#7b5ea7",
}
_TITLES_ZH = {verdict: PublicVerdict[verdict.name].title_zh for verdict in Verdict}
_VERDICTS = {
    verdict: Series(f"{_TITLES_ZH[verdict]} {verdict.name.replace('_', ' ')}", colour)
    for verdict, colour in _COLOURS.items()
}
_COVERAGE = (
    Series("决定前已查询 before the decision", "#2a9d6f"),
    Series("决定后才查询 only after it", "#e9c46a"),
    Series("未查询 never", "#b3202a"),
)
_NUMBERS = ("lookups", "subjects", *(v.name.lower() for v in Verdict), "outcomes", "applied", "not_applied", "other")
_HEADER = (*_NUMBERS, "unanswered", "feedback_seconds", "denials")
_ZH = {
    "lookups": "查询",
    "subjects": "主体",
    **{verdict.name.lower(): title for verdict, title in _TITLES_ZH.items()},
    "outcomes": "反馈",
    "applied": "已执行",
    "not_applied": "未执行",
    "other": "其他",
    "unanswered": "未反馈",
    "feedback_seconds": "反馈时长",
    "denials": "被拒",
}
_SHORT = {"favoured": "fav.", "restricted": "restr.", "prohibited": "prohib.", "feedback_seconds": "median s"}
_TOTAL = "合计 total"
_NOBODY = "(未注明 not said)"


def sheets(usage: Usage, open_matters: Sequence[OpenMatter]) -> list[Sheet]:
    """The report's tables: figures, and with a list of matters the coverage and what is open."""
    rows = [_cells(row, _told(usage.by, row.group)) for row in usage.rows]
    found = [Sheet("usage", (usage.by.value, *_HEADER), [*rows, _cells(usage.total, "total")])]
    if usage.coverage is not None:
        header = ("organisation", "matters", "covered", "late", "missing")
        coverage = [(c.organisation, c.matters, c.covered, c.late, c.missing) for c in usage.coverage]
        found.append(Sheet("coverage", header, coverage))
        titles = ("organisation", "matter", "decided_on", "first_lookup_on")
        opened = [(m.organisation, m.number, m.decided_on, m.asked_on) for m in open_matters]
        found.append(Sheet("matters without a lookup", titles, opened))
    return found


def chart(usage: Usage) -> str:
    """Lookups by verdict, one bar a group; with a list of matters its coverage below."""
    verdicts = tuple(Verdict)
    bars = (
        Bar(_told(usage.by, row.group) or _NOBODY, tuple(row.verdicts.get(v.name, 0) for v in verdicts))
        for row in usage.rows
    )
    panels = [
        Panel(
            f"信用查询使用情况（按{_GROUP_ZH[usage.by]}）：{_span(usage, '至')}",
            f"Lookups by {usage.by.value}, {_span(usage, 'to')}",
            tuple(_VERDICTS[v] for v in verdicts),
            tuple(bars),
        )
    ]
    if usage.coverage is not None:
        covered = (Bar(c.organisation, (c.covered, c.late, c.missing)) for c in usage.coverage)
        panels.append(Panel("应查事项的查询覆盖", "Matters that should have been looked up", _COVERAGE, tuple(covered)))
    return draw(panels)


def document(usage: Usage, open_matters: Sequence[OpenMatter]) -> str:
    """The report as JSON; names as in proto3 JSON, numbers as numbers."""
    found: dict[str, Any] = {
        "from": usage.first.isoformat() if usage.first else "",
        "to": usage.last.isoformat() if usage.last else "",
        "by": usage.by.value,
        "rows": [_object(row) for row in usage.rows],
        "total": _object(usage.total),
        "outcomesOfUnknownLookups": usage.strays,
        "damaged": list(usage.damaged),
        "damagedCount": usage.damaged_count,
    }
    if usage.coverage is not None:
        found["coverage"] = [_coverage_object(c) for c in usage.coverage]
        found["mattersLeftOut"] = usage.left_out
        found["mattersWithoutLookup"] = [
            {"organisation": m.organisation, "matter": m.number, "decidedOn": m.decided_on, "firstLookupOn": m.asked_on}
            for m in open_matters
        ]
    return json.dumps(found, ensure_ascii=False, indent=2)


def show(console: Console, usage: Usage, open_matters: Sequence[OpenMatter]) -> None:
    """The report as tables on a screen. Columns of which nothing was counted are left out."""
    title = f"{_span(usage, 'to')}, days in Asia/Shanghai"
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    table.add_column(f"{_GROUP_ZH[usage.by]}\n{usage.by.value}", overflow="fold", min_width=16)
    total = dict(zip(_HEADER, _cells(usage.total, "")[1:], strict=True))
    shown = [name for name in _HEADER if total[name] or name in {"lookups", "subjects", "outcomes", "unanswered"}]
    for name in shown:
        table.add_column(f"{_ZH[name]}\n{_SHORT.get(name, name.replace('_', ' '))}", justify="right")
    rows = [(_told(usage.by, row.group) or _NOBODY, row) for row in usage.rows]
    for label, row in [*rows, (_TOTAL, usage.total)]:
        values = dict(zip(_HEADER, _cells(row, "")[1:], strict=True))
        table.add_row(escape(label), *(_said(values[name]) for name in shown))
    console.print(table)
    if usage.coverage is not None:
        _show_coverage(console, usage, open_matters)


def notes(usage: Usage) -> Iterator[str]:
    """What has to be said beside the figures."""
    if usage.strays:
        said = counted(usage.strays, "outcome names", "outcomes name")
        yield f"{said} a lookup that is in none of these logs; {_not_counted(usage.strays)}"
    if usage.left_out:
        said = counted(usage.left_out, "matter was", "matters were")
        yield f"{said} decided outside these days; {_not_counted(usage.left_out)}"
    yield from (f"not counted: {what}" for what in usage.damaged)
    if usage.damaged_count > len(usage.damaged):
        more = counted(usage.damaged_count - len(usage.damaged), "more damaged leaf", "more damaged leaves")
        yield f"not counted: {more}"


def _not_counted(count: int) -> str:
    return "it is not counted" if count == 1 else "they are not counted"


def _show_coverage(console: Console, usage: Usage, open_matters: Sequence[OpenMatter]) -> None:
    table = Table(title="应查事项 Matters that should have been looked up", title_justify="left")
    table.add_column("单位\norganisation", overflow="fold")
    for name in ("事项\nmatters", "决定前已查\nbefore", "决定后才查\nonly after", "未查\nnever", "覆盖率\ncoverage"):
        table.add_column(name, justify="right")
    for c in usage.coverage or ():
        share = f"{c.covered / c.matters:.1%}" if c.matters else ""
        table.add_row(escape(c.organisation), *(f"{n:,}" for n in (c.matters, c.covered, c.late, c.missing)), share)
    console.print(table)
    if open_matters:
        table = Table(title="未先查询即作决定 Decided without a lookup before", title_justify="left")
        for name in ("单位\norganisation", "事项编号\nmatter", "决定日期\ndecided on", "首次查询\nfirst lookup"):
            table.add_column(name, overflow="fold")
        for m in open_matters:
            table.add_row(escape(m.organisation), escape(m.number), m.decided_on, m.asked_on)
        console.print(table)


def _cells(row: UsageRow, group: str) -> list[Cell]:
    verdicts: list[Cell] = [row.verdicts.get(v.name, 0) for v in Verdict]
    counts: list[Cell] = [row.outcomes, row.applied, row.not_applied, row.other, row.unanswered]
    return [group, row.lookups, row.subjects, *verdicts, *counts, row.feedback_seconds, row.denials]


def _object(row: UsageRow) -> dict[str, object]:
    found: dict[str, object] = {
        "group": row.group,
        "lookups": row.lookups,
        "subjects": row.subjects,
        "verdicts": row.verdicts,
        "outcomes": row.outcomes,
        "applied": row.applied,
        "notApplied": row.not_applied,
        "other": row.other,
        "unanswered": row.unanswered,
        "denials": row.denials,
    }
    return found if row.feedback_seconds is None else found | {"feedbackSeconds": row.feedback_seconds}


def _coverage_object(c: Coverage) -> dict[str, object]:
    return {
        "organisation": c.organisation,
        "matters": c.matters,
        "covered": c.covered,
        "late": c.late,
        "missing": c.missing,
    }


def _told(by: By, group: str) -> str:
    """A row's group for people: a verdict with its Chinese word."""
    return PublicVerdict[group].label if by is By.VERDICT and group in PublicVerdict.__members__ else group


def _span(usage: Usage, until: str) -> str:
    if usage.first is None and usage.last is None:
        return "全部" if until == "至" else "all days"
    return f"{usage.first or '…'} {until} {usage.last or '…'}"


def _said(value: Cell) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if isinstance(value, int | float) else value
