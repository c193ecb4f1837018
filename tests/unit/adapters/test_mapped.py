"""Lists that are read by a mapping: what their rows become, and whether admission takes them."""

import json
import tracemalloc
from datetime import date
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from xingate_adapters.reading.errors import SchemaError
from xingate_adapters.scaffold import scaffold
from xingate_adapters.sources import MappingError, SourceError, load_folder, load_source, read_mapping
from xingate_server import catalogues
from xingate_server.core.admission.admit import admit
from xingate_server.core.admission.result import Admitted, Refused
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture
from xingate_server.core.entry import Record, Status
from xingate_server.core.subject import SubjectKeyer

GOOD = Path(__file__).parents[2] / "contract" / "sources_good"
DAY = date(2026, 5, 1)
TYPES = {
    "a_grade_taxpayer": ["red.a_grade_taxpayer"] * 2,
    "abnormal_operation": ["general.ordinary"] * 2,
    "aeo": ["red.integrity_model", "general.ordinary"],
    "commitments": ["commitment.open", "commitment.breached"],
    "procurement_violation": ["black.bid_rigging", "black.bid_qualification_lending"],
    "serious_violation": ["black.food_drug", "black.administrative_default"],
    "tax_violation": ["black.tax_evasion"] * 2,
    "work_safety": ["black.work_safety"] * 2,
}


@pytest.fixture(scope="module")
def rules() -> Rules:
    return Rules(
        catalogue=catalogues.load(("shiyan2017", "international"), Posture.AS_PLANNED_2017),
        calendar=WorkCalendar.official(),
        keyer=SubjectKeyer(bytes(range(32))),
        today=DAY,
    )


def rows(kind: str, *files: Path) -> list[Record]:
    return list(load_source(kind).records(files, data_as_of=DAY))


def mapped(tmp_path: Path, mapping: str, table: str) -> list[Record]:
    """The rows of `table` as city list, read by `mapping`."""
    (tmp_path / "mapping.toml").write_text(mapping, encoding="utf-8")
    (tmp_path / "list.csv").write_text(table, encoding="utf-8")
    source = load_source("city_list").mapped(read_mapping(tmp_path / "mapping.toml"))
    return list(source.records([tmp_path / "list.csv"]))


@pytest.mark.parametrize("kind", TYPES)
def test_admission_takes_every_row_of_the_good_file(kind: str, rules: Rules) -> None:
    found = rows(kind, GOOD / kind / "list.csv")
    assert [record.list_type for record in found] == TYPES[kind]
    for record in found:
        assert isinstance(admit(record, rules), Admitted)


def test_a_removal_ends_the_entry_on_its_day(rules: Rules) -> None:
    listed, removed = (
        admit(record, rules) for record in rows("abnormal_operation", GOOD / "abnormal_operation/list.csv")
    )
    assert isinstance(listed, Admitted)
    assert isinstance(removed, Admitted)
    assert listed.entry is not None
    assert removed.entry is not None
    assert (listed.entry.status, listed.entry.document_no) == (Status.ACTIVE, "EX901")
    assert (removed.entry.status, removed.entry.status_date) == (Status.EXITED, date(2025, 1, 2))


def test_a_reason_that_no_field_of_the_plan_fits_is_refused_and_a_column_settles_it(
    tmp_path: Path, rules: Rules
) -> None:
    header, row, *_ = (GOOD / "serious_violation" / "list.csv").read_text(encoding="utf-8").splitlines()
    row = row.replace("销售不符合食品安全标准的食品", "其他情形")
    file = tmp_path / "list.csv"
    file.write_text(f"{header}\n{row}\n", encoding="utf-8")
    [outcome] = (admit(record, rules) for record in rows("serious_violation", file))
    assert isinstance(outcome, Refused)
    assert outcome.reasons == ("list_type_unknown",)
    assert outcome.details == ("list type `其他情形` is not in the catalogue",)
    file.write_text(f"{header},名单类型\n{row},black.price_order\n", encoding="utf-8")
    [record] = rows("serious_violation", file)
    assert isinstance(admit(record, rules), Admitted)


