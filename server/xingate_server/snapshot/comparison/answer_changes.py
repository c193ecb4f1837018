"""The answers that a subject gets today from two snapshots of one catalogue, and in what they differ.

Every action is asked without context, as of today, by the subject's first kind and its names. Compared are the verdict,
the measures (acting, suspended, withheld, advisory only), the gaps and the records by what they are, not by which
document they rest on. What is stored under a mask or a name alone is the answer of whoever fits it. A subject on no
list is asked about once for each kind, since a list type that is gone changes the answers of all of them.
Source: DESIGN section 4.
"""

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Final, Self

import msgspec

from xingate_server.core.catalogue import Verdict
from xingate_server.core.decide.decide import Decider
from xingate_server.core.decide.decision import Decision, GapReason, Question, Situation, SourceState
from xingate_server.core.names.normal_form import normalise
from xingate_server.core.subject import EMPTY_FILE, Held, HeldUnread, Profile, SubjectFile, SubjectKeyer, SubjectKind
from xingate_server.snapshot.request import AnswerChange, SubjectChange, UnlistedChange
from xingate_server.snapshot.store import Snapshot, SnapshotFacts

REMEMBERED: Final = 1 << 14
_COMMITMENT: Final = "commitment."
_pack = msgspec.msgpack.Encoder().encode


class _Answer(msgspec.Struct, frozen=True):
    verdict: Verdict
    parts: frozenset[str]


class Side(msgspec.Struct, frozen=True):
    """As much of a snapshot as is needed to answer for it, without holding it open."""

    folder: Path
    info: SnapshotFacts
    key_form: int
    keys: int
    sources: tuple[SourceState, ...]
    decider: Decider

    @classmethod
    def open(cls, folder: Path, keyer: SubjectKeyer, *, verify: bool = True) -> Self:
        """The snapshot in a folder. Raises `SnapshotError`."""
        snapshot = Snapshot.open(folder, keyer, verify=verify)
        return cls(folder, snapshot.info, snapshot.key_form, snapshot.count(), snapshot.sources, snapshot.decider)


class AnswerChanges:
    """Asks two snapshots. Subjects of whom the same sort of entries is held get the same answers, asked for once."""

    def __init__(self, before: Side, after: Side, today: date) -> None:
        self._sides = (before, after)
        self._today = today
        self._actions = [action.id for action in after.decider.catalogue.actions]
        self._known: OrderedDict[tuple[int, bytes], tuple[_Answer, ...]] = OrderedDict()

    def of(self, old: SubjectFile, new: SubjectFile) -> SubjectChange | None:
        """What changes for a subject; None if nothing does."""
        profile = next(_profiles(new), None) or next(_profiles(old))
        names = tuple(sorted({name for p in (*_profiles(old), *_profiles(new)) if (name := normalise(p.name))}))
        changes = self._changes(self._answers(0, old, profile.kind, names), self._answers(1, new, profile.kind, names))
        if not changes:
            return None
        return SubjectChange(kind=profile.kind, name=profile.name, number=profile.display, changes=changes)

    def of_unlisted(self) -> Iterator[UnlistedChange]:
        """What changes for whoever is on no list; kinds of whom the same changes are together."""
        found: dict[tuple[bool, tuple[AnswerChange, ...]], list[SubjectKind]] = {}
        for kind in SubjectKind:
            at_home, abroad = (
                self._changes(*(self._asked(side, EMPTY_FILE, kind, (), is_foreign) for side in self._sides))
                for is_foreign in (False, True)
            )
            for is_foreign, changes in ((False, at_home), (True, abroad if abroad != at_home else ())):
                if changes:
                    found.setdefault((is_foreign, changes), []).append(kind)
        for (is_foreign, changes), kinds in found.items():
            yield UnlistedChange(kinds=tuple(kinds), is_foreign=is_foreign, changes=changes)

    def _changes(self, before: Iterable[_Answer], after: Iterable[_Answer]) -> tuple[AnswerChange, ...]:
        """The answers that differ, for each action in its order."""
        found: dict[tuple[_Answer, _Answer], list[str]] = {}
        for action, old, new in zip(self._actions, before, after, strict=True):
            if old != new:
                found.setdefault((old, new), []).append(action)
        return tuple(_change(actions, old, new) for (old, new), actions in found.items())

    def _answers(self, side: int, file: SubjectFile, kind: SubjectKind, names: tuple[str, ...]) -> tuple[_Answer, ...]:
        shape = side, _shape(file, kind, names)
        answers = self._known.get(shape)
        if answers is None:
            is_foreign = any(held.entry.foreign for held in (*file.held, *file.unsettled))
            answers = self._known[shape] = tuple(self._asked(self._sides[side], file, kind, names, is_foreign))
            if len(self._known) > REMEMBERED:
                self._known.popitem(last=False)
        return answers

    def _asked(
        self, side: Side, file: SubjectFile, kind: SubjectKind, names: tuple[str, ...], is_foreign: bool
    ) -> Iterator[_Answer]:
        identity = (GapReason.IDENTITY_AMBIGUOUS,) if file.rivals else ()
        situation = Situation(sources=side.sources, checked_on=self._today, identity=identity)
        for action in self._actions:
            question = Question(action=action, kind=kind, as_of=self._today, names=names, is_foreign=is_foreign)
            decision = side.decider.decide(EMPTY_FILE if file.rivals else file, question, situation)
            yield _Answer(decision.verdict, frozenset(_parts(decision)))


