"""Tables of records on a screen of any width: times and words stay whole, wider than the screen if need be."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

from rich.box import SIMPLE_HEAD
from rich.cells import cell_len
from rich.markup import escape
from rich.table import Table

from xingate_server.cli.output.common import console
from xingate_server.core.timestamps import SHANGHAI

TIME: Final = "time (Shanghai)"
_LEAST_FREE = 8


def shown_time(time: str) -> str:
    """A time of a record (RFC 3339) for people, to the second in Shanghai, as the days of a search are; a text that is
    no time stays as it is."""
    try:
        return datetime.fromisoformat(time).astimezone(SHANGHAI).isoformat(" ", "seconds")
    except ValueError:
        return time


def print_rows(headers: Sequence[str], rows: Sequence[Sequence[str]], free: Collection[str]) -> None:
    """Print. Columns of `free` are folded where the screen is narrow, at least as wide as their header; the others
    break between words, times never."""
    screen = console()
    columns = dict(zip(headers, zip(headers, *rows, strict=True), strict=True))
    whole = {name: max(map(cell_len, cells)) for name, cells in columns.items()}
    widths = {name: width for name, width in whole.items() if name not in free}
    between = 2 * len(headers)
    room = screen.width - between - sum(max(_LEAST_FREE, cell_len(name)) for name in free)
    if sum(widths.values()) > room:
        for name in widths.keys() - {TIME}:
            widths[name] = max(cell_len(word) for cell in columns[name] for word in cell.split() or [""])
    left = screen.width - between - sum(widths.values())
    for place, name in enumerate(sorted(free, key=whole.__getitem__)):
        widths[name] = min(whole[name], max(_LEAST_FREE, cell_len(name), left // (len(free) - place)))
        left -= widths[name]
    screen.width = max(screen.width, sum(widths.values()) + between)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0), show_edge=False)
    for header in headers:
        table.add_column(header, overflow="fold", width=widths[header])
    for cells in rows:
        table.add_row(*map(escape, cells))
    screen.print(table)
