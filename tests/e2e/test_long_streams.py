"""Streams that last: pings that clients of others send, and a watch that goes on where its connection ends."""

import asyncio
import json
import os
import shutil
import subprocess
import threading
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import pytest

from xingate.v1 import catalogue_pb2, catalogue_pb2_grpc, snapshot_pb2, snapshot_pb2_grpc

ROOT = Path(__file__).parents[2]
AGE_S = 0.6
PINGS_S = 65  # by gRPC's own rule a connection with pings every 10 s ends after 30


@asynccontextmanager
async def ageing(target: str) -> AsyncIterator[str]:
    """A proxy that ends each connection at a certain age, as those of others do."""
    host, port = target.rsplit(":", 1)

    async def pipe(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(65_536):
            writer.write(data)
            await writer.drain()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        there, here = await asyncio.open_connection(host, int(port))
        with suppress(TimeoutError, OSError):
            async with asyncio.timeout(AGE_S):
                await asyncio.gather(pipe(reader, here), pipe(there, writer))
        for each in (here, writer):
            each.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


async def test_no_sequence_is_missed_where_connections_end(
    start_gateway: Callable[..., Any], own_state: Path, compile_lists: Callable[[Path], int]
) -> None:
    """With a plain grpcio client that calls again with the last sequence that it was shown."""
    gateway = start_gateway(own_state, workers=2, XINGATE_SNAPSHOT__POLL_S="0.1")
    shown: list[int] = []
    ends = 0
    changed = asyncio.Event()

    async def watch(target: str) -> None:
        nonlocal ends
        options = [("grpc.initial_reconnect_backoff_ms", 100), ("grpc.max_reconnect_backoff_ms", 200)]
        async with grpc.aio.insecure_channel(target, options) as channel:
            stub = snapshot_pb2_grpc.SnapshotServiceStub(channel)
            while len(shown) < 4:
                try:
                    request = snapshot_pb2.WatchSnapshotRequest(after=shown[-1] if shown else 0)
                    async for snapshot in stub.WatchSnapshot(request):
                        shown.append(snapshot.ref.sequence)
                        changed.set()
                except grpc.RpcError:
                    ends += 1
                    await asyncio.sleep(0.05)

    async with ageing(gateway.grpc) as target:
        watching = asyncio.create_task(watch(target))
        await changed.wait()
        for _ in range(3):
            await asyncio.to_thread(compile_lists, own_state)
        await asyncio.wait_for(watching, 20)
    assert shown == [1, 2, 3, 4]
    assert ends >= 2
    with grpc.insecure_channel(gateway.grpc) as channel:
        stub = snapshot_pb2_grpc.SnapshotServiceStub(channel)
        since = stub.WatchSnapshot(snapshot_pb2.WatchSnapshotRequest(after=2), timeout=10)
        assert [next(since).ref.sequence for _ in range(2)] == [3, 4]
        since.cancel()
        nothing_new = stub.WatchSnapshot(snapshot_pb2.WatchSnapshotRequest(after=4), timeout=1)
        with pytest.raises(grpc.RpcError, match="DEADLINE_EXCEEDED"):
            next(nothing_new)
    assert gateway.stop() == 0


@pytest.mark.soak
def test_pings_of_ten_seconds_are_allowed_to_grpcio(start_gateway: Callable[..., Any], own_state: Path) -> None:
    gateway = start_gateway(own_state)
    options = [
        ("grpc.keepalive_time_ms", 10_000),
        ("grpc.keepalive_timeout_ms", 5_000),
        ("grpc.keepalive_permit_without_calls", 1),
        ("grpc.http2.max_pings_without_data", 0),
        ("grpc.use_local_subchannel_pool", 1),
    ]
    with grpc.insecure_channel(gateway.grpc, options) as quiet, grpc.insecure_channel(gateway.grpc, options) as idle:
        states: list[grpc.ChannelConnectivity] = []
        actions = catalogue_pb2_grpc.CatalogueServiceStub(idle).ListActions
        assert actions(catalogue_pb2.ListActionsRequest(), timeout=10).actions
        idle.subscribe(states.append)
        watch = snapshot_pb2_grpc.SnapshotServiceStub(quiet).WatchSnapshot(snapshot_pb2.WatchSnapshotRequest())
        assert next(watch).ref.sequence == 1
        ended = threading.Event()

        def listen() -> None:
            with suppress(grpc.RpcError):
                next(watch)
            ended.set()

        threading.Thread(target=listen, daemon=True).start()
        assert not ended.wait(PINGS_S), "the quiet stream was ended"
        assert set(states) == {grpc.ChannelConnectivity.READY}, "a connection without calls was ended"
        watch.cancel()
    assert gateway.stop() == 0


SCRIPT = """
const grpc = require("@grpc/grpc-js");
const loader = require("@grpc/proto-loader");
const [target, protos, seconds] = process.argv.slice(2);
const found = loader.loadSync("xingate/v1/snapshot.proto", { includeDirs: [protos], longs: Number });
const { SnapshotService } = grpc.loadPackageDefinition(found).xingate.v1;
const client = new SnapshotService(target, grpc.credentials.createInsecure(), {
  "grpc.keepalive_time_ms": 10000, "grpc.keepalive_timeout_ms": 5000, "grpc.keepalive_permit_without_calls": 1,
});
const watch = client.watchSnapshot({});
const say = (word) => console.log(JSON.stringify(word));
watch.on("data", (snapshot) => say({ sequence: snapshot.ref.sequence }));
watch.on("error", (error) => { if (error.code !== grpc.status.CANCELLED) say({ error: String(error) }); });
setTimeout(() => { watch.cancel(); client.close(); }, Number(seconds) * 1000);
"""


@pytest.mark.soak
def test_pings_of_ten_seconds_are_allowed_to_grpc_js(
    start_gateway: Callable[..., Any], own_state: Path, compile_lists: Callable[[Path], int], tmp_path: Path
) -> None:
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on this machine")
    packages = ["@grpc/grpc-js@1.14.1", "@grpc/proto-loader@0.8.0"]
    done = subprocess.run(
        ["npm", "install", "--silent", "--no-audit", "--no-fund", *packages], cwd=tmp_path, check=False, timeout=240
    )
    if done.returncode:
        pytest.skip("npm cannot install grpc-js: the package registry is not reached")
    (tmp_path / "watch.js").write_text(SCRIPT, encoding="utf-8")
    gateway = start_gateway(own_state)
    command = ["node", "watch.js", gateway.grpc, str(ROOT / "proto"), str(PINGS_S)]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True, env=os.environ) as client:
        time.sleep(PINGS_S - 10)
        compile_lists(own_state)
        said = [json.loads(line) for line in client.communicate(timeout=60)[0].splitlines()]
    assert said == [{"sequence": 1}, {"sequence": 2}]
    assert gateway.stop() == 0