def _profiles(file: SubjectFile) -> Iterator[Profile]:
    yield from file.profiles
    yield from file.rivals


def _parts(decision: Decision) -> Iterator[str]:
    yield from (measure.id for measure in decision.measures)
    yield from (f"suspended {measure.id}" for measure in decision.suspended)
    yield from (f"withheld {measure.id}" for measure in decision.withheld)
    yield from (f"advisory {measure.id}" for measure in decision.advisory_only)
    yield from (f"gap {gap.reason}" for gap in decision.gaps)
    yield from (f"record {record.entry.list_type}" for record in decision.records)


def _change(actions: list[str], before: _Answer, after: _Answer) -> AnswerChange:
    return AnswerChange(
        actions=tuple(actions),
        before=before.verdict,
        after=after.verdict,
        gained=tuple(sorted(after.parts - before.parts)),
        lost=tuple(sorted(before.parts - after.parts)),
    )


def _shape(file: SubjectFile, kind: SubjectKind, names: tuple[str, ...]) -> bytes:
    """All of a file that its answers depend on: not whose it is, nor by which documents."""
    entries = [*(held.entry.list_type for held in file.held), *(t for held in file.unread for t in held.row.list_types)]
    if any(name.startswith(_COMMITMENT) for name in entries):  # kept and broken ones are joined by their documents
        return _pack((file, kind, names))
    shape = msgspec.structs.replace(
        file,
        profiles=(),
        rivals=file.rivals[:1],
        possible=(),
        held=tuple(_bare(held) for held in file.held),
        unsettled=tuple(_bare(held) for held in file.unsettled),
        unread=tuple(_bare_row(held) for held in file.unread),
    )
    is_named = bool(file.unsettled or file.unread)
    return _pack((shape, kind, names if is_named else ()))


def _bare(held: Held) -> Held:
    entry = msgspec.structs.replace(
        held.entry, id="", document_no="", authority="", basis="", facts="", region="", field="", source="",
        amount_yuan="", older_id="",
    )  # fmt: skip
    return msgspec.structs.replace(held, entry=entry, via=None)


def _bare_row(held: HeldUnread) -> HeldUnread:
    row = msgspec.structs.replace(held.row, id="", document_no="", authority="", what="", source="")
    return msgspec.structs.replace(held, row=row, via=None)
