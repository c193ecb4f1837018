"""The HTTP face as programs of others meet it: curl, and schemathesis, which knows the published document alone."""

import http.client
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from xingate_server.demo.numbers import citizen_number, unified_code
from xingate_server.transport.calls import ROUTES
from xingate_server.transport.http.openapi import document

QUESTION = {
    "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
    "action": "market.entry",
}
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "negative_data_rejection",
    "unsupported_method",
)


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = tmp_path_factory.mktemp("foreign") / "state"
    shutil.copytree(compiled_state, state, symlinks=True)
    return start_gateway(state)


@pytest.fixture
def client(gateway: Any) -> Any:
    with httpx.Client(base_url=gateway.http, trust_env=False, timeout=20) as client:
        yield client


def refused(answer: httpx.Response) -> tuple[int, str, str]:
    told = answer.json()
    return answer.status_code, told["reason"], told["detail"]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not on this machine")
def test_head_is_taken_wherever_get_is(gateway: Any, client: httpx.Client) -> None:
    record = client.post("/v1/check", json=QUESTION).json()["trace"]["recordId"]
    paths = [path for path, item in document()["paths"].items() if "get" in item and "matter-receipt" not in path]
    assert len(paths) > 12
    for path in paths:
        address = f"{gateway.http}{path.replace('{recordId}', record)}"
        command = ["curl", "-sSI", "--noproxy", "*", "--max-time", "10", address]
        head = subprocess.run(command, capture_output=True, text=True, check=True).stdout
        assert head.startswith("HTTP/1.1 200 "), path
        assert head.rstrip().count("\n") < 12, "and nothing of the body"
    assert client.head("/v1/trace/unknown").status_code == 404
    assert client.head("/v1/check").headers["allow"] == "POST"


def test_what_stands_in_the_query_of_a_question_is_refused(client: httpx.Client) -> None:
    """A day in the address was ignored, so that today was answered."""
    for path in ("/v1/check", "/v1/check:batch", "/v1/check:matter", "/v1/trace/x/outcome"):
        told = refused(client.post(path, params={"asOf": "2024-01-01"}, json=QUESTION))
        assert told == (400, "field_unknown", "unknown field `asOf`: remove it or correct its name")
    assert client.post("/v1/check?", json=QUESTION).status_code == 200
    assert refused(client.get("/v1/actions", params={"asOf": "2024-01-01"}))[1] == "field_unknown"


def test_no_route_takes_a_parameter_that_it_does_not_have(client: httpx.Client) -> None:
    """What is asked for in vain is reported, but to probes and scrapers, which add parameters of their own."""
    record = client.post("/v1/check", json=QUESTION).json()["trace"]["recordId"]
    document_ = document()["paths"]
    assert len(document_) > 20
    ignoring = {"/healthz", "/readyz", "/metrics", "/.well-known/authzen-configuration"}
    for path in ignoring:
        for query in ("verbose", "ts=1", "name[]=xingate_up", "x=1&x=2"):
            assert client.get(f"{path}?{query}").status_code == 200
        assert "400" not in document_[path]["get"]["responses"]
    for path, item in document_.items():
        if path in ignoring:
            continue
        for verb, operation in item.items():
            known = [p["name"] for p in operation.get("parameters", ()) if p["in"] == "query"]
            address = path.replace("{recordId}", record)
            for query in ("x=1", "x", "name[]=xingate_up", "x=1&x=2", *(f"{name}=1&{name}=1" for name in known)):
                answer = client.request(verb, f"{address}?{query}", json=QUESTION if verb == "post" else None)
                assert answer.status_code == 400, (verb, path, query)
                assert ("field_unknown" in answer.text) or "given twice" in answer.text
            assert "400" in operation["responses"], path
            if verb == "get":
                assert client.head(f"{address}?x=1").status_code == 400
    number = citizen_number(101)
    for query in (f"{number}=1", f"{number}=1&{number}=2"):
        assert number not in client.get(f"/v1/actions?{query}").text
    assert '<html lang="zh' in client.get("/docs?lang=zh-CN").text
    assert '<html lang="en' in client.get("/docs?lang=fr").text


