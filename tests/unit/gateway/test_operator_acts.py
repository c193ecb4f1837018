"""Acts of an operator that change answers: what a compile changed, on record once for each snapshot (Cl. 25)."""

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from xingate_server.core.catalogue import Posture
from xingate_server.demo import DATA
from xingate_server.gateway.records.operator_acts import (
    Acts,
    InUse,
    highest_in_use,
    last_snapshot_text,
    newest_in_use,
    snapshot_text,
    use_draft,
)
from xingate_server.settings import load
from xingate_server.snapshot.manifest import Manifest, decode_manifest, encode_manifest
from xingate_server.snapshot.store import SnapshotSet
from xingate_server.trace.leaf import record as leaves
from xingate_server.trace.memory import MemoryLog
from xingate_server.trace.port import Draft, Stored
from xingate_server.trace.sqlite.store import SqliteLog
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, compile_from_options
from xingate_server.wiring.node import Node

TODAY = date(2026, 7, 1)
LISTS = (GivenFile("city_list", DATA / "city_list_black.csv", TODAY),)
YEAR = {"year": 2031, "papers": ["示例通知"], "days": [{"name": "元旦", "date": "2031-01-01", "isOffDay": True}]}


def compiled(state: Path, **options: Any) -> Manifest:
    given = {"state_dir": state, "files": LISTS, "coverage": {"city_list": (date(2026, 1, 1), TODAY)}}
    return compile_from_options(CompileOptions(**(given | options)), now=datetime(2026, 7, 1, tzinfo=UTC)).manifest


def in_use(state: Path) -> InUse:
    snapshot = SnapshotSet(state).current()
    return InUse(snapshot.manifest, snapshot.info.hash)


def act(stored: Stored) -> leaves.ActLeaf:
    leaf = leaves.read(stored.leaf)
    assert isinstance(leaf, leaves.ActLeaf)
    assert leaves.encode(leaf) == stored.leaf
    return leaf


def acts(log: MemoryLog | SqliteLog) -> list[str]:
    return [act(stored).request_id.rpartition("/")[0] for stored in log.read() if stored.kind == "act"]


