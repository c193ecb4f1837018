"""One question per matter, the same on every way to a gateway: fake, embedded, gRPC, HTTP, threads and asyncio."""

import asyncio
import json
import shutil
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest

import xingate
from xingate import Party, Subject, Verdict
from xingate.client import RetryPolicy
from xingate.errors import (
    InvalidRequestError,
    NotFoundError,
    ReceiptError,
    RequestIdReusedError,
    UnavailableError,
)
from xingate.matter import ROLES, Judged, file_verdict
from xingate.matter_receipt import MatterReceipt, verify_matter_receipt
from xingate.testing import FakeGateway
from xingate.types import AppliedMeasure, Effect, Gap
from xingate_server.cli import main
from xingate_server.demo.numbers import citizen_number, unified_code

APPLICANT = Party.applicant(Subject.legal_entity(unified_code(3)))
BARRED = Party.legal_representative(Subject.natural_person(citizen_number(101), name="示例甲"))
OTHER = Party.principal(Subject.natural_person(citizen_number(302), name="示例寅"))
PARTIES = [APPLICANT, BARRED, OTHER]
WHO = {"system": "tests", "organisation": "示例机关", "operator": "示例经办人"}
JSON = {"Content-Type": "application/json"}
TARGETS = ["fake", "fake-async", "embedded", "embedded-async", "grpc", "grpc-async", "http", "http-async"]
KNOWN, CT = (
    (Verdict.CLEAR, Verdict.FAVOURED, Verdict.CAUTION, Verdict.RESTRICTED, Verdict.PROHIBITED),
    Verdict.CANNOT_TELL,
)


class Driven:
    """An async client, driven call by call."""

    def __init__(self, make: Callable[[], xingate.AsyncClient]) -> None:
        self._runner = asyncio.Runner()

        async def made() -> xingate.AsyncClient:
            return make()

        self._client = self._runner.run(made())

    def __getattr__(self, name: str) -> Callable[..., Any]:
        return lambda *args, **kwargs: self._runner.run(getattr(self._client, name)(*args, **kwargs))

    def close(self) -> None:
        self._runner.run(self._client.close())
        self._runner.close()


@pytest.fixture(scope="module")
def served(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("matters") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state)


