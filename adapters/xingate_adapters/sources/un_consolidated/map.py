"""Security Council entries to records of `international.un`.

Entities and most people have no number that China knows: they are found by name (and every alias, of every quality and
in every script), which makes candidates and never a measure. Passports and national numbers of people are taken out of
whatever stands in a document's cell (`reading.numbers`); where the list gives a part only (`?`, `…`, runs of `x` or `*`
in it), the hidden places are `*`, so the number is read as masked. A cell without a number costs the number and never
the entry; such cells are counted in a note. In `raw` no document number stands. Left out: numbers in a document's
`NOTE`, which are often those of other people.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path
from xml.etree.ElementTree import Element

from xingate_adapters.reading.cells.dates import full_day
from xingate_adapters.reading.cells.numbers import document_numbers, sound_first, without_separators
from xingate_adapters.reading.cells.text import country, text
from xingate_adapters.reading.run import Run
from xingate_adapters.sources.un_consolidated.read import Listed, read, stamp
from xingate_server.core.entry import Record
from xingate_server.core.subject import SubjectClass

CAN_BE_CORRECTED = False
KIND = "un_consolidated"
AUTHORITY = "United Nations Security Council"
_NAMES = ("FIRST_NAME", "SECOND_NAME", "THIRD_NAME", "FOURTH_NAME")
_PASSPORT_WORDS = ("passport", "pasaporte", "passeport", "паспорт", "护照")
BASIS = "Security Council sanctions list"
_CITIZEN_NUMBER = re.compile(r"[\d*]{15}|[\d*]{17}[\dXx*]", re.ASCII)


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per entry."""
    for file in files:
        unread = 0
        for listed in read(file, run):
            unread += sum(map(_is_unread, listed.element.iter("INDIVIDUAL_DOCUMENT")))
            yield _record(str(file), listed)
        if unread:
            run.notes[
                f"`{file}`: no number can be read in {unread:,} of the cells of documents; these people are listed by "
                "name and by their other numbers"
            ] = None


def own_date(file: Path) -> date | None:
    """The day on which the list was generated. Raises `SourceError` for a file that is not such a list."""
    return stamp(file)


def _record(origin: str, listed: Listed) -> Record:
    entry = listed.element
    prefix = "INDIVIDUAL" if listed.is_person else "ENTITY"
    committee = _leaf(entry, "UN_LIST_TYPE")
    name, *aliases = _names(entry, prefix) or [""]
    return Record(
        source=KIND,
        file=origin,
        row=listed.number,
        list_type="international.un",
        subject_kind="natural_person" if listed.is_person else "legal_entity",
        name=name,
        aliases=tuple(aliases),
        identifiers=_documents(entry) if listed.is_person else (),
        registered_in=country([_leaf(address, "COUNTRY") for address in entry.iter(f"{prefix}_ADDRESS")]),
        facts=_leaf(entry, "COMMENTS1"),
        authority=AUTHORITY,
        basis=f"{BASIS}: {committee}" if committee else BASIS,
        document_no=_leaf(entry, "REFERENCE_NUMBER"),
        document_date=full_day(_leaf(entry, "LISTED_ON")),
        field=committee,
        raw=_raw(entry),
    )


def _leaf(element: Element, tag: str) -> str:
    return text(" ".join((element.findtext(tag) or "").split()))


def _leaves(element: Element, tag: str) -> list[str]:
    """All leaves of a tag; a semicolon parts two names."""
    found = (part for leaf in element.findall(tag) for part in (leaf.text or "").replace("；", ";").split(";"))
    return [name for part in found if (name := text(" ".join(part.split())))]


def _names(entry: Element, prefix: str) -> list[str]:
    """Every name, each once: the one that is made of the parts first, whichever of them the entry has."""
    found = [" ".join(part for tag in _NAMES if (part := _leaf(entry, tag)))]
    found += _leaves(entry, "NAME_ORIGINAL_SCRIPT")
    for alias in entry.iter(f"{prefix}_ALIAS"):
        found += _leaves(alias, "ALIAS_NAME") + _leaves(alias, "NAME_ORIGINAL_SCRIPT")
    return [name for name in dict.fromkeys(found) if name]


def _is_unread(document: Element) -> bool:
    return any(text(cell) and not document_numbers(cell) for cell in _numbers(document))


def _numbers(document: Element) -> list[str]:
    """The cells of numbers; a document may have several."""
    return [" ".join((leaf.text or "").split()) for leaf in document.findall("NUMBER")]


def _documents(entry: Element) -> tuple[tuple[str, str], ...]:
    """The numbers of a person, the sound ones first: the first one settles who it is."""
    found = [
        (_scheme(document, number), number)
        for document in entry.iter("INDIVIDUAL_DOCUMENT")
        for cell in _numbers(document)
        for number in document_numbers(cell)
    ]
    plain = ((scheme, without_separators(n) if scheme == "passport" else n) for scheme, n in found)
    return sound_first(plain, SubjectClass.PERSON)


def _scheme(document: Element, number: str) -> str:
    kind = f"{_leaf(document, 'TYPE_OF_DOCUMENT')} {_leaf(document, 'TYPE_OF_DOCUMENT2')}".casefold()
    countries = (_leaf(document, "ISSUING_COUNTRY"), _leaf(document, "COUNTRY_OF_ISSUE"))
    is_national = "national" in kind or _CITIZEN_NUMBER.fullmatch(number) is not None
    if any(word in kind for word in _PASSPORT_WORDS):
        return "passport"
    return "citizen_id" if "China" in countries and is_national else "other_document"


def _raw(entry: Element) -> dict[str, str]:
    """The entry's own leaves, one cell a tag; document numbers are left out."""
    found: dict[str, str] = {}
    for element in entry.iter():
        value = " ".join((element.text or "").split())
        if value and element.tag != "NUMBER":
            tag = str(element.tag)
            found[tag] = f"{found[tag]}; {value}" if tag in found else value
    return found
