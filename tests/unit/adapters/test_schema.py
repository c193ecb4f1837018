"""The Security Council's list: whom one bad cell may not hide, and a layout that has changed."""

from pathlib import Path

import pytest

from xingate_adapters.reading.errors import EmptyListError, SchemaError
from xingate_adapters.sources import Records, SourceError, load_source
from xingate_server.core.entry import Record

DOCUMENT = "<INDIVIDUAL_DOCUMENT><TYPE_OF_DOCUMENT>{kind}</TYPE_OF_DOCUMENT><NUMBER>{number}</NUMBER>{more}"
DOCUMENT += "</INDIVIDUAL_DOCUMENT>"
ALIAS = "<INDIVIDUAL_ALIAS><QUALITY>{quality}</QUALITY><ALIAS_NAME>{name}</ALIAS_NAME></INDIVIDUAL_ALIAS>"

EMPTY = "is empty, while another has entries ({}): if the published list has entries there, fetch it again"
ALIAS_OF = "<ENTITY_ALIAS><ALIAS_NAME>A</ALIAS_NAME></ENTITY_ALIAS>"


def person(number: int, *parts: str, names: str = "<FIRST_NAME>EXAMPLE</FIRST_NAME>") -> str:
    return (
        f"<INDIVIDUAL><DATAID>{number}</DATAID>{names}<UN_LIST_TYPE>Ex</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>EXi.{number:03d}</REFERENCE_NUMBER><LISTED_ON>2026-01-05</LISTED_ON>{''.join(parts)}"
        "</INDIVIDUAL>"
    )


def entity(number: int, *parts: str) -> str:
    return (
        f"<ENTITY><FIRST_NAME>EXAMPLE {number}</FIRST_NAME><UN_LIST_TYPE>Ex</UN_LIST_TYPE>"
        f"<REFERENCE_NUMBER>EXe.{number:03d}</REFERENCE_NUMBER><LISTED_ON>2026-01-05</LISTED_ON>{''.join(parts)}</ENTITY>"
    )


def passport(number: str, kind: str = "Passport", more: str = "") -> str:
    return DOCUMENT.format(kind=kind, number=number, more=more)


def alias(name: str, quality: str = "Good") -> str:
    return ALIAS.format(name=name, quality=quality)


def write(file: Path, people: str = "", entities: str = "", *, root: str = "CONSOLIDATED_LIST", more: str = "") -> Path:
    file.write_text(
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root} dateGenerated="2026-11-20T00:00:09Z">'
        f"<INDIVIDUALS>{people}</INDIVIDUALS><ENTITIES>{entities}</ENTITIES>{more}</{root.split(maxsplit=1)[0]}>",
        encoding="utf-8",
    )
    return file


def read(file: Path, *, accepts_schema: bool = False) -> tuple[list[Record], Records]:
    records = load_source("un_consolidated").records([file], accepts_schema=accepts_schema)
    return list(records), records


