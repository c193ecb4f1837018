"""Whoever stands on a list is never clear by accident, however dirty the list.

The lists and a careful clerk's truth come from `tests/support/dirty_lists.py` and `tests/support/damaged_un.py`; the
product compiles them and answers through its embedded gateway. First the generators and the check itself are checked.
"""

import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest
from stdnum.cn import uscc
from stdnum.iso7064 import mod_11_2
from tests.support.damaged_un import DamagedUn, damaged_un
from tests.support.dirty.asking import Found, Miss, ask_all, compile_file, told, try_list
from tests.support.dirty.letters import DOTS, IGNORABLE, TWINS
from tests.support.dirty.menu import MENU
from tests.support.dirty.truth import DirtyList, Truth
from tests.support.dirty_lists import covering, dirty_list, kinds_by_seed

SEEDS = range(2_000)
AT_LEAST = 30
SAMPLE = 40
FILE_KINDS = {
    *(
        "layout_city_codes",
        "layout_city_labels",
        "layout_penalty_codes",
        "layout_penalty_labels",
        "layout_permit_labels",
    ),
    *("layout_court_keys", "layout_court_labels", "layout_tax", "layout_international"),
    *("csv", "encoding_utf_8", "encoding_utf_8_bom", "encoding_gb18030", "encoding_utf_16_le", "encoding_utf_16_be"),
    *("encoding_utf_16_le_unmarked", "separator_comma", "separator_semicolon", "separator_tab", "separator_pipe"),
    *("sep_line", "end_crlf", "end_lf", "end_cr", "end_mixed", "quotes_all", "quotes_unescaped_inner"),
    *("newline_in_quoted_cell", "title_rows", "labels_numbered", "labels_colon", "labels_long"),
    *("xlsx", "xlsx_plain", "xlsx_shared", "xlsx_1904", "xlsx_strict", "xlsx_dimension", "xlsx_hidden"),
    *("xlsx_merged_down", "xlsx_two_row", "xlsx_numeric", "hidden_row", "merged_down_cell", "rounded_numeric_cell"),
    *("floating_point_number", "complete_number_with_point"),
    *("no_list_password", "no_list_web_page", "no_list_excel_97", "no_list_xml_2003", "no_list_open_quote"),
}
ROW_KINDS = {
    *(item.kind for item in MENU),
    *(f"unseen_{first:04X}" for first, _ in IGNORABLE),
    *("rounded_fitting_check", "legal_form", "short_person_name"),
    *("tax_column_holds_unified_code", "registration_column_holds_unified_code"),
}


@pytest.fixture(scope="module")
def kinds() -> dict[int, set[str]]:
    """Seed -> the kinds of damage in its list."""
    return kinds_by_seed(SEEDS)


@pytest.fixture(scope="module")
def security_council() -> DamagedUn:
    return damaged_un()


# ---- the generators


def test_every_kind_of_damage_occurs_often(kinds: dict[int, set[str]]) -> None:
    counts = Counter(kind for each in kinds.values() for kind in each)
    assert set(counts) == FILE_KINDS | ROW_KINDS
    assert {kind: count for kind, count in counts.items() if count < AT_LEAST} == {}


def test_clean_rows_stand_among_damaged_ones() -> None:
    truths = [truth for seed in range(100) for truth in dirty_list(seed).truths]
    clean = [truth for truth in truths if not truth.kinds]
    assert 0.15 < len(clean) / len(truths) < 0.5
    assert all(truth.asks for truth in clean)
    without_effect = [truth for truth in truths if truth.may_be_clear]
    assert 0.02 < len(without_effect) / len(truths) < 0.2
    assert not any(truth.asks for truth in without_effect)


def test_a_seed_gives_the_same_list_again() -> None:
    for seed in range(30):
        assert dirty_list(seed) == dirty_list(seed)
    assert dirty_list(1) != dirty_list(2)
    assert damaged_un(3) == damaged_un(3)


