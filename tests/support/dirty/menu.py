"""Which damages there are, what part of a row each takes, and in which layouts it makes sense."""

from typing import Final, NamedTuple

from tests.support.dirty import damage, word_damage
from tests.support.dirty.damage import Damage
from tests.support.dirty.rows import Row

CITY: Final = frozenset({"city_codes", "city_labels"})
PUBLICITY: Final = frozenset({"penalty_codes", "penalty_labels", "permit_labels"})
COURT: Final = frozenset({"court_keys", "court_labels"})
TAX: Final = frozenset({"tax"})
INTERNATIONAL: Final = frozenset({"international"})
CHINESE: Final = CITY | PUBLICITY | COURT | TAX
ALL: Final = CHINESE | INTERNATIONAL
LISTS: Final = CITY | COURT | TAX | INTERNATIONAL


class Item(NamedTuple):
    """A damage. `slots` are the parts of the row that it takes, so that two never spoil one part beyond reading; `who`:
    `any`, `person`, `organisation`; `needs_number`: the row must have a code to spoil."""

    damage: Damage
    slots: frozenset[str]
    layouts: frozenset[str] = ALL
    who: str = "any"
    needs_number: bool = False
    weight: int = 4

    @property
    def kind(self) -> str:
        return self.damage.__name__

    def fits(self, row: Row, layout: str) -> bool:
        """Whether it may be applied to this row of this layout."""
        if layout not in self.layouts or self.slots & row.slots:
            return False
        if self.who != "any" and (self.who == "person") != row.is_person:
            return False
        return not self.needs_number or bool(row.cells.get(row.code_field))


def _slots(text: str) -> frozenset[str]:
    return frozenset(text.split())


_CODE = _slots("code unseen case")
_NUMBER = _CODE | _slots("number scheme usable")
_TYPE = _slots("type")
MENU: Final = (
    Item(damage.invisible_in_code, _slots("unseen"), needs_number=True, weight=8),
    Item(damage.invisible_in_name, _slots("name"), weight=6),
    Item(damage.braille_blank, _slots("unseen name"), needs_number=True),
    Item(damage.invisible_in_word, _slots("words"), CITY | COURT, weight=6),
    Item(damage.odd_blank_in_code, _slots("unseen"), needs_number=True),
    Item(damage.equals_formula_text, _slots("code"), needs_number=True, weight=6),
    Item(damage.leading_apostrophe, _slots("code"), needs_number=True, weight=6),
    Item(damage.ooxml_escape, _CODE | {"name"}, needs_number=True),
    Item(damage.ooxml_escaped_underscore, _slots("name"), CHINESE, weight=2),
    Item(damage.private_use_letter, _slots("name"), CHINESE, weight=6),
    Item(damage.standard_twin, _slots("name"), CHINESE),
    Item(damage.middle_dot, _slots("name"), CHINESE, weight=6),
    Item(damage.full_width_code, _CODE, needs_number=True),
    Item(damage.full_width_name, _slots("name"), CHINESE),
    Item(damage.lower_case_code, _slots("case"), needs_number=True),
    Item(damage.newline_in_name, _slots("name newline"), CHINESE),
    Item(damage.residence_permit, _slots("number scheme"), CITY | {"penalty_labels", "permit_labels"}, "person"),
    Item(damage.residence_called_citizen, _slots("number scheme"), CITY, "person"),
    Item(damage.citizen_called_residence, _slots("scheme"), CITY, "person"),
    Item(damage.citizen_called_passport, _slots("scheme"), CITY, "person"),
    Item(damage.resident_card, _slots("number scheme"), CITY, "person"),
    Item(damage.old_resident_card, _slots("number scheme kind"), CITY, "person", weight=2),
    Item(damage.travel_permit, _slots("number scheme kind"), CITY | {"permit_labels"}, "person"),
    Item(damage.passport, _slots("number scheme kind"), CITY | {"penalty_labels"}, "person"),
    Item(damage.old_citizen_number, _slots("number scheme"), CITY, "person"),
    Item(damage.unknown_scheme_word, _slots("scheme"), CITY),
    Item(damage.tax_number_is_unified_code, _slots("scheme"), CITY, "organisation"),
    Item(damage.registration_number_is_unified_code, _slots("scheme"), CITY, "organisation"),
    Item(damage.dashed_organisation_code, _slots("number scheme"), CITY | COURT, "organisation"),
    Item(damage.rounded_number, _NUMBER, CITY | TAX, needs_number=True, weight=6),
    Item(damage.floating_point_number, _NUMBER, CITY, needs_number=True, weight=6),
    Item(damage.complete_number_with_point, _NUMBER, CITY, needs_number=True),
    Item(damage.filler_number, _NUMBER, CITY | COURT | TAX, needs_number=True),
    Item(damage.bad_number_good_name, _NUMBER, CITY | COURT | TAX, needs_number=True),
    Item(damage.name_only, _NUMBER, CITY | COURT | TAX, needs_number=True),
    Item(damage.masked_number, _slots("number scheme usable"), CITY | COURT, needs_number=True),
    Item(word_damage.related_person, _slots("auxiliary"), CITY, "organisation"),
    Item(word_damage.bad_auxiliary_number, _slots("auxiliary"), CITY, "organisation"),
    Item(word_damage.unreadable_severity, _slots("severity type"), CITY),
    Item(word_damage.unreadable_list_type, _TYPE, CITY),
    Item(word_damage.unreadable_kind, _slots("kind usable words"), CITY),
    Item(word_damage.unreadable_status, _slots("status"), CITY),
    Item(word_damage.unreadable_grade, _slots("severity type words"), CITY, "organisation"),
    Item(word_damage.malformed_date, _slots("dates status words"), CITY),
    Item(word_damage.inverted_dates, _slots("dates words"), CITY),
    Item(word_damage.not_recognised, _slots("effect dates type"), CITY, weight=3),
    Item(word_damage.ended, _slots("effect dates status words"), CITY, weight=3),
    Item(word_damage.red_or_promise, _slots("effect type severity dates"), CITY, weight=3),
    Item(word_damage.duplicate_number, _slots("effect"), LISTS),
)
