"""Replay on a real snapshot: what gives the same digest again, what does not, and what is said then.

Companies and people are invented (division 420399, and 990000 which was never issued).
"""

import shutil
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import msgspec
import pytest
from tests.support import blocking
from tests.support.city_list import compile_rows, row

from xingate_server.core.catalogue import Verdict
from xingate_server.core.identifiers.parsing import Scheme, parse
from xingate_server.core.subject import SubjectClass, SubjectKind
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.replay import Replayed, ReplayResult, replay
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Stored

NOW = datetime(2026, 7, 1, 17, 30, tzinfo=UTC)
COMPANY, OTHER, SHARED = unified_code(1), unified_code(2), unified_code(7)
HUMAN, HALF_KNOWN, ENDED, UNREAD = citizen_number(3), citizen_number(5), citizen_number(6), citizen_number(8)
TWICE = citizen_number(9)
RIVAL_NO = next(
    number
    for number in (f"42039900001234{digit}" for digit in range(10))
    if parse(number, Scheme.REG_NO, SubjectClass.ORGANISATION).is_sound
)
BAD_NO = RIVAL_NO[:-1] + str((int(RIVAL_NO[-1]) + 1) % 10)


def masked(number: str) -> str:
    return number[:6] + "*" * 8 + number[-4:]


def tax_no(serial: int) -> str:
    """An older tax number: a division and the organisation code."""
    return "420399" + unified_code(serial)[8:17]


ROWS = (
    row(2, "示例一公司", COMPANY),
    row(3, "某甲", HUMAN, subject_kind="natural_person"),
    row(4, "某乙", masked(HALF_KNOWN), subject_kind="natural_person"),
    row(5, "示例七公司", SHARED, identifiers=(("", SHARED), ("reg_no", RIVAL_NO))),
    row(6, "示例八公司", unified_code(8), identifiers=(("", unified_code(8)), ("reg_no", RIVAL_NO))),
    row(7, "某丁", masked(ENDED), subject_kind="natural_person", valid_from="2024-05-01", valid_until="2025-05-01"),
    row(8, "示例九公司", tax_no(9), identifiers=(("tax_no", tax_no(9)),)),
    row(9, "示例十公司", unified_code(10), severity="很严重"),
    row(10, "示例十一公司", unified_code(11), list_type="commitment.open", severity="", valid_until="2026-06-01"),
    row(11, "某己", masked(UNREAD), subject_kind="natural_person", severity="很严重"),
    row(12, "示例十二公司", unified_code(12), list_type="commitment.open", severity="", valid_until="某日"),
    row(13, "示例十三公司", unified_code(13)),
    row(14, "某辛", masked(TWICE), subject_kind="natural_person", document_no="示例14号", severity="minor"),
    row(15, "某壬", masked(TWICE), subject_kind="natural_person", document_no="示例14号", severity="exceptional"),
)


@pytest.fixture(scope="module")
def compiled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    state = tmp_path_factory.mktemp("compiled") / "state"
    compile_rows(state, *ROWS, coverage_from=date(2020, 1, 1))
    return state


@pytest.fixture
def state(compiled: Path, tmp_path: Path) -> Path:
    shutil.copytree(compiled, tmp_path / "state", symlinks=True)
    return tmp_path / "state"


@pytest.fixture
def snapshots(state: Path) -> SnapshotSet:
    return SnapshotSet(state)


@pytest.fixture
def gateway(snapshots: SnapshotSet) -> Iterator[Gateway]:
    return Gateway(snapshots, MemoryLog(), clock=lambda: NOW)


def ask(gateway: Gateway, **fields: object) -> Stored:
    given = {"kind": SubjectKind.LEGAL_ENTITY, "action": "permit.grant", "identifiers": (("", COMPANY),)}
    given |= {"organisation": "示例局", "operator": "示例员", "matter": "M-1"} | fields
    answer = blocking.check(gateway, Command(**given))  # type: ignore[arg-type]  # a test gives what it likes
    return gateway.records.get(answer.record_id)


def person(gateway: Gateway, number: str, **fields: object) -> Stored:
    return ask(gateway, kind=SubjectKind.NATURAL_PERSON, identifiers=(("", number),), **fields)


def altered(stored: Stored, **fields: object) -> Stored:
    leaf = msgspec.structs.replace(leaves.decode(stored.leaf), **fields)
    return msgspec.structs.replace(stored, leaf=leaves.encode(leaf))


