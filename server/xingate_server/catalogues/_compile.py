"""From what people write (`models`) to the core's structs. A measure takes the responsible bodies of its clause."""

from xingate_server.catalogues import models as doc
from xingate_server.core.catalogue import (
    Action,
    ContextAttribute,
    ContextValue,
    LegalBasis,
    ListType,
    MaximumValidity,
    Measure,
    Note,
    Obligation,
    Remedy,
    Title,
    Trigger,
)
from xingate_server.core.entry import Severity

BLACK = "black."
ACTING = (Severity.SERIOUS, Severity.EXCEPTIONAL)
_SHORTHANDS = {
    "black": Trigger(name="black", list_types=("black.*",), severities=ACTING),
    "red": Trigger(name="red", list_types=("red.*",)),
    "A": Trigger(name="A", list_types=("grade.credit",), grades=("A",)),
}


def title(written: doc.TitleDoc) -> Title:
    """Both languages, "" where one is missing."""
    return Title(zh=written.zh, en=written.en)


def action(written: doc.ActionDoc) -> Action:
    """One action."""
    return Action(id=written.id, title=title(written.title), clause=written.clause, work=written.work)


def list_type(written: doc.ListTypeDoc, layer: str) -> ListType:
    """One list type of `layer`."""
    maximum = tuple(
        MaximumValidity(severity=m.severity, months=m.months, basis=m.basis, in_force_from=m.in_force_from)
        for m in written.maximum_validity
    )
    return ListType(
        id=written.id,
        title=title(written.title),
        family=written.family.value,
        procedure=written.procedure,
        audience=written.audience,
        clause=written.clause,
        layer=layer,
        synonyms=written.synonyms,
        provided_by=written.provided_by,
        maximum_validity=maximum,
        grades=written.grades,
        is_adverse=written.is_adverse,
        adverse_grades=written.adverse_grades,
        is_name_only=written.is_name_only,
        is_foreign_only=written.is_foreign_only,
        note=written.note,
    )


def triggers(written: doc.TriggerDoc) -> tuple[Trigger, ...]:
    """A trigger as written; one that names black and other list types becomes two, for only black ones are bound
    to serious and exceptional entries (DESIGN, settled points)."""
    if written.named:
        return (_SHORTHANDS[written.named],)
    if written.clean_years:
        return (Trigger(clean_years=written.clean_years),)
    if written.any_severity or written.severities:
        return (Trigger(list_types=written.list_types, severities=written.severities, grades=written.grades),)
    black = tuple(p for p in written.list_types if p.startswith(BLACK))
    other = tuple(p for p in written.list_types if not p.startswith(BLACK))
    split = (
        Trigger(list_types=black, severities=ACTING, grades=written.grades),
        Trigger(list_types=other, grades=written.grades),
    )
    return tuple(t for t in split if t.list_types)


def measure(written: doc.MeasureDoc, file: doc.MeasuresFile) -> Measure:
    """One measure of `file`. Raises ValueError for an instrument that the file does not define."""
    return Measure(
        id=written.id,
        title=title(written.title),
        clause=written.clause,
        actions=written.actions,
        effect=written.effect,
        force=written.force,
        reach=written.reach,
        triggers=tuple(t for w in written.trigger for t in triggers(w)),
        basis=tuple(_basis(b, file) for b in written.basis),
        bodies=written.bodies or file.responsible.get(written.clause.partition("(")[0], ()),
        when=dict(written.when),
        obligations=tuple(
            Obligation(kind=o.kind, title=title(o.title), parameters=dict(o.parameters)) for o in written.obligations
        ),
        layer=file.catalogue,
        note=written.note,
    )


def _basis(written: doc.BasisDoc, file: doc.MeasuresFile) -> LegalBasis:
    instrument = file.instruments.get(written.instrument)
    if instrument is None:
        raise ValueError(f"unknown instrument `{written.instrument}`, define it under `instruments`")
    return LegalBasis(
        instrument=instrument.title,
        article=written.article,
        level=instrument.level,
        in_force_from=instrument.in_force_from,
        in_force_until=instrument.in_force_until,
        document_no=instrument.document_no,
        issued_on=instrument.issued_on,
    )


def remedies(file: doc.MeasuresFile) -> tuple[Remedy, ...]:
    """The remedies of a layer."""
    return tuple(Remedy(kind=r.kind, title=title(r.title), basis=r.basis) for r in file.remedies)


def context(file: doc.MeasuresFile) -> tuple[ContextAttribute, ...]:
    """The context attributes of a layer."""
    return tuple(
        ContextAttribute(
            id=a.id,
            title=title(a.title),
            values=tuple(ContextValue(id=v.id, title=title(v.title), words=v.words) for v in a.values),
        )
        for a in file.context
    )


def notes(file: doc.MeasuresFile) -> tuple[Note, ...]:
    """The notes of a layer."""
    return tuple(Note(clause=n.clause, text=title(n.text), layer=file.catalogue) for n in file.notes)
