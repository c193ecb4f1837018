"""Counts of a compile: per file, per source, per list type. Nothing is dropped without a count."""

import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from pathlib import Path

import msgspec

from xingate_server.core.admission.result import Admitted, Refused
from xingate_server.core.entry import REGISTER, Entry
from xingate_server.core.subject import SubjectClass
from xingate_server.snapshot.manifest import FileCount
from xingate_server.snapshot.request import SourcePlan

GroupKey = tuple[str, str, str, str]
"""A group of rows that the shrink guard looks at: list type, dimension (`region`, `authority`, `file`; both "" for the
whole source), its name there, and the last day of validity as YYYY-MM-DD, "" for none."""
_DIGITS = re.compile(r"[\d〇零一二三四五六七八九十]+")


class FileCounts(msgspec.Struct, frozen=True, array_like=True):
    """What one process counted of one file."""

    rows: int
    admitted: int
    refused_by_rule: int
    unreadable: int
    refused: dict[str, int]
    flags: dict[str, int]


class SourceCounts(msgspec.Struct, frozen=True, array_like=True):
    """What one process counted of one source."""

    list_types: dict[str, int]
    elsewhere: int
    groups: dict[GroupKey, int]
    files: tuple[FileCounts, ...]


class Counts(msgspec.Struct, frozen=True, array_like=True):
    """What one process of a compile counted."""

    sources: tuple[SourceCounts, ...]
    list_types: dict[str, int]
    mask_shapes: frozenset[tuple[str, str]]
    subjects: int


class FileTally:
    """The rows of one file; `position` is its number in the whole compile."""

    __slots__ = (
        *("admitted", "bytes", "flags", "group", "path", "position", "refused", "refused_by_rule", "rows", "sha256"),
        *("source", "unreadable"),
    )

    def __init__(self, position: int, path: Path, source: "SourceTally") -> None:
        self.position = position
        self.path = path
        self.source = source
        self.sha256 = ""
        self.bytes = 0
        self.group = _DIGITS.sub("", path.name)
        self.rows = 0
        self.admitted = 0
        self.refused_by_rule = 0
        self.unreadable = 0
        self.refused: Counter[str] = Counter()
        self.flags: Counter[str] = Counter()

    def count(self) -> FileCount:
        """As it stands in the manifest."""
        return FileCount(
            path=str(self.path),
            sha256=self.sha256,
            bytes=self.bytes,
            rows=self.rows,
            admitted=self.admitted,
            refused_by_rule=self.refused_by_rule,
            unreadable=self.unreadable,
            refused=dict(sorted(self.refused.items())),
            flags=dict(sorted(self.flags.items())),
        )

    def refuse(self, outcome: Refused) -> None:
        """A row that admission refused, by its kind."""
        self.refused.update(outcome.reasons)
        self.refused_by_rule += outcome.is_by_rule
        self.unreadable += outcome.is_unreadable

    def supersede_unreadable(self) -> None:
        """An unreadable row is replaced by an admitted one of the same key."""
        self.refused["superseded"] += 1
        self.unreadable -= 1
        self.refused_by_rule += 1


class SourceTally:
    """The rows of one source kind.

    `elsewhere` counts rows refused as duplicates of another source's: the list holds them all the same, so that it
    does not seem to shrink or vanish; `list_types` includes them. `passed_over` counts what the files hold that is
    no row of the list.
    """

    def __init__(self, plan: SourcePlan, first_position: int) -> None:
        self.plan = plan
        self.files = [FileTally(first_position + n, path, self) for n, path in enumerate(plan.files)]
        self.list_types: Counter[str] = Counter()
        self.groups: Counter[GroupKey] = Counter()
        self.elsewhere = 0
        self.passed_over: Mapping[str, int] = {}
        self.notes: Mapping[str, None] = {}
        self._by_name = {file.path.name: file for file in reversed(self.files)}
        self._by_name.update({str(file.path): file for file in self.files})

    def file(self, name: str) -> FileTally:
        """The file that a record names by its path or its bare name."""
        return self._by_name.get(name) or self._by_name.get(Path(name).name) or self.files[0]

    @property
    def rows(self) -> int:
        """All rows read."""
        return sum(file.rows for file in self.files)

    @property
    def admitted(self) -> int:
        """The rows that stand in the snapshot."""
        return sum(file.admitted for file in self.files)

    @property
    def refused_by_rule(self) -> int:
        """The rows that were not properly recognised."""
        return sum(file.refused_by_rule for file in self.files)

    @property
    def unreadable(self) -> int:
        """The rows of which nobody can tell what they say."""
        return sum(file.unreadable for file in self.files)

    @property
    def refused(self) -> dict[str, int]:
        """Reasons over all files."""
        return _sum(file.refused for file in self.files)

    @property
    def flags(self) -> dict[str, int]:
        """Flags of admitted rows over all files."""
        return _sum(file.flags for file in self.files)


