"""The catalogue of a snapshot as messages."""

from xingate.v1 import catalogue_pb2 as c
from xingate.v1 import types_pb2 as t
from xingate_server.core import catalogue as core
from xingate_server.trace.leaf.words import EFFECTS, FORCES
from xingate_server.transport.messages.answers import basic_list_item, legal_basis, text


def actions(catalogue: core.Catalogue) -> c.ListActionsResponse:
    """Every action, in the catalogue's order."""
    return c.ListActionsResponse(
        actions=[c.Action(id=a.id, title=text(a.title), clause=a.clause, work=a.work) for a in catalogue.actions]
    )


def measures(catalogue: core.Catalogue, action: str) -> c.ListMeasuresResponse:
    """Every measure, or those alone that touch `action`."""
    return c.ListMeasuresResponse(
        measures=[
            _measure(m)
            for m in catalogue.measures
            if not action or any(core.matches(pattern, action) for pattern in m.actions)
        ]
    )


def list_types(catalogue: core.Catalogue) -> c.ListListTypesResponse:
    """Every list type."""
    return c.ListListTypesResponse(list_types=[_list_type(lt) for lt in catalogue.list_types])


def _measure(m: core.Measure) -> c.Measure:
    return c.Measure(
        id=m.id,
        title=text(m.title),
        clause=m.clause,
        actions=m.actions,
        when=m.when,
        effect=EFFECTS[m.effect],
        force=FORCES[m.force],
        reach=m.reach,
        triggers=[
            c.Trigger(
                name=g.name,
                list_types=g.list_types,
                severities=g.severities,
                grades=g.grades,
                clean_years=g.clean_years,
            )
            for g in m.triggers
        ],
        obligations=[t.Obligation(kind=o.kind, title=text(o.title), parameters=o.parameters) for o in m.obligations],
        basis=[legal_basis(b) for b in m.basis],
        bodies=m.bodies,
        basic_list=basic_list_item(m.basic_list) if m.basic_list else None,
        layer=m.layer,
        note=m.note,
    )


def _list_type(lt: core.ListType) -> c.ListType:
    return c.ListType(
        id=lt.id,
        title=text(lt.title),
        family=lt.family,
        procedure=lt.procedure,
        audience=lt.audience,
        clause=lt.clause,
        layer=lt.layer,
        maximum_validity=[
            c.MaximumValidity(severity=m.severity, months=m.months, basis=m.basis) for m in lt.maximum_validity
        ],
        grades=lt.grades,
        adverse=lt.is_adverse,
        note=lt.note,
    )
