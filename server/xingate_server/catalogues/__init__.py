"""Catalogues: the actions, list types and measures that people write in YAML, read, checked and compiled.

Covers the built-in catalogues, an operator's own folders and files, and layers of both. What the compiled form
means is in `xingate_server.core.catalogue`. No legal text is made up here: parameters that the plan leaves open are
marked as the operator's settings in the files themselves.
"""

from collections.abc import Sequence
from hashlib import sha256

import msgspec

from xingate_server.catalogues._layers import BUILT_IN, Layer, read_layer
from xingate_server.catalogues.checks import check
from xingate_server.catalogues.problems import CatalogueError, Problem
from xingate_server.core.catalogue import Action, BasicListItem, Catalogue, ListType, Measure, Posture

__all__ = ["BUILT_IN", "CatalogueError", "Problem", "catalogue_hash", "lint", "load"]


def load(names_or_paths: Sequence[str], posture: Posture = Posture.AS_PLANNED_2017) -> Catalogue:
    """The catalogue of these layers, in their order. Raises CatalogueError with every problem that lint finds."""
    layers, problems = _read(names_or_paths)
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
        measures=tuple(_mapped(m, items) for layer in layers for m in layer.measures),
        remedies=tuple(dict.fromkeys(r for layer in layers for r in layer.remedies)),
        notes=tuple(n for layer in layers for n in layer.notes),
    )


def lint(names_or_paths: Sequence[str]) -> list[Problem]:
    """Everything wrong with these layers taken together; empty when they can be used."""
    return _read(names_or_paths)[1]


def catalogue_hash(catalogue: Catalogue) -> str:
    """SHA-256 over the catalogue's deterministic JSON, in hex."""
    return sha256(msgspec.json.encode(catalogue, order="deterministic")).hexdigest()


def _read(names_or_paths: Sequence[str]) -> tuple[list[Layer], list[Problem]]:
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
        problems += check(layers)
    return layers, problems


def _mapped(measure: Measure, items: dict[str, BasicListItem]) -> Measure:
    item = items.get(measure.id)
    return measure if item is None else msgspec.structs.replace(measure, basic_list=item)
