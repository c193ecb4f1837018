"""Snapshots by their manifests, and records by their exact leaves, as messages."""

from collections.abc import Sequence
from typing import Final

from xingate.types import ConsistencyProof, SignedCheckpoint
from xingate.v1 import snapshot_pb2 as s
from xingate.v1 import trace_pb2 as tr
from xingate.v1 import types_pb2 as t
from xingate_server.gateway.gateway import Gateway
from xingate_server.gateway.records.search import Search
from xingate_server.snapshot.manifest import SourceCount
from xingate_server.snapshot.store import Snapshot
from xingate_server.trace.port import Stored
from xingate_server.transport.messages.answers import day

MOST_PAGE_BYTES: Final = 3_500_000  # gRPC's clients take 4 MiB unless told otherwise
_FRAME_BYTES: Final = 8  # a field's number and length


def snapshot(gateway: Gateway, sequence: int) -> s.Snapshot:
    """A snapshot, or (0) the one in use. Raises UnknownSequenceError, UnavailableError."""
    view = gateway.snapshots.snapshot(sequence)
    if not isinstance(view, Snapshot):
        raise TypeError("this gateway's snapshots have no manifest")
    info, manifest = view.info, view.manifest
    ref = t.SnapshotRef(
        sequence=info.sequence,
        hash=info.hash,
        catalogue=info.catalogue,
        catalogue_hash=info.catalogue_hash,
        created_at=info.created_at,
        status=gateway.snapshots.status(sequence),
    )
    return s.Snapshot(
        ref=ref,
        sources=[_source(source) for source in manifest.sources],
        subjects=info.subjects,
        entries=info.entries,
        posture=info.posture,
        retained=gateway.snapshots.retained(),
        list_types=manifest.list_types,
    )


def entry(gateway: Gateway, record_id: str) -> tr.TraceEntry:
    """One record. Raises UnknownRecordError, UnavailableError."""
    return _entry(gateway.records.get(record_id), gateway.records.origin)


def page(gateway: Gateway, limit: int, before: int | None) -> tr.ListRecordsResponse:
    """A page of records, newest first; its last index is the next page's `before`."""
    stored = gateway.records.page(limit, before)
    return _page(gateway, stored, (stored[-1].leaf_index if stored else 0) or None)


def search(request: tr.ListRecordsRequest) -> Search | None:
    """What is looked for; None if that is any record."""
    found = Search(
        subject=request.subject,
        scheme=request.scheme,
        name=request.name,
        organisation=request.organisation,
        operator=request.operator,
        action=request.action,
        verdict=request.verdict,
        first=getattr(request, "from"),  # a word of Python's own
        last=request.to,
        matter=request.matter,
        kind=request.kind,
    )
    return None if found == Search() else found


def found(gateway: Gateway, search: Search, limit: int, before: int | None) -> tr.ListRecordsResponse:
    """A page of what fits, newest first. Raises GatewayError."""
    return _page(gateway, *gateway.records.search(search, limit, before))


def _page(gateway: Gateway, leaves: Sequence[Stored], next_before: int | None) -> tr.ListRecordsResponse:
    """It has fewer than `leaves` where more would not fit into the message that gRPC's clients take by default."""
    entries: list[tr.TraceEntry] = []
    size = 0
    for stored in leaves:
        made = _entry(stored, gateway.records.origin)
        size += made.ByteSize() + _FRAME_BYTES
        if entries and size > MOST_PAGE_BYTES:
            next_before = entries[-1].leaf_index
            break
        entries.append(made)
    return tr.ListRecordsResponse(entries=entries, next_before=next_before)


def checkpoint(given: SignedCheckpoint) -> tr.Checkpoint:
    """The newest signed checkpoint."""
    return tr.Checkpoint(
        note=given.note, tree_size=given.tree_size, root_hash=given.root_hash, verifier_key=given.verifier_key
    )


def consistency_proof(given: ConsistencyProof) -> tr.ConsistencyProof:
    """The hashes between two sizes."""
    return tr.ConsistencyProof(size1=given.size1, size2=given.size2, proof=given.proof)


def _entry(stored: Stored, origin: str) -> tr.TraceEntry:
    return tr.TraceEntry(
        leaf_index=stored.leaf_index,
        log_origin=origin,
        record=tr.TraceRecord.FromString(stored.leaf),
        leaf=stored.leaf,
    )


def _source(source: SourceCount) -> s.Source:
    return s.Source(
        kind=source.kind,
        provides=source.provides,
        required=source.is_required,
        loaded=source.is_loaded,
        rows=source.rows,
        admitted=source.admitted,
        refused=source.refused,
        data_as_of=day(source.data_as_of),
        coverage_from=day(source.coverage_from),
        coverage_to=day(source.coverage_to),
        max_age_days=source.max_age_days,
        vanished=source.vanished,
    )
