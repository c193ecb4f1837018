"""One state directory for every command: `--state`, XINGATE_STATE, `state` in xingate.toml, `.xingate`.

And what a command that only reads does with a directory in which there is no log: nothing but say so.
"""

import os
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from xingate_server.cli import app, serve
from xingate_server.settings import Settings
from xingate_server.trace.sqlite.store import SqliteLog

LIST = Path(__file__).parents[3] / "server" / "xingate_server" / "demo" / "data" / "city_list_black.csv"
COMPILE = ("compile", "--source", f"city_list={LIST}@2026-06-30")
CHECK = ("check", "91420399MA4900000X", "--action", "permit.grant", "--kind", "legal_entity")
READING = (
    ("trace", "list"),
    ("trace", "show", "r1"),
    ("trace", "receipt", "r1"),
    ("trace", "outcome", "r1", "--note", "n"),
    ("trace", "report"),
    ("trace", "recipients", "--entry", "0" * 32),
    ("trace", "replay", "r1"),
    ("trace", "fsck"),
)
OTHERS = (
    ("catalogue", "lint", "shiyan2017"),
    ("witness", "--anchor", ".", "--log", "PUB", "--name", "w"),
    ("serve",),
    ("demo",),
    ("trace", "verify", "--key", "PUB"),
)


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """An empty working directory, and no setting of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("XINGATE_"):
            monkeypatch.delenv(name)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(app.cli, list(arguments))


def test_a_snapshot_goes_where_the_gateway_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("xingate.toml").write_text('state = "from-file"\n', encoding="utf-8")
    served: list[Settings] = []
    monkeypatch.setattr(serve, "serve", served.append)
    assert invoke(*COMPILE).exit_code == 0
    assert invoke("keygen").exit_code == 0
    assert invoke(*CHECK).exit_code in {0, 10, 11, 12, 13}
    assert invoke("trace", "list").exit_code == 0
    assert invoke("serve").exit_code == 0
    assert [str(settings.state) for settings in served] == ["from-file"]
    assert Path("from-file/snapshots/current").exists()
    assert Path("from-file/keys/signing.key").is_file()
    assert Path("from-file/trace/log.sqlite").is_file()
    assert not Path(".xingate").exists()


@pytest.mark.parametrize("command", [("keygen",), *READING])
def test_command_line_environment_file_default(monkeypatch: pytest.MonkeyPatch, command: tuple[str, ...]) -> None:
    def where(*arguments: str) -> str:
        done = invoke(*command, "--force", *arguments) if command == ("keygen",) else invoke(*command, *arguments)
        assert done.exit_code == (0 if command == ("keygen",) else 3)
        return done.output

    assert ".xingate" in where()
    Path("xingate.toml").write_text('state = "from-file"\n', encoding="utf-8")
    assert "from-file" in where()
    monkeypatch.setenv("XINGATE_STATE", "from-environment")
    assert "from-environment" in where()
    assert "from-command-line" in where("--state", "from-command-line")
    monkeypatch.setenv("XINGATE_STATE", "")  # as good as not set
    assert "from-file" in where()


@pytest.mark.parametrize(
    ("text", "said"),
    [("stat = 1\n", "setting `stat`"), ("state = [", "`xingate.toml` cannot be read"), ('state = ""\n', "`state`")],
)
@pytest.mark.parametrize("state", [(), ("--state", "elsewhere")])
@pytest.mark.parametrize("command", [COMPILE, CHECK, ("keygen",), *READING])
def test_a_broken_file_is_refused_by_every_command(
    command: tuple[str, ...], state: tuple[str, ...], text: str, said: str
) -> None:
    if state and text.startswith('state = "'):
        pytest.skip("the command line's word comes first")
    Path("xingate.toml").write_text(text, encoding="utf-8")
    done = invoke(*command, *state)
    assert done.exit_code == 2
    assert said in done.stderr
    assert len(done.stderr.splitlines()) == 1
    assert list(Path().iterdir()) == [Path("xingate.toml")]


@pytest.mark.parametrize("command", OTHERS)
def test_also_by_those_without_a_state_of_their_own(command: tuple[str, ...]) -> None:
    Path("xingate.toml").write_text("stat = 1\n", encoding="utf-8")
    done = invoke(*command)
    assert done.exit_code == 2
    assert "setting `stat`" in done.stderr
    assert list(Path().iterdir()) == [Path("xingate.toml")]


@pytest.mark.parametrize("command", READING)
def test_reading_makes_no_log(command: tuple[str, ...]) -> None:
    Path("here").mkdir()
    done = invoke(*command, "--state", "here")
    assert done.exit_code == 3
    assert "there is no log in `here`: expected `here/trace/log.sqlite`" in done.stderr
    assert list(Path("here").iterdir()) == []


@pytest.mark.parametrize("command", READING[:-1])  # fsck reads the file itself and says what it lacks
def test_a_file_that_was_cut_off_is_no_log_without_records(command: tuple[str, ...]) -> None:
    SqliteLog(Path("here/trace")).close()
    log = Path("here/trace/log.sqlite")
    log.write_bytes(b"")
    done = invoke(*command, "--state", "here")
    assert done.exit_code == 3
    assert "`here/trace/log.sqlite` is empty, and no log ever is" in done.stderr
    assert log.read_bytes() == b""


def test_a_log_without_records_is_a_list_without_rows() -> None:
    SqliteLog(Path("here/trace")).close()
    done = invoke("trace", "list", "--state", "here", "--json")
    assert (done.exit_code, done.stdout) == (0, "")
