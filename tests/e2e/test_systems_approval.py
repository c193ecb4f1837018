"""An approval bureau on real gateways: acceptance and decision, what follows from each, and the web gates."""

import asyncio
import csv
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta, timezone
from pathlib import Path
from typing import Any
from wsgiref.util import setup_testing_defaults

import pytest
from tests.support.waiting import wait_until

import xingate
from xingate import InvalidRequestError, Party, RequestIdReusedError, Subject, UnavailableError, Verdict
from xingate.errors import NotGuardedError
from xingate.testing import FakeGateway
from xingate.types import MeasureOutcome
from xingate_adapters.systems.approval import (
    ApprovalDesk,
    ApprovalFile,
    AsgiGate,
    MatterMap,
    Stage,
    Step,
    WsgiGate,
    current_handling,
    load_matter_map,
    requires_handling,
)
from xingate_adapters.systems.approval.web import HANDLING, Checked
from xingate_adapters.systems.errors import (
    IncompleteFileError,
    MappingFileError,
    StoppedError,
    UnknownMatterError,
)
from xingate_adapters.systems.workdays import working_day_deadline
from xingate_server.demo import DATA
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, compile_from_options

CODE = "示例-SP-01"
TODAY = datetime.now(timezone(timedelta(hours=8))).date()
MAP = MatterMap.model_validate(
    {
        "matters": {
            CODE: {
                "title": "示例许可",
                "acceptance": "permit.accept",
                "decision": "permit.grant",
                "papers_by_law": ["示例法定材料"],
            },
            "示例-SC-01": {"title": "示例准入", "acceptance": "market.entry", "decision": "market.entry"},
        }
    }
)


@pytest.fixture(scope="module")
def desk(compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApprovalDesk]:
    state = shutil.copytree(compiled_state, tmp_path_factory.mktemp("approval") / "state", symlinks=True)
    with xingate.connect(f"embedded:{state}", system="permits", organisation="示例审批局") as client:
        yield ApprovalDesk(client, MAP)


def company(serial: int, *others: Party) -> tuple[Party, ...]:
    return (Party.applicant(Subject.legal_entity(unified_code(serial))), *others)


def file(serial: int, *others: Party, **given: Any) -> ApprovalFile:
    return ApprovalFile(f"示例-{serial}", given.pop("code", CODE), company(serial, *others), "示例经办人", **given)


@pytest.mark.parametrize(
    ("serial", "missing", "code", "step"),
    [
        (2, (), CODE, Step.GREEN_CHANNEL),
        (2, ("示例图纸",), CODE, Step.TOLERANCE),
        (2, ("示例图纸", "示例法定材料"), CODE, Step.SUPPLEMENT),
        (19, (), CODE, Step.PROCEED),
        (19, ("示例图纸",), CODE, Step.SUPPLEMENT),
        (1, (), CODE, Step.STRICT_REVIEW),
        (1, ("示例图纸",), CODE, Step.SUPPLEMENT),
        (1, (), "示例-SC-01", Step.REFUSE),
        (1, ("示例图纸",), "示例-SC-01", Step.REFUSE),
    ],
)
def test_what_follows_from_each_verdict(
    desk: ApprovalDesk, serial: int, missing: tuple[str, ...], code: str, step: Step
) -> None:
    handling = desk.accept(file(serial, missing_papers=missing, code=code))
    assert handling.step is step
    assert (handling.promise is not None) == (step is Step.TOLERANCE)
    assert bool(handling.reasons) == (step in {Step.STRICT_REVIEW, Step.REFUSE, Step.SUPPLEMENT})
    note = json.loads(json.dumps(handling.note()))
    assert note["records"][0]["recordId"] == handling.decision.record_ids[0]
    if step is Step.REFUSE:
        assert any("18.4" in reason for reason in handling.reasons)
        assert any("复议" in remedy for remedy in handling.remedies)


def test_a_promise_has_its_papers_and_a_deadline_in_working_days(desk: ApprovalDesk) -> None:
    promise = desk.accept(file(2, missing_papers=("示例图纸",))).promise
    assert promise is not None
    assert (promise.papers, promise.working_days) == (("示例图纸",), 20)
    assert promise.deadline == working_day_deadline(TODAY, 20)
    assert "书面承诺" in promise.text_zh


