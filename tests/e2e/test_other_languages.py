"""The clients in other languages: built from the .proto files, they ask a real gateway and verify receipts offline."""

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from xingate_server.demo.numbers import unified_code

ROOT = Path(__file__).parents[2]
RECEIPTS = ROOT / "tests" / "unit" / "sdk"
KEY = (RECEIPTS / "receipts_good" / "verifier_key.txt").read_text(encoding="utf-8").strip()
GOOD = sorted((RECEIPTS / "receipts_good").glob("*.json"))
BAD = sorted((RECEIPTS / "receipts_bad").glob("*.json"))
assert GOOD, "they are looked for where they are"
assert BAD, "they are looked for where they are"
# The SDK is stricter with the file's form; what these prove is true all the same.
LENIENT = {
    "checkpoint_signature_twice",
    "format_field_missing",
    "format_field_twice",
    "format_index_fraction",
    "format_index_text",
}
UNREACHABLE = re.compile(
    r"Could not transfer artifact|UnknownHost|ENOTFOUND|EAI_AGAIN|ECONNREFUSED|ECONNRESET|ETIMEDOUT|ENETUNREACH"
)
BUILD_WITHIN_S = 240
RUN_WITHIN_S = 60


@dataclass(frozen=True)
class Client:
    """A built example: how it is started, and how it names a gateway."""

    command: tuple[str, ...]
    folder: Path
    scheme: str

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return _run(self.folder, RUN_WITHIN_S, *self.command, *arguments)


def _run(folder: Path, within_s: float, *command: str) -> "subprocess.CompletedProcess[str]":
    env = os.environ | {"JAVA_TOOL_OPTIONS": "-Dstdout.encoding=UTF-8 -Dfile.encoding=UTF-8"}
    return subprocess.run(
        command, cwd=folder, env=env, capture_output=True, text=True, encoding="utf-8", timeout=within_s, check=False
    )


def _build(folder: Path, *command: str) -> None:
    try:
        done = _run(folder, BUILD_WITHIN_S, *command)
    except subprocess.TimeoutExpired:
        pytest.skip(f"`{' '.join(command)}` did not end within {BUILD_WITHIN_S} s: the package registry is too slow")
    told = done.stdout + done.stderr
    if done.returncode and UNREACHABLE.search(told):
        pytest.skip(f"`{' '.join(command)}` cannot reach the package registry")
    assert done.returncode == 0, told


def _copied(to: Path, name: str, *tools: str) -> Path:
    missing = [tool for tool in tools if shutil.which(tool) is None]
    if missing:
        pytest.skip(f"the example in {name} is not built: {' and '.join(missing)} is not on this machine")
    shutil.copytree(ROOT / "proto", to / "proto")
    made = shutil.ignore_patterns("target", "node_modules", "gen", "dist")
    return Path(shutil.copytree(ROOT / "examples" / name, to / "examples" / name, ignore=made))


def _java(to: Path) -> Client:
    folder = _copied(to, "java", "java", "mvn")
    _build(folder, "mvn", "-B", "-q", "compile", "dependency:build-classpath")
    classpath = f"target/classes:{(folder / 'target' / 'classpath').read_text(encoding='utf-8').strip()}"
    return Client(("java", "-cp", classpath, "example.CheckAndVerify"), folder, "")


def _typescript(to: Path) -> Client:
    folder = _copied(to, "typescript", "node", "npm")
    # Unless told otherwise npm asks a registry that is away for five minutes.
    retries = ("--fetch-retries=1", "--fetch-retry-mintimeout=500", "--fetch-retry-maxtimeout=1000")
    _build(folder, "npm", "install", "--prefer-offline", *retries)
    _build(folder, "npm", "run", "-s", "build")
    return Client(("node", "dist/src/check_and_verify.js"), folder, "http://")


@pytest.fixture(scope="module", params=[_java, _typescript], ids=["java", "typescript"])
def client(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Client:
    built: Client = request.param(tmp_path_factory.mktemp("built"))
    return built


@pytest.fixture(scope="module")
def gateway(start_gateway: Callable[..., Any], compiled_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    state = Path(shutil.copytree(compiled_state, tmp_path_factory.mktemp("asked") / "state", symlinks=True))
    return start_gateway(state)


def test_a_client_asks_and_proves_that_it_asked(client: Client, gateway: Any) -> None:
    target = f"{client.scheme}{gateway.grpc.removeprefix('grpc://')}"
    key = httpx.get(f"{gateway.http}/v1/checkpoint", trust_env=False).json()["verifierKey"]
    for given in ((), (key,)):
        done = client.run("check", target, unified_code(1), "market.entry", *given)
        assert (done.returncode, done.stdout.splitlines()[:2]) == (
            0,
            ["answered: VERDICT_PROHIBITED", "  18.4 市场和行业禁入"],
        ), done.stderr
        proved = re.search(r"^proved: VERDICT_PROHIBITED is on record as (\S+) since ", done.stdout, re.MULTILINE)
        assert proved is not None
        record = httpx.get(f"{gateway.http}/v1/trace/{proved[1]}", trust_env=False).json()["record"]
        assert record["check"]["subjectCode"] == unified_code(1)
    stranger = client.run("check", target, unified_code(1), "market.entry", KEY)
    assert (stranger.returncode, "not proved: " in stranger.stderr) == (1, True)
    refused = client.run("check", target, "12", "market.entry")
    assert (refused.returncode, "no verdict: " in refused.stderr, refused.stdout) == (3, True, "")


def test_a_client_verifies_receipts_of_the_sdk_and_refuses_bad_ones(client: Client) -> None:
    done = client.run("verify", KEY, *map(str, GOOD))
    assert done.returncode == 0, done.stdout + done.stderr
    assert [": proved: " in line for line in done.stdout.splitlines()] == [True] * len(GOOD)
    done = client.run("verify", KEY, *map(str, BAD))
    told = dict(line.split(": ", 2)[:2] for line in done.stdout.splitlines())
    assert {Path(path).stem for path, how in told.items() if how == "proved"} <= LENIENT
    assert (done.returncode, set(told)) == (1, set(map(str, BAD)))


def test_a_client_says_how_it_is_called(client: Client) -> None:
    done = client.run("verify")
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage: check " in done.stderr
