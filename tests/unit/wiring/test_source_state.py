"""Which sources an operator is told of, and why: the rule of the answers' own gaps."""

from datetime import date, timedelta
from typing import Any

import pytest

from xingate_server.core.admission.result import BY_RULE, UNREADABLE, kind_of_refusal
from xingate_server.snapshot.manifest import SourceCount
from xingate_server.wiring.source_state import faults_of, figures_of

DATA = date(2026, 7, 1)
SOUND = SourceCount(
    kind="city_list",
    provides=("black.*",),
    rows=9,
    admitted=8,
    baseline=8,
    data_as_of=DATA,
    coverage_from=DATA,
    max_age_days=30,
)


@pytest.mark.parametrize(
    ("cells", "day", "where"),
    [
        ({}, DATA, ""),
        ({}, DATA + timedelta(days=30), ""),
        ({}, DATA + timedelta(days=31), "stale"),
        ({}, DATA - timedelta(days=1), "missing"),
        ({"is_loaded": False}, DATA, "missing"),
        ({"baseline": 0}, DATA, "missing"),
        ({"vanished": ("black.bribery",)}, DATA, "missing"),
        ({"data_as_of": None}, DATA, "missing"),
        ({"unreadable": 2}, DATA, "unreadable"),
    ],
)
def test_faults(cells: dict[str, Any], day: date, where: str) -> None:
    faults = faults_of([SourceCount(**{**_fields(SOUND), **cells})], day)
    assert {name for name, found in faults.items() if found} == ({where} if where else set())
    assert all(one["kind"] == "city_list" for found in faults.values() for one in found)


def test_a_source_is_stale_when_it_is_as_old_as_it_may_be() -> None:
    (figures,) = figures_of([SOUND], "2026-07-02T00:00:00Z")
    assert figures.max_age_s == 30 * 86_400
    assert figures.data_end_s == 1_782_921_600  # 2026-07-02 00:00 in Shanghai
    assert figures.compiled_s == 1_782_950_400
    (absent,) = figures_of([SourceCount(**{**_fields(SOUND), "is_loaded": False})], "2026-07-02T00:00:00Z")
    assert (absent.rows, absent.admitted, absent.compiled_s) == (0, 0, None)


def test_every_reason_of_a_refusal_has_a_kind() -> None:
    assert {kind_of_refusal(reason) for reason in BY_RULE} == {"by_rule"}
    assert {kind_of_refusal(reason) for reason in UNREADABLE} == {"unreadable"}
    assert kind_of_refusal("identifier_rounded") == "number"


def _fields(source: SourceCount) -> dict[str, Any]:
    return {name: getattr(source, name) for name in SourceCount.__struct_fields__}
