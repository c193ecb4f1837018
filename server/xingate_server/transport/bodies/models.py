"""What people may send over HTTP: bodies and queries, as pydantic models.

Names are those of the messages, in lowerCamelCase or as in the .proto files; a field that does not exist is refused
with its path, `null` counts as absent, a uint64 is a number or a string (proto3 JSON, `sent`). What a field *means* is
checked by the gateway, the same for every transport.
"""

from enum import StrEnum
from typing import Annotated, Literal

from pydantic import ConfigDict, Field
from pydantic.alias_generators import to_camel

from xingate.matter import ROLES
from xingate.v1 import trace_pb2 as tr
from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.gateway.records.records import check_limit
from xingate_server.transport.bodies.base import Sent, WholeNumber
from xingate_server.transport.bodies.base import described as _doc

Uint64 = Annotated[int, WholeNumber(2**64 - 1)]
Uint32 = Annotated[int, WholeNumber(2**32 - 1)]


class SubjectKind(StrEnum):
    """The kinds by the names that proto3 JSON has for them."""

    SUBJECT_KIND_UNSPECIFIED = "SUBJECT_KIND_UNSPECIFIED"
    SUBJECT_KIND_LEGAL_ENTITY = "SUBJECT_KIND_LEGAL_ENTITY"
    SUBJECT_KIND_SOLE_TRADER = "SUBJECT_KIND_SOLE_TRADER"
    SUBJECT_KIND_NATURAL_PERSON = "SUBJECT_KIND_NATURAL_PERSON"


class View(StrEnum):
    """How much an answer tells."""

    VIEW_UNSPECIFIED = "VIEW_UNSPECIFIED"
    VIEW_BASIC = "VIEW_BASIC"
    VIEW_FULL = "VIEW_FULL"


class _Sent(Sent):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        validate_by_alias=True,
        hide_input_in_errors=True,
    )


class _Query(_Sent):
    takes_null = False


class IdentifierBody(_Sent):
    """A number of the subject."""

    scheme: str = Field("", **_doc("Empty: read by the shape of the value.", "留空则按号码形式识别。", "uscc"))
    value: str = Field("", **_doc("The number.", "证件号码。", "91420399MA0000007C"))


class SubjectBody(_Sent):
    """A subject, by numbers or by name."""

    kind: SubjectKind = Field(
        SubjectKind.SUBJECT_KIND_UNSPECIFIED, **_doc("Required; never guessed.", "必填，不作推测。")
    )
    identifiers: list[IdentifierBody] = Field([], **_doc("Numbers, the main one first.", "证件号码，主要的在前。"))
    name: str = Field("", **_doc("A bare name gives candidates only.", "仅有名称时只给出候选。", "示例建设有限公司"))


class CallerBody(_Sent):
    """A caller, as its own system knows it."""

    system: str = Field("", **_doc("The calling system.", "发起查询的系统。", "approval"))
    organisation: str = Field(
        "", **_doc("The organisation; required for a person.", "查询单位；查询自然人时必填。", "示例审批局")
    )
    operator: str = Field("", **_doc("Who asks; required for a person.", "经办人；查询自然人时必填。", "op-1"))


