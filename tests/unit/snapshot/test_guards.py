"""The guards of a compile: unreadable rows, too few rows, and lists that lose a region, an authority or a file.

Everybody here is invented: division 420399 for organisations.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.support.compile_desk import TODAY, Desk, row

from xingate_server.core.entry import Record
from xingate_server.demo.numbers import unified_code
from xingate_server.snapshot.compile.guards import shrinks
from xingate_server.snapshot.errors import (
    NothingToCompileError,
    RowsTooFewError,
    RowsUnreadableError,
    ShrinkError,
    SubjectKeyMismatchError,
)
from xingate_server.snapshot.manifest import MANIFEST_FILE, SourceCount, encode_manifest, read_manifest
from xingate_server.snapshot.store import SnapshotSet

ACCEPTED = frozenset({"city_list"})
UNREAD: dict[str, Any] = {"severity": "很严重"}


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def rows(count: int, first: int = 0, **cells: Any) -> list[Record]:
    return [row(unified_code(first + n), **cells) for n in range(count)]


class TestUnreadableRows:
    def compile(self, desk: Desk, unread: int, of: int, **options: Any) -> SourceCount:
        records = rows(unread, **UNREAD) + rows(of - unread, first=unread)
        return desk.compile(desk.source(records), **options).manifest.sources[0]

    def test_exactly_the_most_that_is_allowed(self, desk: Desk) -> None:
        assert self.compile(desk, 5, 100).unreadable == 5

    def test_one_more(self, desk: Desk) -> None:
        with pytest.raises(RowsUnreadableError) as told:
            self.compile(desk, 6, 100)
        text = str(told.value)
        assert text.startswith("rows_unreadable: `city_list`: 6 of 100 rows could not be read (value_unknown 6)")
        assert "at most 5% are expected" in text
        assert "use --accept-refusals KIND" in text
        assert SnapshotSet(desk.state).retained() == []

    def test_the_likely_cause_of_list_types_that_are_not_known(self, desk: Desk) -> None:
        with pytest.raises(RowsUnreadableError, match="foreign lists need --catalogue international"):
            desk.compile(desk.source(rows(6, list_type="international.示例")))

    def test_reasons_by_rule_are_not_named_among_them(self, desk: Desk) -> None:
        records = rows(6, **UNREAD) + rows(20, first=6, authority="")
        with pytest.raises(RowsUnreadableError, match=r"could not be read \(value_unknown 6\)"):
            desk.compile(desk.source(records))

    def test_four_of_few_are_let_pass_and_five_are_not(self, desk: Desk) -> None:
        assert self.compile(desk, 4, 8).unreadable == 4
        with pytest.raises(RowsUnreadableError):
            self.compile(desk, 5, 10)

    def test_all_of_few_are_not(self, desk: Desk) -> None:
        with pytest.raises(RowsUnreadableError, match="1 of 1 rows could not be read"):
            self.compile(desk, 1, 1)

    def test_a_source_may_allow_more(self, desk: Desk) -> None:
        records = rows(6, **UNREAD) + rows(4, first=6)
        assert desk.compile(desk.source(records, refused_most=0.6)).manifest.sources[0].unreadable == 6

    def test_rows_refused_by_rule_do_not_count(self, desk: Desk) -> None:
        source = desk.compile(desk.source(rows(20, authority="") + rows(2, first=20))).manifest.sources[0]
        assert (source.refused_by_rule, source.unreadable) == (20, 0)

    def test_can_be_accepted_by_an_act_of_the_operator(self, desk: Desk) -> None:
        records = rows(6, **UNREAD) + rows(4, first=6)
        manifest = desk.compile(desk.source(records), accept_refusals=ACCEPTED).manifest
        assert manifest.accepted_refusals == ("city_list",)
        assert [(c.kind, c.after) for c in manifest.changes] == [
            ("refusals_accepted", '{"city_list":{"rows":10,"unreadable":6}}')
        ]

    def test_what_needed_no_accepting_is_not_recorded(self, desk: Desk) -> None:
        manifest = desk.compile(desk.source(rows(3)), accept_refusals=ACCEPTED).manifest
        assert (manifest.accepted_refusals, manifest.changes) == ((), ())

    def test_replaced_rows_are_no_longer_unreadable(self, desk: Desk) -> None:
        assert desk.compile(desk.source(rows(6, **UNREAD) + rows(6))).manifest.sources[0].unreadable == 0


class TestTooFewRows:
    def test_an_empty_file(self, desk: Desk) -> None:
        with pytest.raises(RowsTooFewError, match=r"^rows_too_few: `city_list` has 0 rows; at least 1 are expected"):
            desk.compile(desk.source([]), desk.source(rows(1), kind="judgment_debtor"))
        with pytest.raises(RowsTooFewError, match="use --accept-shrink KIND"):
            desk.compile(desk.source([]))

    def test_a_source_may_ask_for_more(self, desk: Desk) -> None:
        with pytest.raises(RowsTooFewError, match="has 4 rows; at least 5"):
            desk.compile(desk.source(rows(4), least_rows=5))
        assert desk.compile(desk.source(rows(5), least_rows=5)).manifest.entries == 5

    def test_can_be_accepted(self, desk: Desk) -> None:
        made = desk.compile(desk.source([]), desk.source(rows(1), kind="judgment_debtor"), accept_shrink=ACCEPTED)
        assert made.manifest.source("city_list") is not None

    def test_nothing_at_all_is_no_snapshot(self, desk: Desk) -> None:
        with pytest.raises(NothingToCompileError):
            desk.compile(desk.source([]), accept_shrink=ACCEPTED)


class TestGroups:
    """A region, an authority or a file within a list type that is gone, or has lost more than half."""

    def shrink(self, desk: Desk, before: Sequence[Record], after: Sequence[Record], **options: Any) -> str:
        """What the guard says; "" where it lets the second list pass. The whole never shrinks too much."""
        desk.compile(desk.source(before, shrink_threshold=0.9))
        try:
            desk.compile(desk.source(after, shrink_threshold=0.9), **options)
        except ShrinkError as error:
            return str(error)
        return ""

    @pytest.mark.parametrize("column", ["region", "authority"])
    @pytest.mark.parametrize(("had", "is_lost"), [(4, False), (5, True)])
    def test_one_that_is_gone(self, desk: Desk, column: str, had: int, is_lost: bool) -> None:
        others = rows(40, first=50, **{column: "示例乙"})
        told = self.shrink(desk, rows(had, **{column: "示例甲"}) + others, others)
        assert bool(told) is is_lost
        if is_lost:
            assert told.startswith("list_shrunk: ")
            assert f"`city_list`, black.bribery, {column} `示例甲`: from {had} to 0 rows" in told

    @pytest.mark.parametrize(("had", "has", "is_lost"), [(19, 1, False), (20, 10, False), (20, 9, True)])
    def test_one_that_lost_more_than_half(self, desk: Desk, had: int, has: int, is_lost: bool) -> None:
        others = rows(60, first=50, region="示例乙")
        mine = rows(had, region="示例甲")
        assert bool(self.shrink(desk, mine + others, mine[:has] + others)) is is_lost

    def test_a_list_type_of_a_region_that_is_still_there(self, desk: Desk) -> None:
        others = rows(40, first=50, region="示例甲")
        mine = rows(5, region="示例甲", list_type="black.tax_evasion")
        assert "black.tax_evasion, region `示例甲`" in self.shrink(desk, mine + others, others)

    def test_rows_that_are_there_as_ended_are_not_lost(self, desk: Desk) -> None:
        others, mine = rows(40, first=50, region="示例乙"), rows(5, region="示例甲")
        ended = rows(5, region="示例甲", status="repaired", status_date="2026-06-20")
        assert self.shrink(desk, mine + others, ended + others) == ""

    def test_rows_past_their_last_day_are_not_lost(self, desk: Desk) -> None:
        others, mine = rows(40, first=50, region="示例乙"), rows(5, region="示例甲", valid_until="2026-06-30")
        assert self.shrink(desk, mine + others, others) == ""
        assert self.shrink(desk, rows(5, region="示例丙", valid_until="2026-07-01") + others, others) != ""

    def test_a_source_of_which_most_has_expired_may_be_as_small(self, desk: Desk) -> None:
        old, new = rows(90, valid_until="2026-06-30"), rows(10, first=90)
        desk.compile(desk.source(old + new))
        assert desk.compile(desk.source(new)).manifest.entries == 10

    def test_can_be_accepted(self, desk: Desk) -> None:
        others = rows(40, first=50, region="示例乙")
        assert self.shrink(desk, rows(5, region="示例甲") + others, others, accept_shrink=ACCEPTED) == ""
        manifest = SnapshotSet(desk.state).current().manifest
        assert manifest.accepted_shrinks == ("city_list",)
        assert "shrink_accepted" in [change.kind for change in manifest.changes]

    def test_a_manifest_without_groups_is_not_compared(self, desk: Desk) -> None:
        others = rows(40, first=50, region="示例乙")
        path = desk.compile(desk.source(rows(5, region="示例甲") + others)).path
        manifest = read_manifest(path)
        sources = tuple(msgspec.structs.replace(source, groups={}) for source in manifest.sources)
        (path / MANIFEST_FILE).write_bytes(encode_manifest(msgspec.structs.replace(manifest, sources=sources)))
        assert desk.compile(desk.source(others, shrink_threshold=0.9)).manifest.sequence == 2

    @pytest.mark.parametrize(("second", "is_lost"), [("示例区2026-07.csv", False), ("示例市2026-06.csv", True)])
    def test_a_file_is_known_by_its_name_without_digits(self, desk: Desk, second: str, is_lost: bool) -> None:
        def given(name: str, first: int, count: int) -> list[Record]:
            path = desk.folder / name
            path.write_text("rows", encoding="utf-8")
            return [msgspec.structs.replace(r, file=str(path)) for r in rows(count, first=first)]

        def compiled(*parts: list[Record]) -> None:
            records = [record for part in parts for record in part]
            files = tuple(sorted({Path(record.file) for record in records}))
            source = desk.source([], shrink_threshold=0.9)
            source = msgspec.structs.replace(source, files=files, records=iter(records))
            desk.compile(source)

        compiled(given("示例区2026-06.csv", 0, 5), given("示例县1.csv", 50, 40))
        if is_lost:
            with pytest.raises(ShrinkError, match=re.escape("file `示例区-.csv`: from 5 to 0 rows")):
                compiled(given(second, 0, 5), given("示例县2.csv", 50, 40))
        else:
            compiled(given(second, 0, 5), given("示例县2.csv", 50, 40))

    def test_a_source_that_was_never_there_has_lost_nothing(self) -> None:
        assert shrinks(SourceCount(kind="city_list", provides=()), None, 0.1, TODAY) == []


class TestSubjectKey:
    def test_another_key_cannot_go_on(self, desk: Desk) -> None:
        desk.compile(desk.source(rows(1)))
        key = desk.state / "keys" / "subject.key"
        key.write_bytes((Desk(desk.folder / "other").state / "keys" / "subject.key").read_bytes())
        other = Desk(desk.folder)
        with pytest.raises(SubjectKeyMismatchError) as told:
            other.compile(other.source(rows(1)))
        text = str(told.value)
        assert text.startswith("subject_key_mismatch: ")
        assert desk.keyer.key_id in text
        assert other.keyer.key_id in text
        with pytest.raises(SubjectKeyMismatchError, match="every subject would be CLEAR"):
            SnapshotSet(other.state).get(1)
        assert SnapshotSet(other.state).refresh() is False

    def test_a_manifest_that_names_no_key_is_opened(self, desk: Desk) -> None:
        path = desk.compile(desk.source(rows(1))).path
        manifest = msgspec.structs.replace(read_manifest(path), key_id="")
        (path / MANIFEST_FILE).write_bytes(encode_manifest(manifest))
        assert SnapshotSet(desk.state).current().info.sequence == 1
        assert desk.compile(desk.source(rows(1))).manifest.key_id == desk.keyer.key_id


def test_the_sequence_is_above_the_highest_that_was_ever_in_use(desk: Desk) -> None:
    desk.compile(desk.source(rows(1)))
    assert desk.compile(desk.source(rows(1)), above=7).manifest.sequence == 8
    assert desk.compile(desk.source(rows(1)), above=3).manifest.sequence == 9