class TestChanges:
    def test_a_first_compile_changes_nothing_and_says_who_made_it(self, tmp_path: Path) -> None:
        manifest = compiled(tmp_path)
        assert (manifest.changes, manifest.previous, manifest.removed) == ((), None, ())
        assert manifest.compiled_by

    def test_the_same_again_changes_nothing(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        manifest = compiled(tmp_path)
        assert manifest.changes == ()
        assert manifest.previous is not None
        assert manifest.previous.hash == SnapshotSet(tmp_path).get(1).info.hash

    def test_coverage_posture_catalogue_and_calendar(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        calendar = tmp_path / "2031.json"
        calendar.write_text(json.dumps(YEAR), encoding="utf-8")
        manifest = compiled(
            tmp_path,
            posture=Posture.BASIC_LIST_ONLY,
            calendars=(calendar,),
            coverage={"city_list": (date(2025, 1, 1), TODAY)},
        )
        changes = {change.kind: change for change in manifest.changes}
        assert list(changes) == ["coverage_changed", "posture_changed", "catalogue_changed", "calendar_changed"]
        assert json.loads(changes["coverage_changed"].before)["city_list"]["coverage_from"] == "2026-01-01"
        assert json.loads(changes["coverage_changed"].after)["city_list"]["coverage_from"] == "2025-01-01"
        assert json.loads(changes["posture_changed"].after) == "basic-list-only"
        assert json.loads(changes["calendar_changed"].before) == []
        assert json.loads(changes["calendar_changed"].after)[0].startswith("2031.json sha256:")
        assert manifest.calendars[0].file == "2031.json"

    def test_an_accepted_shrink_is_told_and_an_idle_permission_is_not(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        assert compiled(tmp_path, accept_shrink=frozenset({"city_list"})).accepted_shrinks == ()
        fewer = tmp_path / "fewer.csv"
        lines = (DATA / "city_list_black.csv").read_text(encoding="utf-8").splitlines(keepends=True)
        fewer.write_text("".join(lines[:3]), encoding="utf-8")
        files = (GivenFile("city_list", fewer, TODAY),)
        manifest = compiled(tmp_path, files=files, accept_shrink=frozenset({"city_list"}))
        assert manifest.accepted_shrinks == ("city_list",)
        (change,) = [change for change in manifest.changes if change.kind == "shrink_accepted"]
        before, after = json.loads(change.before)["city_list"], json.loads(change.after)["city_list"]
        assert before["rows"] > after["rows"]

    def test_a_retention_run_names_what_is_gone(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        compiled(tmp_path)
        manifest = compiled(tmp_path, keep=1)
        assert manifest.removed == (1, 2)
        (change,) = manifest.changes
        assert (change.kind, json.loads(change.before), json.loads(change.after)) == ("retention_run", [1, 2, 3], [3])
        assert SnapshotSet(tmp_path).retained() == [3]

    def test_a_dry_run_removes_nothing(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        assert compiled(tmp_path, keep=1, is_dry_run=True).removed == ()

    def test_an_older_manifest_is_still_read(self, tmp_path: Path) -> None:
        document = json.loads(encode_manifest(compiled(tmp_path)))
        for name in ("compiled_by", "previous", "accepted_shrinks", "calendars", "removed", "changes"):
            del document[name]
        manifest = decode_manifest(json.dumps(document).encode(), "manifest.json")
        assert (manifest.compiled_by, manifest.changes) == ("", ())


class TestActs:
    async def test_a_snapshot_in_use_is_on_record_once(self, tmp_path: Path) -> None:
        manifest = compiled(tmp_path)
        log = MemoryLog()
        for _ in range(3):  # restarts, and other workers
            made = Acts(log, tmp_path)
            assert [await made.record(in_use(tmp_path)) for _ in range(2)] == ["", ""]
        (stored,) = log.read()
        leaf = act(stored)
        assert (stored.kind, leaf.act, leaf.operator) == ("act", "snapshot_activated", manifest.compiled_by)
        assert leaf.before == ""
        assert json.loads(leaf.after) == {"sequence": 1, "hash": in_use(tmp_path).hash}

    async def test_changes_stand_before_the_activation(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        log = MemoryLog()
        made = Acts(log, tmp_path)
        await made.record(in_use(tmp_path))
        compiled(tmp_path, posture=Posture.BASIC_LIST_ONLY)
        await made.record(in_use(tmp_path))
        assert acts(log) == ["snapshot_activated/1", "posture_changed/2", "catalogue_changed/2", "snapshot_activated/2"]
        leaf = act(log.list(1)[0])
        assert json.loads(leaf.before)["sequence"] == 1

    async def test_what_was_passed_over_is_on_record_too(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        compiled(tmp_path, posture=Posture.BASIC_LIST_ONLY)
        compiled(tmp_path, posture=Posture.BASIC_LIST_ONLY)
        log = MemoryLog()
        await Acts(log, tmp_path).record(in_use(tmp_path))
        assert acts(log) == ["posture_changed/2", "catalogue_changed/2", "snapshot_activated/3"]

    async def test_a_step_back_is_on_record(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        first = in_use(tmp_path)
        compiled(tmp_path)
        log = MemoryLog()
        made = Acts(log, tmp_path)
        for snapshot in (first, in_use(tmp_path), first):
            await made.record(snapshot)
        assert [json.loads(act(stored).after)["sequence"] for stored in log.read()] == [1, 2, 1]
        assert json.loads(act(log.list(1)[0]).before)["sequence"] == 2

    async def test_a_failed_record_is_tried_again(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        log = MemoryLog()
        made = Acts(log, tmp_path)
        log.is_failing = True
        assert "told to fail" in await made.record(in_use(tmp_path))
        log.is_failing = False
        assert await made.record(in_use(tmp_path)) == ""
        assert acts(log) == ["snapshot_activated/1"]

    async def test_a_damaged_neighbour_says_nothing(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        compiled(tmp_path)
        (tmp_path / "snapshots" / "1" / "manifest.json").write_text("{", encoding="utf-8")
        log = MemoryLog()
        assert await Acts(log, tmp_path).record(in_use(tmp_path)) == ""
        assert acts(log) == ["snapshot_activated/2"]

    async def test_nodes_with_other_snapshots_share_a_log(self, tmp_path: Path) -> None:
        log = MemoryLog()
        for name in ("a", "b"):
            compiled(tmp_path / name)
            assert await Acts(log, tmp_path / name).record(in_use(tmp_path / name)) == ""
        assert acts(log) == ["snapshot_activated/1"] * 2

    async def test_a_node_records_what_it_takes_into_use(self, own_state: Path, compile_lists: Any) -> None:
        node = Node(load(state=own_state))
        try:
            await node.refresh()
            compile_lists(own_state)
            await node.refresh()
            await node.refresh()
        finally:
            node.close()
        log = SqliteLog(own_state / "trace")
        try:
            assert acts(log)[::-1][0] == "snapshot_activated/2"
            assert acts(log).count("snapshot_activated/2") == acts(log).count("snapshot_activated/1") == 1
        finally:
            log.close()


class TestInUse:
    """What the log says of the snapshots that were in use."""

    async def record(self, log: MemoryLog | SqliteLog, state: Path, count: int) -> list[InUse]:
        """So many snapshots, each put into use."""
        taken, made = [], Acts(log, state)
        for _ in range(count):
            compiled(state)
            taken.append(in_use(state))
            await made.record(taken[-1])
        return taken

    async def test_nothing_was_in_use_yet(self, tmp_path: Path) -> None:
        compiled(tmp_path)
        assert (newest_in_use(MemoryLog(), tmp_path), highest_in_use(MemoryLog(), tmp_path)) == (0, 0)
        assert last_snapshot_text(MemoryLog()) == ""

    async def test_the_newest_is_the_highest(self, tmp_path: Path) -> None:
        log = MemoryLog()
        await self.record(log, tmp_path, 3)
        assert (newest_in_use(log, tmp_path), highest_in_use(log, tmp_path)) == (3, 3)

    async def test_but_for_an_officers_act(self, tmp_path: Path) -> None:
        log = SqliteLog(tmp_path / "trace", origin="example.org/log")
        first, *_, last = await self.record(log, tmp_path, 3)
        draft = use_draft(snapshot_text(last), first, "示例审批员", "示例：名单有误", "2026-07-01T00:00:00Z", "r-1")
        stored = await log.append(draft)
        leaf = act(log.list(1)[0])
        assert stored.record_id == "r-1"
        assert (leaf.act, leaf.operator, leaf.detail) == ("snapshot_activated", "示例审批员", "示例：名单有误")
        assert json.loads(leaf.before) == {"sequence": 3, "hash": last.hash}
        assert json.loads(leaf.after) == {"sequence": 1, "hash": first.hash}
        assert (newest_in_use(log, tmp_path), highest_in_use(log, tmp_path)) == (1, 3)
        assert last_snapshot_text(log) == leaf.after == snapshot_text(first)
        log.close()

    async def test_records_of_older_releases_are_found_by_the_snapshots_that_are_there(self, tmp_path: Path) -> None:
        new, old = MemoryLog(), MemoryLog()
        await self.record(new, tmp_path, 2)
        compiled(tmp_path)  # never in use
        for stored in new.read():
            await old.append(
                Draft(
                    kind=stored.kind,
                    record_id=stored.record_id,
                    request_id=act(stored).request_id,
                    system="xingate",
                    organisation="",
                    question_digest=b"",
                    time=stored.time,
                    leaf=stored.leaf,
                    answer=b"",
                )
            )
        assert (newest_in_use(old, tmp_path), highest_in_use(old, tmp_path)) == (2, 2)

    async def test_changes_do_not_count(self, tmp_path: Path) -> None:
        log = MemoryLog()
        made = Acts(log, tmp_path)
        compiled(tmp_path)
        await made.record(in_use(tmp_path))
        compiled(tmp_path, posture=Posture.BASIC_LIST_ONLY)
        await made.record(in_use(tmp_path))
        assert (newest_in_use(log, tmp_path), highest_in_use(log, tmp_path)) == (2, 2)
