"""Records in, subject files out: joining, ambiguity, relations, masks, names, guards, and the order of rows."""

import random
import stat
from collections.abc import Iterator
from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest
from stdnum.iso7064 import mod_11_10
from tests.support.compile_desk import CATALOGUE, ORGANISATION, PERSON, Desk, file_at, refusals, registered, row

from xingate_server.core.entry import Record, Role
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.snapshot.errors import NothingToCompileError, ShrinkError
from xingate_server.snapshot.request import AbsentPlan, SourcePlan
from xingate_server.snapshot.store import Snapshot, SnapshotSet


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


REG_NO = "42039900001234" + mod_11_10.calc_check_digit("42039900001234")


class TestIdentity:
    def test_unified_and_organisation_code_find_the_same_file(self, desk: Desk) -> None:
        code = unified_code(1)
        snapshot = desk.snapshot(row(code))
        by_code = file_at(snapshot, desk.key(code))
        assert by_code == file_at(snapshot, desk.key(code[8:17], Scheme.ORG_CODE))
        assert [held.entry.list_type for held in by_code.held] == ["black.bribery"]
        assert by_code.profiles[0].uscc == code

    def test_row_under_a_further_number_joins_its_company(self, desk: Desk) -> None:
        code = unified_code(1)
        both = row(code, ("reg_no", REG_NO))
        alone = row(REG_NO, scheme="reg_no", document_no="示例2号")
        snapshot = desk.snapshot(alone, both)
        file = file_at(snapshot, desk.key(code))
        assert {held.entry.document_no for held in file.held} == {"示例1号", "示例2号"}
        assert file == file_at(snapshot, desk.key(REG_NO, Scheme.REG_NO))
        assert snapshot.info.subjects == 1

    def test_joined_rows_of_one_key_are_duplicates(self, desk: Desk) -> None:
        both = row(unified_code(1), ("reg_no", REG_NO))
        compiled = desk.compile(desk.source([both, row(REG_NO, scheme="reg_no")]))
        assert compiled.manifest.sources[0].refused == {"duplicate": 1}
        assert compiled.manifest.entries == 1

    def test_number_of_several_companies_makes_them_rivals(self, desk: Desk) -> None:
        first, second = unified_code(1), unified_code(2)
        snapshot = desk.snapshot(
            row(first, ("reg_no", REG_NO)),
            row(second, ("reg_no", REG_NO)),
            row(REG_NO, scheme="reg_no", document_no="示例2号"),
        )
        shared = file_at(snapshot, desk.key(REG_NO, Scheme.REG_NO))
        assert {profile.uscc for profile in shared.rivals} == {first, second, ""}
        assert not shared.held
        for code in (first, second):
            file = file_at(snapshot, desk.key(code))
            assert [held.entry.document_no for held in file.held] == ["示例1号"]
            assert [held.entry.document_no for held in file.unsettled] == ["示例2号"]

    def test_organisation_code_in_two_unified_codes_is_ambiguous(self, desk: Desk) -> None:
        first, second = unified_code(1, "91"), unified_code(1, "92")
        inner = first[8:17]
        assert inner == second[8:17]
        snapshot = desk.snapshot(
            row(first, name="示例甲公司"),
            row(second, name="示例乙公司", document_no="示例2号"),
            row(inner, scheme="org_code", name="示例丙公司", document_no="示例3号"),
        )
        shared = file_at(snapshot, desk.key(inner, Scheme.ORG_CODE))
        assert (shared.held, shared.profiles) == ((), ())
        assert [profile.name for profile in shared.rivals] == sorted(["示例甲公司", "示例乙公司", "示例丙公司"])
        file = file_at(snapshot, desk.key(second))
        assert [held.entry.document_no for held in file.held] == ["示例2号"]
        assert [(h.entry.document_no, h.names) for h in file.unsettled] == [("示例3号", ("示例丙公司",))]

    def test_register_code_with_a_failing_digit_admits_exactly_that_code(self, desk: Desk) -> None:
        code = unified_code(1)
        wrong = code[:-1] + ("0" if code[-1] != "0" else "1")
        listed = desk.source([row(wrong)])
        register = desk.source([registered(wrong)], kind="entity_register", provides=(), is_register=True)
        compiled = desk.compile(listed, register)
        assert compiled.manifest.entries == 1
        file = file_at(Snapshot.open(compiled.path, desk.keyer), desk.key(wrong))
        assert file.registrations[0].established == date(2015, 1, 1)
        assert file.held[0].entry.flags == ("legacy_code_in_register",)
        without = desk.compile(desk.source([row(wrong), row(code)]), accept_shrink=frozenset(["entity_register"]))
        assert without.manifest.sources[0].refused == {"identifier_checksum": 1}


