"""What is asked and what is answered, as frozen dataclasses whose fields are those of the wire (`xingate.v1`).

Pure: imports neither grpc nor protobuf. Dates are days in Asia/Shanghai, times are in UTC; None if the gateway
says nothing. The definitions are in `xingate._internal.values`, and are to be imported from here.
"""

from xingate._internal.values.answer_parts import AppliedMeasure, Candidate, EntryRef, Flag, Gap, Record, Via
from xingate._internal.values.catalogue import Action, ListType, MaximumValidity, Measure, Snapshot, Source, Trigger
from xingate._internal.values.common_parts import (
    BasicListItem,
    Caller,
    LegalBasis,
    Obligation,
    Remedy,
    SnapshotRef,
    Text,
    TraceRef,
)
from xingate._internal.values.decision import Decision
from xingate._internal.values.enums import Effect, Force, MeasureResult, SubjectKind, Verdict, View
from xingate._internal.values.outcome import IdentitySettlement, MeasureOutcome, RecordedOutcome
from xingate._internal.values.question import Question, QuestionOptions, SearchOptions
from xingate._internal.values.subject import Identifier, Subject
from xingate._internal.values.trace import (
    CheckRecord,
    ConsistencyProof,
    DenialRecord,
    OperatorAct,
    OutcomeRecord,
    SignedCheckpoint,
    TraceEntry,
    TraceRecord,
)
from xingate._internal.values.usage import UsageReport, UsageRow

__all__ = [
    "Action",
    "AppliedMeasure",
    "BasicListItem",
    "Caller",
    "Candidate",
    "CheckRecord",
    "ConsistencyProof",
    "Decision",
    "DenialRecord",
    "Effect",
    "EntryRef",
    "Flag",
    "Force",
    "Gap",
    "Identifier",
    "IdentitySettlement",
    "LegalBasis",
    "ListType",
    "MaximumValidity",
    "Measure",
    "MeasureOutcome",
    "MeasureResult",
    "Obligation",
    "OperatorAct",
    "OutcomeRecord",
    "Question",
    "QuestionOptions",
    "Record",
    "RecordedOutcome",
    "Remedy",
    "SearchOptions",
    "SignedCheckpoint",
    "Snapshot",
    "SnapshotRef",
    "Source",
    "Subject",
    "SubjectKind",
    "Text",
    "TraceEntry",
    "TraceRecord",
    "TraceRef",
    "Trigger",
    "UsageReport",
    "UsageRow",
    "Verdict",
    "Via",
    "View",
]

# Their public home: pickles and tracebacks name it, so that the definitions can move.
for _name in __all__:
    globals()[_name].__module__ = __name__
