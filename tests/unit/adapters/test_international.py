"""What entries of the Security Council's list and of the SDN files become."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from xingate_adapters.reading.cells.text import country
from xingate_adapters.sources import SourceError, load_source
from xingate_server.core.entry import Record

GOOD = Path(__file__).parents[2] / "contract" / "sources_good"
SHARED = Path(__file__).parents[3].parent / "shared" / "data"
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
    shipping, trading, person = records
    assert shipping.aliases == ("SOCIÉTÉ EXEMPLE", "EXSHIP")
    assert shipping.identifiers == (("foreign_reg_no", "1027800000099"), ("foreign_reg_no", "10000099"))
    assert (shipping.registered_in, shipping.basis) == ("Russia", "EX, AMPLE")
    assert (shipping.document_no, shipping.document_date) == ("OFAC 901", "2026-01-02")
    assert (trading.identifiers[0][0], trading.registered_in) == ("uscc", "CN")
    assert (person.subject_kind, person.registered_in) == ("natural_person", "Cuba")
    assert person.identifiers == (("passport", "X0000903"),)
    assert "X0000903" not in f"{person.facts} {person.raw}"
    # DESIGN section 5, "Passed over": what is no subject is counted and never refused.
    assert records.passed_over == {"vessel": 1}
    assert not records.notes


def test_without_the_addresses_no_foreign_number_is_taken() -> None:
    entries = GOOD / "ofac" / "sdn.csv"
    records = load_source("ofac").records([entries], data_as_of=DAY)
    found = list(records)
    assert [record.document_no for record in found] == ["OFAC 901", "OFAC 902", "OFAC 903"]
    assert {scheme for record in found for scheme, _ in record.identifiers} == {"uscc", "passport"}
    assert [record.registered_in for record in found] == ["", "CN", "Cuba"]
    [note] = records.notes
    assert "foreign registration numbers are not read in 1 of the entries without the file of addresses" in note


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


def test_a_number_of_two_entries_is_handed_on_for_both(tmp_path: Path) -> None:
    # DESIGN section 5, "One number, one subject": two rows of one such number are ambiguous, and neither is lost.
    number = "Registration Number 12345678 (Iran)"
    assert [record.identifiers for record in sdn(tmp_path, number, number)] == [(("foreign_reg_no", "12345678"),)] * 2


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


PERSON_REMARKS = [
    ("DOB 12 Oct 1956; Passport A0000001 (Iran) expires 12 Jan 2020; Gender Male.", "passport", "A0000001"),
    ("DOB 1956; passport x0000903", "passport", "X0000903"),
    ("alt. passport x0000903 (Iran)", "passport", "X0000903"),
    ("alt. Passport B-000/002.", "passport", "B000002"),
    ("Diplomatic Passport D0000003 (Mali)", "passport", "D0000003"),
    ("Identification Number 990000198001001014 (China)", "citizen_id", "990000198001001014"),
    ("National ID No. 0000-000004 (Iran)", "other_document", "0000000004"),
    ("C.U.R.P. EXEX800101HDFXXX01 (Mexico)", "other_document", "EXEX800101HDFXXX01"),
    ("Phone Number 982100000000", "", ""),
    ("Chinese Commercial Code 1728 0022 2429", "", ""),  # the characters of a name, by telegraph
    ("Digital Currency Address - XBT 1EXAMPLE00000000000", "", ""),
]


@pytest.mark.parametrize(("remarks", "scheme", "number"), PERSON_REMARKS)
def test_documents_of_people_in_remarks(remarks: str, scheme: str, number: str, tmp_path: Path) -> None:
    file = tmp_path / "sdn.csv"
    file.write_text(f'1,"EXAMPLE, Jane","individual",EX{",-0- " * 7},"{remarks}"', encoding="cp1252")
    [record] = load_source("ofac").records([file], data_as_of=DAY)
    assert record.identifiers == (((scheme, number),) if scheme else ())
    written = number[:4] + "-" + number[4:] if "-" in remarks and scheme == "other_document" else number
    assert not number or written not in record.facts


@pytest.mark.parametrize(
    ("remarks", "where"),
    [
        ("nationality Mali; Passport A0000001 (Iran)", "Mali"),
        ("citizen China; Passport A0000001 (Iran)", "CN"),
        ("Passport A0000001 (Hong Kong)", "CN"),
        ("DOB 1956", ""),
    ],
)
def test_where_a_person_belongs_to_without_an_address(remarks: str, where: str, tmp_path: Path) -> None:
    file = tmp_path / "sdn.csv"
    file.write_text(f'1,"EXAMPLE, Jane","individual",EX{",-0- " * 7},"{remarks}"', encoding="cp1252")
    [record] = load_source("ofac").records([file], data_as_of=DAY)
    assert record.registered_in == where


class TestCutRemarks:
    """Remarks have room for 1,000 characters; what follows stands in a fourth file."""

    LAST = "Registration Number 1027800000"
    REST = "099 (Russia); Company Number 10000099 (Russia)."

    def read(self, tmp_path: Path, remarks: str, comments: str | None) -> tuple[Record, list[str]]:
        sdn(tmp_path, remarks)
        files = [tmp_path / "sdn.csv", tmp_path / "add.csv", tmp_path / "alt.csv"]
        if comments is not None:
            files.append(tmp_path / "sdn_comments.csv")
            files[-1].write_text(comments, encoding="cp1252")
        records = load_source("ofac").records(files, data_as_of=DAY)
        [record] = records
        return record, list(records.notes)

    def remarks(self, length: int) -> str:
        first = "Tax ID No. 20000099 (Russia); Linked To: "
        return f"{first}{'E' * (length - len(first) - len(self.LAST) - 2)}; {self.LAST}"

    def test_the_last_number_of_cut_remarks_is_never_taken_for_a_whole_one(self, tmp_path: Path) -> None:
        record, notes = self.read(tmp_path, self.remarks(1_000), None)
        assert record.identifiers == (("foreign_reg_no", "20000099"),)
        assert "remarks are cut at 1,000 characters in 1 of the entries" in notes[0]
        assert "sdn_comments" in notes[0]

    def test_comments_go_on_where_remarks_are_cut(self, tmp_path: Path) -> None:
        record, notes = self.read(tmp_path, self.remarks(1_000), f'1,"{self.REST}"\r\n99,"of nobody"')
        assert [number for _, number in record.identifiers] == ["20000099", "1027800000099", "10000099"]
        assert record.facts.endswith(self.REST)
        assert notes == []

    def test_a_cut_between_two_words_keeps_the_blank(self, tmp_path: Path) -> None:
        start = self.remarks(1_000 - 1).replace(self.LAST, "Registration Number 1027800001") + " "
        record, _ = self.read(tmp_path, start, '1,"(Russia)."')
        assert len(start) == 1_000
        assert [number for _, number in record.identifiers] == ["20000099", "1027800001"]

    @pytest.mark.parametrize("length", [999, 1_000])
    def test_a_blank_at_the_cut_may_have_been_lost(self, length: int, tmp_path: Path) -> None:
        record, _ = self.read(tmp_path, self.remarks(length), None)
        assert record.identifiers == (("foreign_reg_no", "20000099"),)

    def person(self, tmp_path: Path, remarks: str, comments: str | None) -> tuple[Record, list[str]]:
        files = [tmp_path / "sdn.csv"]
        null = ["-0- "] * 7
        quoted = remarks.replace('"', '""')
        files[0].write_text(",".join(["1", '"EXEMPLOV, Ivan"', "individual", "EX", *null, f'"{quoted}"']), "cp1252")
        if comments is not None:
            files.append(tmp_path / "sdn_comments.csv")
            files[1].write_text(comments, "cp1252")
        records = load_source("ofac").records(files, data_as_of=DAY)
        [record] = records
        return record, list(records.notes)

    @pytest.mark.parametrize("quote", ["a.k.a. 'FOO'", 'a.k.a. "FOO"', "a.k.a. ‘FOO’", "Title = head", "EXAMPLE\xa0"])
    @pytest.mark.parametrize(
        ("before", "after"), [("Passport ", "A1234567 (Iran)."), ("Passport", " A1234567 (Iran).")]
    )
    def test_a_blank_at_the_cut_stays_whatever_the_cells_hold(
        self, quote: str, before: str, after: str, tmp_path: Path
    ) -> None:
        first = f"{quote}; Linked To: "
        remarks = f"{first}{'E' * (1_000 - len(first) - len(before) - 2)}; {before}"
        record, notes = self.person(tmp_path, remarks, f'1,"{after}"')
        assert len(remarks) == 1_000
        assert record.identifiers == (("passport", "A1234567"),)
        assert "A1234567" not in record.facts + str(record.raw)
        assert notes == []

    def test_a_blank_that_the_publisher_lost_at_the_cut_is_put_back(self, tmp_path: Path) -> None:
        remarks = f"Linked To: {'E' * (999 - 11 - 10)}; Passport"
        record, _ = self.person(tmp_path, remarks, '1,"A1234567 (Iran)."')
        assert len(remarks) == 999
        assert record.identifiers == (("passport", "A1234567"),)

    @pytest.mark.parametrize("comments", [None, '99,"of nobody"', '1,"-0- "'])
    def test_cut_remarks_with_which_nothing_goes_on(self, comments: str | None, tmp_path: Path) -> None:
        last = "; Passport A1234567 (Ira"
        first = "DOB 1970; Passport B7654321 (Iran); Linked To: "
        record, notes = self.person(tmp_path, f"{first}{'E' * (1_000 - len(first) - len(last))}{last}", comments)
        assert record.identifiers == (("passport", "B7654321"),)
        assert "A12345" not in record.facts + str(record.raw)
        assert record.facts.startswith("DOB 1970; Linked To: ")
        assert "remarks are cut at 1,000 characters in 1 of the entries" in str(notes)
        assert ("does not go on with them" if comments else "give the file `sdn_comments`") in str(notes)

    def test_comments_that_are_cut_themselves(self, tmp_path: Path) -> None:
        remarks = f"DOB 1970; Linked To: {'E' * (1_000 - 21)}"
        last = "; Passport A12345"
        record, notes = self.person(tmp_path, remarks, f'1,"{"F" * (1_000 - len(last))}{last}"')
        assert record.identifiers == ()
        assert "A12345" not in str(record.raw)
        assert "remarks are cut" in str(notes)

    @pytest.mark.parametrize("length", [300, 998, 1_001])
    def test_remarks_of_another_length_are_whole(self, length: int, tmp_path: Path) -> None:
        record, notes = self.read(tmp_path, self.remarks(length), None)
        assert [number for _, number in record.identifiers] == ["20000099", "1027800000"]
        assert notes == []


def test_a_row_of_another_width_is_a_fault_since_there_is_no_header(tmp_path: Path) -> None:
    sdn(tmp_path, "x")
    comments = tmp_path / "sdn_comments.csv"
    comments.write_text('1,"a"\r\n1,"b","c"', encoding="cp1252")
    with pytest.raises(SourceError, match="row 2: the row has 3 cells"):
        list(load_source("ofac").records([tmp_path / "sdn.csv", comments]))


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
    again = load_source("ofac").records(files, data_as_of=DAY)
    assert Counter(record.subject_kind for record in again) == {"legal_entity": 3_673}
    assert (again.passed_over["vessel"], again.passed_over["aircraft"]) == (406, 277)
    assert "remarks are cut at 1,000 characters in 1 of the entries" in next(iter(again.notes))


@pytest.mark.parametrize("blank", ["", " ", '""', '" "'])
def test_a_blank_type_leaves_the_kind_open(blank: str, tmp_path: Path) -> None:
    file = tmp_path / "sdn.csv"
    rest = f"EX{',-0- ' * 7}"
    remark = '"Passport A0000001 (Iran); Registration Number 1027800000099 (Russia)."'
    file.write_text(f'1,"EXAMPLE",{blank},{rest},{remark}\n2,"EXAMPLE TWO",-0- ,{rest},-0- ', encoding="cp1252")
    first, second = load_source("ofac").records([file], data_as_of=DAY)
    assert (first.subject_kind, second.subject_kind) == ("", "legal_entity")
    assert ("passport", "A0000001") in first.identifiers
    assert "1027800000099" in {number for _, number in first.identifiers}
