"""What a file is before anything is known of it: its form, encoding, separator, sheets, and its first rows.

For a person who looks at a list for the first time (`xingate source inspect`); reading proper does not use it.
"""

import codecs
import itertools
from contextlib import closing
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading import files
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import forms
from xingate_adapters.reading.tables.separators import separator_of
from xingate_adapters.reading.tables.tables import Row, csv_rows
from xingate_adapters.reading.tables.workbook import sheet_titles, workbook_rows

_HEADER_WITHIN = 15
_NAMED_BYTES = 65_536


class Probe(NamedTuple):
    """A file's form (`csv`, `xlsx`, `json`, `xml`) and what it takes to read it; `head` are its first rows. Of several
    visible sheets with rows the fullest is taken: `unread` are the others, `alike` those of them with its header."""

    form: str
    encoding: str = ""
    delimiter: str = ","
    sheet: str = ""
    sheets: tuple[str, ...] = ()
    hidden_sheets: tuple[str, ...] = ()
    head: tuple[Row, ...] = ()
    unread: tuple[str, ...] = ()
    alike: tuple[str, ...] = ()


def probe(file: Path, rows: int = 300) -> Probe:
    """Look at the first `rows` rows of a file. Raises `SourceError` for what can never be read."""
    if forms.is_workbook(file):
        return _workbook(file, rows)
    forms.refuse_other_bytes(file)
    with closing(files.byte_chunks(file, Run())) as chunks:
        sample = next(chunks)
    encoding = _encoding(file, sample)
    text = sample.decode("utf-8-sig" if encoding == "ascii" else encoding, "ignore").lstrip("\ufeff \r\n\t")
    form = forms.form_of_text(text)
    if form in ("json", "xml"):
        return Probe(form, encoding)
    delimiter = separator_of("".join(files.with_line_feeds(iter((text,)))))
    with closing(csv_rows(file, Run(), delimiter=delimiter)) as found:
        head = tuple(itertools.islice(found, rows))
    if not any(map(_filled, head)):
        raise SourceError("the file is empty", file=file, expected="at least a header", hint="export it again")
    return Probe("csv", encoding, delimiter, head=head)


def _workbook(file: Path, rows: int) -> Probe:
    visible, hidden = sheet_titles(file)
    heads: dict[str, tuple[Row, ...]] = {}
    for title in visible:
        with closing(workbook_rows(file, Run(), title)) as found:
            head = tuple(itertools.islice(found, rows))
        if any(map(_filled, head)):
            heads[title] = head
    if not heads:
        raise SourceError("no visible sheet has rows", file=file, expected="at least a header")
    sheet = max(heads, key=lambda title: sum(map(_filled, heads[title])))
    head = heads.pop(sheet)
    alike = tuple(title for title, other in heads.items() if _labels(other) & _labels(head))
    return Probe("xlsx", "", ",", sheet, tuple(visible), tuple(hidden), head, tuple(heads), alike)


def _labels(head: tuple[Row, ...]) -> set[tuple[str, ...]]:
    """The first rows that may be headers, without their blank cells."""
    first = (tuple(filter(None, map(str.strip, cells))) for _, cells in head[:_HEADER_WITHIN])
    return {labels for labels in first if len(labels) > 1}


def _filled(row: Row) -> int:
    return sum(1 for cell in row[1] if cell.strip())


def _encoding(file: Path, sample: bytes) -> str:
    if sample.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if sample.isascii():
        return "ascii"
    _, marked = files.byte_order_mark(file, sample)
    if marked:
        return marked
    for name in files.CHINESE:
        try:
            codecs.getincrementaldecoder(name)().decode(sample)
        except UnicodeDecodeError:
            continue
        return name
    from charset_normalizer import from_bytes

    best = from_bytes(sample[:_NAMED_BYTES]).best()
    named = f" (it looks like {best.encoding})" if best is not None else ""
    raise SourceError(
        f"the encoding is not one that is read{named}",
        file=file,
        expected="UTF-8, GB18030 or UTF-16",
        hint="save it as UTF-8",
    )
