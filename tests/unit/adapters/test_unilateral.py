"""The lists of the UK and the EU, and what a mapping says of several rows an entry."""

import csv
import io
import json
from pathlib import Path

import pytest

from xingate_adapters.reading.errors import SchemaError
from xingate_adapters.sources import MappingError, Records, SourceError, load_source, read_mapping
from xingate_server.core.entry import Record
from xingate_server.demo.numbers import citizen_number, unified_code

GOOD = Path(__file__).parents[2] / "contract" / "sources_good"
UK_FILE = GOOD / "uk_sanctions" / "UK-Sanctions-List.csv"
EU_FILE = GOOD / "eu_sanctions" / "eu.csv"


def read(kind: str, file: Path) -> tuple[list[Record], Records]:
    records = load_source(kind).records([file])
    return list(records), records


class TestTheUnitedKingdom:
    def test_rows_of_one_entry_make_one_record(self) -> None:
        (person, company, chinese), records = read("uk_sanctions", UK_FILE)
        assert (person.subject_kind, person.name, person.row) == ("natural_person", "VALERY NIKOLAEVICH EXEMPLOV", 3)
        assert person.aliases == ("VALERA EXEMPLOV", "VALERIY PRIMEROV", "Валерий Примеров")
        assert person.identifiers == (
            ("passport", "EX1234567"),
            ("passport", "EX7654321"),
            ("other_document", "770000000099"),
        )
        assert (person.list_type, person.document_no, person.document_date) == (
            "international.other",
            "EXU0001",
            "2026-01-05",
        )
        assert (person.registered_in, person.basis) == ("Russia", "The Example (Sanctions) Regulations 2026")
        assert "EX1234567" not in json.dumps(dict(person.raw))
        assert person.raw["Name type"] == "Alias; Primary Name; Primary Name Variation"
        assert (company.subject_kind, company.name, company.aliases) == ("legal_entity", "EXAMPLE TRADING LLC", ())
        assert company.identifiers == (("foreign_reg_no", "1027800000099"),)
        assert (chinese.registered_in, chinese.row) == ("CN", 9)
        assert records.passed_over == {"ship": 1}

    def altered(self, tmp_path: Path, **cells: str) -> Record:
        """The first entry of the good file with other cells in its main row."""
        title, header, *rows = csv.reader(io.StringIO(UK_FILE.read_text("utf-8")))
        for label, cell in cells.items():
            rows[1][header.index(label)] = cell
        file = tmp_path / "uk.csv"
        with file.open("w", encoding="utf-8", newline="") as stream:
            csv.writer(stream).writerows([title, header, *rows])
        return read("uk_sanctions", file)[0][0]

    @pytest.mark.parametrize(
        ("label", "cell", "field", "found"),
        [
            ("Date Designated", "1970", "document_date", "2026-01-05"),  # as its other rows say
            ("Date Designated", "dd/mm/2026", "document_date", "2026-01-05"),
            ("Date Designated", "soon", "document_date", "soon"),
            ("Passport number", "unknown", "identifiers", (("other_document", "770000000099"),)),
            ("Name 6", "", "name", "VALERY NIKOLAEVICH"),
            ("Unique ID", " EXU0001 ", "name", "VALERY NIKOLAEVICH EXEMPLOV"),
        ],
    )
    def test_one_bad_cell_costs_no_entry(
        self, label: str, cell: str, field: str, found: object, tmp_path: Path
    ) -> None:
        assert getattr(self.altered(tmp_path, **{label: cell}), field) == found

    def test_a_blank_regime_leaves_the_list_as_the_basis(self, tmp_path: Path) -> None:
        file = tmp_path / "uk.csv"
        file.write_text(UK_FILE.read_text("utf-8").replace("The Example (Sanctions) Regulations 2026", ""), "utf-8")
        assert {record.basis for record in read("uk_sanctions", file)[0]} == {"UK Sanctions List"}

    @pytest.mark.parametrize(
        "title", ["Report Date: 18-Nov-2026", "Report Date: 18-Nov-2026,,,,", '"Report Date: 18/11/2026"']
    )
    def test_the_title_says_the_day(self, title: str, tmp_path: Path) -> None:
        file = tmp_path / "uk.csv"
        _, _, rest = UK_FILE.read_text("utf-8").partition("\n")
        file.write_text(f"{title}\n{rest}", encoding="utf-8")
        day = load_source("uk_sanctions").own_date(file)
        assert day is not None
        assert day.isoformat() == "2026-11-18"
        assert len(read("uk_sanctions", file)[0]) == 3

    @pytest.mark.parametrize("first", ["", "Report Date: soon\n", "Exported: 18-Nov-2026\n"])
    def test_without_a_day_in_the_title_there_is_none(self, first: str, tmp_path: Path) -> None:
        file = tmp_path / "uk.csv"
        _, _, rest = UK_FILE.read_text("utf-8").partition("\n")
        file.write_text(first + rest, encoding="utf-8")
        assert load_source("uk_sanctions").own_date(file) is None

    def test_the_column_of_the_entry_is_needed(self, tmp_path: Path) -> None:
        file = tmp_path / "uk.csv"
        file.write_text(UK_FILE.read_text("utf-8").replace(",Unique ID,", ",Number,"), encoding="utf-8")
        with pytest.raises(SourceError, match="missing column `Unique ID`") as caught:
            read("uk_sanctions", file)
        assert caught.value.row == 2


