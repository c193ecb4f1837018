"""Security Council entries to records of `international.un`.

Entities and most people have no number that China knows: they are found by name (and every alias, in every script),
which makes candidates and never a measure. Passports and national numbers of people are kept; where the list gives
a part only (`?`, `…`, runs of `x` or `*` in it), the hidden places are `*`, so the number is read as masked. In `raw`
no document number stands.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from xingate_adapters.reading.cells import country, day, text
from xingate_adapters.reading.run import Run
from xingate_adapters.sources.un_consolidated.read import Listed, read, stamp
from xingate_server.core.entry import Record

KIND = "un_consolidated"
AUTHORITY = "United Nations Security Council"
_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_HIDDEN = re.compile(r"\.{2,}|…|[?•＊*]|[xX]{2,}")
_NUMBER = re.compile(r"[0-9A-Za-z*][0-9A-Za-z*/. -]{2,38}")


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per entry."""
    for file in files:
        for listed in read(file, run):
            yield _record(str(file), listed)


def own_date(file: Path) -> date | None:
    """The day on which the list was generated. Raises `SourceError` for a file that is no such list."""
    return stamp(file)


def _record(origin: str, listed: Listed) -> Record:
    entry = listed.element
    prefix = "INDIVIDUAL" if listed.is_person else "ENTITY"
    committee = _leaf(entry, "UN_LIST_TYPE")
    name = " ".join(part for tag in _NAMES if (part := _leaf(entry, tag)))
    return Record(
        source=KIND,
        file=origin,
        row=listed.number,
        list_type="international.un",
        subject_kind="natural_person" if listed.is_person else "legal_entity",
        name=name,
        aliases=_aliases(entry, prefix, name),
        identifiers=_documents(entry) if listed.is_person else (),
        registered_in=country([_leaf(address, "COUNTRY") for address in entry.iter(f"{prefix}_ADDRESS")]),
        facts=_leaf(entry, "COMMENTS1"),
        authority=AUTHORITY,
        basis=f"Security Council sanctions list: {committee}" if committee else "",
        document_no=_leaf(entry, "REFERENCE_NUMBER"),
        document_date=day(_leaf(entry, "LISTED_ON")),
        field=committee,
        raw=_raw(entry),
    )


def _leaf(element: Element, tag: str) -> str:
    return text(" ".join((element.findtext(tag) or "").split()))


def _aliases(entry: Element, prefix: str, name: str) -> tuple[str, ...]:
    found = [_leaf(entry, "NAME_ORIGINAL_SCRIPT")]
    for alias in entry.iter(f"{prefix}_ALIAS"):
        found += [_leaf(alias, "ALIAS_NAME"), _leaf(alias, "NAME_ORIGINAL_SCRIPT")]
    return tuple(dict.fromkeys(alias for alias in found if alias and alias != name))


def _documents(entry: Element) -> tuple[tuple[str, str], ...]:
    found = []
    for document in entry.iter("INDIVIDUAL_DOCUMENT"):
        number = _HIDDEN.sub(lambda part: "*" * max(len(part[0]), 2), _leaf(document, "NUMBER"))
        if _NUMBER.fullmatch(number):
            found.append((_scheme(document), number))
    return tuple(dict.fromkeys(found))


def _scheme(document: Element) -> str:
    kind = _leaf(document, "TYPE_OF_DOCUMENT").casefold()
    if "passport" in kind:
        return "passport"
    is_chinese = "China" in (_leaf(document, "ISSUING_COUNTRY"), _leaf(document, "COUNTRY_OF_ISSUE"))
    return "citizen_id" if is_chinese and "national" in kind else "other_document"


def _raw(entry: Element) -> dict[str, str]:
    """The entry's own leaves, one cell a tag; document numbers are left out."""
    found: dict[str, str] = {}
    for element in entry.iter():
        value = " ".join((element.text or "").split())
        if value and element.tag != "NUMBER":
            tag = str(element.tag)
            found[tag] = f"{found[tag]}; {value}" if tag in found else value
    return found
