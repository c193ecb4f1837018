"""What a dry run shows of the next snapshot: entries, and subjects whose answers change (DESIGN section 6).

The random test counts entries from two plain sets, and asks both snapshots through the gateway about everybody.
"""

import random
import tracemalloc
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support import blocking
from tests.support.compile_desk import CATALOGUE, TODAY, Desk, registered, row

from xingate_server.catalogues import catalogue_hash
from xingate_server.core.catalogue import Verdict
from xingate_server.core.entry import Record
from xingate_server.core.subject import SubjectFile, SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.snapshot import environments
from xingate_server.snapshot.comparison import comparison as module
from xingate_server.snapshot.comparison.answer_changes import Side
from xingate_server.snapshot.comparison.comparison import compare
from xingate_server.snapshot.environments import packed_files
from xingate_server.snapshot.request import AbsentPlan, Comparison, Compiled, SubjectChange
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.memory import MemoryLog

NOW = datetime(2026, 7, 1, 4, tzinfo=UTC)
A, B, C = unified_code(1), unified_code(2), unified_code(3)
HUMAN = citizen_number(5)
REG_NO = "420300000000002"
ENDED = {"status": "已修复", "status_date": "2026-06-01", "status_reason": "修复"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def publish(desk: Desk, rows: Sequence[Record], **options: Any) -> Compiled:
    """Compile with no guard in the way."""
    kind = frozenset({"city_list"})
    return desk.compile(desk.source(rows), accept_shrink=kind, accept_refusals=kind, **options)


def dry_run(desk: Desk, before: Sequence[Record], after: Sequence[Record], **options: Any) -> Comparison:
    publish(desk, before)
    compiled = publish(desk, after, is_dry_run=True, **options)
    assert compiled.comparison is not None
    return compiled.comparison


def counts(found: Comparison) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {(e.list_type, e.region): (e.added, e.ended, e.changed) for e in found.entries}


class TestEntries:
    def test_added_ended_and_changed_by_list_type_and_region(self, desk: Desk) -> None:
        city = {"region": "示例市"}
        before = [
            row(A, document_no="1", **city),
            row(B, document_no="2", **city),
            row(C, document_no="3", list_type="black.tax_evasion"),
            row(C, document_no="4", list_type="black.tax_evasion", region="示例县"),
        ]
        after = [
            row(A, document_no="1", facts="另一事由", **city),
            row(C, document_no="5", **city),
            row(C, document_no="3", list_type="black.tax_evasion", **ENDED),
            row(C, document_no="4", list_type="black.tax_evasion", region="示例县"),
        ]
        assert counts(dry_run(desk, before, after)) == {
            ("black.bribery", "示例市"): (1, 1, 1),
            ("black.tax_evasion", ""): (0, 1, 0),
        }

    def test_nothing(self, desk: Desk) -> None:
        rows = [row(A), row(HUMAN, subject_kind="natural_person", document_no="2"), registered(B)]
        found = dry_run(desk, rows, rows[::-1])
        assert (found.entries, found.differing, found.changing, found.shown) == ((), 0, 0, ())
        assert (found.sequence, found.counts_alone) == (1, "")

    def test_one_that_is_over_and_goes_has_ended_and_one_that_comes_back_is_changed(self, desk: Desk) -> None:
        over, back = row(A, document_no="1", **ENDED), row(B, document_no="2", **ENDED)
        found = dry_run(desk, [over, back], [row(B, document_no="2")])
        assert counts(found) == {("black.bribery", ""): (0, 1, 1)}

    def test_the_same_row_of_another_source_is_no_change(self, desk: Desk) -> None:
        desk.compile(desk.source([row(A)], kind="city_list"))
        again = desk.source([row(A)], kind="procurement_violation")
        found = desk.compile(again, is_dry_run=True, accept_shrink=frozenset({"city_list"})).comparison
        assert found is not None
        assert found.entries == ()

    def test_a_further_number_of_a_subject_makes_no_new_entry(self, desk: Desk) -> None:
        found = dry_run(desk, [row(A)], [row(A, ("reg_no", REG_NO))])
        assert found.entries == ()

    def test_people_whom_an_entry_names_are_no_entries_of_their_own(self, desk: Desk) -> None:
        named = {"legal_representative": "示例甲", "legal_representative_id": HUMAN}
        found = dry_run(desk, [row(B, document_no="2")], [row(B, document_no="2"), row(A, **named)])
        assert counts(found) == {("black.bribery", ""): (1, 0, 0)}
        assert {one.number for one in found.shown} == {A, HUMAN[:6] + "*" * 8 + HUMAN[-4:]}

    def test_masked_ones_and_those_by_name_count(self, desk: Desk) -> None:
        masked = row(HUMAN[:6] + "*" * 8 + HUMAN[-4:], subject_kind="natural_person", name="示例甲")
        named = row("", name="EXAMPLE FOREIGN LTD", list_type="sanctions.un", document_no="2")
        found = dry_run(desk, [row(B, document_no="3")], [row(B, document_no="3"), masked, named])
        assert sum(e.added for e in found.entries) == 1 + ("sanctions.un" in {t.id for t in CATALOGUE.list_types})

    def test_without_a_snapshot_before_all_are_new_and_nobody_is_looked_at(self, desk: Desk) -> None:
        found = desk.compile(desk.source([row(A), row(B, document_no="2")]), is_dry_run=True).comparison
        assert found is not None
        assert (found.sequence, counts(found)) == (0, {("black.bribery", ""): (2, 0, 0)})
        assert (found.differing, found.shown) == (2, ())
        assert found.counts_alone == "there is no snapshot to compare with"


class TestSubjects:
    def test_who_gains_and_who_loses_what(self, desk: Desk) -> None:
        before, after = [row(A), row(C, document_no="3")], [row(B, document_no="2"), row(C, document_no="3")]
        found = dry_run(desk, before, after)
        assert (found.differing, found.changing) == (2, 2)
        told = {one.number: one for one in found.shown}
        assert set(told) == {A, B}
        (entry,) = [c for c in told[B].changes if "market.entry" in c.actions]
        assert (entry.before, entry.after, entry.gained, entry.lost) == (
            Verdict.CLEAR,
            Verdict.PROHIBITED,
            ("18.4",),
            (),
        )
        (entry,) = [c for c in told[A].changes if "market.entry" in c.actions]
        assert (entry.before, entry.after, entry.gained, entry.lost) == (
            Verdict.PROHIBITED,
            Verdict.CLEAR,
            (),
            ("18.4",),
        )

    def test_whose_file_differs_and_answers_stay(self, desk: Desk) -> None:
        found = dry_run(desk, [row(A)], [row(A, facts="另一事由", document_no="2")])
        assert (found.differing, found.changing, found.shown) == (1, 0, ())
        assert counts(found) == {("black.bribery", ""): (1, 1, 0)}, "another document is another entry"

    def test_a_person_is_shown_masked(self, desk: Desk) -> None:
        person = row(HUMAN, subject_kind="natural_person", name="示例甲", list_type="black.administrative_default")
        found = dry_run(desk, [row(B, document_no="2")], [row(B, document_no="2"), person])
        (one,) = found.shown
        assert (one.kind, one.name) == (SubjectKind.NATURAL_PERSON, "示例甲")
        assert one.number == HUMAN[:6] + "*" * 8 + HUMAN[-4:]
        assert HUMAN not in msgspec.json.encode(found).decode()

    def test_whoever_fits_a_mask_is_one(self, desk: Desk) -> None:
        mask = HUMAN[:6] + "*" * 8 + HUMAN[-4:]
        masked = row(mask, subject_kind="natural_person", name="示例甲", list_type="black.administrative_default")
        (one,) = dry_run(desk, [row(B, document_no="2")], [row(B, document_no="2"), masked]).shown
        assert one.number == mask
        assert {c.after for c in one.changes} == {Verdict.CANNOT_TELL}
        assert all(c.gained == ("gap identity_unsettled",) for c in one.changes)

    def test_a_row_that_nobody_can_read_changes_answers(self, desk: Desk) -> None:
        found = dry_run(desk, [row(A), row(B, document_no="2")], [row(A, severity="很严重"), row(B, document_no="2")])
        (one,) = found.shown
        assert one.number == A
        assert {part for c in one.changes for part in c.gained} == {"gap clean_years_unknown", "gap row_unreadable"}

    def test_a_number_that_becomes_two_subjects(self, desk: Desk) -> None:
        before = [row(REG_NO, scheme="reg_no", name="示例一公司")]
        after = [*before, row(REG_NO, scheme="reg_no", name="示例二公司", document_no="2")]
        found = dry_run(desk, before, after)
        assert {part for one in found.shown for c in one.changes for part in c.gained} >= {"gap identity_ambiguous"}

    def test_another_catalogue_gives_counts_alone(self, desk: Desk) -> None:
        desk.compile(desk.source([row(A)]))
        before = Side.open(desk.state / "snapshots" / "1", desk.keyer)
        after = Side.open(desk.compile(desk.source([row(A), row(B, document_no="2")])).path, desk.keyer)
        other = msgspec.structs.replace(after.info, catalogue_hash="0" * 64)
        after = msgspec.structs.replace(after, info=other)
        found = compare(before, after, TODAY, desk.folder / "scratch", lambda _: None, lambda *_: None)
        assert counts(found) == {("black.bribery", ""): (1, 0, 0)}
        assert (found.differing, found.changing, found.shown) == (1, 0, ())
        assert found.counts_alone == "the catalogue or its posture differs"
        assert catalogue_hash(CATALOGUE) == before.info.catalogue_hash

    def test_a_list_type_that_goes_or_comes_changes_answers_for_all_who_are_on_no_list(self, desk: Desk) -> None:
        stays = [row(unified_code(n), document_no=str(n)) for n in range(10, 40)]
        whole = [*stays, row(A, list_type="black.contract_fraud")]

        def changes(rows: Sequence[Record]) -> tuple[Comparison, set[tuple[str, Verdict, Verdict]]]:
            found = desk.compile(desk.source(rows), is_dry_run=True).comparison
            assert found is not None
            (home,) = [one for one in found.unlisted if SubjectKind.LEGAL_ENTITY in one.kinds]
            assert not home.is_foreign
            return found, {(a, c.before, c.after) for c in home.changes for a in c.actions}

        desk.compile(desk.source(whole))
        found, gone = changes(stays)
        assert (found.differing, found.changing) == (1, 1)
        assert ("tender.bid", Verdict.CLEAR, Verdict.CANNOT_TELL) in gone
        assert {part for one in found.unlisted for c in one.changes for part in c.gained} >= {"gap source_missing"}
        desk.compile(desk.source(stays))
        asked = _answers(desk.state, [unlisted := unified_code(77)])
        assert gone == {
            (action, before[0], after[0])
            for action, before in asked[1][unlisted].items()
            if before != (after := asked[2][unlisted][action])
        }
        _, back = changes(whole)
        assert back == {(action, after, before) for action, before, after in gone}

    def test_a_list_type_that_only_foreigners_are_on(self, desk: Desk) -> None:
        stays = [row(unified_code(n), document_no=str(n)) for n in range(10, 40)]
        abroad = row("", name="EXAMPLE FOREIGN LTD", list_type="international.ofac", source="ofac_sdn")
        home, other = {"provides": ("black.bribery",)}, {"provides": ("international.ofac",)}
        desk.compile(desk.source(stays, **home), desk.source([abroad], kind="ofac_sdn", **other))
        gone = desk.compile(
            desk.source(stays, **home), is_dry_run=True, accept_shrink=frozenset({"ofac_sdn"}),
            absent=(AbsentPlan(kind="ofac_sdn", provides=("international.ofac",), max_age_days=30),),
        ).comparison  # fmt: skip
        assert gone is not None
        assert {one.is_foreign for one in gone.unlisted} == {True}

    def test_a_damaged_snapshot_keeps_nobody_from_a_dry_run(self, desk: Desk) -> None:
        path = desk.compile(desk.source([row(A)])).path / "data.lmdb"
        path.chmod(0o600)
        path.write_bytes(b"\0" * path.stat().st_size)
        found = desk.compile(desk.source([row(A)]), is_dry_run=True).comparison
        assert found is not None
        assert found.counts_alone.startswith("snapshot 1 cannot be read: ")

    def test_the_first_thousand_are_shown_and_all_are_handed_on(
        self, desk: Desk, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        assert module.SHOWN_AT_MOST == 1000
        monkeypatch.setattr(module, "SHOWN_AT_MOST", 3)
        heard: list[SubjectChange] = []
        after = [row(unified_code(n), document_no=str(n)) for n in range(1, 10)]
        found = dry_run(desk, [row(A, document_no="1")], after, on_subject=heard.append)
        assert (found.changing, len(heard), len(found.shown)) == (8, 8, 3)
        assert list(found.shown) == heard[:3]


KINDS = (
    {"list_type": "black.bribery"},
    {"list_type": "black.tax_evasion", "severity": "一般"},
    {"list_type": "black.bribery", **ENDED},
    {"list_type": "black.fire_safety", "status": "异议核实中", "status_date": "2026-06-01", "status_reason": "异议"},
    {"list_type": "red.integrity_model"},
    {"list_type": "watch.key_monitoring"},
    {"list_type": "grade.credit", "grade": "C"},
    {"list_type": "black.bribery", "severity": "很严重"},
    {"list_type": "commitment.open", "valid_until": "2026-06-15"},
)


@pytest.mark.parametrize("seed", range(3))
def test_random_lists_against_plain_sets_and_real_questions(tmp_path: Path, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311 -- a test's
    desk = Desk(tmp_path)
    numbers = [unified_code(n) for n in range(1, 41)]
    pool = [
        row(number, document_no=f"{n}", region=chance.choice(["", "示例市", "示例县"]), **chance.choice(KINDS))
        for n, number in enumerate(numbers * 2)
    ]
    before = chance.sample(pool, 50)
    after = [each for each in before if chance.random() < 0.8]
    after += [each for each in pool if each not in before and chance.random() < 0.3]
    after = [_changed(each, chance) if chance.random() < 0.2 else each for each in after]
    found = dry_run(desk, before, after)
    publish(desk, after)
    files = [_entries(desk, sequence) for sequence in (1, 2)]
    assert counts(found) == _counted(*files)

    asked = _answers(desk.state, numbers)
    changing = {number for number in numbers if asked[1][number] != asked[2][number]}
    told = {one.number: one for one in found.shown}
    assert set(told) == changing
    for number in changing:
        verdicts = {
            action: (asked[1][number][action][0], asked[2][number][action][0])
            for action in asked[1][number]
            if asked[1][number][action] != asked[2][number][action]
        }
        assert {a: (c.before, c.after) for c in told[number].changes for a in c.actions} == verdicts


def _changed(record: Record, chance: random.Random) -> Record:
    return msgspec.structs.replace(
        record, **chance.choice([ENDED, {"facts": "另一事由"}, {"valid_until": "2026-06-20"}])
    )


def _entries(desk: Desk, sequence: int) -> dict[str, Any]:
    """All own entries of a snapshot by id, found by looking everywhere."""
    found: dict[str, Any] = {}
    for _, packed in packed_files(desk.state / "snapshots" / str(sequence)):
        file = msgspec.msgpack.decode(packed, type=SubjectFile)
        for held in (*file.held, *file.unsettled):
            if held.role is None:
                found[held.entry.id] = held.entry
    return found


def _counted(before: dict[str, Any], after: dict[str, Any]) -> dict[tuple[str, str], tuple[int, int, int]]:
    from xingate_server.core.entry import Standing, standing

    over = {Standing.ENDED, Standing.VOID}
    found: dict[tuple[str, str], Counter[int]] = {}
    for entry_id in before.keys() | after.keys():
        had, has = before.get(entry_id), after.get(entry_id)
        entry = has or had
        if had is None:
            place = 0
        elif has is None or (standing(has, TODAY) in over and standing(had, TODAY) not in over):
            place = 1
        elif has != had:
            place = 2
        else:
            continue
        found.setdefault((entry.list_type, entry.region), Counter())[place] += 1
    return {at: (n[0], n[1], n[2]) for at, n in found.items()}


def _answers(state: Path, numbers: list[str]) -> dict[int, dict[str, dict[str, tuple[Any, ...]]]]:
    gateway = Gateway(SnapshotSet(state), MemoryLog(), clock=lambda: NOW)
    found: dict[int, dict[str, dict[str, tuple[Any, ...]]]] = {1: {}, 2: {}}
    for sequence, told in found.items():
        for number in numbers:
            told[number] = {}
            for action in CATALOGUE.actions:
                command = Command(
                    kind=SubjectKind.LEGAL_ENTITY,
                    action=action.id,
                    identifiers=(("", number),),
                    name="示例有限公司",
                    sequence=sequence,
                )
                decision = blocking.check(gateway, command).decision
                lists = (decision.measures, decision.suspended, decision.withheld, decision.advisory_only)
                parts = [frozenset(m.id for m in several) for several in lists]
                parts += [frozenset(g.reason for g in decision.gaps)]
                parts += [frozenset(r.entry.list_type for r in decision.records)]
                told[number][action.id] = (decision.verdict, *parts)
    return found


def test_memory_does_not_grow_with_the_lists(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SHOWN_AT_MOST", 10)
    monkeypatch.setattr(module, "_BATCH", 50)
    monkeypatch.setattr(environments, "PART_KEYS", 50)
    peaks = []
    for count in (300, 1_500):
        (folder := tmp_path / str(count)).mkdir()
        desk = Desk(folder)
        rows = [row(unified_code(n), document_no=str(n)) for n in range(count + count // 2)]
        publish(desk, rows[:count])
        publish(desk, rows[count // 2 :])
        before, after = (Side.open(desk.state / "snapshots" / str(n), desk.keyer) for n in (1, 2))
        tracemalloc.start()
        found = compare(before, after, TODAY, folder / "scratch", lambda _: None, lambda *_: None)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
        assert (found.differing, found.entries[0].added, found.entries[0].ended) == (
            count // 2 * 2,
            count // 2,
            count // 2,
        )
    assert peaks[1] < peaks[0] * 1.5