@pytest.fixture(scope="module")
def state(compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return shutil.copytree(compiled_state, tmp_path_factory.mktemp("embedded") / "state", symlinks=True)


@pytest.fixture(scope="module", params=TARGETS)
def client(request: pytest.FixtureRequest) -> Iterator[Any]:
    kind, is_async = request.param.removesuffix("-async"), request.param.endswith("-async")
    if kind == "fake":
        fake = FakeGateway(actions=["market.entry"], context={"domain": ["environmental_protection", "other"]})
        bar = AppliedMeasure("18.4", effect=Effect.BAR)
        fake.answer(citizen_number(101), "market.entry", Verdict.PROHIBITED, measures=[bar])
        made: Any = Driven(lambda: fake.async_client(**WHO)) if is_async else fake.client(**WHO)
    else:
        if kind == "embedded":
            url = f"embedded:{request.getfixturevalue('state')}"
        else:
            url = getattr(request.getfixturevalue("served"), kind)
            url = f"grpc://{url}" if kind == "grpc" else url
        made = Driven(lambda: xingate.connect_async(url, **WHO)) if is_async else xingate.connect(url, **WHO)
    yield made
    made.close()


@pytest.fixture(params=["fake", "embedded", "grpc", "http"])
def target(request: pytest.FixtureRequest) -> str:
    found: str = request.param
    return found


def test_an_unknown_value_of_the_context_fails_the_matter_whole(client: Any) -> None:
    before = [entry.record_id for entry in client.records(1)]
    with pytest.raises(InvalidRequestError) as caught:
        client.check_matter("M-1", "market.entry", PARTIES, context={"domain": "水电"})
    assert (caught.value.reason, caught.value.field) == ("context_value_unknown", "context[domain]")
    assert [entry.record_id for entry in client.records(1)] == before


@pytest.mark.parametrize("lacking", ["organisation", "operator"])
def test_people_of_a_matter_are_asked_about_for_a_purpose_only(
    request: pytest.FixtureRequest, target: str, lacking: str
) -> None:
    who = WHO | {lacking: ""}
    if target == "fake":
        fake = FakeGateway()
        asking: xingate.Client = fake.client(**who)
    else:
        place = request.getfixturevalue("state" if target == "embedded" else "served")
        urls = {"embedded": f"embedded:{place}", "grpc": f"grpc://{getattr(place, 'grpc', '')}"}
        asking = xingate.connect(urls.get(target) or place.http, **who)
    with asking:
        with pytest.raises(InvalidRequestError) as caught:
            asking.check_matter("M-1", "market.entry", PARTIES)
        assert (caught.value.reason, caught.value.field) == ("purpose_missing", f"caller.{lacking}")
        assert asking.check_matter("M-1", "market.entry", [APPLICANT]).permits, "without people it is answered"


def test_each_party_has_its_record_and_the_file_one_answer_and_one_receipt(client: Any) -> None:
    decision = client.check_matter("M-1", "market.entry", PARTIES, context={"domain": "other"})
    assert decision.verdict is Verdict.PROHIBITED
    assert not decision.permits
    assert [(answer.party, answer.decision.verdict) for answer in decision.parties] == [
        (APPLICANT, Verdict.CLEAR),
        (BARRED, Verdict.PROHIBITED),
        (OTHER, Verdict.CLEAR),
    ]
    assert [(party, measure.id) for party, measure in decision.restrictions] == [(BARRED, "18.4")]
    assert json.loads(decision.to_json())["verdict"] == "VERDICT_PROHIBITED"
    entries = [client.record(record_id) for record_id in decision.record_ids]
    first = entries[0].leaf_index
    for place, (entry, party) in enumerate(zip(entries, PARTIES, strict=True), start=1):
        assert entry.leaf_index == first + place - 1, "one after the other, in one commit"
        assert entry.record.request_id == f"{decision.request_id}/{place}"
        check = entry.record.check
        assert (check.matter, check.action, check.caller.system) == ("M-1", "market.entry", "tests")
        assert check.context == {"domain": "other", "party.role": party.role, "party.place": f"{place}/3"}
    receipt, key = client.matter_receipt(decision.record_ids[1]), client.checkpoint().verifier_key
    proven = verify_matter_receipt(receipt.to_json(), key)
    assert [one.record_id for one in proven.parties] == list(decision.record_ids)
    assert (proven.matter, proven.action, proven.roles) == ("M-1", "market.entry", tuple(p.role for p in PARTIES))
    assert [one.value("verdict") for one in proven.parties] == ["CLEAR", "PROHIBITED", "CLEAR"]
    for language in ("zh", "en"):
        assert citizen_number(101) not in proven.text(language)


def test_a_retry_finds_the_same_answer_and_another_question_is_refused(client: Any) -> None:
    decision = client.check_matter("M-2", "market.entry", PARTIES, request_id=f"R-{id(client)}")
    count = len(client.records(1000))
    assert client.check_matter("M-2", "market.entry", PARTIES, request_id=decision.request_id) == decision
    for parties in (PARTIES[:2], PARTIES[::-1], [*PARTIES[:2], Party.principal(APPLICANT.subject)]):
        with pytest.raises(RequestIdReusedError) as caught:
            client.check_matter("M-2", "market.entry", parties, request_id=decision.request_id)
        assert caught.value.request_id == decision.request_id
    assert len(client.records(1000)) == count


@pytest.mark.parametrize(
    ("parties", "matter", "reason", "field"),
    [
        ([], "M", "parties_missing", "parties"),
        (PARTIES[1:], "M", "applicant_missing", "parties"),
        ([APPLICANT, replace(APPLICANT, subject=OTHER.subject)], "M", "applicant_repeated", None),
        ([APPLICANT, replace(OTHER, role="boss")], "M", "role_unknown", "parties[1].role"),
        ([APPLICANT, replace(OTHER, role="")], "M", "role_unknown", "parties[1].role"),
        ([APPLICANT], "", "matter_missing", "matter"),
        ([APPLICANT], " \u3000", "matter_missing", "matter"),
        (PARTIES, "", "purpose_missing", "matter"),  # a person is among them
        ([APPLICANT, OTHER.subject], "M", "party_malformed", "parties"),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_recorded(
    client: Any, parties: Any, matter: str, reason: str, field: str | None
) -> None:
    before = len(client.records(1000))
    with pytest.raises(InvalidRequestError) as caught:
        client.check_matter(matter, "market.entry", parties)
    assert caught.value.reason == reason
    assert field in {None, caught.value.field}
    assert len(client.records(1000)) == before


def test_a_receipt_is_of_a_matter_that_was_asked(client: Any) -> None:
    alone = client.check(APPLICANT.subject, "market.entry", matter="M-3")
    with pytest.raises(InvalidRequestError) as caught:
        client.matter_receipt(alone.trace.record_id)
    assert caught.value.reason == "record_not_matter"
    with pytest.raises(NotFoundError):
        client.matter_receipt("nothing")


@pytest.fixture(scope="module")
def embedded(state: Path) -> Iterator[xingate.Client]:
    with xingate.connect(f"embedded:{state}", **WHO) as client:
        yield client


@pytest.mark.parametrize(
    ("parties", "options", "reason", "field"),
    [
        ([APPLICANT, OTHER, OTHER], {}, "party_repeated", "parties[2]"),
        ([APPLICANT, Party.principal(Subject.natural_person("42"))], {}, "identifier_malformed",
         "parties[1].subject.identifiers[0].value"),
        ([APPLICANT, Party.principal(Subject.natural_person())], {}, "subject_missing", "parties[1].subject"),
        ([APPLICANT, Party("principal", Subject(xingate.SubjectKind.UNSPECIFIED))], {}, "subject_kind_missing",
         "parties[1].subject.kind"),
        ([APPLICANT], {"request_id": "x" * 121}, "request_id_malformed", "request_id"),
        ([APPLICANT], {"request_id": f"a-{citizen_number(5)}"}, "request_id_malformed", "request_id"),
        ([APPLICANT], {"context": {"party.role": "boss"}}, "context_malformed", "context"),
        ([APPLICANT], {"context": {str(n): "x" for n in range(31)}}, "context_malformed", "context"),
        ([APPLICANT], {"as_of": "gestern"}, "date_malformed", "as_of"),
        ([APPLICANT, *(Party("shareholder", Subject.natural_person(citizen_number(n))) for n in range(400, 500))], {},
         "parties_too_many", "parties"),
    ],
)  # fmt: skip
def test_what_only_a_real_gateway_judges(
    embedded: xingate.Client, parties: Any, options: Any, reason: str, field: str
) -> None:
    before = embedded.records(1)
    with pytest.raises(InvalidRequestError) as caught:
        embedded.check_matter("M", "market.entry", parties, **options)
    assert (caught.value.reason, caught.value.field) == (reason, field)
    assert embedded.records(1) == before
    assert citizen_number(5) not in str(caught.value)


def test_a_retry_completes_what_a_crash_left(embedded: xingate.Client) -> None:
    own = {"party.role": "applicant", "party.place": "1/3"}
    left = embedded.check(APPLICANT.subject, "market.entry", matter="M", request_id="crash/1", context=own)
    with pytest.raises(NotFoundError):
        embedded.matter_receipt(left.trace.record_id)
    decision = embedded.check_matter("M", "market.entry", PARTIES, request_id="crash")
    assert decision.record_ids[0] == left.trace.record_id
    assert len(embedded.matter_receipt(left.trace.record_id).receipts) == 3


def test_the_spool_keeps_every_partys_answer(state: Path, embedded: xingate.Client, tmp_path: Path) -> None:
    with xingate.connect(f"embedded:{state}", **WHO, spool=tmp_path / "spool") as client:
        decision = client.check_matter("M", "market.entry", PARTIES)
        report = client.verify_all(client.checkpoint().verifier_key)
    assert report.is_proven
    assert [record.record_id for record in report.records] == list(decision.record_ids)


def test_a_basic_view_has_ids_and_the_same_verdict(embedded: xingate.Client) -> None:
    decision = embedded.check_matter("M", "market.entry", PARTIES, view=xingate.View.BASIC)
    assert decision.verdict is Verdict.PROHIBITED
    assert [(measure.id, str(measure.title)) for measure in decision.parties[1].decision.measures] == [("18.4", "")]


def test_a_hundred_parties_have_one_receipt(embedded: xingate.Client) -> None:
    people = [Party("shareholder", Subject.natural_person(citizen_number(n))) for n in range(400, 499)]
    decision = embedded.check_matter("M", "market.entry", [APPLICANT, *people], request_id="x" * 120)
    receipt = embedded.matter_receipt(decision.record_ids[99])
    assert len(verify_matter_receipt(receipt, embedded.checkpoint().verifier_key).parties) == 100


def test_many_at_once_with_one_id_have_one_record_a_party(embedded: xingate.Client) -> None:
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(embedded.check_matter, "M", "market.entry", PARTIES, request_id="same") for _ in range(32)]
        answers = {answer.result().record_ids for answer in asked}
    assert len(answers) == 1
    assert len([entry for entry in embedded.records(1000) if entry.request_id.startswith("same/")]) == 3


@pytest.mark.parametrize("spoil", ["left_out", "swapped", "repeated", "mixed", "damaged", "two_checkpoints"])
def test_a_receipt_that_is_not_whole_proves_nothing(embedded: xingate.Client, spoil: str) -> None:
    one = embedded.check_matter("M", "market.entry", PARTIES)
    key = embedded.checkpoint().verifier_key
    mine = embedded.matter_receipt(one.record_ids[0]).receipts
    two = embedded.check_matter("M", "market.entry", PARTIES, operator="示例经办人二")
    theirs = embedded.matter_receipt(two.record_ids[0]).receipts
    later = replace(mine[1], checkpoint=theirs[0].checkpoint)
    spoiled = {
        "left_out": mine[:1] + mine[2:],
        "swapped": (mine[1], mine[0], mine[2]),
        "repeated": (mine[0], mine[0], mine[2]),
        "mixed": (mine[0], mine[1], theirs[2]),
        "damaged": (replace(mine[0], leaf=mine[0].leaf + b"\x08\x01"), *mine[1:]),
        "two_checkpoints": (mine[0], later, mine[2]),
    }[spoil]
    verify_matter_receipt(MatterReceipt(mine), key)
    with pytest.raises(ReceiptError) as caught:
        verify_matter_receipt(MatterReceipt(spoiled), key)
    assert caught.value.check in {"matter", "inclusion"}


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"{}", b'{"format":"xingate-matter-receipt/1","receipts":[]}', b"\xff", b"[" * 100_000,
     b'{"format":"xingate-matter-receipt/1","receipts":{}}', b'{"format":1,"format":2}', b" " * 4_194_305],
)  # fmt: skip
def test_a_file_that_is_no_receipt_is_refused(content: bytes) -> None:
    with pytest.raises(ReceiptError) as caught:
        MatterReceipt.from_json(content)
    assert caught.value.check == "format"


