"""The command line as a whole: late loading, one line for every failure, exit codes."""

import subprocess
import sys

import pytest

from xingate_server.cli import app
from xingate_server.cli.output import common


def run(*arguments: str, prelude: str = "pass") -> "subprocess.CompletedProcess[str]":
    code = f"import sys; {prelude}; from xingate_server.cli import main; main({list(arguments)!r})"
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


def without(*packages: str) -> str:
    return "; ".join(f"sys.modules[{package!r}] = None" for package in packages)


def one_line(text: str) -> bool:
    return text.startswith("xingate: ") and text.count("\n") == 1 and "Traceback" not in text


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_every_command(flag: str) -> None:
    done = run(flag)
    assert done.returncode == 0
    names = [line.split()[0] for line in done.stdout.partition("Commands:")[2].splitlines() if line.strip()]
    wanted = "demo compile source snapshot serve check screen catalogue trace witness keygen bench"
    assert names == wanted.split()


def test_the_version_is_the_packages() -> None:
    from importlib.metadata import version

    assert run("--version").stdout.split() == ["xingate,", "version", version("xingate")]


def test_help_loads_neither_grpc_nor_the_server() -> None:
    code = (
        "import sys, atexit; from xingate_server.cli import main; "
        "atexit.register(lambda: print(sorted({'grpc', 'lmdb', 'aiohttp', 'msgspec'} & set(sys.modules)))); "
        "main(['--help'])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


def test_a_free_threaded_build_is_refused_with_a_reason() -> None:
    done = run("--help", prelude="import sysconfig; sysconfig.get_config_var = lambda name: name == 'Py_GIL_DISABLED'")
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr)
    assert "free-threaded" in done.stderr


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["check"], ["check", "X", "--action", "a"], ["trace", "list", "x"]]
)
def test_wrong_usage_is_exit_2(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("package", "arguments"),
    [("click", ["check", "X"]), ("click", []), ("rich", ["check", "--help"]), ("msgspec", ["catalogue", "show"])],
)
def test_a_missing_package_says_what_to_install(package: str, arguments: list[str]) -> None:
    done = run(*arguments, prelude=without(package))
    assert (done.returncode, done.stdout) == (2, "")
    assert one_line(done.stderr)
    assert "pip install 'xingate[server]'" in done.stderr


def test_a_missing_http_client_names_its_own_extra() -> None:
    arguments = ["check", "X", "--action", "a", "--kind", "legal_entity", "--target", "http://127.0.0.1:1"]
    done = run(*arguments, prelude=without("httpx"))
    assert done.returncode == 2
    assert one_line(done.stderr)
    assert "pip install 'xingate[http]'" in done.stderr


def raise_in_app(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(**_: object) -> None:
        raise error

    monkeypatch.setattr(app.cli, "main", fail)


def test_a_fault_of_our_own_is_one_line_without_its_text(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    raise_in_app(monkeypatch, ValueError("990000199003071233"))
    with pytest.raises(SystemExit) as caught:
        app.run([])
    told = capsys.readouterr().err
    assert caught.value.code == 3
    assert one_line(told)
    assert "990000" not in told
    assert f"ValueError in {__name__}:" in told


@pytest.mark.parametrize("error", [ValueError("x"), ModuleNotFoundError("x", name="lmdb")])
def test_the_traceback_can_be_asked_for(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    monkeypatch.setenv("XINGATE_DEBUG", "1")
    raise_in_app(monkeypatch, error)
    with pytest.raises(type(error)):
        app.run([])


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (common.CommandError("no"), 3),
        (common.AskedWronglyError("no"), 2),
        (app.click.exceptions.Abort(), 130),
        (ModuleNotFoundError("x", name="openpyxl"), 2),
    ],
)
def test_exit_codes(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: BaseException, code: int
) -> None:
    raise_in_app(monkeypatch, error)
    with pytest.raises(SystemExit) as caught:
        app.run([])
    assert caught.value.code == code
    if isinstance(error, ModuleNotFoundError):
        assert "pip install 'xingate[server,adapters]'" in capsys.readouterr().err


def test_a_reader_that_stops_reading_is_no_failure() -> None:
    prelude = "import xingate_server.cli.app as a; a.cli.main = lambda **_: [print('x' * 80) for _ in range(9999)]"
    code = f"import sys; {prelude}; from xingate_server.cli import main; main([])"
    command = f'{sys.executable} -c "{code}" | head -1; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "x" * 80 + "\n"
