"""Entities of FollowTheMoney JSON lines, each with the sanctions and documents that other lines say of it.

A sanction may stand before or after its entity, so the files are read twice: the first time what belongs to another
entity goes to a spool on disk. Memory does not grow with the files. Which schemata there are, and which of them are
legal entities, is the library's knowledge; so is which properties a schema has: one that it does not know is told, as
is a schema that it does not know on an entity that may be listed. Source: followthemoney.tech, "entity data".
"""

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from functools import lru_cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

import msgspec
from followthemoney import model

from xingate_adapters.reading.errors import SourceError, quoted
from xingate_adapters.reading.items import json_items
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.schema import Watch, says_something

Values = Mapping[str, Sequence[str]]
_OF_ANOTHER = {"Sanction": "entity", "Identification": "holder", "Passport": "holder"}
_SHAPE = "an entity with `id`, `schema` and `properties`, whose values are lists of text"


class Entity(NamedTuple):
    """One entity, its line, and the properties of the sanctions and documents that name it."""

    file: Path
    row: int
    id: str
    schema: str
    caption: str
    datasets: Sequence[str]
    first_seen: str
    properties: Values
    sanctions: Sequence[Values]
    documents: Sequence[Values]


@lru_cache(maxsize=512)
def nature(schema: str) -> str:
    """What the library's model holds a schema for: `person`, `organisation`, `thing`, `link`, or "" for unknown."""
    found = model.get(schema)
    if found is None:
        return ""
    if found.is_a("Person"):
        return "person"
    if found.is_a("LegalEntity"):
        return "organisation"
    return "thing" if found.is_a("Thing") and not found.is_a("Address") else "link"


@lru_cache(maxsize=512)
def known_properties(schema: str) -> frozenset[str]:
    """The names of the properties that the library's model gives a schema; none for an unknown one."""
    found = model.get(schema)
    return frozenset() if found is None else frozenset(found.properties)


def read(files: Sequence[Path], run: Run) -> Iterator[Entity]:
    """All entities that are not links, in file order; links are counted as passed over by their schema.

    Raises `SchemaError` for a key, property or schema that is not known.
    """
    with TemporaryDirectory(prefix="xingate-") as folder, closing(sqlite3.connect(Path(folder) / "links.db")) as spool:
        spool.execute("PRAGMA journal_mode = OFF")
        spool.execute("CREATE TABLE link (owner TEXT, is_sanction INT, properties BLOB)")
        quiet = Run(data_as_of=run.data_as_of)
        for file in files:
            spool.executemany("INSERT INTO link VALUES (?, ?, ?)", _links(file, quiet))
        spool.execute("CREATE INDEX by_owner ON link (owner)")
        for file in files:
            yield from _entities(file, run, spool)


def _links(file: Path, run: Run) -> Iterator[tuple[str, bool, bytes]]:
    for row, item in json_items(file, run):
        schema = item.get("schema", "")
        if not schema or not item.get("id"):
            raise SourceError("no FollowTheMoney entity", file=file, row=row, expected=_SHAPE)
        owner = _OF_ANOTHER.get(schema)
        if owner is None:
            continue
        properties = _properties(file, row, item)
        encoded = msgspec.json.encode(properties)
        for name in properties.get(owner, ()):
            yield name, schema == "Sanction", encoded


def _entities(file: Path, run: Run, spool: sqlite3.Connection) -> Iterator[Entity]:
    watch = Watch(file, run, "key")
    row = 0
    for row, item in json_items(file, run):
        identity, schema = item["id"], item["schema"]  # the first reading has found both
        properties = _properties(file, row, item)
        watch.keys("entity", (key for key, value in item.items() if says_something(value)), (), row)
        if nature(schema):
            filled = (name for name, values in properties.items() if any(values))
            watch.keys("properties", filled, known_properties(schema), row)
        else:
            watch.unknown("schema", schema, row, f"the schema {quoted(schema)} is not known")
        if nature(schema) == "link":
            run.passed_over[schema] += 1
            continue
        linked = spool.execute("SELECT is_sanction, properties FROM link WHERE owner = ?", (identity,)).fetchall()
        links = [(is_sanction, msgspec.json.decode(content)) for is_sanction, content in linked]
        yield Entity(
            file,
            row,
            identity,
            schema,
            item.get("caption", ""),
            _texts(file, row, "datasets", item.get("datasets", "")),
            item.get("first_seen", ""),
            properties,
            [values for is_sanction, values in links if is_sanction],
            [values for is_sanction, values in links if not is_sanction],
        )
    watch.finish(row)


def _properties(file: Path, row: int, item: Mapping[str, str]) -> dict[str, list[str]]:
    try:
        return msgspec.json.decode(item.get("properties", "").encode(), type=dict[str, list[str]])
    except (msgspec.MsgspecError, RecursionError) as error:
        raise SourceError("no FollowTheMoney entity", file=file, row=row, column="properties", expected=_SHAPE) from (
            error
        )


def _texts(file: Path, row: int, key: str, value: str) -> list[str]:
    try:
        return msgspec.json.decode(value.encode(), type=list[str]) if value else []
    except msgspec.MsgspecError as error:
        raise SourceError("no list of text", file=file, row=row, column=key, expected="names of datasets") from error
