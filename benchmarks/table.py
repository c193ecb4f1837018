"""The results as a table: on the screen, and in the pages that show them.

`python -m benchmarks.table` writes the tables of README.md, README.zh-CN.md, docs/performance.md and docs/scaling.md
from the committed results; `--check` only says whether they are current. A page has a table between two marker
comments.
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
# The rows of the short table, in its order, and how README.zh-CN.md calls them.
SHORT = {
    "grpc-64": "gRPC Check，64 路并发",
    "grpc-64-p99": "同上，p99",
    "grpc-8": "gRPC Check，8 路并发",
    "grpc-1": "gRPC Check，1 路",
    "http-32": "HTTP /v1/check，32 路并发",
    "http-1": "HTTP /v1/check，1 路",
    "batch-100": "BatchCheck，每次 100 条",
    "check-64": "进程内核查并落盘留痕，64 路并发",
    "decide-hit": "进程内查询并裁量，命中名单，p50",
    "decide-miss": "进程内查询并裁量，未知主体，p50",
    "compile": "编译",
    "growth-lookup": "最大规模下查询一个主体，与一万个主体时相比",
    "growth-memory": "最大规模编译时的内存峰值",
    "open": "打开并校验快照",
    "ready": "从进程启动到就绪",
    "swap-failed": "负载下切换快照：失败的请求",
    "swap-p99": "负载下切换快照：切换那一秒的 p99",
    "opa-rate": "与 Open Policy Agent 相比：吞吐",
    "opa-p99": "与 Open Policy Agent 相比：p99",
    "opa-memory": "与 Open Policy Agent 相比：内存",
    "opa-start": "与 Open Policy Agent 相比：启动时间",
}


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


def short_table(found: Sequence[Row], *, chinese: bool = False) -> str:
    """The rows of the README as Markdown, in its order; those that were not measured are left out."""
    head = ("项目", "xingate", "对照", "比值", "目标", "达到") if chinese else (
        "what", "xingate", "beside it", "ratio", "target", "met"
    )  # fmt: skip
    lines = [_line(head), _line(("---",) * len(head))]
    for ident, name in SHORT.items():
        if (row := next((row for row in found if row.id == ident), None)) is not None:
            texts = list(cells(row))
            if chinese:
                texts[0], texts[5] = name, {"yes": "是", "no": "否", "": ""}[texts[5]]
            lines.append(_line(texts))
    return "\n".join(lines) + "\n" if len(lines) > 2 else ""


def whole_table(found: Results) -> str:
    """All rows as Markdown, with the machine above and what was left out below."""
    versions = ", ".join(f"{name} {number}" for name, number in found.versions.items())
    head = (
        f"`{found.command}`, {found.taken_at[:10]}: {found.machine}; {found.subjects:,} subjects; medians of "
        f"{found.runs} paired runs; {versions}.\n"
    )
    lines = [
        head,
        _line(("what", "xingate", "beside it", "ratio", "target", "met")),
        _line(("---",) * 6),
        *(_line(cells(row)) for row in found.rows),
        *(f"\nLeft out: {', '.join(each.ids)}: {each.reason}." for each in found.skipped),
    ]
    return "\n".join(lines) + "\n"


def filled(page: str, name: str, content: str) -> str:
    """The page with what stands between its markers replaced. Raises ValueError where it has no such markers."""
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
        wanted[path] = filled(path.read_text(encoding="utf-8"), "bench", short_table(short, chinese=chinese))
    performance = ROOT / "docs" / "performance.md"
    text = performance.read_text(encoding="utf-8")
    for marker, each in (("bench", latest), ("peers", peers)):
        if each is not None:
            text = filled(text, marker, whole_table(each))
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