class TestTheEuropeanUnion:
    def test_rows_of_one_entry_make_one_record(self) -> None:
        (person, company, chinese), records = read("eu_sanctions", EU_FILE)
        assert (person.subject_kind, person.name, person.row) == ("natural_person", "Valery Exemplov", 2)
        assert person.aliases == ("Valeriy Primerov",)
        assert person.identifiers == (("passport", "EX1234567"), ("other_document", "770000000099"))
        assert (person.document_no, person.document_date, person.basis) == ("EU.9001.99", "2026-01-05", "EXA")
        assert (person.registered_in, company.registered_in, chinese.registered_in) == ("RU", "RU", "CN")
        assert company.identifiers == (("foreign_reg_no", "1027800000099"),)
        assert not records.passed_over

    def test_the_shorter_names_of_columns(self, tmp_path: Path) -> None:
        file = tmp_path / "eu.csv"
        file.write_text(
            "\ufeffDate_file;Entity_logical_id;Subject_type;Entity_logical_id;Naal_wholename;Naal_lastname;"
            "Naal_firstname;Naal_leba_publication_date;Entity_logical_id;Iden_number;Citi_country;Programme\n"
            "18/11/2026;9001;P;9001;;Exemplov;Valery;2026-01-05;;;;EXA\n"
            "18/11/2026;9002;E;9002;EXAMPLE TRADING LLC;;;2026-01-05;;;;EXA\n"
            "18/11/2026;9001;P;;;;;;9001;EX1234567 (passport-Exampleland);RUS;EXA\n"
            "18/11/2026;9003;P;;Li Exempla;;;;9003;;HKG;\n",
            encoding="utf-8",
        )
        (person, company, chinese), _ = read("eu_sanctions", file)
        assert (person.name, person.identifiers) == ("Valery Exemplov", (("other_document", "EX1234567"),))
        assert (person.document_no, person.document_date, person.registered_in) == ("9001", "2026-01-05", "RUS")
        assert company.name == "EXAMPLE TRADING LLC"
        assert (chinese.registered_in, chinese.document_date) == ("CN", "")
        assert chinese.basis == "EU consolidated list of financial sanctions"
        day = load_source("eu_sanctions").own_date(file)
        assert day is not None
        assert day.isoformat() == "2026-11-18"

    def test_a_code_of_a_chinese_company_is_that_code(self, tmp_path: Path) -> None:
        file = tmp_path / "eu.csv"
        text = EU_FILE.read_text("utf-8").replace("1027800000099", "91420399000000019G")
        file.write_text(text, encoding="utf-8")
        assert read("eu_sanctions", file)[0][1].identifiers == (("uscc", "91420399000000019G"),)


MAPPING = """
group_by = ["号"]
role = ["行"]
main_roles = ["主"]
date_order = "day_month_year"
numbers_in_text = ["passport"]
[columns]
subject_kind = ["类"]
name = ["名"]
document_no = ["号"]
document_date = ["日"]
[identifiers]
passport = ["护照"]
uscc = ["代码"]
[constants]
list_type = "watch.key_monitoring"
"""


