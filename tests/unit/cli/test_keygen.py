"""`xingate keygen`: the pair belongs together, the private key is the owner's alone and is never lost unasked."""

import json
import os
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key, load_pem_public_key

from xingate_server.cli.keygen import keygen_command


def keygen(*arguments: str) -> Result:
    return CliRunner().invoke(keygen_command, list(arguments))


def test_the_pair_signs_and_verifies(tmp_path: Path) -> None:
    made = json.loads(keygen("--state", str(tmp_path), "--json").stdout)
    private = load_pem_private_key(Path(made["private"]).read_bytes(), None)
    public = load_pem_public_key(Path(made["public"]).read_bytes())
    assert isinstance(private, Ed25519PrivateKey)
    assert isinstance(public, Ed25519PublicKey)
    public.verify(private.sign(b"checkpoint"), b"checkpoint")
    assert made["private"] == str(tmp_path / "keys" / "signing.key")
    assert len(made["sha256"]) == 64


def test_the_private_key_is_readable_by_its_owner_alone(tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        assert keygen("--state", str(tmp_path)).exit_code == 0
    finally:
        os.umask(old)
    assert stat.S_IMODE((tmp_path / "keys" / "signing.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) == 0o700
    assert sorted(path.name for path in (tmp_path / "keys").iterdir()) == ["signing.key", "signing.key.pub"]


@pytest.mark.parametrize("standing", ["signing.key", "signing.key.pub"])
def test_a_key_is_not_overwritten_unasked(tmp_path: Path, standing: str) -> None:
    (tmp_path / standing).write_text("mine")
    out = str(tmp_path / "signing.key")
    refused = keygen("--out", out)
    assert refused.exit_code == 3
    assert standing in refused.stderr
    assert "--force" in refused.stderr
    assert (tmp_path / standing).read_text() == "mine"
    assert len(list(tmp_path.iterdir())) == 1
    assert keygen("--out", out, "--force").exit_code == 0
    assert (tmp_path / standing).read_text() != "mine"


def test_two_keys_differ(tmp_path: Path) -> None:
    made = [json.loads(keygen("--out", str(tmp_path / name), "--json").stdout)["sha256"] for name in ("a", "b")]
    assert made[0] != made[1]


def test_a_folder_that_cannot_be_made_is_exit_3(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    refused = keygen("--out", str(tmp_path / "file" / "key"))
    assert refused.exit_code == 3
    assert "cannot be written" in refused.stderr
