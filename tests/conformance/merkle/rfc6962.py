"""RFC 6962 section 2.1 as it is written: recursive, slow, and sharing nothing with what it judges."""

from hashlib import sha256

Hashes = list[bytes]


def leaf(content: bytes) -> bytes:
    return sha256(b"\x00" + content).digest()


def _node(left: bytes, right: bytes) -> bytes:
    return sha256(b"\x01" + left + right).digest()


def _split(count: int) -> int:
    """The largest power of two below `count`."""
    power = 1
    while power * 2 < count:
        power *= 2
    return power


def tree_head(leaves: Hashes) -> bytes:
    """MTH, over leaf hashes."""
    if not leaves:
        return sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    k = _split(len(leaves))
    return _node(tree_head(leaves[:k]), tree_head(leaves[k:]))


def path(index: int, leaves: Hashes) -> Hashes:
    """PATH(m, D[n]): the inclusion proof."""
    if len(leaves) == 1:
        return []
    k = _split(len(leaves))
    if index < k:
        return [*path(index, leaves[:k]), tree_head(leaves[k:])]
    return [*path(index - k, leaves[k:]), tree_head(leaves[:k])]


def proof(size: int, leaves: Hashes) -> Hashes:
    """PROOF(m, D[n]): the consistency proof, for 0 < m <= n."""
    return _subproof(size, leaves, is_whole=True)


def _subproof(size: int, leaves: Hashes, *, is_whole: bool) -> Hashes:
    if size == len(leaves):
        return [] if is_whole else [tree_head(leaves)]
    k = _split(len(leaves))
    if size <= k:
        return [*_subproof(size, leaves[:k], is_whole=is_whole), tree_head(leaves[k:])]
    return [*_subproof(size - k, leaves[k:], is_whole=False), tree_head(leaves[:k])]
