"""Commands that only read a log in PostgreSQL: nothing is made, SELECT rights are enough. And one key for all nodes."""

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.support.commands import Done, run_command

import xingate
from xingate.errors import UnavailableError
from xingate_server.demo.numbers import unified_code

LISTED = unified_code(1)
READER = "xingate_reader"


def trace(dsn: str, *arguments: str, code: int = 0) -> Done:
    store = {"XINGATE_TRACE__STORE": "postgres", "XINGATE_TRACE__DSN": dsn}
    return run_command("trace", *arguments, code=code, **store)


@pytest.fixture
def in_postgres(monkeypatch: pytest.MonkeyPatch, postgres_dsn: str) -> str:
    """Gateways in this process keep their log there."""
    monkeypatch.setenv("XINGATE_TRACE__STORE", "postgres")
    monkeypatch.setenv("XINGATE_TRACE__DSN", postgres_dsn)
    return postgres_dsn


@pytest.fixture
def reader(postgres_dsn: str, sql: Callable[..., Any]) -> str:
    """The address for a role that may read the log and nothing else, once `grant` is called."""
    exists = sql(postgres_dsn, f"SELECT 1 FROM pg_roles WHERE rolname = '{READER}'")[0]
    if not exists:
        sql(postgres_dsn, f"CREATE ROLE {READER} LOGIN")
    return postgres_dsn.replace("xingate@", f"{READER}@")


def ask(state: Path, organisation: str = "示例审批局") -> str:
    with xingate.connect(f"embedded:{state}", system="permits", organisation=organisation) as gateway:
        decision = gateway.check(xingate.Subject.legal_entity(LISTED), "tender.bid", matter="M-1")
        assert decision.measures
        return decision.trace.record_id


def reading(record: str, entry: str, state: Path) -> list[tuple[str, ...]]:
    here = ("--state", str(state))
    return [
        ("list", *here),
        ("show", record, *here),
        ("report", *here),
        ("recipients", "--entry", entry, *here),
        ("replay", record, *here),
        ("fsck", *here),
    ]


def test_an_empty_database_is_told_and_stays_empty(postgres_dsn: str, tmp_path: Path, sql: Callable[..., Any]) -> None:
    commands = [*reading("r1", "0" * 32, tmp_path / "state"), ("receipt", "r1", "--state", str(tmp_path / "state"))]
    for command in commands:
        assert (
            "there is no log in the database: expected the schema `xingate`"
            in trace(postgres_dsn, *command, code=3).stderr
        )
    assert sql(postgres_dsn, "SELECT count(*) FROM pg_namespace WHERE nspname = 'xingate'") == [[(0,)]]
    assert not (tmp_path / "state").exists()


def test_reading_needs_select_rights_alone(
    in_postgres: str, reader: str, own_state: Path, sql: Callable[..., Any]
) -> None:
    record = ask(own_state)
    for command in reading(record, "0" * 32, own_state):
        assert "permission denied" in trace(reader, *command, code=3).stderr
    grant = f"GRANT {{}} TO {READER}"
    sql(in_postgres, grant.format("USAGE ON SCHEMA xingate"), grant.format("SELECT ON ALL TABLES IN SCHEMA xingate"))
    before = sql(in_postgres, "SELECT size FROM xingate.head", "SELECT count(*) FROM pg_class")
    entry = json.loads(trace(reader, "show", record, "--json", "--state", str(own_state)).stdout)
    assert entry["record"]["recordId"] == record
    entry_id = entry["record"]["check"]["entryIds"][0]
    told = [trace(reader, *command).stdout for command in reading(record, entry_id, own_state)]
    assert all(record in text for text in (told[0], told[1], told[3]))
    assert "示例审批局" in told[2]
    assert "1 same" in told[4]
    assert "as they were recorded" in told[5]
    assert sql(in_postgres, "SELECT size FROM xingate.head", "SELECT count(*) FROM pg_class") == before


