"""How many short forms are found, and how many candidates unlisted names have: `python -m benchmarks.names` in small.

People are invented; organisations are those of the Security Council's list, which the project ships.
"""

from pathlib import Path
from random import Random

import pytest
from benchmarks.name_people import PATTERNS, people
from benchmarks.name_short_forms import candidates_each, share_found, un_names, without_form
from benchmarks.name_store import Index

from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.search import THRESHOLD
from xingate_server.core.subject import SubjectClass

LEAST_FOUND = 0.95
MOST_CANDIDATES = 0.2


@pytest.fixture(scope="module")
def persons(tmp_path_factory: pytest.TempPathFactory) -> Index:
    names = {normalise(person.listed) for _, person in people(1000, 1, is_even=True)}
    return Index(tmp_path_factory.mktemp("people"), sorted(names), SubjectClass.PERSON)


@pytest.fixture(scope="module")
def organisations(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return Index(tmp_path_factory.mktemp("organisations"), un_names())


@pytest.mark.parametrize("pattern", PATTERNS)
def test_short_forms_of_people(pattern: str, persons: Index) -> None:
    asked = [
        (normalise(short), normalise(person.listed))
        for found, person in people(1000, 1, is_even=True)[:300]
        if found == pattern
        for short in person.short
    ]
    assert len(asked) > 40
    assert share_found(persons.search, asked) >= LEAST_FOUND


def test_unlisted_people_have_few_candidates(persons: Index) -> None:
    listed = {person.listed for _, person in people(1000, 1, is_even=True)}
    unlisted = [p.listed for _, p in people(600, 2, is_even=True) if p.listed not in listed]
    assert candidates_each(persons.search, [normalise(name) for name in unlisted]) <= MOST_CANDIDATES


def test_one_word_of_a_person_has_no_candidates(persons: Index) -> None:
    words = {word for _, person in people(200, 1, is_even=True) for word in person.listed.replace(",", " ").split()}
    whole = {normalise(person.listed).replace(" ", "").replace("-", "") for _, person in people(1000, 1, is_even=True)}
    asked = sorted({normalise(word) for word in words} - whole)
    assert len(asked) > 200
    assert candidates_each(persons.search, asked) == 0


def test_organisations_without_their_legal_form(organisations: Index) -> None:
    asked = [(short, name) for name in un_names() if (short := without_form(name)) != name]
    assert len(asked) > 100
    assert share_found(organisations.search, asked) >= LEAST_FOUND


def test_unlisted_organisations_have_few_candidates(organisations: Index) -> None:
    random, listed = Random(4), un_names()  # noqa: S311
    words = [name.split() for name in listed if name.isascii() and len(name.split()) > 2]
    made = {
        " ".join([*random.choice(words)[:1], *random.choice(words)[1:2], *random.choice(words)[2:]]) for _ in range(500)
    }
    assert candidates_each(organisations.search, sorted(made - set(listed))) <= MOST_CANDIDATES


@pytest.mark.parametrize(
    ("listed", "asked"),
    [
        ("株式会社シレイ商事", "シレイ商事"),
        ("株式会社シレイ商事", "㈱シレイ商事"),
        ("株式会社シレイ", "シレイ"),
        ("シレイ商事", "シレイ商事（株）"),
        ("株式会社示例工業", "示例工業"),
        ("주식회사 예시상사", "예시상사"),
        ("㈜예시상사", "예시상사 주식회사"),
        ("شركة المثال للتجارة ذ.م.م", "المثال للتجارة"),
        ("شرکت نمونه‌سازی", "نمونه‌سازی"),
        ('דוגמה סחר בע"מ', "דוגמה סחר"),
        ("ООО «Пример Торг»", "Пример Торг"),
        ("JSC EXEMPLUM", "Exemplum"),
        ("X-Q-Z Company", "X-Q-Z"),
        ("Exempla", "Exempla L.L.C."),
        ("บริษัท ตัวอย่าง จำกัด (มหาชน)", "ตัวอย่าง"),
        ("示例礦業集團控股有限公司", "示例矿业集团控股"),
    ],
)
def test_equal_but_for_the_legal_form_in_every_script(listed: str, asked: str, tmp_path: Path) -> None:
    others = [f"Another Example {number} Ltd" for number in range(40)]
    index = Index(tmp_path, sorted({normalise(name) for name in (listed, *others)}))
    found = dict(index.search(normalise(asked), THRESHOLD))
    assert found[normalise(listed)] >= 0.96
