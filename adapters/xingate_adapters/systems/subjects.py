"""How a subject and a measure are told to people: numbers masked, both languages, no number of a person in clear."""

from xingate.types import AppliedMeasure, Subject, SubjectKind

__all__ = ["measure_line", "shown_subject"]


def shown_subject(subject: Subject) -> str:
    """Name and number, a person's masked."""
    is_person = subject.kind is SubjectKind.NATURAL_PERSON
    numbers = [identifier.shown(is_person=is_person) for identifier in subject.identifiers]
    return " ".join(part for part in (subject.shown_name, *numbers) if part)


def measure_line(measure: AppliedMeasure) -> str:
    """A measure with what it rests on, in one line."""
    via = f"；经由 {measure.via.entity_name}（{measure.via.title.zh}）" if measure.via else ""
    basis = "、".join(map(str, measure.basis))
    entry = measure.entry
    rests = f"；{entry.authority} {entry.document_no}".rstrip() if entry else ""
    return f"{measure.title or measure.id} [{measure.id}]{via}{rests}" + (f"；{basis}" if basis else "")
