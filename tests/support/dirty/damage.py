"""What is done to the characters and numbers of one row, and what the clerk still reads in them.

Each returns whether it was applied; `menu` says which parts of a row each takes. Excluded: words, dates and named
people (`word_damage`). Source: DESIGN section 5, "One number, one subject" and "A number that cannot be used".
"""

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from tests.support.dirty import letters
from tests.support.dirty.numbers import Number, is_sound_person, is_sound_unified, rounded, spoilt
from tests.support.dirty.rows import Maker, Row
from tests.support.dirty.sheets import NumberText

FILLERS: Final = ("123456789012345678", "111111111111111111", "999999999999999999", "987654321098765432", "888888888")


class Place(NamedTuple):
    """Where the damage happens: with which random numbers, in which form of file, in which layout."""

    random: Random
    maker: Maker
    is_xlsx: bool
    layout: str


Damage = Callable[[Row, Place], bool]


# ---- characters in and around codes, names and words


def invisible_in_code(row: Row, place: Place) -> bool:
    row.cells[row.code_field] = letters.strewn(row.cells[row.code_field], place.random)
    return True


def invisible_in_name(row: Row, place: Place) -> bool:
    row.cells["name"] = letters.strewn(row.cells["name"], place.random)
    return True


def braille_blank(row: Row, place: Place) -> bool:
    field = place.random.choice([f for f in (row.code_field, "name") if row.cells.get(f)])
    row.cells[field] = letters.strewn(row.cells[field], place.random, hidden=letters.BRAILLE_BLANK)
    return True


def invisible_in_word(row: Row, place: Place) -> bool:
    words = (
        "list_type",
        "subject_kind",
        "severity",
        "grade",
        "document_date",
        "notice_end",
        "valid_until",
        "kind",
        "party",
    )
    field = place.random.choice([f for f in words if row.cells.get(f)])
    row.cells[field] = letters.strewn(row.cells[field], place.random)
    return True


def odd_blank_in_code(row: Row, place: Place) -> bool:
    row.cells[row.code_field] = letters.strewn(
        row.cells[row.code_field], place.random, hidden=place.random.choice(letters.BLANKS)
    )
    return True


def equals_formula_text(row: Row, _place: Place) -> bool:
    row.cells[row.code_field] = f'="{row.cells[row.code_field]}"'
    return True


def leading_apostrophe(row: Row, place: Place) -> bool:
    row.cells[row.code_field] = place.random.choice("'’‘`＇") + row.cells[row.code_field]
    return True


def ooxml_escape(row: Row, place: Place) -> bool:
    escape = place.random.choice(("_x000D_", "_x000A_", "_x0009_", "_x200B_", "_x000d_"))
    field = place.random.choice((row.code_field, "name"))
    row.cells[field] = place.random.choice((row.cells[field] + escape, escape + row.cells[field]))
    return True


def ooxml_escaped_underscore(row: Row, _place: Place) -> bool:
    row.cells["name"] = f"{row.name}_x005F_示例"
    row.name = f"{row.name}_示例"
    return True


def private_use_letter(row: Row, place: Place) -> bool:
    private, standard = place.random.choice(tuple(letters.TWINS.items()))
    stem, rest = row.name[:3], row.name[3:]
    row.cells["name"], row.name = stem + private + rest, stem + standard + rest
    row.asked_names.append(stem + private + rest)
    return True


def standard_twin(row: Row, place: Place) -> bool:
    """The list is right; the asking side has the private-use letter."""
    private, standard = place.random.choice(tuple(letters.TWINS.items()))
    stem, rest = row.name[:3], row.name[3:]
    row.cells["name"] = row.name = stem + standard + rest
    row.asked_names.append(stem + private + rest)
    return True


def middle_dot(row: Row, place: Place) -> bool:
    listed, asked = place.random.sample(letters.DOTS, 2)
    stem = row.name.replace("·", "")
    row.cells["name"] = row.name = f"{stem}{listed}示例提"
    row.asked_names.append(f"{stem}{asked}示例提")
    return True