class TestNothingHidesAnEntry:
    def one(self, tmp_path: Path, *parts: str, names: str = "<FIRST_NAME>EXAMPLE</FIRST_NAME>") -> Record:
        [record] = read(write(tmp_path / "un.xml", person(1, *parts, names=names)))[0]
        return record

    @pytest.mark.parametrize(
        ("cell", "numbers"),
        [
            ("EX0000001", ["EX0000001"]),
            ("Exampleland diplomatic passport no. D0000001", ["D0000001"]),
            ("B/000001", ["B000001"]),
            ("7788", ["7788"]),
            ("EX0000001 (expired), EX0000002", ["EX0000001", "EX0000002"]),
            ("EX00???", ["EX00******"]),
            ("not available", []),
        ],
    )
    def test_a_document_cell_costs_at_most_its_number(self, cell: str, numbers: list[str], tmp_path: Path) -> None:
        record = self.one(tmp_path, passport(cell), passport("EX9999999"), alias("OTHER"))
        assert (record.name, record.aliases) == ("EXAMPLE", ("OTHER",))
        assert {number for _, number in record.identifiers} == {*numbers, "EX9999999"}
        assert record.identifiers[0] in {("passport", "EX9999999"), *(("passport", number) for number in numbers[:1])}

    def test_a_masked_number_does_not_stand_before_a_whole_one(self, tmp_path: Path) -> None:
        record = self.one(tmp_path, passport("EX00????"), passport("7788"), passport("EX9999999"))
        assert record.identifiers[0] == ("passport", "EX9999999")
        assert len(record.identifiers) == 3

    def test_cells_without_a_number_are_counted_in_a_note(self, tmp_path: Path) -> None:
        people = person(1, passport("not available")) + person(2, passport("")) + person(3, passport("unknown"))
        found, records = read(write(tmp_path / "un.xml", people))
        assert [record.identifiers for record in found] == [(), (), ()]
        assert [note for note in records.notes if "no number can be read in 2 of the cells of documents" in note]

    @pytest.mark.parametrize(
        ("kind", "number", "country", "scheme"),
        [
            ("National Identification Number", "990000198506151231", "China", "citizen_id"),
            ("National Identification Number", "12345", "China", "citizen_id"),
            ("National Identification Number", "0000-00001", "Exampleland", "other_document"),
            ("Pasaporte", "EX0000001", "Exampleland", "passport"),
            ("", "EX0000001", "Exampleland", "other_document"),
        ],
    )
    def test_schemes(self, kind: str, number: str, country: str, scheme: str, tmp_path: Path) -> None:
        more = f"<ISSUING_COUNTRY>{country}</ISSUING_COUNTRY>"
        assert self.one(tmp_path, passport(number, kind, more)).identifiers == ((scheme, number),)

    @pytest.mark.parametrize(
        ("names", "name"),
        [
            ("<SECOND_NAME>EXEMPLOV</SECOND_NAME>", "EXEMPLOV"),
            ("<FIRST_NAME>A</FIRST_NAME><FOURTH_NAME>EXEMPLOV</FOURTH_NAME>", "A EXEMPLOV"),
            ("<FIRST_NAME/><THIRD_NAME>EXEMPLOV</THIRD_NAME>", "EXEMPLOV"),
            ("<NAME_ORIGINAL_SCRIPT>示例人</NAME_ORIGINAL_SCRIPT>", "示例人"),
            ("", "ONLY ALIAS"),
        ],
    )
    def test_any_part_of_a_name_is_a_name(self, names: str, name: str, tmp_path: Path) -> None:
        record = self.one(tmp_path, alias("ONLY ALIAS"), names=names)
        assert record.name == name
        assert {record.name, *record.aliases} >= {name, "ONLY ALIAS"}

    def test_every_alias_counts(self, tmp_path: Path) -> None:
        record = self.one(
            tmp_path,
            "<NAME_ORIGINAL_SCRIPT>示例人</NAME_ORIGINAL_SCRIPT><NAME_ORIGINAL_SCRIPT>Пример</NAME_ORIGINAL_SCRIPT>",
            alias("FIRST; SECOND", "Low"),
            alias("", "a.k.a."),
            alias("THIRD", "f.k.a."),
        )
        assert record.aliases == ("示例人", "Пример", "FIRST", "SECOND", "THIRD")

    @pytest.mark.parametrize(
        ("listed", "found"), [("2015-03-27-04:00", "2015-03-27"), ("", ""), ("2015", ""), ("soon", "soon")]
    )
    def test_a_day_is_as_whole_as_the_list_knows_it(self, listed: str, found: str, tmp_path: Path) -> None:
        people = person(1).replace("2026-01-05", listed)
        assert read(write(tmp_path / "un.xml", people))[0][0].document_date == found

    def test_without_a_committee_the_list_is_the_basis(self, tmp_path: Path) -> None:
        people = person(1).replace("<UN_LIST_TYPE>Ex</UN_LIST_TYPE>", "")
        assert read(write(tmp_path / "un.xml", people))[0][0].basis == "Security Council sanctions list"


UNKNOWN = [
    (person(1, "<AliasName>X</AliasName>"), "AliasName", "INDIVIDUAL", 1),
    (person(1) + person(2, alias("A").replace("ALIAS_NAME", "AliasName")), "AliasName", "INDIVIDUAL_ALIAS", 2),
    (person(1, passport("EX0000001").replace("INDIVIDUAL_DOC", "PERSON_DOC")), "PERSON_DOCUMENT", "INDIVIDUAL", 1),
    (person(1, names="<FAMILY_NAME>EXEMPLOV</FAMILY_NAME>"), "FAMILY_NAME", "INDIVIDUAL", 1),
    (person(1) + "<PERSON><FIRST_NAME>A</FIRST_NAME></PERSON>", "PERSON", "INDIVIDUALS", 2),
    (person(1, "<NATIONALITY><NAME>Mali</NAME></NATIONALITY>"), "NAME", "NATIONALITY", 1),
    (person(1, "<FIRST><NAME><PART>A</PART></NAME></FIRST>"), "FIRST", "INDIVIDUAL", 1),
]