class CheckBody(_Sent):
    """A question."""

    request_id: str = Field("", **_doc("A retry with the same id finds its record.", "同一编号重试得到原答复。"))
    subject: SubjectBody = Field(SubjectBody(), **_doc("Who is asked about.", "被查询主体。"))
    action: str = Field("", **_doc("What is about to be done.", "拟办事项。", "permit.grant"))
    as_of: str = Field("", **_doc("YYYY-MM-DD; empty: today in Asia/Shanghai.", "日期；留空为今日（北京时间）。"))
    sequence: Uint64 = Field(0, **_doc("A retained snapshot; 0: the current one.", "留存的快照；0 为当前。"))
    caller: CallerBody = Field(CallerBody(), **_doc("Who asks.", "查询方。"))
    matter: str = Field(
        "", **_doc("The matter's number; required for a person.", "事项编号；查询自然人时必填。", "SP-2024-001")
    )
    context: dict[str, str] = Field({}, **_doc("Attributes that some measures ask for.", "部分措施所需的情节。"))
    view: View = Field(View.VIEW_UNSPECIFIED, **_doc("VIEW_BASIC: ids only.", "VIEW_BASIC 仅返回编号。"))

    def message(self) -> v.CheckRequest:
        """The same question as a message."""
        subject = self.subject
        return v.CheckRequest(
            request_id=self.request_id,
            subject=t.Subject(
                kind=subject.kind.value,
                identifiers=[t.Identifier(scheme=i.scheme, value=i.value) for i in subject.identifiers],
                name=subject.name,
            ),
            action=self.action,
            as_of=self.as_of,
            sequence=self.sequence,
            caller=t.Caller(
                system=self.caller.system,
                organisation=self.caller.organisation,
                operator=self.caller.operator,
            ),
            matter=self.matter,
            context=self.context,
            view=self.view.value,
        )


class BatchCheckBody(_Sent):
    """Up to 1000 questions, each with its own answer or error."""

    requests: list[CheckBody] = Field([], **_doc("The questions.", "查询列表，至多 1000 条。"))

    def message(self) -> v.BatchCheckRequest:
        """The same batch as a message."""
        return v.BatchCheckRequest(requests=[r.message() for r in self.requests])


class PartyBody(_Sent):
    """Somebody whom a matter is about."""

    role: str = Field(
        "",
        **_doc(f"One of {', '.join(ROLES)}.", "当事人身份：申请人、法定代表人等，申请人必有其一。", "applicant"),
    )
    subject: SubjectBody = Field(SubjectBody(), **_doc("Who is asked about.", "被查询主体。"))


class CheckMatterBody(_Sent):
    """One question about all parties of a matter."""

    request_id: str = Field("", **_doc("A retry with the same id finds its records.", "同一编号重试得到原答复。"))
    matter: str = Field("", **_doc("Required: the matter's number.", "必填：事项编号。", "SP-2024-001"))
    action: str = Field("", **_doc("What is about to be done.", "拟办事项。", "permit.grant"))
    parties: list[PartyBody] = Field([], **_doc("1 to 100, one applicant.", "1 至 100 个，其中一个为申请人。"))
    as_of: str = Field("", **_doc("YYYY-MM-DD; empty: today in Asia/Shanghai.", "日期；留空为今日（北京时间）。"))
    sequence: Uint64 = Field(0, **_doc("A retained snapshot; 0: the current one.", "留存的快照；0 为当前。"))
    caller: CallerBody = Field(CallerBody(), **_doc("Who asks.", "查询方。"))
    context: dict[str, str] = Field({}, **_doc("Attributes that some measures ask for.", "部分措施所需的情节。"))
    view: View = Field(View.VIEW_UNSPECIFIED, **_doc("VIEW_BASIC: ids only.", "VIEW_BASIC 仅返回编号。"))

    def message(self) -> v.CheckMatterRequest:
        """The same question as a message."""
        shared = CheckBody(
            as_of=self.as_of, sequence=self.sequence, caller=self.caller, context=self.context, view=self.view
        ).message()
        return v.CheckMatterRequest(
            request_id=self.request_id,
            matter=self.matter,
            action=self.action,
            parties=[
                v.Party(role=p.role, subject=CheckBody(subject=p.subject).message().subject) for p in self.parties
            ],
            as_of=shared.as_of,
            sequence=shared.sequence,
            caller=shared.caller,
            context=shared.context,
            view=shared.view,
        )


class MeasuresQuery(_Query):
    """Which measures to list."""

    action: str = Field("", **_doc("Only measures that touch this action.", "仅列涉及该事项的措施。"))


class SnapshotQuery(_Query):
    """Which snapshot to show."""

    sequence: Uint64 = Field(0, **_doc("A retained snapshot; 0: the current one.", "留存的快照；0 为当前。"))


