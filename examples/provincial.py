"""A caller with a provincial interface, unchanged: SOAP/XML and signed JSON in front of the gateway (Cl. 3, 22).

python examples/provincial.py [URL]
"""

import json
import sys
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import ProxyHandler, Request, build_opener
from wsgiref.simple_server import WSGIRequestHandler, make_server

from lists import gateway_url

import xingate
from xingate_adapters.systems.mapping import load_matter_map
from xingate_adapters.systems.provincial import Translator, answer_json, answer_soap, load_style
from xingate_server.demo.numbers import unified_code

HERE = Path(__file__).parent
SOAP = """<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>
<query><itemCode>示例-SP-001</itemCode><subjectCode>{code}</subjectCode><subjectType>1</subjectType>
<department>示例科</department><operator>示例经办人</operator><area>示例市</area><serialNo>示例-LS-1</serialNo></query>
</soapenv:Body></soapenv:Envelope>"""


class Quiet(WSGIRequestHandler):
    """Logs nothing."""

    def log_message(self, *_arguments: Any) -> None:
        """Not even requests."""


def application(translator: Translator) -> Callable[..., Iterable[bytes]]:
    """Both shapes as one WSGI application. Behind TLS, and behind whatever settles who may ask."""

    def answer(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        content = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        path = environ["PATH_INFO"].strip("/")
        if path == "soap":
            status, body = answer_soap(translator, content)
        else:
            status, body = answer_json(translator, "feedback" if path == "feedback" else "query", content)
        media = "text/xml; charset=utf-8" if path == "soap" else "application/json"
        start_response(f"{status} ", [("Content-Type", media), ("Content-Length", str(len(body)))])
        return [body]

    return answer


def main(url: str) -> None:
    with xingate.connect(url, system="provincial", organisation="示例省信用平台") as gateway:
        translator = Translator(gateway, load_matter_map(HERE / "matters.toml"), load_style(HERE / "province.toml"))
        with make_server("127.0.0.1", 0, application(translator), handler_class=Quiet) as server:
            threading.Thread(target=server.serve_forever, daemon=True).start()

            def send(path: str, content: str) -> str:
                request = Request(f"http://127.0.0.1:{server.server_port}/{path}", content.encode())
                try:
                    with build_opener(ProxyHandler({})).open(request) as response:
                        return str(response.read(), "utf-8")
                except HTTPError as error:
                    sys.exit(f"no answer: {str(error.read(), 'utf-8')}")

            print(send("soap", SOAP.format(code=unified_code(1))))
            data = {
                "itemCode": "示例-SP-001",
                "subjectCode": unified_code(1),
                "subjectType": "1",
                "serialNo": "示例-LS-2",
            }
            data |= {"department": "示例科", "operator": "示例经办人"}
            told = json.loads(send("query", json.dumps({"appId": "x", "sign": "ignored", "data": data})))
            print(json.dumps(told, ensure_ascii=False, indent=2))
            report = {"requestId": told["data"]["requestId"], "measureId": "18.1a", "result": "1"}
            report |= {"basis": "示例〔2026〕1号", "date": "2026-07-01", "operator": "示例经办人"}
            print(send("feedback", json.dumps({"sign": "ignored", "data": report})))
            server.shutdown()


if __name__ == "__main__":
    with gateway_url(sys.argv[1:]) as address:
        main(address)
