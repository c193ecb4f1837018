"""Subjects, verdicts and decisions: nothing unknown looks like a pass, no person's number is shown."""

import copy
import pickle
from dataclasses import fields
from datetime import date, datetime

import pytest

from xingate import types
from xingate._internal import messages
from xingate._internal.values.question import to_day
from xingate.errors import ProtocolError
from xingate.types import Decision, Identifier, Subject, SubjectKind, Verdict
from xingate.v1 import catalogue_pb2, snapshot_pb2, trace_pb2, types_pb2, verification_pb2

PERSON = "990000199003071233"
COMPANY = "91420399MA4900000X"


@pytest.mark.parametrize("number", [0, 6, 7, 99, -1])
def test_unspecified_and_unknown_verdicts_are_read_as_cannot_tell(number: int) -> None:
    assert Verdict(number) is Verdict.CANNOT_TELL
    assert not Verdict(number).permits


def test_a_word_is_no_verdict() -> None:
    with pytest.raises(ValueError, match="CLEAR"):
        Verdict("CLEAR")


@pytest.mark.parametrize("verdict", list(Verdict))
def test_permits_follows_authzen(verdict: Verdict) -> None:
    assert verdict.permits == (verdict.name in {"CLEAR", "FAVOURED", "CAUTION"})
    assert types_pb2.Verdict.Value(verdict.wire_name) == verdict.value


@pytest.mark.parametrize(
    ("ours", "theirs", "prefix"),
    [
        (types.SubjectKind, types_pb2.SubjectKind, "SUBJECT_KIND_"),
        (types.Effect, types_pb2.Effect, "EFFECT_"),
        (types.Force, types_pb2.Force, "FORCE_"),
        (types.MeasureResult, trace_pb2.MeasureOutcome.Result, "RESULT_"),
    ],
)
def test_enums_have_the_words_of_the_wire(ours: type, theirs: object, prefix: str) -> None:
    assert {prefix + member.name: member.value for member in ours} == dict(theirs.items())
    assert ours(77) is ours.UNSPECIFIED


PAIRS = [
    (Decision, verification_pb2.CheckResponse),
    (types.AppliedMeasure, types_pb2.AppliedMeasure),
    (types.EntryRef, types_pb2.EntryRef),
    (types.Via, types_pb2.Via),
    (types.Record, types_pb2.Record),
    (types.Gap, types_pb2.Gap),
    (types.Candidate, types_pb2.Candidate),
    (types.Flag, types_pb2.Flag),
    (types.SnapshotRef, types_pb2.SnapshotRef),
    (types.TraceRef, types_pb2.TraceRef),
    (types.LegalBasis, types_pb2.LegalBasis),
    (types.Obligation, types_pb2.Obligation),
    (types.Remedy, types_pb2.Remedy),
    (types.Caller, types_pb2.Caller),
    (types.BasicListItem, types_pb2.BasicListItem),
    (types.Text, types_pb2.Text),
    (types.Action, catalogue_pb2.Action),
    (types.Measure, catalogue_pb2.Measure),
    (types.Trigger, catalogue_pb2.Trigger),
    (types.ListType, catalogue_pb2.ListType),
    (types.MaximumValidity, catalogue_pb2.MaximumValidity),
    (types.Snapshot, snapshot_pb2.Snapshot),
    (types.Source, snapshot_pb2.Source),
    (types.TraceEntry, trace_pb2.TraceEntry),
    (types.TraceRecord, trace_pb2.TraceRecord),
    (types.CheckRecord, trace_pb2.CheckRecord),
    (types.UsageRow, trace_pb2.UsageRow),
    (types.OutcomeRecord, trace_pb2.OutcomeRecord),
    (types.MeasureOutcome, trace_pb2.MeasureOutcome),
    (types.IdentitySettlement, trace_pb2.IdentitySettlement),
    (types.DenialRecord, trace_pb2.DenialRecord),
    (types.OperatorAct, trace_pb2.OperatorAct),
    (types.RecordedOutcome, trace_pb2.ReportOutcomeResponse),
]


@pytest.mark.parametrize(("ours", "message"), PAIRS, ids=lambda kind: kind.__name__)
def test_a_dataclass_has_every_field_of_its_message(ours: type, message: type) -> None:
    assert {field.name for field in fields(ours)} - {"wire"} == set(message.DESCRIPTOR.fields_by_name)