@pytest.mark.parametrize(
    ("start", "days", "last"),
    [
        (date(2026, 9, 30), 1, date(2026, 10, 8)),
        (date(2026, 10, 8), 2, date(2026, 10, 10)),  # a Saturday that is worked
        (date(2026, 12, 31), 1, None),  # 2027 is not announced
        (date(2026, 12, 20), 20, None),
    ],
)
def test_working_days_are_those_of_the_official_calendar(start: date, days: int, last: date | None) -> None:
    assert working_day_deadline(start, days) == last


def test_a_name_alone_holds_the_file_and_says_why(desk: ApprovalDesk) -> None:
    named = ApprovalFile("示例-9", CODE, (Party.applicant(Subject.legal_entity(name="示例建工有限公司")),))
    handling = desk.accept(named)
    assert handling.step is Step.HOLD
    assert "identity_name_only" in handling.reasons[0]


def test_the_legal_representative_counts_and_no_number_stands_in_the_note(desk: ApprovalDesk) -> None:
    person = Party.legal_representative(Subject.natural_person(citizen_number(101), name="示例甲"))
    handling = desk.accept(file(3, person, code="示例-SC-01"))
    assert handling.step is Step.REFUSE
    text = json.dumps(handling.note(), ensure_ascii=False) + str(handling.reasons)
    assert citizen_number(101) not in text
    assert "示例建工有限公司" in text


def relist(state: Path, folder: Path) -> None:
    """Compile again with one more company on the black list."""
    with (DATA / "city_list_black.csv").open(encoding="utf-8", newline="") as content:
        rows = list(csv.DictReader(content))
    added = {
        **rows[0],
        "主体名称": "示例清白商贸有限公司",
        "主体代码": unified_code(3),
        "文书号": "示例信认〔2026〕99号",
    }
    added |= {"法定代表人": "", "法定代表人证件号码": "", "关联人员": ""}
    path = folder / "city_list_black.csv"
    with path.open("w", encoding="utf-8", newline="") as content:
        writer = csv.DictWriter(content, list(rows[0]))
        writer.writeheader()
        writer.writerows([*rows, added])
    kinds = {
        "city_list": (path, DATA / "city_list_red.xlsx"),
        "double_publicity": (DATA / "double_publicity_penalty.xlsx", DATA / "double_publicity_permit.csv"),
        "judgment_debtor": (DATA / "judgment_debtor.json",),
        "entity_register": (DATA / "entity_register.csv",),
    }
    files = tuple(GivenFile(kind, each, TODAY) for kind, paths in kinds.items() for each in paths)
    compile_from_options(
        CompileOptions(state_dir=state, files=files, coverage={kind: (date(2017, 10, 12), TODAY) for kind in kinds})
    )


def test_the_decision_says_what_changed_since_the_acceptance(own_state: Path, tmp_path: Path) -> None:
    with xingate.connect(f"embedded:{own_state}", system="permits", organisation="示例审批局") as client:
        desk = ApprovalDesk(client, MAP)
        accepted = json.loads(json.dumps(desk.accept(file(3)).note()))
        assert desk.decide(file(3), accepted).changes == ()
        relist(own_state, tmp_path)
        wait_until(lambda: client.snapshot().ref.sequence > 1)
        decided = desk.decide(file(3), accepted)
    assert decided.step is Step.STRICT_REVIEW
    assert any("新增" in change and "99号" in change for change in decided.changes)
    assert "applicant：permit.accept 有激励 FAVOURED → permit.grant 需注意 CAUTION" in decided.changes


def test_other_parties_at_the_decision_are_a_change(desk: ApprovalDesk) -> None:
    accepted = desk.accept(file(3)).note()
    person = Party.principal(Subject.natural_person(citizen_number(302)))
    assert "当事人" in desk.decide(file(3, person), accepted).changes[0]


