"""gRPC reflection, with the JSON name of each field.

Descriptors that Python generates leave `json_name` out, and clients that read them print `record_id` where proto3 JSON
has `recordId`. protoc fills it in for its plugins, as `google/protobuf/descriptor.proto` says, so it is filled in here.
Excluded: which services there are, codes. Source: grpc.reflection.v1 and v1alpha (the same messages under two names).
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from functools import lru_cache
from typing import Any, NoReturn

import grpc.aio
from google.protobuf import descriptor_pool
from google.protobuf.descriptor import Descriptor
from google.protobuf.descriptor_pb2 import DescriptorProto, FileDescriptorProto
from grpc_reflection.v1alpha import reflection_pb2
from grpc_reflection.v1alpha.reflection import aio as reflection_aio  # type: ignore[attr-defined] # no stubs

from xingate_server.transport.messages.parse import parse

REFLECTION = ("grpc.reflection.v1.ServerReflection", "grpc.reflection.v1alpha.ServerReflection")

_MAX_FILES = 64
_Context = grpc.aio.ServicerContext[Any, Any]


class Reflection:
    """Reflection over raw bytes, under both of its names."""

    def __init__(self, services: Iterable[str], abort: Callable[[_Context, Exception], Awaitable[NoReturn]]) -> None:
        self._servicer = reflection_aio.ReflectionServicer(services)  # type: ignore[attr-defined] # no stubs
        self._abort = abort
        self._with_json_names = lru_cache(_MAX_FILES)(_with_json_names)

    async def info(self, chunks: AsyncIterator[bytes], context: _Context) -> AsyncIterator[bytes]:
        """The answers to serialised ServerReflectionRequests, serialised."""
        requests = (parse(reflection_pb2.ServerReflectionRequest, data) async for data in chunks)
        try:
            async for response in self._servicer.ServerReflectionInfo(requests, context):
                if response.HasField("file_descriptor_response"):
                    files = response.file_descriptor_response.file_descriptor_proto
                    files[:] = map(self._with_json_names, files)
                yield response.SerializeToString()
        except Exception as error:  # noqa: BLE001 - the table says what a caller is told
            await self._abort(context, error)


def _with_json_names(file: bytes) -> bytes:
    """A serialised FileDescriptorProto of the default pool, with `json_name` in each field."""
    described = FileDescriptorProto.FromString(file)
    known = descriptor_pool.Default().FindFileByName(described.name)
    for message in described.message_type:
        for proto, descriptor in _messages(message, known.message_types_by_name[message.name]):
            for field in proto.field:
                field.json_name = descriptor.fields_by_name[field.name].json_name
    return described.SerializeToString(deterministic=True)


def _messages(proto: DescriptorProto, descriptor: Descriptor) -> Iterator[tuple[DescriptorProto, Descriptor]]:
    """A message and those inside it, each as it is told and as it is known."""
    yield proto, descriptor
    for nested in proto.nested_type:
        yield from _messages(nested, descriptor.nested_types_by_name[nested.name])
