"""What a snapshot holds of rows that nobody could read, and of numbers that several subjects have.

Everybody here is invented: division 420399 for organisations, 990000 for people.
"""

import random
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from stdnum.iso7064 import mod_11_10
from tests.support.compile_desk import ORGANISATION, PERSON, Desk, file_at, refusals, row

from xingate_server.core.entry import Record
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.subject import SubjectFile
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.snapshot.manifest import SourceCount
from xingate_server.snapshot.store import Snapshot

CODE, OTHER, HUMAN = unified_code(1), unified_code(2), citizen_number(1)
REG_NO = "42039900001234" + mod_11_10.calc_check_digit("42039900001234")
UNREAD: dict[str, Any] = {"severity": "很严重"}
ACCEPTED = frozenset({"city_list"})


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def compiled(desk: Desk, *records: Record) -> tuple[Snapshot, SourceCount]:
    """The snapshot of these rows, however many of them cannot be read, and what it says of their source."""
    made = desk.compile(desk.source(records), accept_refusals=ACCEPTED)
    return Snapshot.open(made.path, desk.keyer), made.manifest.sources[0]


def unread(file: SubjectFile) -> list[tuple[str, str, bool]]:
    """Document number, role and whether it is unsettled, of each unreadable row that a file has."""
    return [(held.row.document_no, held.role or "", held.is_unsettled) for held in file.unread]


class TestUnreadableRows:
    def test_is_at_every_number_of_its_subject(self, desk: Desk) -> None:
        snapshot, source = compiled(desk, row(CODE, ("reg_no", REG_NO), **UNREAD))
        for key in (desk.key(CODE), desk.key(CODE[8:17]), desk.key(REG_NO)):
            file = file_at(snapshot, key)
            assert (unread(file), file.held) == ([("示例1号", "", False)], ())
            assert file.profiles[0].uscc == CODE
        assert (source.rows, source.admitted, source.unreadable, source.refused_by_rule) == (1, 0, 1, 0)
        assert source.refused == {"value_unknown": 1}

    def test_is_in_the_report_with_its_row(self, desk: Desk) -> None:
        made = desk.compile(desk.source([row(CODE, **UNREAD)]), accept_refusals=ACCEPTED)
        (line,) = refusals(made)
        assert (line["row"], line["reasons"], line["raw"]["code"]) == (2, ["value_unknown"], CODE)

    def test_of_a_company_reaches_the_people_whom_it_names(self, desk: Desk) -> None:
        masked = HUMAN[:6] + "*" * 8 + HUMAN[14:]
        one = {"legal_representative": "示例甲", "legal_representative_id": HUMAN}
        two = {"legal_representative": "示例甲", "legal_representative_id": masked, "document_no": "示例2号"}
        snapshot, _ = compiled(desk, row(CODE, **UNREAD, **one), row(CODE, **UNREAD, **two))
        assert unread(file_at(snapshot, desk.person(HUMAN))) == [("示例1号", "legal_representative", False)]
        at_mask = file_at(snapshot, desk.keyer.mask(PERSON, "", masked))
        assert unread(at_mask) == [("示例2号", "legal_representative", True)]

    def test_masked_and_by_name_alone_it_is_unsettled(self, desk: Desk) -> None:
        masked = CODE[:8] + "*" * 6 + CODE[14:]
        by_name = row("", name="示例乙公司", document_no="示例2号", **UNREAD)
        snapshot, source = compiled(desk, row(masked, name="示例甲公司", **UNREAD), by_name)
        at_mask = file_at(snapshot, desk.keyer.mask(ORGANISATION, "", masked))
        assert [(held.is_unsettled, held.names) for held in at_mask.unread] == [(True, ("示例甲公司",))]
        at_name = file_at(snapshot, desk.keyer.name(ORGANISATION, "示例乙公司"))
        assert unread(at_name) == [("示例2号", "", True)]
        (named,), _ = snapshot.named(ORGANISATION, "示例乙公司")
        assert named.list_types == ("black.bribery",)
        assert source.refused == {"identifier_missing": 1, "value_unknown": 2}

    def test_of_either_class_it_is_counted_once(self, desk: Desk) -> None:
        snapshot, source = compiled(desk, row("", subject_kind="", name="示例"))
        for subject_class in (ORGANISATION, PERSON):
            assert len(file_at(snapshot, desk.keyer.name(subject_class, "示例")).unread) == 1
        assert (source.rows, source.unreadable) == (1, 1)

    def test_an_admitted_row_of_its_key_replaces_it(self, desk: Desk) -> None:
        for records in ([row(CODE, **UNREAD), row(CODE)], [row(CODE), row(CODE, **UNREAD)]):
            snapshot, source = compiled(desk, *records)
            file = file_at(snapshot, desk.key(CODE))
            assert (unread(file), len(file.held)) == ([], 1)
            assert (source.unreadable, source.refused_by_rule) == (0, 1)
            assert source.refused == {"superseded": 1, "value_unknown": 1}

    def test_of_another_document_it_stays(self, desk: Desk) -> None:
        snapshot, source = compiled(desk, row(CODE, **UNREAD), row(CODE, document_no="示例2号"))
        file = file_at(snapshot, desk.key(CODE))
        assert (len(file.unread), len(file.held), source.unreadable) == (1, 1, 1)

    def test_joined_by_another_number_it_is_replaced_too(self, desk: Desk) -> None:
        snapshot, source = compiled(desk, row(REG_NO, scheme="reg_no", **UNREAD), row(CODE, ("reg_no", REG_NO)))
        assert unread(file_at(snapshot, desk.key(REG_NO))) == []
        assert source.refused["superseded"] == 1

    def test_joined_without_a_known_list_type_it_stays(self, desk: Desk) -> None:
        snapshot, _ = compiled(desk, row(REG_NO, scheme="reg_no", list_type="示例名录"), row(CODE, ("reg_no", REG_NO)))
        assert unread(file_at(snapshot, desk.key(CODE))) == [("示例1号", "", False)]

    def test_of_an_ambiguous_organisation_code_it_may_be_of_each(self, desk: Desk) -> None:
        first, second = unified_code(1, "91"), unified_code(1, "92")
        loose = row(first[8:17], name="示例丙公司", document_no="示例3号", **UNREAD)
        snapshot, _ = compiled(desk, row(first), row(second, document_no="示例2号"), loose)
        for code in (first, second):
            assert unread(file_at(snapshot, desk.key(code))) == [("示例3号", "", True)]

    def test_a_masked_row_that_can_be_read_reaches_whom_it_names(self, desk: Desk) -> None:
        masked = CODE[:8] + "*" * 6 + CODE[14:]
        named = row(masked, legal_representative="示例甲", legal_representative_id=HUMAN)
        snapshot, _ = compiled(desk, named)
        (held,) = file_at(snapshot, desk.person(HUMAN)).held
        assert held.role == "legal_representative"