class TestMapping:
    def test_a_layout_of_its_own(self, tmp_path: Path) -> None:
        mapping = """
        header_row = 3
        delimiter = ";"
        [columns]
        name = ["单位"]
        severity = ["程度"]
        document_date = ["日期"]
        amount_wan_yuan = ["罚款(万元)"]
        aliases = ["曾用名"]
        [identifiers]
        by_shape = ["代码", "旧代码"]
        [constants]
        list_type = "black.bribery"
        authority = "示例局"
        severity = "serious"
        [words.severity]
        "重" = "exceptional"
        """
        table = (
            "填报单位;示例局;\n;;\n单位;代码;旧代码;程度;日期;罚款(万元);曾用名\n"
            "甲;1;2;重;2024年1月2日;0.2;乙；丙\n丁;;2;;1900-01-01;;\n"
        )
        first, second = mapped(tmp_path, mapping, table)
        assert (first.name, first.severity, first.document_date, first.row) == ("甲", "exceptional", "2024年1月2日", 4)
        assert (first.identifiers, first.amount_yuan) == ((("", "1"), ("", "2")), "2000")
        assert (first.aliases, first.list_type, first.authority) == (("乙", "丙"), "black.bribery", "示例局")
        assert (second.severity, second.identifiers, second.document_date) == (
            "serious",
            (("", "2"),),
            "1900-01-01 (stands for no date)",
        )
        assert second.raw["旧代码"] == "2"
        assert second.source == "city_list"

    @pytest.mark.parametrize(
        ("mapping", "said"),
        [
            ("[columns]\nnmae = ['a']", "unknown field `columns.nmae` of a record: did you mean `name`"),
            ("[columns]\nname = 'a'", 'at `columns.name`: expected a list, such as ["名称"]'),
            ("columns = 1", "at `columns`: expected a table"),
            ("[columns", "is not TOML"),
            ("required = ['name']\n[columns]", "`required` names `name`, which has no column"),
            ("delimiter = ';;'\n[columns]", "at `delimiter`: expected one character at most"),
            ("[column]\nname=['a']", "the key `columns` is missing"),
            ("requird = ['name']\n[columns]\nname = ['a']", "unknown key `requird`: did you mean `required`"),
            ("header_row = 'x'\n[columns]\nname = ['a']", "at `header_row`: expected a whole number"),
            ("header_row = 101\n[columns]\nname = ['a']", "at `header_row`: expected a number at most 100"),
            ("sheet = 1\n[columns]\nname = ['a']", "at `sheet`: expected a text"),
            ("is_register = 'x'\n[columns]\nname = ['a']", "at `is_register`: expected true or false"),
            ("expected = [1]\n[columns]\nname = ['a']", "at `expected.0`: expected a text"),
            ("[columns]\nname = ['a']\n[schemes]\na = 1", "at `schemes.a`: expected a table"),
        ],
    )
    def test_a_bad_mapping_is_told_in_a_line(self, mapping: str, said: str, tmp_path: Path) -> None:
        with pytest.raises(MappingError) as caught:
            mapped(tmp_path, mapping, "a\n1\n")
        assert said in str(caught.value)
        assert "\n" not in str(caught.value)
        assert str(tmp_path / "mapping.toml") in str(caught.value)

    def test_a_mapping_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError, match="no such file"):
            read_mapping(tmp_path / "absent.toml")
        (tmp_path / "a.toml").write_bytes(b"\xff")
        with pytest.raises(MappingError, match="is not UTF-8"):
            read_mapping(tmp_path / "a.toml")

    def test_a_header_row_that_is_not_there(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="row 9: there is no header in this row"):
            mapped(tmp_path, "header_row = 9\n[columns]\nname = ['a']", "a\n1\n")

    def test_a_column_that_the_mapping_needs(self, tmp_path: Path) -> None:
        with pytest.raises(SourceError, match="missing column `甲 / 乙`"):
            mapped(tmp_path, "required = ['name']\n[columns]\nname = ['甲', '乙']", "a,b\n1,2\n")


