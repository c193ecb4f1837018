"""Objects from a JSON array or JSON lines, streamed: the file is never held whole.

Told apart by the first character: `[` begins an array, `{` the first of the lines. Numbers stay text exactly as
written (a code is not a number), save whole ones with an exponent or a point that have lost digits (`doubles`). Lists
and objects are `Nested`, for the reader to judge. An object with a key twice is a fault. Other shapes (an object around
the array) are not read. Source: RFC 8259.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

from xingate_adapters.reading import files
from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import forms
from xingate_server.core.identifiers.decoration import clean
from xingate_server.core.identifiers.doubles import as_code
from xingate_server.core.identifiers.number_patterns import EXACT_DIGITS

Item = tuple[int, dict[str, str]]
ITEM_LIMIT = 4_000_000  # characters of one object
_BLANKS = " \t\r\n"
_SHAPE = "a JSON array of objects, or one object a line"


class Nested(str):
    """A list or an object as its JSON text."""

    __slots__ = ()

    def single(self) -> str | None:
        """The text of a list of one text; None for all else."""
        value = json.loads(self)
        return clean(value[0]) if isinstance(value, list) and len(value) == 1 and isinstance(value[0], str) else None


class _DuplicateKeyError(ValueError):
    pass


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _DuplicateKeyError("the object has a key twice")
    return found


def _no_constant(word: str) -> NoReturn:
    raise ValueError(f"{word} is not JSON")


def _float(written: str) -> str:
    value = float(written)
    return as_code(value) if value.is_integer() and abs(value) >= 10**EXACT_DIGITS else written


_DECODER = json.JSONDecoder(object_pairs_hook=_unique, parse_int=str, parse_float=_float, parse_constant=_no_constant)


def json_items(file: Path, run: Run) -> Iterator[Item]:
    """The objects of a file with their numbers: the line in JSON lines, the ordinal in an array."""
    for row, item in _items(file, run):
        if run.correct is not None:
            cells = run.correct(file, row, tuple(item), list(item.values()))
            yield row, dict(zip(item, cells, strict=True))
        else:
            yield row, item


def _items(file: Path, run: Run) -> Iterator[Item]:
    forms.refuse_other_bytes(file)
    chunks = files.text_chunks(file, run)
    start = ""
    for chunk in chunks:
        start = (start + chunk).lstrip(_BLANKS)
        if start:
            break
    if start[:1] == "[":
        yield from _array(file, start[1:], chunks)
    elif start[:1] == "{":
        yield from _lines(file, _joined(start, chunks), run)
    else:
        what = "the file is not a JSON list" if start else "the file is empty"
        raise SourceError(what, file=file, row=1, expected=_SHAPE)


def _joined(start: str, chunks: Iterator[str]) -> Iterator[str]:
    yield start
    yield from chunks


def _lines(file: Path, chunks: Iterator[str], run: Run) -> Iterator[Item]:
    row = 0  # of the last whole line
    try:
        for row, line in enumerate(files.lines(file, chunks, run), 1):
            if line.strip(_BLANKS):
                yield row, _object(file, row, line.strip(_BLANKS))
    except SourceError as error:
        raise error.at(row + 1) from error.__cause__


def _object(file: Path, row: int, line: str) -> dict[str, str]:
    try:
        value, end = _DECODER.raw_decode(line)
    except (ValueError, RecursionError) as error:
        raise _damaged(file, row, error) from error
    if end != len(line):
        raise SourceError("there is text after the object", file=file, row=row, expected=_SHAPE)
    return _as_text(file, row, value)


def _array(file: Path, start: str, chunks: Iterator[str]) -> Iterator[Item]:
    """Items as they become whole; a separator is read with the item that it follows."""
    buffer = _Buffer(file, start, chunks)
    row = 1
    is_over = buffer.peek() == "]" and buffer.take() == "]"
    while not is_over:
        yield row, _as_text(file, row, buffer.value(row))
        row += 1
        separator = buffer.take()
        is_over = separator == "]"
        if not is_over and separator != ",":
            what = "no comma between two items" if separator else "the file is cut off inside the array"
            raise SourceError(what, file=file, row=row, expected=_SHAPE, hint="fetch it again")
    if buffer.peek():
        raise SourceError("there is text after the array", file=file, row=row, expected=_SHAPE)


class _Buffer:
    """A window on the text that grows until the next item is whole."""

    def __init__(self, file: Path, start: str, chunks: Iterator[str]) -> None:
        self._file, self._text, self._place, self._chunks = file, start, 0, chunks

    def peek(self) -> str:
        """The next character that is not blank, "" at the end."""
        while True:
            while self._place < len(self._text) and self._text[self._place] in _BLANKS:
                self._place += 1
            if self._place < len(self._text) or not self._grow():
                return self._text[self._place : self._place + 1]

    def take(self) -> str:
        """The same, and go past it."""
        found = self.peek()
        self._place += len(found)
        return found

    def value(self, row: int) -> Any:
        """The next value; grows the window while it may only be cut."""
        if self.peek() not in ("{", ""):
            raise SourceError("an item of the array is not an object", file=self._file, row=row, expected=_SHAPE)
        while True:
            try:
                found, self._place = _DECODER.raw_decode(self._text, self._place)
            except (_DuplicateKeyError, RecursionError) as error:
                raise _damaged(self._file, row, error) from error
            except ValueError as error:
                if len(self._text) - self._place > ITEM_LIMIT or not self._grow():
                    raise _damaged(self._file, row, error) from error
            else:
                return found

    def _grow(self) -> bool:
        chunk = next(self._chunks, "")
        self._text, self._place = self._text[self._place :] + chunk, 0
        return chunk != ""


def _damaged(file: Path, row: int, error: Exception) -> SourceError:
    if isinstance(error, json.JSONDecodeError):
        what = f"the JSON is cut off or damaged (at character {error.pos + 1:,} of the item)"
    elif isinstance(error, RecursionError):
        what = "the JSON is nested too deeply"
    else:
        what = f"the JSON is damaged ({error})"
    return SourceError(what, file=file, row=row, expected=_SHAPE, hint="fetch it again")


def _as_text(file: Path, row: int, value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        raise SourceError("an item of the list is not an object", file=file, row=row, expected=_SHAPE)
    return {_readable(key): _cell(cell) for key, cell in value.items()}


def _readable(text: str) -> str:
    """Half a character, which an escape may give, cannot be written out: it becomes the replacement character."""
    if text.isascii():
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _cell(value: Any) -> str:
    if isinstance(value, str):
        return _readable(clean(value))
    if value is None:
        return ""
    told = _readable(json.dumps(value, ensure_ascii=False))
    return Nested(told) if isinstance(value, list | dict) else told
