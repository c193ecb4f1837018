"""Records as lines and as flat objects: lookups, reports on them, refusals, and acts that change answers."""

from xingate.types import (
    Caller,
    CheckRecord,
    DenialRecord,
    Gap,
    MeasureResult,
    OperatorAct,
    OutcomeRecord,
    SubjectKind,
    TraceEntry,
    Verdict,
)
from xingate_server.cli.output.rows import TIME, shown_time

HEADERS = ("leaf", TIME, "verdict", "action", "matter", "by", "subject")


def row(entry: TraceEntry) -> tuple[str, ...]:
    """A record as the cells below `HEADERS`, and its id; what is not a lookup has its kind for a verdict."""
    time = shown_time(entry.time.isoformat()) if entry.time else ""
    record = entry.record
    if record.outcome is not None:
        cells = ("outcome", _outcome_line(record.outcome), "", _who(record.outcome.caller), "")
    elif record.denial is not None:
        cells = ("denial", f"{record.denial.method} {record.denial.reason}", "", _who(record.denial.caller), "")
    elif record.act is not None:
        cells = ("act", record.act.kind, "", record.act.operator, "")
    else:
        check = entry.check
        verdict = check.verdict.label if record.check else ""
        cells = (verdict, check.action, check.matter, _who(check.caller), check.subject_code)
    return (str(entry.leaf_index), time, *cells, entry.record_id)


def summary(entry: TraceEntry) -> dict[str, object]:
    """A record as one flat object; names as in the proto3 JSON, numbers as numbers."""
    record = entry.record
    time = record.time.isoformat(timespec="microseconds").replace("+00:00", "Z") if record.time else ""
    found: dict[str, object] = {
        "recordId": record.record_id,
        "requestId": record.request_id,
        "leafIndex": entry.leaf_index,
        "time": time,
        "kind": entry.kind,
    }
    body: dict[str, object] = {}
    if record.check is not None:
        body = _check(record.check)
    elif record.outcome is not None:
        body = _outcome(record.outcome)
    elif record.denial is not None:
        body = _denial(record.denial)
    elif record.act is not None:
        body = _act(record.act)
    return found | body | {"logOrigin": entry.log_origin}


def words(name: str, value: object) -> object:
    """A value of `summary` for people: codes with their Chinese words, times in Shanghai."""
    if name == "time":
        return shown_time(str(value))
    if name == "verdict":
        return Verdict[str(value).removeprefix("VERDICT_")].label
    if name == "subjectKind":
        kind = SubjectKind[str(value).removeprefix("SUBJECT_KIND_")]
        return f"{kind.title_zh} {kind.title_en}"
    if name == "result":
        result = MeasureResult[str(value).removeprefix("RESULT_")]
        return f"{result.title_zh} {result.title_en}"
    if name == "gaps" and isinstance(value, list):
        return [" ".join(dict.fromkeys((Gap(code).title.zh, code))) for code in value]
    if isinstance(value, list):
        return [words(name, item) for item in value]
    return {key: words(key, item) for key, item in value.items()} if isinstance(value, dict) else value


def _who(caller: Caller) -> str:
    return " ".join(part for part in (caller.organisation, caller.operator) if part) or caller.system


def _outcome_line(outcome: OutcomeRecord) -> str:
    told = [f"{m.measure_id} {m.result.title_zh} {m.result.title_en}" for m in outcome.measures]
    told += [f"identity {'same' if i.is_same else 'different'}" for i in outcome.identities]
    return "; ".join(told) or outcome.note


def _caller(caller: Caller) -> dict[str, object]:
    return {"system": caller.system, "organisation": caller.organisation, "operator": caller.operator}


def _check(check: CheckRecord) -> dict[str, object]:
    return {
        "verdict": check.verdict.wire_name,
        "action": check.action,
        **_caller(check.caller),
        "matter": check.matter,
        "asOf": check.as_of.isoformat() if check.as_of else "",
        "sequence": check.sequence,
        "subjectKind": check.subject_kind.wire_name,
        "subjectCode": check.subject_code,
        "subjectKey": check.subject_key,
        "furtherKeys": list(check.further_keys),
        "measureIds": list(check.measure_ids),
        "entryIds": list(check.entry_ids),
        "gaps": list(check.gaps),
        "context": dict(check.context),
        "snapshotHash": check.snapshot_hash,
        "catalogueHash": check.catalogue_hash,
        "decisionDigest": check.decision_digest,
    }


def _outcome(outcome: OutcomeRecord) -> dict[str, object]:
    return {
        "lookupRecordId": outcome.lookup_record_id,
        **_caller(outcome.caller),
        "measures": [
            {
                "measureId": m.measure_id,
                "result": m.result.wire_name,
                "reason": m.reason,
                "amountYuan": m.amount_yuan,
                "date": str(m.date or ""),
                "documentNo": m.document_no,
            }
            for m in outcome.measures
        ],
        "identities": [
            {"entryId": i.entry_id, "isSame": i.is_same, "evidence": i.evidence, "decidedBy": i.decided_by}
            for i in outcome.identities
        ],
        "note": outcome.note,
    }


def _denial(denial: DenialRecord) -> dict[str, object]:
    return {
        "method": denial.method,
        "reason": denial.reason,
        **_caller(denial.caller),
        "about": denial.about,
        "detail": denial.detail,
    }


def _act(act: OperatorAct) -> dict[str, object]:
    return {
        "act": act.kind,
        "operator": act.operator,
        "before": act.before,
        "after": act.after,
        "detail": act.detail,
    }
