"""Messages that are built read as English does: no article stands before a word that is put in later.

`a {word}` is right until the word begins with a vowel: "a organisation", "a int".
"""

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from xingate_server.core.identifiers.parsing import SCHEME_WORDS, read
from xingate_server.core.subject import SubjectClass

ROOT = Path(__file__).parents[3]
SOURCES = [
    path
    for package in ("sdk/xingate", "server/xingate_server", "adapters/xingate_adapters")
    for path in sorted((ROOT / package).rglob("*.py"))
    if not path.name.endswith(("_pb2.py", "_pb2_grpc.py"))
]
ARTICLE = re.compile(r"\b[Aa]n? $")


def articles(source: str) -> Iterator[int]:
    """The lines of a source on which an article stands before a word that is put in."""
    for node in ast.walk(ast.parse(source)):
        for before, after in pairwise(node.values) if isinstance(node, ast.JoinedStr) else ():
            is_pair = isinstance(before, ast.Constant) and isinstance(after, ast.FormattedValue)
            if is_pair and ARTICLE.search(str(before.value)):
                yield before.lineno


def test_no_article_stands_before_a_word_that_is_put_in() -> None:
    assert len(SOURCES) > 300
    assert list(articles('f"none of a {kind}", f"a `{kind}`", f"an {kind}"')) == [1, 1]
    texts = {path: path.read_text(encoding="utf-8") for path in SOURCES}
    found = {path.name: list(articles(text)) for path, text in texts.items() if re.search(r"\b[Aa]n? \{", text)}
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("subject_class", SubjectClass)
def test_a_number_of_the_other_class_is_refused_in_english(subject_class: SubjectClass) -> None:
    told = set()
    for scheme in SCHEME_WORDS:
        try:
            told.add(read("91420399MA0000007C", scheme, subject_class).detail)
        except ValueError as error:
            told.add(str(error))
    (whose,) = {text.partition(" is none of ")[2] for text in told if " is none of " in text}
    assert whose == {"organisation": "an organisation", "person": "a person"}[subject_class]
