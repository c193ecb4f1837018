"""A strict reader of catalogue files: YAML in UTF-8 of maps with text keys, lists, text, whole numbers, true/false.

Left out on purpose: fractions and dates stay text (`18.4` is an id, never a number), `yes`/`no` stay text, anchors,
aliases, merge keys and tags are refused, and a key may stand once only (YAML 1.2 section 3.2.1.3).
"""

import re
from pathlib import Path
from typing import Any

import yaml

from xingate_server.catalogues.lint_problems import Problem

MAX_BYTES = 4 * 1024 * 1024
MAX_DEPTH = 20

# Control characters but tab and line feed, and halves of surrogate pairs: escapes can smuggle them in.
_UNSHOWABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")
_INT = "tag:yaml.org,2002:int"
_BOOL = "tag:yaml.org,2002:bool"
_NULL = "tag:yaml.org,2002:null"


class _Loader(yaml.SafeLoader):
    """Only what the module says; every fault is a `yaml.MarkedYAMLError`."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 - as the base has it
    depth = 0

    def compose_node(self, parent: yaml.Node | None, index: Any) -> yaml.Node | None:
        event = self.peek_event()  # type: ignore[no-untyped-call] # pyyaml ships partial types
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise yaml.MarkedYAMLError(
                problem="anchors and aliases are not read, write it out", problem_mark=event.start_mark
            )
        if getattr(event, "tag", None):
            raise yaml.MarkedYAMLError(problem=f"tag `{event.tag}` is not read", problem_mark=event.start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise yaml.MarkedYAMLError(problem=f"more than {MAX_DEPTH} levels deep", problem_mark=event.start_mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self.depth -= 1
        return node


for _tag, _pattern, _first in (
    (_BOOL, r"true|false", "tf"),
    (_INT, r"-?(?:0|[1-9][0-9]{0,8})", "-0123456789"),
    (_NULL, r"null|~|", ["n", "~", ""]),
):
    _Loader.add_implicit_resolver(_tag, re.compile(f"^(?:{_pattern})$"), list(_first))


def _plain(node: yaml.Node) -> Any:
    if isinstance(node, yaml.MappingNode):
        return _mapping(node)
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item) for item in node.value]
    match node.tag:
        case tag if tag == _BOOL:
            return node.value == "true"
        case tag if tag == _INT:
            return int(node.value)
        case tag if tag == _NULL:
            return None
        case _:
            return _text(node)


def _text(node: yaml.Node) -> str:
    text = str(node.value)
    if _UNSHOWABLE.search(text):
        raise yaml.MarkedYAMLError(problem="an escape stands for a control character", problem_mark=node.start_mark)
    return text


def _mapping(node: yaml.MappingNode) -> dict[str, Any]:
    values: dict[str, Any] = {}
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            raise yaml.MarkedYAMLError(problem="a key must be text", problem_mark=key.start_mark)
        if key.value in values:
            raise yaml.MarkedYAMLError(
                problem=f"key `{key.value}` appears twice, keep one", problem_mark=key.start_mark
            )
        values[key.value] = _plain(value)
    return values


def read_yaml(path: Path, shown: str) -> dict[str, Any] | Problem:
    """The mapping that `path` holds, or what is wrong with the file. `shown` is how problems name it."""
    text = _read(path, shown)
    if isinstance(text, Problem):
        return text
    try:
        node = _Loader(text).get_single_node()
        document = _plain(node) if node is not None else None
    except yaml.MarkedYAMLError as error:
        return _at(shown, error)
    except (ValueError, OverflowError):  # pyyaml lets an escape beyond Unicode through to chr()
        return Problem(shown, "is not YAML that can be read here: an escape stands for no character")
    if document is None:
        return Problem(shown, "is empty, expected keys and values")
    if not isinstance(document, dict):
        return Problem(shown, "expected keys and values at the top")
    return document


def _read(path: Path, shown: str) -> str | Problem:
    try:
        size = path.stat().st_size
        content = path.read_bytes() if size <= MAX_BYTES else b""
    except OSError as error:
        return Problem(shown, f"cannot be read: {(error.strerror or 'unknown reason').lower()}")
    if size > MAX_BYTES:
        return Problem(shown, f"has {size} bytes, at most {MAX_BYTES} are read")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        return Problem(f"{shown}:{line}", f"is not UTF-8: byte 0x{content[error.start]:02x} found, save it as UTF-8")
    return text if _is_printable(text) else Problem(shown, "contains control characters, save it as plain text")


def _is_printable(text: str) -> bool:
    return yaml.reader.Reader.NON_PRINTABLE.search(text) is None


def _at(shown: str, error: yaml.MarkedYAMLError) -> Problem:
    mark = error.problem_mark or error.context_mark
    place = f"{shown}:{mark.line + 1}:{mark.column + 1}" if mark is not None else shown
    what = ", ".join(part for part in (error.context, error.problem) if part)
    return Problem(place, f"is not YAML that can be read here: {what}")
