"""An aiohttp server on uvloop that reads every body and answers with the bytes of a file: `python -m ... PORT FILE`."""

import asyncio
import sys
from pathlib import Path

import uvloop
from aiohttp import web


async def serve(port: int, answer: bytes) -> None:
    """Until killed."""

    async def handle(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=answer, content_type="application/json")

    app = web.Application()
    app.router.add_post("/v1/check", handle)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(serve(int(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
