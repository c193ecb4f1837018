"""The results as a table: on the screen, and in the pages that show them.

`python -m benchmarks.table` writes the lines of README.md and README.zh-CN.md and the tables of docs/performance.md and
docs/scaling.md from the committed results; `--check` only reports whether they are current. A page has them between two
marker comments.
"""

import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks import growth, scaling
from benchmarks.results import LATEST, PEERS, Results, cells, load
from benchmarks.rows import Row

ROOT = Path(__file__).parents[1]
_MARKED = r"(<!-- {name}[^>]*-->\n).*?(<!-- /{name} -->)"
# The rows that the README shows, and their names in README.zh-CN.md.
SHORT = {"grpc-64": "gRPC Check，64 路并发", "http-32": "HTTP /v1/check，32 路并发"}


def show(found: Results) -> None:
    """The table on the screen, and what was left out."""
    table = Table(title=f"xingate, {found.subjects:,} subjects; {found.machine}", title_justify="left")
    for column in ("what", "xingate", "beside it", "ratio", "target", "met"):
        table.add_column(column)
    for row in found.rows:
        table.add_row(*cells(row))
    console = Console(width=150 if not sys.stdout.isatty() else None)
    console.print(table)
    for each in found.skipped:
        console.print(f"left out: {', '.join(each.ids)}: {each.reason}")


def short_lines(found: Sequence[Row], *, chinese: bool = False) -> str:
    """The README's lines as Markdown: the rows of SHORT that were measured, then how many targets are met."""
    lines = []
    for ident, name in SHORT.items():
        if (row := next((row for row in found if row.id == ident), None)) is not None:
            what, ours, beside, ratio, target, _ = cells(row)
            if chinese:
                met = "已达到" if row.is_met else "未达到"
                lines.append(f"* {name}：{ours}，对照 {beside}，比值 {ratio}，目标 {target}，{met}。")
            else:
                met = "met" if row.is_met else "not met"
                lines.append(f"* {what}: {ours}, beside {beside}: ratio {ratio}, target {target}, {met}.")
    judged = [row.is_met for row in found if row.is_met is not None]
    lines.append(
        f"* {len(judged)} 项目标中 {sum(judged)} 项已达到；其余各项及原因见 docs/performance.md。"
        if chinese
        else f"* {sum(judged)} of {len(judged)} targets are met. docs/performance.md names the others, and the reasons."
    )
    return "\n".join(lines) + "\n"


def whole_table(found: Results) -> str:
    """All rows as Markdown, with the machine above and what was left out below."""
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    head = (
        f"`{found.command}`, {found.taken_at[:10]}: {found.machine}; {found.subjects:,} subjects; medians of "
        f"{found.runs} paired runs; {versions}.\n"
    )
    lines = [
        head,
        rows_table(found.rows),
        *(f"\nLeft out: {', '.join(each.ids)}: {each.reason}." for each in found.skipped),
    ]
    return "\n".join(lines)


def rows_table(found: Sequence[Row]) -> str:
    """Rows as a Markdown table."""
    head = (_line(("what", "xingate", "beside it", "ratio", "target", "met")), _line(("---",) * 6))
    return "\n".join((*head, *(_line(cells(row)) for row in found))) + "\n"


def filled(page: str, name: str, content: str) -> str:
    """The page with the text between its markers replaced. Raises ValueError if it has no such markers."""
    pattern = re.compile(_MARKED.format(name=re.escape(name)), re.DOTALL)
    if pattern.search(page) is None:
        raise ValueError(f"there is no marker `<!-- {name} -->`")
    return pattern.sub(lambda found: f"{found[1]}{content}{found[2]}", page)


def pages() -> dict[Path, str]:
    """Every page that shows results, as it ought to be."""
    latest, peers, sizes = load(LATEST), load(PEERS), growth.load()
    short = [row for each in (latest, peers) if each is not None for row in each.rows]
    short += growth.rows(sizes) if sizes is not None else ()
    wanted: dict[Path, str] = {}
    for name, chinese in (("README.md", False), ("README.zh-CN.md", True)):
        path = ROOT / name
        wanted[path] = filled(path.read_text(encoding="utf-8"), "bench", short_lines(short, chinese=chinese))
    performance = ROOT / "docs" / "performance.md"
    text = performance.read_text(encoding="utf-8")
    for marker, each in (("bench", latest), ("peers", peers)):
        if each is not None:
            text = filled(text, marker, whole_table(each))
    if sizes is not None:
        text = filled(text, "largest", rows_table(growth.rows(sizes)))
    wanted[performance] = text
    return wanted if sizes is None else wanted | _scaling_page(sizes, latest)


def _scaling_page(sizes: growth.Growth, latest: Results | None) -> dict[Path, str]:
    path = ROOT / "docs" / "scaling.md"
    text = filled(path.read_text(encoding="utf-8"), "growth", scaling.sizes_table(sizes))
    measured = None if latest is None else scaling.measured(sizes, latest)
    return {path: text if measured is None else filled(text, "places", scaling.places_table(measured))}


def write_pages(*, only_check: bool = False) -> list[Path]:
    """Bring the pages up to date; those that were not."""
    stale = [path for path, text in pages().items() if path.read_text(encoding="utf-8") != text]
    if not only_check:
        for path, text in pages().items():
            path.write_text(text, encoding="utf-8")
    return stale


def _line(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


def _main() -> None:
    only_check = sys.argv[1:] == ["--check"]
    stale = write_pages(only_check=only_check)
    for path in stale:
        print(f"{'not current' if only_check else 'written'}: {path.relative_to(ROOT)}")
    sys.exit(1 if stale and only_check else 0)


if __name__ == "__main__":
    _main()
