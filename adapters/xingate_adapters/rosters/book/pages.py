"""The two pages around the results: what they add up to, with a chart, and what was done, when, on which snapshot."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from xingate.types import SignedCheckpoint
from xingate_adapters.rosters.book.answers import gap_words
from xingate_adapters.rosters.book.summary import Tally
from xingate_adapters.rosters.book.widths import Widths, lines_of
from xingate_adapters.rosters.book.words import COLOURS, ERRORS, FOOTER, NOT_ASKED, ORDER, VERDICTS
from xingate_adapters.rosters.book.workbook import CERTIFICATE, Roster, printable

_SHANGHAI: Final = ZoneInfo("Asia/Shanghai")
_MOST_MEASURES: Final = 30
_FOOTERS: Final = 20
_VALUE: Final = 2  # the column of the certificate's statements
_CHART_COLUMN: Final = 6
_VERIFYING: Final = """每行的留痕编号可取得离线可验的凭证：xingate trace receipt 编号；本页本身不是凭证。
Each record id gives a receipt that is verified offline: xingate trace receipt ID. This page itself proves nothing."""


class Facts(NamedTuple):
    """What the pages say beside the counts. `read_as` is field -> columns of the roster; `checkpoint` is None if the
    gateway gave none that covers the run."""

    file: str
    file_sha256: str
    action: str
    action_title: str
    as_of: str
    asked_by: str
    run_id: str
    started_at: datetime
    finished_at: datetime
    read_as: Mapping[str, str]
    people_note: str
    unread: str
    checkpoint: SignedCheckpoint | None


def write_summary(roster: Roster, tally: Tally, facts: Facts) -> None:
    """The first page."""
    sheet = _Sheet(roster.summary, Widths((24, 40, 52, 10, 10)), roster.head)
    page = sheet.page
    title = roster.book.add_format({"bold": True, "font_size": 16})
    percent = roster.book.add_format({"num_format": "0.0%"})
    page.write_string(0, 0, "名单核查汇总 Roster screening", title)
    page.write_string(1, 0, printable(f"{facts.file}　{facts.action} {facts.action_title}　{facts.as_of}"))
    sheet.header(3, ("结论", "verdict", "", "行 rows", "占比"))
    line = 3
    for verdict in ORDER:
        line += 1
        zh, en = VERDICTS[verdict]
        page.write_string(line, 0, zh, roster.verdicts[verdict])
        page.write_string(line, 1, en, roster.verdicts[verdict])
        page.write_number(line, 3, tally.verdicts[verdict])
        page.write_number(line, 4, tally.verdicts[verdict] / max(tally.rows, 1), percent)
    _chart(roster, 4, line)
    line += 1
    page.write_string(line, 0, "合计 total")
    page.write_number(line, 3, tally.rows)
    if tally.footers:
        line += 1
        sheet.row(line, (" ".join(FOOTER), _examples(tally.footers[:_FOOTERS], len(tally.footers)), ""))
        page.write_number(line, 3, len(tally.footers))
    line += 2
    rows: list[tuple[str, str, str, int]] = [
        (f"columns_not_asked: {label}", *NOT_ASKED, count) for label, count in tally.not_asked.items()
    ]
    line = sheet.table(line, ("未查询的栏 column not asked", "说明", "what to do", "号码 codes"), rows)
    line = _people(sheet, line, tally, facts)
    rows = [(ident, zh, en, count) for (ident, zh, en), count in tally.measures.most_common(_MOST_MEASURES)]
    line = sheet.table(line, ("措施 measure", "名称", "title", "行 rows"), rows)
    rows = [
        (f"{reason} {about}".rstrip(), gap_words(reason), "", count)
        for (reason, about), count in tally.gaps.most_common()
    ]
    line = sheet.table(line, ("缺口 gap", "如何补足 what closes it", "", "行 rows"), rows)
    rows = [
        (reason, ERRORS.get(reason) or tally.error_words[reason], _examples(tally.error_rows[reason], count), count)
        for reason, count in tally.errors.most_common()
    ]
    sheet.table(line, ("错误 error", "说明", "例如 such as", "次 count"), rows)
    for column, width in sheet.widths.items():
        page.set_column(column, column, width)
    page.set_landscape()
    page.fit_to_pages(1, 0)
    page.activate()


def write_certificate(roster: Roster, tally: Tally, facts: Facts) -> None:
    """The last page: what was asked and on what it rests."""
    page: Any = roster.book.add_worksheet(CERTIFICATE)
    widths = Widths((22, 34, 100))
    statements = [(zh, en, printable(value)) for zh, en, value in _statements(tally, facts)]
    for texts in statements:
        for column, text in enumerate(texts):
            widths.take(column, text, is_wrapped=column == _VALUE)
    for column, width in widths.items():
        page.set_column(column, column, width)
    title = roster.book.add_format({"bold": True, "font_size": 16})
    page.write_string(0, 0, "查询证明 Certificate of lookups", title)
    for line, (zh, en, value) in enumerate(statements, 2):
        page.write_string(line, 0, zh, roster.head)
        page.write_string(line, 1, en, roster.head)
        page.write_string(line, _VALUE, value, roster.wrapped)
        page.set_row(line, 15 * lines_of(value.split("\n"), widths[_VALUE]))
    page.set_landscape()
    page.fit_to_pages(1, 0)


def _examples(rows: Sequence[int], count: int) -> str:
    return f"行 rows {', '.join(map(str, rows))}{' …' if count > len(rows) else ''}"


class _Sheet(NamedTuple):
    """A page of tables, with the widths that its texts ask for."""

    page: Any
    widths: Widths
    head: Any

    def header(self, line: int, titles: Sequence[str]) -> None:
        """A row of titles."""
        self.row(line, titles, self.head)

    def row(self, line: int, texts: Sequence[str], style: Any = None) -> None:
        """A row of texts, each on one line."""
        for column, text in enumerate(map(printable, texts)):
            self.page.write_string(line, column, text, style)
            self.widths.take(column, text, is_wrapped=False)

    def table(self, line: int, titles: Sequence[str], rows: Sequence[tuple[str, str, str, int]]) -> int:
        """A table, none if it has no rows; the line below it."""
        if not rows:
            return line
        self.header(line, titles)
        for number, (*texts, count) in enumerate(rows, line + 1):
            self.row(number, texts)
            self.page.write_number(number, len(texts), count)
        return line + len(rows) + 2


def _people(sheet: _Sheet, line: int, tally: Tally, facts: Facts) -> int:
    if facts.people_note:
        sheet.page.write_string(line, 0, printable(facts.people_note))
        line += 2
    rows = [(*VERDICTS[verdict], "", tally.people[verdict]) for verdict in ORDER if tally.people[verdict]]
    return sheet.table(line, ("关联人员结论", "verdicts of related people", "", "人次"), rows)


def _chart(roster: Roster, first: int, last: int) -> None:
    page = roster.summary
    chart = roster.book.add_chart({"type": "bar"})
    chart.add_series(
        {
            "name": "行 rows",
            "categories": [page.name, first, 0, last, 1],
            "values": [page.name, first, 3, last, 3],
            "points": [{"fill": {"color": COLOURS[verdict][0]}, "border": {"color": "#7F7F7F"}} for verdict in ORDER],
            "data_labels": {"value": True},
            "gap": 40,
        }
    )
    chart.set_title({"name": "各结论的行数 Rows by verdict"})
    chart.set_legend({"none": True})
    chart.set_y_axis({"reverse": True})
    chart.set_x_axis({"num_format": "0", "major_gridlines": {"visible": True, "line": {"color": "#D9D9D9"}}})
    chart.set_size({"width": 640, "height": 340})
    page.insert_chart(2, _CHART_COLUMN, chart, {"description": "各结论的行数 rows by verdict"})


def _statements(tally: Tally, facts: Facts) -> Iterable[tuple[str, str, str]]:
    answered = sum(count for verdict, count in tally.verdicts.items() if verdict is not None)
    yield "名单文件", "roster file", facts.file
    yield "文件摘要", "SHA-256 of the file", facts.file_sha256
    yield "读作", "columns read as", "\n".join(f"{field} ← {label}" for field, label in facts.read_as.items())
    if tally.footers:
        yield "页脚行", "rows of totals or signatures, not asked about", ", ".join(map(str, tally.footers[:_FOOTERS]))
    if tally.not_asked:
        yield "未查询的栏", "columns of codes not asked about", "、".join(tally.not_asked)
    if facts.unread:
        yield "未读的工作表", "sheets not read", facts.unread
    yield "事项", "action", f"{facts.action} {facts.action_title}".rstrip()
    yield "所查日期", "day asked about", facts.as_of
    yield "查询单位和人员", "asked by", facts.asked_by
    yield "行数", "rows", f"{tally.rows}（有结论 answered {answered}，未能查询 not answered {tally.rows - answered}）"
    yield "查询次数", "lookups recorded", str(tally.records)
    yield "批次", "run", facts.run_id
    yield "开始", "begun", _time(facts.started_at)
    yield "完成", "finished", _time(facts.finished_at)
    for snapshot, count in tally.snapshots.most_common():
        yield (
            "快照",
            "snapshot",
            f"第 {snapshot.sequence} 号 sequence {snapshot.sequence}, {snapshot.hash}（{count} 次 lookups）",
        )
        yield "目录", "catalogue", f"{snapshot.catalogue}, {snapshot.catalogue_hash}"
    for origin, count in tally.origins.most_common():
        yield "留痕日志", "log", f"{origin}（{count} 次 lookups）"
    if tally.first_leaf is not None and tally.last_leaf is not None:
        yield "首条记录", "first record", f"{tally.first_leaf[1]}（第 {tally.first_leaf[0]} 条 leaf）"
        yield "末条记录", "last record", f"{tally.last_leaf[1]}（第 {tally.last_leaf[0]} 条 leaf）"
    if facts.checkpoint is None:
        yield "检查点", "checkpoint", "未取得覆盖本批次的检查点 no checkpoint that covers this run was to be had"
    else:
        yield "检查点（已签名）", "checkpoint (signed note)", facts.checkpoint.note.rstrip("\n")
        yield "日志公钥", "the log's key, as the gateway says", facts.checkpoint.verifier_key
    yield (
        "如何核验",
        "how to verify",
        _VERIFYING,
    )


def _time(moment: datetime) -> str:
    return moment.astimezone(_SHANGHAI).strftime("%Y-%m-%d %H:%M:%S 北京时间 UTC+8")
