"""Messages: every word has its number, every view its fields, and our JSON is the JSON that protobuf gives."""

import json
import subprocess
import sys
from datetime import date
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.message import Message
from hypothesis import given
from hypothesis import strategies as st

from xingate.v1 import catalogue_pb2, snapshot_pb2, trace_pb2, types_pb2, verification_pb2
from xingate_server import catalogues
from xingate_server.core.catalogue import (
    BasicListItem,
    Effect,
    Force,
    LegalBasis,
    Posture,
    Remedy,
    Title,
    Verdict,
)
from xingate_server.core.decide import decision as d
from xingate_server.core.subject import SubjectKind
from xingate_server.gateway.answer import Answer, SnapshotInfo
from xingate_server.trace.leaf import words
from xingate_server.transport.bodies import models
from xingate_server.transport.messages import answers
from xingate_server.transport.messages import catalogue as render_catalogue
from xingate_server.transport.messages.proto_json import ProtoJson

ENTRY = d.EntryRef(
    id="e1",
    list_type="black.bid_rigging",
    title=Title("串通投标", "Bid rigging"),
    authority="示例局",
    document_no="示〔2024〕1号",
    document_date=date(2024, 1, 2),
    valid_from=date(2024, 1, 2),
)
APPLIED = d.Applied(
    id="5.1",
    title=Title("限制", "Limit"),
    clause="18(1)",
    effect=Effect.LIMIT,
    force=Force.MANDATORY,
    reach="legal_representative",
    basis=(LegalBasis("示例条例", "1", "regulation", date(2017, 1, 1)),),
    bodies=("示例局",),
    via=d.Via(role="legal_representative", entity_name="示例公司", entity_code="x"),
    obligations=(d.ShownObligation("tolerance", Title("容缺", "Tolerance"), {"b": "2", "a": "1"}),),
    basic_list=BasicListItem("2024", "3"),
    entry=ENTRY,
    remedies=(Remedy("objection", Title("异议", "Objection"), "25"),),
)
ANSWER = Answer(
    request_id="r1",
    as_of=date(2024, 6, 1),
    decision=d.Decision(
        verdict=Verdict.RESTRICTED,
        measures=(APPLIED,),
        withheld=(APPLIED,),
        records=(d.ShownRecord(entry=ENTRY, amount_yuan="10.00"),),
        gaps=(d.Gap(reason=d.GapReason.SOURCE_STALE, could_be=Verdict.PROHIBITED, closes_with="a newer list"),),
        candidates=(
            d.Candidate(
                kind=SubjectKind.NATURAL_PERSON,
                name="示例甲",
                display="9***1",
                list_types=(),
                score=0.5,
                why="name",
                closes_with="ask",
            ),
        ),
        flags=(d.Flag(code="kind_mismatch"),),
    ),
    digest="ab" * 32,
    snapshot=SnapshotInfo(sequence=3, hash="h", catalogue="c", catalogue_hash="k", created_at="t", status="current"),
    record_id="id-1",
    leaf_index=4,
    log_origin="o",
)


@pytest.mark.parametrize(
    ("table", "members", "enum", "prefix"),
    [
        (words.VERDICTS, Verdict, types_pb2.Verdict, "VERDICT_"),
        (words.EFFECTS, Effect, types_pb2.Effect, "EFFECT_"),
        (words.FORCES, Force, types_pb2.Force, "FORCE_"),
        (words.KINDS, SubjectKind, types_pb2.SubjectKind, "SUBJECT_KIND_"),
        (words.RESULTS, words.Result, trace_pb2.MeasureOutcome.Result, "RESULT_"),
    ],
)
def test_every_word_has_the_number_of_its_own_name(table: Any, members: Any, enum: Any, prefix: str) -> None:
    assert {word: enum.Name(table[word]) for word in members} == {word: prefix + word.name for word in members}
    assert set(table.values()) == set(enum.values()) - {0}
    assert {v: k for k, v in words.KINDS.items()} == dict(words.KINDS_READ)


def test_models_have_the_names_of_the_messages() -> None:
    for model, message in (
        (models.CheckBody, verification_pb2.CheckRequest),
        (models.SubjectBody, types_pb2.Subject),
        (models.IdentifierBody, types_pb2.Identifier),
        (models.CallerBody, types_pb2.Caller),
        (models.BatchCheckBody, verification_pb2.BatchCheckRequest),
        (models.MeasuresQuery, catalogue_pb2.ListMeasuresRequest),
        (models.SnapshotQuery, snapshot_pb2.GetSnapshotRequest),
        (models.SearchBody, trace_pb2.ListRecordsRequest),
    ):
        fields = {f.name: f.json_name for f in message.DESCRIPTOR.fields}
        assert {name.rstrip("_"): field.alias for name, field in model.model_fields.items()} == fields
    # What is searched for stands in a body alone: no address holds a subject's number or name.
    assert set(models.RecordsQuery.model_fields) == {"limit", "before"}
    assert [v.value for v in models.Verdict] == types_pb2.Verdict.keys()
    assert [k.value for k in models.SubjectKind] == types_pb2.SubjectKind.keys()
    assert [v.value for v in models.View] == verification_pb2.View.keys()