def full_width_code(row: Row, _place: Place) -> bool:
    row.cells[row.code_field] = letters.full_width(row.cells[row.code_field])
    return True


def full_width_name(row: Row, place: Place) -> bool:
    tag = f"EXAMPLE{place.random.randint(1, 99)}"
    row.name += tag
    row.cells["name"] += letters.full_width(tag)
    return True


def lower_case_code(row: Row, _place: Place) -> bool:
    if row.cells[row.code_field].lower() == row.cells[row.code_field]:
        return False
    row.cells[row.code_field] = row.cells[row.code_field].lower()
    return True


def newline_in_name(row: Row, place: Place) -> bool:
    middle = len(row.name) // 2
    row.cells["name"] = row.name[:middle] + place.random.choice(("\n", "\r\n")) + row.name[middle:]
    row.asked_names.append(row.cells["name"])
    return True


# ---- which number, and what it is called


def residence_permit(row: Row, place: Place) -> bool:
    number = place.maker.numbers.citizen(place.random.choice(("810000", "820000", "830000")))
    _renumber(row, "citizen_id", number, ("港澳台居民居住证", "台湾居民居住证", "港澳居民居住证", "居住证"), place)
    return True


def residence_called_citizen(row: Row, place: Place) -> bool:
    number = place.maker.numbers.citizen(place.random.choice(("810000", "820000", "830000")))
    _renumber(row, "citizen_id", number, ("身份证", "居民身份证"), place)
    return True


def citizen_called_residence(row: Row, place: Place) -> bool:
    _call(row, ("港澳台居民居住证", "居住证"), place)
    return True


def citizen_called_passport(row: Row, place: Place) -> bool:
    _call(row, ("护照", "护照号", "港澳居民来往内地通行证", "其他证件", "居民户口簿"), place)
    return True


def resident_card(row: Row, place: Place) -> bool:
    number = place.maker.numbers.resident_card()
    _renumber(row, "foreign_resident_id", number, ("外国人永久居留身份证", "外国人永久居留证"), place)
    return True


def old_resident_card(row: Row, place: Place) -> bool:
    number = place.maker.numbers.old_resident_card()
    _renumber(row, "foreign_resident_id", number, ("外国人永久居留身份证",), place)
    return True


def travel_permit(row: Row, place: Place) -> bool:
    if place.random.random() < 0.5:
        _renumber(row, "hk_macau_permit", place.maker.numbers.home_permit(), ("港澳居民来往内地通行证",), place)
    else:
        _renumber(row, "taiwan_permit", place.maker.numbers.taiwan_permit(), ("台湾居民来往大陆通行证",), place)
    return True


def passport(row: Row, place: Place) -> bool:
    _renumber(row, "passport", place.maker.numbers.passport(), ("护照", "护照号"), place)
    return True


def old_citizen_number(row: Row, place: Place) -> bool:
    old, new = place.maker.numbers.old_citizen()
    _renumber(row, "citizen_id", old, ("", "身份证"), place)
    row.numbers.append(Number("citizen_id", new))
    return True


def unknown_scheme_word(row: Row, place: Place) -> bool:
    _call(row, ("示例证", "证照", "代码类型一"), place)
    return True


def tax_number_is_unified_code(row: Row, place: Place) -> bool:
    _call(row, ("纳税人识别号", "税务登记号"), place)
    return True


def registration_number_is_unified_code(row: Row, place: Place) -> bool:
    _call(row, ("工商注册号", "注册号"), place)
    return True


def dashed_organisation_code(row: Row, place: Place) -> bool:
    code = place.maker.numbers.organisation()
    row.numbers = [Number("org_code", code)]
    row.cells[row.code_field] = f"{code[:8]}{place.random.choice('-－—–')}{code[8]}"
    if "id_scheme" in row.cells:
        row.cells["id_scheme"] = place.random.choice(("", "组织机构代码"))
    return True


