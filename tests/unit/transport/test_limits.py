"""Searches and reports run one at a time, a few wait, and all beyond are refused at once as other overloads are."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace
from typing import Any

import pytest
from tests.support.waiting import until

from xingate.v1 import trace_pb2
from xingate_server.transport.errors import OverloadedError
from xingate_server.transport.handlers import Handlers
from xingate_server.transport.limits import MOST_WAITING, OneByOne
from xingate_server.transport.metrics import Metrics
from xingate_server.transport.status import fault_of


class SlowRecords:
    """Searches and counts nothing, and not before it is let."""

    def __init__(self) -> None:
        self.may_go = threading.Event()
        self.running = self.most_running = self.done = 0

    def search(self, *_asked: object) -> tuple[list[Any], None]:
        self.running += 1
        self.most_running = max(self.most_running, self.running)
        self.may_go.wait(10)
        self.running -= 1
        self.done += 1
        return [], None

    def usage_report(self, *_asked: object) -> None:
        self.search()
        raise ValueError("no figures")


def search(handlers: Handlers) -> Any:
    return handlers.list_records(trace_pb2.ListRecordsRequest(matter="办-1"))


def report(handlers: Handlers) -> Any:
    return handlers.get_usage_report(trace_pb2.GetUsageReportRequest())


@pytest.mark.parametrize("call", [search, report])
async def test_what_waits_is_bounded(call: Callable[[Handlers], Any]) -> None:
    records = SlowRecords()
    gateway = SimpleNamespace(checker=None, records=records)
    handlers = Handlers(gateway, Metrics())  # type: ignore[arg-type]
    taken = [asyncio.ensure_future(call(handlers)) for _ in range(MOST_WAITING)]
    await asyncio.sleep(0)
    for _ in range(100):
        with pytest.raises(OverloadedError) as caught:
            await call(handlers)
    fault = fault_of(caught.value)
    assert (fault.reason, fault.http) == ("overloaded", 429)
    assert f"{MOST_WAITING} {call.__name__}" in fault.message
    records.may_go.set()
    await asyncio.gather(*taken, return_exceptions=True)
    assert (records.most_running, records.done) == (1, MOST_WAITING)
    with pytest.raises(ValueError, match="no figures") if call is report else nullcontext():
        await call(handlers)


async def test_whoever_hangs_up_leaves_no_second_thread_running() -> None:
    records = SlowRecords()
    turns = OneByOne("searches")
    gone = asyncio.ensure_future(turns.run(records.search))
    await until(lambda: records.running)
    gone.cancel()
    later = [asyncio.ensure_future(turns.run(records.search)) for _ in range(3)]
    later[0].cancel()
    await asyncio.sleep(0.05)
    assert records.running == 1
    records.may_go.set()
    ends = await asyncio.gather(gone, *later, return_exceptions=True)
    assert [isinstance(end, asyncio.CancelledError) for end in ends] == [True, True, False, False]
    assert (records.most_running, records.done) == (1, 3)
