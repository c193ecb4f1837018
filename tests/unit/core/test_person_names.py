"""Short forms of people's names: what is one, what is none, and why. All people are invented."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.support.amounts import amount

from xingate_server.core.names.normal_form import normalise
from xingate_server.core.names.person_names import (
    are_words_alike,
    asked_pair_grams,
    given_name_first,
    pair_grams,
    parts,
    short_form,
)
from xingate_server.core.names.search import THRESHOLD

EQUAL = "the words of the name are equal"


def compared(asked: str, listed: str) -> tuple[float, str]:
    return short_form(normalise(asked), normalise(listed))


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Valery Exemplov", "Valery Nikolaevich Exemplov"),
        ("Exemplov Valery", "Valery Nikolaevich Exemplov"),
        ("Exemplov, Valery", "Valery Nikolaevich Exemplov"),
        ("Valery Exemplov", "EXEMPLOV, Valery Nikolaevich"),
        ("Nikolaevich Exemplov", "EXEMPLOV, Valery Nikolaevich"),
        ("Valery N. Exemplov", "Valery Nikolaevich Exemplov"),
        ("Juan Ejemplez", "Juan Carlos Ejemplez Muestra"),
        ("Juan Carlos Ejemplez", "Juan Carlos Ejemplez Muestra"),
        ("Maria Ejemplez", "Maria Ejemplez-Muestra"),
        ("Muhammad al-Mithal", "Muhammad Ali Hasan Karim al-Mithal"),
        ("Muhammad Mithal", "Muhammad bin Ali ibn Hasan Al-Mithal"),
        ("Abdullah al Mithal", "Abd Allah Hasan al-Mithal"),
        ("Abdulrahman Mithal", "Abd ar-Rahman Hasan al-Mithal"),
        ("Ra'ed Mithal", "Raed Ali al-Mithal"),
        ("محمد المثال", "محمد علي المثال"),
        ("Nguyen Exempl", "Nguyen Van Exempl"),
        ("Jan Exempl", "Jan Pieter van der Exempl"),
        ("John Exempl", "John Fitz Exempl Jr."),
        ("John Exempl", "EXEMPL, John Fitz, Jr."),
        ("Mr. John Exempl", "John Q. Exempl"),
        ("阿测买提·示例江", "阿测买提·中·示例江"),
        ("Li De", "Li De Ming"),
    ],
)
def test_short_forms(asked: str, listed: str) -> None:
    score, why = compared(asked, listed)
    assert THRESHOLD <= score < compared(listed, listed)[0]
    assert why.startswith("a short form: all words are words of the name, its first")
    assert asked_pair_grams(normalise(asked)) & pair_grams(normalise(listed))


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Abdulrahman Mithal", "Abd al-Rahman al-Mithal"),
        ("Abdul Rahman Al Mithal", "Abd ar-Rahman al-Mithal"),
        ("Almithal Abdurrahman", "Abd ar-Rahman al-Mithal"),
        ("Jongexem Kim", "Kim Jong-Exem"),
        ("Weiming Lin", "Lin Wei Ming"),
        ("Binyan Ma", "Ma Bin Yan"),
        ("Juan Cruz", "Juan de la Cruz"),
    ],
)
def test_the_same_words_joined_otherwise(asked: str, listed: str) -> None:
    assert compared(asked, listed) == (0.97, EQUAL)
    assert asked_pair_grams(normalise(asked)) & pair_grams(normalise(listed))


def test_the_more_is_asked_the_higher_the_score_and_both_ends_are_more_than_one() -> None:
    listed = "Juan Carlos Ejemplez Muestra"
    scores = [
        compared(asked, listed)[0]
        for asked in ("Juan Ejemplez", "Juan Muestra", "Juan Carlos Muestra", "Muestra Ejemplez Carlos Juan")
    ]
    assert scores == sorted(set(scores))
    assert "its first or last" in compared("Juan Ejemplez", listed)[1]
    assert "its first and last" in compared("Juan Muestra", listed)[1]


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Exemplov", "Valery Nikolaevich Exemplov"),
        ("V. Exemplov", "Valery Nikolaevich Exemplov"),
        ("Exemplov V.", "Valery Nikolaevich Exemplov"),
        ("V. N. E.", "Valery Nikolaevich Exemplov"),
        ("V N", "V N"),
        ("al-Mithal", "Muhammad al-Mithal"),
        ("Abd al-Rahman", "Abd al-Rahman al-Mithal"),
        ("Jean-Claude", "Jean-Claude Exemple"),
        ("van Exempl", "Jan van Exempl"),
        ("de la Cruz", "Juan de la Cruz"),
        ("Abu Mithal", "Abu Hasan al-Mithal"),
        ("阿测买提", "阿测买提·示例江"),
        ("", "Valery Exemplov"),
        (",", "Valery Exemplov"),
    ],
)
def test_one_word_or_initials_are_nobody(asked: str, listed: str) -> None:
    assert compared(asked, listed) == (0.0, "")


@pytest.mark.parametrize(
    ("asked", "listed"),
    [
        ("Ali Hasan", "Muhammad Ali Hasan al-Mithal"),  # neither the first nor the last
        ("Valery Petrov", "Valery Nikolaevich Exemplov"),
        ("Valery Exemplov Petrov", "Valery Nikolaevich Exemplov"),
        ("Valery Valery", "Valery Nikolaevich Exemplov"),  # distinct words
        ("Valery K. Exemplov", "Valery Nikolaevich Exemplov"),
        ("Nguyen Van Phuc", "Nguyen Anh Phuc"),
        ("Ly Van Nam", "Ly Nam"),
    ],
)
def test_other_people(asked: str, listed: str) -> None:
    assert compared(asked, listed) == (0.0, "")


def test_a_listed_name_that_is_shorter_than_the_one_asked() -> None:
    score, why = compared("Valery Nikolaevich Exemplov", "Valery Exemplov")
    assert THRESHOLD <= score < compared("Valery Exemplov", "Valery Nikolaevich Exemplov")[0]
    assert why.startswith("the listed name is a short form")


@pytest.mark.parametrize(
    ("asked", "listed", "are_alike"),
    [
        ("Choe Ju-exem", "Cho Ju-exem", True),
        ("Ri Jin Exem", "Im Jin Exem", False),
        ("Exem Chon Yong", "Chan Yang Exem", False),
        ("Exemplow Valery", "Valery Exemplov", True),
        ("Karim bin Muhammadobin Ghassan", "Karim bin Muhammad bin Ghassan", True),
        ("Kimjongexem", "Kim Jong Exem", True),
        ("V Exemplovsky", "Exemplovsky Anton", False),
        ("Exemplovskiy", "V. Exemplovskiy", False),
        ("V. Exemplovskiy", "O. Exemplovskiy", False),
        ("Exemplovskiy", "Exemplovsky", True),
        ("Exemplovskiy", "Anna Exemplovskiy", False),
        ("Wang Exem Li", "Wang Exem", False),
        ("Mohamad Aleksandr", "Aleksander Muhamad", True),
    ],
)
def test_slips(asked: str, listed: str, are_alike: bool) -> None:
    assert are_words_alike(normalise(asked), normalise(listed)) is are_alike


def test_a_name_of_many_words_is_no_short_form() -> None:
    name = " ".join(f"exem{letter}" for letter in "abcdefghijklm")
    assert parts(name).counted > 12
    assert asked_pair_grams(name) == set()


@given(st.text(max_size=40), st.text(st.sampled_from("abdul al-rahm,.' ·示例ال"), max_size=20))
@settings(max_examples=amount(200, 60), deadline=None)
def test_any_two_names_can_be_compared(one: str, other: str) -> None:
    for asked, listed in ((one, other), (other, one)):
        score, why = compared(asked, listed)
        assert 0 <= score <= 1
        assert bool(score) == bool(why)
        assert are_words_alike(normalise(asked), normalise(asked))


@pytest.mark.parametrize(
    ("name", "turned"),
    [
        ("EXEMPLOV, Valery", ("Valery EXEMPLOV",)),
        ("示例，甲", ("甲 示例",)),
        ("Valery Exemplov", ()),
        ("A, B, C", ()),
        ("EXEMPLOV,", ()),
    ],
)
def test_a_surname_in_front_is_turned(name: str, turned: tuple[str, ...]) -> None:
    assert given_name_first(name) == turned