class TestPeople:
    def test_relation_stands_in_the_persons_own_file(self, desk: Desk) -> None:
        number, code = citizen_number(1), unified_code(1)
        snapshot = desk.snapshot(
            row(code, legal_representative="示例甲", legal_representative_id=number),
            row(number, subject_kind="natural_person", name="示例甲", document_no="示例2号"),
        )
        file = file_at(snapshot, desk.person(number))
        assert sorted(held.role or "" for held in file.held) == ["", Role.LEGAL_REPRESENTATIVE]
        through = next(held for held in file.held if held.role)
        assert through.via is not None
        assert (through.via.name, through.via.code, through.names) == ("示例有限公司", code, ("示例甲",))
        assert snapshot.info.subjects == 2
        assert snapshot.info.entries == 2

    def test_person_known_by_relation_alone_has_a_profile(self, desk: Desk) -> None:
        number = citizen_number(1)
        snapshot = desk.snapshot(row(unified_code(1), related=f"高级管理人员:示例甲:{number}"))
        (profile,) = file_at(snapshot, desk.person(number)).profiles
        assert profile.kind is SubjectKind.NATURAL_PERSON
        assert number not in profile.display

    def test_relation_by_a_mask_is_unsettled_at_the_mask(self, desk: Desk) -> None:
        number = citizen_number(1)
        masked = number[:10] + "****" + number[14:]
        snapshot = desk.snapshot(row(unified_code(1), legal_representative="示例甲", legal_representative_id=masked))
        assert snapshot.get(desk.person(number)) is None
        (shape,) = snapshot.mask_shapes(PERSON, Scheme.CITIZEN_ID)
        assert shape == "." * 10 + "****" + "." * 4
        hidden = "".join(c if s == "." else "*" for c, s in zip(number, shape, strict=True))
        file = file_at(snapshot, desk.keyer.mask(PERSON, Scheme.CITIZEN_ID, hidden))
        assert not file.held
        assert [(h.role, h.names) for h in file.unsettled] == [(Role.LEGAL_REPRESENTATIVE, ("示例甲",))]

    def test_relation_of_an_ambiguous_organisation_is_unsettled(self, desk: Desk) -> None:
        number, first, second = citizen_number(1), unified_code(1, "91"), unified_code(1, "92")
        named = row(first[8:17], legal_representative="示例甲", legal_representative_id=number, document_no="示例3号")
        file = file_at(desk.snapshot(row(first), row(second), named), desk.person(number))
        assert file.held == ()
        assert [held.role for held in file.unsettled] == [Role.LEGAL_REPRESENTATIVE]

    def test_relations_of_duplicates_are_those_of_all_their_rows(self, desk: Desk) -> None:
        code, people = unified_code(1), [citizen_number(1), citizen_number(2)]
        snapshot = desk.snapshot(*(row(code, legal_representative="示例", legal_representative_id=p) for p in people))
        for person in people:
            assert len(file_at(snapshot, desk.person(person)).held) == 1
        assert snapshot.info.entries == 1

    def test_masked_rows_of_a_person(self, desk: Desk) -> None:
        number = citizen_number(1)
        masked = number[:6] + "********" + number[14:]
        person = {"subject_kind": "natural_person", "list_type": "black.judgment_default"}
        compiled = desk.compile(
            desk.source(
                [
                    row(masked, name="示例甲", **person),
                    row(masked, name="示例甲", **person),
                    row(masked, name="示例乙", **person),
                ]
            )
        )
        assert compiled.manifest.sources[0].refused == {"duplicate": 1}
        assert compiled.manifest.entries == 2
        snapshot = Snapshot.open(compiled.path, desk.keyer)
        file = file_at(snapshot, desk.keyer.mask(PERSON, Scheme.CITIZEN_ID, masked))
        assert sorted(held.names for held in file.unsettled) == [("示例乙",), ("示例甲",)]
        (named,), alone = snapshot.named(PERSON, "示例甲")
        assert (named.profile.name, named.list_types, alone) == ("示例甲", ("black.judgment_default",), ())

    def test_no_number_of_a_person_stands_anywhere(self, desk: Desk) -> None:
        number = citizen_number(1)
        compiled = desk.compile(
            desk.source(
                [
                    row(unified_code(1), legal_representative="示例甲", legal_representative_id=number),
                    row(number, subject_kind="natural_person", name="示例甲", facts=f"证件{number}"),
                    row(number, subject_kind="natural_person", name="示例甲", facts=f"证件{number}"),
                    row("无", legal_representative_id=number),
                ]
            )
        )
        assert compiled.manifest.sources[0].refused == {"duplicate": 1, "identifier_missing": 1}
        for file in compiled.path.iterdir():
            assert number.encode() not in file.read_bytes()
        assert {line["row"] for line in refusals(compiled)} == {4, 5}
        assert refusals(compiled)[1]["raw"]["facts"].startswith("证件9***")


