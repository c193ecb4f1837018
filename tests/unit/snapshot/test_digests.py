"""The hashes of a data file: small ones as a whole, large ones by blocks, and every change found."""

from hashlib import sha256
from pathlib import Path

import msgspec
import pytest

from xingate_server.snapshot.digests import BLOCK_BYTES, check_content, check_size, reference
from xingate_server.snapshot.errors import SnapshotError


def written(path: Path, size: int, *changes: int) -> Path:
    """A file with holes, and one byte at each of `changes`."""
    with path.open("wb") as file:
        file.truncate(size)
        for place in changes:
            file.seek(place)
            file.write(b"x")
    return path


def test_a_file_of_one_block_has_one_hash(tmp_path: Path) -> None:
    path = written(tmp_path / "data", 10_000, 3)
    found = reference(path)
    assert found.sha256 == sha256(path.read_bytes()).hexdigest()
    assert found.blocks == ()
    check_content(path, found)


@pytest.mark.parametrize("place", [0, BLOCK_BYTES - 1, BLOCK_BYTES, 2 * BLOCK_BYTES + 499])
def test_a_changed_byte_is_found_in_any_block(tmp_path: Path, place: int) -> None:
    size = 2 * BLOCK_BYTES + 500
    found = reference(written(tmp_path / "data", size))
    assert len(found.blocks) == 3
    assert found.blocks[0] == found.blocks[1] != found.blocks[2]
    check_content(tmp_path / "data", found)
    with pytest.raises(SnapshotError, match=r"has SHA-256 [0-9a-f]{64} in a block of 64 MiB, its manifest says"):
        check_content(written(tmp_path / "other", size, place), found)


def test_blocks_that_lack_are_found(tmp_path: Path) -> None:
    found = reference(written(tmp_path / "data", BLOCK_BYTES + 1))
    short = msgspec.structs.replace(found, blocks=found.blocks[:1])
    with pytest.raises(SnapshotError, match="has 2 blocks, its manifest says 1"):
        check_content(tmp_path / "data", short)


def test_another_size_is_found(tmp_path: Path) -> None:
    found = reference(written(tmp_path / "data", 10))
    with pytest.raises(SnapshotError, match="has 11 bytes, its manifest says 10"):
        check_size(written(tmp_path / "data", 11), found)
