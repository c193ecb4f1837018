"""The parts around a snapshot: manifest, key, folder, and the set that swaps snapshots and keeps the last good one."""

import shutil
import threading
from datetime import UTC, date, datetime
from pathlib import Path

import lmdb
import msgspec
import pytest

from xingate_server.catalogues import catalogue_hash, load
from xingate_server.core.admission.rules import Rules
from xingate_server.core.calendar import WorkCalendar
from xingate_server.core.catalogue import Posture
from xingate_server.core.entry import Record
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.subject import SubjectClass, SubjectKeyer
from xingate_server.demo.numbers import unified_code
from xingate_server.snapshot import folders
from xingate_server.snapshot.compile.aliases import find_joins
from xingate_server.snapshot.compile.compile import compile_snapshot
from xingate_server.snapshot.compile.refusals import masked_row
from xingate_server.snapshot.errors import CompileError, NotRetainedError, SnapshotError, SubjectKeyError
from xingate_server.snapshot.keys import key_path, read_key, read_or_make_key
from xingate_server.snapshot.manifest import decode_manifest, encode_manifest, read_manifest
from xingate_server.snapshot.request import CompilePlan, SourcePlan
from xingate_server.snapshot.store import Snapshot, SnapshotSet

CATALOGUE = load(["shiyan2017"], Posture.AS_PLANNED_2017)
CODE = unified_code(1)


def compile_one(state: Path, **cells: str) -> Path:
    """The next snapshot, of one row."""
    record = Record(
        **{
            "source": "city_list",
            "file": "示例.csv",
            "row": 2,
            "list_type": "watch.key_monitoring",
            "subject_kind": "legal_entity",
            "name": "示例有限公司",
            "identifiers": (("", CODE),),
            "authority": "示例局",
            "basis": "示例办法",
            "document_no": "示例1号",
            "document_date": "2026-04-01",
        }
        | cells
    )
    file = state.parent / "示例.csv"
    file.write_text("row", encoding="utf-8")
    source = SourcePlan(
        kind="city_list",
        provides=("watch.key_monitoring",),
        files=(file,),
        records=iter([record]),
        data_as_of=date(2026, 7, 1),
        coverage_from=date(2026, 7, 1),
        max_age_days=30,
        shrink_threshold=0.1,
    )
    plan = CompilePlan(
        sources=(source,), catalogue_hash=catalogue_hash(CATALOGUE), created_at=datetime(2026, 7, 1, tzinfo=UTC)
    )
    keyer = SubjectKeyer(read_or_make_key(state))
    rules = Rules(catalogue=CATALOGUE, calendar=WorkCalendar.official(), keyer=keyer, today=date(2026, 7, 1))
    return compile_snapshot(plan, rules, state).path


@pytest.fixture
def state(tmp_path: Path) -> Path:
    return tmp_path / "state"


