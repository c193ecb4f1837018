"""The questions about one row, plain and as other callers would put them, and those about nobody.

Source: DESIGN sections 4 (identity) and 5; the names of an international list also leave a gap beside a number.
"""

from dataclasses import replace
from random import Random
from typing import Final

from tests.support.dirty import letters
from tests.support.dirty.numbers import Number, Numbers
from tests.support.dirty.rows import Maker, Row
from tests.support.dirty.truth import Ask, Expectation, Truth

_UNSEEN_FORM: Final = "unseen characters"


def truth_of(row: Row, number: int, random: Random, numbers: Numbers) -> Truth:
    asks: list[Ask] = []
    if not row.may_be_clear:
        for held in row.numbers:
            asks += _number_asks(row, held, random)
        if not row.is_recorded:
            for fitting in row.fitting:
                name = random.choice((row.name, ""))
                asks.append(replace(_ask(row, "fits the mask"), number=fitting, name=name))
            for name, person, action in row.people:
                asks.append(Ask("natural_person", action, "not_clear", f"named person {name}", "", person.value))
        asks += _name_asks(row, random, numbers)
    kinds = dict.fromkeys([*row.kinds, *letters.unseen_groups("".join(row.cells.values()))])
    return Truth(number, row.kind, row.name, tuple(row.numbers), tuple(kinds), row.may_be_clear, tuple(asks))


def _ask(row: Row, form: str) -> Ask:
    return Ask(row.kind, row.action, "recorded" if row.is_recorded else "not_clear", form)


def _number_asks(row: Row, held: Number, random: Random) -> list[Ask]:
    plain = replace(_ask(row, "number"), scheme=held.scheme, number=held.value)
    return [plain, random.choice(_variants(row, plain, random))]


def _variants(row: Row, plain: Ask, random: Random) -> list[Ask]:
    """The same number as another caller would send it."""
    number = plain.number
    found = [
        replace(plain, form=_UNSEEN_FORM, number=letters.strewn(number, random)),
        replace(plain, form="full width", number=letters.full_width(number)),
        replace(plain, form="formula text", number=f'="{number}"'),
        replace(plain, form="leading apostrophe", number=f"'{number}"),
        replace(plain, form="with a name", name=row.name),
    ]
    others = {
        "uscc": ("", "tax_no", "institution_no", "foreign_reg_no"),
        "org_code": ("",),
        "citizen_id": ("passport", "other_document", "hk_macau_permit", "foreign_resident_id"),
        "foreign_resident_id": ("passport", "other_document"),
        "hk_macau_permit": ("passport", "other_document"),
        "taiwan_permit": ("other_document",),
        "passport": ("other_document",),
    }[plain.scheme]
    if not (plain.scheme == "citizen_id" and len(number) == 15):
        found += [replace(plain, form=f"as {scheme or 'no scheme'}", scheme=scheme) for scheme in others]
    if plain.scheme == "citizen_id" and len(number) == 18:
        found.append(replace(plain, form="without a scheme", scheme=""))
    if plain.scheme == "uscc":
        found.append(replace(plain, form="lower case", number=number.lower()))
        found.append(replace(plain, form="its organisation code", scheme="org_code", number=number[8:17]))
    if plain.scheme == "org_code":
        found.append(replace(plain, form="with a dash", number=f"{number[:8]}-{number[8]}"))
    return found


def _name_asks(row: Row, random: Random, numbers: Numbers) -> list[Ask]:
    """By name alone there must be a candidate, if the row can be read.

    Beside a number on no list, a row known by name alone leaves a gap, as every row of a list by name does.
    """
    names = list(dict.fromkeys(row.asked_names))
    expects: Expectation = "not_clear" if row.is_unreadable else "candidate"
    asks = [Ask(row.kind, row.action, expects, "name", name=name) for name in names]
    if (row.is_unsettled or row.is_by_name) and not row.is_recorded and not row.has_no_kind:
        for name in names:
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
