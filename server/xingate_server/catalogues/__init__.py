"""Catalogues: the actions, list types and measures that people write in YAML, read, checked and compiled.

Covers the built-in catalogues, an operator's own folders and files, and layers of both. What the compiled form
means is in `xingate_server.core.catalogue`. No legal text is made up here: parameters that the plan leaves open are
marked as the operator's settings in the files themselves.
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from types import MappingProxyType

import msgspec

from xingate_server.catalogues._layers import BUILT_IN, Layer, read_layer
from xingate_server.catalogues.lint import check
from xingate_server.catalogues.lint_problems import CatalogueError, Problem
from xingate_server.catalogues.lint_words import Sources, merged_context, undeclared
from xingate_server.catalogues.lint_words import unprovided as find_unprovided
from xingate_server.core.catalogue import Action, BasicListItem, Catalogue, ListType, Measure, Posture

__all__ = [
    "BUILT_IN",
    "CatalogueError",
    "Problem",
    "Sources",
    "catalogue_hash",
    "lint",
    "load",
    "unprovided",
    "warnings",
]

_NO_NUMBERS: Mapping[str, str] = MappingProxyType({})


def load(
    names_or_paths: Sequence[str],
    posture: Posture = Posture.AS_PLANNED_2017,
    *,
    document_no: Mapping[str, str] = _NO_NUMBERS,
    sources: Sources | None = None,
) -> Catalogue:
    """The catalogue of these layers, in their order.

    `document_no` is the operator's: a layer's name -> the number of its instruments that leave it to the operator.
    `sources` is source kind -> the list types that it declares, for `provided_by` to be checked; None: unchecked.
    Raises CatalogueError with every problem that lint finds.
    """
    layers, problems = _read(names_or_paths, sources)
    if not problems:
        problems = _numbering_problems(layers, document_no)
    if problems:
        raise CatalogueError(problems)
    items = {name: item for layer in layers for name, item in layer.basic_list.items()}
    actions: dict[str, Action] = {}
    list_types: dict[str, ListType] = {}
    for layer in layers:
        actions |= {a.id: a for a in layer.actions}
        list_types |= {t.id: t for t in layer.list_types}
    return Catalogue(
        name="+".join(layer.name for layer in layers),
        edition="+".join(layer.edition for layer in layers),
        posture=posture,
        actions=tuple(actions.values()),
        list_types=tuple(list_types.values()),
        measures=tuple(_mapped(_numbered(m, layer, document_no), items) for layer in layers for m in layer.measures),
        remedies=tuple(dict.fromkeys(r for layer in layers for r in layer.remedies)),
        notes=tuple(n for layer in layers for n in layer.notes),
        context=merged_context(layers),
    )


def lint(names_or_paths: Sequence[str], sources: Sources | None = None) -> list[Problem]:
    """Everything wrong with these layers taken together; empty when they can be used. `sources` as for `load`."""
    return _read(names_or_paths, sources)[1]


def warnings(names_or_paths: Sequence[str], sources: Sources | None = None) -> list[Problem]:
    """What an operator should know of layers that can be used: undeclared context attributes, and list types that no
    source provides. Layers that cannot be read give none."""
    layers, _ = _read(names_or_paths, sources)
    return sorted({*undeclared(layers), *(() if sources is None else find_unprovided(layers, sources))})


def unprovided(names_or_paths: Sequence[str], sources: Sources) -> list[Problem]:
    """The list types of these layers that no source provides, each with its place."""
    return sorted(set(find_unprovided(_read(names_or_paths, sources)[0], sources)))


def catalogue_hash(catalogue: Catalogue) -> str:
    """SHA-256 over the catalogue's deterministic JSON, in hex."""
    return sha256(msgspec.json.encode(catalogue, order="deterministic")).hexdigest()


def _read(names_or_paths: Sequence[str], sources: Sources | None) -> tuple[list[Layer], list[Problem]]:
    layers: list[Layer] = []
    problems: list[Problem] = []
    for name in names_or_paths:
        layer, found = read_layer(name)
        problems += found
        if layer is not None:
            layers.append(layer)
    if not names_or_paths:
        problems.append(Problem("catalogue", "no layer is named"))
    if len(layers) == len(names_or_paths):
        problems += check(layers, sources)
    return layers, problems


def _numbering_problems(layers: Sequence[Layer], document_no: Mapping[str, str]) -> list[Problem]:
    """Numbers that would stand nowhere. One of a built-in catalogue that is not loaded waits for the day when it is."""
    known = {layer.name: layer for layer in layers}
    problems = []
    for name in sorted(document_no):
        if name in known and not known[name].unnumbered:
            what = f"`{name}` has no instrument whose number is left to the operator"
        elif name not in known and name not in BUILT_IN:
            what = f"`{name}` is not among the catalogues that are loaded ({', '.join(known)})"
        else:
            continue
        problems.append(Problem("setting `catalogue.document_no`", what))
    return problems


def _numbered(measure: Measure, layer: Layer, document_no: Mapping[str, str]) -> Measure:
    number = document_no.get(layer.name, "")
    if not number:
        return measure
    basis = (
        msgspec.structs.replace(b, document_no=number) if b.instrument in layer.unnumbered else b for b in measure.basis
    )
    return msgspec.structs.replace(measure, basis=tuple(basis))


def _mapped(measure: Measure, items: dict[str, BasicListItem]) -> Measure:
    item = items.get(measure.id)
    return measure if item is None else msgspec.structs.replace(measure, basic_list=item)