class TestANewLayout:
    @pytest.mark.parametrize(("people", "element", "parent", "row"), UNKNOWN)
    def test_an_unknown_element_with_content_is_told(
        self, people: str, element: str, parent: str, row: int, tmp_path: Path
    ) -> None:
        file = write(tmp_path / "un.xml", people)
        with pytest.raises(SchemaError) as caught:
            read(file)
        text = str(caught.value)
        assert text.startswith(f"schema_unknown: `{file}`, row {row}: the element `{element}` in `{parent}`")
        assert "--accept-schema" in text
        assert (caught.value.file, caught.value.row) == (file, row)
        found, records = read(file, accepts_schema=True)
        assert [record.row for record in found] == list(range(1, len(found) + 1))
        assert any(f"`{element}` in `{parent}` is not known" in note for note in records.notes)

    def test_an_unknown_section_is_told(self, tmp_path: Path) -> None:
        more = "<PERSONS><INDIVIDUAL><FIRST_NAME>A</FIRST_NAME></INDIVIDUAL></PERSONS>"
        file = write(tmp_path / "un.xml", person(1), more=more)
        with pytest.raises(SchemaError, match="the element `PERSONS` in `CONSOLIDATED_LIST` is not known"):
            read(file)
        assert [record.name for record in read(file, accepts_schema=True)[0]] == ["EXAMPLE", "A"]
        write(file, person(1), more="<NOTICE>moved</NOTICE>")
        with pytest.raises(SchemaError, match="the element `NOTICE` in `CONSOLIDATED_LIST`"):
            read(file)

    @pytest.mark.parametrize("empty", ["<NEW/>", "<NEW> \n </NEW>", "<NEW><A/><B> </B></NEW>"])
    def test_an_unknown_element_without_content_says_nothing(self, empty: str, tmp_path: Path) -> None:
        assert len(read(write(tmp_path / "un.xml", person(1, empty), more=empty))[0]) == 1

    def test_names_are_matched_without_their_namespace(self, tmp_path: Path) -> None:
        file = write(tmp_path / "un.xml", person(1, alias("A")), root='CONSOLIDATED_LIST xmlns="urn:example"')
        [record] = read(file)[0]
        assert (record.name, record.aliases) == ("EXAMPLE", ("A",))
        prefixed = file.read_text("utf-8").replace("urn:example", "urn:other").replace(' xmlns="', ' xmlns:u="')
        file.write_text(prefixed.replace("<ALIAS_NAME", "<u:ALIAS_NAME").replace("</ALIAS", "</u:ALIAS"), "utf-8")
        assert read(file)[0][0].aliases == ("A",)

    def test_an_empty_list_and_another_root_say_what_they_are(self, tmp_path: Path) -> None:
        file = write(tmp_path / "un.xml")
        with pytest.raises(EmptyListError, match="the list is empty: it has no `INDIVIDUAL` and no `ENTITY`"):
            read(file, accepts_schema=True)
        write(file, root="sanctionsData")
        with pytest.raises(SourceError, match="its root element is `sanctionsData`; expected the root element"):
            read(file)

    def test_an_expected_element_that_occurs_nowhere(self, tmp_path: Path) -> None:
        few = "".join(person(n, passport("EX0000001")) for n in range(1, 50))
        found, records = read(write(tmp_path / "un.xml", few))
        assert len(found) == 49
        note = f"`{tmp_path / 'un.xml'}`: the element `INDIVIDUAL_ALIAS`, expected in `INDIVIDUAL`, occurs nowhere"
        empty = f"`{tmp_path / 'un.xml'}`: the section `ENTITIES` {EMPTY}"
        assert list(records.notes) == [empty.format(49), note]
        many = write(tmp_path / "un.xml", few + person(50))
        with pytest.raises(SchemaError, match="`INDIVIDUAL_ALIAS`, expected in `INDIVIDUAL`, occurs nowhere in 50"):
            read(many)
        found, records = read(many, accepts_schema=True)
        assert len(found) == 50
        assert list(records.notes) == [empty.format(50), note]
        write(many, few + person(50, alias("A")))
        assert list(read(many)[1].notes) == [empty.format(50)]

    @pytest.mark.parametrize(("people", "is_fault"), [(20, True), (19, False)])
    def test_a_kind_of_few_entries_is_judged_by_the_whole_file(
        self, people: int, is_fault: bool, tmp_path: Path
    ) -> None:
        some = "".join(person(n, alias("A")) for n in range(people))
        file = write(tmp_path / "un.xml", some, "".join(entity(n, ALIAS_OF) for n in range(50 - people)))
        said = "`INDIVIDUAL_DOCUMENT`, expected in `INDIVIDUAL`, occurs nowhere"
        if is_fault:
            with pytest.raises(SchemaError, match=f"{said} in 50 entries"):
                read(file)
        else:
            assert said in str(read(file)[1].notes)

    @pytest.mark.parametrize("empty", ["INDIVIDUALS", "ENTITIES"])
    def test_an_empty_section_beside_a_filled_one_is_noted(self, empty: str, tmp_path: Path) -> None:
        parts = {"people": person(1)} if empty == "ENTITIES" else {"entities": entity(1)}
        _, records = read(write(tmp_path / "un.xml", **parts))
        assert f"the section `{empty}` is empty, while another has entries (1)" in str(records.notes)
        _, records = read(write(tmp_path / "un.xml", person(1), entity(1)))
        assert "is empty" not in str(records.notes)

    def test_what_is_expected_in_an_entry_is_counted_by_its_kind(self, tmp_path: Path) -> None:
        entities = "".join(entity(n, "<ENTITY_ALIAS><ALIAS_NAME>A</ALIAS_NAME></ENTITY_ALIAS>") for n in range(60))
        found, records = read(write(tmp_path / "un.xml", person(1), entities))
        assert len(found) == 61
        assert len(records.notes) == 2
        no_number = "".join(
            person(n, alias("A"), passport("").replace("<NUMBER></NUMBER>", "") if n < 5 else "") for n in range(50)
        )
        with pytest.raises(SchemaError, match="`NUMBER`, expected in `INDIVIDUAL_DOCUMENT`"):
            read(write(tmp_path / "un.xml", no_number))