@pytest.mark.parametrize("note", [{}, {"records": []}, {"records": "x", "requestId": "r"}])
def test_a_decision_without_an_acceptance_is_refused(desk: ApprovalDesk, note: dict[str, Any]) -> None:
    with pytest.raises(IncompleteFileError, match="no earlier check"):
        desk.decide(file(3), note)
    with pytest.raises(IncompleteFileError, match="another matter"):
        desk.decide(file(3), desk.accept(file(2)).note())


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (file(3, code="示例-无"), UnknownMatterError),
        (file(3, code=""), UnknownMatterError),
        (ApprovalFile("", CODE, company(3)), IncompleteFileError),
        (ApprovalFile("示例", CODE, ()), InvalidRequestError),
        (ApprovalFile("示例", CODE, (Party.principal(Subject.natural_person("1")),)), InvalidRequestError),
        (ApprovalFile("示例", CODE, (Party.applicant(Subject.legal_entity("12")),)), InvalidRequestError),
        (file(3, *company(4)), InvalidRequestError),
    ],
)  # fmt: skip
def test_bad_files_are_refused_before_anything_is_recorded(
    desk: ApprovalDesk, given: ApprovalFile, error: type[Exception]
) -> None:
    before = desk._client.records(1)
    with pytest.raises(error):
        desk.accept(given)
    assert desk._client.records(1) == before


def test_feedback_goes_to_each_record_once(desk: ApprovalDesk) -> None:
    note = desk.accept(file(1)).note()
    done = [MeasureOutcome.applied("18.1a", date="2026-07-01"), MeasureOutcome.not_applied("5.strict", "示例")]
    first = desk.report(note, done)
    assert [one.lookup_record_id for one in first] == [note["records"][0]["recordId"]]
    assert desk.report(note, done) == first
    with pytest.raises(RequestIdReusedError):
        desk.report(note, done[:1])
    for wrong in ([], [MeasureOutcome.applied("18.4")]):
        with pytest.raises(IncompleteFileError):
            desk.report(note, wrong)


def test_no_gateway_is_an_exception_and_a_retry_finds_the_record() -> None:
    fake = FakeGateway()
    desk = ApprovalDesk(fake.client(), MAP)
    with fake.outage(), pytest.raises(UnavailableError) as caught:
        desk.accept(file(3))
    assert fake.records == []
    first = desk.accept(file(3), request_id=caught.value.request_id)
    assert desk.accept(file(3), request_id=caught.value.request_id) == first
    assert len(fake.records) == 1


# The guard and the web gates.


def test_a_guarded_function_is_entered_only_where_the_file_goes_on(desk: ApprovalDesk) -> None:
    entered = []

    @requires_handling(desk, Stage.ACCEPTANCE, file=lambda case: case)
    def accept(case: ApprovalFile) -> str:
        entered.append(case.number)
        return current_handling().step.value

    assert accept(file(2)) == "green_channel"
    with pytest.raises(StoppedError, match="refuse") as caught:
        accept(file(1, code="示例-SC-01"))
    assert caught.value.handling.reasons
    assert entered == ["示例-2"]
    with pytest.raises(NotGuardedError):
        current_handling()

    @requires_handling(desk, Stage.DECISION, file=lambda case, note: case, accepted=lambda case, note: note)
    def decide(case: ApprovalFile, note: dict[str, Any]) -> Stage:
        return current_handling().stage

    assert decide(file(2), desk.accept(file(2)).note()) is Stage.DECISION
    with pytest.raises(TypeError, match="plain functions"):
        requires_handling(desk, Stage.ACCEPTANCE, file=lambda case: case)(asyncio.sleep)


def checked(path: str) -> Checked | None:
    return {
        "/good": Checked(file(2), Stage.ACCEPTANCE),
        "/barred": Checked(file(1, code="示例-SC-01"), Stage.ACCEPTANCE),
        "/unknown": Checked(file(1, code="示例-无"), Stage.ACCEPTANCE),
        "/malformed": Checked(
            ApprovalFile("示例", CODE, (Party.applicant(Subject.legal_entity("12")),)), Stage.ACCEPTANCE
        ),
        "/early": Checked(file(2), Stage.DECISION),
    }.get(path)


