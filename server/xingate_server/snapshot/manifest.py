"""`manifest.json`: what a snapshot was made of, and the hash that its data must have.

Scope: the format and its checks on reading. Exclusions: signatures. Source: DESIGN section 6. Times are RFC 3339
in UTC, dates are days in Asia/Shanghai.
"""

from datetime import date
from pathlib import Path
from typing import Any

import msgspec

from xingate_server.core.decide.decision import SourceState
from xingate_server.core.names.search import THRESHOLD
from xingate_server.snapshot.errors import SnapshotError

FORMAT_VERSION = 2
READABLE_VERSIONS = (1, 2)
"""1 is that of subjects by scheme, without unreadable rows; it is opened with its own form of key."""
MANIFEST_FILE = "manifest.json"
DATA_FILE = "data.lmdb"
REFUSED_FILE = "refused.jsonl"

# The databases in the data file.
SUBJECT, NAME, CATALOGUE, LISTED, GRAM = b"subject", b"name", b"catalogue", b"listed", b"gram"
CATALOGUE_KEY = b"catalogue"
DATABASES = 5


class _Struct(msgspec.Struct, frozen=True, kw_only=True):
    pass


Groups = dict[str, dict[str, dict[str, dict[str, int]]]]


class FileCount(_Struct, frozen=True):
    """One file of a source: its hash, and what became of its rows."""

    path: str
    sha256: str
    bytes: int
    rows: int = 0
    admitted: int = 0
    refused_by_rule: int = 0
    unreadable: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    flags: dict[str, int] = msgspec.field(default_factory=dict)


class SourceCount(_Struct, frozen=True):
    """One source kind. `refused` counts reasons (a row may have several), `flags` and `list_types` admitted rows.

    Of the refused rows `refused_by_rule` were not properly recognised and have no effect; of those that are
    `unreadable` nobody can tell what they say, and what could be read of them makes gaps. `baseline` is what the
    shrink guard compares the next sequence with: the admitted rows and those that only another source's same row kept
    out; for a source that was not given this time, its last baseline. `groups` is what it compares besides: rows by
    list type, dimension (`region`, `authority`, `file`), name and last day of validity, "" for none; under the list
    type "" those of the whole source. `passed_over` counts what the files hold that is not a row of the list, `notes`
    are what the operator was told of their layout.
    """

    kind: str
    provides: tuple[str, ...]
    is_required: bool = False
    is_loaded: bool = True
    is_register: bool = False
    files: tuple[FileCount, ...] = ()
    rows: int = 0
    admitted: int = 0
    baseline: int = 0
    refused_by_rule: int = 0
    unreadable: int = 0
    refused: dict[str, int] = msgspec.field(default_factory=dict)
    flags: dict[str, int] = msgspec.field(default_factory=dict)
    list_types: dict[str, int] = msgspec.field(default_factory=dict)
    data_as_of: date | None = None
    coverage_from: date | None = None
    coverage_to: date | None = None
    max_age_days: int = 0
    vanished: tuple[str, ...] = ()
    passed_over: dict[str, int] = msgspec.field(default_factory=dict)
    notes: tuple[str, ...] = ()
    groups: Groups = msgspec.field(default_factory=dict)

    def not_admitted(self) -> dict[str, int]:
        """How many rows of its files are not entries, by kind: `by_rule`, `unreadable`, `passed_over`."""
        return {
            "by_rule": self.refused_by_rule,
            "unreadable": self.unreadable,
            "passed_over": sum(self.passed_over.values()),
        }

    def state(self) -> SourceState:
        """The part of it that a decision depends on."""
        return SourceState(
            kind=self.kind,
            provides=self.provides,
            is_required=self.is_required,
            is_loaded=self.is_loaded,
            admitted=self.baseline if self.is_loaded else 0,
            coverage_from=self.coverage_from,
            data_as_of=self.data_as_of,
            max_age_days=self.max_age_days,
            vanished=self.vanished,
        )


class CatalogueRef(_Struct, frozen=True):
    """Which catalogue rides along."""

    name: str
    edition: str
    posture: str
    hash: str


