"""A Merkle log in a list, for `testing.FakeGateway`: real proofs and real signatures, for as long as the process lives.

Everything is hashed again for each proof, which is plenty for a test. Source: RFC 6962 section 2.1; C2SP
tlog-checkpoint.
"""

from xingate.checkpoint import Checkpoint, new_private_key, sign, verifier_key
from xingate.errors import InvalidRequestError
from xingate.merkle import Frontier, leaf_hash, node_hash
from xingate.receipt import FORMAT
from xingate.v1 import trace_pb2


class FakeLog:
    """Gives what proves the entries of a list, which somebody else appends to."""

    def __init__(self, origin: str, entries: list[trace_pb2.TraceEntry]) -> None:
        self._origin = origin
        self._entries = entries
        self._key = new_private_key()

    def receipt(self, entry: trace_pb2.TraceEntry) -> trace_pb2.Receipt:
        """What proves one entry."""
        hashes = self._hashes(len(self._entries))
        return trace_pb2.Receipt(
            format=FORMAT,
            log_origin=self._origin,
            record_id=entry.record.record_id,
            leaf_index=entry.leaf_index,
            leaf=entry.leaf,
            inclusion_proof=_path(hashes, entry.leaf_index),
            checkpoint=self.checkpoint().note,
        )

    def checkpoint(self) -> trace_pb2.Checkpoint:
        """The log as it is, signed."""
        frontier = Frontier()
        frontier.extend(self._hashes(len(self._entries)))
        note = sign(Checkpoint(self._origin, frontier.size, frontier.root()), self._key)
        public = str(verifier_key(self._origin, self._key))
        return trace_pb2.Checkpoint(note=note, tree_size=frontier.size, root_hash=frontier.root(), verifier_key=public)

    def consistency_proof(self, size1: int, size2: int) -> trace_pb2.ConsistencyProof:
        """That the log at `size2` begins with the log at `size1`. Raises InvalidRequestError."""
        end = len(self._entries)
        size2 = size2 or end
        if not size1 <= size2 <= end:
            raise InvalidRequestError(
                f"sizes {size1} and {size2}: the log has {end} leaves", reason="size_unknown", field="size2"
            )
        proof = _difference(self._hashes(size2), size1, is_whole=True) if 0 < size1 < size2 else []
        return trace_pb2.ConsistencyProof(size1=size1, size2=size2, proof=proof)

    def _hashes(self, size: int) -> list[bytes]:
        return [leaf_hash(entry.leaf) for entry in self._entries[:size]]


def _root(hashes: list[bytes]) -> bytes:
    if len(hashes) == 1:
        return hashes[0]
    middle = _middle(hashes)
    return node_hash(_root(hashes[:middle]), _root(hashes[middle:]))


def _path(hashes: list[bytes], index: int) -> list[bytes]:
    if len(hashes) == 1:
        return []
    middle = _middle(hashes)
    if index < middle:
        return [*_path(hashes[:middle], index), _root(hashes[middle:])]
    return [*_path(hashes[middle:], index - middle), _root(hashes[:middle])]


def _difference(hashes: list[bytes], size: int, *, is_whole: bool) -> list[bytes]:
    if size == len(hashes):
        return [] if is_whole else [_root(hashes)]
    middle = _middle(hashes)
    if size <= middle:
        return [*_difference(hashes[:middle], size, is_whole=is_whole), _root(hashes[middle:])]
    return [*_difference(hashes[middle:], size - middle, is_whole=False), _root(hashes[:middle])]


def _middle(hashes: list[bytes]) -> int:
    """The largest power of two below their number."""
    return 1 << (len(hashes) - 1).bit_length() - 1
