"""Logs: JSON lines on standard error without any identity number and without tracebacks, ours and others' alike."""

import json
import subprocess
import sys

import pytest

from xingate_server.demo.numbers import citizen_number

NUMBER = citizen_number(101)
PROGRAM = """
import logging, sys, structlog
from xingate_server.wiring.logging_setup import configure
configure(sys.argv[1], sys.argv[2])
number = sys.argv[3]
log = structlog.get_logger("ours")
log.debug("too fine")
log.info("said", subject=number, nested={"list": [number, f"no. {number}!"]})
try:
    raise LookupError(f"no {number}")
except LookupError:
    log.exception("failed")
    logging.getLogger("other").exception("theirs failed with %s", number)
logging.getLogger("other").warning("theirs about %s", number)
"""


def run(level: str, form: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, level, form, NUMBER], capture_output=True, check=True, text=True
    )
    assert done.stdout == ""
    return done.stderr


@pytest.mark.parametrize("form", ["json", "auto", "console"])
def test_no_identity_number_and_no_traceback(form: str) -> None:
    logged = run("info", form)
    assert NUMBER not in logged
    assert NUMBER[:6] in logged
    assert "Traceback" not in logged
    assert "too fine" not in logged


def test_lines_are_json_with_level_time_and_places() -> None:
    lines = [json.loads(line) for line in run("info", "auto").splitlines()]
    assert [line["event"] for line in lines][:2] == ["said", "failed"]
    assert [line["level"] for line in lines] == ["info", "error", "error", "warning"]
    for failed in lines[1:3]:
        assert failed["error"] == "LookupError"
        assert failed["frames"] == ["<string>:10 <module>"]
    assert all(line["timestamp"].endswith("Z") for line in lines)


def test_level() -> None:
    assert len(run("error", "json").splitlines()) == 2
