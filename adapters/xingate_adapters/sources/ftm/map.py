"""FollowTheMoney entities to records of the `international` lists.

* Listed is who has a topic of sanctions, debarment, crime or export control, or a `Sanction` of its own. Others
  (politically exposed persons, owners, relatives) are passed over and counted.
* `un_sc_…` datasets bind every member state and are `international.un`, `us_ofac_…` are `international.ofac`, all
  others `international.other`; of several the first in this order.
* People, companies and other legal entities are subjects. Vessels, aircraft and schemata that the library does not know
  are left to admission to refuse (`value_unknown`), so that every listed line is accounted for.
* The day of the document is the earliest full day of listing or start, else the day the dataset first had it, else
  the day the data is of; partial dates (`2014`) are not completed. It ends when all of its sanctions have ended.
* Numbers that fail their own check are left out: the name is enough on these lists, and a bad number would refuse the
  row. Foreign registration numbers count from eight characters on.
* Not read: who owns or directs whom.
"""

import re
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path

from xingate_adapters.reading.cells import iso
from xingate_adapters.reading.run import Run
from xingate_adapters.sources.ftm.read import Entity, Values, nature, read
from xingate_server.core import identifiers
from xingate_server.core.entry import Record
from xingate_server.core.subject import SubjectClass

KIND = "ftm"
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
_PERSON = {"passportNumber": "passport", "idNumber": "other_document", "innCode": "other_document"}
_COUNTRIES = ("jurisdiction", "mainCountry", "country", "nationality", "citizenship")
_CHINESE = frozenset({"cn", "hk", "mo", "tw"})
_MIN_FOREIGN_NUMBER = 8
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_RAW = ("name", "alias", "topics", "country", "jurisdiction", "notes", "sourceUrl")


def records(files: Sequence[Path], run: Run) -> Iterator[Record]:
    """One record per listed entity."""
    for entity in read(files, run):
        if _is_listed(entity):
            yield _record(entity, run.data_as_of)
        else:
            run.passed_over["not_listed"] += 1


def own_date(file: Path) -> date | None:
    """The lines do not say of which day the whole is."""
    del file
    return None


def _is_listed(entity: Entity) -> bool:
    topics = entity.properties.get("topics", ())
    return bool(entity.sanctions) or any(topic.startswith(_TOPICS) for topic in topics)


def _record(entity: Entity, data_as_of: date | None) -> Record:
    values, of_kind = entity.properties, nature(entity.schema)
    name = _first(values, "name") or entity.caption
    names = [*values.get("name", ()), entity.caption, *values.get("alias", ()), *values.get("previousName", ())]
    programs = dict.fromkeys(_all(entity.sanctions, "program") or [*values.get("program", ())])
    program = "; ".join(programs)
    dataset = next(iter(entity.datasets), "")
    return Record(
        source=KIND,
        file=str(entity.file),
        row=entity.row,
        list_type=_list_type(entity.datasets),
        subject_kind=_KINDS.get(of_kind, entity.schema),
        name=name,
        aliases=tuple(dict.fromkeys(alias for alias in names if alias and alias != name)),
        identifiers=_identifiers(entity, of_kind),
        registered_in=_registered_in(values),
        facts="; ".join(dict.fromkeys([*_all(entity.sanctions, "reason"), *values.get("notes", ())])),
        authority=next(iter(_all(entity.sanctions, "authority")), "") or dataset,
        basis=program or ", ".join(entity.datasets),
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


def _identifiers(entity: Entity, of_kind: str) -> tuple[tuple[str, str], ...]:
    if of_kind == "person":
        return _sound(_person_numbers(entity), SubjectClass.PERSON)
    if of_kind != "organisation":
        return ()
    numbers = [
        (scheme, re.sub(r"[\s-]", "", number).upper())
        for name, scheme in _ORGANISATION.items()
        for number in entity.properties.get(name, ())
    ]
    long_enough = [pair for pair in numbers if pair[0] != "foreign_reg_no" or len(pair[1]) >= _MIN_FOREIGN_NUMBER]
    return _sound(long_enough, SubjectClass.ORGANISATION)


def _person_numbers(entity: Entity) -> list[tuple[str, str]]:
    is_chinese = "cn" in {*entity.properties.get("nationality", ()), *entity.properties.get("citizenship", ())}
    numbers = [
        ("citizen_id" if is_chinese and name == "idNumber" else scheme, number)
        for name, scheme in _PERSON.items()
        for number in entity.properties.get(name, ())
    ]
    for document in entity.documents:
        is_passport = "passport" in _first(document, "type").casefold() or "passportNumber" in document
        scheme = "passport" if is_passport else "other_document"
        numbers += [(scheme, number) for number in (*document.get("number", ()), *document.get("passportNumber", ()))]
    return numbers


def _sound(numbers: Sequence[tuple[str, str]], subject_class: SubjectClass) -> tuple[tuple[str, str], ...]:
    """Those that can be relied on, each once."""
    return tuple(dict.fromkeys(pair for pair in numbers if identifiers.read(pair[1], pair[0], subject_class).is_sound))


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
