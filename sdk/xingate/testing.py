"""A gateway for your own tests: in memory, with the answers you set, behind the real clients.

    fake = FakeGateway()
    fake.answer("91420399MA00000000", "tender.bid", Verdict.RESTRICTED, measures=["18.3b"])
    with fake.client(system="trading") as gateway: ...
    assert fake.records[0].record.check.matter == "M-1"

It keeps the gateway's promises: a record for every answer, one record a request id, UNAVAILABLE instead of an answer
without a record, and receipts that hold under a key of its own. It decides nothing: codes are not checked, and
whatever is not set gets `default`. Views are not told apart.
"""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

from google.protobuf.message import Message

from xingate._internal import messages
from xingate._internal.calls.records import read_entry
from xingate._internal.clock import new_request_id, now_text, today
from xingate._internal.fake.log import FakeLog
from xingate._internal.fake.matters import fake_check_matter, fake_matter_receipt
from xingate._internal.fake.outcomes import FakeOutcomes
from xingate._internal.fake.search import list_records, subject_key
from xingate._internal.fake.usage import usage_report
from xingate._internal.ports.methods import METHODS
from xingate._internal.values.enums import Verdict
from xingate.aio import AsyncClient, connect_backend_async
from xingate.client import Client, RetryPolicy, connect_backend
from xingate.errors import (
    InvalidRequestError,
    NotFoundError,
    ProtocolError,
    RequestIdReusedError,
    UnavailableError,
    XingateError,
)
from xingate.spool import Spool
from xingate.types import AppliedMeasure, Decision, Gap, Identifier, SubjectKind, TraceEntry, TraceRef
from xingate.v1 import catalogue_pb2, snapshot_pb2, trace_pb2, verification_pb2

__all__ = ["FakeGateway"]

_ORIGIN = "fake"
_NO_PAUSE = RetryPolicy(pause_s=0.0)
_CODE_OF: dict[type[XingateError], int] = {InvalidRequestError: 3, RequestIdReusedError: 6, UnavailableError: 14}


