"""`xingate trace verify` and `verify-all`, given what they should not be given; and spools of real callers."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest

import xingate
from xingate.checkpoint import SignatureType, new_private_key, verifier_key
from xingate.spool import Spool
from xingate_server.cli import app
from xingate_server.demo.numbers import unified_code

KEY = str(verifier_key("log.example", new_private_key()))
SUBJECT = xingate.Subject.legal_entity(unified_code(1))


class Done(NamedTuple):
    stdout: str
    stderr: str


Trace = Callable[..., Done]


@pytest.fixture
def trace(capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Trace:
    """Runs the command in this process; an error of ours that is not told in a line is raised here."""
    monkeypatch.setenv("XINGATE_DEBUG", "1")

    def run(*arguments: str, code: int) -> Done:
        with pytest.raises(SystemExit) as ended:
            app.run(["trace", *arguments])
        done = Done(*capfd.readouterr())
        assert ended.value.code == code, done
        assert len(done.stderr) < 1000
        return done

    return run


FILES: dict[str, bytes] = {
    "empty": b"",
    "binary": bytes(range(256)) * 64,
    "another-json": b'{"openapi": "3.1.0", "paths": {}}',
    "a-list": b"[1, 2, 3]",
    "a-number": b"7",
    "deep": b"[" * 200_000,
    "deep-objects": b'{"leaf":' * 100_000,
    "a-long-number": b'{"leafIndex": ' + b"9" * 100_000 + b"}",
    "not-utf-8": b'{"format": "\xff\xfe"}',
    "utf-16": '{"format": "xingate-receipt/1"}'.encode("utf-16"),
    "only-the-format": b'{"format": "xingate-receipt/1"}',
    "nulls": b"\0" * 100,
    "a-note": b"log.example\n5\nAAAA\n\n\xe2\x80\x94 log.example AAAA\n",
}


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    with (tmp_path / "50-megabytes").open("wb") as file:
        file.write(b'{"format": "xingate-receipt/1", "leaf": "')
        file.truncate(50 * 1024 * 1024)
    return tmp_path


@pytest.mark.parametrize("name", [*FILES, "50-megabytes"])
def test_what_is_no_receipt(trace: Trace, bad: Path, name: str) -> None:
    done = trace("verify", str(bad / name), "--key", KEY, code=1)
    assert done.stdout.startswith("未能证明：")
    assert "not proven (format)" in done.stdout
    told = json.loads(trace("verify", str(bad / name), "--key", KEY, "--json", code=1).stdout)
    assert (told["proven"], told["check"]) == (False, "format")
    assert len(told["message"]) < 500


@pytest.mark.parametrize("name", ["empty", "binary", "deep", "50-megabytes", "a-note", "not-utf-8"])
def test_what_is_no_checkpoint_and_no_key(trace: Trace, bad: Path, name: str) -> None:
    file = str(bad / name)
    assert "not proven (signature)" in trace("verify", "--from", file, "--to", file, "--key", KEY, code=1).stdout
    said = trace("verify", str(bad / "empty"), "--key", file, code=2).stderr
    assert "is neither the file nor the text of a verifier key" in said
    assert len(said) < 1000


def test_other_wrong_files_and_keys(trace: Trace, bad: Path) -> None:
    assert "directory" in trace("verify", str(bad), "--key", KEY, code=2).stderr
    assert "does not exist" in trace("verify", str(bad / "none"), "--key", KEY, code=2).stderr
    for key in ("", " ", str(bad), "x" * 10_000, KEY[:-5], KEY + "=", KEY.replace("+", "-"), "../../etc/shadow"):
        assert "neither the file nor the text" in trace("verify", str(bad / "empty"), "--key", key, code=2).stderr
    witness = str(verifier_key("w.example", new_private_key(), SignatureType.COSIGNATURE))
    trace("verify", str(bad / "empty"), "--key", witness, code=1)
    trace("verify", "--key", KEY, code=2)
    trace("verify", str(bad / "empty"), "--from", str(bad / "empty"), "--key", KEY, code=2)


@pytest.mark.skipif(shutil.which("setpriv") is None or os.geteuid() != 0, reason="needs root and setpriv")
def test_a_file_without_permission(tmp_path: Path) -> None:
    secret = tmp_path / "secret.json"
    secret.write_bytes(b"{}")
    secret.chmod(0)
    for folder in (tmp_path, *tmp_path.parents[:2]):
        folder.chmod(0o755)
    code = "from xingate_server.cli import main; main()"
    dropped = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", sys.executable, "-c", code, "trace"]
    for arguments in (("verify", str(secret), "--key", KEY), ("verify", str(secret), "--key", str(secret))):
        done = subprocess.run([*dropped, *arguments], capture_output=True, text=True, check=False, cwd="/")
        if "ModuleNotFoundError" in done.stderr or "Permission denied: '/root" in done.stderr:
            pytest.skip("another account cannot run this Python")
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr


class TestVerifyAll:
    @pytest.fixture
    def gateway(self, start_gateway: Callable[..., Any], own_state: Path) -> Any:
        return start_gateway(own_state)

    def test_a_callers_spool_against_a_running_gateway(self, trace: Trace, gateway: Any, tmp_path: Path) -> None:
        spool, public = tmp_path / "spool", str(gateway.state / "keys" / "trace.pub")
        with xingate.connect(gateway.http, system="s", organisation="o", spool=spool) as client:
            records = [client.check(SUBJECT, "tender.bid").trace.record_id for _ in range(5)]
        here = ("verify-all", "--spool", str(spool))
        for url in (gateway.http, f"grpc://{gateway.grpc}"):
            told = json.loads(trace(*here, "--target", url, "--key", public, "--json", code=0).stdout)
            assert (told["proven"], told["records"], told["wrong"], told["isNewKey"]) == (True, 5, [], False)
        assert "已证明 proven: 5 / 5" in trace(*here, "--target", gateway.http, code=0).stdout
        assert {path.stem for path in (spool / "receipts").iterdir()} == set(records)

        other = trace(*here, "--target", gateway.http, "--key", KEY, code=1)
        assert "the log's key is not the one given" in other.stdout
        (answers,) = (spool / "answers").iterdir()
        answers.write_bytes(answers.read_bytes().replace(b'"RESTRICTED"', b'"CLEAR"', 1) + b"{}\n")
        wrong = json.loads(trace(*here, "--target", gateway.http, "--json", code=1).stdout)
        assert [(one["recordId"], one["check"]) for one in wrong["wrong"]] == [
            (records[0], "changed"),
            (answers.name, "damaged"),
        ]
        gateway.stop()
        trace(*here, "--target", gateway.http, code=3)
        trace(*here, "--state", str(gateway.state), code=1)

    def test_usage(self, trace: Trace, tmp_path: Path) -> None:
        assert "is not a spool" in trace("verify-all", "--spool", str(tmp_path), code=2).stderr
        Spool(tmp_path / "spool")
        spool = ("verify-all", "--spool", str(tmp_path / "spool"))
        assert "is not an address" in trace(*spool, "--target", "nonsense", code=2).stderr
        assert "neither the file" in trace(*spool, "--key", "nonsense", code=2).stderr
        assert "there is no state directory" in trace(*spool, "--state", str(tmp_path / "none"), code=3).stderr
