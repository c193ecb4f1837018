"""`xingate keygen`: an Ed25519 key pair (RFC 8032) as PEM: PKCS #8 for the private key, SubjectPublicKeyInfo for the
public one. The private key is readable by its owner alone and never overwritten unasked.
"""

import hashlib
import os
from pathlib import Path

import click
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from xingate_server.cli.output.common import CommandError, json_option, print_object, state_option
from xingate_server.disk_faults import disk_fault


@click.command("keygen")
@click.option(
    "--out",
    type=click.Path(dir_okay=False, path_type=Path),
    default=None,
    metavar="FILE",
    help="The private key's file; the public key goes beside it as FILE.pub. Default: keys/signing.key in --state.",
)
@click.option("--force", is_flag=True, help="Overwrite; what the old key has signed can then no longer be renewed.")
@state_option
@json_option
def keygen_command(*, out: Path | None, force: bool, state: Path, as_json: bool) -> None:
    """Make a key pair for signing.

    Exit codes: 0 made, 3 refused because a key is already there or the folder cannot be written.
    """
    private = out or state / "keys" / "signing.key"
    public = private.with_name(f"{private.name}.pub")
    standing = [path for path in (private, public) if path.exists()]
    if standing and not force:
        raise CommandError(f"`{standing[0]}` already exists: choose another file or give --force")
    key = Ed25519PrivateKey.generate()
    try:
        private.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        _write(private, secret, 0o600)
        _write(public, key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo), 0o644)
    except OSError as error:
        raise CommandError(
            f"the key cannot be written to `{error.filename}`: {disk_fault(error, Path(error.filename))}"
        ) from error
    raw = key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    made = {"private": str(private), "public": str(public), "sha256": hashlib.sha256(raw).hexdigest()}
    if as_json:
        print_object(made)
    else:
        click.echo("\n".join(f"{name:8} {value}" for name, value in made.items()))


def _write(path: Path, content: bytes, mode: int) -> None:
    """Write beside and move into place, so that the file is never half written nor readable by others."""
    part = path.with_name(f".{path.name}.part")
    part.unlink(missing_ok=True)
    descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)