class TestFolder:
    def test_a_folder_needs_a_declaration_and_a_way_to_read(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError, match=r"source\.toml"):
            load_folder(tmp_path)
        (tmp_path / "source.toml").write_text("title_zh = 1", encoding="utf-8")
        with pytest.raises(MappingError, match="at `title_zh`: expected a text"):
            load_folder(tmp_path)
        declared = (Path(__file__).parents[3] / "adapters/xingate_adapters/sources/aeo/source.toml").read_text("utf-8")
        (tmp_path / "source.toml").write_text(declared, encoding="utf-8")
        with pytest.raises(MappingError, match=r"neither `mapping.toml` nor `map.py`"):
            load_folder(tmp_path)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            (("max_age_days = 45", "max_age_days = 0"), "at `max_age_days`: expected a whole number of days above 0"),
            (("max_age_days = 45", 'max_age_days = "x"'), "at `max_age_days`: expected a whole number of days above 0"),
            (("max_age_days = 45", ""), "the key `max_age_days` is missing: expected a whole number of days above 0"),
            (("max_age_days", "max_age"), "the key `max_age_days` is missing"),
            (
                ("shrink_threshold = 0.1", "shrink_threshold = 10"),
                "at `shrink_threshold`: expected a share from 0 to 1",
            ),
            (("refused_most = 0.05", "refused_mos = 1"), "unknown key `refused_mos`: did you mean `refused_most`"),
            (('["watch.key_monitoring"]', '"watch.key_monitoring"'), "at `provides`: expected a list of list types"),
            (('title_zh = "own_list"', "title_zh = 1"), "at `title_zh`: expected a text, the list's title in Chinese"),
            (("least_rows = 1", "least_rows = -1"), "at `least_rows`: expected a whole number of rows, 0 or more"),
            (("# [elements.known]", "[elements.knwn]"), "unknown key `elements.knwn`"),
            (("title_zh =", "title_zh"), "is not TOML: "),
        ],
    )
    def test_a_faulty_declaration_is_told_in_a_line(self, change: tuple[str, str], said: str, tmp_path: Path) -> None:
        scaffold("own_list", tmp_path)
        file = tmp_path / "own_list" / "source.toml"
        text = file.read_text("utf-8")
        assert change[0] in text
        file.write_text(text.replace(*change, 1), encoding="utf-8")
        with pytest.raises(MappingError) as caught:
            load_folder(tmp_path / "own_list")
        told = str(caught.value)
        assert said in told
        assert str(file) in told
        assert not any(word in told for word in ("\n", "pydantic", "http", "validation", "Input should"))

    def test_a_declaration_that_cannot_be_read(self, tmp_path: Path) -> None:
        with pytest.raises(MappingError, match=r"cannot read .*source\.toml`: no such file"):
            load_folder(tmp_path)
        (tmp_path / "source.toml").write_bytes(b"\xff")
        with pytest.raises(MappingError, match=r"source\.toml` is not UTF-8"):
            load_folder(tmp_path)

    def test_a_folder_may_hold_code(self, tmp_path: Path) -> None:
        home = tmp_path / "own_list"
        home.mkdir()
        declared = (Path(__file__).parents[3] / "adapters/xingate_adapters/sources/aeo/source.toml").read_text("utf-8")
        (home / "source.toml").write_text(declared, encoding="utf-8")
        (home / "map.py").write_text(
            "from xingate_server.core.entry import Record\n"
            "def own_date(file): return None\n"
            "def records(files, run):\n"
            "    for file in files:\n"
            "        yield Record(source='own_list', file=str(file), row=1, list_type='watch.key_monitoring')\n",
            encoding="utf-8",
        )
        source = load_source("own_list", [tmp_path])
        assert [record.list_type for record in source.records([home / "map.py"])] == ["watch.key_monitoring"]


