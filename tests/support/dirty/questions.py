"""The questions about one row, plain and as other callers would put them, and those about nobody.

Source: DESIGN sections 4 (identity) and 5; the names of an international list also leave a gap beside a number.
"""

from dataclasses import replace
from random import Random
from typing import Final, NamedTuple

from tests.support.dirty import letters
from tests.support.dirty.numbers import Number, Numbers
from tests.support.dirty.rows import Maker, Row
from tests.support.dirty.truth import Ask, Expectation, Truth

OLD_LENGTH: Final = 15
"""Of a citizen number before 1999."""


def truth_of(row: Row, number: int, random: Random, numbers: Numbers) -> Truth:
    asks: list[Ask] = []
    if not row.may_be_clear:
        for held in row.numbers:
            asks += _number_asks(row, held, random)
        if not row.is_recorded:
            for fitting in row.fitting:
                name = random.choice((row.name, ""))
                asks.append(replace(_ask(row, "fits the mask"), number=fitting, name=name))
            for _, person, action in row.people:
                asks.append(Ask("natural_person", action, "not_clear", "named person", number=person.value))
        asks += _name_asks(row, random, numbers)
    kinds = dict.fromkeys([*row.kinds, *letters.unseen_groups("".join(row.cells.values()))])
    return Truth(number, row.kind, row.name, tuple(row.numbers), tuple(kinds), row.may_be_clear, tuple(asks))


def _ask(row: Row, form: str) -> Ask:
    return Ask(row.kind, row.action, "recorded" if row.is_recorded else "not_clear", form)


_SCHEMES: Final = {
    "uscc": ("", "统一社会信用代码", "tax_no", "institution_no", "foreign_reg_no"),
    "org_code": ("", "组织机构代码"),
    "reg_no": ("", "工商注册号"),
    "citizen_id": ("身份证", "passport", "other_document", "hk_macau_permit", "foreign_resident_id"),
    "foreign_resident_id": ("passport", "other_document"),
    "hk_macau_permit": ("passport", "other_document"),
    "taiwan_permit": ("other_document",),
    "passport": ("护照", "other_document"),
}
"""What another caller may call a number of this scheme."""


class _Variant(NamedTuple):
    form: str
    scheme: str
    number: str
    name: str = ""


def _number_asks(row: Row, held: Number, random: Random) -> list[Ask]:
    """The number as it is, and once as another caller would send it."""
    plain = _Variant("number", held.scheme, held.value)
    return [
        replace(_ask(row, each.form), scheme=each.scheme, number=each.number, name=each.name)
        for each in (plain, random.choice(_variants(row, held, random)))
    ]


def _variants(row: Row, held: Number, random: Random) -> list[_Variant]:
    scheme, number = held.scheme, held.value
    found = [
        _Variant("unseen characters", scheme, letters.strewn(number, random)),
        _Variant("full width", scheme, letters.full_width(number)),
        _Variant("formula text", scheme, f'="{number}"'),
        _Variant("leading apostrophe", scheme, f"'{number}"),
        _Variant("with a name", scheme, number, row.name),
    ]
    if scheme != "citizen_id" or len(number) != OLD_LENGTH:  # an old number is one under its own scheme alone
        found += [_Variant(f"as {other or 'no scheme'}", other, number) for other in _SCHEMES[scheme]]
    if scheme == "citizen_id":
        found.append(_Variant("without a scheme", "", number))
    if scheme == "uscc":
        found.append(_Variant("lower case", scheme, number.lower()))
        found.append(_Variant("its organisation code", "org_code", number[8:17]))
    if scheme == "org_code":
        found.append(_Variant("with a dash", scheme, f"{number[:8]}-{number[8]}"))
    return found


def _name_asks(row: Row, random: Random, numbers: Numbers) -> list[Ask]:
    """By name alone there must be a candidate, if the row can be read.

    Beside a number on no list, a row known by name alone leaves a gap, as every row of a list by name does. The short
    form of a person's name makes a candidate, and no gap beside a number: it is alike, not equal.
    """
    names = list(dict.fromkeys(row.asked_names))
    expects: Expectation = "not_clear" if row.is_unreadable else "candidate"
    asks = [Ask(row.kind, row.action, expects, "name", name=name) for name in names]
    if (row.is_unsettled or row.is_by_name) and not row.is_recorded and not row.has_no_kind:
        for name in [name for name in names if name not in row.short_names]:
            other = numbers.citizen() if row.is_person else numbers.unified()
            asks.append(replace(_ask(row, "name beside another number"), number=other, name=name))
    return asks


def controls(made: list[Row], maker: Maker) -> tuple[Ask, ...]:
    """For each kind of subject and action, somebody on no list."""
    asked = dict.fromkeys((row.kind, row.action) for row in made)
    return tuple(
        Ask(kind, action, "clear", "nobody", number=maker.number(kind).value, name=maker.name(kind))
        for kind, action in asked
    )
