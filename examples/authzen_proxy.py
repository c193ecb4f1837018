"""An enforcement point: a reverse proxy that passes a request on only where an AuthZEN decision permits it.

It knows AuthZEN and nothing of xingate. What needs a decision stands in RULES. Whoever logged the applicant in says
so in `X-Applicant` (set by the front door, never by the public), the case stands in the path.

python examples/authzen_proxy.py http://127.0.0.1:8080 http://127.0.0.1:9000 8000
"""

import re
import sys

from aiohttp import ClientError, ClientSession, ClientTimeout, web

RULES = (("POST", r"/permits/(?P<case>[^/]+)", "permit.grant"), ("POST", r"/market/(?P<case>[^/]+)", "market.entry"))
HOP_BY_HOP = {"connection", "content-length", "host", "keep-alive", "transfer-encoding", "upgrade"}


class Proxy:
    """Asks `decision_point` before a request goes to `upstream`; without a decision nothing is passed on."""

    def __init__(self, decision_point: str, upstream: str) -> None:
        self.decision_point, self.upstream = decision_point.rstrip("/"), upstream.rstrip("/")
        self.app = web.Application()
        self.app.cleanup_ctx.append(self._session)
        self.app.router.add_route("*", "/{path:.*}", self.handle)

    async def _session(self, _app: web.Application):
        async with ClientSession(timeout=ClientTimeout(total=10), auto_decompress=False) as self.session:
            configuration = f"{self.decision_point}/.well-known/authzen-configuration"
            async with self.session.get(configuration, raise_for_status=True) as answer:
                self.endpoint = (await answer.json())["access_evaluation_endpoint"]
            yield

    async def handle(self, request: web.Request) -> web.Response:
        """Pass the request on, or refuse it."""
        for method, path, action in RULES:
            if request.method == method and (found := re.fullmatch(path, request.path)):
                refusal = await self._refusal(request, action, found["case"])
                if refusal is not None:
                    return refusal
        headers = {k: v for k, v in request.headers.items() if k.lower() not in HOP_BY_HOP}
        async with self.session.request(
            request.method, self.upstream + request.raw_path, headers=headers, data=await request.read()
        ) as answer:
            kept = {k: v for k, v in answer.headers.items() if k.lower() not in HOP_BY_HOP}
            return web.Response(status=answer.status, headers=kept, body=await answer.read())

    async def _refusal(self, request: web.Request, action: str, case: str) -> web.Response | None:
        evaluation = {
            "subject": {"type": "legal_entity", "id": request.headers.get("X-Applicant", "")},
            "action": {"name": action},
            "resource": {"type": "case", "id": case},
            "context": {"system": "portal"},
        }
        try:
            async with self.session.post(self.endpoint, json=evaluation, raise_for_status=True) as answer:
                told = await answer.json()
        except (ClientError, TimeoutError) as error:
            return web.Response(status=503, text=f"no decision, so nothing is done: {error}\n")
        if told["decision"] is True:
            return None
        reasons = [measure["id"] for measure in told["context"]["measures"]] or ["the identity is not settled"]
        return web.Response(status=403, text=f"{action} is refused: {', '.join(reasons)}\n")


if __name__ == "__main__":
    if len(sys.argv) != 4:  # noqa: PLR2004 -- the script, URL, UPSTREAM and PORT
        sys.exit("usage: python examples/authzen_proxy.py URL UPSTREAM PORT")
    web.run_app(Proxy(sys.argv[1], sys.argv[2]).app, host="127.0.0.1", port=int(sys.argv[3]))
