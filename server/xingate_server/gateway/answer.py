"""What goes into the gateway and what comes out, independent of the wire."""

from datetime import date

import msgspec

from xingate_server.core.decide.decision import Decision, Flag
from xingate_server.core.subject import SubjectKind


class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A question as a caller sent it; texts are not yet checked. `identifiers` are pairs of scheme and value."""

    kind: SubjectKind
    action: str
    identifiers: tuple[tuple[str, str], ...] = ()
    name: str = ""
    as_of: str = ""
    sequence: int = 0
    request_id: str = ""
    system: str = ""
    organisation: str = ""
    operator: str = ""
    matter: str = ""
    context: dict[str, str] = msgspec.field(default_factory=dict)
    bodies: tuple[str, ...] | None = None  # of an authenticated caller only


class SnapshotInfo(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """Which snapshot answered. `status` is "current", "retained" or "superseded_by_bad"."""

    sequence: int
    hash: str
    catalogue: str
    catalogue_hash: str
    created_at: str
    status: str


class Answer(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """A recorded answer: exists only once its record is durable. `notices` are shown beside the decision's own
    flags and are not part of it: they rest on the log, not on the snapshot."""

    request_id: str
    as_of: date
    decision: Decision
    digest: str
    snapshot: SnapshotInfo
    record_id: str
    leaf_index: int
    log_origin: str
    notices: tuple[Flag, ...] = ()