class TestNames:
    def test_name_alone_is_found_as_candidate_and_unsettled(self, desk: Desk) -> None:
        name_only = next(t.id for t in CATALOGUE.list_types if t.is_name_only)
        snapshot = desk.snapshot(row("", list_type=name_only, name="Example Trading LLC"))
        named, alone = snapshot.named(ORGANISATION, normalise("Example Trading LLC"))
        assert [n.list_types for n in named] == [(name_only,)]
        # On lists by name the legal form does not count.
        assert [held.names for held in alone] == [("example trading llc", "exampletrading", "exampletradingllc")]

    def test_candidates_are_twenty_at_most(self, desk: Desk) -> None:
        snapshot = desk.snapshot(*(row(unified_code(n), document_no=f"示例{n}号") for n in range(25)))
        named, alone = snapshot.named(ORGANISATION, "示例有限公司")
        assert len(named) == 20
        assert alone == ()

    def test_unknown_name_has_no_candidates(self, desk: Desk) -> None:
        assert desk.snapshot(row(unified_code(1))).named(ORGANISATION, "无此公司") == ((), ())


class TestResolving:
    def test_red_blocked_by_black_of_another_source(self, desk: Desk) -> None:
        code = unified_code(1)
        black = desk.source([row(code)])
        red = desk.source(
            [row(code, list_type="red.integrity_model", document_date="2026-06-01", document_no="示例9号")],
            kind="double_publicity",
        )
        compiled = desk.compile(red, black)
        counts = {s.kind: (s.admitted, s.refused) for s in compiled.manifest.sources}
        assert counts == {"city_list": (1, {}), "double_publicity": (0, {"red_blocked_by_black": 1})}
        (line,) = refusals(compiled)
        assert (line["source"], line["row"], line["reasons"]) == ("double_publicity", 2, ["red_blocked_by_black"])
        assert line["raw"]["code"] == code

    def test_kept_rows_are_counted_and_stay_admitted(self, desk: Desk) -> None:
        code = unified_code(1)
        red = row(code, list_type="red.integrity_model", document_date="2026-04-01", document_no="示例9号")
        later = row(code, document_date="2026-06-01")
        compiled = desk.compile(desk.source([red, later]))
        source = compiled.manifest.sources[0]
        assert (source.rows, source.admitted, source.refused) == (2, 2, {"red_removed_by_black": 1})
        assert compiled.manifest.list_types == {"black.bribery": 1, "red.integrity_model": 1}
        assert refusals(compiled) == []

    @pytest.mark.parametrize("seed", range(5))
    def test_order_of_rows_and_sources_never_changes_the_data(self, tmp_path: Path, seed: int) -> None:
        records = list(_mixture())
        straight = Desk(tmp_path / "a")
        shuffled = Desk(tmp_path / "b")
        shuffled.keyer = straight.keyer
        shuffler = random.Random(seed)  # noqa: S311 - a fixed seed is meant
        order = records[:]
        shuffler.shuffle(order)
        before = straight.compile(straight.source(records[:30]), straight.source(records[30:], kind="judgment_debtor"))
        by_kind = {id(r): "city_list" for r in records[:30]}
        first = [r for r in order if id(r) in by_kind]
        second = [r for r in order if id(r) not in by_kind]
        after = shuffled.compile(shuffled.source(second, kind="judgment_debtor"), shuffled.source(first))
        one, two = (Snapshot.open(c.path, straight.keyer) for c in (before, after))
        assert list(one.keys()) == list(two.keys())
        assert one.info.entries == two.info.entries
        assert one.info.subjects == two.info.subjects
        for name in ("示例有限公司", "示例2公司"):
            assert one.named(ORGANISATION, name) == two.named(ORGANISATION, name)


