"""The SOAP/XML shape: `query` or `feedback` in the body of an envelope (SOAP 1.1 or 1.2), `...Response` or a Fault out.

XML is read by defusedxml: no document type, no entities. A header (WS-Security, their own tokens) is ignored.
Left out: WSDL, attachments, RPC encoding.
"""

from typing import Any
from xml.etree import ElementTree as ET

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import fromstring

from xingate.errors import XingateError
from xingate_adapters.systems.errors import SystemAdapterError
from xingate_adapters.systems.provincial.reply import MOST_BYTES, Fault, fault_of
from xingate_adapters.systems.provincial.translator import ProvincialError, Translator

__all__ = ["answer_soap"]

_SOAP_11 = "http://schemas.xmlsoap.org/soap/envelope/"
_SOAP_12 = "http://www.w3.org/2003/05/soap-envelope"
ET.register_namespace("soap", _SOAP_11)
ET.register_namespace("soap12", _SOAP_12)


def answer_soap(translator: Translator, content: bytes) -> tuple[int, bytes]:
    """Answer one request: an HTTP status and the envelope. Never raises for what a caller sent, nor where the gateway
    gives no answer."""
    envelope = _SOAP_11
    try:
        envelope, operation, fields = _read(content)
        answer = translator.query(fields) if operation == "query" else translator.feedback(fields)
    except (SystemAdapterError, XingateError) as error:
        return _fault(envelope, fault_of(error))
    body = ET.Element(f"{{{translator.style.namespace}}}{operation}Response")
    _fill(body, answer)
    return 200, _envelope(envelope, body)


def _read(content: bytes) -> tuple[str, str, dict[str, Any]]:
    """The envelope's namespace, the operation, and its fields by their local names."""
    if len(content) > MOST_BYTES:
        raise ProvincialError("body_too_large", f"the body is larger than {MOST_BYTES} bytes")
    try:
        root = fromstring(content, forbid_dtd=True)
    except (ET.ParseError, DefusedXmlException, ValueError, LookupError):
        raise ProvincialError("body_malformed", "the body is not XML, or has a document type") from None
    namespace = root.tag.partition("}")[0].removeprefix("{")
    body = root.find(f"{{{namespace}}}Body")
    if (
        namespace not in {_SOAP_11, _SOAP_12}
        or root.tag != f"{{{namespace}}}Envelope"
        or body is None
        or len(body) != 1
    ):
        raise ProvincialError("body_malformed", "the body is not a SOAP envelope with one operation")
    operation = _local(body[0].tag)
    if operation not in {"query", "feedback"}:
        raise ProvincialError("operation_unknown", "the operation is neither `query` nor `feedback`")
    fields: dict[str, Any] = {}
    for element in body[0]:
        name = _local(element.tag)
        if name in fields or len(element):
            raise ProvincialError("field_malformed", f"the field `{name[:64]}` stands twice or has parts", name[:64])
        fields[name] = element.text or ""
    return namespace, operation, fields


def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def _fill(parent: ET.Element, fields: dict[str, Any]) -> None:
    for name, value in fields.items():
        if isinstance(value, list):
            for item in value:
                element = ET.SubElement(parent, name)
                if isinstance(item, dict):
                    _fill(element, item)
                else:
                    element.text = _printable(item)
        else:
            ET.SubElement(parent, name).text = _printable(value)


def _printable(text: str) -> str:
    """Without characters that XML 1.0 cannot hold."""
    return "".join(
        one for one in text if one in "\t\n\r" or " " <= one < "\ud800" or "\ue000" <= one <= "\ufffd" or one > "\uffff"
    )


def _fault(envelope: str, fault: Fault) -> tuple[int, bytes]:
    is_theirs = fault.status < 500  # noqa: PLR2004 -- as HTTP divides them
    body = ET.Element(f"{{{envelope}}}Fault")
    if envelope == _SOAP_12:
        code = ET.SubElement(ET.SubElement(body, f"{{{envelope}}}Code"), f"{{{envelope}}}Value")
        code.text = "soap12:Sender" if is_theirs else "soap12:Receiver"
        reason = ET.SubElement(ET.SubElement(body, f"{{{envelope}}}Reason"), f"{{{envelope}}}Text")
        reason.set("{http://www.w3.org/XML/1998/namespace}lang", "en")
        reason.text = _printable(fault.message)
        detail = ET.SubElement(body, f"{{{envelope}}}Detail")
    else:
        ET.SubElement(body, "faultcode").text = "soap:Client" if is_theirs else "soap:Server"
        ET.SubElement(body, "faultstring").text = _printable(fault.message)
        detail = ET.SubElement(body, "detail")
    ET.SubElement(detail, "reason").text = fault.reason
    return (fault.status if envelope == _SOAP_12 else 500), _envelope(envelope, body)


def _envelope(namespace: str, content: ET.Element) -> bytes:
    root = ET.Element(f"{{{namespace}}}Envelope")
    ET.SubElement(root, f"{{{namespace}}}Body").append(content)
    written: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return written
