"""Deciding a recorded lookup again, from its leaf and the snapshot that it names, and comparing the digests.

A leaf contains no person's name or number, so candidates (possible matches by name or mask) are found again only if it
names an organisation and the snapshot has the name or the code is in clear. Otherwise all else is decided again and the
candidates are taken from the stored answer, which the leaf's digest then has to fit. Excluded: whether the leaf is the
one that was written (`xingate trace fsck`, `verify`). Source: DESIGN section 7.
"""

from collections.abc import Iterator
from datetime import date
from enum import StrEnum

import msgspec

from xingate_server.core.decide.decision import Candidate, Decision, Question, digest
from xingate_server.core.identifiers.parsing import read
from xingate_server.core.identity.candidates import TAX_NUMBER, candidate, in_order
from xingate_server.core.identity.doubts import apart, unsettled_row
from xingate_server.core.identity.identify import settle
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import EMPTY_FILE, SubjectFile, class_of
from xingate_server.gateway.records.check_leaf import (
    Recorded,
    RecordedSituation,
    is_among,
    older_unsettled_id,
    sources_sha256,
    with_identity,
)
from xingate_server.snapshot.errors import NotRetainedError, SnapshotError, SubjectKeyMismatchError
from xingate_server.snapshot.store import Snapshot, SnapshotSet
from xingate_server.trace.leaf.record import CheckLeaf, decode
from xingate_server.trace.port import Stored


class ReplayResult(StrEnum):
    """What became of one replay."""

    SAME = "same"
    DIFFERENT = "different"
    CANDIDATES = "candidates_by_name"  # all but the candidates was decided again and is the same
    NOT_KEPT = "snapshot_not_kept"
    UNREADABLE = "leaf_unreadable"


class Replayed(msgspec.Struct, frozen=True, kw_only=True):
    """One lookup, decided again. `differs` names the parts that differ; `detail` says what was compared, or why not.

    Digests are hex; `decided_digest` is "" where nothing could be decided.
    """

    record_id: str
    leaf_index: int
    time: str
    result: ReplayResult
    sequence: int = 0
    recorded_digest: str = ""
    decided_digest: str = ""
    differs: tuple[str, ...] = ()
    detail: str = ""


def replay(stored: Stored, snapshots: SnapshotSet) -> Replayed:
    """Decide a lookup again.

    Raises ValueError for the leaf of something else than a lookup, SubjectKeyMismatchError over a snapshot of another
    key.
    """
    base = Replayed(
        record_id=stored.record_id, leaf_index=stored.leaf_index, time=stored.time, result=ReplayResult.UNREADABLE
    )
    if stored.kind != "check":
        raise ValueError(f"record `{stored.record_id}` is not a lookup, but of kind `{stored.kind}`")
    try:
        leaf = decode(stored.leaf)
        situation = msgspec.json.decode(leaf.situation, type=RecordedSituation)
        question = _question(leaf, situation)
    except (ValueError, msgspec.DecodeError) as error:
        return msgspec.structs.replace(base, detail=f"leaf {stored.leaf_index} cannot be read: {error}")
    base = msgspec.structs.replace(base, sequence=leaf.sequence, recorded_digest=leaf.decision_digest)
    try:
        snapshot = _snapshot(leaf, snapshots)
    except SubjectKeyMismatchError:
        raise
    except SnapshotError as error:
        return msgspec.structs.replace(base, result=ReplayResult.NOT_KEPT, detail=str(error))
    held = sources_sha256(snapshot.sources)
    if held != situation.sources_sha256:
        what = f"sources: recorded SHA-256 {situation.sources_sha256[:16]}, the snapshot's {held[:16]}"
        detail = "nothing was decided: the snapshot's sources are not those that the record names"
        return msgspec.structs.replace(base, result=ReplayResult.DIFFERENT, differs=(what,), detail=detail)
    file = _file(leaf, situation, snapshot)
    again = snapshot.decider.decide(file, question, situation.situation(snapshot.sources))
    return _compared(base, stored, leaf, situation, snapshot, again)


def _question(leaf: CheckLeaf, situation: RecordedSituation) -> Question:
    return Question(
        action=leaf.action,
        kind=leaf.subject_kind,
        as_of=date.fromisoformat(leaf.as_of),
        context=dict(leaf.context),
        is_foreign=situation.is_foreign,
        bodies=situation.bodies,
    )


def _snapshot(leaf: CheckLeaf, snapshots: SnapshotSet) -> Snapshot:
    snapshot = snapshots.get(leaf.sequence)
    if snapshot.info.hash != leaf.snapshot_hash:
        raise NotRetainedError(
            f"snapshot {leaf.sequence} is not retained: the one stored under this number has the hash "
            f"`{snapshot.info.hash[:16]}`, the record names `{leaf.snapshot_hash[:16]}`"
        )
    return snapshot


