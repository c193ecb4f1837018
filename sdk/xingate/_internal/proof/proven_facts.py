"""What a verified receipt proves, in fields and in words, Chinese and English.

Leaves out the proof: `xingate.receipt` makes a `Proven` only when everything holds. Texts that callers chose are shown
with unprintable characters escaped, so that none can pass for a line of its own or turn the direction of writing.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, Literal

from xingate._internal.values.common_parts import Text
from xingate._internal.values.enums import MeasureResult, SubjectKind, Verdict
from xingate._internal.values.titles import GAPS

if TYPE_CHECKING:
    from xingate.checkpoint import Checkpoint, Cosignature
    from xingate.v1 import trace_pb2, types_pb2

_Language = Literal["zh", "en"]

KINDS: Final[Mapping[str, Text]] = {
    "check": Text("查询记录", "a lookup and its answer"),
    "outcome": Text("结果反馈", "an outcome reported for a lookup"),
    "denial": Text("拒绝记录", "a request that was refused"),
    "act": Text("影响答复的运维操作", "an operator's act that changes answers"),
}
_ACTS = {
    "snapshot_activated": Text("启用快照", "snapshot activated"),
    "shrink_accepted": Text("接受名单缩减", "shrink accepted"),
    "coverage_changed": Text("变更覆盖范围", "coverage changed"),
    "posture_changed": Text("变更姿态", "posture changed"),
    "name_threshold_changed": Text("变更名称相似度门槛", "name threshold changed"),
    "catalogue_changed": Text("变更措施目录", "catalogue changed"),
    "calendar_changed": Text("变更工作日历", "calendar changed"),
    "retention_run": Text("清理过期数据", "retention run"),
}
_NONE = Text("无", "none")


@dataclass(frozen=True)
class Fact:
    """One thing that is proven: a name and a value for programs, both again in words for people."""

    name: str
    value: str
    label: Text
    words: Text


@dataclass(frozen=True)
class Proven:
    """What a receipt proves. `kind` is "check", "outcome", "denial" or "act"; `time` is RFC 3339 in UTC, by the
    gateway's clock; `leaf_index` counts from 0; `leaf` holds the record's exact bytes."""

    kind: str
    record_id: str
    time: str
    leaf_index: int
    checkpoint: "Checkpoint"
    cosignatures: "tuple[Cosignature, ...]"
    facts: tuple[Fact, ...]
    leaf: bytes

    def value(self, name: str) -> str:
        """The value of the first fact of that name; "" where the record has none."""
        return next((fact.value for fact in self.facts if fact.name == name), "")

    def lines(self, language: _Language) -> Iterator[str]:
        """Everything that is proven, line by line, in `zh` or `en`."""
        colon = "：" if language == "zh" else ": "
        yield getattr(self._headline(), language)
        for fact in self.facts:
            yield f"  {getattr(fact.label, language)}{colon}{getattr(fact.words, language)}"
        yield getattr(self._proof(), language)
        for one in self.cosignatures:
            seen = Text(f"见证方 {one.name} 已会签（{one.time_s}）", f"cosigned by witness {one.name} at {one.time_s}")
            yield f"  {getattr(seen, language)}"

    def text(self, language: _Language) -> str:
        """`lines` as one text."""
        return "\n".join(self.lines(language))

    def _headline(self) -> Text:
        kind = KINDS.get(self.kind, Text(self.kind, self.kind))
        return Text(f"已证明：{kind.zh}", f"proven: {kind.en}")

    def _proof(self) -> Text:
        at = self.checkpoint
        origin, root = _shown(at.origin), at.root_hash.hex()
        return Text(
            f"  存证：日志 {origin} 第 {self.leaf_index} 条（从 0 起），签名检查点含 {at.tree_size} 条，根哈希 {root}",
            f"  kept as: leaf {self.leaf_index} (from 0) of log {origin}, under a signed checkpoint of "
            f"{at.tree_size} leaves with root {root}",
        )


def facts_of(record: "trace_pb2.TraceRecord") -> tuple[Fact, ...]:
    """All that a record says: who, what, when, and the answer."""
    kind = record.WhichOneof("body") or ""
    facts = [
        _fact("recordId", record.record_id, "记录编号", "record"),
        _fact("requestId", record.request_id, "请求编号", "request"),
        _fact("time", record.time, "时间（UTC）", "time (UTC)"),
        *_BODIES[kind](getattr(record, kind)),
    ]
    if _has_unknown_fields(record):
        facts.append(
            _worded("unknownFields", "true", "提示", "note", Text("含有本版本不认识的字段", _UNKNOWN_FIELDS_EN))
        )
    return tuple(facts)


_UNKNOWN_FIELDS_EN = "the record contains fields that this version does not know"


def _check(check: "trace_pb2.CheckRecord") -> Iterator[Fact]:
    yield from _caller(check.caller)
    yield _fact("action", check.action, "事项（查询目的）", "action (the purpose)")
    yield _fact("matter", check.matter, "办件编号", "matter")
    yield from _subject(check)
    yield _fact("asOf", check.as_of, "判断日期", "as of")
    yield _fact("sequence", str(check.sequence), "快照序号", "snapshot")
    yield _fact("snapshotHash", check.snapshot_hash, "快照哈希", "snapshot hash")
    yield _fact("catalogueHash", check.catalogue_hash, "目录哈希", "catalogue hash")
    verdict = Verdict(check.verdict)
    words = Text(f"{verdict.title_zh}（{verdict.name}）", verdict.name)
    yield _worded("verdict", verdict.name, "答复", "answer", words)
    yield _several("measureIds", check.measure_ids, "措施", "measures")
    yield _several("entryIds", check.entry_ids, "依据的名单记录", "entries")
    gaps = _several("gaps", check.gaps, "未知之处", "not known")
    if check.gaps:
        titles = "、".join(f"{GAPS[gap].zh}（{gap}）" if gap in GAPS else _shown(gap) for gap in check.gaps)
        gaps = replace(gaps, words=Text(titles, gaps.words.en))
    yield gaps
    if check.context:
        yield _several("context", [f"{k}={v}" for k, v in sorted(check.context.items())], "附加条件", "context")
    yield _fact("decisionDigest", check.decision_digest, "决定摘要", "decision digest")


def _subject(check: "trace_pb2.CheckRecord") -> Iterator[Fact]:
    kind = SubjectKind(check.subject_kind)
    yield _worded("subjectKind", kind.name, "主体类别", "kind of subject", Text(kind.title_zh, kind.title_en))
    if check.subject_code:
        yield _fact("subjectCode", check.subject_code, "主体代码", "subject")
    key = _shown(check.subject_key)
    words = Text(f"{key}（带密钥的哈希，不含号码）", f"{key} (keyed hash, no number)")
    yield _worded("subjectKey", check.subject_key, "主体标识", "subject key", words)
    if check.further_keys:
        yield _several("furtherKeys", check.further_keys, "其他号码的标识", "keys of the other numbers")


def _outcome(outcome: "trace_pb2.OutcomeRecord") -> Iterator[Fact]:
    yield from _caller(outcome.caller)
    yield _fact("lookupRecordId", outcome.lookup_record_id, "所反馈的查询", "for the lookup")
    for measure in outcome.measures:
        yield _measure(measure)
    for settled in outcome.identities:
        same = Text("是同一主体", "is the subject") if settled.is_same else Text("不是同一主体", "is not the subject")
        entry, why, who = _shown(settled.entry_id), _shown(settled.evidence), _shown(settled.decided_by)
        words = Text(
            f"{entry} {same.zh}；证据：{why}；认定人：{who}", f"{entry} {same.en}; evidence: {why}; decided by {who}"
        )
        yield _worded("identity", settled.entry_id, "身份认定", "identity", words)
    if outcome.note:
        yield _fact("note", outcome.note, "备注", "note")


def _measure(measure: "trace_pb2.MeasureOutcome") -> Fact:
    result, name = MeasureResult(measure.result), _shown(measure.measure_id)
    zh, en = [f"{name} {result.title_zh}"], [f"{name} {result.title_en}"]
    for part, label in _MEASURE_PARTS:
        value = getattr(measure, part)
        if value:
            zh.append(f"{label.zh} {_shown(value)}")
            en.append(f"{label.en} {_shown(value)}")
    return _worded("measure", measure.measure_id, "措施执行", "measure", Text("；".join(zh), "; ".join(en)))


_MEASURE_PARTS = (
    ("reason", Text("理由", "reason")),
    ("amount_yuan", Text("金额（元）", "amount (yuan)")),
    ("date", Text("日期", "date")),
    ("document_no", Text("文号", "document")),
)


def _denial(denial: "trace_pb2.DenialRecord") -> Iterator[Fact]:
    yield from _caller(denial.caller)
    yield _fact("method", denial.method, "被拒绝的请求", "refused")
    yield _fact("reason", denial.reason, "拒绝原因", "reason")
    yield _fact("about", denial.about, "涉及记录", "about")
    yield _fact("detail", denial.detail, "说明", "detail")


def _act(act: "trace_pb2.OperatorAct") -> Iterator[Fact]:
    shown = _shown(act.kind)
    yield _worded("act", act.kind, "操作", "act", _ACTS.get(act.kind, Text(shown, shown)))
    yield _fact("operator", act.operator, "操作人", "operator")
    yield _fact("before", act.before, "操作前", "before")
    yield _fact("after", act.after, "操作后", "after")
    yield _fact("detail", act.detail, "说明", "detail")


_BODIES: Mapping[str, Any] = {"check": _check, "outcome": _outcome, "denial": _denial, "act": _act}


def _caller(caller: "types_pb2.Caller") -> Iterator[Fact]:
    yield _fact("system", caller.system, "查询系统", "system")
    yield _fact("organisation", caller.organisation, "查询单位", "organisation")
    yield _fact("operator", caller.operator, "经办人", "operator")


def _fact(name: str, value: str, label_zh: str, label_en: str) -> Fact:
    words = Text(_shown(value), _shown(value)) if value else _NONE
    return _worded(name, value, label_zh, label_en, words)


def _several(name: str, values: Any, label_zh: str, label_en: str) -> Fact:
    shown = [_shown(value) for value in values]
    words = Text("、".join(shown), ", ".join(shown)) if shown else _NONE
    return _worded(name, " ".join(values), label_zh, label_en, words)


def _worded(name: str, value: str, label_zh: str, label_en: str, words: Text) -> Fact:
    return Fact(name, value, Text(label_zh, label_en), words)


def _shown(text: str) -> str:
    """Every character that is not printable as an escape."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode("ascii") for one in text)


def _has_unknown_fields(record: "trace_pb2.TraceRecord") -> bool:
    known = type(record)()
    known.CopyFrom(record)
    known.DiscardUnknownFields()
    return known.ByteSize() != record.ByteSize()
