"""How many files one check goes through, over each face, and how often it moves from one of them to another.

`python -m benchmarks.walk` compiles the demo's lists, asks one warm question each over gRPC, HTTP and in-process, and
prints the files in the order in which they are entered. A move is a call from one of our files into another one of
them; foreign code between the two is looked through, and so is generated code. Counted is every thread from the
arrival of the question to its answer, the log's writer among them, but not what ticks beside it. See
docs/architecture.md, "The way of a check", which a test holds against this.
"""

import asyncio
import http.client
import json
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from types import FrameType
from typing import NamedTuple

import grpc

import xingate
from xingate.v1 import types_pb2 as t
from xingate.v1 import verification_pb2 as v
from xingate_server.demo import DATA
from xingate_server.settings import load
from xingate_server.transport.grpc.server import GrpcFace
from xingate_server.transport.http.server import HttpFace
from xingate_server.wiring.compiling.compile import CompileOptions, GivenFile, compile_from_options
from xingate_server.wiring.node import Node
from xingate_server.wiring.processes.listen import bind

ROOT = Path(__file__).parents[1]
HOUSES = {str(ROOT / "server" / "xingate_server") + "/": "", str(ROOT / "sdk" / "xingate") + "/": "sdk: "}
_GENERATED = "/v1/"
_BESIDE = ("wiring/node.py", "wiring/processes/", "trace/tree/checkpoints.py", "trace/tree/checkpoint_files.py")
"""What ticks beside the answers, several times a second: its calls belong to no question."""
LIST = DATA / "city_list_black.csv"
_CODE = "91420399000000019G"  # an invented company on that list
_SUBJECT = xingate.Subject.legal_entity(_CODE)
_ACTION, _SYSTEM, _ASKER = "tender.bid", "walk", "示例单位"
_HOST = "127.0.0.1"
_WARM = 3  # questions


class Walk(NamedTuple):
    """The files of one check in the order of their first call, and the calls from one file into another."""

    files: tuple[str, ...]
    moves: int


class _Recorder:
    """Listens to every call of every thread while it is on."""

    def __init__(self) -> None:
        self.files: dict[str, None] = {}
        self.moves = 0
        self.is_on = False
        self._names: dict[str, str] = {}
        self._begun: dict[int, FrameType] = {}  # of generators and coroutines, whose resumption is no call

    def walk(self, ask: Callable[[], object]) -> Walk:
        """The way of one question, after others like it have filled the caches."""
        for _ in range(_WARM):
            ask()
        self.files, self.moves, self._begun = {}, 0, {}
        self.is_on = True
        try:
            ask()
        finally:
            self.is_on = False
        return Walk(tuple(self.files), self.moves)

    def __call__(self, frame: FrameType, event: str, _argument: object) -> None:
        if event != "call" or not self.is_on or not (here := self._file(frame)):
            return
        if id(frame) in self._begun:
            return
        self._begun[id(frame)] = frame
        caller = self._caller(frame)
        if here.startswith(_BESIDE) or (caller or "").startswith(_BESIDE):
            return
        if caller != here:
            self.files.setdefault(here)
            self.moves += 1

    def _caller(self, frame: FrameType) -> str:
        """The nearest of our files below, or nothing."""
        below = frame.f_back
        while below is not None and not (file := self._file(below)):
            below = below.f_back
        return file if below is not None else ""

    def _file(self, frame: FrameType) -> str:
        name = frame.f_code.co_filename
        known = self._names.get(name)
        if known is None:
            inside = next(
                (said + name.removeprefix(home) for home, said in HOUSES.items() if name.startswith(home)), ""
            )
            known = self._names[name] = "" if _GENERATED in name else inside
        return known


def walks() -> Mapping[str, Walk]:
    """The way of one warm check over each face."""
    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder)
        compile_from_options(CompileOptions(state_dir=state, files=(GivenFile("city_list", LIST),)))
        recorder = _Recorder()
        threading.setprofile(recorder)
        sys.setprofile(recorder)
        try:
            found = asyncio.run(_served(state, recorder))
            with xingate.connect(f"embedded:{state}", system=_SYSTEM, organisation=_ASKER) as client:
                walk = recorder.walk(lambda: client.check(_SUBJECT, _ACTION))
        finally:
            sys.setprofile(None)
            threading.setprofile(None)  # type: ignore[arg-type]  # None takes it back
        return found | {"embedded": walk}


async def _served(state: Path, recorder: _Recorder) -> dict[str, Walk]:
    node = Node(load(state=state))
    await node.refresh()
    grpc_face = GrpcFace(node.handlers, most_bytes=1 << 20, is_port_shared=False)
    http_face = HttpFace(node.handlers, node, most_bytes=1 << 20)
    listener = bind(_HOST, 0, is_shared=False)
    port = listener.getsockname()[1]
    await http_face.start(listener)
    address = f"{_HOST}:{await grpc_face.start(f'{_HOST}:0')}"
    try:
        return {
            "gRPC": await asyncio.to_thread(recorder.walk, lambda: _ask_grpc(address)),
            "HTTP": await asyncio.to_thread(recorder.walk, lambda: _ask_http(port)),
        }
    finally:
        await grpc_face.stop(0)
        await http_face.stop(0)
        node.close()


def _ask_grpc(address: str) -> None:
    subject = t.Subject(kind=t.SUBJECT_KIND_LEGAL_ENTITY, identifiers=[t.Identifier(value=_CODE)])
    caller = t.Caller(system=_SYSTEM, organisation=_ASKER)
    with grpc.insecure_channel(address) as channel:
        ask = channel.unary_unary(
            "/xingate.v1.VerificationService/Check",
            request_serializer=v.CheckRequest.SerializeToString,
            response_deserializer=v.CheckResponse.FromString,
        )
        ask(v.CheckRequest(subject=subject, caller=caller, action=_ACTION))


def _ask_http(port: int) -> None:
    subject = {"kind": "SUBJECT_KIND_LEGAL_ENTITY", "identifiers": [{"value": _CODE}]}
    body = {"subject": subject, "caller": {"system": _SYSTEM, "organisation": _ASKER}, "action": _ACTION}
    connection = http.client.HTTPConnection(_HOST, port)
    try:
        connection.request("POST", "/v1/check", json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise RuntimeError(answer.read().decode())
        answer.read()
    finally:
        connection.close()


def main() -> None:
    """Print the ways."""
    for face, walk in walks().items():
        print(f"{face}: {len(walk.files)} files, {walk.moves} moves")
        for number, file in enumerate(walk.files, start=1):
            print(f"  {number:>2}  {file}")


if __name__ == "__main__":
    main()