def _file(leaf: CheckLeaf, situation: RecordedSituation, snapshot: Snapshot) -> SubjectFile:
    """What the snapshot holds on the subject, with those unsettled entries that no name spoke against."""
    first, *others = _found(leaf, situation, snapshot)
    fitting = situation.unsettled
    unsettled = dict.fromkeys(held for held in first.unsettled if is_among(held, fitting))
    unread = dict.fromkeys(held for held in first.unread if not held.is_unsettled or is_among(held, fitting))
    for file in others:
        held_apart = [
            held for held in apart(file) if older_unsettled_id(held) not in {older_unsettled_id(h) for h in unsettled}
        ]
        unsettled |= dict.fromkeys(h for h in (*file.unsettled, *held_apart) if is_among(h, fitting))
        unread |= dict.fromkeys(row for row in map(unsettled_row, file.unread) if is_among(row, fitting))
    return msgspec.structs.replace(first, unsettled=tuple(unsettled), unread=tuple(unread))


def _found(leaf: CheckLeaf, situation: RecordedSituation, snapshot: Snapshot) -> list[SubjectFile]:
    """What stands at the subject's key, and at those of the doubts about it."""
    keys = (leaf.subject_key, *(bytes.fromhex(key) for key in situation.unsettled_keys))
    return [snapshot.get(key) or EMPTY_FILE for key in keys]


def _compared(
    base: Replayed,
    stored: Stored,
    leaf: CheckLeaf,
    situation: RecordedSituation,
    snapshot: Snapshot,
    again: Decision,
) -> Replayed:
    for candidates in _possible_candidates(leaf, situation, snapshot):
        whole = digest(with_identity(again, candidates, situation.flags))
        if whole == leaf.decision_digest:
            return msgspec.structs.replace(base, result=ReplayResult.SAME, decided_digest=whole)
    mine = with_identity(again, (), situation.flags)
    answered = _stored_decision(stored)
    is_faithful = answered is not None and digest(answered) == leaf.decision_digest
    if answered is not None and answered.candidates and situation.identity and is_faithful:
        mine = with_identity(again, answered.candidates, situation.flags)
        if digest(mine) == leaf.decision_digest:
            return msgspec.structs.replace(
                base,
                result=ReplayResult.CANDIDATES,
                decided_digest=digest(mine),
                detail="cannot be replayed: the answer held candidates; compared: all else, decided again, "
                "with the candidates of the stored answer, gives the recorded digest",
            )
    detail = "" if is_faithful else "the stored answer does not have the recorded digest either"
    return msgspec.structs.replace(
        base,
        result=ReplayResult.DIFFERENT,
        decided_digest=digest(mine),
        differs=_differences(leaf, mine, answered if is_faithful else None),
        detail=detail,
    )


def _possible_candidates(
    leaf: CheckLeaf, situation: RecordedSituation, snapshot: Snapshot
) -> Iterator[tuple[Candidate, ...]]:
    """None, then those of the name and of the code, as far as they can be known. A digest says which were shown."""
    yield ()
    if not situation.identity:
        yield from _of_tax_numbers(_found(leaf, situation, snapshot))
        return
    subject_class = class_of(leaf.subject_kind)
    if situation.name and snapshot.keyer.name(subject_class, situation.name) == leaf.subject_key:
        yield settle(leaf.subject_kind, (), (situation.name,), snapshot, snapshot.keyer).candidates
    profiles = {profile for file in snapshot.bearers(leaf.subject_key) for profile in file.profiles}
    names = {name for profile in profiles if (name := normalise(profile.name))}
    for name in sorted(names):
        if snapshot.keyer.name(subject_class, name) == leaf.subject_key:
            yield settle(leaf.subject_kind, (), (name,), snapshot, snapshot.keyer).candidates
    if leaf.subject_code:
        identifier = read(leaf.subject_code, "", subject_class)
        if not identifier.is_malformed:
            yield settle(leaf.subject_kind, (identifier,), (), snapshot, snapshot.keyer).candidates


def _of_tax_numbers(found: list[SubjectFile]) -> Iterator[tuple[Candidate, ...]]:
    """Those who may be the settled subject because a tax number ends in an organisation code: theirs, or that of the
    question, which is then at one of the further keys."""
    possible = {profile for file in found for profile in file.possible}
    for profiles in ((), *(file.profiles for file in found[1:])):
        if shown := possible.union(profiles).difference(found[0].profiles):
            yield in_order(candidate(profile, (), *TAX_NUMBER) for profile in shown)


def _stored_decision(stored: Stored) -> Decision | None:
    try:
        return msgspec.json.decode(stored.answer, type=Recorded).decision
    except msgspec.DecodeError:
        return None


def _differences(leaf: CheckLeaf, again: Decision, answered: Decision | None) -> tuple[str, ...]:
    """Ids and names of parts only: nothing of what a subject is called or numbered."""
    found = []
    if again.verdict != leaf.verdict:
        found.append(f"verdict: recorded {leaf.verdict.name}, now {again.verdict.name}")
    ids = {
        "measures": (set(leaf.measure_ids), {m.id for m in again.measures}),
        "gaps": (set(leaf.gaps), {gap.reason.value for gap in again.gaps}),
    }
    for what, (before, now) in ids.items():
        lost, new = sorted(before - now), sorted(now - before)
        if lost or new:
            found.append(f"{what}: " + ", ".join([*(f"recorded {i}" for i in lost), *(f"now {i}" for i in new)]))
    if answered is not None:
        said = {part.partition(":")[0] for part in found}
        fields = Decision.__struct_fields__
        found += [f for f in fields if f not in said and getattr(again, f) != getattr(answered, f)]
    return tuple(found)