class RecordsQuery(_Query):
    """Which records to list, newest first."""

    limit: Uint32 | None = Field(None, **_doc("1 to 1000; absent: 50.", "1 至 1000；省略为 50。"))
    before: Uint64 | None = Field(None, **_doc("Only leaves before this index.", "仅列此序号之前的记录。"))

    def message(self) -> tr.ListRecordsRequest:
        """The same as a message. Raises InvalidQuestionError: a limit of 0 is none, although a message says so."""
        if self.limit is not None:
            check_limit(self.limit)
        return tr.ListRecordsRequest(limit=self.limit, before=self.before)


class Verdict(StrEnum):
    """The verdicts by the names that proto3 JSON has for them."""

    VERDICT_UNSPECIFIED = "VERDICT_UNSPECIFIED"
    VERDICT_CLEAR = "VERDICT_CLEAR"
    VERDICT_FAVOURED = "VERDICT_FAVOURED"
    VERDICT_CAUTION = "VERDICT_CAUTION"
    VERDICT_RESTRICTED = "VERDICT_RESTRICTED"
    VERDICT_PROHIBITED = "VERDICT_PROHIBITED"
    VERDICT_CANNOT_TELL = "VERDICT_CANNOT_TELL"


class SearchBody(RecordsQuery):
    """Which records to list: those that fit all that is given, newest first."""

    takes_null = True

    subject: str = Field("", **_doc("The number asked about.", "被查询主体的证件号码。", "91420399MA0000007C"))
    scheme: str = Field("", **_doc("What it is; empty: by its shape.", "号码类型；留空则按号码形式识别。"))
    name: str = Field("", **_doc("The name, where asked by it alone.", "仅凭名称查询时的名称。"))
    organisation: str = Field("", **_doc("Of the caller.", "查询单位。", "示例审批局"))
    operator: str = Field("", **_doc("Of the caller.", "经办人。", "op-1"))
    action: str = Field("", **_doc("What was about to be done.", "拟办事项。", "permit.grant"))
    verdict: Verdict = Field(Verdict.VERDICT_UNSPECIFIED, **_doc("Unspecified: any.", "结论；未指定则不限。"))
    from_: str = Field("", alias="from", **_doc("YYYY-MM-DD in Asia/Shanghai.", "起始日期（北京时间）。"))
    to: str = Field("", **_doc("YYYY-MM-DD, included.", "截止日期（含）。"))
    matter: str = Field("", **_doc("The matter's number.", "事项编号。", "SP-2024-001"))
    kind: str = Field(
        "", **_doc("check, outcome, denial, act; all or empty: any.", "记录类别；all 或留空不限。", "check")
    )

    def message(self) -> tr.ListRecordsRequest:
        """The same as a message. Raises InvalidQuestionError as `RecordsQuery`."""
        request = super().message()
        for name in self.model_fields_set - {"limit", "before", "from_", "verdict"}:
            setattr(request, name, getattr(self, name))
        setattr(request, "from", self.from_)  # a word of Python's own
        request.MergeFrom(tr.ListRecordsRequest(verdict=self.verdict.value))
        return request


class ReceiptQuery(_Query):
    """In which form to give a receipt."""

    format: Literal["json", "html"] = Field(
        "json",
        **_doc("json: the receipt file; html: a page to print.", "json 为回执文件，html 为打印页。"),
    )

    def message(self, record_id: str) -> tr.GetReceiptRequest:
        """The request for the receipt of a record; its form is not the gateway's concern."""
        return tr.GetReceiptRequest(record_id=record_id)


class ConsistencyQuery(_Query):
    """Between which sizes to prove that the log only grew."""

    size1: Uint64 = Field(0, **_doc("The size of an earlier checkpoint.", "较早检查点的条数。"))
    size2: Uint64 = Field(0, **_doc("The size of a later one; 0: the newest.", "较新检查点的条数；0 为最新。"))


class MeasureResult(StrEnum):
    """What was done with a measure, by the names that proto3 JSON has for it."""

    RESULT_UNSPECIFIED = "RESULT_UNSPECIFIED"
    RESULT_APPLIED = "RESULT_APPLIED"
    RESULT_NOT_APPLIED = "RESULT_NOT_APPLIED"
    RESULT_OTHER = "RESULT_OTHER"


