"""Each example runs by one command on the demo's invented lists, and asks a served gateway when given its URL."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from xingate_server.demo.numbers import citizen_number

ROOT = Path(__file__).parents[3]
SAID = {
    "approval": ("容缺受理 tolerance", "从严审查 strict_review", "不予办理 refuse", "2 parties under one checkpoint"),
    "trading": ("B1 FAVOURED    admitted, 3 points", "B2 RESTRICTED  not admitted", "since the opening: nothing new"),
    "recruitment": ("需注意 CAUTION", "not the same, decided by 示例核实人", "notice.html"),
    "provincial": ("<conclusion>CAUTION</conclusion>", '"conclusion": "CAUTION"', '"feedbackId"'),
    "web": ("WSGI /accept/f1: 200 accepted", "WSGI /accept/f2: 409", "ASGI /accept/f2: 409", "ASGI /: 200 home"),
}


def run(name: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    command = [sys.executable, str(ROOT / "examples" / f"{name}.py"), *arguments]
    return subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, encoding="utf-8", check=False
    )


def test_all_examples_are_run_here() -> None:
    assert {path.stem for path in (ROOT / "examples").glob("*.py")} == {*SAID, "lists", "authzen_proxy"}


@pytest.mark.parametrize("name", SAID)
def test_it_runs_by_one_command(name: str) -> None:
    done = run(name)
    assert (done.returncode, done.stderr) == (0, "")
    assert [said for said in SAID[name] if said not in done.stdout] == []
    for serial in (101, 107, 301, 302):
        assert citizen_number(serial) not in done.stdout


def test_they_ask_a_served_gateway(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    grpc, http = f"grpc://{gateway.grpc}", gateway.http
    asked = {"approval": grpc, "trading": http, "recruitment": http, "provincial": grpc, "web": http}
    assert asked.keys() == SAID.keys()
    for name, url in asked.items():
        done = run(name, url)
        assert (done.returncode, done.stderr) == (0, "")
        assert [said for said in SAID[name] if said not in done.stdout] == []


def test_the_proxy_says_how_it_is_called() -> None:
    done = run("authzen_proxy")
    assert done.returncode != 0
    assert done.stderr == "usage: python examples/authzen_proxy.py URL UPSTREAM PORT\n"


@pytest.mark.parametrize("name", SAID)
def test_a_wrong_call_prints_its_usage(name: str) -> None:
    done = run(name, "--help")
    assert done.returncode != 0
    assert done.stderr == f"usage: python examples/{name}.py [URL]\n"


@pytest.mark.parametrize("name", SAID)
def test_without_a_gateway_nothing_is_decided(name: str) -> None:
    done = run(name, "grpc://127.0.0.1:1")
    if name == "web":  # a server that goes on, and answers so
        assert "no answer, so the matter does not go on" in done.stdout
    else:
        said = "no answer" if name == "provincial" else "no check, so nothing is decided"
        assert done.stderr.startswith(f"{said}: ")
        assert ("unreachable" if name == "provincial" else "cannot be reached") in done.stderr
        assert done.returncode != 0
    assert "Traceback" not in done.stderr
    assert not any(word in done.stdout for word in ("granted", "admitted", "200 accepted", "CLEAR"))