def _mixture() -> Iterator[Record]:
    """Everything that order could change: keys met twice, shared numbers, ambiguous codes, relations, masks."""
    for n in range(60):
        code = unified_code(n % 7, "92" if n % 5 == 0 else "91")
        status = {"status": "exited", "status_date": f"2026-05-{n % 28 + 1:02d}"} if n % 3 == 0 else {}
        person = citizen_number(n % 4)
        yield row(
            code,
            *((("reg_no", REG_NO),) if n % 6 == 0 else ()),
            name=f"示例{n % 3}公司" if n % 2 else "示例有限公司",
            severity=("serious", "exceptional", "ordinary")[n % 3],
            list_type=("black.bribery", "red.integrity_model")[n % 4 == 0],
            document_no=f"示例{n % 2}号",
            legal_representative="示例甲",
            legal_representative_id=person if n % 2 else person[:6] + "*" * 8 + person[14:],
            **status,
        )
    yield row(REG_NO, scheme="reg_no")
    yield row(unified_code(3)[8:17], scheme="org_code")
    yield row(citizen_number(1), ("passport", "E12345678"), subject_kind="natural_person", name="示例甲")


class TestGuards:
    def test_nothing_admitted(self, desk: Desk) -> None:
        with pytest.raises(NothingToCompileError, match=r"of 1 rows none was admitted \(mostly identifier_missing"):
            desk.compile(desk.source([row("无", name="")]))
        assert SnapshotSet(desk.state).retained() == []

    def test_shrink_is_refused_and_can_be_accepted(self, desk: Desk) -> None:
        rows = [row(unified_code(n)) for n in range(20)]
        desk.compile(desk.source(rows))
        desk.compile(desk.source(rows[:18]))
        with pytest.raises(ShrinkError, match="`city_list` went from 18 admitted rows to 16"):
            desk.compile(desk.source(rows[:16]))
        snapshots = SnapshotSet(desk.state)
        assert (snapshots.retained(), snapshots.current().info.sequence) == ([1, 2], 2)
        compiled = desk.compile(desk.source(rows[:1]), accept_shrink=frozenset(["city_list"]))
        assert compiled.manifest.sequence == 3

    def test_vanished_list_type_stays_said_until_accepted(self, desk: Desk) -> None:
        rows = [row(unified_code(n)) for n in range(20)]
        other = row(unified_code(50), list_type="black.tax_evasion")
        desk.compile(desk.source([*rows, other]))
        for _ in range(2):
            (source,) = desk.compile(desk.source(rows)).manifest.sources
            assert source.vanished == ("black.tax_evasion",)
            assert source.state().vanished == ("black.tax_evasion",)
        (source,) = desk.compile(desk.source(rows), accept_shrink=frozenset(["city_list"])).manifest.sources
        assert source.vanished == ()

    def test_source_left_out_is_carried_as_not_loaded(self, desk: Desk) -> None:
        rows = [row(unified_code(n)) for n in range(20)]
        desk.compile(desk.source(rows), desk.source(rows, kind="judgment_debtor"))
        for _ in range(2):
            manifest = desk.compile(desk.source(rows)).manifest
            carried = manifest.source("judgment_debtor")
            assert carried is not None
            assert (carried.is_loaded, carried.vanished) == (False, ("black.bribery",))
        with pytest.raises(ShrinkError, match="judgment_debtor"):
            desk.compile(desk.source(rows), desk.source(rows[:1], kind="judgment_debtor"))
        manifest = desk.compile(desk.source(rows), accept_shrink=frozenset(["judgment_debtor"])).manifest
        assert manifest.source("judgment_debtor") is None

    def test_required_and_absent(self, desk: Desk) -> None:
        absent = AbsentPlan(kind="judgment_debtor", provides=("black.judgment_default",), max_age_days=7)
        state = next(
            source
            for source in Snapshot.open(
                desk.compile(desk.source([row(unified_code(1))]), absent=(absent,)).path, desk.keyer
            ).sources
            if source.kind == "judgment_debtor"
        )
        assert (state.is_required, state.is_loaded, state.admitted) == (True, False, 0)
        assert state.provides == ("black.judgment_default",)

    def test_retention_never_removes_the_current_one(self, desk: Desk) -> None:
        for _ in range(4):
            desk.compile(desk.source([row(unified_code(1))]), keep=2)
        snapshots = SnapshotSet(desk.state)
        assert snapshots.retained() == [3, 4]
        assert snapshots.get(3).info.sequence == 3

    def test_joined_rows_keep_their_ids_where_a_number_is_hidden(self, desk: Desk) -> None:
        # The document bears a person's number, the second row is known by a registration number alone.
        joined, licence = "420399000000018", f"示例{citizen_number(1)}"
        joined = joined[:14] + mod_11_10.calc_check_digit(joined[:14])
        known = row(unified_code(1), ("reg_no", joined), document_no=licence)
        other = row(unified_code(1), document_no=f"示例{citizen_number(1, '19800102')}")
        compiled = desk.compile(desk.source([known, row(joined, scheme="reg_no", document_no=licence), other]))
        assert compiled.manifest.sources[0].refused == {"duplicate": 1}
        assert compiled.manifest.entries == 2

    def test_dry_run_changes_nothing(self, desk: Desk) -> None:
        compiled = desk.compile(desk.source([row(unified_code(1))]), is_dry_run=True)
        assert compiled.manifest.entries == 1
        assert SnapshotSet(desk.state).retained() == []
        assert not (desk.state / "snapshots").exists()

    def test_source_that_fails_midway_changes_nothing(self, desk: Desk) -> None:
        def failing() -> Iterator[Record]:
            yield row(unified_code(1))
            raise ValueError("row 3 is cut off")

        source = desk.source([])
        broken = SourcePlan(**{f: getattr(source, f) for f in source.__struct_fields__} | {"records": failing()})
        with pytest.raises(ValueError, match="row 3 is cut off"):
            desk.compile(broken)
        assert [f.name for f in (desk.state / "snapshots").iterdir()] == [".lock"]

    def test_modes(self, desk: Desk) -> None:
        path = desk.compile(desk.source([row(unified_code(1))])).path
        modes = {f.name: stat.S_IMODE(f.stat().st_mode) for f in path.iterdir()}
        assert modes == {"data.lmdb": 0o640, "manifest.json": 0o640, "refused.jsonl": 0o640}
        key = desk.state / "keys" / "subject.key"
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700


class TestManifest:
    def test_says_what_was_passed_over(self, desk: Desk) -> None:
        source = desk.source([row(unified_code(1))], passed_over={"vessel": 3})
        assert desk.compile(source).manifest.sources[0].passed_over == {"vessel": 3}

    def test_says_what_it_was_made_of(self, desk: Desk) -> None:
        manifest = desk.compile(desk.source([row(unified_code(1)), row("无")])).manifest
        (source,) = manifest.sources
        (file,) = source.files
        # The row without a number stands by its name, and is counted.
        assert (file.rows, file.admitted, file.refused) == (2, 2, {"identifier_missing": 1})
        assert file.sha256 == sha256(b"rows").hexdigest()
        assert manifest.created_at == "2026-07-01T12:00:00Z"
        assert manifest.next_update == "2026-07-31T16:00:00Z"  # 1 August in Shanghai
        assert manifest.list_types == {"black.bribery": 2}
