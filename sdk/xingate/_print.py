"""A decision as lines of plain text, for `print`. Labels are in English; titles are in both languages."""

from collections.abc import Iterator

from xingate.types import AppliedMeasure, Decision, EntryRef, Gap

_WITHOUT_EFFECT = (
    ("suspended", "suspended, without effect"),
    ("withheld", "incentives withheld"),
    ("advisory_only", "shown only, does not act"),
    ("ended", "ended"),
)


def lines_of(decision: Decision) -> Iterator[str]:
    """The whole answer: verdict, measures, gaps, remedies, record."""
    day = f" on {decision.as_of}" if decision.as_of else ""
    yield f"{decision.verdict.name} {decision.verdict.title_zh}{day}"
    for measure in decision.measures:
        yield from _measure(measure)
    for name, label in _WITHOUT_EFFECT:
        for measure in getattr(decision, name):
            yield f"  {label}: {_headline(measure)}" + (f" ({measure.because})" if measure.because else "")
    for record in decision.records:
        amount = f", {record.amount_yuan} yuan" if record.amount_yuan else ""
        yield f"  on record: {describe_entry(record.entry)}{amount}"
    for gap in decision.gaps:
        yield f"  not known: {describe_gap(gap)}"
    for candidate in decision.candidates:
        code = f" {candidate.code}" if candidate.code else ""
        yield f"  may be: {candidate.name}{code} ({', '.join(candidate.list_types) or 'no list'}; {candidate.why})"
    for flag in decision.flags:
        yield f"  note: {flag.code} {flag.detail}".rstrip()
    for remedy in remedies_of(decision):
        yield f"  remedy: {remedy}"
    yield f"  record {decision.trace.record_id}, snapshot {decision.snapshot.sequence}"


def _headline(measure: AppliedMeasure) -> str:
    words = f"{measure.effect.name.lower()}, {measure.force.name.lower()}"
    return f"{measure.id} {measure.title} [{words}]" if str(measure.title) else f"{measure.id} [{words}]"


def _measure(measure: AppliedMeasure) -> Iterator[str]:
    yield f"  {_headline(measure)}"
    if measure.via:
        yield f"      through {measure.via.role} of {measure.via.entity_name} {measure.via.entity_code}".rstrip()
    for basis in measure.basis:
        yield f"      basis: {basis}"
    for obligation in measure.obligations:
        yield f"      {describe_obligation(obligation.kind, str(obligation.title), obligation.parameters)}"
    if measure.entry:
        yield f"      entry: {describe_entry(measure.entry)}"
    if measure.evidence:
        yield f"      evidence: {measure.evidence}"


def describe_obligation(kind: str, title: str, parameters: object) -> str:
    """An obligation in one line."""
    details = ", ".join(f"{k}={v}" for k, v in parameters.items()) if isinstance(parameters, dict) else ""
    return f"obligation: {title or kind}" + (f" ({details})" if details else "")


def describe_entry(entry: EntryRef) -> str:
    """A listing in one line: list, authority, document, validity."""
    until = entry.valid_until or "open"
    validity = f"{entry.valid_from} to {until}" if entry.valid_from else ""
    document = f"{entry.document_no} of {entry.document_date}" if entry.document_date else entry.document_no
    parts = (entry.list_type, entry.authority, document, validity)
    return ", ".join(part for part in parts if part) or entry.id


def describe_gap(gap: Gap) -> str:
    """A gap in one line: why, what it may hide, what closes it."""
    about = f" ({gap.about})" if gap.about else ""
    closes = f"; closed by: {gap.closes_with}" if gap.closes_with else ""
    return f"{gap.reason}{about}, could be {gap.could_be.name}{closes}"


def remedies_of(decision: Decision) -> list[str]:
    """The remedies against what acts, each once, in order."""
    found: dict[str, None] = {}
    for measure in decision.measures:
        for remedy in measure.remedies:
            text = str(remedy.title) or remedy.kind
            found.setdefault(f"{text} ({remedy.basis})" if remedy.basis else text)
    return list(found)
