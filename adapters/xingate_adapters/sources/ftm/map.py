"""FollowTheMoney entities to records of the `international` lists.

* Listed is who has a topic of sanctions, debarment, crime or export control, or a `Sanction` of its own. Others
  (politically exposed persons, owners, relatives) are passed over and counted.
* `un_sc_…` datasets bind every member state and are `international.un`, `us_ofac_…` are `international.ofac`, all
  others `international.other`; of several the first in this order.
* People, companies and other legal entities are subjects. Vessels, aircraft, wallets and other things are none, and are
  counted in `passed_over` by their schema. A schema that the library does not know is a `SchemaError`; where that is
  accepted, its entities are handed on for admission to judge, since they may be people.
* The day of the document is the earliest full day of listing or start, else the day the dataset first had it, else
  the day the data is of; partial dates (`2014`) are not completed. It ends when all of its sanctions have ended.
* Every number is handed on, those that pass their check first: what cannot be used costs the number and not the entry.
  Foreign registration numbers count from eight characters on, as in the SDN list.
* Not read: who owns or directs whom.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from xingate_adapters.reading.cells.numbers import Number, document_numbers, sound_first, without_separators
from xingate_adapters.reading.cells.text import iso
from xingate_adapters.reading.run import Run
from xingate_adapters.sources.ftm.read import Entity, Values, nature, read
from xingate_server.core.entry import Record
from xingate_server.core.subject import SubjectClass

CAN_BE_CORRECTED = False
KIND = "ftm"
PUBLISHER = "the publisher of the FollowTheMoney data"
"""Stands in where an entity names neither an authority nor a dataset."""
_TOPICS = ("sanction", "debarment", "crime", "export.control", "wanted")
_LISTS = (("un_sc", "international.un"), ("us_ofac", "international.ofac"))
_KINDS = {"person": "natural_person", "organisation": "legal_entity"}
_ORGANISATION = {
    "uscCode": "uscc",
    "leiCode": "lei",
    "registrationNumber": "foreign_reg_no",
    "ogrnCode": "foreign_reg_no",
    "innCode": "foreign_reg_no",
    "idNumber": "foreign_reg_no",
    "taxNumber": "foreign_reg_no",
}
_PERSON = {
    "passportNumber": "passport",
    "idNumber": "other_document",
    "socialSecurityNumber": "other_document",
    "taxNumber": "other_document",
    "innCode": "other_document",
    "registrationNumber": "other_document",
}
_NAMES = ("name", "alias", "weakAlias", "previousName", "abbreviation")
_COUNTRIES = ("jurisdiction", "mainCountry", "country", "nationality", "citizenship")
_CHINESE = frozenset({"cn", "hk", "mo", "tw"})
_MIN_FOREIGN_NUMBER = 8
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_CITIZEN_NUMBER = re.compile(r"\d{15}|\d{17}[\dXx]", re.ASCII)
_RAW = ("name", "alias", "topics", "country", "jurisdiction", "notes", "sourceUrl")


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per listed entity that is a subject."""
    for entity in read(files, run):
        if not _is_listed(entity):
            run.passed_over["not_listed"] += 1
        elif nature(entity.schema) == "thing":
            run.passed_over[entity.schema] += 1
        else:
            yield _record(entity, run.data_as_of)


def own_date(file: Path) -> date | None:
    """The lines do not say of which day the whole is."""
    del file
    return None


def _is_listed(entity: Entity) -> bool:
    topics = entity.properties.get("topics", ())
    return bool(entity.sanctions) or any(topic.startswith(_TOPICS) for topic in topics)