class DataRef(_Struct, frozen=True):
    """The data file by size and hash; `blocks`: those of its blocks (`snapshot.digests`), where there are several."""

    bytes: int
    sha256: str
    blocks: tuple[str, ...] = ()


class MaskShape(_Struct, frozen=True):
    """A pattern of hidden positions seen in this snapshot: `*` hidden, `.` shown."""

    subject_class: str
    scheme: str
    shape: str


class SequenceRef(_Struct, frozen=True):
    """A snapshot by number and by the SHA-256 of its manifest."""

    sequence: int
    hash: str


class CalendarRef(_Struct, frozen=True):
    """A file of the operator's: a year of working days, or a report with corrected rows."""

    file: str
    sha256: str


class Change(_Struct, frozen=True):
    """An act of the operator that changes answers: `shrink_accepted`, `refusals_accepted`, `schema_accepted`,
    `coverage_changed`, `posture_changed`,
    `catalogue_changed`, `name_threshold_changed`, `calendar_changed` or `retention_run`; before and after are JSON
    texts."""

    kind: str
    before: str
    after: str


class Manifest(_Struct, frozen=True):
    """The whole of it. `next_update` is when the first loaded source becomes stale, "" where none can.

    `compiled_by` is the operating system's name of who compiled, `previous` the snapshot that was current then,
    `corrections` the reports by which rows were corrected, `removed` the sequences that this compile no longer keeps;
    `accepted_shrinks`, `accepted_refusals` and `accepted_schema` are the kinds of sources for which the operator let a
    guard pass; `key_id` names the key that made the hashes; `has_older_ids` says that entries once had the ids of
    format version 1. `changes` are against `previous`; names at least `name_threshold` alike are shown. Older manifests
    have none of these.
    """

    format_version: int
    sequence: int
    created_at: str
    next_update: str
    sources: tuple[SourceCount, ...]
    catalogue: CatalogueRef
    list_types: dict[str, int]
    subjects: int
    entries: int
    mask_shapes: tuple[MaskShape, ...]
    data: DataRef
    name_threshold: float = THRESHOLD
    compiled_by: str = ""
    previous: SequenceRef | None = None
    accepted_shrinks: tuple[str, ...] = ()
    accepted_refusals: tuple[str, ...] = ()
    accepted_schema: tuple[str, ...] = ()
    key_id: str = ""
    has_older_ids: bool = False
    calendars: tuple[CalendarRef, ...] = ()
    corrections: tuple[CalendarRef, ...] = ()
    removed: tuple[int, ...] = ()
    changes: tuple[Change, ...] = ()

    def source(self, kind: str) -> SourceCount | None:
        """The source of that kind, if this sequence knows of it."""
        return next((s for s in self.sources if s.kind == kind), None)


class _Version(msgspec.Struct):
    format_version: int


def encode_manifest(manifest: Manifest) -> bytes:
    """The bytes of `manifest.json`, keys of mappings sorted."""
    text: bytes = msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=1)
    return text + b"\n"


def decode_manifest(content: bytes, where: Any) -> Manifest:
    """Read `manifest.json`; `where` is named in errors. Raises `SnapshotError`."""
    try:
        version = msgspec.json.decode(content, type=_Version).format_version
        if version not in READABLE_VERSIONS:
            readable = " and ".join(map(str, READABLE_VERSIONS))
            raise SnapshotError(f"`{where}` has format version {version}, this program reads {readable}")
        return msgspec.json.decode(content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        detail = str(error)[:1].lower() + str(error)[1:]
        raise SnapshotError(f"`{where}` is not a manifest: {detail}") from error


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a snapshot folder, which must bear the sequence's number. Raises `SnapshotError`."""
    path = folder / MANIFEST_FILE
    try:
        content = path.read_bytes()
    except OSError as error:
        raise SnapshotError(f"cannot read `{path}`: {error.strerror}") from error
    manifest = decode_manifest(content, path)
    if folder.name.isdigit() and int(folder.name) != manifest.sequence:
        raise SnapshotError(f"`{path}` states sequence {manifest.sequence}, its folder is `{folder.name}`")
    return manifest
