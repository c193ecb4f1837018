"""Every golden case of `decide`, and that the cases cover what DESIGN section 4 lists."""

import json
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from golden_case import CASES, answer, catalogue_of, read, resolved, told
from tidy import tidied, untidy

from xingate_server.core.catalogue import Verdict
from xingate_server.core.decide.decision import GapReason, digest, encode

PATHS = sorted(CASES.glob("*.yaml"))


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_the_case_is_answered_as_the_rules_say(path: Path) -> None:
    case = read(path)
    decision = answer(case)
    expected = dict(case["expected"])
    whole = expected.pop("decision", None)
    pinned = expected.pop("digest", None)
    assert told(decision, resolved(case.get("given", {}))[1], expected) == expected
    if whole is not None:
        text = json.dumps(whole, ensure_ascii=False, separators=(",", ":")).encode()
        assert encode(decision) == text
        assert digest(decision) == sha256(text).hexdigest() == pinned


def test_the_cases_are_written_in_one_form() -> None:
    assert untidy(CASES) == [], "`python tests/golden/tidy.py --rewrite` does it"


@pytest.mark.parametrize(
    "text", ["- 1\n", "title: a\nwhy: b\nasked: {}\n", "title: a\nwhy: b\nasked: {}\nexpect: {}\n"]
)
def test_a_case_with_other_keys_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="a golden case has the keys"):
        tidied(text)


@cache
def _expected_of_all() -> list[dict[str, Any]]:
    return [read(path)["expected"] for path in PATHS]


def _expected(name: str) -> list[Any]:
    return [item for expected in _expected_of_all() for item in expected.get(name, [])]


def test_every_measure_acts_in_some_case() -> None:
    acting = {text.split(" by ")[0] for text in _expected("measures")}
    catalogue = catalogue_of({"layers": ["shiyan2017", "international"]})
    assert {measure.id for measure in catalogue.measures} <= acting


def test_every_verdict_gap_reason_and_reach_has_a_case() -> None:
    assert {expected["verdict"] for expected in _expected_of_all()} == {verdict.name for verdict in Verdict}
    assert {gap["reason"] for gap in _expected("gaps")} == set(GapReason)
    reaches = {text.split(" as ")[1].split(" of ")[0] for text in _expected("measures")}
    catalogue = catalogue_of({})
    assert reaches == {reach.value for measure in catalogue.measures for reach in measure.reach}
