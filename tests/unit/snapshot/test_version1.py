"""Snapshots and records of format version 1, whose subjects were known by class, scheme and number.

The snapshot is written here with the keys that such releases used. Everybody in it is invented.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import lmdb
import msgspec
import pytest
from tests.support import blocking
from tests.support.city_list import CATALOGUE, compile_rows, row

from xingate_server.core.catalogue import Verdict
from xingate_server.core.decide.decision import GapReason
from xingate_server.core.entry import Entry, Severity, fold_word
from xingate_server.core.subject import (
    BY_NUMBER,
    BY_SCHEME,
    Held,
    Profile,
    SubjectClass,
    SubjectFile,
    SubjectKeyer,
    SubjectKind,
)
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.gateway.answer import Answer, Command
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.outcome_reading import OutcomeCommand
from xingate_server.gateway.records.replay import ReplayResult, replay
from xingate_server.snapshot import folders
from xingate_server.snapshot.digests import reference
from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.keys import read_or_make_key
from xingate_server.snapshot.manifest import CATALOGUE as CATALOGUE_DATABASE
from xingate_server.snapshot.manifest import (
    CATALOGUE_KEY,
    DATA_FILE,
    DATABASES,
    GRAM,
    LISTED,
    MANIFEST_FILE,
    NAME,
    SUBJECT,
    CatalogueRef,
    Manifest,
    MaskShape,
    SourceCount,
    decode_manifest,
    encode_manifest,
    read_manifest,
)
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.leaf.record import IdentitySettlement
from xingate_server.trace.memory import MemoryLog

NOW = datetime(2026, 7, 1, 9, tzinfo=UTC)
TODAY = date(2026, 7, 1)
ORGANISATION, PERSON = SubjectClass.ORGANISATION, SubjectClass.PERSON
CODE, HUMAN = unified_code(1), citizen_number(5)
MASKED = HUMAN[:6] + "*" * 8 + HUMAN[-4:]
ROWS = (row(2, "示例一公司", CODE), row(3, "某乙", MASKED, subject_kind="natural_person"))
WHO = {"system": "approval", "organisation": "示例审批局"}


def entry(keyer: SubjectKeyer, number: int, subject: bytes, **cells: object) -> Entry:
    """The entry of the row of this number, as it was stored."""
    whole = {"list_type": "black.judgment_default", "severity": Severity.SERIOUS} | cells
    document_no = f"示例{number}号"
    return Entry(
        id=keyer.entry(str(whole["list_type"]), subject, fold_word("示例法院"), document_no),
        authority="示例法院",
        basis="示例规定",
        document_no=document_no,
        document_date=date(2026, 4, 1),
        valid_from=date(2026, 4, 1),
        source="city_list",
        **whole,  # type: ignore[arg-type]  # cells of an entry
    )


def write_version_1(state: Path) -> SubjectKeyer:
    """A snapshot of `ROWS` and of an open commitment past its day, as an older release made it."""
    keyer = SubjectKeyer(read_or_make_key(state), BY_SCHEME)
    code, inner = (
        keyer.identifier(ORGANISATION, scheme, number) for scheme, number in (("uscc", CODE), ("org_code", CODE[8:17]))
    )
    mask = keyer.mask(PERSON, "citizen_id", MASKED)
    commitment = entry(keyer, 4, inner, list_type="commitment.open", severity=None, valid_until=date(2026, 6, 1))
    company = SubjectFile(
        profiles=(Profile(SubjectKind.LEGAL_ENTITY, "示例一公司", CODE, CODE),),
        held=(Held(entry(keyer, 2, inner)), Held(commitment)),
    )
    person = SubjectFile(
        profiles=(Profile(SubjectKind.NATURAL_PERSON, "某乙", MASKED),),
        unsettled=(Held(entry(keyer, 3, mask), names=("某乙",)),),
    )
    folder = folders.snapshots_dir(state) / "1"
    folder.mkdir(parents=True)
    databases = {
        SUBJECT: {code: company, inner: company, mask: person},
        NAME: {keyer.name(ORGANISATION, "示例一公司"): inner, keyer.name(PERSON, "某乙"): mask},
        LISTED: {},
        GRAM: {},
        CATALOGUE_DATABASE: {CATALOGUE_KEY: CATALOGUE},
    }
    with lmdb.open(str(folder / DATA_FILE), subdir=False, lock=False, max_dbs=DATABASES) as environment:
        for name, items in databases.items():
            database = environment.open_db(name, dupsort=name == NAME)
            with environment.begin(write=True, db=database) as transaction:
                for key, value in items.items():
                    transaction.put(key, value if isinstance(value, bytes) else msgspec.msgpack.encode(value))
    source = SourceCount(
        kind="city_list",
        provides=tuple(t.id for t in CATALOGUE.list_types),
        rows=3,
        admitted=3,
        baseline=3,
        list_types={"black.judgment_default": 2, "commitment.open": 1},
        data_as_of=TODAY,
        coverage_from=date(2026, 1, 1),
        max_age_days=30,
    )
    manifest = Manifest(
        format_version=1,
        sequence=1,
        created_at="2026-07-01T00:00:00Z",
        next_update="",
        sources=(source,),
        catalogue=CatalogueRef(name="shiyan2017", edition="2017-10-12", posture="as-planned-2017", hash=""),
        list_types=source.list_types,
        subjects=2,
        entries=3,
        mask_shapes=(MaskShape(subject_class="person", scheme="citizen_id", shape="......********...."),),
        data=reference(folder / DATA_FILE),
    )
    (folder / MANIFEST_FILE).write_bytes(encode_manifest(manifest))
    folders.point_to(folders.snapshots_dir(state), 1)
    return keyer


@pytest.fixture
def state(tmp_path: Path) -> Path:
    write_version_1(tmp_path / "state")
    return tmp_path / "state"


@pytest.fixture
def gateway(state: Path) -> Gateway:
    return Gateway(SnapshotSet(state), MemoryLog(), clock=lambda: NOW)


def ask(gateway: Gateway, **fields: object) -> Answer:
    given = {"kind": SubjectKind.LEGAL_ENTITY, "action": "permit.renew", "identifiers": (("", CODE),), "matter": "M-1"}
    return blocking.check(gateway, Command(**(given | WHO | {"operator": "示例员"} | fields)))  # type: ignore[arg-type]  # a test's own


def ask_person(gateway: Gateway) -> Answer:
    return ask(gateway, kind=SubjectKind.NATURAL_PERSON, identifiers=(("", HUMAN),), name="某乙")


def unsettled(answer: Answer) -> str:
    (about,) = [gap.about for gap in answer.decision.gaps if gap.reason is GapReason.IDENTITY_UNSETTLED]
    return about


def settle(gateway: Gateway, answer: Answer, **fields: object) -> None:
    said = {"entry_id": unsettled(answer), "is_same": False, "evidence": "户籍", "decided_by": "李四"} | fields
    identities = (IdentitySettlement(**said),)  # type: ignore[arg-type]  # a test's own
    blocking.report(gateway, OutcomeCommand(record_id=answer.record_id, identities=identities, **WHO))


class TestOldSnapshots:
    def test_is_opened_with_the_form_of_its_keys(self, state: Path) -> None:
        snapshot = SnapshotSet(state).current()
        assert (snapshot.key_form, snapshot.manifest.key_id) == (BY_SCHEME, "")
        assert snapshot.mask_shapes(PERSON, "citizen_id") == ("......********....",)
        assert snapshot.mask_shapes(PERSON, "passport") == ()

    @pytest.mark.parametrize("identifier", [("", CODE), ("uscc", CODE), ("org_code", CODE[8:17])])
    def test_answers_as_before(self, gateway: Gateway, identifier: tuple[str, str]) -> None:
        answer = ask(gateway, identifiers=(identifier,))
        assert answer.decision.verdict is Verdict.CAUTION
        assert answer.decision.gaps == (), "older releases did not ask about commitments past their day"
        assert ask_person(gateway).decision.verdict is Verdict.CANNOT_TELL

    def test_is_replayed_beside_a_new_one(self, gateway: Gateway, state: Path) -> None:
        records = [gateway.records.get(answer.record_id) for answer in (ask(gateway), ask_person(gateway))]
        compile_rows(state, *ROWS)
        snapshots = SnapshotSet(state)
        assert (snapshots.current().info.sequence, snapshots.current().key_form) == (2, BY_NUMBER)
        for record in records:
            found = replay(record, snapshots)
            assert (found.result, found.sequence) == (ReplayResult.SAME, 1)

    def test_a_newer_format_than_this_program_knows_is_refused(self, state: Path) -> None:
        path = folders.snapshots_dir(state) / "1"
        content = encode_manifest(msgspec.structs.replace(read_manifest(path), format_version=3))
        with pytest.raises(SnapshotError, match="has format version 3, this program reads 1 and 2"):
            decode_manifest(content, path)


class TestAcrossTheChange:
    def test_entries_of_the_next_snapshot_remember_their_older_ids(self, state: Path, tmp_path: Path) -> None:
        keyer = SubjectKeyer(read_or_make_key(state), BY_SCHEME)
        compile_rows(state, *ROWS)
        snapshot = SnapshotSet(state).current()
        assert snapshot.manifest.has_older_ids
        inner = keyer.identifier(ORGANISATION, "org_code", CODE[8:17])
        held = snapshot.get(snapshot.keyer.identifier(ORGANISATION, "uscc", CODE))
        assert held is not None
        assert held.held[0].entry.older_id == entry(keyer, 2, inner).id
        assert held.held[0].entry.id != held.held[0].entry.older_id
        compile_rows(state, *ROWS)
        assert SnapshotSet(state).current().manifest.has_older_ids, "for as long as there may be records"

    def test_an_installation_that_never_had_them_has_none(self, tmp_path: Path) -> None:
        compile_rows(tmp_path / "new", *ROWS)
        snapshot = SnapshotSet(tmp_path / "new").current()
        held = snapshot.get(snapshot.keyer.identifier(ORGANISATION, "uscc", CODE))
        assert not snapshot.manifest.has_older_ids
        assert held is not None
        assert held.held[0].entry.older_id == ""

    def test_what_a_report_settled_before_is_said_after(self, state: Path) -> None:
        snapshots = SnapshotSet(state)
        gateway = Gateway(snapshots, MemoryLog(), clock=lambda: NOW)
        before = ask_person(gateway)
        settle(gateway, before)
        compile_rows(state, *ROWS)
        snapshots.refresh()
        after = ask_person(gateway)
        assert unsettled(after) != unsettled(before)
        (notice,) = after.notices
        assert notice.code == "identity_settled"
        assert notice.detail.startswith(f"{unsettled(after)}: not the same, decided by 李四")

    def test_a_report_after_the_change_counts_before_one_of_before(self, state: Path) -> None:
        snapshots = SnapshotSet(state)
        gateway = Gateway(snapshots, MemoryLog(), clock=lambda: NOW)
        settle(gateway, ask_person(gateway))
        compile_rows(state, *ROWS)
        snapshots.refresh()
        settle(gateway, ask_person(gateway), is_same=True, decided_by="王五")
        (notice,) = ask_person(gateway).notices
        assert ": the same, decided by 王五" in notice.detail

    def test_a_report_on_a_record_of_before_names_the_entry_as_it_did(self, state: Path) -> None:
        snapshots = SnapshotSet(state)
        gateway = Gateway(snapshots, MemoryLog(), clock=lambda: NOW)
        before = ask_person(gateway)
        compile_rows(state, *ROWS)
        snapshots.refresh()
        settle(gateway, before)
        assert [notice.code for notice in ask_person(gateway).notices] == ["identity_settled"]


class TestSetBack:
    """An older snapshot than the one that was in use is never taken."""

    def test_is_refused_and_the_newer_one_stays(self, state: Path) -> None:
        newest = [0]
        compile_rows(state, *ROWS)
        snapshots = SnapshotSet(state, lambda: newest[0])
        assert snapshots.current().info.sequence == 2
        newest[0] = 2
        folders.point_to(folders.snapshots_dir(state), 1)
        assert not snapshots.refresh()
        assert snapshots.current().info.sequence == 2
        assert snapshots.status == "superseded_by_bad"
        assert snapshots.problem.startswith("snapshot_set_back: ")
        assert "xingate snapshot use 1 --reason WHY --officer WHO" in snapshots.problem

    def test_at_the_start_there_is_none(self, state: Path) -> None:
        snapshots = SnapshotSet(state, lambda: 2)
        with pytest.raises(SnapshotError, match=r"^snapshot_set_back: "):
            snapshots.current()

    def test_an_officers_act_lets_it_be_taken(self, state: Path) -> None:
        newest = [2]
        snapshots = SnapshotSet(state, lambda: newest[0])
        assert not snapshots.refresh()
        newest[0] = 1  # the newest act on record says so
        assert snapshots.refresh()
        assert (snapshots.current().info.sequence, snapshots.problem) == (1, "")
