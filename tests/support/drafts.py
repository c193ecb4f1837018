"""An invented lookup to be appended to a log."""

from xingate_server.trace.port import Draft


def draft(number: int, leaf: bytes = b"") -> Draft:
    """The lookup of that number, with its own ids and, unless `leaf` says otherwise, its own leaf."""
    return Draft(
        kind="check",
        record_id=f"record-{number}",
        request_id=f"request-{number}",
        system="s",
        organisation="o",
        question_digest=b"q",
        time="2026-05-04T03:02:01.000000Z",
        leaf=leaf or b"leaf %d" % number,
        answer=b"answer",
    )
