"""A grpc.aio server on uvloop that answers every call with the bytes of a file: `python -m ... PORT FILE`."""

import sys
from pathlib import Path
from typing import Any

import grpc
import grpc.aio
import uvloop


async def serve(port: int, answer: bytes) -> None:
    """Until killed."""

    async def handle(_request: bytes, _context: Any) -> bytes:
        return answer

    class Anything(grpc.GenericRpcHandler):  # type: ignore[misc]
        def service(self, _details: Any) -> Any:
            return method

    method = grpc.unary_unary_rpc_method_handler(handle)
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((Anything(),))
    server.add_insecure_port(f"127.0.0.1:{port}")
    await server.start()
    await server.wait_for_termination()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
