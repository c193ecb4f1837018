"""What lint finds in words: context attributes and their values, the names of list types, the sources of list types.

`sources` is source kind -> list types that its declaration names, None if that is not known: then nothing is said
about sources. Warnings keep no catalogue from being used. Excluded: all else that lint finds (`checks`).
"""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches

from xingate_server.catalogues._layers import LIST_TYPES, MEASURES, Layer
from xingate_server.catalogues.lint_problems import Problem
from xingate_server.core.catalogue import ContextAttribute, ListType, words_of
from xingate_server.core.decide.context import words_of as words_of_value

Sources = Mapping[str, Sequence[str]]


def word_problems(layers: Sequence[Layer], sources: Sources | None) -> Iterator[Problem]:
    """All faults of words in these layers taken as one catalogue."""
    yield from _repeated_values(layers)
    yield from _contexts(layers)
    yield from _conditions(layers)
    yield from _list_type_words(layers)
    if sources is not None:
        yield from _unknown_sources(layers, sources)


def undeclared(layers: Sequence[Layer]) -> Iterator[Problem]:
    """Attributes that a `when` names and no layer declares: any value of a question is taken as it is."""
    declared = {attribute.id for layer in layers for attribute in layer.context}
    for layer in layers:
        for measure in layer.measures:
            for key in sorted(measure.when.keys() - declared):
                what = f"`when.{key}` is not declared under `context`: any value of a question is taken as it is"
                yield Problem(f"{layer.files[MEASURES]}: {measure.id}", what)


def unprovided(layers: Sequence[Layer], sources: Sources) -> Iterator[Problem]:
    """List types of which no source holds entries."""
    provided = {name for names in sources.values() for name in names}
    for layer, list_type in _list_types(layers):
        if list_type.id not in provided and not list_type.provided_by:
            what = "no source provides this list type: name the kind of its source under `provided_by`"
            yield Problem(f"{_file(layer)}: {list_type.id}", what)


def merged_context(layers: Sequence[Layer]) -> tuple[ContextAttribute, ...]:
    """The attributes of all layers; a later layer may add values to an attribute of an earlier one."""
    merged: dict[str, ContextAttribute] = {}
    for attribute in (a for layer in layers for a in layer.context):
        earlier = merged.get(attribute.id)
        values = {v.id: v for v in (*(earlier.values if earlier else ()), *attribute.values)}
        title = earlier.title if earlier else attribute.title
        merged[attribute.id] = ContextAttribute(id=attribute.id, title=title, values=tuple(values.values()))
    return tuple(merged.values())


def _contexts(layers: Sequence[Layer]) -> Iterator[Problem]:
    """Values that layers define differently, and words that mean two values."""
    for number, layer in enumerate(layers):
        here = f"{layer.files[MEASURES]}: context" if layer.context else ""
        for attribute in layer.context:
            known = {v.id: v for e in layers[:number] for a in e.context if a.id == attribute.id for v in a.values}
            words = {word: v.id for v in known.values() for word in words_of_value(v)}
            for value in attribute.values:
                if known.get(value.id, value) != value:
                    yield Problem(f"{here} {attribute.id}", f"overlapping id: `{value.id}` is defined otherwise before")
                for word in words_of_value(value):
                    if words.setdefault(word, value.id) != value.id:
                        what = f"the word `{word}` means `{words[word]}` and `{value.id}`, keep one"
                        yield Problem(f"{here} {attribute.id}", what)


def _conditions(layers: Sequence[Layer]) -> Iterator[Problem]:
    values = {a.id: sorted(v.id for v in a.values) for a in merged_context(layers)}
    for layer in layers:
        for measure in layer.measures:
            for key, value in sorted(measure.when.items()):
                if value and key in values and value not in values[key]:
                    known = ", ".join(f"`{v}`" for v in values[key])
                    what = f"`when.{key}` is `{value}`, which is not a declared value: expected one of {known}"
                    yield Problem(f"{layer.files[MEASURES]}: {measure.id}", what)


def _repeated_values(layers: Sequence[Layer]) -> Iterator[Problem]:
    """What stands twice in one file, where the second would be lost."""
    for layer in layers:
        lists = [("context", [a.id for a in layer.context])]
        lists += [(f"context {a.id}", [v.id for v in a.values]) for a in layer.context]
        for where, ids in lists:
            for name in sorted({i for i in ids if ids.count(i) > 1}):
                what = f"overlapping id: `{name}` stands {ids.count(name)} times in this file"
                yield Problem(f"{layer.files[MEASURES]}: {where}", what)


def _list_type_words(layers: Sequence[Layer]) -> Iterator[Problem]:
    owners: dict[str, str] = {}
    for layer, list_type in _list_types(layers):
        for word in words_of(list_type):
            owner = owners.setdefault(word, list_type.id)
            if owner != list_type.id:
                what = f"the word `{word}` already names `{owner}`: a list that uses it could mean either"
                yield Problem(f"{_file(layer)}: {list_type.id}", what)


def _unknown_sources(layers: Sequence[Layer], sources: Sources) -> Iterator[Problem]:
    for layer, list_type in _list_types(layers):
        for kind in list_type.provided_by:
            if kind not in sources:
                close = get_close_matches(kind, sorted(sources), n=1)
                hint = f", did you mean `{close[0]}`" if close else ""
                what = f"`provided_by` names the unknown source `{kind}`{hint}"
                yield Problem(f"{_file(layer)}: {list_type.id}", what)


def _list_types(layers: Sequence[Layer]) -> Iterator[tuple[Layer, ListType]]:
    """Each list type once, with the layer that it is first met in."""
    met: set[str] = set()
    for layer in layers:
        for list_type in layer.list_types:
            if list_type.id not in met:
                met.add(list_type.id)
                yield layer, list_type


def _file(layer: Layer) -> str:
    return layer.files.get(LIST_TYPES) or next(iter(layer.files.values()))
