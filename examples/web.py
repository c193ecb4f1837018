"""A bureau's own web application behind a check: the same rule as WSGI and as ASGI middleware (Cl. 5).

python examples/web.py [URL]
"""

import asyncio
import sys
from collections.abc import Callable, Iterable, MutableMapping
from pathlib import Path
from typing import Any

import httpx
from lists import gateway_url

import xingate
from xingate import Party, Subject
from xingate_adapters.systems.approval import ApprovalDesk, ApprovalFile, AsgiGate, Stage, WsgiGate, load_matter_map
from xingate_adapters.systems.approval.web import HANDLING, Checked
from xingate_server.demo.numbers import unified_code

# The bureau's own database of files; the gate finds a request's file there by its path.
FILES = {
    number: ApprovalFile(number, code, (Party.applicant(Subject.legal_entity(unified_code(serial))),), "示例经办人")
    for number, code, serial in (("f1", "示例-SP-001", 2), ("f2", "示例-ZR-003", 1))
}


def checked(path: str) -> Checked | None:
    """Files that are being accepted are checked, everything else is not."""
    number = path.removeprefix("/accept/")
    return Checked(FILES[number], Stage.ACCEPTANCE) if number in FILES else None


def wsgi_app(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    start_response("200 OK", [("Content-Type", "text/plain; charset=utf-8")])
    return [f"accepted: {environ[HANDLING].step.title_zh}".encode() if HANDLING in environ else b"home"]


async def asgi_app(scope: MutableMapping[str, Any], _receive: Any, send: Callable[..., Any]) -> None:
    body = f"accepted: {scope[HANDLING].step.title_zh}".encode() if HANDLING in scope else b"home"
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": body})


async def asgi_file(scope: MutableMapping[str, Any]) -> Checked | None:
    return checked(scope["path"])


async def over_asgi(app: AsgiGate) -> None:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://asgi") as client:
        for path in ("/", "/accept/f1", "/accept/f2"):
            answer = await client.get(path)
            print(f"ASGI {path}: {answer.status_code} {answer.text}")


def main(url: str) -> None:
    with xingate.connect(url, system="permits", organisation="示例行政审批局") as gateway:
        desk = ApprovalDesk(gateway, load_matter_map(Path(__file__).parent / "matters.toml"))
        gate = WsgiGate(wsgi_app, desk, lambda environ: checked(environ["PATH_INFO"]))
        with httpx.Client(transport=httpx.WSGITransport(gate), base_url="http://wsgi") as client:
            for path in ("/", "/accept/f1", "/accept/f2"):
                answer = client.get(path)
                print(f"WSGI {path}: {answer.status_code} {answer.text}")
        asyncio.run(over_asgi(AsgiGate(asgi_app, desk, asgi_file)))


if __name__ == "__main__":
    with gateway_url(sys.argv[1:]) as address:
        main(address)
