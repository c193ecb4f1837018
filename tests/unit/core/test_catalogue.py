"""`core.catalogue`: verdicts of measures, patterns, triggers, bases and postures (DESIGN section 4)."""

from datetime import date

import pytest

from xingate_server.core.catalogue import (
    STRICTNESS,
    Audience,
    BasicListItem,
    Catalogue,
    Effect,
    Force,
    LegalBasis,
    ListType,
    Measure,
    Posture,
    Procedure,
    Reach,
    Title,
    Trigger,
    Verdict,
    acts_under,
    in_force,
    list_type_words,
    matches,
    provided,
    triggers_on,
    verdict_of,
)
from xingate_server.core.entry import Severity


@pytest.mark.parametrize("force", Force)
@pytest.mark.parametrize(
    ("effect", "when_mandatory", "otherwise"),
    [
        (Effect.BAR, Verdict.PROHIBITED, Verdict.CAUTION),
        (Effect.LIMIT, Verdict.RESTRICTED, Verdict.CAUTION),
        (Effect.SCRUTINISE, Verdict.CAUTION, Verdict.CAUTION),
        (Effect.INFORM, Verdict.CAUTION, Verdict.CAUTION),
        (Effect.FAVOUR, Verdict.FAVOURED, Verdict.FAVOURED),
    ],
)
def test_verdict_of_every_effect_and_force(
    effect: Effect, force: Force, when_mandatory: Verdict, otherwise: Verdict
) -> None:
    assert verdict_of(effect, force) is (when_mandatory if force is Force.MANDATORY else otherwise)


def test_strictness_orders_all_but_cannot_tell() -> None:
    assert set(STRICTNESS) == set(Verdict) - {Verdict.CANNOT_TELL}
    assert STRICTNESS[Verdict.CLEAR] == STRICTNESS[Verdict.FAVOURED]
    ordered = [Verdict.CLEAR, Verdict.CAUTION, Verdict.RESTRICTED, Verdict.PROHIBITED]
    assert sorted(ordered, key=STRICTNESS.__getitem__) == ordered
    assert len({STRICTNESS[v] for v in ordered}) == len(ordered)


@pytest.mark.parametrize(
    ("pattern", "value", "is_match"),
    [
        ("permit.*", "permit.grant", True),
        ("permit.*", "permits.grant", False),
        ("permit.*", "permit", False),
        ("permit.grant", "permit.grant", True),
        ("permit.grant", "permit.grant_more", False),
        ("permit.grant", "permit.accept", False),
    ],
)
def test_matches(pattern: str, value: str, is_match: bool) -> None:
    assert matches(pattern, value) is is_match


BLACK = Trigger(list_types=("black.*",), severities=(Severity.SERIOUS, Severity.EXCEPTIONAL))
GRADE_A = Trigger(list_types=("grade.credit",), grades=("A",))


@pytest.mark.parametrize(
    ("trigger", "list_type", "severity", "grade", "is_set_off"),
    [
        (BLACK, "black.bribery", Severity.SERIOUS, "", True),
        (BLACK, "black.bribery", Severity.EXCEPTIONAL, "", True),
        (BLACK, "black.bribery", Severity.ORDINARY, "", False),
        (BLACK, "black.bribery", None, "", False),
        (BLACK, "red.volunteer", Severity.SERIOUS, "", False),
        (GRADE_A, "grade.credit", None, "A", True),
        (GRADE_A, "grade.credit", None, "B", False),
        (Trigger(list_types=("general.ordinary",)), "general.ordinary", None, "", True),
        (Trigger(clean_years=3), "general.ordinary", None, "", False),
    ],
)
def test_triggers_on(trigger: Trigger, list_type: str, severity: Severity | None, grade: str, is_set_off: bool) -> None:
    assert triggers_on(trigger, list_type, severity, grade) is is_set_off


def _basis(until: date | None = None) -> LegalBasis:
    return LegalBasis(
        instrument="示例办法", article="一", level="示例", in_force_from=date(2017, 10, 12), in_force_until=until
    )


