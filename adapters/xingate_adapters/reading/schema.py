"""Whether an xml or JSON list still has the layout that its source knows (DESIGN section 5, "Schema drift").

What no source looks for would be lost without a word, so an unknown element with content is a `SchemaError`, unless
the source declares it (`elements.known` in `source.toml`) or the operator accepts it. An expected element that occurs
nowhere is one too where the file has `ENOUGH_ENTRIES` entries of its kind, or so many of all kinds and
`ENOUGH_PARENTS` elements that it could be in; otherwise it is a note, as is an empty section beside a filled one.
Names are compared without their namespace. Attributes, and the content of known elements, are not looked at.
"""

from collections import Counter
from collections.abc import Iterable
from difflib import get_close_matches
from pathlib import Path
from xml.etree.ElementTree import Element

from xingate_adapters.reading.cells.text import text
from xingate_adapters.reading.errors import SchemaError, quoted
from xingate_adapters.reading.run import Run

ENOUGH_ENTRIES = 50
ENOUGH_PARENTS = 20
_NOTHING = frozenset({"", "[]", "{}", "[[]]", '""', '[""]'})


def local_name(tag: str) -> str:
    """An element's name without its namespace."""
    return tag.rpartition("}")[2]


def has_content(element: Element) -> bool:
    """Whether any text stands in an element or in those below it."""
    return any(part.strip() for part in element.itertext())


def says_something(value: str) -> bool:
    """Whether the value of a JSON key, as text, says anything."""
    return text(value) not in _NOTHING


class Watch:
    """Looks at the elements of one xml file, or the keys of one JSON file, while it is read."""

    def __init__(self, file: Path, run: Run, noun: str = "element") -> None:
        self._file = file
        self._run = run
        self._noun = noun
        self._known = {parent: frozenset(names) for parent, names in run.elements.known.items()}
        self._expected = run.elements.expected
        self._parents: Counter[str] = Counter()
        self._kinds: dict[str, str] = {}  # element -> the kind of entry that it first stood in
        self._seen: set[tuple[str, str]] = set()
        self._sections: Counter[str] = Counter()  # the entries of each

    def entry(self, element: Element, row: int, section: str) -> None:
        """Look at an entry of a section in xml and all below it; `row` is its number. Raises `SchemaError`."""
        self._sections[section] += 1
        self._element(element, local_name(element.tag), row)

    def _element(self, element: Element, kind: str, row: int) -> None:
        parent = local_name(element.tag)
        self._parents[parent] += 1
        self._kinds.setdefault(parent, kind)
        known = self._known.get(parent, frozenset())
        for child in element:
            tag = local_name(child.tag)
            self._seen.add((parent, tag))
            if tag not in known:
                if has_content(child):
                    self.unknown(parent, tag, row)
            elif tag in self._known or len(child):
                self._element(child, kind, row)

    def keys(self, parent: str, keys: Iterable[str], known: Iterable[str], row: int) -> None:
        """Look at those keys of a JSON object that say something; `known` are known besides the declared ones."""
        self._parents[parent] += 1
        found = set(keys)
        self._seen.update((parent, key) for key in found)
        for key in sorted(found - self._known.get(parent, frozenset()) - frozenset(known)):
            self.unknown(parent, key, row)

    def section(self, parent: str, tag: str) -> bool:
        """Note that a section occurs; whether it is a known one."""
        self._seen.add((parent, tag))
        self._parents[parent] = 1
        is_known = tag in self._known.get(parent, frozenset())
        if is_known:
            self._sections[tag] += 0
        return is_known

    def unknown(self, parent: str, tag: str, row: int, what: str = "") -> None:
        """An unknown element with content stands in `parent`; `what` says it of something else. Raises `SchemaError`
        unless it is accepted."""
        what = what or f"the {self._noun} {quoted(tag)} in {quoted(parent)} is not known and has content"
        if self._run.accepts_schema:
            self._run.notes[f"`{self._file}`: {what}; it is not read"] = None
            return
        close = get_close_matches(tag.upper(), {name.upper(): name for name in self._known.get(parent, ())}, n=1)
        raise SchemaError(
            what,
            file=self._file,
            row=row,
            expected=f"the {self._noun}s that are known{f', such as `{close[0]}`' if close else ''}",
            hint=(
                "the list may have a new layout, and what this says would be lost: update the source, add the "
                f"{self._noun} to `elements.known` in its `source.toml` if it may stay unread, or give "
                "`--accept-schema KIND` once"
            ),
        )

    def finish(self, entries: int) -> None:
        """All `entries` are read: empty sections are noted, and expected elements that occurred nowhere are noted or
        raise `SchemaError`."""
        for section, count in self._sections.items():
            if not count and entries:
                self._run.notes[
                    f"`{self._file}`: the section `{section}` is empty, while another has entries ({entries:,}): if "
                    "the published list has entries there, fetch it again"
                ] = None
        for parent, names in self._expected.items():
            if not self._parents[parent]:
                continue  # nothing of this kind is in the file, or its own absence is told
            kind = self._kinds.get(parent)
            count = entries if kind is None or self._parents[parent] >= ENOUGH_PARENTS else self._parents[kind]
            for name in names:
                if (parent, name) not in self._seen:
                    self._missing(parent, name, count)

    def _missing(self, parent: str, name: str, entries: int) -> None:
        what = f"the {self._noun} `{name}`, expected in `{parent}`, occurs nowhere"
        if entries < ENOUGH_ENTRIES or self._run.accepts_schema:
            self._run.notes[f"`{self._file}`: {what}"] = None
            return
        raise SchemaError(
            f"{what} in {entries:,} entries",
            file=self._file,
            expected="what every list of this kind has had so far",
            hint="fetch the list again; if its publisher has left it out, accept it with `--accept-schema KIND`",
        )