@pytest.mark.parametrize("header", ["Content-Type", "Host", "Expect"])
@pytest.mark.parametrize("path", ["/v1/check", "/v1/check:matter"])
def test_a_header_that_is_one_value_may_be_sent_once(gateway: Any, path: str, header: str) -> None:
    values = {"Content-Type": "application/json", "Host": "gate.example", "Expect": "100-continue"}
    body = json.dumps(QUESTION).encode()
    with closing(http.client.HTTPConnection(urlsplit(gateway.http).netloc, timeout=10)) as connection:
        connection.putrequest("POST", path, skip_host=True)
        connection.putheader("Content-Length", str(len(body)))
        for name in {"Content-Type", "Host", header}:
            for _ in range(1 + (name == header)):
                connection.putheader(name, values[name])
        connection.endheaders(body)
        answer = connection.getresponse()
        told = json.loads(answer.read())
    assert (answer.status, told["reason"], told["field"]) == (400, "message_malformed", header)
    assert told["detail"] == f"the header `{header}` is given twice"


def test_lines_of_a_list_are_one_list(client: httpx.Client) -> None:
    """Accept and Content-Encoding are lists (RFC 9110 section 5.3): the second line counts as well."""
    for lines, kind in (
        (("image/png", "text/plain"), "text/plain"),
        (("text/plain", "image/png"), "text/plain"),
        (("application/json", "text/plain;q=0.5"), "application/json"),
    ):
        note = client.get("/v1/checkpoint", headers=[("Accept", line) for line in lines])
        assert note.headers["content-type"].partition(";")[0] == kind
    packed = [("Content-Type", "application/json"), ("Content-Encoding", "identity"), ("Content-Encoding", "gzip")]
    assert client.post("/v1/check", content=json.dumps(QUESTION), headers=packed).status_code == 415


def test_json_that_cannot_be_read_is_named(client: httpx.Client) -> None:
    def post(path: str, content: str) -> tuple[int, str, str]:
        return refused(client.post(path, content=content, headers={"Content-Type": "application/json"}))

    deep = "message_malformed", "the body is nested too deep: at most 100 levels are read"
    large = "a number is too large (line 1, column {}): a 64-bit floating-point number cannot hold it"
    for path in ("/v1/check", "/v1/check:batch", "/v1/check:matter", "/v1/trace/x/outcome"):
        for levels in (101, 500, 1100, 100_000):
            assert post(path, '{"context":' + "[" * levels + "]" * levels + "}") == (400, *deep)
        assert post(path, '{"a":1e400}') == (400, "message_malformed", large.format(6))
        assert post(path, '{"sequence":-1e999}') == (400, "message_malformed", large.format(13))
    kept = QUESTION | {"context": {"a": "[" * 200}}
    assert client.post("/v1/check", json=kept).status_code == 200, "brackets in a text are no levels"


def test_the_document_names_server_security_and_each_refusal(client: httpx.Client) -> None:
    told = client.get("/openapi.json").json()
    assert told["servers"] == [{"url": "/", "description": "This gateway"}]
    assert document("https://gate.example")["servers"][0]["url"] == "https://gate.example"
    assert told["security"] == []
    answers = {(p, v): set(o["responses"]) for p, item in told["paths"].items() for v, o in item.items()}
    assert all("405" in found for found in answers.values())
    asking = {"400", "404", "405", "409", "413", "415", "417", "429", "503", "default"}
    assert asking <= answers["/v1/check", "post"]
    for route in (each for each in ROUTES if each.service):
        path = route.openapi_path
        assert {"400", "503"} <= answers[path, route.verb.lower()]
        if "recordId" in path:
            assert "404" in answers[path, route.verb.lower()]
    for path in ("/access/v1/evaluation", "/access/v1/evaluations"):
        assert {"400", "429", "503"} <= answers[path, "post"]
        assert "409" not in answers[path, "post"]
    assert "429" in answers["/v1/trace:search", "post"]
    assert "503" in answers["/readyz", "get"]


@pytest.mark.soak
def test_schemathesis_finds_nothing(gateway: Any, tmp_path: Path) -> None:
    command = [str(Path(sys.executable).with_name("st")), "run", f"{gateway.http}/openapi.json"]
    options = ["--checks", ",".join(CHECKS), "--max-examples", "100", "--seed", "1", "--no-color"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=600)
    assert done.returncode == 0, done.stdout[-5000:]
    print(done.stdout[-600:])  # noqa: T201 -- how much was tried
    assert json.loads(httpx.get(f"{gateway.http}/readyz", trust_env=False).text)["ready"] is True