def test_the_shipped_list_has_the_known_layout() -> None:
    file = Path(__file__).parents[3] / "server" / "xingate_server" / "demo" / "data" / "un_consolidated.xml"
    found, records = read(file)
    assert len(found) == 273
    assert [note.partition(": ")[2] for note in records.notes] == [f"the section `INDIVIDUALS` {EMPTY.format(273)}"]


class TestWhatWouldBeLost:
    """A second element where one is read, and a number in an attribute."""

    def test_all_numbers_of_a_document_are_read(self, tmp_path: Path) -> None:
        [record] = read(write(tmp_path / "un.xml", person(1, passport("EX1234567</NUMBER><NUMBER>EX7654321"))))[0]
        assert [number for _, number in record.identifiers] == ["EX1234567", "EX7654321"]

    @pytest.mark.parametrize("tag", ["FIRST_NAME", "REFERENCE_NUMBER", "LISTED_ON", "TYPE_OF_DOCUMENT"])
    def test_a_second_element_is_a_fault(self, tag: str, tmp_path: Path) -> None:
        content = person(1, passport("EX1234567"))
        file = write(tmp_path / "un.xml", content.replace(f"</{tag}>", f"</{tag}><{tag}>2026</{tag}>"))
        with pytest.raises(SchemaError, match=f"row 1: the element `{tag}` occurs more than once"):
            read(file)
        records, found = read(file, accepts_schema=True)
        assert len(records) == 1
        assert tag in str(found.notes)
        read(write(file, content.replace(f"</{tag}>", f"</{tag}><{tag}/>")))

    @pytest.mark.parametrize("tag", ["NUMBER", "ALIAS_NAME", "FIRST_NAME", "INDIVIDUAL_DOCUMENT"])
    def test_an_attribute_that_says_something_is_a_fault(self, tag: str, tmp_path: Path) -> None:
        content = person(1, passport("EX1234567"), alias("EXAMPLE"))
        file = write(tmp_path / "un.xml", content.replace(f"<{tag}>", f'<{tag} value="EX7654321">'))
        with pytest.raises(SchemaError, match=f"row 1: the element `{tag}` has the attribute `value`"):
            read(file)
        read(write(file, content.replace(f"<{tag}>", f'<{tag} value=" ">')))