def over_wsgi(desk: ApprovalDesk, path: str) -> tuple[int, dict[str, str], Any]:
    def app(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
        start_response("200 OK", [])
        return [environ[HANDLING].step.value.encode() if HANDLING in environ else b"free"]

    environ: dict[str, Any] = {"PATH_INFO": path}
    setup_testing_defaults(environ)
    started: list[Any] = []
    body = b"".join(WsgiGate(app, desk, lambda e: checked(e["PATH_INFO"]))(environ, lambda *a: started.append(a)))
    ((status, headers),) = started
    return int(status.split()[0]), dict(headers), body


def over_asgi(desk: ApprovalDesk, path: str) -> tuple[int, dict[str, str], Any]:
    sent: list[dict[str, Any]] = []

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send(
            {
                "type": "http.response.body",
                "body": scope[HANDLING].step.value.encode() if HANDLING in scope else b"free",
            }
        )

    async def file_of(scope: Any) -> Checked | None:
        return checked(scope["path"])

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    async def run() -> None:
        await AsgiGate(app, desk, file_of)({"type": "http", "path": path}, lambda: None, send)
        await AsgiGate(app, desk, file_of)({"type": "lifespan", "path": path}, lambda: None, send)

    asyncio.run(run())
    headers = {name.decode().title(): value.decode() for name, value in sent[0]["headers"]}
    return sent[0]["status"], headers, sent[1]["body"]


@pytest.mark.parametrize("ask", [over_wsgi, over_asgi])
def test_the_gate_stands_before_the_application(desk: ApprovalDesk, ask: Callable[..., Any]) -> None:
    assert ask(desk, "/good")[::2] == (200, b"green_channel")
    assert ask(desk, "/else")[::2] == (200, b"free")
    for path, status, reason in (
        ("/barred", 409, "stopped"),
        ("/unknown", 422, "matter_code_unknown"),
        ("/malformed", 422, "identifier_malformed"),
        ("/early", 422, "file_incomplete"),
    ):
        told, headers, body = ask(desk, path)
        problem = json.loads(body)
        assert (told, problem["status"], problem["reason"]) == (status, status, reason)
        assert headers["Content-Type"] == "application/problem+json"
        assert int(headers["Content-Length"]) == len(body)
    assert json.loads(ask(desk, "/barred")[2])["remedies"]


@pytest.mark.parametrize("ask", [over_wsgi, over_asgi])
def test_no_answer_is_503_and_never_a_pass(ask: Callable[..., Any]) -> None:
    fake = FakeGateway(default=Verdict.CLEAR)
    desk = ApprovalDesk(fake.client(), MAP)
    with fake.outage():
        status, headers, body = ask(desk, "/good")
    assert (status, headers["Retry-After"]) == (503, "1")
    assert json.loads(body)["requestId"]


# The mapping file.


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "matters: field required"),
        ("[matters]", "matters: "),
        ("[matters.a]\ntitle='x'", "matters.a.acceptance: field required; matters.a.decision: field required"),
        ("[matters.a]\ntitle=''\nacceptance='permit.accept'\ndecision='permit.grant'", "matters.a.title"),
        ("[matters.a]\ntitle='x'\nacceptance='Permit'\ndecision='permit.grant'", "matters.a.acceptance"),
        (
            "[matters.a]\ntitle='x'\nacceptance='permit.accept'\ndecision='permit.grant'\ncolour='red'",
            "matters.a.colour",
        ),
        ("[matters.a]\ntitle='x'\n[matters.a]\ntitle='y'", "is not TOML"),
        ("matters = 7", "matters: "),
        ("\x00", "is not TOML"),
    ],
)
def test_a_wrong_mapping_file_says_what_is_wrong(tmp_path: Path, text: str, told: str) -> None:
    path = tmp_path / "matters.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingFileError) as caught:
        load_matter_map(path)
    assert told in str(caught.value)
    assert str(path) in str(caught.value)


def test_a_mapping_file_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(MappingFileError, match="cannot be read"):
        load_matter_map(tmp_path / "none.toml")
    (tmp_path / "gbk.toml").write_bytes("[matters.甲]".encode("gb18030"))
    with pytest.raises(MappingFileError, match="UTF-8"):
        load_matter_map(tmp_path / "gbk.toml")


def test_actions_are_those_of_the_catalogue(desk: ApprovalDesk) -> None:
    MAP.require_actions(desk._client)
    wrong = {"a": {"title": "x", "acceptance": "permit.nonsense", "decision": "permit.grant"}}
    with pytest.raises(MappingFileError, match=r"no action `permit\.nonsense`"):
        MatterMap.model_validate({"matters": wrong}).require_actions(desk._client)


def test_the_sample_mapping_is_good(desk: ApprovalDesk) -> None:
    sample = load_matter_map(Path(__file__).parents[2] / "examples" / "matters.toml")
    sample.require_actions(desk._client)
    assert all(code.startswith("示例-") for code in sample.matters)
