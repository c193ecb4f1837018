"""What entries of the Security Council's list and of the SDN files become."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from xingate_adapters.reading.cells import country
from xingate_adapters.sources import load_source
from xingate_server.core.entry import Record

GOOD = Path(__file__).parents[1] / "contract" / "sources_good"
SHARED = Path(__file__).parents[2].parent / "shared" / "data"
DAY = date(2026, 1, 2)


def test_people_and_entities_of_the_security_council() -> None:
    person, entity = load_source("un_consolidated").records([GOOD / "un_consolidated" / "consolidated.xml"])
    assert (person.subject_kind, person.name) == ("natural_person", "EXAMPLE PERSON")
    assert person.aliases == ("示例人", "Invented Person")
    assert person.identifiers == (("passport", "X1234567"), ("passport", "AB12******"))
    assert (person.document_no, person.document_date) == ("CDi.999", "2014-06-30")
    assert not any("X1234567" in cell for cell in person.raw.values())
    assert (entity.subject_kind, entity.name, entity.identifiers) == ("legal_entity", "EXAMPLE TRADING", ())
    assert entity.aliases == ("示例贸易",)
    assert (entity.authority, entity.field) == ("United Nations Security Council", "DPRK")
    assert entity.basis == "Security Council sanctions list: DPRK"
    assert entity.registered_in == "CN"
    assert (person.row, entity.row) == (1, 2)


def test_the_real_list_of_the_security_council() -> None:
    file = SHARED / "un_consolidated_entities.xml"
    if not file.exists():
        pytest.skip("the real list does not lie beside the project")
    source = load_source("un_consolidated")
    found = list(source.records([file]))
    assert len(found) == 273
    assert all(record.name and record.document_no and record.document_date and record.basis for record in found)
    assert source.own_date(file) == date(2026, 2, 27)


def sdn(tmp_path: Path, *remarks: str, where: str = "Russia") -> list[Record]:
    null = ["-0- "] * 7
    entries = tmp_path / "sdn.csv"
    entries.write_text(
        "\r\n".join(
            ",".join([str(number), "EXAMPLE", "-0- ", "EX", *null, f'"{text}"'])
            for number, text in enumerate(remarks, 1)
        ),
        encoding="cp1252",
    )
    addresses, aliases = tmp_path / "add.csv", tmp_path / "alt.csv"
    addresses.write_text(f"1,1,-0- ,-0- ,{where},-0- \r\n99,2,-0- ,-0- ,Cuba,-0- ", encoding="cp1252")
    aliases.write_text('1,1,"aka","SOCIÉTÉ",-0- ', encoding="cp1252")
    return list(load_source("ofac").records([aliases, entries, addresses], data_as_of=DAY))


def test_sdn_entries_are_joined_and_vessels_are_no_subjects() -> None:
    records = load_source("ofac").records(sorted((GOOD / "ofac").iterdir()), data_as_of=DAY)
    shipping, trading, person, vessel = records
    assert shipping.aliases == ("SOCIÉTÉ EXEMPLE", "EXSHIP")
    assert shipping.identifiers == (("foreign_reg_no", "1027800000099"),)
    assert (shipping.registered_in, shipping.basis) == ("Russia", "EX, AMPLE")
    assert (shipping.document_no, shipping.document_date) == ("OFAC 901", "2026-01-02")
    assert (trading.identifiers[0][0], trading.registered_in) == ("uscc", "CN")
    assert (person.subject_kind, person.identifiers, person.registered_in) == ("natural_person", (), "Cuba")
    assert (vessel.subject_kind, vessel.name) == ("vessel", "EXAMPLE STAR")


def test_without_the_addresses_no_foreign_number_is_taken() -> None:
    entries = next(file for file in (GOOD / "ofac").iterdir() if "sdn" in file.name)
    found = list(load_source("ofac").records([entries], data_as_of=DAY))
    assert [record.document_no for record in found] == ["OFAC 901", "OFAC 902", "OFAC 903", "OFAC 904"]
    assert {scheme for record in found for scheme, _ in record.identifiers} == {"uscc"}
    assert {record.registered_in for record in found} == {"", "CN"}


@pytest.mark.parametrize(
    ("remark", "identifiers"),
    [
        ("Registration ID 1027800000084 (Russia).", (("foreign_reg_no", "1027800000084"),)),
        ("alt. Tax ID No. 774-369-3291 (Russia)", (("foreign_reg_no", "7743693291"),)),
        ("Registration Number 9614 (Iran)", ()),
        ("United Social Credit Code Certificate (USCCC) 91420399000000013B (China)", (("uscc", "91420399000000013B"),)),
        ("Registration Number 420399000000001 (China)", (("reg_no", "420399000000001"),)),
        ("Tax ID No. 420399000000001 (China)", ()),
        ("Unified Social Credit Code (USCC) 9142 (China)", ()),
        ("Vessel Registration Identification IMO 9187629", ()),
        ("Additional Sanctions Information - Subject to Secondary Sanctions", ()),
    ],
)
def test_numbers_in_remarks(remark: str, identifiers: tuple[tuple[str, str], ...], tmp_path: Path) -> None:
    [record] = sdn(tmp_path, f"Secondary sanctions risk: none; {remark}")
    assert record.identifiers == identifiers


def test_a_number_of_two_entries_identifies_neither(tmp_path: Path) -> None:
    number = "Registration Number 12345678 (Iran)"
    assert [record.identifiers for record in sdn(tmp_path, number, number)] == [(), ()]


def test_a_number_of_a_chinese_register_makes_a_subject_chinese(tmp_path: Path) -> None:
    [record] = sdn(tmp_path, "C.R. No. 2563215 (Hong Kong).", where="Iran")
    assert record.registered_in == "CN"


@pytest.mark.parametrize(
    ("names", "registered_in"),
    [
        ([], ""),
        (["", "Iran"], "Iran"),
        (["Iran", "Hong Kong"], "CN"),
        (["China, Macao SAR"], "CN"),
        (["Taiwan, Province of China"], "CN"),
        (["Democratic People's Republic of Korea"], "Democratic People's Republic of Korea"),
        (["Indochina"], "Indochina"),
    ],
)
def test_countries(names: list[str], registered_in: str) -> None:
    assert country(names) == registered_in


def test_what_has_no_entry_is_counted(tmp_path: Path) -> None:
    sdn(tmp_path, "x")
    records = load_source("ofac").records([tmp_path / name for name in ("sdn.csv", "add.csv", "alt.csv")])
    assert [record.document_date for record in records] == [""]
    assert records.passed_over == {"address without entry": 1}


def test_the_real_sdn_files() -> None:
    files = [SHARED / f"ofac_{part}_entities.csv.gz" for part in ("sdn", "alt", "add")]
    if not all(file.exists() for file in files):
        pytest.skip("the real SDN files do not lie beside the project")
    records = load_source("ofac").records(files, data_as_of=DAY)
    schemes = Counter(scheme for record in records for scheme, _ in record.identifiers)
    assert schemes["uscc"] == 14
    kinds = Counter(record.subject_kind for record in load_source("ofac").records(files, data_as_of=DAY))
    assert kinds == {"legal_entity": 3_673, "vessel": 406, "aircraft": 277}