class FakeGateway:
    """Answers as it was told. Safe to share between threads and clients.

    `actions`, where given, are the only ones that exist; any other is an invalid question. So are the values of the
    attributes in `context`; other attributes are free text.
    """

    def __init__(
        self,
        default: Verdict = Verdict.CLEAR,
        *,
        actions: Sequence[str] = (),
        context: Mapping[str, Sequence[str]] | None = None,
    ) -> None:
        self.default = default
        self._actions = tuple(actions)
        self._context = {attribute: tuple(values) for attribute, values in (context or {}).items()}
        self._answers: dict[tuple[str, str], verification_pb2.CheckResponse] = {}
        self._stored: dict[tuple[str, str, str], tuple[bytes, verification_pb2.CheckResponse]] = {}
        self._entries: list[trace_pb2.TraceEntry] = []
        self._log = FakeLog(_ORIGIN, self._entries)
        self._outcomes = FakeOutcomes(self._record, self._append)
        self._failures: float = 0
        self._lock = threading.Lock()
        self._answers_of: Mapping[str, Callable[[Any], Message]] = {
            "Check": self._check,
            "BatchCheck": self._batch,
            "CheckMatter": self._matter,
            "GetMatterReceipt": lambda request: fake_matter_receipt(request.record_id, self._entries, self._log),
            "GetRecord": lambda request: self._record(request.record_id),
            "GetUsageReport": lambda request: usage_report(request, self._entries),
            "ListRecords": lambda request: list_records(request, self._entries),
            "ReportOutcome": self._outcomes.report,
            "GetReceipt": lambda request: self._log.receipt(self._record(request.record_id)),
            "GetCheckpoint": lambda _: self._log.checkpoint(),
            "GetConsistencyProof": lambda request: self._log.consistency_proof(request.size1, request.size2),
            "ListActions": self._list_actions,
            "GetSnapshot": lambda request: self._snapshot(request.sequence),
        }

    def answer(
        self,
        code: str,
        action: str,
        verdict: Verdict,
        *,
        measures: Sequence[AppliedMeasure | str] = (),
        gaps: Sequence[Gap] = (),
    ) -> None:
        """Set the answer for a code (or, where a question has none, a name) and an action (`*`: any)."""
        applied = tuple(AppliedMeasure(m) if isinstance(m, str) else m for m in measures)
        decision = Decision("", verdict, TraceRef(""), measures=applied, gaps=tuple(gaps))
        response = verification_pb2.CheckResponse()
        messages.write(decision, response)
        self._answers[code, action] = response

    def fail(self, times: int = 1) -> None:
        """Be unavailable for the next `times` calls; a client's retries count."""
        self._failures = times

    @contextmanager
    def outage(self) -> Iterator[None]:
        """Be unavailable inside the `with`."""
        self._failures = float("inf")
        try:
            yield
        finally:
            self._failures = 0

    @property
    def records(self) -> list[TraceEntry]:
        """What was asked, oldest first."""
        return [read_entry(entry) for entry in self._entries]

    def client(
        self,
        *,
        system: str = "",
        organisation: str = "",
        operator: str = "",
        spool: Path | str | Spool | None = None,
    ) -> Client:
        """A client of this gateway; its retries do not wait."""
        return connect_backend(
            self, system=system, organisation=organisation, operator=operator, retry=_NO_PAUSE, spool=spool
        )

    def async_client(
        self,
        *,
        system: str = "",
        organisation: str = "",
        operator: str = "",
        spool: Path | str | Spool | None = None,
    ) -> AsyncClient:
        """The same for asyncio."""
        return connect_backend_async(
            self, system=system, organisation=organisation, operator=operator, retry=_NO_PAUSE, spool=spool
        )

    def call(self, method: str, payload: bytes, /) -> bytes:
        """Answer one request, as a backend does."""
        with self._lock:
            if self._failures > 0:
                self._failures -= 1
                raise UnavailableError("the fake gateway was told to be unavailable", reason="fake_outage")
            return self._answer(method, payload)

    async def acall(self, method: str, payload: bytes, /) -> bytes:
        """The same for asyncio."""
        return self.call(method, payload)

    def close(self) -> None:
        """Nothing to release: records stay readable after a client is closed."""

    def _answer(self, method: str, payload: bytes) -> bytes:
        if method not in METHODS:
            raise ProtocolError(f"the fake gateway has no method `{method}`")
        request = METHODS[method].request.FromString(payload)
        answer = self._answers_of.get(method, lambda _: METHODS[method].response())
        return answer(request).SerializeToString()

    def _matter(self, request: verification_pb2.CheckMatterRequest) -> verification_pb2.CheckMatterResponse:
        request.request_id = request.request_id or new_request_id()
        return fake_check_matter(request, self._require, self._check)

    def _batch(self, request: verification_pb2.BatchCheckRequest) -> verification_pb2.BatchCheckResponse:
        return verification_pb2.BatchCheckResponse(results=[self._result(item) for item in request.requests])

    def _list_actions(self, _request: catalogue_pb2.ListActionsRequest) -> catalogue_pb2.ListActionsResponse:
        actions = [catalogue_pb2.Action(id=action) for action in self._actions]
        return catalogue_pb2.ListActionsResponse(actions=actions)

    def _result(self, request: verification_pb2.CheckRequest) -> verification_pb2.BatchCheckResult:
        try:
            return verification_pb2.BatchCheckResult(response=self._check(request))
        except XingateError as error:
            told = verification_pb2.CheckError(
                code=_CODE_OF.get(type(error), 13), reason=error.reason, message=error.message, field=error.field
            )
            return verification_pb2.BatchCheckResult(error=told)

    def _check(self, request: verification_pb2.CheckRequest) -> verification_pb2.CheckResponse:
        self._require(request)
        request.request_id = request.request_id or new_request_id()
        key = (request.caller.system, request.caller.organisation, request.request_id)
        asked = _question(request)
        if key in self._stored:
            before, response = self._stored[key]
            if before != asked:
                raise RequestIdReusedError(
                    f"request id `{request.request_id}` belongs to another question",
                    reason="request_id_reused",
                    field="request_id",
                )
            return response
        response = self._decide(request)
        self._entries.append(_entry(request, response))
        self._stored[key] = (asked, response)
        return response

    def _require(self, request: verification_pb2.CheckRequest) -> None:
        subject = request.subject
        if SubjectKind(subject.kind) is SubjectKind.UNSPECIFIED:
            raise _invalid("subject kind is needed", "subject.kind")
        if not subject.name and not any(identifier.value for identifier in subject.identifiers):
            raise _invalid("a code or a name is needed", "subject.identifiers")
        if not request.action or (self._actions and request.action not in self._actions):
            raise _invalid(f"unknown action `{request.action}`", "action")
        try:
            date.fromisoformat(request.as_of or "2017-10-12")
        except ValueError:
            raise _invalid(f"`{request.as_of}` is not a date: expected YYYY-MM-DD", "as_of") from None
        _require_purpose(request)
        for attribute, value in request.context.items():
            values = self._context.get(attribute)
            if value and values is not None and value not in values:
                text = f"unknown value of `{attribute}`: expected one of {', '.join(values)}"
                raise InvalidRequestError(text, reason="context_value_unknown", field=f"context[{attribute}]")

    def _decide(self, request: verification_pb2.CheckRequest) -> verification_pb2.CheckResponse:
        names = [identifier.value for identifier in request.subject.identifiers] or [request.subject.name]
        keys = [(name, action) for name in names for action in (request.action, "*")]
        found = next((self._answers[key] for key in keys if key in self._answers), None)
        response = verification_pb2.CheckResponse(verdict=self.default.value)  # type: ignore[arg-type]  # stub's own int
        if found is not None:
            response.CopyFrom(found)
        response.request_id = request.request_id
        response.as_of = request.as_of or today().isoformat()
        response.snapshot.sequence = 1
        response.snapshot.status = "current"
        response.snapshot.catalogue = _ORIGIN
        response.trace.record_id = new_request_id()
        response.trace.leaf_index = len(self._entries)
        response.trace.log_origin = _ORIGIN
        return response

    def _record(self, record_id: str) -> trace_pb2.TraceEntry:
        for entry in self._entries:
            if entry.record.record_id == record_id:
                return entry
        raise NotFoundError(f"no record `{record_id}`", reason="record_unknown", field="record_id")

    def _append(self, record: trace_pb2.TraceRecord) -> trace_pb2.TraceEntry:
        leaf = record.SerializeToString(deterministic=True)
        entry = trace_pb2.TraceEntry(leaf_index=len(self._entries), log_origin=_ORIGIN, record=record, leaf=leaf)
        self._entries.append(entry)
        return entry

    def _snapshot(self, sequence: int) -> snapshot_pb2.Snapshot:
        if sequence > 1:
            raise NotFoundError(f"snapshot {sequence} is not retained", reason="sequence_unknown", field="sequence")
        snapshot = snapshot_pb2.Snapshot(retained=[1])
        snapshot.ref.sequence, snapshot.ref.status, snapshot.ref.catalogue = 1, "current", _ORIGIN
        return snapshot


