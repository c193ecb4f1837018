"""What a decision says as serialised fields, each measure joined from parts that were made before.

Most of a measure is the catalogue's: titles, bases, bodies, obligations, remedies. These parts are remembered by their
values, so that a subject asked about for the first time costs little more than its own entries. The bytes are those of
the messages that `render` makes (a test compares them). Source: protobuf.dev, Encoding.
"""

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.core.catalogue import BasicListItem, Effect, Force, LegalBasis, Remedy, Title
from xingate_server.core.decide import decision as d
from xingate_server.trace.leaf.wire import text_field, varint
from xingate_server.transport.messages import answers

_PARTS_KEPT: Final = 2048
_ENTRIES_KEPT: Final = 4096

_MEASURES, _SUSPENDED, _WITHHELD, _ADVISORY_ONLY, _ENDED = b"\x1a", b"\x22", b"\x2a", b"\x32", b"\x3a"
_ID, _VIA, _EXECUTABLE, _ENTRY, _BECAUSE, _EVIDENCE = b"\x0a", b"\x3a", b"\x58", b"\x62", b"\x72", b"\x7a"

_Obligation = tuple[str, Title, tuple[tuple[str, str], ...]]


def decision_fields(decision: d.Decision, *, is_basic: bool) -> bytes:
    """Fields 2 to 11 of a CheckResponse. `is_basic` keeps the ids of measures and records only."""
    records = answers.record_ids if is_basic else answers.shown_records
    found = v.CheckResponse(verdict=answers.VERDICTS[decision.verdict])
    rest = v.CheckResponse(
        records=records(decision.records),
        gaps=[answers.gap(g) for g in decision.gaps],
        candidates=[answers.candidate_ref(c) for c in decision.candidates],
        flags=[answers.flag(f) for f in decision.flags],
    )
    parts = [found.SerializeToString()]
    for tag, applied in (
        (_MEASURES, decision.measures),
        (_SUSPENDED, decision.suspended),
        (_WITHHELD, decision.withheld),
        (_ADVISORY_ONLY, decision.advisory_only),
        (_ENDED, decision.ended),
    ):
        parts += _list(tag, applied, is_basic=is_basic)
    return b"".join((*parts, rest.SerializeToString(deterministic=True)))


def _list(tag: bytes, applied: Iterable[d.Applied], *, is_basic: bool) -> list[bytes]:
    contents = [text_field(_ID, a.id) if is_basic else measure(a) for a in applied]
    return [part for content in contents for part in (tag, varint(len(content)), content)]


def measure(a: d.Applied) -> bytes:
    """A serialised AppliedMeasure."""
    obligations = tuple([(o.kind, o.title, tuple(sorted(o.parameters.items()))) for o in a.obligations])
    executable = a.is_executable_by_caller
    return b"".join(
        (
            _head(a.id, a.title, a.clause, a.effect, a.force, a.reach),
            _within(_VIA, answers.via_ref(a.via).SerializeToString()) if a.via else b"",
            _middle(obligations, a.basis, a.bodies),
            b"" if executable is None else _EXECUTABLE + varint(executable),
            _entry(a.entry) if a.entry else b"",
            _remedies(a.remedies),
            text_field(_BECAUSE, a.because),
            text_field(_EVIDENCE, a.evidence),
            _basic_list(a.basic_list) if a.basic_list else b"",
        )
    )


@lru_cache(maxsize=_PARTS_KEPT)
def _head(measure_id: str, title: Title, clause: str, effect: Effect, force: Force, reach: str) -> bytes:
    return t.AppliedMeasure(
        id=measure_id,
        title=answers.text(title),
        clause=clause,
        effect=answers.EFFECTS[effect],
        force=answers.FORCES[force],
        reach=reach,
    ).SerializeToString()


@lru_cache(maxsize=_PARTS_KEPT)
def _middle(obligations: tuple[_Obligation, ...], basis: tuple[LegalBasis, ...], bodies: tuple[str, ...]) -> bytes:
    shown = [d.ShownObligation(kind=kind, title=title, parameters=dict(given)) for kind, title, given in obligations]
    return t.AppliedMeasure(
        obligations=[answers.obligation(o) for o in shown],
        basis=[answers.legal_basis(b) for b in basis],
        bodies=bodies,
    ).SerializeToString(deterministic=True)


@lru_cache(maxsize=_ENTRIES_KEPT)
def _entry(entry: d.EntryRef) -> bytes:
    return _within(_ENTRY, answers.entry_ref(entry).SerializeToString())


@lru_cache(maxsize=_PARTS_KEPT)
def _remedies(remedies: tuple[Remedy, ...]) -> bytes:
    return t.AppliedMeasure(remedies=[answers.remedy(r) for r in remedies]).SerializeToString()


@lru_cache(maxsize=_PARTS_KEPT)
def _basic_list(item: BasicListItem) -> bytes:
    return t.AppliedMeasure(basic_list=answers.basic_list_item(item)).SerializeToString()


def _within(tag: bytes, content: bytes) -> bytes:
    return tag + varint(len(content)) + content