def test_the_clerks_numbers_are_sound_and_invented() -> None:
    numbers = {number for seed in range(200) for truth in dirty_list(seed).truths for number in truth.numbers}
    codes = {number.value for number in numbers if number.scheme == "uscc"}
    people = {number.value for number in numbers if number.scheme == "citizen_id" and len(number.value) == 18}
    assert len(codes) > 500
    assert len(people) > 500
    assert all(code[2:8] == "420399" and uscc.calc_check_digit(code[:17]) == code[17] for code in codes)
    assert all(mod_11_2.is_valid(number) for number in people)
    assert {number[:6] for number in people} == {"990000", "810000", "820000", "830000"}


def test_the_letters_are_what_they_are_said_to_be() -> None:
    assert len(set(DOTS)) == len(DOTS)
    assert all(
        "\ue000" <= private <= "\uf8ff" and not "\ue000" <= standard <= "\uf8ff" for private, standard in TWINS.items()
    )
    for private, standard in TWINS.items():  # two bytes of code page 936 in a row from FE50, without FE7F
        place = 0x50 + ord(private) - 0xE815
        decoded = bytes((0xFE, place + (place >= 0x7F))).decode("gb18030")
        assert decoded in {private, standard}


def test_the_security_council_file_has_every_kind_of_document(security_council: DamagedUn) -> None:
    assert len(security_council.entries) == 1_003
    assert len(security_council.counts) == 24
    assert min(security_council.counts.values()) >= 20
    names = [entry.names[0] for entry in security_council.entries]
    assert len(set(names)) == len(names)
    assert {name.count(" ") for name in names if not name.startswith("EXAMPLE")} >= {0, 1, 2, 3}