class TestSnapshotSet:
    def test_no_snapshot_yet(self, state: Path) -> None:
        with pytest.raises(SnapshotError, match=r"there is no snapshot in .*: run xingate compile"):
            SnapshotSet(state).current()

    def test_opens_what_was_compiled(self, state: Path) -> None:
        compile_one(state)
        snapshot = SnapshotSet(state).current()
        assert (snapshot.info.sequence, snapshot.info.catalogue) == (1, "shiyan2017")
        assert snapshot.catalogue == CATALOGUE
        assert snapshot.sources[0].kind == "city_list"
        key = snapshot.keyer.identifier(SubjectClass.ORGANISATION, Scheme.USCC, CODE)
        found = snapshot.get(key)
        assert found is not None
        assert found.held[0].entry.list_type == "watch.key_monitoring"
        assert snapshot.get(bytes(16)) is None
        assert snapshot.mask_shapes(SubjectClass.PERSON, Scheme.CITIZEN_ID) == ()

    def test_refresh_takes_a_new_one_and_old_readers_go_on(self, state: Path) -> None:
        compile_one(state)
        snapshots = SnapshotSet(state)
        old = snapshots.current()
        assert not snapshots.refresh()
        compile_one(state, facts="示例")
        assert snapshots.current() is old
        assert snapshots.refresh()
        assert snapshots.current().info.sequence == 2
        assert old.count() == snapshots.current().count() == 2
        assert snapshots.get(1).info == old.info
        assert snapshots.get(2) is snapshots.current()

    def test_bad_one_leaves_the_last_good_one(self, state: Path) -> None:
        compile_one(state)
        snapshots = SnapshotSet(state)
        good = snapshots.current()
        data = compile_one(state) / "data.lmdb"
        intact = data.read_bytes()
        data.write_bytes(intact[:-1] + bytes([intact[-1] ^ 1]))
        assert not snapshots.refresh()
        assert not snapshots.refresh()
        assert snapshots.current() is good
        assert snapshots.status == "superseded_by_bad"
        assert "its manifest says" in snapshots.problem
        compile_one(state)
        assert snapshots.refresh()
        assert (snapshots.status, snapshots.problem, snapshots.current().info.sequence) == ("current", "", 3)

    def test_bad_one_at_the_start_is_no_snapshot(self, state: Path) -> None:
        (compile_one(state) / "data.lmdb").write_bytes(b"")
        with pytest.raises(SnapshotError, match=r"has 0 bytes, its manifest says \d+"):
            SnapshotSet(state).current()

    @pytest.mark.parametrize("gone", ["data.lmdb", "manifest.json"])
    def test_missing_file(self, state: Path, gone: str) -> None:
        (compile_one(state) / gone).unlink()
        with pytest.raises(SnapshotError, match=f"cannot read .*{gone}"):
            SnapshotSet(state).current()

    def test_right_size_and_hash_but_no_lmdb(self, state: Path) -> None:
        folder = compile_one(state)
        data = folder / "data.lmdb"
        manifest = read_manifest(folder)
        data.write_bytes(bytes(manifest.data.bytes))
        with pytest.raises(SnapshotError, match="has SHA-256"):
            Snapshot.open(folder, SubjectKeyer(read_key(state)))
        with pytest.raises(SnapshotError, match="is damaged"):
            Snapshot.open(folder, SubjectKeyer(read_key(state)), verify=False)

    def test_unknown_sequence(self, state: Path) -> None:
        compile_one(state)
        with pytest.raises(NotRetainedError, match="snapshot 7 is not retained; 1 to 1 are"):
            SnapshotSet(state).get(7)

    def test_read_from_many_threads_and_twice_in_a_process(self, state: Path) -> None:
        compile_one(state)
        snapshots = [SnapshotSet(state).current(), SnapshotSet(state).current()]
        key = snapshots[0].keyer.identifier(SubjectClass.ORGANISATION, Scheme.USCC, CODE)
        expected = snapshots[0].get(key)
        wrong: list[object] = []

        def read(snapshot: Snapshot) -> None:
            wrong.extend(found for _ in range(500) if (found := snapshot.get(key)) != expected)

        threads = [threading.Thread(target=read, args=(snapshots[n % 2],)) for n in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert wrong == []

    def test_no_lock_file_and_one_data_file(self, state: Path) -> None:
        folder = compile_one(state)
        SnapshotSet(state).current()
        assert sorted(f.name for f in folder.iterdir()) == ["data.lmdb", "manifest.json", "refused.jsonl"]
        with lmdb.open(str(folder / "data.lmdb"), subdir=False, lock=False, readonly=True, max_dbs=5) as environment:
            assert environment.stat()["entries"] == 5


class TestManifestFile:
    def test_round_trip(self, state: Path) -> None:
        manifest = read_manifest(compile_one(state))
        assert decode_manifest(encode_manifest(manifest), "here") == manifest

    @pytest.mark.parametrize(
        ("content", "text"),
        [
            (b"", "is not a manifest: input data was truncated"),
            (b"[]", "is not a manifest: expected `object`"),
            (b'{"format_version": 99}', "has format version 99, this program reads 1"),
            (b'{"format_version": 1}', "is not a manifest: object missing required field `sequence`"),
            (b'{"format_version": 1, "sequence": "\xff"}', "is not a manifest"),
        ],
    )
    def test_unreadable(self, content: bytes, text: str) -> None:
        with pytest.raises(SnapshotError, match=f"`here` {text}"):
            decode_manifest(content, "here")

    def test_folder_of_another_number(self, state: Path) -> None:
        folder = compile_one(state)
        shutil.copytree(folder, folder.parent / "8")
        with pytest.raises(SnapshotError, match="states sequence 1, its folder is `8`"):
            read_manifest(folder.parent / "8")


class TestKey:
    def test_made_once(self, state: Path) -> None:
        key = read_or_make_key(state)
        assert len(key) == 32
        assert read_or_make_key(state) == read_key(state) == key
        assert [f.name for f in key_path(state).parent.iterdir()] == ["subject.key"]

    def test_dry_run_makes_none(self, state: Path) -> None:
        assert len(read_or_make_key(state, is_dry_run=True)) == 32
        assert not state.exists()

    def test_gone_beside_snapshots(self, state: Path) -> None:
        compile_one(state)
        key_path(state).unlink()
        with pytest.raises(SubjectKeyError, match=r"contains snapshots but their key .* is gone"):
            read_or_make_key(state)
        with pytest.raises(SubjectKeyError, match="there is no subject key"):
            read_key(state)

    def test_readable_by_others(self, state: Path) -> None:
        read_or_make_key(state)
        key_path(state).chmod(0o640)
        with pytest.raises(SubjectKeyError, match="has mode 640, expected 600"):
            read_key(state)

    def test_cut_off(self, state: Path) -> None:
        read_or_make_key(state)
        key_path(state).write_bytes(b"short")
        with pytest.raises(SubjectKeyError, match="has 5 bytes, expected 32"):
            read_key(state)


class TestFolder:
    def test_number_goes_on_above_a_current_one_that_was_moved_back(self, tmp_path: Path) -> None:
        for name in ("3", "12", "no", ".tmp-40"):
            (tmp_path / name).mkdir()
        (tmp_path / "current").symlink_to("3")
        assert folders.sequences(tmp_path) == [3, 12]
        assert folders.next_sequence(tmp_path) == 13
        assert folders.retain(tmp_path, 1) == ()
        assert folders.sequences(tmp_path) == [3, 12]

    def test_draft_clears_what_was_left(self, tmp_path: Path) -> None:
        (tmp_path / ".tmp-1").mkdir()
        (tmp_path / ".tmp-1" / "spool.db").write_text("left")
        assert [f.name for f in folders.new_draft(tmp_path, 1).parent.iterdir()] == [".tmp-1"]
        assert list((tmp_path / ".tmp-1").iterdir()) == []

    @pytest.mark.parametrize("target", ["elsewhere", "../7"])
    def test_current_that_points_elsewhere(self, tmp_path: Path, target: str) -> None:
        (tmp_path / "current").symlink_to(target)
        with pytest.raises(SnapshotError, match=f"points to `{target}`, expected the number"):
            folders.current_sequence(tmp_path)

    def test_current_that_is_no_link(self, tmp_path: Path) -> None:
        (tmp_path / "current").write_text("1")
        with pytest.raises(SnapshotError, match="is not a link to a snapshot"):
            folders.current_sequence(tmp_path)

    def test_second_compile_fails_clearly_when_it_may_not_wait(self, tmp_path: Path) -> None:
        second = folders.compile_lock(tmp_path, 0)
        with folders.compile_lock(tmp_path, 0), pytest.raises(CompileError, match="another compile is running"):
            second.__enter__()


class TestJoins:
    def test_chain_and_circle_end_in_one_group(self) -> None:
        chain = find_joins([(b"a", {(b"b", b"")}), (b"b", {(b"c", b"u")})])
        assert chain.moves == {b"a": (b"c", b""), b"b": (b"c", b"u")}
        circle = find_joins([(b"a", {(b"b", b"")}), (b"b", {(b"a", b"")})])
        assert circle.moves == {b"a": (b"b", b"")}
        assert circle.ambiguous == {}

    def test_several_groups_that_turn_out_to_be_one(self) -> None:
        joins = find_joins([(b"a", {(b"b", b""), (b"c", b"")}), (b"b", {(b"c", b"")})])
        assert joins.moves == {b"a": (b"c", b""), b"b": (b"c", b"")}

    def test_several_groups_stay_apart(self) -> None:
        joins = find_joins([(b"a", {(b"b", b"u"), (b"c", b"v")})])
        assert joins.moves == {}
        assert joins.ambiguous == {b"a": {(b"b", b"u"), (b"c", b"v")}}


def test_masked_row_keeps_its_columns_and_hides_people() -> None:
    number, passport, other = "990000198001010014", "E12345678", "G7654321"
    raw = {"name": "示例", "code": passport, "odd": f"a\x00b {number}", "people": f"董事：示例乙：{other}"}
    record = Record(
        source="city_list", file="f", row=2, list_type="red.volunteer", subject_kind="自然人",
        identifiers=(("passport", passport),), related=raw["people"], raw=raw,
    )  # fmt: skip
    masked = masked_row(record)
    assert list(masked) == list(raw)
    assert masked["odd"].startswith("a\x00b ")
    shown = msgspec.json.encode(masked).decode()
    assert not any(secret in shown for secret in (number, passport, other))
    assert "示例乙" in shown


def test_masked_row_keeps_an_organisations_code() -> None:
    raw = {"code": "91420399000000019G", "legal_representative_id": "E12345678"}
    record = Record(
        source="city_list", file="f", row=2, list_type="black.bribery", subject_kind="legal_entity",
        identifiers=(("", raw["code"]),), legal_representative_id="E12345678", raw=raw,
    )  # fmt: skip
    assert masked_row(record) == {"code": raw["code"], "legal_representative_id": "E******78"}
