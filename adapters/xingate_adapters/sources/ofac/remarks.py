"""The remarks of an SDN entry: numbers, further names, and what makes a subject Chinese.

Remarks are parts between semicolons, such as `Registration Number 1027800000099 (Russia)` or `Passport A0000001
(Iran)`. A unified code, a 15-digit Chinese registration number and a citizen number are taken as such. Other numbers of
organisations are `foreign_reg_no`, from `MIN_FOREIGN_NUMBER` characters on, since registers of different countries give
the same short numbers; those of people are passports or other documents. Numbers of ships, securities, telephones and
currencies are not numbers of a subject. Source: the remarks of the published list.
"""

import re
from collections.abc import Iterable, Iterator

from xingate_adapters.reading.cells.numbers import Number, without_separators
from xingate_adapters.reading.cells.text import country

MIN_FOREIGN_NUMBER = 8
MAIN_FIRST = ("uscc", "reg_no", "foreign_reg_no")
_SHORTEST_DOCUMENT = 5
_DIGITED = r"[0-9A-Za-z./-]*[0-9][0-9A-Za-z./-]*"
_PART = re.compile(
    r"(?:alt\. )?(?P<label>[A-Za-z][^0-9;]*?)(?: #)?:? "
    r"(?P<number>(?:(?!(?:ID|FEIN|NIT|RUC|RIF|RTN|RFC|SSN|RSIN|IMO)\b)[A-Z]{1,4} )?"
    rf"{_DIGITED}(?: (?:{_DIGITED}|[A-Z]{{1,3}}(?![A-Za-z])))*)"
    r"(?: \((?P<country>[A-Z][A-Za-z ,.'-]+)\))?(?: \(?(?:issued|expire[sd]?)\b.*)?\.?"
)
_OF_A_SUBJECT = re.compile(
    r"(?:\b(?:Number|ID|Code|Passport|Identification|Registration|FEIN|RSIN|NIT|RUC|RIF|RTN|RFC|SSN|Cedula|Pasaporte|C\.R|D\.N\.I"
    r"|R\.F\.C|C\.U\.I\.T|C\.I\.F|C\.U\.R\.P|V\.A\.T)\b\.?|No\.?|#|\((?:USCCC?|NUIT|CBLS)\))$",
    re.IGNORECASE,
)
_OF_SOMETHING_ELSE = re.compile(
    r"Phone|Fax|Telex|SWIFT|BIK|Digital Currency|Vessel|Aircraft|ISIN|IMO|MMSI|Address|Branch|Directive|Order|Section"
    r"|Chinese Commercial Code|Red Notice|Flight|Serial|Account|P\.?O\.? Box",
    re.IGNORECASE,
)
_QUOTED_ALIAS = re.compile(r"\b[afn]\.k\.a\. '([^']+)'")
_USCC = re.compile(r"[0-9A-Z]{18}")
_REG_NO = re.compile(r"[0-9]{15}")
_CITIZEN_ID = re.compile(r"[0-9]{15}|[0-9]{17}[0-9X]")
_CHINESE_NUMBER = re.compile(r"\((?:China|Hong Kong|Macau|Taiwan)\)")
_CITIZEN = re.compile(r"\b(?:nationality|citizen) (?P<country>[A-Z][A-Za-z ,.'-]*[A-Za-z])")


def numbers(remarks: str, *, is_person: bool) -> Iterator[Number]:
    """Every number of the subject, in the order of the remarks."""
    for part in remarks.split(";"):
        found = _number_part(part)
        if found is None:
            continue
        label, number, where = found["label"], found["number"].strip().rstrip(".").upper(), found["country"] or ""
        scheme = _of_person(label, number, where) if is_person else _of_organisation(label, number, where)
        if scheme == "passport":
            number = without_separators(number)
        if scheme:
            yield scheme, re.sub(r"[\s-]", "", number)


def aliases(remarks: str) -> list[str]:
    """The names in quotation marks that the list calls weak."""
    return _QUOTED_ALIAS.findall(remarks)


def without_numbers(remarks: str) -> str:
    """Remarks without the parts that hold a number of the subject."""
    return ";".join(part for part in remarks.split(";") if _number_part(part) is None).strip()


def is_chinese(remarks: str, found: Iterable[Number]) -> bool:
    """Whether a Chinese number, register or citizenship makes the subject Chinese."""
    if _CHINESE_NUMBER.search(remarks) or country(_CITIZEN.findall(remarks)) == "CN":
        return True
    return any(scheme in ("uscc", "reg_no", "citizen_id") for scheme, _ in found)


def stated_country(remarks: str) -> str:
    """The country of the citizenship, else of the first number, that the remarks state; "" for none."""
    parts = (found["country"] or "" for part in remarks.split(";") if (found := _number_part(part)))
    return country([*_CITIZEN.findall(remarks), *parts])


def _number_part(part: str) -> re.Match[str] | None:
    found = _PART.fullmatch(part.strip())
    if found is None or not _OF_A_SUBJECT.search(found["label"] + (" #" if "#" in part else "")):
        return None
    is_other = _OF_SOMETHING_ELSE.search(found["label"]) or _OF_SOMETHING_ELSE.match(found["number"])
    return None if is_other else found


def _of_organisation(label: str, number: str, where: str) -> str:
    if "USCC" in label or where == "China":
        if _USCC.fullmatch(number):
            return "uscc"
        return "reg_no" if "Registration" in label and _REG_NO.fullmatch(number) else ""
    return "foreign_reg_no" if len(re.sub(r"[^0-9A-Z]", "", number)) >= MIN_FOREIGN_NUMBER else ""


def _of_person(label: str, number: str, where: str) -> str:
    if "passport" in label.casefold() or "pasaporte" in label.casefold():
        return "passport"
    if where == "China" and _CITIZEN_ID.fullmatch(number):
        return "citizen_id"
    return "other_document" if len(re.sub(r"[^0-9A-Z]", "", number)) >= _SHORTEST_DOCUMENT else ""
