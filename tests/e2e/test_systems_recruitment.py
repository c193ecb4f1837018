"""An HR system on a real gateway: what a panel sees, doubts settled by a person, and the notice."""

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import xingate
from xingate import InvalidRequestError, UnavailableError, Verdict
from xingate.testing import FakeGateway
from xingate.types import MeasureOutcome
from xingate_adapters.systems.errors import IncompleteFileError
from xingate_adapters.systems.recruitment import Candidate, RecruitmentDesk, notice
from xingate_server.demo.numbers import citizen_number

DEFAULTER = Candidate("示例庚", citizen_number(107))
DOUBTED = Candidate("示例丑", citizen_number(301))
UNKNOWN = Candidate("示例寅", citizen_number(302))
HONOURED = Candidate("示例辛", citizen_number(108))
ASKED: dict[str, Any] = {"post": "示例岗位-1", "purpose": "personnel.recruit", "operator": "示例经办人"}


@pytest.fixture(scope="module")
def desk(compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RecruitmentDesk]:
    state = shutil.copytree(compiled_state, tmp_path_factory.mktemp("hr") / "state", symlinks=True)
    with xingate.connect(f"embedded:{state}", system="hr", organisation="示例人社局") as client:
        yield RecruitmentDesk(client)


def test_a_panel_sees_what_acts_and_on_which_basis(desk: RecruitmentDesk) -> None:
    result = desk.check(DEFAULTER, **ASKED)
    assert result.verdict is Verdict.CAUTION
    assert "5.strict" in [finding.measure_id for finding in result.findings]
    assert all(finding.basis for finding in result.findings)
    assert result.findings[0].authority == "示例市场监督管理局"
    assert result.remedies
    assert DEFAULTER.number not in repr(result) + repr(DEFAULTER)
    assert "示例庚" in result.candidate
    record = desk._client.record(result.record_id).record.check
    assert record is not None
    assert (record.matter, record.action, record.caller.operator) == ("示例岗位-1", "personnel.recruit", "示例经办人")
    assert desk.report(result, [MeasureOutcome.applied("5.strict")], operator="示例经办人") == desk.report(
        result, [MeasureOutcome.applied("5.strict")], operator="示例经办人"
    )


def test_incentives_and_other_peoples_names_are_not_the_panels(desk: RecruitmentDesk) -> None:
    result = desk.check(HONOURED, **ASKED)
    assert (result.verdict, result.findings) == (Verdict.CLEAR, ())
    assert desk.check(UNKNOWN, **ASKED).verdict is Verdict.CLEAR


def test_a_doubt_is_settled_by_a_person_and_told_the_next_time(desk: RecruitmentDesk) -> None:
    asked = ASKED | {"post": "示例岗位-3"}
    result = desk.check(DOUBTED, **asked)
    assert (result.verdict, result.needs_person, result.settled) == (Verdict.CANNOT_TELL, True, ())
    (doubt,) = result.unsettled
    desk.settle(result, doubt.entry_id, is_same=False, evidence="示例户籍资料", decided_by="示例核实人")
    again = desk.check(DOUBTED, **asked)
    assert again.verdict is Verdict.CANNOT_TELL, "a report corrects no list"
    assert again.unsettled == ()
    assert "not the same" in again.settled[0]
    assert "示例核实人" in again.settled[0]
    desk.settle(again, doubt.entry_id, is_same=True, evidence="示例判决书", decided_by="示例核实人二")
    newest = desk.check(DOUBTED, **asked)
    assert ": the same" in newest.settled[0]
    assert desk.check(DOUBTED, **ASKED | {"post": "示例岗位-2"}).settled == (), "another matter is another question"


@pytest.mark.parametrize(
    ("entry_id", "evidence", "decided_by"), [("x", "e", "d"), ("", "e", "d"), (None, " ", "d"), (None, "e", "")]
)
def test_a_doubt_needs_its_entry_evidence_and_a_person(
    desk: RecruitmentDesk, entry_id: str | None, evidence: str, decided_by: str
) -> None:
    result = desk.check(DOUBTED, **ASKED)
    entry = result.doubts[0].entry_id if entry_id is None else entry_id
    with pytest.raises(IncompleteFileError):
        desk.settle(result, entry, is_same=True, evidence=evidence, decided_by=decided_by)


