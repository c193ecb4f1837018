"""Receipts against real gateways: over every transport, on paper, on the command line, and kept by a caller."""

import json
import re
import shutil
import time
from base64 import b64decode
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import grpc
import httpx
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status
from tests.support.commands import Done, run_command

import xingate
from xingate.checkpoint import verify, verify_extends
from xingate.receipt import Receipt, verify_receipt
from xingate.spool import SpoolReport
from xingate.types import Subject
from xingate.v1 import trace_pb2, trace_pb2_grpc
from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.transport.http.openapi import document

COMPANY, PERSON = Subject.legal_entity(unified_code(1)), citizen_number(101)
WHO = {"system": "tests", "organisation": "示例单位", "operator": "示例经办人"}


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("receipts") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state)


@pytest.fixture(scope="module")
def key(gateway: Any) -> str:
    text: str = (gateway.state / "keys" / "trace.pub").read_text(encoding="ascii").strip()
    return text


@pytest.fixture(scope="module")
def http(gateway: Any) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=gateway.http, trust_env=False, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def trace(gateway: Any) -> Iterator[Any]:
    with grpc.insecure_channel(gateway.grpc, options=[("grpc.enable_http_proxy", 0)]) as channel:
        yield trace_pb2_grpc.TraceServiceStub(channel)


@pytest.fixture(scope="module")
def client(gateway: Any) -> Iterator[xingate.Client]:
    with xingate.connect(f"grpc://{gateway.grpc}", **WHO) as client:
        yield client


@pytest.fixture
def decision(client: xingate.Client) -> xingate.Decision:
    return client.check(COMPANY, "market.entry", matter="示例-0001")


def test_the_file_over_http_proves_the_answer(http: httpx.Client, key: str, decision: xingate.Decision) -> None:
    response = http.get(f"/v1/trace/{decision.trace.record_id}/receipt")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    schema = document()["components"]["schemas"]["Receipt"]
    assert sorted(response.json()) == sorted(schema["properties"])
    assert type(response.json()["leafIndex"]) is int
    proven = verify_receipt(response.content, key)
    assert proven.value("verdict") == decision.verdict.name == "PROHIBITED"
    assert proven.value("decisionDigest") == decision.decision_digest
    assert (proven.value("organisation"), proven.value("matter")) == ("示例单位", "示例-0001")
    assert proven.leaf_index == decision.trace.leaf_index


def test_every_way_gives_the_same_receipt(
    http: httpx.Client, trace: Any, client: xingate.Client, decision: xingate.Decision
) -> None:
    record_id = decision.trace.record_id
    receipts = [
        Receipt.from_json(http.get(f"/v1/trace/{record_id}/receipt").content),
        Receipt.from_message(trace.GetReceipt(trace_pb2.GetReceiptRequest(record_id=record_id), timeout=20)),
        client.receipt(record_id),
    ]
    assert len({(r.leaf, r.leaf_index, r.log_origin) for r in receipts}) == 1


def test_a_receipt_is_there_within_two_seconds_of_its_answer(client: xingate.Client, key: str) -> None:
    for _ in range(20):
        answered = client.check(COMPANY, "market.entry")
        started = time.monotonic()
        receipt = client.receipt(answered.trace.record_id)
        assert time.monotonic() - started < 2
        assert verify_receipt(receipt, key).checkpoint.tree_size > answered.trace.leaf_index


