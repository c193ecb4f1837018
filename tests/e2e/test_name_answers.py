"""Who has no number: the same candidates over every transport, by command and again in a replay."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.support.commands import run_command

import xingate
from xingate_server.snapshot.store import SnapshotSet


@pytest.fixture
def listed(own_state: Path) -> tuple[str, str]:
    """Name and code of a listed (invented) company."""
    held = SnapshotSet(own_state).current()
    files = dict(held.keys()).values()
    profiles = {file.profiles[0] for file in files if file.held and file.profiles and file.profiles[0].uscc}
    chosen = min((p for p in profiles if p.name.endswith("有限公司")), key=lambda p: p.uscc)
    return chosen.name, chosen.uscc


def test_every_way_of_asking_shows_the_same(
    start_gateway: Callable[..., Any], own_state: Path, listed: tuple[str, str]
) -> None:
    name, code = listed
    asked = name.removesuffix("有限公司")
    gateway = start_gateway(own_state)
    shown = []
    for target in (f"grpc://{gateway.grpc}", gateway.http):
        with xingate.connect(target, system="tests") as client:
            decision = client.check(xingate.Subject.legal_entity(name=asked), "permit.grant")
        assert decision.verdict is xingate.Verdict.CANNOT_TELL
        shown.append(decision.candidates)
        assert f"may be: {name} {code}" in str(decision)
    body = {
        "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "name": asked},
        "action": "permit.grant",
        "caller": {"system": "tests"},
    }
    answer = httpx.post(f"{gateway.http}/v1/check", json=body, trust_env=False, timeout=20).json()
    assert shown[0] == shown[1]
    best, told = shown[0][0], answer["candidates"][0]
    assert (best.name, best.code, best.score) == (told["name"], told["code"], told["score"]) == (name, code, best.score)
    assert 0.4 < best.score <= 0.5
    assert (best.why, best.closes_with) == (told["why"], told["closesWith"])
    assert "but for the legal form" in best.why
    assert code in best.closes_with
    assert gateway.stop() == 0
    replayed = run_command("trace", "replay", answer["trace"]["recordId"], "--state", str(own_state), "--json")
    assert replayed.returncode == 0, replayed.stderr
    assert "same" in replayed.stdout


def test_the_command_prints_them(own_state: Path, listed: tuple[str, str]) -> None:
    asked = ["check", "--state", str(own_state), "--kind", "legal_entity", "--action", "permit.grant"]
    done = run_command(*asked, "--name", listed[0].removesuffix("有限公司"), "--json")
    assert done.returncode == 13
    assert json.loads(done.stdout)["candidates"][0]["closesWith"].endswith(f"`{listed[1]}`")
    done = run_command(*asked, "--name", listed[0].removesuffix("有限公司"))
    assert done.returncode == 13
    words = "".join(done.stdout.split())
    assert listed[0] in words
    assert "candidate" in words
    assert "askagain" in words
