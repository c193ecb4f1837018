"""Records, newest first, page by page, up to the number asked for. Nothing here waits (`_internal.base`)."""

from collections.abc import Generator
from dataclasses import dataclass

from xingate._internal import wire
from xingate._internal.base import Call, encoded, read_entry, require_limit
from xingate.types import SearchOptions, TraceEntry, to_day
from xingate.v1 import trace_pb2

PAGE_LIMIT = 1000


@dataclass(frozen=True)
class Page:
    """Some records, newest first, and where the next page begins (None: there is none)."""

    entries: list[TraceEntry]
    next_before: int | None


def records_steps(
    limit: int, before: int | None, search: SearchOptions
) -> Generator[Call[Page], Page, list[TraceEntry]]:
    """The calls that find the newest `limit` records that fit. A page may be empty and still not be the last."""
    entries: list[TraceEntry] = []
    require_limit(limit)
    while True:
        page = yield _page_call(limit - len(entries), before, search)
        entries += page.entries
        is_last = page.next_before is None or (before is not None and page.next_before >= before)
        if is_last or len(entries) >= limit:
            return entries[:limit]
        before = page.next_before


def _page_call(limit: int, before: int | None, search: SearchOptions) -> Call[Page]:
    """ListRecords: one page."""

    def read(content: bytes) -> Page:
        response = wire.parse(trace_pb2.ListRecordsResponse, content)
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
