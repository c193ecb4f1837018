"""Whoever stands on a list is never CLEAR without a word in a roster, however dirty the roster.

The rosters and a careful clerk's truth come from `tests/support/rosters`; the product guesses the columns, is told what
it asks, and answers through its embedded gateway. First the generator and the check itself are checked.
"""

import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from tests.support.dirty.asking import gateway
from tests.support.dirty_lists import covering
from tests.support.rosters.asking import Found, compile_black_list, try_roster
from tests.support.rosters.generate import dirty_roster
from tests.support.rosters.truth import DirtyRoster, Party

import xingate
from xingate_adapters.rosters import layout
from xingate_adapters.rosters.columns.meaning import Meaning, meanings

SEEDS = range(2_000)
AT_LEAST = 30
SAMPLE = 14
KINDS = {
    *("about_companies", "about_people", "about_mixed", "kind_column", "csv", "xlsx", "title_rows", "order_of_blocks"),
    *("header_one_row", "header_two_rows", "header_two_rows_of_people", "labels_number", "labels_star"),
    *("swapped_labels", "swapped_cells", "merged_down", "footer_total", "footer_signature"),
    *("subject_usual", "subject_vague", "subject_blank", "subject_two_codes"),
    *("person_legal_representative", "person_principal", "person_representative", "person_two_owners", "person_other"),
    *("person_whole", "person_bracket", "person_plain", "person_number_first", "person_apart", "person_masked"),
    *("person_one_cell", "person_several", "person_group_only", "person_employer"),
    *("member_name_only", "member_one", "member_several_in_a_cell", "member_own_columns", "member_numbered"),
    *("cell_invisible", "cell_wide", "cell_lower", "cell_blanks", "cell_newline", "cell_apostrophe", "cell_equals"),
    *("other_serial", "other_amount", "other_date", "other_phone", "other_account", "other_remark"),
    *("other_codes", "other_late_codes"),
    *("subject_seal", "subject_org_code", "subject_joint", "subject_passport", "other_checked", "number_mistyped"),
}


@pytest.fixture(scope="module")
def kinds() -> dict[int, set[str]]:
    """Seed -> the kinds of its roster."""
    return {seed: set(dirty_roster(seed).kinds) for seed in SEEDS}


@pytest.fixture(scope="module")
def sample(kinds: dict[int, set[str]]) -> list[DirtyRoster]:
    return [dirty_roster(seed) for seed in covering(kinds, SAMPLE)]


@pytest.fixture(scope="module")
def several() -> DirtyRoster:
    """A roster of companies with several people in a cell, listed ones among them, whose column says who they are."""
    made = map(dirty_roster, SEEDS)
    return next(each for each in made if {"person_several", "about_companies"} <= {*each.kinds} and _in_columns(each))


@pytest.fixture(scope="module")
def client(
    sample: list[DirtyRoster], several: DirtyRoster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[xingate.Client]:
    """A gateway that knows the list on which the sample's parties stand."""
    state = tmp_path_factory.mktemp("rosters") / "state"
    compile_black_list([*sample, several], state)
    with gateway(state) as asked:
        yield asked


# ---- the generator and the check


def test_every_kind_occurs_often(kinds: dict[int, set[str]]) -> None:
    counts = Counter(kind for each in kinds.values() for kind in each)
    assert set(counts) == KINDS
    assert {kind: count for kind, count in counts.items() if count < AT_LEAST} == {}


def test_a_seed_gives_the_same_roster() -> None:
    assert [dirty_roster(seed) for seed in range(20)] == [dirty_roster(seed) for seed in range(20)]


def _in_columns(made: DirtyRoster) -> list[Party]:
    """The listed parties in columns of numbers that say whose they are."""
    return [party for party in made.listed if made.columns[party.place].endswith("_id") and not party.is_loose]


def test_a_party_that_is_not_asked_about_is_seen(
    several: DirtyRoster, client: xingate.Client, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    listed = _in_columns(several)
    assert try_roster(client, several, tmp_path / "whole").misses == []

    def forgetful(*arguments: object) -> list[Meaning]:
        found = meanings(*arguments)  # type: ignore[arg-type]
        return [Meaning("name", 1.0) if one.field.endswith("_id") else one for one in found]

    monkeypatch.setattr(layout, "meanings", forgetful)
    missed = try_roster(client, several, tmp_path / "lost").misses
    assert {miss.row for miss in missed} >= {party.row for party in listed}
    assert not any(party.number in str(miss) for miss in missed for party in listed)


def test_a_footer_that_is_asked_about_is_seen(several: DirtyRoster, client: xingate.Client, tmp_path: Path) -> None:
    asked = replace(several, footers=(several.parties[0].row,), parties=())
    [miss] = try_roster(client, asked, tmp_path).misses
    assert miss.what == "footer"


# ---- the claim


def assert_nobody_is_lost(found: list[Found]) -> None:
    """No listed party without a word, no roster refused, and enough listed and quiet ones to see a miss."""
    misses = [miss for each in found for miss in each.misses]
    assert not misses, "\n".join(map(str, misses[:20]))
    assert not [each.refusal for each in found if each.refusal]
    assert sum(each.listed for each in found) >= 3 * len(found)
    assert sum(each.clear for each in found) >= 3 * len(found), "a gateway that is never quiet would show no miss"


def _tried(client: xingate.Client, made: DirtyRoster, folder: Path) -> Found:
    found = try_roster(client, made, folder)
    shutil.rmtree(folder)
    return found


def test_nobody_in_a_dirty_roster_is_clear_without_a_word(
    sample: list[DirtyRoster], kinds: dict[int, set[str]], client: xingate.Client, tmp_path: Path
) -> None:
    assert set().union(*(kinds[made.seed] for made in sample)) == KINDS
    assert_nobody_is_lost([_tried(client, made, tmp_path / "one") for made in sample])


@pytest.mark.soak
def test_nobody_in_2000_dirty_rosters_is_clear_without_a_word(tmp_path: Path) -> None:
    rosters = [dirty_roster(seed) for seed in SEEDS]
    compile_black_list(rosters, tmp_path / "state")
    with gateway(tmp_path / "state") as client:
        found = [_tried(client, made, tmp_path / "one") for made in rosters]
    assert_nobody_is_lost(found)
    assert sum(bool(each.asked) for each in found) <= 0.5 * len(found)
