"""The SDK's public face: what it exports, what it loads, what mypy makes of it."""

import importlib
import inspect
import pickle
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import xingate
import xingate.errors
import xingate.guard
import xingate.testing
import xingate.types
from xingate import aio, client

PURE = (
    "xingate",
    "xingate.errors",
    "xingate.types",
    "xingate.matter",
    "xingate._internal.values.decision",
    "xingate._internal.ports.target",
)


def run_python(code: str) -> str:
    return subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_all_holds_what_the_readme_promises() -> None:
    promised = "connect connect_async Client AsyncClient Subject Decision Verdict Question requires_check XingateError"
    assert set(promised.split()) <= set(xingate.__all__)
    assert sorted(xingate.__all__) == xingate.__all__


@pytest.mark.parametrize(
    "module",
    [
        "xingate",
        "xingate.errors",
        "xingate.types",
        "xingate.guard",
        "xingate.testing",
        "xingate.matter",
        "xingate.matter_receipt",
    ],
)
def test_every_exported_name_exists_and_is_listed_once(module: str) -> None:
    loaded = importlib.import_module(module)
    assert len(set(loaded.__all__)) == len(loaded.__all__)
    assert [name for name in loaded.__all__ if getattr(loaded, name, None) is None] == []
    assert set(loaded.__all__) <= set(dir(loaded))


def test_what_the_types_show_has_its_home_there() -> None:
    homes = {getattr(xingate.types, name).__module__ for name in xingate.types.__all__}
    assert homes == {"xingate.types"}
    subject = xingate.Subject.legal_entity("X")
    assert b"_internal" not in pickle.dumps(subject)
    assert pickle.loads(pickle.dumps(subject)) == subject  # noqa: S301 -- made the line before


def shape(function: object) -> list[tuple[str, object, str]]:
    """The parameters of a function: their names, defaults and kinds."""
    parameters = inspect.signature(function).parameters.values()  # type: ignore[arg-type]  # any member of a client
    return [(p.name, p.default, p.kind.name) for p in parameters]


def test_both_clients_have_the_same_methods_with_the_same_parameters() -> None:
    sync, asyncio = (
        {name: shape(member) for name, member in vars(client).items() if inspect.isfunction(member) and name[0] != "_"}
        for client in (xingate.Client, xingate.AsyncClient)
    )
    assert sync == asyncio
    assert {"check", "check_stream", "screen", "verify_all", "close"} <= set(sync)
    for one, other in ((aio.connect_async, client.connect), (aio.connect_backend_async, client.connect_backend)):
        assert shape(one) == shape(other)
    waiting = {name for name in sync if inspect.iscoroutinefunction(getattr(xingate.AsyncClient, name))}
    assert set(sync) - waiting == {"check_stream", "screen"}  # they are async iterators
    assert not any(inspect.iscoroutinefunction(getattr(xingate.Client, name)) for name in sync)


def test_a_file_for_threads_that_was_changed_by_hand_is_reported(tmp_path: Path) -> None:
    root = Path(__file__).parents[3]
    shutil.copytree(root / "sdk", tmp_path / "sdk")
    shutil.copy(root / "pyproject.toml", tmp_path)

    def check() -> tuple[int, str]:
        command = [sys.executable, tmp_path / "sdk/make_sync.py", "--check"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    assert check() == (0, "")
    with (tmp_path / "sdk/xingate/client.py").open("a", encoding="utf-8") as file:
        file.write("CHANGED = True\n")
    code, error = check()
    assert code == 1
    assert "sdk/xingate/client.py" in error
    assert "make sync" in error


def test_an_unknown_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="`nonsense`"):
        xingate.nonsense  # noqa: B018 -- the access is the test


def test_all_errors_are_offered_at_the_top() -> None:
    errors = {name for name in xingate.errors.__all__ if name.endswith("Error")}
    assert errors <= set(xingate.__all__)


@pytest.mark.parametrize("module", PURE)
def test_pure_modules_load_neither_grpc_nor_protobuf_nor_httpx(module: str) -> None:
    heavy = "{m.partition('.')[0] for m in sys.modules} & {'grpc', 'google', 'httpx', 'xingate_server'}"
    assert run_python(f"import sys, {module}; print({heavy} or 'none')").strip() == "none"


def test_printing_a_subject_needs_no_grpc() -> None:
    code = "import sys, xingate; repr(xingate.Subject.legal_entity('X')); print('grpc' in sys.modules)"
    assert run_python(code).strip() == "False"


def test_the_sdk_never_imports_the_server() -> None:
    code = "import sys, xingate.testing, xingate.guard; print([m for m in sys.modules if m.startswith('xingate_')])"
    assert run_python(code).strip() == "[]"


TYPED = """
import asyncio
from typing import assert_type
import xingate
from xingate.testing import FakeGateway

def grant(name: str, times: int = 1) -> bool: return True
async def agrant(name: str) -> bool: return True
def subject_of(name: str, times: int = 1) -> xingate.Subject: return xingate.Subject.legal_entity(name)

client = xingate.connect("grpc://127.0.0.1:1", system="s")
assert_type(client, xingate.Client)
s = xingate.Subject.legal_entity("X")
assert_type(client.check(s, "permit.grant", matter="M", as_of="2026-01-01"), xingate.Decision)
assert_type(client.check_matter("M", "a", [xingate.Party.applicant(s)]), xingate.MatterDecision)
assert_type(client.check_many([xingate.Question(s, "a")]), list[xingate.Decision | xingate.XingateError])
guarded = xingate.requires_check("permit.grant", subject=subject_of, client=client)(grant)
assert_type(guarded("x", times=2), bool)
async def main() -> None:
    aclient = xingate.connect_async("grpc://127.0.0.1:1")
    assert_type(await aclient.check(s, "permit.grant"), xingate.Decision)
    aguarded = xingate.requires_check("permit.grant", subject="name", client=aclient)(agrant)
    assert_type(await aguarded("x"), bool)
assert_type(FakeGateway().client(), xingate.Client)
client.check(s, "a", matters="M")  # WRONG: no such option
client.check("X", "a")  # WRONG: no Subject
guarded(1)  # WRONG: no str
"""


def test_the_face_is_typed(tmp_path: Path) -> None:
    file = tmp_path / "typed.py"
    file.write_text(TYPED, encoding="utf-8")
    root = Path(__file__).parents[3]
    config = ["--config-file", str(root / "pyproject.toml"), "--cache-dir", str(tmp_path)]
    command = [sys.executable, "-m", "mypy", *config, str(file)]
    run = subprocess.run(command, capture_output=True, text=True, cwd=root, check=False)
    found = [int(line) for line in re.findall(r"typed\.py:(\d+): error", run.stdout)]
    wrong = [number for number, line in enumerate(TYPED.splitlines(), 1) if "# WRONG" in line]
    assert found == wrong, run.stdout
