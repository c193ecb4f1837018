"""What can be wrong with what a system gives, before the gateway is asked. Failed lookups are `xingate.errors`.

SystemAdapterError
|-- MappingFileError     a mapping file is none, or not complete; the message lists all that is wrong
|-- UnknownMatterError   the matter code stands in no mapping
|-- IncompleteFileError  the file lacks what must be known before anybody is asked about, or holds it twice
`-- StoppedError         a guarded function or route was not entered; carries the `handling`
"""

from typing import Any

__all__ = ["IncompleteFileError", "MappingFileError", "StoppedError", "SystemAdapterError", "UnknownMatterError"]


class SystemAdapterError(Exception):
    """Base of all; `reason` is a fixed word for programs."""

    reason = "system_error"

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class MappingFileError(SystemAdapterError):
    """A mapping file cannot be used."""

    reason = "mapping_invalid"


class UnknownMatterError(SystemAdapterError):
    """The matter code (事项编码) stands in no mapping."""

    reason = "matter_code_unknown"


class IncompleteFileError(SystemAdapterError):
    """The file lacks something that must be known first, or holds it twice."""

    reason = "file_incomplete"


class StoppedError(SystemAdapterError):
    """Something guarded was not entered; `handling` says why, with the remedies."""

    reason = "stopped"

    def __init__(self, message: str, handling: Any) -> None:
        super().__init__(message)
        self.handling = handling
