"""Permits and penalties to records.

* Amounts stand in ten-thousand yuan; the record's are in yuan, exact. Only the fine counts, not what was confiscated.
* A permit has no legal basis of its own in any generation: its decision paper (`XK_XKWS`), else the project of 2016,
  else its content stands in, so that the record says what it rests on.
* Without a document number the permit number stands in.
* A penalty runs until `CF_YXQ`; where that says nothing, until its publication ends.
* The subject's kind is what the row says; in 2016, which has no such column, the filled code column says it.
* `XK_ZT`: from 2018 on 1 valid and 2 invalid (ended, on no known day); in 2016 0 normal, 1 revoked (void from its
  beginning), 2 under objection. Other words are left to admission.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from xingate_adapters.reading.cells.text import day, last_day, optional_day, text, yuan_of_ten_thousand
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns
from xingate_adapters.sources.double_publicity.read import KNOWN, Publicity, read
from xingate_server.core.entry import Record

KIND = "double_publicity"
_KINDS = {
    "法人及非法人组织": "legal_entity",
    "法人及其他组织": "legal_entity",
    "法人和其他组织": "legal_entity",
    "法人": "legal_entity",
    "非法人组织": "legal_entity",
    "个体工商户": "sole_trader",
    "自然人": "natural_person",
}
_ORGANISATION_CODES = ("uscc", "reg_no", "org_code", "tax_no", "institution_no", "social_org_no")
_NUMBERS = (*_ORGANISATION_CODES, "citizen_no", "document", "representative_citizen_no", "representative_document")
_STATUS_WORDS = {
    "正常": ("active", ""),
    "有效": ("active", ""),
    "无效": ("exited", ""),
    "注销": ("exited", ""),
    "撤销": ("corrected", ""),
    "异议": ("suspended", "objection"),
}
_STATUS_2016 = _STATUS_WORDS | {"0": ("active", ""), "1": ("corrected", ""), "2": ("suspended", "objection")}
_STATUS_2018 = _STATUS_WORDS | {"0": ("active", ""), "1": ("active", ""), "2": ("exited", "")}


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per row."""
    for file in files:
        yield from _records(read(file, run))


def own_date(file: Path) -> date | None:
    """The rows have dates of their own; the file has none."""
    del file
    return None


def columns_of(header: Sequence[str]) -> dict[str, str]:
    """Field -> the column that it is read from."""
    return columns.labelled(header, KNOWN)


def _records(publicity: Publicity) -> Iterator[Record]:
    table, places = publicity.table, publicity.places
    names, origin = columns.names(table.header), str(table.file)
    list_type = "permit.administrative" if publicity.is_permit else "penalty.administrative"
    statuses = _STATUS_2016 if publicity.is_2016 else _STATUS_2018
    rounded = table.rounded(places.get(field) for field in _NUMBERS)
    for row, cells in table.rows:
        get = _getter(cells, places)
        status = get("status")
        state, reason = statuses.get(status, (status, ""))
        kind = _kind(get)
        yield Record(
            source=KIND,
            file=origin,
            row=row,
            list_type=list_type,
            subject_kind=kind,
            name=get("name"),
            identifiers=_identifiers(get, is_person=kind == "natural_person"),
            legal_representative=get("legal_representative"),
            legal_representative_id=get("representative_document") or get("representative_citizen_no"),
            facts=get("facts") or get("behaviour") or get("title") or get("case") or get("project"),
            authority=get("authority"),
            basis=get("basis") or (_permit_basis(get) if publicity.is_permit else ""),
            document_no=get("document_no") or get("fallback_no"),
            document_date=day(get("document_date")),
            valid_from=optional_day(get("valid_from")),
            valid_until=last_day(get("valid_until")) or last_day(get("public_until")),
            status=state,
            status_reason=reason,
            region=get("region"),
            amount_yuan=yuan_of_ten_thousand(get("fine")),
            rounded=rounded(cells),
            raw=dict(zip(names, cells, strict=True)),
        )


def _getter(cells: Sequence[str], places: Mapping[str, int]) -> Callable[[str], str]:
    def get(field: str) -> str:
        place = places.get(field)
        return "" if place is None else text(cells[place])

    return get


def _permit_basis(get: Callable[[str], str]) -> str:
    return get("paper") or get("project") or get("facts")


def _kind(get: Callable[[str], str]) -> str:
    word = get("kind")
    if word:
        return _KINDS.get(word, word)
    if any(get(code) for code in _ORGANISATION_CODES):
        return "legal_entity"
    return "natural_person" if get("citizen_no") or get("document") else ""


def _identifiers(get: Callable[[str], str], *, is_person: bool) -> tuple[tuple[str, str], ...]:
    if not is_person:
        return tuple((scheme, code) for scheme in _ORGANISATION_CODES if (code := get(scheme)))
    number = get("document")
    if number:
        return ((get("document_kind"), number),)
    number = get("citizen_no")
    return (("citizen_id", number),) if number else ()