def test_full_view_tells_everything() -> None:
    full = answers.check_response(ANSWER, verification_pb2.VIEW_FULL)
    assert full == answers.check_response(ANSWER, verification_pb2.VIEW_UNSPECIFIED)
    (measure,) = full.measures
    assert measure.entry.document_date == "2024-01-02"
    assert measure.entry.valid_until == ""
    assert measure.via.entity_name == "示例公司"
    assert measure.basic_list.item == "3"
    assert dict(measure.obligations[0].parameters) == {"a": "1", "b": "2"}
    assert full.records[0].amount_yuan == "10.00"
    assert (full.trace.record_id, full.trace.leaf_index, full.trace.log_origin) == ("id-1", 4, "o")
    assert (full.candidates[0].code, full.candidates[0].closes_with) == ("9***1", "ask")


def test_basic_view_keeps_ids_gaps_candidates_snapshot_and_trace() -> None:
    full = answers.check_response(ANSWER, verification_pb2.VIEW_FULL)
    basic = answers.check_response(ANSWER, verification_pb2.VIEW_BASIC)
    assert list(basic.measures) == [types_pb2.AppliedMeasure(id="5.1")]
    assert list(basic.withheld) == [types_pb2.AppliedMeasure(id="5.1")]
    assert list(basic.records) == [types_pb2.Record(entry=types_pb2.EntryRef(id="e1"))]
    for message in (full, basic):
        for name in ("measures", "withheld", "records"):
            message.ClearField(name)
    assert basic == full


def test_the_catalogue_comes_whole() -> None:
    catalogue = catalogues.load(catalogues.BUILT_IN, Posture.AS_PLANNED_2017)
    measures = render_catalogue.measures(catalogue, "").measures
    assert [m.id for m in measures] == [m.id for m in catalogue.measures]
    touching = render_catalogue.measures(catalogue, "permit.grant").measures
    assert all(any(p in {"permit.grant", "permit.*"} for p in m.actions) for m in touching)
    assert [a.id for a in render_catalogue.actions(catalogue).actions] == [a.id for a in catalogue.actions]
    list_types = render_catalogue.list_types(catalogue).list_types
    assert [t.id for t in list_types] == [t.id for t in catalogue.list_types]
    for response in (render_catalogue.measures(catalogue, ""), render_catalogue.list_types(catalogue)):
        assert_same_json(response)


def assert_same_json(message: Message) -> None:
    expected = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
    encoded = ProtoJson().encode(message)
    assert json.loads(encoded) == expected
    assert json_format.Parse(encoded, type(message)()) == message


@pytest.mark.parametrize("view", [verification_pb2.VIEW_FULL, verification_pb2.VIEW_BASIC])
def test_our_json_is_that_of_protobuf(view: int) -> None:
    assert_same_json(answers.check_response(ANSWER, view))
    assert_same_json(
        verification_pb2.BatchCheckResponse(
            results=[verification_pb2.BatchCheckResult(response=answers.check_response(ANSWER, view))]
        )
    )


@given(st.binary(max_size=200))
def test_our_json_is_that_of_protobuf_for_any_message(content: bytes) -> None:
    for kind in (verification_pb2.CheckResponse, trace_pb2.ListRecordsResponse, snapshot_pb2.Snapshot):
        try:
            message = kind.FromString(content)
        except Exception:  # noqa: BLE001, S112 - most bytes are no message
            continue
        assert json.loads(ProtoJson().encode(message)) == json_format.MessageToDict(
            message, always_print_fields_with_no_presence=True
        )


@pytest.mark.parametrize("value", [0.0, 1.0, -2.5, float("inf"), float("-inf"), float("nan")])
def test_floats_that_json_has_not(value: float) -> None:
    message = types_pb2.Candidate(score=value)
    expected = json_format.MessageToDict(message, always_print_fields_with_no_presence=True)
    assert json.loads(ProtoJson().encode(message)) == expected


def test_bytes_are_the_same_in_processes_with_other_hash_seeds() -> None:
    code = (
        "from xingate.v1 import types_pb2 as t; from xingate_server.transport.messages.proto_json import ProtoJson;"
        "print(ProtoJson().encode(t.Obligation(kind='k', parameters={str(i): 'v' for i in range(50)})))"
    )
    outputs = {
        subprocess.run(
            [sys.executable, "-c", code], env={"PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in ("1", "2", "3")
    }
    assert len(outputs) == 1