@pytest.mark.parametrize(
    ("candidate", "changed", "error"),
    [
        (replace(UNKNOWN, number=""), {}, IncompleteFileError),
        (replace(UNKNOWN, scheme=""), {}, IncompleteFileError),
        (UNKNOWN, {"post": " "}, IncompleteFileError),
        (UNKNOWN, {"operator": ""}, IncompleteFileError),
        (UNKNOWN, {"purpose": ""}, IncompleteFileError),
        (UNKNOWN, {"purpose": "tender.bid"}, IncompleteFileError),
        (UNKNOWN, {"purpose": "x" * 5000}, IncompleteFileError),
        (replace(UNKNOWN, number="4203"), {}, InvalidRequestError),
        (replace(UNKNOWN, scheme="uscc"), {}, InvalidRequestError),
    ],
)
def test_number_purpose_and_post_are_needed(
    desk: RecruitmentDesk, candidate: Candidate, changed: dict[str, str], error: type[Exception]
) -> None:
    before = desk._client.records(1)
    with pytest.raises(error) as caught:
        desk.check(candidate, **ASKED | changed)
    assert UNKNOWN.number not in str(caught.value)
    assert len(str(caught.value)) < 400
    assert desk._client.records(1) == before


def test_no_gateway_is_an_exception_and_a_retry_finds_the_record() -> None:
    fake = FakeGateway()
    desk = RecruitmentDesk(fake.client(organisation="示例人社局"))
    with fake.outage(), pytest.raises(UnavailableError) as caught:
        desk.check(UNKNOWN, **ASKED)
    first = desk.check(UNKNOWN, **ASKED, request_id=caught.value.request_id)
    assert desk.check(UNKNOWN, **ASKED, request_id=caught.value.request_id) == first
    assert len(fake.records) == 1


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("candidate", [DEFAULTER, DOUBTED, UNKNOWN])
def test_the_notice_is_a_page_with_remedies_and_no_number(
    desk: RecruitmentDesk, candidate: Candidate, language: Any
) -> None:
    result = desk.check(candidate, **ASKED)
    page = notice(result, "示例人社局", language)
    assert candidate.number not in page
    assert candidate.name in page
    assert result.record_id in page
    assert not re.search(r"<script|https?://", page)
    assert ("复议" in page or "review" in page) == (candidate is DEFAULTER)
    assert ("尚不能得出结论" in page or "No conclusion yet" in page) == (candidate is DOUBTED)
    authorities = {DEFAULTER: "示例市场监督管理局", DOUBTED: "示例区人民法院"}
    assert [who for who, authority in authorities.items() if authority in page] == [
        c for c in authorities if c is candidate
    ]
    lists = ("有履行能力但拒不履行行政机关决定", "Refusing to perform an administrative decision while able to")
    assert (lists[language == "en"] in page) == (candidate is DEFAULTER)
    assert ("异议申请" in page or "object or complain" in page.lower()) == (candidate is not UNKNOWN)


@pytest.mark.parametrize(("is_same", "said"), [(True, "属于您本人"), (False, "不属于您本人")])
def test_the_notice_says_how_a_doubt_was_settled(desk: RecruitmentDesk, *, is_same: bool, said: str) -> None:
    asked = ASKED | {"post": f"示例岗位-{said}"}
    result = desk.check(DOUBTED, **asked)
    (doubt,) = result.unsettled
    desk.settle(result, doubt.entry_id, is_same=is_same, evidence="示例户籍资料", decided_by="示例核实人")
    page = notice(desk.check(DOUBTED, **asked), "示例人社局")
    assert f"已由人工核实：{said}<" in page
    assert "尚不能得出结论" not in page
    assert "示例核实人" not in page


def test_a_number_in_the_wrong_place_is_shown_to_nobody(desk: RecruitmentDesk) -> None:
    number = DEFAULTER.number
    wide = "".join(chr(ord(digit) + 0xFEE0) for digit in number)
    for name in (f"示例庚 {number}", f"示例庚（{wide}）", f"{number}示例庚"):
        candidate = replace(DEFAULTER, name=name)
        result = desk.check(candidate, **ASKED | {"post": number})
        shown = repr(result) + repr(candidate) + repr(candidate.subject) + notice(result, "示例人社局")
        assert number not in shown
        assert wide not in shown
        assert "示例庚" in result.candidate
    with pytest.raises(IncompleteFileError) as caught:
        desk.check(DEFAULTER, **ASKED | {"purpose": number})
    assert number not in str(caught.value)


def test_a_notice_escapes_what_people_wrote(desk: RecruitmentDesk) -> None:
    result = desk.check(replace(DEFAULTER, name="<script>alert(1)</script>"), **ASKED | {"post": "<b>&"})
    page = notice(result, "<i>示例</i>", "zh")
    assert "<script" not in page
    assert "<b>" not in page
    assert "<i>" not in page
    assert "&lt;b&gt;&amp;" in page