@pytest.mark.parametrize(
    ("basis", "as_of", "is_in_force"),
    [
        ((_basis(),), date(2017, 10, 11), False),
        ((_basis(),), date(2017, 10, 12), True),
        ((_basis(date(2020, 1, 1)),), date(2020, 1, 1), True),
        ((_basis(date(2020, 1, 1)),), date(2020, 1, 2), False),
        ((_basis(date(2020, 1, 1)), _basis()), date(2020, 1, 2), True),
        ((), date(2020, 1, 1), False),
    ],
)
def test_in_force(basis: tuple[LegalBasis, ...], as_of: date, is_in_force: bool) -> None:
    assert in_force(basis, as_of) is is_in_force


def _measure(effect: Effect, item: BasicListItem | None = None) -> Measure:
    return Measure(
        id="x.1",
        title=Title(zh="示例", en="example"),
        clause="1",
        actions=("permit.*",),
        effect=effect,
        force=Force.MANDATORY,
        reach=(Reach.SUBJECT,),
        triggers=(BLACK,),
        basis=(_basis(),),
        bodies=("示例局",),
        basic_list=item,
    )


@pytest.mark.parametrize(
    ("measure", "posture", "is_acting"),
    [
        (_measure(Effect.LIMIT), Posture.AS_PLANNED_2017, True),
        (_measure(Effect.LIMIT), Posture.BASIC_LIST_ONLY, False),
        (_measure(Effect.INFORM), Posture.BASIC_LIST_ONLY, False),
        (_measure(Effect.FAVOUR), Posture.BASIC_LIST_ONLY, True),
        (_measure(Effect.LIMIT, BasicListItem(edition="0000", item="0")), Posture.BASIC_LIST_ONLY, True),
    ],
)
def test_acts_under(measure: Measure, posture: Posture, is_acting: bool) -> None:
    assert acts_under(measure, posture) is is_acting


def _list_type(name: str, zh: str, *synonyms: str, provided_by: tuple[str, ...] = ()) -> ListType:
    return ListType(
        id=name,
        title=Title(zh=zh, en="example"),
        family="example",
        procedure=Procedure.PUBLICITY,
        audience=Audience.PUBLIC,
        clause="1",
        synonyms=synonyms,
        provided_by=provided_by,
    )


def _catalogue(*list_types: ListType) -> Catalogue:
    return Catalogue(
        name="example", edition="1", posture=Posture.AS_PLANNED_2017, actions=(), list_types=list_types, measures=()
    )


def test_list_types_are_named_by_id_title_and_synonyms() -> None:
    one, other = _list_type("black.x", "示例（甲）名单", "甲 名单"), _list_type("red.y", "示例乙", "甲")
    assert list_type_words(_catalogue(one, other)) == {
        **dict.fromkeys(("black.x", "示例(甲)名单", "甲名单"), "black.x"),
        **dict.fromkeys(("red.y", "示例乙", "甲"), "red.y"),
    }


def test_a_word_of_two_list_types_names_neither_and_an_id_only_its_own() -> None:
    same = _list_type("black.x", "同名", "red.y"), _list_type("red.y", "同名")
    words = list_type_words(_catalogue(*same, _list_type("a.b", "异名")))
    assert words == {"black.x": "black.x", "red.y": "red.y", "a.b": "a.b", "异名": "a.b"}


def test_a_source_provides_what_it_declares_and_what_a_layer_says() -> None:
    catalogue = _catalogue(
        _list_type("black.x", "甲", provided_by=("city_list", "other")),
        _list_type("black.y", "乙"),
        _list_type("black.z", "丙", provided_by=("city_list",)),
    )
    assert provided(catalogue, "city_list", ("red.a", "black.z")) == ("red.a", "black.z", "black.x")
    assert provided(catalogue, "other", ()) == ("black.x",)
    assert provided(catalogue, "third", ["red.a"]) == ("red.a",)