SAME = [
    {},
    {"identifiers": (("", OTHER),)},
    {"as_of": "2026-03-01"},
    {"identifiers": (("org_code", COMPANY[8:17]),), "name": "示例一公司"},
    {
        "kind": SubjectKind.SOLE_TRADER,
        "identifiers": (("", COMPANY), ("reg_no", BAD_NO)),
    },
    {"identifiers": (("lei", "529900T8BM49AURSDO55"),)},
    {"context": {"a": "b"}},
    {"bodies": ("示例局",)},
    {"identifiers": (), "name": "示例一公司"},  # the snapshot gives the name back
    {"identifiers": (), "name": "没有这家公司"},
    {"identifiers": (("reg_no", RIVAL_NO),)},  # two companies have it, and it stands in clear
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", HUMAN),)},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", HALF_KNOWN),), "name": "某乙"},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", HALF_KNOWN),), "name": "某丙"},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", ENDED),), "name": "某丁"},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", ENDED),), "name": "某戊"},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (), "name": "某甲"},
    {"identifiers": (("", unified_code(9)),)},  # a listed tax number may be this company's
    {"identifiers": (("org_code", unified_code(9)[8:17]),)},
    {"identifiers": (("tax_no", tax_no(9)),)},
    {"identifiers": (("tax_no", tax_no(13)),)},  # the number asked about may be a listed company's
    {"identifiers": (("", unified_code(2)), ("tax_no", tax_no(13)))},
    {"identifiers": (("tax_no", tax_no(10)),)},
    {"identifiers": (("tax_no", tax_no(12)),)},
    {"identifiers": (("tax_no", tax_no(13)),), "name": "示例十四公司"},
    {"identifiers": (("", unified_code(10)),)},  # a row that could not be read
    {"identifiers": (("", unified_code(11)),)},  # a commitment past its day
    {"identifiers": (("", unified_code(12)),)},  # one whose day could not be read
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", UNREAD),), "name": "某己"},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", UNREAD),), "name": "某庚"},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", UNREAD),)},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", TWICE),), "name": "某辛"},  # one of two rows of one key
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", TWICE),), "name": "某壬"},
    {"kind": SubjectKind.NATURAL_PERSON, "identifiers": (("", TWICE),)},
]


class TestSame:
    @pytest.mark.parametrize("fields", SAME)
    @pytest.mark.parametrize("action", ["permit.grant", "permit.accept", "honour.nominate", "market.entry"])
    def test_leaf_and_snapshot_alone_give_the_digest_again(
        self, gateway: Gateway, snapshots: SnapshotSet, fields: dict[str, object], action: str
    ) -> None:
        stored = ask(gateway, **({"action": action} | fields))
        bare = msgspec.structs.replace(stored, answer=b"")
        found = replay(bare, snapshots)
        assert (found.result, found.differs, found.detail) == (ReplayResult.SAME, (), "")
        assert found.decided_digest == found.recorded_digest == leaves.decode(stored.leaf).decision_digest

    def test_candidates_are_among_what_is_the_same(self, gateway: Gateway) -> None:
        for fields in ({"identifiers": (), "name": "示例一公司"}, {"identifiers": (("reg_no", RIVAL_NO),)}):
            given = {"kind": SubjectKind.LEGAL_ENTITY, "action": "permit.grant"} | fields
            assert blocking.check(gateway, Command(**given)).decision.candidates  # type: ignore[arg-type]  # as above

    @pytest.mark.parametrize(
        ("identifier", "gap", "candidates"),
        [
            (("", unified_code(9)), "identity_unsettled", ["示例九公司"]),
            (("tax_no", tax_no(13)), "identity_unsettled", ["示例十三公司"]),
            (("tax_no", tax_no(9)), "", []),
            (("", unified_code(10)), "row_unreadable", []),
            (("tax_no", tax_no(10)), "row_unreadable", ["示例十公司"]),
            (("", unified_code(11)), "commitment_overdue", []),
            (("", unified_code(12)), "commitment_overdue", []),
        ],
    )
    def test_what_cannot_be_read_or_settled_is_among_it(
        self, gateway: Gateway, identifier: tuple[str, str], gap: str, candidates: list[str]
    ) -> None:
        answer = blocking.check(
            gateway, Command(kind=SubjectKind.LEGAL_ENTITY, action="permit.renew", identifiers=(identifier,))
        )
        assert [g.reason for g in answer.decision.gaps] == ([gap] if gap else [])
        assert [c.name for c in answer.decision.candidates] == candidates
        assert answer.decision.verdict is (Verdict.CANNOT_TELL if gap else Verdict.CAUTION)

    def test_on_the_snapshot_of_its_time(self, gateway: Gateway, snapshots: SnapshotSet, state: Path) -> None:
        stored = ask(gateway)
        compile_rows(state, row(2, "示例二公司", OTHER), coverage_from=date(2020, 1, 1))
        snapshots.refresh()
        assert ask(gateway).leaf != stored.leaf
        found = replay(stored, snapshots)
        assert (found.result, found.sequence) == (ReplayResult.SAME, 1)


