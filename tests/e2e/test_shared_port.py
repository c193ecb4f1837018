"""Several workers behind one port: what a client was shown by one of them is never undercut by another."""

import http.client
import json
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import grpc
import pytest
from tests.support.waiting import wait_until

from xingate.checkpoint import Checkpoint, SignedNote
from xingate.v1 import snapshot_pb2, snapshot_pb2_grpc
from xingate_server.demo.numbers import unified_code

QUESTION = {
    "subject": {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": unified_code(1)}]},
    "action": "market.entry",
}
WORKERS = 3


@pytest.fixture
def gateway(start_gateway: Callable[..., Any], own_state: Path) -> Any:
    return start_gateway(own_state, workers=WORKERS, XINGATE_SNAPSHOT__POLL_S="0.2")


def ask(gateway: Any, method: str, path: str, body: Any = None) -> Any:
    """One request over a connection of its own, so that any worker may get it."""
    connection = http.client.HTTPConnection(urlsplit(gateway.http).netloc, timeout=20)
    try:
        content = None if body is None else json.dumps(body)
        connection.request(method, path, content, {"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        text = answer.read().decode()
        assert answer.status == 200, text
        return json.loads(text)
    finally:
        connection.close()


@pytest.fixture
def growing(gateway: Any) -> Iterator[list[int]]:
    """The log grows for as long as this lasts; the sequences that answered."""
    sequences: list[int] = []
    is_over = threading.Event()

    def grow() -> None:
        while not is_over.is_set():
            sequences.append(int(ask(gateway, "POST", "/v1/check", QUESTION)["snapshot"]["sequence"]))

    thread = threading.Thread(target=grow)
    thread.start()
    yield sequences
    is_over.set()
    thread.join()


@pytest.mark.usefixtures("growing")
def test_the_newest_checkpoint_never_goes_back_and_proofs_start_from_any_that_was_shown(gateway: Any) -> None:
    largest, seen, until = 0, set(), time.monotonic() + 3
    while time.monotonic() < until:
        shown = ask(gateway, "GET", "/v1/checkpoint")
        size = int(shown["treeSize"])
        assert size >= largest
        assert Checkpoint.parse(SignedNote.parse(shown["note"]).text).tree_size == size
        largest = size
        seen.add(size)
        proof = ask(gateway, "GET", f"/v1/checkpoint/consistency?size1={largest}")
        assert (int(proof["size1"]), int(proof["size2"]) >= largest) == (largest, True)
        ready = ask(gateway, "GET", "/readyz")
        assert ready["trace"]["checkpoint"]["treeSize"] >= largest
        record = ask(gateway, "GET", "/v1/trace?limit=1")["entries"][0]["record"]["recordId"]
        receipt = ask(gateway, "GET", f"/v1/trace/{record}/receipt")
        covered = Checkpoint.parse(SignedNote.parse(receipt["checkpoint"]).text).tree_size
        assert covered >= largest
        largest = covered
    assert len(seen) > 3


def test_the_sequence_never_goes_back(
    gateway: Any, growing: list[int], own_state: Path, compile_lists: Callable[[Path], int]
) -> None:
    """Seen over HTTP by one client, and over gRPC by another, of which each connects anew for each question."""
    shown: list[int] = []
    is_over = threading.Event()

    def look() -> None:
        while not is_over.is_set():
            with grpc.insecure_channel(gateway.grpc, [("grpc.use_local_subchannel_pool", 1)]) as channel:
                get = snapshot_pb2_grpc.SnapshotServiceStub(channel).GetSnapshot
                shown.append(get(snapshot_pb2.GetSnapshotRequest(), timeout=20).ref.sequence)

    looking = threading.Thread(target=look)
    looking.start()
    for _ in range(2):
        sequence = compile_lists(own_state)
        wait_until(lambda latest=sequence: [latest] == growing[-1:] == shown[-1:])
    is_over.set()
    looking.join()
    for sequences in (growing, shown):
        assert sequences == sorted(sequences)
        assert set(sequences) == {1, 2, 3}
    assert ask(gateway, "GET", "/readyz")["snapshot"]["sequence"] == 3