class MeasureOutcomeBody(_Sent):
    """What was done with one measure of the answer."""

    measure_id: str = Field("", **_doc("A measure of the answer.", "答复中的措施编号。", "18.3b"))
    result: MeasureResult = Field(MeasureResult.RESULT_UNSPECIFIED, **_doc("Required.", "必填：是否执行。"))
    reason: str = Field("", **_doc("Required unless applied.", "未执行或其他情况须说明理由。"))
    amount_yuan: str = Field("", **_doc("A decimal number of yuan.", "金额（元）。", "1234.50"))
    date: str = Field("", **_doc("YYYY-MM-DD.", "日期。", "2026-07-01"))
    document_no: str = Field("", **_doc("The document's number.", "文书号。", "示例〔2026〕1号"))


class IdentityBody(_Sent):
    """A person's decision whether a possible match is the subject."""

    entry_id: str = Field("", **_doc("The entry of the possible match.", "疑似匹配所依据的记录编号。"))
    is_same: bool = Field(False, strict=True, **_doc("Whether it is the subject.", "是否为同一主体。"))
    evidence: str = Field("", **_doc("Required: on which evidence.", "必填：核实依据。", "户籍资料"))
    decided_by: str = Field("", **_doc("Required: who decided.", "必填：核实人。", "李四"))


class OutcomeBody(_Sent):
    """What became of a lookup (Cl. 22); the caller is that of the lookup."""

    outcome_id: str = Field("", **_doc("A retry with the same id is not recorded again.", "同一编号重试不重复记录。"))
    caller: CallerBody = Field(CallerBody(), **_doc("Who reports.", "反馈方，须与查询方一致。"))
    measures: list[MeasureOutcomeBody] = Field([], **_doc("Measure by measure.", "逐项措施。"))
    identities: list[IdentityBody] = Field([], **_doc("Identities that were settled.", "已核实的身份。"))
    note: str = Field("", **_doc("Anything else.", "备注。"))

    def message(self, record_id: str) -> tr.ReportOutcomeRequest:
        """The same report, on the lookup `record_id`, as a message."""
        return tr.ReportOutcomeRequest(
            record_id=record_id,
            outcome_id=self.outcome_id,
            caller=t.Caller(
                system=self.caller.system,
                organisation=self.caller.organisation,
                operator=self.caller.operator,
            ),
            measures=[
                tr.MeasureOutcome(
                    measure_id=m.measure_id,
                    result=m.result.value,
                    reason=m.reason,
                    amount_yuan=m.amount_yuan,
                    date=m.date,
                    document_no=m.document_no,
                )
                for m in self.measures
            ],
            identities=[
                tr.IdentitySettlement(
                    entry_id=i.entry_id, is_same=i.is_same, evidence=i.evidence, decided_by=i.decided_by
                )
                for i in self.identities
            ],
            note=self.note,
        )


class UsageQuery(_Query):
    """Which lookups to count, and how to group them."""

    from_: str = Field(
        "", alias="from", **_doc("YYYY-MM-DD in Asia/Shanghai; empty: open.", "起始日期（北京时间）；留空不限。")
    )
    to: str = Field("", **_doc("YYYY-MM-DD, included; empty: open.", "截止日期（含）；留空不限。"))
    by: str = Field(
        "",
        **_doc("organisation (default), action, verdict or system.", "按单位（默认）、事项、结论或系统汇总。"),
    )


class DocsQuery(_Query):
    """In which language to describe the routes."""

    lang: str = Field(
        "",
        **_doc(
            "A language tag: Chinese for zh, zh-CN and the like, else English; absent: as the browser asks.",
            "语言标记：zh、zh-CN 等为中文，其他为英文；省略则依浏览器语言。",
            "zh",
        ),
    )


class NoQuery(_Query):
    """Nothing may be asked."""


class AnyQuery(_Query):
    """Whatever is asked is ignored: probes and scrapers add parameters of their own, and must not fail for them."""