class TestCandidates:
    def test_those_of_a_mask_cannot_be_found_again_and_all_else_is_compared(
        self, gateway: Gateway, snapshots: SnapshotSet
    ) -> None:
        stored = person(gateway, masked(HALF_KNOWN), name="某乙")
        found = replay(stored, snapshots)
        assert found.result is ReplayResult.CANDIDATES
        assert found.decided_digest == found.recorded_digest
        assert found.detail.startswith("cannot be replayed: the answer held candidates; compared: all else")

    def test_without_the_stored_answer_they_are_a_difference(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        stored = msgspec.structs.replace(person(gateway, masked(HALF_KNOWN)), answer=b"{}")
        found = replay(stored, snapshots)
        assert (found.result, found.differs) == (ReplayResult.DIFFERENT, ())
        assert found.detail == "the stored answer does not have the recorded digest either"

    def test_they_hide_no_other_difference(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        stored = altered(person(gateway, masked(HALF_KNOWN)), as_of="2019-12-31")
        found = replay(stored, snapshots)
        assert found.result is ReplayResult.DIFFERENT
        assert found.decided_digest != found.recorded_digest


class TestDifferent:
    @pytest.mark.parametrize(
        ("fields", "differs"),
        [
            ({"as_of": "2026-03-01"}, "verdict: recorded CAUTION, now CLEAR"),
            ({"verdict": Verdict.CLEAR, "decision_digest": "0" * 64}, "verdict: recorded CLEAR, now CAUTION"),
        ],
    )
    def test_both_digests_and_what_differs(
        self, gateway: Gateway, snapshots: SnapshotSet, fields: dict[str, object], differs: str
    ) -> None:
        stored = ask(gateway)
        found = replay(altered(stored, **fields), snapshots)
        assert found.result is ReplayResult.DIFFERENT
        assert len(found.decided_digest) == len(found.recorded_digest) == 64
        assert found.decided_digest != found.recorded_digest
        assert found.differs[0] == differs

    def test_the_parts_that_differ_are_named_where_the_stored_answer_can_be_trusted(
        self, gateway: Gateway, snapshots: SnapshotSet
    ) -> None:
        found = replay(altered(ask(gateway), subject_kind=SubjectKind.SOLE_TRADER), snapshots)
        assert found.differs == ("flags",)

    def test_sources_that_are_not_those_of_the_record(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        stored = ask(gateway)
        situation = msgspec.json.decode(leaves.decode(stored.leaf).situation)
        situation["sources_sha256"] = "0" * 64
        found = replay(altered(stored, situation=msgspec.json.encode(situation)), snapshots)
        assert found.result is ReplayResult.DIFFERENT
        assert found.decided_digest == ""
        assert found.differs[0].startswith("sources: recorded SHA-256 0000000000000000, the snapshot's ")
        assert found.detail == "nothing was decided: the snapshot's sources are not those that the record names"

    def test_measures_are_named(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        stored = ask(gateway)
        ids = leaves.decode(stored.leaf).measure_ids
        found = replay(altered(stored, measure_ids=("none.such",), decision_digest="0" * 64), snapshots)
        assert found.differs == ("measures: recorded none.such, " + ", ".join(f"now {i}" for i in sorted(ids)),)


class TestNotReplayed:
    def test_a_snapshot_that_is_no_longer_kept(self, gateway: Gateway, snapshots: SnapshotSet, state: Path) -> None:
        stored = ask(gateway)
        compile_rows(state, row(2, "示例二公司", OTHER), coverage_from=date(2020, 1, 1))
        snapshots.refresh()
        shutil.rmtree(state / "snapshots" / "1")
        found = replay(stored, SnapshotSet(state))
        assert (found.result, found.decided_digest) == (ReplayResult.NOT_KEPT, "")
        assert found.detail == "snapshot 1 is not retained; 2 to 2 are"

    def test_another_snapshot_under_the_same_number(self, gateway: Gateway, tmp_path: Path) -> None:
        stored = ask(gateway)
        compile_rows(tmp_path / "second" / "state", row(2, "示例二公司", OTHER), coverage_from=date(2020, 1, 1))
        found = replay(stored, SnapshotSet(tmp_path / "second" / "state"))
        assert found.result is ReplayResult.NOT_KEPT
        assert "the one stored under this number has the hash" in found.detail

    @pytest.mark.parametrize(
        "fields",
        [{"situation": b"{}"}, {"situation": b"\xff"}, {"as_of": "soon"}],
        ids=["situation-empty", "situation-damaged", "day-damaged"],
    )
    def test_a_leaf_that_cannot_be_read(
        self, gateway: Gateway, snapshots: SnapshotSet, fields: dict[str, object]
    ) -> None:
        found = replay(altered(ask(gateway), **fields), snapshots)
        assert found.result is ReplayResult.UNREADABLE
        assert found.detail.startswith("leaf 0 cannot be read: ")

    def test_bytes_that_are_no_leaf(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        found = replay(msgspec.structs.replace(ask(gateway), leaf=b"\xff"), snapshots)
        assert found.result is ReplayResult.UNREADABLE

    def test_what_is_no_lookup_is_refused(self, gateway: Gateway, snapshots: SnapshotSet) -> None:
        with pytest.raises(ValueError, match="is not a lookup, but of kind `outcome`"):
            replay(msgspec.structs.replace(ask(gateway), kind="outcome"), snapshots)


def test_nothing_of_a_person_is_told(gateway: Gateway, snapshots: SnapshotSet) -> None:
    stored = altered(person(gateway, HUMAN, name="某甲"), as_of="2026-03-01")
    found: Replayed = replay(stored, snapshots)
    assert found.result is ReplayResult.DIFFERENT
    assert HUMAN not in str(found)
    assert "某甲" not in str(found)
