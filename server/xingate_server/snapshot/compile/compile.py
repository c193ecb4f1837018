"""From records to a snapshot: admit, resolve, write, and only then move `current`.

Scope: the order of the work and the guards. Records arrive as iterators, no source is imported. Memory stays constant:
everything that grows is on disk in the draft folder. Until `current` is moved, nothing that is in use is touched; a
compile that fails or is killed leaves only a draft, which the next one clears away. Source: DESIGN section 6.
"""

from contextlib import ExitStack
from copy import copy
from datetime import UTC, date, datetime, time
from hashlib import file_digest, sha256
from pathlib import Path
from shutil import copyfile
from tempfile import TemporaryDirectory, gettempdir

import lmdb

from xingate_server.core.admission.rules import Rules
from xingate_server.core.subject import BY_SCHEME
from xingate_server.core.timestamps import SHANGHAI
from xingate_server.disk_faults import disk_fault
from xingate_server.snapshot import folders
from xingate_server.snapshot.comparison.answer_changes import Side
from xingate_server.snapshot.comparison.comparison import compare
from xingate_server.snapshot.compile.admit import Admission
from xingate_server.snapshot.compile.counts import Tally
from xingate_server.snapshot.compile.data import write_data
from xingate_server.snapshot.compile.guards import check_guards, source_counts
from xingate_server.snapshot.compile.name_index import index_names
from xingate_server.snapshot.compile.operator_acts import with_changes
from xingate_server.snapshot.compile.spool import Spool
from xingate_server.snapshot.compile.subjects.resolution import Resolution
from xingate_server.snapshot.digests import reference
from xingate_server.snapshot.errors import (
    CompileError,
    NothingToCompileError,
    SnapshotError,
    SubjectKeyMismatchError,
)
from xingate_server.snapshot.manifest import (
    DATA_FILE,
    FORMAT_VERSION,
    MANIFEST_FILE,
    REFUSED_FILE,
    CatalogueRef,
    DataRef,
    Manifest,
    MaskShape,
    SequenceRef,
    SourceCount,
    encode_manifest,
    read_manifest,
)
from xingate_server.snapshot.request import Comparison, Compiled, CompilePlan, Progress

_FILE_MODE = 0o640


def _silent(stage: str, done: int, total: int) -> None:
    """No progress is shown."""


def compile_snapshot(plan: CompilePlan, rules: Rules, state_dir: Path, progress: Progress = _silent) -> Compiled:
    """Compile `plan` into the next sequence of `state_dir`.

    Raises `NothingToCompileError`, the guards' errors, other `CompileError`s, `SubjectKeyMismatchError`,
    `SnapshotError` for a damaged current snapshot, and whatever the records' iterators raise.
    """
    folder = folders.snapshots_dir(state_dir)
    try:
        if plan.is_dry_run:
            return _try(plan, rules, folder, progress)
        with folders.compile_lock(folder, plan.lock_timeout_s):
            return _compile(plan, rules, folder, progress)
    except (OSError, lmdb.Error) as error:
        place = Path(gettempdir(), "draft") if plan.is_dry_run else folder / "draft"
        reason = disk_fault(error, place)
        raise CompileError(f"cannot make a snapshot in `{folder}`: {reason}; the current one is unchanged") from error


def _compile(plan: CompilePlan, rules: Rules, folder: Path, progress: Progress) -> Compiled:
    before = _before(folder, plan, rules)
    draft = folders.new_draft(folder, before.sequence)
    try:
        manifest = _fill(plan, rules, draft, before, progress)
        final = folders.publish(folder, draft, before.sequence)
        removed = folders.retain(folder, plan.keep)
        return Compiled(manifest=manifest, path=final, previous=before.previous, removed=removed)
    finally:
        folders.remove_drafts(folder)


def _try(plan: CompilePlan, rules: Rules, folder: Path, progress: Progress) -> Compiled:
    """A dry run: the draft stands outside the state directory, in which nothing is written, not even a lock."""
    before = _before(folder, plan, rules)
    with TemporaryDirectory(prefix="xingate-") as draft:
        manifest = _fill(plan, rules, Path(draft), before, progress)
        comparison = _compare(plan, rules, Path(draft), folder, before, progress)
    path = folder / str(before.sequence)
    return Compiled(manifest=manifest, path=path, previous=before.previous, comparison=comparison)


def _compare(
    plan: CompilePlan, rules: Rules, draft: Path, folder: Path, before: "_Before", progress: Progress
) -> Comparison:
    """What the draft would change. That the snapshot in use is damaged keeps nobody from trying a compile."""
    used = None
    if before.previous is not None:
        sequence = before.previous.sequence
        try:
            used = Side.open(folder / str(sequence), rules.keyer)
        except SnapshotError as error:
            return Comparison(sequence=sequence, counts_alone=f"snapshot {sequence} cannot be read: {error}")
    after = Side.open(draft, rules.keyer, verify=False)
    return compare(used, after, rules.today, draft / "compared", plan.on_subject, progress)


def _before(folder: Path, plan: CompilePlan, rules: Rules) -> "_Before":
    present = _compared(folder, plan)
    previous = None if present is None else read_manifest(folder / str(present))
    if previous is not None and previous.key_id not in ("", rules.keyer.key_id):
        raise SubjectKeyMismatchError(
            f"the snapshots in `{folder}` were made with the subject key {previous.key_id}, this one is "
            f"{rules.keyer.key_id}: restore the key from a backup, or compile into a new state directory"
        )
    return _Before(max(folders.next_sequence(folder), plan.above + 1), previous, folder)


