"""What lint finds once files can be read: faults of a measure, of references between files, of layers together.

Covers (each with file and id): a measure without basis, actions, reach, trigger or bodies; unknown actions and list
types, and patterns that match nothing; a measure that no entry can ever trigger; overlapping ids; a missing
translation. Leaves out words (`word_checks`), and whether a legal text says what the catalogue claims: that is
for people to read.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from difflib import get_close_matches

from xingate_server.catalogues._layers import ACTIONS, BASIC_LIST, LIST_TYPES, MEASURES, Layer
from xingate_server.catalogues.lint_problems import Problem
from xingate_server.catalogues.lint_words import Sources, word_problems
from xingate_server.core.catalogue import Action, ListType, Measure, Reach, Title, Trigger, matches

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_OWN = frozenset({Reach.SUBJECT, Reach.ORGANISATION, Reach.PERSON})
# Severity is a degree of dishonesty (Cl. 8): entries of these families have none.
_WITHOUT_SEVERITY = frozenset({"red", "grade"})


def check(layers: Sequence[Layer], sources: Sources | None = None) -> list[Problem]:
    """All problems of these layers taken as one catalogue, sorted by place; `sources` as in `word_checks`."""
    problems: list[Problem] = []
    for layer in layers:
        problems += _translations(layer)
        problems += _repeated(layer)
        for measure in layer.measures:
            where = f"{layer.files[MEASURES]}: {measure.id}"
            problems += [Problem(where, what) for what in _incomplete(measure)]
    problems += _overlaps(layers)
    problems += word_problems(layers, sources)
    if all(layer.is_whole for layer in layers):
        problems += _references(layers)
    return sorted(set(problems))


def _translations(layer: Layer) -> Iterator[Problem]:
    for kind, titles in (
        (ACTIONS, ((a.id, "title", a.title) for a in layer.actions)),
        (LIST_TYPES, ((t.id, "title", t.title) for t in layer.list_types)),
        (MEASURES, _measure_titles(layer)),
    ):
        if kind in layer.borrowed:
            continue
        for name, what, title in titles:
            for missing in _missing(title):
                yield Problem(f"{layer.files[kind]}: {name}", f"missing translation: {what} has no {missing} text")
    for measure in layer.measures:
        for obligation in measure.obligations:
            for key in obligation.parameters:
                other = _other_language(key)
                if other and other not in obligation.parameters:
                    yield Problem(
                        f"{layer.files[MEASURES]}: {measure.id}",
                        f"missing translation: parameter `{key}` of obligation `{obligation.kind}` without `{other}`",
                    )


def _measure_titles(layer: Layer) -> Iterator[tuple[str, str, Title]]:
    if layer.title is not None:
        yield "catalogue", "title", layer.title
    for measure in layer.measures:
        yield measure.id, "title", measure.title
        for obligation in measure.obligations:
            yield measure.id, f"obligation `{obligation.kind}`", obligation.title
    if ACTIONS not in layer.borrowed:  # remedies may be borrowed along with the actions
        for remedy in layer.remedies:
            yield f"remedy {remedy.kind}", "title", remedy.title
    for attribute in layer.context:
        yield f"context {attribute.id}", "title", attribute.title
        for value in attribute.values:
            yield f"context {attribute.id}", f"value `{value.id}`", value.title
    for note in layer.notes:
        yield f"note on {note.clause}", "text", note.text


def _missing(title: Title) -> Iterator[str]:
    if not _CHINESE.search(title.zh):
        yield "Chinese"
    if not _LATIN.search(title.en):
        yield "English"


def _other_language(key: str) -> str:
    if key.endswith("_zh"):
        return f"{key[:-3]}_en"
    return f"{key[:-3]}_zh" if key.endswith("_en") else ""


def _repeated(layer: Layer) -> Iterator[Problem]:
    for kind, ids in (
        (ACTIONS, [a.id for a in layer.actions]),
        (LIST_TYPES, [t.id for t in layer.list_types]),
        (MEASURES, [m.id for m in layer.measures]),
    ):
        for name in sorted({i for i in ids if ids.count(i) > 1}):
            yield Problem(
                f"{layer.files[kind]}: {name}", f"overlapping id: stands {ids.count(name)} times in this file"
            )


def _incomplete(measure: Measure) -> Iterator[str]:
    if not measure.basis:
        yield "measure without a legal basis, name an instrument and article under `basis`"
    for basis in measure.basis:
        if basis.in_force_until is not None and basis.in_force_until < basis.in_force_from:
            yield f"legal basis `{basis.instrument}` ends before it begins, so the measure can never act"
    if not measure.actions:
        yield "measure without an action, name one under `actions`"
    if not measure.reach:
        yield "measure that reaches nobody, name whom under `reach`"
    if not measure.triggers:
        yield "measure that no entry can ever trigger: it has no trigger"
    if not measure.bodies:
        yield "measure without an implementing body, name it under `bodies` or `responsible`"
    for key in sorted(k for k, value in measure.when.items() if not value):
        yield f"`when.{key}` is empty and so never met"


def _overlaps(layers: Sequence[Layer]) -> Iterator[Problem]:
    actions: dict[str, tuple[Action, str]] = {}
    list_types: dict[str, tuple[ListType, str]] = {}
    others: dict[tuple[str, str], str] = {}
    for number, layer in enumerate(layers):
        if any(layer.name == earlier.name for earlier in layers[:number]):
            yield Problem(_file(layer), f"overlapping layers: `{layer.name}` is given twice")
            continue
        for action in layer.actions:
            known, where = actions.setdefault(action.id, (action, _owner(layer, ACTIONS)))
            if known != action:
                yield Problem(f"{_owner(layer, ACTIONS)}: {action.id}", f"overlapping id: defined otherwise in {where}")
        for list_type in layer.list_types:
            lent, where = list_types.setdefault(list_type.id, (list_type, _owner(layer, LIST_TYPES)))
            if lent.layer != list_type.layer:
                yield Problem(f"{_owner(layer, LIST_TYPES)}: {list_type.id}", f"overlapping id: also in {where}")
        for kind, name in [(MEASURES, m.id) for m in layer.measures] + [(BASIC_LIST, i) for i in layer.basic_list]:
            where = others.setdefault((kind, name), _file(layer, kind))
            if where != _file(layer, kind):
                yield Problem(f"{_file(layer, kind)}: {name}", f"overlapping id: also in {where}")


def _owner(layer: Layer, kind: str) -> str:
    return _file(layer) if kind in layer.borrowed else _file(layer, kind)


def _file(layer: Layer, kind: str = "") -> str:
    return layer.files.get(kind) or layer.files.get(MEASURES) or next(iter(layer.files.values()))


def _references(layers: Sequence[Layer]) -> Iterator[Problem]:
    actions = sorted({a.id for layer in layers for a in layer.actions})
    list_types = {t.id: t for layer in layers for t in layer.list_types}
    measures = {m.id for layer in layers for m in layer.measures}
    for layer in layers:
        for measure in layer.measures:
            where = f"{layer.files[MEASURES]}: {measure.id}"
            for what in _unknown(measure.actions, actions, "action"):
                yield Problem(where, what)
            patterns = [p for t in measure.triggers for p in t.list_types]
            unknown = list(_unknown(patterns, sorted(list_types), "list type"))
            for what in unknown:
                yield Problem(where, what)
            if measure.triggers and measure.reach and not unknown:
                for what in _dead(measure, list_types.values()):
                    yield Problem(where, what)
        for name in layer.basic_list:
            if name not in measures:
                what = f"unknown measure `{name}`{_suggestion(name, sorted(measures))}"
                yield Problem(f"{layer.files[BASIC_LIST]}: {name}", what)


def _unknown(patterns: Iterable[str], known: Sequence[str], noun: str) -> Iterator[str]:
    for pattern in dict.fromkeys(patterns):
        if any(matches(pattern, name) for name in known):
            continue
        if pattern.endswith(".*"):
            yield f"{noun} pattern `{pattern}` matches nothing"
        else:
            yield f"unknown {noun} `{pattern}`{_suggestion(pattern, known)}"


def _suggestion(name: str, known: Sequence[str]) -> str:
    close = get_close_matches(name, known, n=1)
    return f", did you mean `{close[0]}`" if close else ""


def _dead(measure: Measure, list_types: Iterable[ListType]) -> Iterator[str]:
    known = tuple(list_types)
    faults = [_why_dead(measure, trigger, known) for trigger in measure.triggers]
    if all(faults):
        yield f"measure that no entry can ever trigger: {'; '.join(dict.fromkeys(faults))}"


def _why_dead(measure: Measure, trigger: Trigger, known: Sequence[ListType]) -> str:
    """Why this trigger can never be set off, "" where it can."""
    if trigger.clean_years:
        return "" if _OWN.intersection(measure.reach) else "clean years are a subject's own, never a relation's"
    fits = [t for t in known if any(matches(pattern, t.id) for pattern in trigger.list_types)]
    graded = [t for t in fits if not trigger.grades or not t.grades or set(trigger.grades).intersection(t.grades)]
    if not graded:
        return f"no list type of the trigger has grade {', '.join(trigger.grades)}"
    if trigger.severities and all(t.family in _WITHOUT_SEVERITY for t in graded):
        return "entries of the trigger's list types have no severity"
    return ""