def mapped(tmp_path: Path, mapping: str, *rows: str) -> list[Record]:
    (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "list.csv").write_text("\n".join(rows), encoding="utf-8")
    source = load_source("city_list").mapped(read_mapping(tmp_path / "mapping.toml"))
    return list(source.records([tmp_path / "list.csv"]))


def test_a_mapping_joins_rows_wherever_they_stand(tmp_path: Path) -> None:
    found = mapped(
        tmp_path,
        MAPPING,
        "号,行,类,名,日,护照,代码",
        "1,别名,自然人,示例乙,,EX0000001,",
        "2,主,企业,示例公司,05/01/2026,,91420399000000019G",
        ",主,自然人,示例丙,06/01/2026,,",
        "1,主,,示例甲,07/01/2026,无,",
        ",主,自然人,示例丁,,,",
    )
    assert [record.row for record in found] == [2, 3, 4, 6]
    one = found[0]
    assert (one.name, one.aliases, one.subject_kind) == ("示例甲", ("示例乙",), "自然人")
    assert (one.document_date, one.identifiers) == ("2026-01-07", (("passport", "EX0000001"),))
    assert found[1].identifiers == (("uscc", "91420399000000019G"),)
    assert [record.name for record in found[2:]] == ["示例丙", "示例丁"]


class TestNumbersInText:
    DOCS = Path(__file__).parents[3] / "docs" / "sources.md"
    HEADER = "姓名,类别,列入机关,列入依据,文号,列入日期,证件"

    def example(self) -> str:
        _, _, behind = self.DOCS.read_text("utf-8").partition("**Numbers in free text.**")
        return behind.partition("```toml\n")[2].partition("```")[0]

    @pytest.mark.parametrize(
        ("kind", "cell", "numbers"),
        [
            ("自然人", "护照 E12345678，又 G87654321", (("passport", "E12345678"), ("passport", "G87654321"))),
            ("natural_person", "护照 E12345678 又 G87654321", (("passport", "E12345678"), ("passport", "G87654321"))),
            (
                "个人",
                f"身份证 {citizen_number(31)} 护照 E12345678",
                (("citizen_id", citizen_number(31)), ("passport", "E12345678")),
            ),
            ("企业", f"代码 {unified_code(31)}", (("", unified_code(31)),)),
            ("自然人", "无", ()),
        ],
    )
    def test_the_example_of_the_docs(
        self, kind: str, cell: str, numbers: tuple[tuple[str, str], ...], tmp_path: Path
    ) -> None:
        row = f"示例甲,{kind},示例局,示例办法,示1号,2026-03-02,{cell}"
        [record] = mapped(tmp_path, self.example(), self.HEADER, row)
        assert record.identifiers == numbers
        assert (record.name, record.list_type) == ("示例甲", "watch.key_monitoring")

    @pytest.mark.parametrize("kind", ["自然人", "natural_person", "个人"])
    def test_a_word_of_the_list_says_the_scheme(self, kind: str, tmp_path: Path) -> None:
        mapping = self.example().replace(
            '"" = "passport"', '"护照" = "passport"\n"通行证" = "hk_macau_permit"\n"" = "other_document"'
        )
        mapping = mapping.replace("[identifiers]", 'id_scheme = ["种类"]\n[identifiers]')
        rows = (f"示例{n},{kind},示例局,示例办法,示1号,2026-03-02,H12345678,{n}" for n in ("护照", "通行证", "其他"))
        found = mapped(tmp_path, mapping, f"{self.HEADER},种类", *rows)
        assert [record.identifiers[0][0] for record in found] == ["passport", "hk_macau_permit", "other_document"]

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (('["by_shape"] #', '["passport"] #'), "`numbers_in_text` names `passport`, which has no column"),
            (("by_shape = [", "uscc = ["), "`numbers_in_text` names `by_shape`, which has no column"),
            (('by_shape = ["证件"]', "by_shape = []"), "name its columns as `identifiers.by_shape`"),
            (
                ("schemes.natural_person", "schemes.natural"),
                "`schemes.natural` is not a kind of subject: expected one of",
            ),
            (
                ('"" = "passport"', '"护照" = "passport"'),
                "names words of the list: name their column as `columns.id_sch",
            ),
        ],
    )
    def test_what_would_take_effect_nowhere_is_refused(
        self, change: tuple[str, str], said: str, tmp_path: Path
    ) -> None:
        (tmp_path / "m.toml").write_text(self.example().replace(*change), encoding="utf-8")
        with pytest.raises(MappingError, match=said):
            read_mapping(tmp_path / "m.toml")

    def test_schemes_are_of_numbers_told_by_their_shape(self, tmp_path: Path) -> None:
        text = self.example().replace("by_shape = [", "passport = [").replace('["by_shape"]', '["passport"]')
        (tmp_path / "m.toml").write_text(text, encoding="utf-8")
        with pytest.raises(MappingError, match=r"`schemes.natural_person` has no column: name those of such numbers"):
            read_mapping(tmp_path / "m.toml")


