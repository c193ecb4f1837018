"""Small values that answers, the catalogue and the trace have in common (types.proto)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime


@dataclass(frozen=True)
class Text:
    """A text in both languages; empty in a BASIC view."""

    zh: str = ""
    en: str = ""

    def __str__(self) -> str:
        return " / ".join(part for part in (self.zh, self.en) if part)


NO_TEXT = Text()


@dataclass(frozen=True)
class Caller:
    """Who asks: the system, the organisation that runs it, and the person at it."""

    system: str = ""
    organisation: str = ""
    operator: str = ""


@dataclass(frozen=True)
class LegalBasis:
    """Where a measure stands in law, and from when to when.

    `document_no` and `issued_on` are the instrument's own; "" and None if they are not known.
    """

    instrument: str = ""
    article: str = ""
    level: str = ""
    in_force_from: date | None = None
    in_force_until: date | None = None
    document_no: str = ""
    issued_on: date | None = None

    def __str__(self) -> str:
        known = "，".join(part for part in (self.document_no, str(self.issued_on or "")) if part)
        instrument = f"{self.instrument}（{known}）" if known else self.instrument
        return " ".join(part for part in (instrument, self.article) if part)


@dataclass(frozen=True)
class BasicListItem:
    """The item of the national basic list of restriction measures."""

    edition: str = ""
    item: str = ""


@dataclass(frozen=True)
class Obligation:
    """What the implementing body has to do, or may grant."""

    kind: str
    title: Text = NO_TEXT
    parameters: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        details = ", ".join(f"{name}={value}" for name, value in self.parameters.items())
        what = str(self.title) or self.kind
        return f"{what} ({details})" if details else what


@dataclass(frozen=True)
class Remedy:
    """What the subject can do against an adverse answer (Cl. 23, 25)."""

    kind: str
    title: Text = NO_TEXT
    basis: str = ""

    def __str__(self) -> str:
        what = str(self.title) or self.kind
        return f"{what} ({self.basis})" if self.basis else what


@dataclass(frozen=True)
class SnapshotRef:
    """Which snapshot answered. `status`: "current", "retained", or "superseded_by_bad"."""

    sequence: int = 0
    hash: str = ""
    catalogue: str = ""
    catalogue_hash: str = ""
    created_at: datetime | None = None
    status: str = ""


@dataclass(frozen=True)
class TraceRef:
    """Where the lookup is recorded."""

    record_id: str
    leaf_index: int = 0
    log_origin: str = ""


NO_CALLER = Caller()
NO_SNAPSHOT = SnapshotRef()