def test_one_view_over_nodes_in_one_database_and_in_several(
    in_postgres: str, own_state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = shutil.copytree(own_state, tmp_path / "other", symlinks=True)
    ask(own_state)
    shutil.copytree(own_state / "keys", other / "keys", dirs_exist_ok=True)
    ask(other, "示例交易中心")
    both = ("--state", str(own_state), "--state", str(other))
    shared = json.loads(trace(in_postgres, "report", *both, "--format", "json").stdout)
    assert (shared["total"]["lookups"], len(shared["rows"])) == (2, 2)

    apart = shutil.copytree(own_state, tmp_path / "apart", symlinks=True)
    monkeypatch.setenv("XINGATE_TRACE__STORE", "sqlite")
    shutil.rmtree(apart / "trace")
    ask(apart, "示例人社局")
    nodes = []
    for name, state, store in (("one", own_state, "postgres"), ("two", apart, "sqlite")):
        nodes.append(tmp_path / f"{name}.toml")
        text = f'state = "{state}"\n[trace]\nstore = "{store}"\ndsn = "{in_postgres}"\n'
        nodes[-1].write_text(text, encoding="utf-8")
    given = [part for node in nodes for part in ("--node", str(node))]
    seen = json.loads(trace("", "report", *given, "--format", "json").stdout)
    assert {row["group"] for row in seen["rows"]} == {"示例审批局", "示例交易中心", "示例人社局"}
    assert seen["total"]["lookups"] == 3
    for content, said in (("[trace", "is not a TOML file"), ("stat = 1", "setting `stat`")):
        nodes[0].write_text(content, encoding="utf-8")
        assert said in trace("", "report", *given, code=2).stderr
    assert "cannot be read" in trace("", "report", "--node", str(tmp_path / "none.toml"), code=2).stderr


def test_nodes_of_one_log_have_one_key_and_one_origin(
    in_postgres: str, own_state: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sql: Callable[..., Any]
) -> None:
    other = shutil.copytree(own_state, tmp_path / "other", symlinks=True)
    ask(own_state)
    public = (own_state / "keys" / "trace.pub").read_text(encoding="ascii").strip()
    assert sql(in_postgres, "SELECT verifier_key FROM xingate.signer") == [[(public,)]]
    with pytest.raises(UnavailableError, match="nodes that share a log have one key") as caught:
        ask(other)
    assert public in caught.value.message
    assert sql(in_postgres, "SELECT verifier_key FROM xingate.signer") == [[(public,)]]
    done = run_command("serve", "--state", other, "--http-port", "0", code=3)
    assert "copy `keys/trace.key`" in done.stdout + done.stderr
    shutil.copy2(own_state / "keys" / "trace.key", other / "keys" / "trace.key")
    ask(other)
    monkeypatch.setenv("XINGATE_TRACE__ORIGIN", "another.example/log")
    with pytest.raises(UnavailableError, match="an origin never changes"):
        ask(other)


def test_two_nodes_come_first_at_once(
    in_postgres: str, own_state: Path, tmp_path: Path, sql: Callable[..., Any]
) -> None:
    """Whoever is first gives the key; the other is refused, and never signs."""
    code = "import sys, xingate; xingate.connect('embedded:' + sys.argv[1]).close()"
    states = [own_state, shutil.copytree(own_state, tmp_path / "other", symlinks=True)]
    running = [
        subprocess.Popen([sys.executable, "-c", code, str(state)], stderr=subprocess.PIPE, text=True)
        for state in states
    ]
    ended = [(each.communicate(timeout=60)[1], each.returncode) for each in running]
    assert sorted(code for _, code in ended) == [0, 1], ended
    won = states[[code for _, code in ended].index(0)]
    public = (won / "keys" / "trace.pub").read_text(encoding="ascii").strip()
    assert sql(in_postgres, "SELECT verifier_key FROM xingate.signer") == [[(public,)]]
