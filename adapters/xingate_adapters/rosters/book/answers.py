"""One answer as the texts of a row: measures, legal basis, entries, remedies, gaps, notes."""

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import NamedTuple

from xingate.errors import XingateError
from xingate.types import AppliedMeasure, Decision, EntryRef, Gap, Verdict
from xingate_adapters.rosters.book.words import ERRORS
from xingate_adapters.rosters.rows import Fault

_WITHOUT_EFFECT = (
    ("suspended", "中止执行 suspended"),
    ("withheld", "暂不给予 withheld"),
    ("advisory_only", "仅供参考 advisory only"),
)


Outcome = Decision | XingateError | Fault
"""What came of a question, or why none was put."""


class Answer(NamedTuple):
    """What the cells of one question say; lists are lines."""

    verdict: Verdict | None
    measures: Sequence[str] = ()
    basis: Sequence[str] = ()
    entries: Sequence[str] = ()
    remedies: Sequence[str] = ()
    gaps: Sequence[str] = ()
    notes: Sequence[str] = ()
    error: str = ""
    record: str = ""


_NO_TITLES: Mapping[str, str] = MappingProxyType({})


def answer_of(result: Outcome, list_titles: Mapping[str, str] = _NO_TITLES) -> Answer:
    """The texts of a result; `list_titles` are Chinese titles by list type, for those of candidates."""
    if isinstance(result, Fault):
        return Answer(None, error=f"{result.zh}\n{result.en}")
    if isinstance(result, XingateError):
        zh = ERRORS.get(result.reason, "")
        return Answer(None, error="\n".join(part for part in (zh, result.message) if part))
    record = result.trace.record_id
    if not (result.measures or result.gaps or result.candidates or result.flags or result.suspended):
        return Answer(result.verdict, notes=_notes(result, list_titles), record=record)
    return Answer(
        result.verdict,
        _unique(_measure(measure) for measure in result.measures),
        _unique(str(basis) for measure in result.measures for basis in measure.basis),
        _unique(_entry(measure) for measure in result.measures),
        _remedies(result),
        [_gap(gap) for gap in result.gaps],
        _notes(result, list_titles),
        record=record,
    )


def gap_words(reason: str) -> str:
    """A gap's reason in Chinese with what closes it, or its code."""
    gap = Gap(reason)
    return "：".join(part for part in (gap.title.zh, gap.closes_zh) if part)


def _remedies(result: Decision) -> list[str]:
    """Each remedy once, and below them whom they are addressed to."""
    lines = [f"{remedy.title.zh or remedy.kind} {remedy.title.en}".strip() for remedy in result.remedies]
    lines += [one.bodies_told for one in result.measures if one.remedies]
    return _unique(lines)


def _unique(lines: Iterable[str]) -> list[str]:
    return [line for line in dict.fromkeys(lines) if line]


def _measure(measure: AppliedMeasure) -> str:
    title = f"{measure.id} {measure.title}".rstrip()
    through = ""
    if measure.via is not None:
        through = f"，经由 {measure.via.entity_name}{measure.via.title.zh} through {measure.via.role}"
    return f"{title} [{measure.manner}]{through}"


def _entry(measure: AppliedMeasure) -> str:
    return measure.evidence if measure.entry is None else _listing(measure.entry)


def _listing(entry: EntryRef) -> str:
    dated = f"（{entry.document_date}）" if entry.document_date else ""
    valid = f"{entry.valid_from} 至 {entry.valid_until or '长期 open'}" if entry.valid_from else ""
    parts = (entry.list_title, entry.authority, f"{entry.document_no}{dated}", valid)
    return "，".join(part for part in parts if part)


def _gap(gap: Gap) -> str:
    about = f"（{gap.about}）" if gap.about else ""
    hides = f"可能为 {gap.could_be.title_zh} could be {gap.could_be.name}"
    return f"{gap_words(gap.reason)}{about}；{gap.reason}: {gap.closes_with}；{hides}"


def _notes(result: Decision, list_titles: Mapping[str, str]) -> list[str]:
    lines = []
    for field, words in _WITHOUT_EFFECT:
        for measure in getattr(result, field):
            because = f"（{measure.because}）" if measure.because else ""
            lines += [f"{words}: {measure.id} {measure.title}{because}"]
    lines += [f"在案 on record: {_listing(record.entry)}" for record in result.records]
    for one in result.candidates:
        lists = "、".join(f"{list_titles.get(t, '')} {t}".strip() for t in one.list_types) or "不在名单 no list"
        lines.append(f"候选 candidate: {one.name} {one.code}（{lists}；{one.why_told}）{one.closes_told}")
    lines += [f"标记 flag: {flag}" for flag in result.flags]
    return lines