def filled(message: object) -> object:
    """The message with something in every field, nested ones included."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type and field.message_type.GetOptions().map_entry:
            value = 7 if field.message_type.fields_by_name["value"].type != field.TYPE_STRING else "值"
            getattr(message, field.name)["k"] = value
        elif field.message_type:
            inner = getattr(message, field.name)
            filled(inner.add() if field.is_repeated else inner)
        else:
            value = scalar(field)
            if field.is_repeated:
                getattr(message, field.name).append(value)
            else:
                setattr(message, field.name, value)
    return message


def scalar(field: object) -> object:
    if field.type == field.TYPE_STRING:
        is_day = field.name.endswith(("as_of", "_date", "_from", "_until", "_to", "_on")) or field.name == "date"
        is_time = field.name in {"time", "created_at"}
        return "2026-01-02" if is_day else "2026-01-02T03:04:05.000006+00:00" if is_time else f"{field.name} 值"
    if field.type == field.TYPE_BYTES:
        return b"\x00\xff"
    return {field.TYPE_DOUBLE: 0.5, field.TYPE_BOOL: True, field.TYPE_ENUM: 3}.get(field.type, 5)


@pytest.mark.parametrize(("ours", "message"), PAIRS, ids=lambda kind: kind.__name__)
def test_reading_and_writing_lose_nothing(ours: type, message: type) -> None:
    wire = filled(message())
    again = message()
    messages.write(messages.read(ours, wire), again)
    assert again == wire


def test_dates_are_dates_and_nothing_said_is_none() -> None:
    basis = messages.read(types.LegalBasis, types_pb2.LegalBasis(in_force_from="2017-10-12"))
    assert (basis.in_force_from, basis.in_force_until) == (date(2017, 10, 12), None)
    assert messages.read(types.AppliedMeasure, types_pb2.AppliedMeasure(id="18.1a")).executable_by_caller is None
    no = types_pb2.AppliedMeasure(id="18.1a", executable_by_caller=False)
    assert messages.read(types.AppliedMeasure, no).executable_by_caller is False


def test_a_date_that_is_none_is_a_protocol_error() -> None:
    with pytest.raises(ProtocolError, match="`soon`"):
        messages.read(types.LegalBasis, types_pb2.LegalBasis(in_force_from="soon"))


@pytest.mark.parametrize(
    "subject",
    [
        Subject.natural_person(PERSON, name="示例甲"),
        Subject.natural_person("E12345678", scheme="passport"),
        Subject.natural_person("990000900307123"),
        Subject.legal_entity(PERSON),  # a number that could be a citizen's, whatever the kind says
        Subject.legal_entity("990000900307123", scheme="reg_no"),
    ],
)
def test_a_persons_number_is_masked_in_every_repr(subject: Subject) -> None:
    number = subject.identifiers[0].value
    question = types.Question(subject, "permit.grant")
    for shown in (repr(subject), str(subject), f"{question}", repr([subject])):
        assert number not in shown
        assert "***" in shown


def test_an_organisations_code_is_shown() -> None:
    assert COMPANY in repr(Subject.legal_entity(COMPANY))
    assert COMPANY in repr(Identifier("uscc", COMPANY))
    assert PERSON not in repr(Identifier("", PERSON))


def test_constructors_state_the_kind() -> None:
    assert Subject.legal_entity("X").kind is SubjectKind.LEGAL_ENTITY
    assert Subject.sole_trader("X").kind is SubjectKind.SOLE_TRADER
    assert Subject.natural_person(name="示例甲") == Subject(SubjectKind.NATURAL_PERSON, (), "示例甲")


def test_a_time_is_no_day() -> None:
    with pytest.raises(TypeError, match="date"):
        to_day(datetime(2026, 1, 1))  # noqa: DTZ001 -- any datetime is wrong here


def whole_decision() -> Decision:
    return messages.read(Decision, filled(verification_pb2.CheckResponse()))


def test_print_shows_the_whole_answer() -> None:
    text = str(whole_decision())
    wanted = [
        "CAUTION",
        "需注意",
        "2026-01-02",
        "instrument 值（document_no 值，2026-01-02） article 值",
        "closes_with 值",
        "basis 值",
    ]
    wanted += ["record_id 值", "suspended", "withheld", "amount_yuan 值", "may be", "entity_name 值", "because 值"]
    assert [word for word in wanted if word not in text] == []


def test_decisions_compare_copy_and_pickle() -> None:
    decision = whole_decision()
    assert pickle.loads(pickle.dumps(decision)) == copy.deepcopy(decision) == decision  # noqa: S301 -- our own bytes