class Page(HTMLParser):
    """The text of a page, and every attribute that could load something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.loads = "", []
        self.tags: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [name for name, value in attrs if name in {"src", "href", "data", "action", "srcset"} and value]

    def handle_data(self, data: str) -> None:
        self.text += data


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("?format=html", None),
        ("", "text/html"),
        ("", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"),
        ("", "application/json;q=0.5, text/html"),
        ("?format=html", "application/json"),
    ],
)
def test_the_page_to_print(http: httpx.Client, decision: xingate.Decision, query: str, accept: str | None) -> None:
    record_id = decision.trace.record_id
    headers = {"Accept": accept} if accept else {}
    response = http.get(f"/v1/trace/{record_id}/receipt{query}", headers=headers)
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.headers["content-security-policy"].startswith("default-src 'none'")
    page = Page(response.text)
    shown = (
        "禁止",
        "PROHIBITED",
        "示例单位",
        "示例经办人",
        "示例-0001",
        unified_code(1),
        "市场和行业禁入",
        "Market and",
    )
    assert [text for text in (record_id, decision.decision_digest, *shown) if text not in page.text] == []
    assert (page.loads, "script" in page.tags, "svg" in page.tags) == ([], False, True)
    assert not re.search(r"url\(|@import", response.text)


@pytest.mark.parametrize(
    "accept", [None, "*/*", "application/json", "text/html;q=0.1, application/json", "text/html;q=x"]
)
def test_a_program_gets_the_file(http: httpx.Client, decision: xingate.Decision, accept: str | None) -> None:
    headers = {"Accept": accept} if accept else {}
    response = http.get(f"/v1/trace/{decision.trace.record_id}/receipt", headers=headers)
    assert response.headers["content-type"].startswith("application/json")
    assert response.headers["vary"] == "Accept"


def test_a_persons_number_is_in_no_receipt_and_on_no_page(http: httpx.Client, client: xingate.Client) -> None:
    asked = client.check(Subject.natural_person(PERSON, name="示例甲"), "permit.grant", matter="M-1", operator="示例员")
    path = f"/v1/trace/{asked.trace.record_id}/receipt"
    receipt, page = http.get(path), http.get(path + "?format=html")
    content = b64decode(receipt.json()["leaf"]) + receipt.content + page.content
    assert PERSON.encode() not in content
    assert "示例甲".encode() not in content
    assert "号码不留存" in page.text


def test_checkpoints_and_what_lies_between(http: httpx.Client, client: xingate.Client, key: str) -> None:
    client.check(COMPANY, "market.entry")
    time.sleep(1.2)
    old = http.get("/v1/checkpoint", headers={"Accept": "text/plain"})
    assert old.headers["content-type"] == "text/plain; charset=utf-8"
    for _ in range(3):
        last = client.check(COMPANY, "market.entry")
    client.receipt(last.trace.record_id)  # so that it is covered
    new = http.get("/v1/checkpoint").json()
    size1 = verify(old.text, key).tree_size
    proof = http.get("/v1/checkpoint/consistency", params={"size1": size1, "size2": new["treeSize"]}).json()
    assert new["verifierKey"] == key
    first, second = verify_extends(old.text, new["note"], [b64decode(one) for one in proof["proof"]], key)
    assert second.tree_size >= first.tree_size + 3
    assert (str(second.tree_size), second.root_hash) == (new["treeSize"], b64decode(new["rootHash"]))
    assert http.get("/v1/checkpoint/consistency", params={"size1": 0}).json()["proof"] == []


BAD = [
    ("/v1/trace/unknown/receipt", (404, "record_unknown", "recordId")),
    ("/v1/trace/unknown/receipt?format=html", (404, "record_unknown", "recordId")),
    ("/v1/trace/unknown/receipt?format=pdf", (400, "message_malformed", "format")),
    ("/v1/trace/unknown/receipt?fmt=html", (400, "field_unknown", "fmt")),
    ("/v1/checkpoint?size=1", (400, "field_unknown", "size")),
    ("/v1/checkpoint/consistency?size1=1&size2=99999999", (400, "size_unknown", "size2")),
    ("/v1/checkpoint/consistency?size1=99999999", (400, "size_unknown", "size1")),
    ("/v1/checkpoint/consistency?size1=2&size2=1", (400, "size_order", "size1")),
    ("/v1/checkpoint/consistency?size1=-1", (400, "message_malformed", "size1")),
    ("/v1/checkpoint/consistency?size1=x", (400, "message_malformed", "size1")),
]


@pytest.mark.parametrize(("path", "expected"), BAD)
def test_what_cannot_be_proven_is_a_problem(http: httpx.Client, path: str, expected: tuple[int, str, str]) -> None:
    with xingate.connect(str(http.base_url), **WHO) as client:
        client.check_many([xingate.Question(COMPANY, "market.entry")] * 2)
    response = http.get(path)
    body = response.json()
    assert response.headers["content-type"] == "application/problem+json"
    assert (response.status_code, body["reason"], body.get("field", "")) == expected


@pytest.mark.parametrize(
    ("method", "request_", "code", "reason"),
    [
        ("GetReceipt", trace_pb2.GetReceiptRequest(record_id="unknown"), "NOT_FOUND", "record_unknown"),
        ("GetReceipt", trace_pb2.GetReceiptRequest(), "NOT_FOUND", "record_unknown"),
        (
            "GetConsistencyProof",
            trace_pb2.GetConsistencyProofRequest(size1=2**64 - 1),
            "INVALID_ARGUMENT",
            "size_unknown",
        ),
        (
            "GetConsistencyProof",
            trace_pb2.GetConsistencyProofRequest(size1=1, size2=2**64 - 1),
            "INVALID_ARGUMENT",
            "size_unknown",
        ),
    ],
)
def test_the_same_over_grpc(trace: Any, method: str, request_: Any, code: str, reason: str) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        getattr(trace, method)(request_, timeout=20)
    error: Any = caught.value
    info = error_details_pb2.ErrorInfo()
    assert rpc_status.from_call(error).details[0].Unpack(info)
    assert (error.code().name, info.reason) == (code, reason)


def run(*arguments: str) -> Done:
    return run_command("trace", *arguments)


def test_on_the_command_line(gateway: Any, decision: xingate.Decision, tmp_path: Path, key: str) -> None:
    target = ["--target", f"grpc://{gateway.grpc}"]
    file, page = tmp_path / "receipt.json", tmp_path / "receipt.html"
    public = str(gateway.state / "keys" / "trace.pub")
    record_id = decision.trace.record_id
    made = run("receipt", record_id, "--out", str(file), "--html", str(page), "--key", public, *target)
    assert (made.returncode, made.stderr) == (0, "")
    assert "市场和行业禁入" in page.read_text(encoding="utf-8")
    for given in (public, key):
        done = run("verify", str(file), "--key", given)
        assert done.returncode == 0
        assert {"已证明：查询记录", "proven: a lookup and its answer"} <= set(done.stdout.splitlines())
        assert all(text in done.stdout for text in (record_id, "PROHIBITED", "示例单位", "示例-0001"))
    shown = json.loads(run("verify", str(file), "--key", public, "--json").stdout)
    assert (shown["proven"], shown["recordId"], shown["kind"]) == (True, record_id, "check")
    printed = Receipt.from_json(run("receipt", record_id, "--json", *target).stdout)
    assert printed.leaf == Receipt.from_json(file.read_bytes()).leaf


def spoilt(name: str, value: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    return lambda receipt: receipt | {name: value}


@pytest.mark.parametrize(
    ("spoil", "check"),
    [
        (spoilt("format", "xingate-receipt/2"), "format"),
        (spoilt("leafIndex", 0), "inclusion"),
        (spoilt("leaf", "AAAA"), "inclusion"),
        (spoilt("recordId", "another"), "record"),
        (spoilt("logOrigin", "other.example"), "origin"),
        (spoilt("checkpoint", "no note"), "checkpoint"),
        (lambda receipt: receipt | {"checkpoint": receipt["checkpoint"][:-7] + "AAAA==\n"}, "signature"),
    ],
)
def test_a_bad_receipt_is_told_by_its_first_fault(
    client: xingate.Client, decision: xingate.Decision, tmp_path: Path, key: str, spoil: Any, check: str
) -> None:
    client.check(COMPANY, "market.entry")  # so that leaf 0 is another one
    file = tmp_path / "bad.json"
    file.write_text(json.dumps(spoil(json.loads(client.receipt(decision.trace.record_id).to_json()))), encoding="utf-8")
    done = run("verify", str(file), "--key", key)
    assert (done.returncode, done.stderr) == (1, "")
    assert f"not proven ({check})" in done.stdout
    assert "未能证明" in done.stdout
    assert json.loads(run("verify", str(file), "--key", key, "--json").stdout)["check"] == check


def test_two_checkpoints_on_the_command_line(
    gateway: Any, http: httpx.Client, client: xingate.Client, tmp_path: Path, key: str
) -> None:
    old, new, proof, other = (tmp_path / name for name in ("old.note", "new.note", "proof.json", "bad.json"))
    client.receipt(client.check(COMPANY, "market.entry").trace.record_id)
    old.write_text(client.checkpoint().note, encoding="utf-8")
    client.receipt(client.check(COMPANY, "market.entry").trace.record_id)
    new.write_text(client.checkpoint().note, encoding="utf-8")
    sizes = {"size1": verify(old.read_text(), key).tree_size, "size2": verify(new.read_text(), key).tree_size}
    proof.write_bytes(http.get("/v1/checkpoint/consistency", params=sizes).content)
    other.write_text(json.dumps({"proof": []}))
    both = ["verify", "--from", str(old), "--to", str(new), "--key", key]
    done = run(*both, "--proof", str(proof))
    assert (done.returncode, "只增不改" in done.stdout, "only grew" in done.stdout) == (0, True, True)
    assert json.loads(run(*both, "--proof", str(proof), "--json").stdout)["size1"] == sizes["size1"]
    for more in ([*both[:3], *both[5:]], both):
        assert run(*more, "--target", gateway.http).returncode == 0
    assert "not proven (consistency)" in run(*both, "--proof", str(other)).stdout
    backwards = run("verify", "--from", str(new), "--to", str(old), "--key", key, "--proof", str(proof))
    assert (backwards.returncode, "not proven (consistency)" in backwards.stdout) == (1, True)
    forged = new.read_text(encoding="utf-8").replace(f"\n{sizes['size2']}\n", f"\n{sizes['size2'] + 1}\n", 1)
    new.write_text(forged, encoding="utf-8")
    assert "not proven (signature)" in run(*both, "--proof", str(proof)).stdout


@pytest.mark.parametrize(
    "arguments",
    [
        ["verify", "missing.json", "--key", "k"],
        ["verify", __file__],
        ["verify", __file__, "--key", "nonsense"],
        ["verify", __file__, "--key", __file__],
        ["verify", "--key", "nonsense"],
    ],
)
def test_wrong_usage(arguments: list[str]) -> None:
    done = run(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr


def test_usage_with_a_good_key(tmp_path: Path, key: str) -> None:
    for more in ([], [__file__, "--from", __file__], [__file__, "--to", __file__], [__file__, "--proof", __file__]):
        assert run("verify", "--key", key, *more).returncode == 2
    unknown = run("receipt", "unknown", "--state", str(tmp_path))
    assert (unknown.returncode, unknown.stdout) == (3, "")


def test_a_spool_over_restarts_and_a_restored_backup(
    start_gateway: Callable[..., Any], own_state: Path, tmp_path: Path
) -> None:
    spool, backup = tmp_path / "spool", tmp_path / "backup"

    def ask_and_verify(count: int) -> SpoolReport:
        gateway = start_gateway(own_state)
        try:
            with xingate.connect(f"grpc://{gateway.grpc}", **WHO, spool=spool) as client:
                client.check_many([xingate.Question(COMPANY, "market.entry")] * count)
                return client.verify_all()
        finally:
            assert gateway.stop() == 0

    assert ask_and_verify(3).is_proven
    shutil.copytree(own_state, backup, symlinks=True)
    grown = ask_and_verify(300)
    assert (grown.is_proven, len(grown.records), grown.is_new_key) == (True, 303, False)
    shutil.rmtree(own_state)
    backup.rename(own_state)
    report = ask_and_verify(0)
    assert report.problem.startswith("it went back")
    assert [record.check for record in report.records].count("missing") == 300


def test_several_workers_never_look_like_a_rewritten_log(
    start_gateway: Callable[..., Any], own_state: Path, tmp_path: Path
) -> None:
    gateway = start_gateway(own_state, "--workers", "2")
    for _ in range(8):
        with xingate.connect(gateway.http, **WHO, spool=tmp_path / "spool") as client:
            client.check_many([xingate.Question(COMPANY, "market.entry")] * 3)
            report = client.verify_all()
        assert report.is_proven, str(report)
    assert len(report.records) == 24