def _record(entity: Entity, data_as_of: date | None) -> Record:
    values, of_kind = entity.properties, nature(entity.schema)
    names = list(dict.fromkeys(name for name in _names(entity) if name))
    programs = dict.fromkeys(_all(entity.sanctions, "program") or [*values.get("program", ())])
    program = "; ".join(programs)
    dataset = next(iter(entity.datasets), "")
    return Record(
        source=KIND,
        file=str(entity.file),
        row=entity.row,
        list_type=_list_type(entity.datasets),
        subject_kind=_KINDS.get(of_kind, entity.schema),
        name=names[0] if names else "",
        aliases=tuple(names[1:]),
        identifiers=_identifiers(entity, of_kind),
        registered_in=_registered_in(values),
        facts="; ".join(dict.fromkeys([*_all(entity.sanctions, "reason"), *values.get("notes", ())])),
        authority=next(iter(_all(entity.sanctions, "authority")), "") or dataset or PUBLISHER,
        basis=program or ", ".join(entity.datasets) or PUBLISHER,
        document_no=entity.id,
        document_date=_since(entity, data_as_of),
        valid_until=_until(entity.sanctions),
        field=program,
        raw=_raw(entity),
    )


def _list_type(datasets: Sequence[str]) -> str:
    for prefix, list_type in _LISTS:
        if any(dataset.startswith(prefix) for dataset in datasets):
            return list_type
    return "international.other"


def _first(values: Values, name: str) -> str:
    return next(iter(values.get(name, ())), "")


def _all(of: Sequence[Values], name: str) -> list[str]:
    return [value for values in of for value in values.get(name, ())]


def _names(entity: Entity) -> Iterator[str]:
    values = entity.properties
    yield from values.get("name", ())
    yield entity.caption
    for name in _NAMES[1:]:
        yield from values.get(name, ())
    if not values.get("name"):
        yield " ".join(filter(None, (_first(values, "firstName"), _first(values, "lastName"))))


def _identifiers(entity: Entity, of_kind: str) -> tuple[Number, ...]:
    if of_kind == "person":
        return sound_first(_person_numbers(entity), SubjectClass.PERSON)
    if of_kind != "organisation":
        return ()
    numbers = [
        (scheme, re.sub(r"[\s-]", "", number).upper())
        for name, scheme in _ORGANISATION.items()
        for number in entity.properties.get(name, ())
    ]
    long_enough = [pair for pair in numbers if pair[0] != "foreign_reg_no" or len(pair[1]) >= _MIN_FOREIGN_NUMBER]
    return sound_first(long_enough, SubjectClass.ORGANISATION)


def _person_numbers(entity: Entity) -> Iterator[Number]:
    is_chinese = "cn" in {*entity.properties.get("nationality", ()), *entity.properties.get("citizenship", ())}
    cells = [(scheme, cell) for name, scheme in _PERSON.items() for cell in entity.properties.get(name, ())]
    for document in entity.documents:
        is_passport = "passport" in _first(document, "type").casefold() or "passportNumber" in document
        scheme = "passport" if is_passport else "other_document"
        cells += [(scheme, cell) for cell in (*document.get("number", ()), *document.get("passportNumber", ()))]
    for scheme, cell in cells:
        for number in document_numbers(cell):
            if scheme == "passport":
                yield scheme, without_separators(number)
            else:
                yield "citizen_id" if is_chinese and _CITIZEN_NUMBER.fullmatch(number) else scheme, number


def _registered_in(values: Values) -> str:
    codes = [code.casefold() for name in _COUNTRIES for code in values.get(name, ())]
    if _first(values, "uscCode") or not _CHINESE.isdisjoint(codes):
        return "CN"
    return codes[0].upper() if codes else ""


def _since(entity: Entity, data_as_of: date | None) -> str:
    days = [*_all(entity.sanctions, "listingDate"), *_all(entity.sanctions, "startDate")]
    full = sorted(found[0] for text in days if (found := _DAY.match(text)))
    if full:
        return full[0]
    seen = _DAY.match(entity.first_seen)
    if seen:
        return seen[0]
    return "" if data_as_of is None else iso(data_as_of)


def _until(sanctions: Sequence[Values]) -> str:
    ends = [
        max((found[0] for text in s.get("endDate", ()) if (found := _DAY.match(text))), default="") for s in sanctions
    ]
    return max(ends) if ends and all(ends) else ""


def _raw(entity: Entity) -> dict[str, str]:
    """What the line says, save numbers of documents."""
    found = {"id": entity.id, "schema": entity.schema, "caption": entity.caption}
    found["datasets"] = "; ".join(entity.datasets)
    return found | {name: "; ".join(entity.properties[name]) for name in _RAW if name in entity.properties}