def test_many_rows_of_many_entries(tmp_path: Path) -> None:
    rows = [f"{n % 500},别名,自然人,示例{n},,," for n in range(5_000)]
    found = mapped(tmp_path, MAPPING, "号,行,类,名,日,护照,代码", *rows)
    assert [record.row for record in found] == list(range(2, 502))
    assert all(len(record.aliases) == 9 for record in found)
    assert found[7].aliases[-1] == "示例4507"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('date_order = "day_month_year"', 'date_order = "dmy"'), "`date_order` is `dmy`: expected one of day_month"),
        (('group_by = ["号"]', ""), "`main_roles` needs `role` and `group_by`"),
        (("[constants]", '[schemes.natural_person]\n"" = "pass"\n[constants]'), "`schemes.natural_person`: unknown id"),
        (("[constants]", '[joined]\nnames = ["名"]\n[constants]'), "unknown field `joined.names` of a record: did you"),
    ],
)
def test_a_mapping_that_cannot_be_used_says_why(change: tuple[str, str], said: str, tmp_path: Path) -> None:
    file = tmp_path / "mapping.toml"
    file.write_text(MAPPING.replace(*change), encoding="utf-8")
    with pytest.raises(MappingError) as caught:
        read_mapping(file)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(("kind", "file"), [("uk_sanctions", UK_FILE), ("eu_sanctions", EU_FILE)])
def test_every_column_of_the_published_layout_is_known(kind: str, file: Path) -> None:
    lines = file.read_text("utf-8-sig").splitlines()
    header = next(csv.reader(line for line in lines if "Unique ID" in line or "Entity_LogicalId" in line))
    labels = header if kind == "uk_sanctions" else header[0].split(";")
    assert load_source(kind).knows(labels) == len(labels)


