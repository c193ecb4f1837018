"""The signed-JSON shape: `{"appId", "timestamp", "sign", "data": {...}}` in, `{"code", "message", "data"}` out.

`sign` and its companions are ignored (`Style.ignored`); `data` as a text is an encrypted body and refused.
"""

import json
from typing import Any

from xingate.errors import XingateError
from xingate_adapters.systems.errors import SystemAdapterError
from xingate_adapters.systems.provincial.reply import MOST_BYTES, fault_of
from xingate_adapters.systems.provincial.translator import ProvincialError, Translator

__all__ = ["answer_json"]


def answer_json(translator: Translator, operation: str, content: bytes) -> tuple[int, bytes]:
    """Answer one request (`operation`: `query` or `feedback`): an HTTP status and the body. Never raises for what a
    caller sent, nor where the gateway gives no answer."""
    try:
        data = _data(translator, content)
        answer = translator.query(data) if operation == "query" else translator.feedback(data)
    except (SystemAdapterError, XingateError) as error:
        fault = fault_of(error)
        return fault.status, _encode({"code": fault.reason, "message": fault.message, "data": None})
    code, message = answer.pop("code"), answer.pop("message")
    return 200, _encode({"code": code, "message": message, "data": answer})


def _data(translator: Translator, content: bytes) -> dict[str, Any]:
    if len(content) > MOST_BYTES:
        raise ProvincialError("body_too_large", f"the body is larger than {MOST_BYTES} bytes")
    try:
        body = json.loads(content, object_pairs_hook=_once)
    except (ValueError, RecursionError):
        raise ProvincialError("body_malformed", "the body is not JSON in UTF-8, or has a field twice") from None
    if not isinstance(body, dict):
        raise ProvincialError("body_malformed", "the body is not a JSON object")
    data = body.pop("data", None)
    style = translator.style
    if isinstance(data, str) or any(name in body for name in style.encrypted):
        raise ProvincialError(
            "encryption_unsupported", "an encrypted body is not read: send the fields in clear", "data"
        )
    unknown = [name for name in body if name not in style.ignored]
    if unknown:
        raise ProvincialError("field_unknown", f"the field `{unknown[0][:64]}` is not known", unknown[0][:64])
    if not isinstance(data, dict):
        raise ProvincialError("field_missing", "the field `data` is missing", "data")
    return data


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError("a field twice")
    return fields


def _encode(value: dict[str, Any]) -> bytes:
    return json.dumps(value, ensure_ascii=False).encode(errors="replace")  # half a surrogate pair may have been sent
