"""Logs by structlog on standard error: JSON if it is not a terminal, never an identity number, never a traceback.

What other libraries log goes the same way. Every text passes `core.identifiers.parsing.mask_text`; of an exception only
its type and places are logged, because its own text may contain a name or a number.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
from typing import Any

import structlog

from xingate_server.core.identifiers.parsing import mask_text

_Event = MutableMapping[str, Any]
_FRAMES = 12


def configure(level: str, form: str) -> None:
    """Send all logs to standard error from `level` on; `form` is json, console or auto."""
    is_json = form == "json" or (form == "auto" and not sys.stderr.isatty())
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if not is_json:
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[Any] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        places,
        masked,
    ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared[:3]],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, places, masked, renderer],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def configure_quietly() -> None:
    """For a gateway inside another program: that program's own logging, nothing on its standard output."""
    if structlog.is_configured():
        return
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            structlog.stdlib.add_log_level,
            places,
            masked,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )


def places(_logger: Any, _method: str, event: _Event) -> _Event:
    """Put an exception's type and places where its traceback would stand."""
    found = event.pop("exc_info", None)
    record = event.get("_record")
    if not found and record is not None:
        found, record.exc_info, record.exc_text = record.exc_info, None, None
    if found is True:
        found = sys.exc_info()
    error = found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        event["error"] = type(error).__qualname__
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        event["frames"] = [f"{f.filename}:{f.lineno} {f.name}" for f in frames]
    return event


def masked(_logger: Any, _method: str, event: _Event) -> _Event:
    """Mask every identity number in every text."""
    for key, value in event.items():
        if not key.startswith("_"):
            event[key] = _mask(value)
    return event


def _mask(value: Any) -> Any:
    if isinstance(value, str):
        return mask_text(value)
    if isinstance(value, dict):
        return {key: _mask(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_mask(item) for item in value]
    return value