# ---- numbers that cannot be used


def rounded_number(row: Row, place: Place) -> bool:
    """The first of a list fails its check; of the others half fit theirs by chance, and are no less rounded."""
    is_fitting = place.maker.has_rounded and place.random.random() < 0.5
    for _ in range(200):
        number = place.maker.numbers.citizen() if row.is_person else place.maker.numbers.digits_unified()
        cell = rounded(number)
        if (is_sound_person(cell) if row.is_person else is_sound_unified(cell)) is is_fitting:
            row.cells[row.code_field] = cell
            row.numbers, place.maker.has_rounded = [], True
            row.fitting.append(number)
            row.kinds += ["rounded_fitting_check"] if is_fitting else []
            if "id_scheme" in row.cells:
                row.cells["id_scheme"] = ""
            return True
    return False


def floating_point_number(row: Row, place: Place) -> bool:
    """The code as a library writes the nearest double (IEEE 754): what is left of it may round to another one."""
    number = "X"
    while not number.isdigit():
        number = place.maker.numbers.citizen() if row.is_person else place.maker.numbers.digits_unified()
    forms = ("%.15G", "%.16G", "%.17g", "%.17G", "%r", "%.1f")
    row.cells[row.code_field] = NumberText(place.random.choice(forms) % float(number))
    row.numbers = []
    row.fitting.append(number)
    if "id_scheme" in row.cells:
        row.cells["id_scheme"] = ""
    return True


def complete_number_with_point(row: Row, place: Place) -> bool:
    """Fifteen digits as a program writes a number, with a point or an exponent: none is lost."""
    if row.is_person:
        number, new = place.maker.numbers.old_citizen()
        row.numbers = [Number("citizen_id", number), Number("citizen_id", new)]
    else:
        number = place.maker.numbers.registration()
        row.numbers = [Number("reg_no", number)]
    forms = ("%.1f", "%.2f", "%.14E", "%.17G.0") if not place.is_xlsx else ("%.1f", "%.14E", "%.17G")
    row.cells[row.code_field] = NumberText(place.random.choice(forms) % float(number))
    if "id_scheme" in row.cells:
        row.cells["id_scheme"] = ""
    return True


def filler_number(row: Row, place: Place) -> bool:
    row.cells[row.code_field] = place.random.choice(FILLERS)
    _only_named(row, place)
    return True


def bad_number_good_name(row: Row, place: Place) -> bool:
    code = row.cells[row.code_field]
    row.cells[row.code_field] = place.random.choice((spoilt(code), code[:-2], f"{code}0", "编码待补", "12-示例"))
    _only_named(row, place)
    return True


def name_only(row: Row, place: Place) -> bool:
    row.cells[row.code_field] = place.random.choice(("", "无", "暂无", "-", "\\N", "\u200b"))
    _only_named(row, place)
    return True


def masked_number(row: Row, place: Place) -> bool:
    number = row.numbers[0].value
    length = len(number)
    if length != 18:
        return False
    shown = place.random.choice(((10, 4), (6, 4), (6, 0)) if row.is_person else ((6, 6),))
    row.cells[row.code_field] = number[: shown[0]] + "*" * (length - sum(shown)) + number[length - shown[1] :]
    row.fitting.append(number)
    row.numbers = []
    return True


def _renumber(row: Row, scheme: str, number: str, words: tuple[str, ...], place: Place) -> None:
    row.numbers = [Number(scheme, number)]
    row.cells[row.code_field] = number
    _call(row, words, place)


def _call(row: Row, words: tuple[str, ...], place: Place) -> None:
    row.cells["document_kind" if "document_kind" in row.cells else "id_scheme"] = place.random.choice(words)


def _only_named(row: Row, _place: Place) -> None:
    row.numbers, row.is_unsettled = [], True
    if "id_scheme" in row.cells:
        row.cells["id_scheme"] = ""