def rivals(snapshot: Snapshot, key: bytes) -> list[str]:
    return sorted(profile.name for profile in file_at(snapshot, key).rivals)


def passport(name: str, scheme: str = "passport", **cells: Any) -> Record:
    return row("E98765432", scheme=scheme, subject_kind="natural_person", name=name, **cells)


class TestSharedNumbers:
    """A passport, registration or tax number is one subject's only where the names agree."""

    def key(self, desk: Desk) -> bytes:
        return desk.key("E98765432", Scheme.PASSPORT, PERSON)

    def test_names_that_agree_are_one_subject(self, desk: Desk) -> None:
        one, two = passport("示例甲"), passport("示例甲", "other_document", document_no="示例2号")
        snapshot, _ = compiled(desk, one, two)
        assert len(file_at(snapshot, self.key(desk)).held) == 2

    def test_another_name_of_one_row_joins(self, desk: Desk) -> None:
        both = passport("示例甲", aliases=("EXAMPLE Jia",), document_no="示例2号")
        snapshot, _ = compiled(desk, passport("EXAMPLE Jia"), both)
        assert rivals(snapshot, self.key(desk)) == []
        assert len(file_at(snapshot, self.key(desk)).held) == 2

    def test_names_that_differ_are_several(self, desk: Desk) -> None:
        snapshot, _ = compiled(desk, passport("示例甲"), passport("示例乙", document_no="示例2号"))
        file = file_at(snapshot, self.key(desk))
        assert rivals(snapshot, self.key(desk)) == ["示例乙", "示例甲"]
        assert file.held == ()

    def test_missing_names_with_schemes_that_agree_are_one(self, desk: Desk) -> None:
        snapshot, _ = compiled(desk, passport("示例甲"), passport("", document_no="示例2号"))
        assert len(file_at(snapshot, self.key(desk)).held) == 2

    def test_missing_names_with_schemes_that_differ_are_several(self, desk: Desk) -> None:
        snapshot, _ = compiled(desk, passport("示例甲"), passport("", "other_document", document_no="示例2号"))
        assert rivals(snapshot, self.key(desk)) == ["", "示例甲"]

    def test_a_row_without_a_name_does_not_make_two_people_one(self, desk: Desk) -> None:
        records = [passport("示例甲"), passport("示例乙", document_no="示例2号"), passport("", document_no="示例3号")]
        for order in permutations(records):
            snapshot, _ = compiled(desk, *order)
            assert rivals(snapshot, self.key(desk)) == ["", "示例乙", "示例甲"]

    def test_a_number_that_only_one_of_them_has_is_that_ones(self, desk: Desk) -> None:
        one = row(HUMAN, ("passport", "E98765432"), subject_kind="natural_person", name="示例甲")
        snapshot, _ = compiled(desk, one, passport("示例乙", document_no="示例2号"))
        file = file_at(snapshot, desk.person(HUMAN))
        assert [held.entry.document_no for held in file.held] == ["示例1号"]
        assert [(held.entry.document_no, held.names) for held in file.unsettled] == [("示例2号", ("示例乙",))]
        assert rivals(snapshot, self.key(desk)) == ["示例乙", "示例甲"]

    def test_what_cannot_be_read_may_be_of_each(self, desk: Desk) -> None:
        one = row(HUMAN, ("passport", "E98765432"), subject_kind="natural_person", name="示例甲")
        snapshot, _ = compiled(desk, one, passport("示例乙", document_no="示例2号", **UNREAD))
        assert unread(file_at(snapshot, desk.person(HUMAN))) == [("示例2号", "", True)]

    def test_the_order_of_rows_changes_nothing(self, tmp_path: Path) -> None:
        records = [
            passport(name, scheme, document_no=f"示例{place}号", **({} if place % 3 else UNREAD))
            for place, (name, scheme) in enumerate(
                [(name, scheme) for name in ("示例甲", "示例乙", "") for scheme in ("passport", "other_document")]
            )
        ]
        straight = Desk(tmp_path / "straight")
        expected = list(compiled(straight, *records)[0].keys())
        for seed in range(3):
            order = records[:]
            random.Random(seed).shuffle(order)  # noqa: S311 - a fixed seed is meant
            shuffled = Desk(tmp_path / str(seed))
            shuffled.keyer = straight.keyer
            made = shuffled.compile(shuffled.source(order), accept_refusals=ACCEPTED)
            assert list(Snapshot.open(made.path, straight.keyer).keys()) == expected


