"""Court rows to records of `black.judgment_default`.

* Severity stays blank: admission reads a blank one of a black row as serious.
* The document is the case (`caseCode`), its date the day of publication, else of filing. Both date forms that one row
  may hold are left to admission.
* A row stays in force while the court publishes it, whatever `performance` says: the list loses a name when the court
  deletes it (Supreme People's Court, provisions on the list of dishonest judgment debtors, 2017, art. 10), and a
  repair without a day would silently end a listing that stands. What was performed is kept in `facts`.
* The subject's kind is `partyTypeName` (0 a person, 1 an organisation), else the column that holds the number, else a
  person where sex or age is filled. Where the list has these columns and they are blank, it is the one kind that the
  number can be of; a number that fits both kinds or neither leaves the kind blank, and the row unreadable for both.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from xingate_adapters.reading.cells.text import day, last_day, text
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.sources.judgment_debtor.read import KNOWN, Row, read
from xingate_server.core.entry import Record
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.subject import SubjectClass

KIND = "judgment_debtor"
_KINDS = {
    "0": "natural_person",
    "1": "legal_entity",
    "自然人": "natural_person",
    "个人": "natural_person",
    "法人": "legal_entity",
    "企业法人": "legal_entity",
    "组织": "legal_entity",
    "其他组织": "legal_entity",
    "法人或其他组织": "legal_entity",
    "法人或者其他组织": "legal_entity",
    "法人和其他组织": "legal_entity",
    "法人及非法人组织": "legal_entity",
    "个体工商户": "sole_trader",
}
_CHECKED = frozenset({Scheme.USCC, Scheme.ORG_CODE, Scheme.REG_NO})
_OF_PERSONS = frozenset({"sex", "sex_code", "age"})
_FACTS = (("conduct", "失信行为"), ("performance", "履行情况"), ("duty", "义务"))


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per row."""
    for file in files:
        for row in read(file, run):
            yield _record(str(file), row)


def own_date(file: Path) -> date | None:
    """The rows have dates of their own; the file has none."""
    del file
    return None


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Field -> the column that it is read from."""
    return columns.labelled(header, KNOWN)


def _record(origin: str, row: Row) -> Record:
    cells = {field: cell for field, original in row.fields.items() if (cell := text(original))}
    kind, numbers = _subject(cells, has_person_columns=not _OF_PERSONS.isdisjoint(row.fields))
    return Record(
        source=KIND,
        file=origin,
        row=row.number,
        list_type="black.judgment_default",
        subject_kind=kind,
        name=cells.get("name", ""),
        identifiers=numbers,
        legal_representative=cells.get("legal_representative", ""),
        facts="；".join(f"{label}：{cells[field]}" for field, label in _FACTS if field in cells),
        authority=cells.get("authority", ""),
        basis=_basis(cells),
        document_no=cells.get("document_no", ""),
        document_date=_document_date(cells),
        region=cells.get("region", ""),
        rounded=row.rounded,
        raw=row.raw,
    )


def _document_date(cells: Mapping[str, str]) -> str:
    """The day of publication where there is one, else of filing, else what stands instead."""
    published, filed = cells.get("published", ""), cells.get("filed", "")
    return last_day(published) or day(filed) or day(published)


def _subject(cells: Mapping[str, str], *, has_person_columns: bool) -> tuple[str, tuple[tuple[str, str], ...]]:
    word = cells.get("kind", "")
    kind = _KINDS.get(word, word)
    citizen, card = cells.get("citizen_no"), cells.get("card")
    organisation = cells.get("uscc") or cells.get("org_code")
    if not kind:
        kind = "natural_person" if citizen else "legal_entity" if organisation else ""
    if not kind and has_person_columns:
        is_person = any(cells.get(field, "0") != "0" for field in _OF_PERSONS)
        kind = "natural_person" if is_person else _kind_of(card or "")
    own = citizen if kind == "natural_person" else organisation
    number = own or card or citizen or organisation
    return kind, (("", number),) if number else ()


def _kind_of(number: str) -> str:
    """The only kind of subject whose number this can be, perhaps masked; "" where it can be of both or of neither."""
    person = parsing.parse(number, Scheme.CITIZEN_ID, SubjectClass.PERSON)
    of_person = person.fault is None and person.scheme is Scheme.CITIZEN_ID
    organisation = parsing.read(number, "", SubjectClass.ORGANISATION)
    of_organisation = organisation.fault is None and organisation.scheme in _CHECKED
    if of_person == of_organisation:
        return ""
    return "natural_person" if of_person else "legal_entity"


def _basis(cells: Mapping[str, str]) -> str:
    number, body = cells.get("basis_no", ""), cells.get("basis_body", "")
    return f"{number}（{body}）" if number and body else number or body