def test_a_person_can_look_at_a_list(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.support.dirty_lists", "--seed", "7", "--out", str(tmp_path)]
    root = Path(__file__).parents[2]
    shown = subprocess.run(command, cwd=root, capture_output=True, text=True, check=True).stdout
    assert (tmp_path / f"7_{dirty_list(7).file_name}").read_bytes() == dirty_list(7).content
    assert f"{len(dirty_list(7).truths)} rows" in shown
    assert all(kind in shown for kind in dirty_list(7).kinds)


# ---- the check


@cache
def simple_list() -> tuple[DirtyList, Truth]:
    """A list in the product's plainest form, and one of its rows that nothing was done to."""
    for seed in SEEDS:
        made = dirty_list(seed)
        is_plain = {"csv", "separator_comma"} <= set(made.kinds) and made.refusal is None and made.source == "city_list"
        if is_plain and len(made.content.splitlines()) == len(made.truths) + 1:
            for truth in made.truths:
                if not truth.kinds and truth.kind == "sole_trader" and truth.asks[0].action == "procurement.bid":
                    return made, truth
    pytest.fail("no seed gives a list in plain form")


def test_a_row_that_is_lost_on_the_way_is_seen(tmp_path: Path) -> None:
    made, truth = simple_list()
    question = replace(truth.asks[0])
    as_it_is = try_list(replace(made, truths=(replace(truth, asks=(question,)),)), tmp_path / "whole")
    lines = made.content.splitlines(keepends=True)
    del lines[truth.row - 1]
    lost = replace(made, content=b"".join(lines), truths=(replace(truth, asks=(question,)),))
    [miss] = try_list(lost, tmp_path / "lost").misses
    assert as_it_is == Found([], is_read=True, questions=1 + len(made.controls))
    assert (miss.what, miss.row, miss.seed) == ("false clear", truth.row, made.seed)
    assert truth.numbers[0].value not in str(miss)


def test_a_name_that_is_lost_is_seen(tmp_path: Path) -> None:
    made, truth = simple_list()
    by_name = next(ask for ask in truth.asks if ask.expects == "candidate")
    asks = (by_name, replace(by_name, name="示例从未列入"))
    [miss] = try_list(replace(made, truths=(replace(truth, asks=asks),)), tmp_path).misses
    assert (miss.what, miss.row) == ("no candidate", truth.row)


def test_a_question_that_is_not_answered_is_seen(tmp_path: Path) -> None:
    made, truth = simple_list()
    asks = (replace(truth.asks[0], number="12"),)
    [miss] = try_list(replace(made, truths=(replace(truth, asks=asks),)), tmp_path).misses
    assert (miss.what, miss.answer) == ("not answered", "error identifier_malformed")


def test_an_answer_that_would_hide_every_miss_is_seen(tmp_path: Path) -> None:
    made, truth = simple_list()
    listed = replace(truth.asks[0], expects="clear")
    [miss] = try_list(replace(made, truths=(), controls=(listed,)), tmp_path).misses
    assert miss.what == "blind"


def test_a_file_that_is_refused_or_read_against_the_truth_is_seen(tmp_path: Path) -> None:
    made, _ = simple_list()
    cut = replace(made, content=made.content[:400] + b'"')
    [refused] = try_list(cut, tmp_path / "cut").misses
    assert refused.what == "refused"
    password = next(each for each in map(dirty_list, SEEDS) if "no_list_password" in each.kinds)
    assert password.refusal
    named = replace(password, refusal=replace(password.refusal, words=("a cause that is not named",)))
    assert [miss.what for miss in try_list(named, tmp_path / "named").misses] == ["cause not named"]
    certain = replace(made, refusal=password.refusal)
    assert [miss.what for miss in try_list(certain, tmp_path / "read").misses] == ["not refused"]


def test_an_entry_that_is_lost_from_the_security_council_file_is_seen(
    security_council: DamagedUn, tmp_path: Path
) -> None:
    person = next(e for e in security_council.entries if set(e.kinds) == {"sound"} and e.names[0].count(" "))
    body = next(each for each in security_council.entries if each.kind == "legal_entity")
    parts = security_council.content.decode().split("\n")
    kept = [line for line in parts if f"<REFERENCE_NUMBER>{person.reference}<" not in line]
    assert len(kept) == len(parts) - 1
    few = replace(security_council, content="\n".join(kept).encode(), entries=(person, body))
    lost = un_misses(few, tmp_path)
    assert {miss.kinds[0] for miss in lost} == {person.reference}
    assert {"no candidate", "false clear"} == {miss.what for miss in lost}


def un_misses(made: DamagedUn, folder: Path) -> list[Miss]:
    """Compile the file and ask about all entries."""
    file = folder / "consolidated.xml"
    file.write_bytes(made.content)
    compile_file(folder / "state", "un_consolidated", file)
    asked = [((entry.reference, *entry.kinds), ask) for entry in made.entries for ask in entry.asks]
    return ask_all(folder / "state", file.name, [*asked, *(((), ask) for ask in made.controls)])


# ---- the claim


def assert_nobody_is_lost(seeds: list[int], folder: Path) -> None:
    """No wrong answer over the lists of these seeds; and most lists are read, not refused with a reason."""
    found = []
    for seed in seeds:
        found.append(try_list(dirty_list(seed), folder / str(seed)))
        shutil.rmtree(folder / str(seed))
    misses = [miss for each in found for miss in each.misses]
    assert not misses, told(misses)
    readable = sum(not (made.refusal and made.refusal.is_certain) for made in map(dirty_list, seeds))
    assert sum(each.is_read for each in found) >= 0.5 * readable
    assert sum(each.questions for each in found) >= 20 * len(seeds)


def test_nobody_on_a_dirty_list_is_clear_by_accident(kinds: dict[int, set[str]], tmp_path: Path) -> None:
    seeds = covering(kinds, SAMPLE)
    assert set().union(*(kinds[seed] for seed in seeds)) == FILE_KINDS | ROW_KINDS
    assert_nobody_is_lost(seeds, tmp_path)


@pytest.mark.soak
def test_nobody_on_2000_dirty_lists_is_clear_by_accident(tmp_path: Path) -> None:
    assert_nobody_is_lost(list(SEEDS), tmp_path)


def test_nobody_on_a_damaged_security_council_list_is_clear(security_council: DamagedUn, tmp_path: Path) -> None:
    misses = un_misses(security_council, tmp_path)
    assert not misses, told(misses)