class TestOneNumber:
    @pytest.mark.parametrize("scheme", ["tax_no", "institution_no", "foreign_reg_no", "uscc"])
    def test_lists_that_call_it_otherwise_speak_of_one_company(self, desk: Desk, scheme: str) -> None:
        snapshot, _ = compiled(desk, row(CODE), row(CODE, scheme=scheme, name="", document_no="示例2号"))
        assert len(file_at(snapshot, desk.key(CODE)).held) == 2

    def test_a_tax_number_makes_a_possible_match_of_the_code_in_it(self, desk: Desk) -> None:
        tax_no = "420399" + CODE[8:17]
        snapshot, _ = compiled(desk, row(tax_no, scheme="tax_no", name="示例甲公司"))
        file = file_at(snapshot, desk.key(CODE[8:17]))
        assert (file.held, [profile.name for profile in file.possible]) == ((), ["示例甲公司"])
        assert [held.entry.document_no for held in file.unsettled] == ["示例1号"]
        assert len(file_at(snapshot, desk.key(tax_no)).held) == 1

    def test_beside_its_own_unified_code_it_is_no_other(self, desk: Desk) -> None:
        snapshot, _ = compiled(desk, row(CODE, ("tax_no", "420399" + CODE[8:17])))
        file = file_at(snapshot, desk.key(CODE))
        assert (len(file.held), file.possible, file.unsettled) == (1, (), ())

    def test_how_a_document_number_is_written_makes_no_second_entry(self, desk: Desk) -> None:
        spellings = ["示例〔2026〕1-2号", "示例[2026]1－2号", "示例（2026） 1—2 号", "示例【2026】1‑2号"]
        made = desk.compile(desk.source([row(CODE, document_no=text) for text in spellings]))
        assert made.manifest.entries == 1
        other = desk.compile(desk.source([row(CODE, document_no=text) for text in ("示例1-12号", "示例11-2号")]))
        assert other.manifest.entries == 2, "where a dash is matters"


class TestValidityOpen:
    """A red or black row of procedure publicity without an end is counted of its source, and is no flag of it."""

    @pytest.mark.parametrize(
        ("cells", "count"),
        [
            ({}, 1),
            ({"valid_until": "2099-12-31"}, 1),
            ({"valid_until": "2098-12-31"}, 0),
            ({"list_type": "red.integrity_model"}, 1),
            ({"list_type": "black.judgment_default"}, 0),
            ({"list_type": "watch.key_monitoring"}, 0),
        ],
    )
    def test_is_counted(self, desk: Desk, cells: dict[str, str], count: int) -> None:
        snapshot, source = compiled(desk, row(CODE, **cells))
        assert source.flags.get("validity_open", 0) == count
        assert file_at(snapshot, desk.key(CODE)).held[0].entry.flags == ()