def _require_purpose(request: verification_pb2.CheckRequest) -> None:
    """A natural person is asked about only with organisation, operator and matter, as by the gateway."""
    if SubjectKind(request.subject.kind) is not SubjectKind.NATURAL_PERSON:
        return
    caller = request.caller
    for field, value in (
        ("caller.organisation", caller.organisation),
        ("caller.operator", caller.operator),
        ("matter", request.matter),
    ):
        if not value.strip():
            text = f"{field} is missing: a natural person is asked about only with organisation, operator and matter"
            raise InvalidRequestError(text, reason="purpose_missing", field=field)


def _invalid(message: str, field: str) -> InvalidRequestError:
    return InvalidRequestError(message, reason=f"{field.replace('.', '_')}_invalid", field=field)


def _question(request: verification_pb2.CheckRequest) -> bytes:
    asked = verification_pb2.CheckRequest()
    asked.CopyFrom(request)
    asked.ClearField("view")
    return asked.SerializeToString(deterministic=True)


def _entry_ids(response: verification_pb2.CheckResponse) -> set[str]:
    """The entries that the answer shows, and those that a doubtful identity rests on."""
    shown = {measure.entry.id for measure in response.measures if measure.entry.id}
    return shown | {gap.about for gap in response.gaps if gap.reason == "identity_unsettled" and gap.about}


def _entry(request: verification_pb2.CheckRequest, response: verification_pb2.CheckResponse) -> trace_pb2.TraceEntry:
    subject = request.subject
    is_person = SubjectKind(subject.kind) is SubjectKind.NATURAL_PERSON
    shown = [i.value for i in subject.identifiers if Identifier(i.scheme, i.value).shown() == i.value]
    content = b"\0".join(i.value.encode() for i in subject.identifiers) or subject.name.encode()
    check = trace_pb2.CheckRecord(
        caller=request.caller,
        action=request.action,
        matter=request.matter,
        subject_kind=subject.kind,
        subject_key=subject_key(content),
        subject_code=shown[0] if shown and not is_person else "",
        as_of=response.as_of,
        sequence=1,
        verdict=response.verdict,
        measure_ids=[measure.id for measure in response.measures],
        entry_ids=sorted(_entry_ids(response)),
        gaps=[gap.reason for gap in response.gaps],
        context=request.context,
        further_keys=[subject_key(i.value.encode()) for i in subject.identifiers]
        if len(subject.identifiers) > 1
        else [],
    )
    record = trace_pb2.TraceRecord(
        record_id=response.trace.record_id,
        request_id=request.request_id,
        time=now_text(),
        check=check,
    )
    leaf = record.SerializeToString(deterministic=True)
    return trace_pb2.TraceEntry(leaf_index=response.trace.leaf_index, log_origin=_ORIGIN, record=record, leaf=leaf)