class Tally:
    """The counts of one compile."""

    def __init__(self, plans: Iterable[SourcePlan]) -> None:
        self.plans = tuple(plans)
        self.sources: list[SourceTally] = []
        self.files: list[FileTally] = []
        for plan in self.plans:
            source = SourceTally(plan, len(self.files))
            self.sources.append(source)
            self.files.extend(source.files)
        self.list_types: Counter[str] = Counter()
        self.mask_shapes: set[tuple[str, str]] = set()
        self.subjects = 0

    @property
    def entries(self) -> int:
        """Listings that stand in the snapshot, each counted once however many files hold it."""
        return sum(self.list_types.values())

    def counts(self) -> Counts:
        """All that was counted here, to be added to another tally of the same plans."""
        return Counts(
            tuple(
                SourceCounts(
                    dict(source.list_types),
                    source.elsewhere,
                    dict(source.groups),
                    tuple(
                        FileCounts(f.rows, f.admitted, f.refused_by_rule, f.unreadable, dict(f.refused), dict(f.flags))
                        for f in source.files
                    ),
                )
                for source in self.sources
            ),
            dict(self.list_types),
            frozenset(self.mask_shapes),
            self.subjects,
        )

    def add(self, counts: Counts) -> None:
        """Add what another tally of the same plans counted."""
        for source, of_source in zip(self.sources, counts.sources, strict=True):
            source.list_types.update(of_source.list_types)
            source.elsewhere += of_source.elsewhere
            source.groups.update(of_source.groups)
            for file, of_file in zip(source.files, of_source.files, strict=True):
                file.rows += of_file.rows
                file.admitted += of_file.admitted
                file.refused_by_rule += of_file.refused_by_rule
                file.unreadable += of_file.unreadable
                file.refused.update(of_file.refused)
                file.flags.update(of_file.flags)
        self.list_types.update(counts.list_types)
        self.mask_shapes |= counts.mask_shapes
        self.subjects += counts.subjects

    def refuse_after_all(self, file: FileTally, reasons: Collection[str], entry: Entry, *, is_elsewhere: bool) -> None:
        """A row that admission let pass is refused because of another one; `is_elsewhere`: of another source."""
        file.admitted -= 1
        file.refused_by_rule += 1
        file.refused.update(reasons)
        if is_elsewhere:
            file.source.elsewhere += 1
        else:
            file.source.list_types[entry.list_type] -= 1
            file.source.groups.subtract(_group_keys(file, entry))

    def add_shape(self, subject_class: SubjectClass, mask_shape: str) -> None:
        """A mask was seen: its scheme and shape as admission writes them, `scheme:shape`."""
        self.mask_shapes.add((subject_class, mask_shape))

    def admit(self, file: FileTally, list_type: str, outcome: Admitted) -> None:
        """A row that admission let pass."""
        file.admitted += 1
        if outcome.flags:
            file.flags.update(outcome.flags)
        if outcome.is_validity_open:
            file.flags["validity_open"] += 1
        if outcome.counted:
            file.refused.update(reason for reason, _ in outcome.counted)
        entry = outcome.entry
        if list_type != REGISTER and entry is not None:
            source = file.source
            source.list_types[list_type] += 1
            for key in _group_keys(file, entry):
                source.groups[key] += 1


def _group_keys(file: FileTally, entry: Entry) -> list[GroupKey]:
    """The groups that a row of a list belongs to."""
    until = "" if entry.valid_until is None else entry.valid_until.isoformat()
    keys = [
        ("", "", "", until),
        (entry.list_type, "file", file.group, until),
        (entry.list_type, "authority", entry.authority, until),
    ]
    if entry.region:
        keys.append((entry.list_type, "region", entry.region, until))
    return keys


def _sum(counters: Iterable[Counter[str]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for counter in counters:
        total.update(counter)
    return dict(sorted(total.items()))