def test_the_command_fetches_and_verifies_it_offline(
    own_state: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with xingate.connect(f"embedded:{own_state}", **WHO) as client:
        decision = client.check_matter("M", "market.entry", PARTIES)
    file, key = tmp_path / "matter.json", own_state / "keys" / "trace.pub"

    def run(*arguments: object) -> tuple[int, str]:
        with pytest.raises(SystemExit) as ended:
            main(["trace", *map(str, arguments)])
        return int(ended.value.code or 0), capsys.readouterr().out

    assert run("receipt", decision.record_ids[2], "--matter", "--out", file, "--state", own_state)[0] == 0
    shutil.rmtree(own_state / "trace")
    code, told = run("verify", file, "--key", key)
    assert code == 0
    assert "3 个当事人一并查询" in told
    code, told = run("verify", file, "--key", key, "--json")
    assert [party["role"] for party in json.loads(told)["parties"]] == [party.role for party in PARTIES]
    content = json.loads(file.read_text(encoding="utf-8"))
    del content["receipts"][1]
    file.write_text(json.dumps(content), encoding="utf-8")
    code, told = run("verify", file, "--key", key)
    assert (code, "not proven (matter)" in told) == (1, True)


def test_http_and_grpc_without_our_client(served: Any) -> None:
    party = {"role": "applicant", "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "name": "示例建工有限公司"}}
    body = {"matter": "M-9", "action": "tender.bid", "caller": {"system": "plain"}, "parties": [party]}
    with httpx.Client(base_url=served.http, trust_env=False, timeout=20) as http:
        answer = http.post("/v1/check:matter", json=body).json()
        record = answer["parties"][0]["response"]["trace"]["recordId"]
        assert answer["verdict"] == "VERDICT_CANNOT_TELL"
        receipt = http.get(f"/v1/trace/{record}/matter-receipt")
        key = http.get("/v1/checkpoint").json()["verifierKey"]
        assert verify_matter_receipt(receipt.content, key).matter == "M-9"
        problem = http.post("/v1/check:matter", json={**body, "parties": [party, {**party, "role": "boss"}]})
        assert (problem.status_code, problem.json()["reason"]) == (400, "role_unknown")
        assert problem.json()["field"] == "parties[1].role"
        assert http.post("/v1/check:matter", json={**body, "parties": [{"rolle": "x"}]}).json()["reason"]
        assert http.post("/v1/check:matter", content=b"{", headers=JSON).status_code == 400
        for content, said in ((b"[]", "the body: expected"), (b'{"parties": [1]}', "`parties[0]`: expected")):
            problem = http.post("/v1/check:matter", content=content, headers=JSON)
            assert (problem.status_code, problem.json()["detail"]) == (400, f"{said} a JSON object")
    with grpc.insecure_channel(served.grpc) as channel:
        ask = channel.unary_unary("/xingate.v1.VerificationService/CheckMatter", None, None)
        with pytest.raises(grpc.RpcError) as caught:
            ask(b"\xff\xff", timeout=10)
        assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT  # type: ignore[attr-defined]


def test_a_gateway_that_is_down_gives_an_exception_and_no_verdict() -> None:
    fake = FakeGateway()
    with fake.outage(), fake.client() as client, pytest.raises(UnavailableError) as caught:
        client.check_matter("M", "market.entry", PARTIES)
    assert caught.value.request_id
    assert fake.records == []
    with (
        xingate.connect("grpc://127.0.0.1:1", retry=RetryPolicy(attempts=1), timeout_s=1.0) as nobody,
        pytest.raises(UnavailableError),
    ):
        nobody.check_matter("M", "market.entry", PARTIES)


def test_a_gateway_that_is_killed_leaves_one_record_a_party(start_gateway: Callable[..., Any], own_state: Path) -> None:
    """Matters in flight are asked again under their ids, also across a restart."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    gateways = [start_gateway(own_state, "--grpc-port", port)]

    def restart() -> None:
        gateways[0].kill()
        gateways.append(start_gateway(own_state, "--grpc-port", port))

    killing = threading.Thread(target=restart)
    retry = RetryPolicy(attempts=1000, pause_s=0.05, factor=1.0)
    with xingate.connect(f"grpc://127.0.0.1:{port}", **WHO, retry=retry, timeout_s=60.0) as client:
        decisions = []
        for number in range(60):
            if number == 20:
                killing.start()
            decisions.append(client.check_matter(f"M-{number}", "market.entry", PARTIES))
        killing.join()
        recorded = [entry.record_id for entry in client.records(1000) if entry.kind == "check"]
    assert recorded[::-1] == [record_id for decision in decisions for record_id in decision.record_ids]


@pytest.mark.parametrize("applicant", [*KNOWN, CT])
@pytest.mark.parametrize("other", [*KNOWN, CT])
@pytest.mark.parametrize("hidden", [Verdict.CAUTION, Verdict.RESTRICTED, Verdict.PROHIBITED, CT])
def test_the_files_verdict(applicant: Verdict, other: Verdict, hidden: Verdict) -> None:
    strict = {Verdict.CLEAR: 0, Verdict.FAVOURED: 0, Verdict.CAUTION: 1, Verdict.RESTRICTED: 2, Verdict.PROHIBITED: 3}
    found = [strict[each] for each in (applicant, other) if each is not CT]
    may_hide = [strict.get(hidden, 3)] * [applicant, other].count(CT)
    told = file_verdict(Judged(applicant, (hidden,)), [Judged(other, (hidden,))])
    if may_hide and (not found or max(may_hide) > max(found)):
        assert told is CT
    else:
        assert strict[told] == max(found)
        assert told is not Verdict.FAVOURED or applicant is Verdict.FAVOURED


def test_a_representatives_incentive_is_not_the_files() -> None:
    fake = FakeGateway()
    favour = AppliedMeasure("5.green", effect=Effect.FAVOUR)
    fake.answer(citizen_number(302), "permit.accept", Verdict.FAVOURED, measures=[favour])
    with fake.client(organisation="示例局", operator="示例员") as client:
        mine = client.check_matter("M", "permit.accept", [APPLICANT, OTHER])
        theirs = client.check_matter(
            "M", "permit.accept", [Party.applicant(OTHER.subject), Party.principal(APPLICANT.subject)]
        )
    assert (mine.verdict, mine.incentives) == (Verdict.CLEAR, ())
    assert (theirs.verdict, [measure.id for measure in theirs.incentives]) == (Verdict.FAVOURED, ["5.green"])


def test_a_gap_that_hides_no_more_than_was_found_leaves_the_verdict() -> None:
    fake = FakeGateway()
    fake.answer(unified_code(3), "tender.bid", Verdict.RESTRICTED)
    gap = Gap("source_stale", Verdict.RESTRICTED)
    fake.answer(citizen_number(302), "tender.bid", CT, gaps=[gap])
    with fake.client(organisation="示例局", operator="示例员") as client:
        decision = client.check_matter("M", "tender.bid", [APPLICANT, OTHER])
    assert decision.verdict is Verdict.RESTRICTED
    assert decision.gaps == ((OTHER, gap),)
    assert set(ROLES) >= {party.role for party in PARTIES}
