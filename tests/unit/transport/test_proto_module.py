"""The checks of the .proto files can fail: each finds what it is there for, without a network."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
BUF = Path(sys.executable).with_name("buf")
TYPES = "xingate/v1/types.proto"
OFFLINE = {"HTTPS_PROXY": "http://127.0.0.1:9", "HTTP_PROXY": "http://127.0.0.1:9", "PATH": "", "HOME": "/nonexistent"}


@pytest.fixture
def proto(tmp_path: Path) -> Path:
    return Path(shutil.copytree(ROOT / "proto", tmp_path / "proto"))


def buf(proto: Path, *arguments: str) -> "subprocess.CompletedProcess[str]":
    env = OFFLINE | {"BUF_CACHE_DIR": str(proto.parent / "cache")}
    return subprocess.run([str(BUF), *arguments], cwd=proto, env=env, capture_output=True, text=True, check=False)


def change(proto: Path, before: str, after: str) -> None:
    text = (proto / TYPES).read_text(encoding="utf-8")
    assert text.count(before) == 1
    (proto / TYPES).write_text(text.replace(before, after), encoding="utf-8")


def test_the_files_are_in_order(proto: Path) -> None:
    for arguments in (("format", "--diff", "--exit-code"), ("lint",), ("breaking", "--against", "released.binpb")):
        done = buf(proto, *arguments)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ("string system = 1;", "string system = 4;", 'field "1" with name "system" on message "Caller"'),
        ("string system = 1;", "bytes system = 1;", 'Field "1" with name "system" on message "Caller" changed type'),
        ("string system = 1;", "string caller_system = 1;", 'on message "Caller" changed name'),
        ("VERDICT_CAUTION = 3;", "VERDICT_CARE = 3;", '"VERDICT_CAUTION" to "VERDICT_CARE"'),
    ],
    ids=["number", "type", "name", "enum value"],
)
def test_what_breaks_callers_is_refused(proto: Path, before: str, after: str, told: str) -> None:
    change(proto, before, after)
    done = buf(proto, "breaking", "--against", "released.binpb")
    assert done.returncode != 0
    assert told in done.stdout


def test_a_name_against_the_style_is_refused(proto: Path) -> None:
    change(proto, "string system = 1;", "string system = 1;\n  string badName = 9;")
    done = buf(proto, "lint")
    assert done.returncode != 0
    assert 'Field name "badName" should be lower_snake_case' in done.stdout
