"""Reads layers: a built-in name, a folder, or a lone measures file, each into a `Layer` and the problems in it.

A folder has `measures.yaml` with `actions.yaml` and `list_types.yaml` as needed, or `basic_list.yaml` alone (an
overlay). A lone file that has no such neighbours is read against the actions and list types of shiyan2017.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from xingate_server.catalogues import _compile
from xingate_server.catalogues import models as doc
from xingate_server.catalogues._explain import explain
from xingate_server.catalogues._yaml import read_yaml
from xingate_server.catalogues.lint_problems import Problem
from xingate_server.core.catalogue import (
    Action,
    BasicListItem,
    ContextAttribute,
    ListType,
    Measure,
    Note,
    Remedy,
    Title,
)

BUILT_IN = ("shiyan2017", "international")
DEFAULT = "shiyan2017"
ACTIONS, LIST_TYPES, MEASURES, BASIC_LIST = "actions.yaml", "list_types.yaml", "measures.yaml", "basic_list.yaml"

_Doc = TypeVar("_Doc", bound=BaseModel)
_Out = TypeVar("_Out")


@dataclass(frozen=True)
class Layer:
    """One layer, compiled. `files` are its files as problems name them; `borrowed` are those (ACTIONS, LIST_TYPES)
    whose content another layer owns; `unnumbered` are the titles of instruments whose document number the operator may
    fill in; `is_whole` tells whether everything in it could be read."""

    name: str
    edition: str = ""
    title: Title | None = None
    actions: tuple[Action, ...] = ()
    list_types: tuple[ListType, ...] = ()
    measures: tuple[Measure, ...] = ()
    remedies: tuple[Remedy, ...] = ()
    context: tuple[ContextAttribute, ...] = ()
    notes: tuple[Note, ...] = ()
    unnumbered: tuple[str, ...] = ()
    basic_list: Mapping[str, BasicListItem] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    borrowed: tuple[str, ...] = ()
    is_whole: bool = True


def read_layer(name: str) -> tuple[Layer | None, list[Problem]]:
    """The layer that `name` means, or None if there is none, and all problems that reading it met."""
    reader = _Reader()
    layer = reader.layer(name)
    if layer is not None and reader.problems:
        layer = replace(layer, is_whole=False)
    return layer, reader.problems


class _Reader:
    """Reads one layer and gathers its problems."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def layer(self, name: str) -> Layer | None:
        if name in BUILT_IN:
            return self._folder(Path(__file__).parent / name, name)
        path = Path(name)
        shown = name.encode(errors="backslashreplace").decode()  # a file's name need not be text
        if name and _is(path.is_dir):
            return self._folder(path, shown.rstrip("/") or shown)
        if _is(path.is_file):
            return self._file(path, shown)
        known = ", ".join(BUILT_IN)
        self._add(shown or "catalogue", f"unknown catalogue `{shown}`: neither built in ({known}) nor a file or folder")
        return None

    def _folder(self, folder: Path, shown: str) -> Layer | None:
        found = {f: folder / f for f in (ACTIONS, LIST_TYPES, MEASURES, BASIC_LIST) if _is((folder / f).is_file)}
        if MEASURES not in found and BASIC_LIST not in found:
            self._add(shown, f"has neither {MEASURES} nor {BASIC_LIST}")
            return None
        return self._read(found, {f: f"{shown}/{f}" for f in found}, folder.resolve().name)

    def _file(self, path: Path, shown: str) -> Layer | None:
        if path.name in (ACTIONS, LIST_TYPES):
            self._add(shown, f"is part of a layer, name its folder or its {MEASURES}")
            return None
        if path.name == BASIC_LIST:
            return self._read({BASIC_LIST: path}, {BASIC_LIST: shown}, path.resolve().parent.name)
        beside = {f: path.with_name(f) for f in (ACTIONS, LIST_TYPES) if _is(path.with_name(f).is_file)}
        files = {f: str(p) for f, p in beside.items()} | {MEASURES: shown}
        layer = self._read(beside | {MEASURES: path}, files, path.stem)
        if layer is None or LIST_TYPES in beside:
            return layer
        lender = _built_in(DEFAULT)
        lent = replace(layer, list_types=lender.list_types, borrowed=(*layer.borrowed, LIST_TYPES))
        if not lent.actions:
            lent = replace(lent, actions=lender.actions, borrowed=(*lent.borrowed, ACTIONS))
        return lent

    def _read(self, paths: Mapping[str, Path], files: Mapping[str, str], fallback: str) -> Layer | None:
        layer = Layer(name=fallback, files=files)
        frame: doc.MeasuresFile | None = None
        if MEASURES in paths:
            frame = self._frame(paths[MEASURES], files[MEASURES], doc.MeasuresFile)
            if frame is None:
                return None
            layer = self._with_measures(layer, frame)
        if ACTIONS in paths:
            layer = replace(layer, actions=self._actions(paths[ACTIONS], files[ACTIONS]))
        if LIST_TYPES in paths:
            layer = replace(layer, list_types=self._list_types(paths[LIST_TYPES], files[LIST_TYPES], layer.name))
        if frame is not None and frame.actions_from is not None:
            layer = self._lend(layer, frame.actions_from)
        if BASIC_LIST in paths:
            layer = self._with_basic_list(layer, paths[BASIC_LIST])
        return layer

    def _with_measures(self, layer: Layer, frame: doc.MeasuresFile) -> Layer:
        def build(written: doc.MeasureDoc) -> Measure:
            return _compile.measure(written, frame)

        measures = self._items(frame.measures, doc.MeasureDoc, build, f"{layer.files[MEASURES]}", "measures")
        return replace(
            layer,
            name=frame.catalogue,
            edition=frame.edition,
            title=_compile.title(frame.title),
            measures=measures,
            remedies=_compile.remedies(frame),
            context=_compile.context(frame),
            notes=_compile.notes(frame),
            unnumbered=tuple(i.title for i in frame.instruments.values() if i.is_unnumbered),
        )

    def _actions(self, path: Path, shown: str) -> tuple[Action, ...]:
        frame = self._frame(path, shown, doc.ActionsFile)
        raw = () if frame is None else frame.actions
        return self._items(raw, doc.ActionDoc, _compile.action, shown, "actions")

    def _list_types(self, path: Path, shown: str, layer: str) -> tuple[ListType, ...]:
        def build(written: doc.ListTypeDoc) -> ListType:
            return _compile.list_type(written, layer)

        frame = self._frame(path, shown, doc.ListTypesFile)
        raw = () if frame is None else frame.list_types
        return self._items(raw, doc.ListTypeDoc, build, shown, "list_types")

    def _lend(self, layer: Layer, lender: str) -> Layer:
        """The actions of a built-in layer, and its remedies where this layer has none of its own."""
        if lender not in BUILT_IN or lender == layer.name:
            others = ", ".join(b for b in BUILT_IN if b != layer.name)
            self._add(layer.files[MEASURES], f"`actions_from` is `{lender}`, expected a built-in catalogue ({others})")
            return layer
        if layer.actions:
            self._add(layer.files[MEASURES], f"`actions_from` and {ACTIONS} exclude each other, keep one")
            return layer
        other = _built_in(lender)
        return replace(layer, actions=other.actions, remedies=layer.remedies or other.remedies, borrowed=(ACTIONS,))

    def _with_basic_list(self, layer: Layer, path: Path) -> Layer:
        frame = self._frame(path, layer.files[BASIC_LIST], doc.BasicListFile)
        if frame is None:
            return layer
        items = {k: BasicListItem(edition=v.edition, item=v.item) for k, v in frame.root.items()}
        edition = layer.edition or ",".join(sorted({v.edition for v in items.values()}))
        return replace(layer, basic_list=items, edition=edition)

    def _frame(self, path: Path, shown: str, model: type[_Doc]) -> _Doc | None:
        document = read_yaml(path, shown)
        if isinstance(document, Problem):
            self.problems.append(document)
            return None
        return self._validate(model, document, shown)

    def _items(
        self, raw: Sequence[Any], model: type[_Doc], build: Callable[[_Doc], _Out], shown: str, key: str
    ) -> tuple[_Out, ...]:
        built: list[_Out] = []
        for number, item in enumerate(raw, start=1):
            name = item.get("id") if isinstance(item, dict) else None
            where = f"{shown}: {name}" if isinstance(name, str) and name else f"{shown}: {key}[{number}]"
            written = self._validate(model, item, where)
            if written is None:
                continue
            try:
                built.append(build(written))
            except ValueError as error:
                self._add(where, str(error))
        return tuple(built)

    def _validate(self, model: type[_Doc], value: Any, where: str) -> _Doc | None:
        try:
            return model.model_validate(value)
        except ValidationError as error:
            for detail in error.errors(include_url=False):
                self._add(where, explain(detail))
            return None

    def _add(self, where: str, what: str) -> None:
        self.problems.append(Problem(where, what))


def _is(test: Callable[[], bool]) -> bool:
    """What `test` says of a path; a path that cannot be looked at (rights, length) is not there."""
    try:
        return test()
    except OSError:
        return False


def _built_in(name: str) -> Layer:
    layer, problems = read_layer(name)
    if layer is None or problems:
        raise RuntimeError(f"the built-in catalogue `{name}` is damaged: {problems[0]}")
    return layer
