"""The calls for records: one, the newest page by page, and the figures over all of them."""

from dataclasses import dataclass
from datetime import date

from xingate._internal import messages
from xingate._internal.calls.call import Call, Steps, encoded, require_record_id
from xingate._internal.values.question import to_day
from xingate.errors import InvalidRequestError
from xingate.types import SearchOptions, TraceEntry, UsageReport, UsageRow
from xingate.v1 import trace_pb2

PAGE_LIMIT = 1000


def record_call(record_id: str) -> Call[TraceEntry]:
    """GetRecord."""
    require_record_id(record_id)

    def read(content: bytes) -> TraceEntry:
        return read_entry(messages.parse(trace_pb2.TraceEntry, content))

    payload = encoded(lambda: trace_pb2.GetRecordRequest(record_id=record_id).SerializeToString())
    return Call("GetRecord", payload, read)


@dataclass(frozen=True)
class Page:
    """Some records, newest first, and where the next page begins (None: there is none)."""

    entries: list[TraceEntry]
    next_before: int | None


def records_steps(limit: int, before: int | None, search: SearchOptions) -> Steps[list[TraceEntry]]:
    """The calls that find the newest `limit` records that fit. A page may be empty and still not be the last."""
    entries: list[TraceEntry] = []
    if limit < 1:
        raise InvalidRequestError(f"limit is 1 or more, not {limit}", reason="limit_malformed", field="limit")
    while True:
        page: Page = yield _page_call(limit - len(entries), before, search)
        entries += page.entries
        is_last = page.next_before is None or (before is not None and page.next_before >= before)
        if is_last or len(entries) >= limit:
            return entries[:limit]
        before = page.next_before


def _page_call(limit: int, before: int | None, search: SearchOptions) -> Call[Page]:
    """ListRecords: one page."""

    def read(content: bytes) -> Page:
        response = messages.parse(trace_pb2.ListRecordsResponse, content)
        next_before = response.next_before if response.HasField("next_before") else None
        return Page([read_entry(entry) for entry in response.entries], next_before)

    def encode() -> bytes:
        given: dict[str, object] = {**search}
        span = {"from": to_day(search.get("first")), "to": to_day(search.get("last"))}  # `from` is a word of Python's
        verdict = search["verdict"].value if "verdict" in search else 0
        texts = {name: str(value) for name, value in given.items() if name not in {"first", "last", "verdict"}}
        request = trace_pb2.ListRecordsRequest(limit=min(limit, PAGE_LIMIT), verdict=verdict, **texts, **span)  # type: ignore[arg-type]  # the stub wants its own int type
        if before is not None:
            request.before = before
        return request.SerializeToString()

    return Call("ListRecords", encoded(encode), read)


def usage_call(first: date | str | None, last: date | str | None, by: str) -> Call[UsageReport]:
    """GetUsageReport."""

    def read(content: bytes) -> UsageReport:
        message = messages.parse(trace_pb2.UsageReport, content)
        return UsageReport(
            first=messages.read_day(getattr(message, "from")),
            last=messages.read_day(message.to),
            by=message.by,
            rows=tuple(messages.read(UsageRow, row) for row in message.rows),
            total=messages.read(UsageRow, message.total),
        )

    def encode() -> bytes:
        span = {"from": to_day(first), "to": to_day(last)}  # `from` is a word of Python's own
        return trace_pb2.GetUsageReportRequest(by=by, **span).SerializeToString()

    return Call("GetUsageReport", encoded(encode), read)


def read_entry(message: trace_pb2.TraceEntry) -> TraceEntry:
    """A trace entry that keeps the message it was read from."""
    return messages.read(TraceEntry, message, wire=message.SerializeToString())
