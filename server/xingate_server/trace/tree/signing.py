"""The log's signing key: Ed25519, in a file that its owner alone may read, made on first use.

Beside it is the public half as a C2SP verifier key (`NAME.pub`), the text to hand out. Excluded: what is signed
(`trace.tree.checkpoints`). Source: RFC 8032, RFC 5958 (PKCS 8), C2SP signed-note.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from xingate.checkpoint import SignatureType, load_private_key, new_private_key, private_key_pem, verifier_key
from xingate.errors import CheckpointError
from xingate_server.disk_faults import disk_fault
from xingate_server.trace.port import StoreUnusableError

FILE: Final = "trace.key"
_OTHERS = 0o077


def settle_key(
    directory: Path, name: str, *, file: str = FILE, kind: SignatureType = SignatureType.ED25519
) -> Ed25519PrivateKey:
    """The key in `directory`, made on first use; its public half stands beside it under `name`.

    Several processes may come first at the same time: one key wins for all. Raises StoreUnusableError if the key
    cannot be read, can be read by others, or cannot be made.
    """
    path = directory / file
    try:
        if not path.exists():
            directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _create(path, private_key_pem(new_private_key()), 0o600)
        if os.name == "posix" and path.stat().st_mode & _OTHERS:
            raise StoreUnusableError(f"{path} can be read by others: take their rights away with `chmod 600 {path}`")
        key = load_private_key(path.read_bytes())
        _write_public(path.with_suffix(".pub"), str(verifier_key(name, key, kind)) + "\n")
    except CheckpointError as error:
        raise StoreUnusableError(f"{path} contains no signing key: {error}; restore it from a backup") from error
    except OSError as error:
        raise StoreUnusableError(f"the signing key {path} cannot be read or made: {disk_fault(error, path)}") from error
    return key


def public_key(state: Path) -> str:
    """The log's verifier key beside the signing key of a state directory; empty if it is not there, or not for us
    to read."""
    with contextlib.suppress(OSError):
        return (state / "keys" / FILE).with_suffix(".pub").read_text(encoding="utf-8").strip()
    return ""


def _write_public(path: Path, text: str) -> None:
    with contextlib.suppress(OSError):
        if path.read_text(encoding="ascii") == text:
            return
    path.unlink(missing_ok=True)
    _create(path, text.encode("ascii"), 0o644)


def _create(path: Path, content: bytes, mode: int) -> None:
    """Whole or not at all, and never over what another process has made meanwhile."""
    fresh = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        with contextlib.suppress(FileExistsError):
            os.link(fresh, path)
    finally:
        fresh.unlink()
    sync_directory(path.parent)


def sync_directory(directory: Path) -> None:
    """Make a rename or a new name in it durable."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
