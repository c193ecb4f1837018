"""The words of the wire: each word of ours with the number of the same name, and back. The only such tables.

The numbers are looked up by name, so that a word that one side lacks is an error as soon as this is imported. Excluded:
words that are texts on the wire too (severities, reasons of gaps, roles).
"""

from collections.abc import Mapping
from enum import Enum, StrEnum
from typing import Any, TypeVar

from xingate.v1 import trace_pb2, types_pb2
from xingate_server.core.catalogue import Effect, Force, Verdict
from xingate_server.core.subject import SubjectKind

_W = TypeVar("_W", bound=Enum)


class Result(StrEnum):
    """What was done with a measure."""

    APPLIED = "applied"
    NOT_APPLIED = "not_applied"
    OTHER = "other"


def _numbers(words: type[_W], enum: Any) -> dict[_W, Any]:
    """The number of each word; the names of the wire begin with that of their enumeration, as `X_UNSPECIFIED` does."""
    prefix = enum.Name(0).removesuffix("UNSPECIFIED")
    return {word: enum.Value(prefix + word.name) for word in words}


KINDS: Mapping[SubjectKind, types_pb2.SubjectKind] = _numbers(SubjectKind, types_pb2.SubjectKind)
KINDS_READ: Mapping[int, SubjectKind] = {number: kind for kind, number in KINDS.items()}
KINDS_NAMED: Mapping[str, SubjectKind] = {types_pb2.SubjectKind.Name(number): kind for kind, number in KINDS.items()}
VERDICTS: Mapping[Verdict, types_pb2.Verdict] = _numbers(Verdict, types_pb2.Verdict)
EFFECTS: Mapping[Effect, types_pb2.Effect] = _numbers(Effect, types_pb2.Effect)
FORCES: Mapping[Force, types_pb2.Force] = _numbers(Force, types_pb2.Force)
RESULTS: Mapping[Result, trace_pb2.MeasureOutcome.Result] = _numbers(Result, trace_pb2.MeasureOutcome.Result)
RESULTS_READ: Mapping[int, Result] = {number: result for result, number in RESULTS.items()}
