"""An answer on the screen: verdict, measures with their basis, gaps, remedies, record. Nothing is left out."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from xingate.types import AppliedMeasure, Decision, Verdict, Via

COLOURS = {
    Verdict.CLEAR: "green",
    Verdict.FAVOURED: "bold green",
    Verdict.CAUTION: "yellow",
    Verdict.RESTRICTED: "bold dark_orange",
    Verdict.PROHIBITED: "bold red",
    Verdict.CANNOT_TELL: "bold magenta",
}
_SECTIONS = (
    ("suspended", "中止执行 suspended, without effect"),
    ("withheld", "暂不给予 incentives withheld"),
    ("advisory_only", "仅供参考 shown only, does not act"),
    ("ended", "已结束 ended"),
)


_NO_TITLES: Mapping[str, str] = MappingProxyType({})


def show(decision: Decision, console: Console, list_titles: Mapping[str, str] = _NO_TITLES) -> None:
    """Print `decision`; `list_titles` are Chinese titles by list type, for those of candidates."""
    verdict = decision.verdict
    colour = COLOURS[verdict]
    console.print(f"[{colour}]{verdict.title_zh} {verdict.title_en.upper()}[/{colour}]  {decision.as_of or ''}")
    if decision.measures:
        console.print(_measures("措施 measures", decision.measures))
    for name, title in _SECTIONS:
        if measures := getattr(decision, name):
            console.print(_measures(title, measures, is_because_shown=True))
    for line in _lines(decision, list_titles):
        console.print(line, soft_wrap=True)


def _measures(title: str, measures: Sequence[AppliedMeasure], *, is_because_shown: bool = False) -> Table:
    table = Table(title=title, title_justify="left", title_style="bold", show_lines=True)
    for header in ("id", "措施 measure", "效果、力度 effect, force", "依据 basis", "记录 entry"):
        table.add_column(header, overflow="fold")
    for measure in measures:
        table.add_row(*(escape(cell) for cell in _cells(measure, is_because_shown=is_because_shown)))
    return table


def _cells(measure: AppliedMeasure, *, is_because_shown: bool) -> tuple[str, ...]:
    what = [str(measure.title)]
    what += [f"obligation: {obligation}" for obligation in measure.obligations]
    if measure.via:
        what.append(_through(measure.via))
    if measure.bodies:
        what.append(f"实施 applied by {'、'.join(measure.bodies)}")
    if is_because_shown and measure.because:
        what.append(f"because {measure.because}")
    force = measure.manner.replace(", ", "\n")
    basis = "\n".join(str(item) for item in measure.basis)
    entry = _entry(measure)
    return measure.id, "\n".join(part for part in what if part), force, basis, entry


def _through(via: Via) -> str:
    role = " ".join(dict.fromkeys((via.title.zh, via.role)))
    return f"经由 through {role} of {via.entity_name} {via.entity_code}".rstrip()


def _entry(measure: AppliedMeasure) -> str:
    if measure.entry is None:
        return measure.evidence
    facts = f"\n{measure.entry.facts}" if measure.entry.facts else ""
    return f"{measure.entry}{facts}"


def _lines(decision: Decision, list_titles: Mapping[str, str]) -> list[str]:
    """What comes below the tables."""
    lines = [f"[bold]救济 remedy[/bold] {escape(str(remedy))}" for remedy in decision.remedies]
    bodies = dict.fromkeys(measure.bodies_told for measure in decision.measures if measure.remedies)
    lines += [f"[bold]向谁提出 addressed to[/bold] {escape(told)}" for told in bodies if told]
    lines += [f"[bold magenta]缺口 not known[/bold magenta] {escape(str(gap))}" for gap in decision.gaps]
    for candidate in decision.candidates:
        lists = ", ".join(f"{list_titles.get(t, '')} {t}".strip() for t in candidate.list_types) or "不在名单 no list"
        text = f"{candidate.name} {candidate.code} ({lists}; {candidate.why_told}; {candidate.score:.2f})"
        lines.append(f"[bold]候选 candidate[/bold] {escape(text)}")
        if candidate.closes_with:
            lines.append(f"  [dim]{escape(candidate.closes_told)}[/dim]")
    for record in decision.records:
        amount = f", {record.amount_yuan} 元 yuan" if record.amount_yuan else ""
        lines.append(f"[bold]记录 on record[/bold] {escape(f'{record.entry}{amount}')}")
    lines += [f"[dim]标记 flag {escape(str(flag))}[/dim]" for flag in decision.flags]
    snapshot = decision.snapshot
    if snapshot.status not in {"", "current"}:
        lines.append(f"[yellow]快照 snapshot {snapshot.sequence} is {escape(snapshot.status)}[/yellow]")
    trace = decision.trace
    lines.append(
        f"[dim]留痕 record[/dim] {escape(trace.record_id)} [dim]request {escape(decision.request_id)}, "
        f"leaf {trace.leaf_index}, snapshot {snapshot.sequence}, catalogue {escape(snapshot.catalogue)}[/dim]"
    )
    return lines