@pytest.mark.skipif(find_spec("followthemoney") is None, reason="the extra `ftm` is not installed")
class TestFollowTheMoney:
    FILE = GOOD / "ftm" / "entities.ftm.json"

    def test_entities_with_what_other_lines_say_of_them(self) -> None:
        company, person = rows("ftm", self.FILE)
        assert (company.name, company.list_type, company.subject_kind) == (
            "Example Shipping Ltd",
            "international.other",
            "legal_entity",
        )
        assert (company.authority, company.basis, company.document_date) == (
            "Example Council",
            "EX-PROGRAM",
            "2024-02-01",
        )
        assert company.aliases == ("Société Exemple", "示例航运")
        assert (company.identifiers, company.registered_in) == ((("foreign_reg_no", "1027800000099"),), "RU")
        assert (person.list_type, person.document_date) == ("international.un", "2023-01-02")
        assert person.identifiers == (("passport", "X1234567"),)
        assert "X1234567" not in json.dumps(dict(person.raw))

    def test_who_is_not_listed_is_counted(self) -> None:
        found = load_source("ftm").records([self.FILE])
        assert len(list(found)) == 2
        # DESIGN section 5, "Passed over": what is no subject is counted by kind and never refused.
        assert found.passed_over == {"Sanction": 1, "Passport": 1, "not_listed": 1, "Vessel": 1}

    def test_admission_takes_every_subject(self, rules: Rules) -> None:
        assert all(isinstance(admit(record, rules), Admitted) for record in rows("ftm", self.FILE))

    @pytest.mark.parametrize("schema", ["Vessel", "Airplane", "CryptoWallet", "Vehicle"])
    def test_what_is_no_subject_is_counted_by_its_schema(self, schema: str, tmp_path: Path) -> None:
        file = tmp_path / "e.json"
        entity = {"id": "e", "schema": schema, "properties": {"name": ["EXAMPLE STAR"], "topics": ["sanction"]}}
        file.write_text(json.dumps(entity), encoding="utf-8")
        found = load_source("ftm").records([file])
        assert list(found) == []
        assert found.passed_over == {schema: 1}

    def entity(self, tmp_path: Path, *sanctions: dict[str, list[str]], **properties: list[str]) -> Record:
        schema = properties.pop("schema", ["Company"])[0]
        lines: list[dict[str, Any]] = [
            {"id": f"s{n}", "schema": "Sanction", "properties": {"entity": ["e"]} | sanction}
            for n, sanction in enumerate(sanctions)
        ]
        properties = {"name": ["Example"], "topics": ["debarment"]} | properties
        lines.insert(0, {"id": "e", "schema": schema, "datasets": ["example"], "properties": properties})
        file = tmp_path / "e.json"
        file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        [record] = rows("ftm", file)
        return record

    def test_it_ends_when_all_its_sanctions_have_ended(self, tmp_path: Path) -> None:
        ended, running = {"startDate": ["2020-01-02"], "endDate": ["2021-01-02"]}, {"startDate": ["2019"]}
        assert self.entity(tmp_path, ended).valid_until == "2021-01-02"
        both = self.entity(tmp_path, ended, running)
        assert (both.valid_until, both.document_date) == ("", "2020-01-02")

    def test_partial_dates_are_not_completed(self, tmp_path: Path) -> None:
        assert self.entity(tmp_path, {"startDate": ["2019"]}).document_date == DAY.isoformat()

    def test_memory_does_not_grow_with_the_file(self, tmp_path: Path) -> None:
        file = tmp_path / "e.json"
        entity = {"schema": "Company", "datasets": ["a"], "properties": {"name": ["Example"], "topics": ["sanction"]}}
        with file.open("w", encoding="utf-8") as lines:
            for n in range(1_500):
                properties = {"entity": [f"e{n}"], "reason": ["x" * 16_000]}
                lines.write(json.dumps({"id": f"s{n}", "schema": "Sanction", "properties": properties}) + "\n")
                lines.write(json.dumps(entity | {"id": f"e{n}"}) + "\n")
        records = load_source("ftm").records([file])
        tracemalloc.start()
        with_reason = sum(1 for record in records if record.facts)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert with_reason == 1_500
        assert peak < 12_000_000 < file.stat().st_size // 2

    def test_a_number_that_cannot_be_used_stands_behind_the_others(self, tmp_path: Path) -> None:
        record = self.entity(
            tmp_path, uscCode=["91420399000000013C"], leiCode=["X"], registrationNumber=["123", "1027800000099"]
        )
        assert record.identifiers == (
            ("foreign_reg_no", "1027800000099"),
            ("uscc", "91420399000000013C"),
            ("lei", "X"),
        )
        assert record.registered_in == "CN"

    def test_numbers_of_people_in_free_text(self, tmp_path: Path) -> None:
        record = self.entity(
            tmp_path,
            schema=["Person"],
            passportNumber=["B/000001 (expired)", "unknown", "EX0000001, EX0000002"],
            idNumber=["Exampleland ID card 0000-00003"],
        )
        assert record.identifiers == (
            ("passport", "B000001"),
            ("passport", "EX0000001"),
            ("passport", "EX0000002"),
            ("other_document", "0000-00003"),
        )

    def test_names_of_every_quality(self, tmp_path: Path) -> None:
        record = self.entity(tmp_path, weakAlias=["EX"], alias=["Ex Ltd"], previousName=["Old"], abbreviation=["E.L."])
        assert (record.name, record.aliases) == ("Example", ("Ex Ltd", "EX", "Old", "E.L."))
        parts = self.entity(tmp_path, schema=["Person"], name=[], firstName=["Jane"], lastName=["Example"])
        assert parts.name == "Jane Example"

    def test_what_is_lacking_beside_the_name_drops_nothing(self, tmp_path: Path, rules: Rules) -> None:
        file = tmp_path / "e.json"
        entity = {"id": "e", "schema": "Company", "properties": {"name": ["Example"], "topics": ["sanction"]}}
        file.write_text(json.dumps(entity), encoding="utf-8")
        [record] = rows("ftm", file)
        assert record.authority == record.basis == "the publisher of the FollowTheMoney data"
        assert isinstance(admit(record, rules), Admitted)

    @pytest.mark.parametrize(
        ("change", "said"),
        [
            ({"formerNumbers": ["1"]}, "the key `formerNumbers` in `properties` is not known"),
            ({"schema": ["Spaceship"]}, "the schema `Spaceship` is not known"),
        ],
    )
    def test_what_the_library_does_not_know_is_told(
        self, change: dict[str, list[str]], said: str, tmp_path: Path
    ) -> None:
        with pytest.raises(SchemaError, match=said) as caught:
            self.entity(tmp_path, **change)
        assert caught.value.row == 1

    def test_an_unknown_key_beside_the_properties_is_told(self, tmp_path: Path) -> None:
        file = tmp_path / "e.json"
        lines = self.FILE.read_text("utf-8").splitlines()
        file.write_text("\n".join([*lines[:3], lines[3].replace("{", '{"aliases": ["A"], ', 1)]), encoding="utf-8")
        with pytest.raises(SchemaError, match="row 4: the key `aliases` in `entity`"):
            rows("ftm", file)
        file.write_text("\n".join([lines[1].replace("{", '{"aliases": [], ', 1)]), encoding="utf-8")
        assert len(rows("ftm", file)) == 1

    def test_an_unknown_schema_that_is_accepted_is_left_to_admission(self, tmp_path: Path, rules: Rules) -> None:
        file = tmp_path / "e.json"
        entity = {"id": "e", "schema": "Spaceship", "properties": {"name": ["Example"], "topics": ["sanction"]}}
        file.write_text(json.dumps(entity), encoding="utf-8")
        records = load_source("ftm").records([file], data_as_of=DAY, accepts_schema=True)
        [record] = records
        assert any("the schema `Spaceship` is not known" in note for note in records.notes)
        outcome = admit(record, rules)
        assert isinstance(outcome, Refused)
        assert "value_unknown" in outcome.reasons
