"""Entries of the Security Council's consolidated xml, streamed, each as its leaves by tag.

Read with defusedxml: entity expansion and external entities are refused. Element names as in the list's published
schema (sc-sanctions.xsd), without their namespace; `source.toml` says which of them are known.
"""

import io
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, ParseError

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from xingate_adapters.reading import files
from xingate_adapters.reading.errors import EmptyListError, SchemaError, SourceError, quoted
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.schema import Watch, has_content, local_name
from xingate_adapters.reading.tables import forms

ROOT = "CONSOLIDATED_LIST"
_ENTRIES = ("INDIVIDUAL", "ENTITY")
_ONCE = frozenset(
    {
        *("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME", "UN_LIST_TYPE", "REFERENCE_NUMBER", "LISTED_ON"),
        *("TYPE_OF_DOCUMENT", "TYPE_OF_DOCUMENT2", "ISSUING_COUNTRY", "COUNTRY_OF_ISSUE", "COUNTRY"),
    }
)
_READ = _ONCE | {
    *("NUMBER", "NAME_ORIGINAL_SCRIPT", "ALIAS_NAME", "INDIVIDUAL_ALIAS", "ENTITY_ALIAS", "INDIVIDUAL_DOCUMENT"),
    *("INDIVIDUAL_ADDRESS", "ENTITY_ADDRESS"),
}
_SHANGHAI = timezone(timedelta(hours=8))
_STAMP = re.compile(r"\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?", re.ASCII)


class Listed(NamedTuple):
    """One entry: its ordinal in the file, whether it is a person, and its element."""

    number: int
    is_person: bool
    element: Element


def read(file: Path, run: Run) -> Iterator[Listed]:
    """All entries, people and entities, in file order. An element is only valid until the next is asked for.

    Raises `SchemaError` for an element that is not known and has content, and `EmptyListError`.
    """
    number = 0
    parents: list[Element] = []
    watch = Watch(file, run)
    for event, element in _events(file, run):
        if event == "start":
            parents.append(element)
            if len(parents) == len((ROOT, "ENTITIES")):
                watch.section(ROOT, element.tag)
            continue
        parents.pop()
        if len(parents) != len((ROOT, "ENTITIES")):
            if len(parents) == len((ROOT,)) and not watch.section(ROOT, element.tag) and has_content(element):
                watch.unknown(ROOT, element.tag, number + 1)
            continue
        section = parents[-1].tag
        number += element.tag in _ENTRIES
        if not watch.section(ROOT, section):
            if has_content(element):
                watch.unknown(ROOT, section, number + (element.tag not in _ENTRIES))
        elif element.tag not in _ENTRIES and has_content(element):
            watch.unknown(section, element.tag, number + 1)
        if element.tag in _ENTRIES:
            watch.entry(element, number, section)
            _look(file, element, number, run)
            yield Listed(number, element.tag == "INDIVIDUAL", element)
        parents[-1].clear()
    if number == 0:
        raise EmptyListError(
            "the list is empty: it has no `INDIVIDUAL` and no `ENTITY`",
            file=file,
            expected="the whole list as published",
            hint="fetch it again",
        )
    watch.finish(number)


def _look(file: Path, entry: Element, number: int, run: Run) -> None:
    """Raises `SchemaError` for what would be lost of an element that is read: a second one where the first is taken,
    and an attribute that says something."""
    for parent in entry.iter():
        tags = [child.tag for child in parent if has_content(child)]
        twice = [tag for tag in tags if tag in _ONCE and tags.count(tag) > 1]
        what = [f"the element {quoted(tag)} occurs more than once in {quoted(parent.tag)}" for tag in twice]
        if parent.tag in _READ:
            said = (name for name, value in parent.items() if value.strip() and not name.startswith("{"))
            what += [f"the element {quoted(parent.tag)} has the attribute {quoted(name)}" for name in said]
        if what and run.accepts_schema:
            run.notes[f"`{file}`: {what[0]}; it is not read"] = None
        elif what:
            raise SchemaError(
                what[0],
                file=file,
                row=number,
                expected="the elements of the published schema",
                hint="the list may have a new layout: update the source, or give `--accept-schema KIND` once",
            )


def stamp(file: Path) -> date | None:
    """The day on which the list was made (`dateGenerated`), in Shanghai."""
    for _, element in _events(file, Run()):
        return _day(element.get("dateGenerated", ""))
    return None


def _day(text: str) -> date | None:
    if not _STAMP.fullmatch(text.strip()):
        return None
    try:
        moment = datetime.fromisoformat(text.strip())
        return (moment.astimezone(_SHANGHAI) if moment.tzinfo else moment).date()
    except (ValueError, OverflowError):
        return None


class _Stream(io.RawIOBase):
    """The file's bytes as the parser reads them, unpacked and counted."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._rest = chunks, b""

    def read(self, size: int = -1, /) -> bytes:
        if not self._rest:
            self._rest = next(self._chunks, b"")
        size = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:size], self._rest[size:]
        return found


def _events(file: Path, run: Run) -> Iterator[tuple[str, Element]]:
    forms.refuse_other_bytes(file)
    number = 0
    root = ""
    stream: Any = _Stream(files.byte_chunks(file, run))
    try:
        for event, element in iterparse(stream, events=("start", "end"), forbid_dtd=True):
            element.tag = local_name(element.tag)
            root = root or element.tag
            if root != ROOT:
                break
            yield event, element
            number += event == "end" and element.tag in _ENTRIES
        else:
            return
    except SourceError as error:
        raise error.at(number + 1) from error.__cause__
    except DefusedXmlException as error:
        raise SourceError(
            "the xml declares a document type or entities", file=file, row=number + 1, expected="the list as published"
        ) from error
    except (ParseError, ValueError, LookupError) as error:
        raise SourceError(
            f"the xml is cut off or damaged ({_reason(error)})",
            file=file,
            row=number + 1,
            expected="the consolidated list as xml",
            hint="fetch it again",
        ) from error
    raise SourceError(
        f"the xml is not the consolidated list: its root element is {quoted(root)}",
        file=file,
        row=1,
        expected=f"the root element `{ROOT}`",
        hint="if the list has a new layout, it needs a new version of this source; or another list was given",
    )


def _reason(error: Exception) -> str:
    if isinstance(error, ParseError):
        line, column = error.position
        return f"{str(error).split(':', maxsplit=1)[0]}, line {line}, character {column}"
    return "an encoding that is not known"