class TestAColumnUnderANewLabel:
    """What an edition has always had may not vanish under a new label."""

    UK = (
        "Unique ID,Name 1,Name 2,Name 3,Name 4,Name 5,Name 6,Name type,Name non-latin script,Regime Name,"
        "Designation Type,Date Designated,Passport number,"
        "National Identifier number,Business registration number(s),Address Country,"
        "Nationality(/ies)"
    )
    EU = (
        "Entity_LogicalId;Entity_SubjectType;NameAlias_WholeName;Identification_Number;Identification_TypeCode;"
        "Address_CountryIso2Code;Citizenship_CountryIso2Code"
    )

    def uk(self, tmp_path: Path, header: str, rows: int) -> Path:
        lines = [
            f"EXU{n:04d},VALERY,,,,,EXEMPLOV {n},Primary Name,,Example,Individual,05/01/2026,EX{n:07d},,,,"
            for n in range(rows)
        ]
        file = tmp_path / "uk.csv"
        file.write_text("\n".join(["Report Date: 18-Nov-2026", header, *lines]), encoding="utf-8")
        return file

    def eu(self, tmp_path: Path, header: str, rows: int) -> Path:
        file = tmp_path / "eu.csv"
        file.write_text("\n".join([header, *(f"{n};P;Valery Exemplov;EX{n};passport;;" for n in range(rows))]), "utf-8")
        return file

    @pytest.mark.parametrize(
        ("label", "other"),
        [
            ("Passport number", "Passport no. of holder"),
            ("Name 1", "Forename"),
            ("Name 6", "Surname"),
            ("Name type", "Kind of name"),
            ("National Identifier number", "National ID"),
            ("Business registration number(s)", "Company no."),
            ("Address Country", "Country"),
        ],
    )
    def test_of_the_uk_list(self, label: str, other: str, tmp_path: Path) -> None:
        header = self.UK.replace(label, other, 1)
        with pytest.raises(SchemaError, match=r"schema_unknown: .*, row 2: the column .* is not in the file") as caught:
            read("uk_sanctions", self.uk(tmp_path, header, 50))
        assert f"`{label}`" in str(caught.value)
        assert "accept it with `--accept-schema KIND`" in str(caught.value)
        found, records = read("uk_sanctions", self.uk(tmp_path, header, 49))
        assert len(found) == 49
        assert any(f"`{label}` is expected and not in the file" in note for note in records.notes)
        records = load_source("uk_sanctions").records([self.uk(tmp_path, header, 50)], accepts_schema=True)
        assert len(list(records)) == 50
        assert any(f"`{label}` is expected and not in the file" in note for note in records.notes)

    def test_a_like_label_is_named(self, tmp_path: Path) -> None:
        header = self.UK.replace("Passport number", "Passport numbers")
        with pytest.raises(SchemaError, match="if `Passport numbers` is it under a new label"):
            read("uk_sanctions", self.uk(tmp_path, header, 80))

    def test_the_known_layouts_pass(self, tmp_path: Path) -> None:
        found, records = read("uk_sanctions", self.uk(tmp_path, self.UK, 60))
        assert (len(found), list(records.notes)) == (60, [])
        found, records = read("eu_sanctions", self.eu(tmp_path, self.EU, 60))
        assert (len(found), list(records.notes)) == (60, [])

    @pytest.mark.parametrize(
        "label",
        ["NameAlias_WholeName", "Identification_Number", "Identification_TypeCode", "Citizenship_CountryIso2Code"],
    )
    def test_of_the_eu_list(self, label: str, tmp_path: Path) -> None:
        header = self.EU.replace(label, f"New_{label[:8]}") + ";NameAlias_LastName"
        file = self.eu(tmp_path, header, 50)
        file.write_text(file.read_text("utf-8").replace(";;\n", ";;;A\n") + ";A", encoding="utf-8")
        with pytest.raises(SchemaError, match=f"the column .*`{label}`.* is not in the file"):
            read("eu_sanctions", file)

    OWN = """
expected = ["护照", ["代码", "编码"]]
[columns]
subject_kind = ["类"]
name = ["名"]
facts = ["事由", "事实"]
[joined]
aliases = ["姓", "别名"]
[identifiers]
passport = ["护照"]
uscc = ["代码", "编码"]
"""

    def test_of_a_mapping_of_an_operators_own(self, tmp_path: Path) -> None:
        with pytest.raises(SchemaError, match="the column `护照` is not in the file"):
            mapped(tmp_path, self.OWN, "类,名,姓,护照号码,编码", *(f"自然人,示例{n},乙,EX{n:07d}," for n in range(50)))
        source = load_source("city_list").mapped(read_mapping(tmp_path / "mapping.toml"))
        records = source.records([tmp_path / "list.csv"], accepts_schema=True)
        assert len(list(records)) == 50
        name = f"`{tmp_path / 'list.csv'}`: "
        assert {note.removeprefix(name) for note in records.notes} == {
            "columns that nothing reads: `护照号码`",
            "the column `护照` is expected and not in the file",
            "`columns.facts` of the mapping is not read: the file has no column `事由` or `事实`",
            "`identifiers.passport` of the mapping is not read: the file has no column `护照`",
            "`joined.aliases` of the mapping is not whole: the file has no column `别名`",
        }

    def test_what_is_expected_must_be_read(self, tmp_path: Path) -> None:
        (tmp_path / "m.toml").write_text('expected = ["甲"]\n[columns]\nname = ["名"]\n', encoding="utf-8")
        with pytest.raises(MappingError, match="`expected` names `甲`, which the mapping does not read"):
            read_mapping(tmp_path / "m.toml")
