"""The data file's size and SHA-256, as a whole and by blocks that several threads can check at once.

A file of more than one block has both: the whole for `sha256sum` and other programs, the blocks for opening it fast.
Both are in the manifest. Source: DESIGN section 6.
"""

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from hashlib import file_digest, sha256
from pathlib import Path

from xingate_server.snapshot.errors import SnapshotError
from xingate_server.snapshot.manifest import DataRef

BLOCK_BYTES = 64 << 20
_READ_BYTES = 1 << 20
_THREADS = 4


def reference(path: Path) -> DataRef:
    """What a manifest says of a data file. Raises `OSError`."""
    size = path.stat().st_size
    with ThreadPoolExecutor(_THREADS) as pool:
        whole = pool.submit(_whole, path)
        blocks = tuple(pool.map(partial(_block, path), _starts(size))) if size > BLOCK_BYTES else ()
        return DataRef(bytes=size, sha256=whole.result(), blocks=blocks)


def check_size(path: Path, expected: DataRef) -> None:
    """Raise `SnapshotError` if the file has not the size that its manifest says."""
    size = path.stat().st_size
    if size != expected.bytes:
        raise SnapshotError(f"`{path}` has {size} bytes, its manifest says {expected.bytes}")


def check_content(path: Path, expected: DataRef) -> None:
    """Raise `SnapshotError` if the file, of the right size, is not what its manifest says."""
    if not expected.blocks:
        _compare(path, "", [_whole(path)], [expected.sha256])
        return
    with ThreadPoolExecutor(min(_THREADS, os.cpu_count() or 1)) as pool:
        found = list(pool.map(partial(_block, path), _starts(expected.bytes)))
    _compare(path, f" in a block of {BLOCK_BYTES >> 20} MiB", found, expected.blocks)


def _compare(path: Path, where: str, found: Sequence[str], expected: Sequence[str]) -> None:
    if len(found) != len(expected):
        raise SnapshotError(f"`{path}` has {len(found)} blocks, its manifest says {len(expected)}")
    for has, says in zip(found, expected, strict=True):
        if has != says:
            raise SnapshotError(f"`{path}` has SHA-256 {has}{where}, its manifest says {says}")


def _starts(size: int) -> Iterator[int]:
    return iter(range(0, size, BLOCK_BYTES))


def _whole(path: Path) -> str:
    with path.open("rb") as content:
        return file_digest(content, "sha256").hexdigest()


def _block(path: Path, start: int) -> str:
    digest, buffer = sha256(), memoryview(bytearray(_READ_BYTES))
    with path.open("rb", buffering=0) as content:
        content.seek(start)
        left = BLOCK_BYTES
        while left > 0 and (count := content.readinto(buffer[:left])):
            digest.update(buffer[:count])
            left -= count
    return digest.hexdigest()