def _compared(folder: Path, plan: CompilePlan) -> int | None:
    """With which sequence the lists are compared: the current one, unless a hand has set it back behind the one last in
    use, or removed it; then that one or the highest that is retained."""
    retained, current = folders.sequences(folder), folders.current_sequence(folder)
    if current is None:
        return retained[-1] if retained else None
    return plan.last_in_use if plan.last_in_use > current and plan.last_in_use in retained else current


class _Before:
    """Where a compile starts from."""

    def __init__(self, sequence: int, previous: Manifest | None, folder: Path) -> None:
        self.sequence = sequence
        self.previous = previous
        # Ids of format version 1 may be in old records for as long as there are any.
        self.has_older_ids = previous is not None and (previous.format_version == 1 or previous.has_older_ids)
        self.retained = tuple(folders.sequences(folder))
        self.reference: SequenceRef | None = None
        if previous is not None:
            content = (folder / str(previous.sequence) / MANIFEST_FILE).read_bytes()
            self.reference = SequenceRef(sequence=previous.sequence, hash=sha256(content).hexdigest())


def _fill(plan: CompilePlan, rules: Rules, draft: Path, before: _Before, progress: Progress) -> Manifest:
    if before.has_older_ids:
        rules = copy(rules)
        rules.older_keyer = rules.keyer.in_form(BY_SCHEME)
    tally = Tally(sorted(plan.sources, key=lambda source: not source.is_register))
    _hash_files(tally)
    spool = Spool(draft / "spool")
    with ExitStack() as stack:
        if plan.refused_to is not None:  # also when nothing can be compiled: then it is needed most
            stack.callback(copyfile, draft / REFUSED_FILE, plan.refused_to)
        refused = stack.enter_context((draft / REFUSED_FILE).open("wb"))
        Admission(tally, rules, spool, plan, progress).run(refused)
        is_emptied = before.previous is not None and all(
            not one.rows and one.plan.kind in plan.accept_shrink for one in tally.sources
        )
        if not is_emptied and not any(source.admitted or source.unreadable for source in tally.sources):
            check_guards(source_counts(tally, plan, before.previous, rules.today), plan, None, rules.today)
            raise NothingToCompileError(_nothing(tally))
        Resolution(tally, rules, spool, plan.jobs, progress).run(refused)
        index_names(spool, plan.jobs)
    counts = source_counts(tally, plan, before.previous, rules.today)
    check_guards(counts, plan, before.previous, rules.today)
    _write(spool, rules, draft / DATA_FILE, progress)
    spool.remove()
    manifest = _manifest(plan, rules, tally, counts, reference(draft / DATA_FILE), before)
    manifest = with_changes(manifest, plan, before.previous, before.reference, before.retained)
    (draft / MANIFEST_FILE).write_bytes(encode_manifest(manifest))
    for name in (DATA_FILE, MANIFEST_FILE, REFUSED_FILE):
        (draft / name).chmod(_FILE_MODE)
        folders.sync(draft / name)
    return manifest


def _nothing(tally: Tally) -> str:
    rows = sum(source.rows for source in tally.sources)
    reasons = {reason: n for source in tally.sources for reason, n in source.refused.items()}
    worst = ", ".join(sorted(reasons, key=lambda reason: -reasons[reason])[:3])
    return f"nothing to compile: of {rows} rows none was admitted" + (f" (mostly {worst})" if worst else "")


# -- the files


def _hash_files(tally: Tally) -> None:
    for file in tally.files:
        with file.path.open("rb") as content:
            file.sha256 = file_digest(content, "sha256").hexdigest()
            file.bytes = content.tell()


def _write(spool: Spool, rules: Rules, path: Path, progress: Progress) -> None:
    done = 0
    for written in write_data(spool, rules.catalogue, path):
        done += written
        progress("write", done, 0)
    progress("write", done, done)


def _manifest(
    plan: CompilePlan,
    rules: Rules,
    tally: Tally,
    counts: tuple[SourceCount, ...],
    data: DataRef,
    before: "_Before",
) -> Manifest:
    catalogue = rules.catalogue
    return Manifest(
        format_version=FORMAT_VERSION,
        sequence=before.sequence,
        created_at=_rfc3339(plan.created_at),
        next_update=_next_update(counts),
        sources=counts,
        catalogue=CatalogueRef(
            name=catalogue.name,
            edition=catalogue.edition,
            posture=catalogue.posture.value,
            hash=plan.catalogue_hash,
        ),
        list_types={name: n for name, n in sorted(tally.list_types.items()) if n},
        subjects=tally.subjects,
        entries=tally.entries,
        mask_shapes=tuple(
            MaskShape(subject_class=subject_class, scheme=scheme, shape=shape)
            for subject_class, (scheme, _, shape) in sorted((c, m.partition(":")) for c, m in tally.mask_shapes)
        ),
        data=data,
        name_threshold=plan.name_threshold,
        key_id=rules.keyer.key_id,
        has_older_ids=before.has_older_ids,
    )


def _next_update(counts: tuple[SourceCount, ...]) -> str:
    """The start of the first day, in Shanghai, that a loaded source no longer answers for."""
    last = [s.data_as_of.toordinal() + s.max_age_days for s in counts if s.is_loaded and s.data_as_of]
    if not last or min(last) >= date.max.toordinal():
        return ""
    return _rfc3339(datetime.combine(date.fromordinal(min(last) + 1), time(), SHANGHAI))


def _rfc3339(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
