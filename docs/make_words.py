"""Write the tables of words into docs/words.md, below their `<!-- words: TABLE -->` lines.

`python docs/make_words.py` writes; with `--check` it only says whether the page is current.
"""  # noqa: INP001 -- a script beside the page it writes

import re
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from xingate._internal.values import titles
from xingate.types import Effect, Force, SubjectKind, Verdict
from xingate_server.catalogues import load
from xingate_server.core import entry
from xingate_server.core.identifiers.parsing import SCHEME_WORDS
from xingate_server.core.subject import KIND_WORDS

PAGE = Path(__file__).with_name("words.md")
_BLOCK = re.compile(r"<!-- words: (?P<table>[a-z_]+) -->\n\n?(?:\|[^\n]*\n)*\n?")


def _table(header: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = (header, tuple("---" for _ in header), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def _said(words: Mapping[str, object]) -> str:
    """A column's words: what it means, and the words that say it."""
    meanings: dict[str, list[str]] = {}
    for word, meaning in words.items():
        meanings.setdefault(str(meaning).lower(), []).append(word)
    rows = ((f"`{m}`", "、".join(w for w in said if w != m)) for m, said in meanings.items())
    return _table(("value", "words"), rows)


def _list_types() -> str:
    rows = (
        (f"`{t.id}`", "、".join((t.title.zh, *t.synonyms))) for t in load(["shiyan2017", "international"]).list_types
    )
    return _table(("value", "words"), rows)


def _context() -> str:
    rows = (
        (f"`{attribute.id}`", f"`{value.id}`", "、".join((value.title.zh, *value.words)), value.title.en)
        for attribute in load(["shiyan2017", "international"]).context
        for value in attribute.values
    )
    return _table(("attribute", "value", "Chinese", "English"), rows)


def _enum(members: Iterable[Verdict | Effect | Force | SubjectKind]) -> str:
    return _table(("name", "Chinese", "English"), ((f"`{m.name}`", m.title_zh, m.title_en) for m in members if m.value))


def _gaps() -> str:
    rows = ((f"`{code}`", text.zh, text.en, titles.CLOSES_ZH[code]) for code, text in titles.GAPS.items())
    return _table(("reason", "Chinese", "English", "what closes it"), rows)


def _candidates() -> str:
    said = {**titles.WHYS_ZH, **titles.SETTLES_ZH}
    rows = ((zh.rstrip("：`"), en.rstrip(" `")) for en, zh in said.items())
    return _table(("Chinese", "English"), rows)


def _titles_of(texts: Mapping[str, titles.Text]) -> str:
    return _table(("code", "Chinese", "English"), ((f"`{code}`", text.zh, text.en) for code, text in texts.items()))


def tables() -> Iterator[tuple[str, str]]:
    """Each table by its name."""
    yield "list_type", _list_types()
    yield "subject_kind", _said(KIND_WORDS)
    yield "id_scheme", _said(SCHEME_WORDS)
    yield "severity", _said(entry.SEVERITY_WORDS)
    yield "status", _said(entry.STATUS_WORDS)
    yield "commitment_status", _said(entry.COMMITMENT_STATUS_WORDS)
    yield "status_reason", _said(entry.STATUS_REASON_WORDS)
    yield "related", _said(entry.ROLE_WORDS)
    yield "repairable", _said(entry.BOOLEAN_WORDS)
    yield "context", _context()
    yield "verdicts", _enum(Verdict)
    yield "effects", _enum(Effect)
    yield "forces", _enum(Force)
    yield "kinds", _enum(SubjectKind)
    yield "reaches", _titles_of(titles.REACHES)
    yield "gaps", _gaps()
    yield "flags", _titles_of(titles.FLAGS)
    yield "candidates", _candidates()


def rendered(text: str) -> str:
    """The page with every table as it is now. Raises KeyError for a table that the page names and nothing makes."""
    made = dict(tables())
    return (
        _BLOCK.sub(lambda found: f"<!-- words: {found['table']} -->\n\n{made[found['table']]}\n", text).rstrip("\n")
        + "\n"
    )


if __name__ == "__main__":
    page = PAGE.read_text(encoding="utf-8")
    if sys.argv[1:] == ["--check"]:
        sys.exit(None if rendered(page) == page else "docs/words.md is not current: run `python docs/make_words.py`")
    PAGE.write_text(rendered(page), encoding="utf-8")
