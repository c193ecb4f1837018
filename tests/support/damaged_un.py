"""An invented Security Council file of 1,003 entries with every kind of damaged document cell, and the truth beside it.

Layout: the consolidated list's xml (INDIVIDUALS, ENTITIES). Everybody is invented and so are all numbers. A damaged
number never takes an entry off the list: it is still found by each of its names and by each other number that is
sound. Source: DESIGN section 5, "A number that cannot be used".
"""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final
from xml.sax.saxutils import escape

from tests.support.dirty import letters
from tests.support.dirty.numbers import Number, Numbers, spoilt
from tests.support.dirty.truth import Ask, Kind

INDIVIDUALS: Final = 730
ENTITIES: Final = 273

_FIRST: Final = ("Valexa", "Jonnar", "Mirzo", "Tavelin", "Osrik", "Nadeva", "Kelmor", "Yusrif", "Abdexal", "Ri Exam")
_OTHER: Final = ("Exemplovich", "Samplar", "al-Mithal", "de Muestra", "Beispielov", "ould Mithal", "Bin Sampel")
_LAST: Final = ("Exemplov", "Specimeni", "Musterman", "Ejemplar", "Voorbeeld", "Esempio", "Primer")
_SCRIPTS: Final = ("مثال {}", "示例{}", "예시 {}", "Примеров {}", "サンプル{}", "示例·{}")
_TRADES: Final = ("TRADING", "SHIPPING", "MINING", "GENERAL CORPORATION", "FOUNDATION", "BANK", "EXPORT BUREAU")
_FORMS: Final = ("", "", " LLC", " Co., Ltd.", " GmbH", " (EXT)")
_LANDS: Final = ("Exampleland", "Sampleonia", "Muestra", "Beispielland")
_BLANK: Final = ("", "  ", "N/A", "n/a", "-", "Unknown", "None", "na", "Not available", "无")


@dataclass
class Document:
    """A document cell: its type, its text, the issuing country, a note; `sound` is the number that it holds, if any."""

    kind: str
    type: str
    cell: str
    land: str
    note: str = ""
    sound: Number | None = None


@dataclass
class Listed:
    """An entry: reference, names (the main one first), and the numbers of its documents that are sound."""

    reference: str
    kind: Kind
    names: tuple[str, ...]
    sound: tuple[Number, ...]
    kinds: tuple[str, ...]
    asks: tuple[Ask, ...] = ()


@dataclass
class DamagedUn:
    """The file and its truth. `counts`: kind of document cell -> how often."""

    content: bytes
    entries: tuple[Listed, ...]
    controls: tuple[Ask, ...]
    counts: Counter[str] = field(default_factory=Counter)


def damaged_un(seed: int = 1) -> DamagedUn:
    """The file of a seed: 730 individuals and 273 entities, the same bytes each time."""
    random = Random(f"damaged un {seed}")  # noqa: S311 - a fixed seed is wanted
    numbers = Numbers(seed, random)
    counts: Counter[str] = Counter()
    people, bodies, entries = [], [], []
    for index in range(INDIVIDUALS):
        xml, entry = _individual(index, random, numbers)
        people.append(xml)
        entries.append(entry)
        counts.update(entry.kinds)
    for index in range(ENTITIES):
        xml, entry = _entity(index, random, numbers)
        bodies.append(xml)
        entries.append(entry)
    text = (
        '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
        '<CONSOLIDATED_LIST xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" '
        'dateGenerated="2026-06-30T00:00:09.554Z">\n'
        f"<INDIVIDUALS>\n{''.join(people)}</INDIVIDUALS>\n<ENTITIES>\n{''.join(bodies)}</ENTITIES>\n</CONSOLIDATED_LIST>\n"
    )
    nobody = (
        Ask("natural_person", "procurement.bid", "clear", "nobody", "citizen_id", numbers.citizen(), "EXAMPLE NOBODY"),
        Ask("natural_person", "procurement.bid", "clear", "nobody", "passport", numbers.passport()),
        Ask("legal_entity", "procurement.bid", "clear", "nobody", "uscc", numbers.unified(), "EXAMPLE UNLISTED BAKERY"),
    )
    return DamagedUn(text.encode(), tuple(entries), nobody, counts)


# ---- entries


def _individual(index: int, random: Random, numbers: Numbers) -> tuple[str, Listed]:
    tag = _tag(index)
    parts = [random.choice(_FIRST), *random.sample(_OTHER, 2), f"{random.choice(_LAST)}{tag.lower()}"]
    parts = {1: [f"{parts[0]}{tag.lower()}"], 2: [parts[0], parts[3]], 3: [parts[0], parts[1], parts[3]], 4: parts}[
        random.choice((1, 2, 2, 3, 3, 4))
    ]
    names = [" ".join(parts)]
    fields = "".join(_tagged(f"{order}_NAME", part) for order, part in zip(_ORDER, parts, strict=False))
    reference = f"EXi.{index:04d}"
    body = _tagged("DATAID", str(7_000_000 + index)) + _tagged("VERSIONNUM", "1") + fields + _common(reference, random)
    if random.random() < 0.4:
        original = random.choice(_SCRIPTS).format(tag)
        names.append(original)
        body += _tagged("NAME_ORIGINAL_SCRIPT", original)
    for alias in range(random.choice((0, 1, 1, 2))):
        name = f"{random.choice(_OTHER)} {random.choice(_LAST)} {tag.lower()}{alias}"
        names.append(name)
        quality = random.choice(("Good", "Good", "Low"))
        body += f"<INDIVIDUAL_ALIAS>{_tagged('QUALITY', quality)}{_tagged('ALIAS_NAME', name)}</INDIVIDUAL_ALIAS>"
    body += f"<INDIVIDUAL_ADDRESS>{_tagged('COUNTRY', random.choice(_LANDS))}</INDIVIDUAL_ADDRESS>"
    year = str(random.randint(1940, 1990))
    born = _tagged("TYPE_OF_DATE", "EXACT") + _tagged("YEAR", year)
    body += f"<INDIVIDUAL_DATE_OF_BIRTH>{born}</INDIVIDUAL_DATE_OF_BIRTH>"
    documents = [random.choice(_DOCUMENTS)(random, numbers) for _ in range(random.choice((0, 1, 1, 2, 3)))]
    body += "".join(_document(each) for each in documents)
    sound = tuple(each.sound for each in documents if each.sound)
    kinds = tuple(each.kind for each in documents)
    entry = Listed(reference, "natural_person", tuple(names), sound, kinds)
    entry.asks = _asks(entry, random, numbers.citizen())
    return f"<INDIVIDUAL>{body}<SORT_KEY/><SORT_KEY_LAST_MOD/></INDIVIDUAL>\n", entry


def _entity(index: int, random: Random, numbers: Numbers) -> tuple[str, Listed]:
    tag = _tag(index)
    names = [f"EXAMPLE {random.choice(_TRADES)} {tag}{random.choice(_FORMS)}"]
    reference = f"EXe.{index:04d}"
    body = _tagged("DATAID", str(6_000_000 + index)) + _tagged("VERSIONNUM", "1") + _tagged("FIRST_NAME", names[0])
    body += _common(reference, random)
    for alias in range(random.choice((0, 1, 2))):
        name = f"{tag}{alias} {random.choice(_TRADES)} EXAMPLE"
        names.append(name)
        quality = random.choice(("a.k.a.", "f.k.a."))
        body += f"<ENTITY_ALIAS>{_tagged('QUALITY', quality)}{_tagged('ALIAS_NAME', name)}</ENTITY_ALIAS>"
    body += f"<ENTITY_ADDRESS>{_tagged('COUNTRY', random.choice(_LANDS))}</ENTITY_ADDRESS>"
    entry = Listed(reference, "legal_entity", tuple(names), (), ())
    entry.asks = _asks(entry, random, numbers.unified())
    return f"<ENTITY>{body}<SORT_KEY/><SORT_KEY_LAST_MOD/></ENTITY>\n", entry


_ORDER: Final = ("FIRST", "SECOND", "THIRD", "FOURTH")


def _common(reference: str, random: Random) -> str:
    listed = random.choice(("2014-06-30", "2015-03-27-04:00", "2020-01-05"))
    comment = random.choice(
        ("Invented.", "Invented; passport EX0000000 reported stolen.", "INTERPOL-UN notice: invented")
    )
    return (
        _tagged("UN_LIST_TYPE", "Example")
        + _tagged("REFERENCE_NUMBER", reference)
        + _tagged("LISTED_ON", listed)
        + _tagged("COMMENTS1", comment)
        + "<LIST_TYPE><VALUE>UN List</VALUE></LIST_TYPE>"
    )


def _document(document: Document) -> str:
    note = _tagged("NOTE", document.note) if document.note else ""
    return (
        f"<INDIVIDUAL_DOCUMENT>{_tagged('TYPE_OF_DOCUMENT', document.type)}{_tagged('NUMBER', document.cell)}"
        f"{_tagged('ISSUING_COUNTRY', document.land)}{note}</INDIVIDUAL_DOCUMENT>"
    )


def _tagged(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"


def _tag(index: int) -> str:
    return "".join("BDFGKLMNPRSTVZ"[(index // 14**i) % 14] + "aeiou"[(index + i) % 5] for i in range(3))


def _asks(entry: Listed, random: Random, other: str) -> tuple[Ask, ...]:
    """By the main name and one other; the main name beside a number that is not listed; each sound number."""
    names = dict.fromkeys((entry.names[0], random.choice(entry.names)))
    kind, action = entry.kind, "procurement.bid"
    asks = [Ask(kind, action, "candidate", "name", name=name) for name in names]
    if " " in entry.names[0]:  # a single word is no name to be sure of
        asks.append(Ask(kind, action, "not_clear", "name beside another number", "", other, entry.names[0]))
    asks += [Ask(kind, action, "not_clear", "number", each.scheme, each.value) for each in entry.sound]
    return tuple(asks)


# ---- document cells

_PASSPORT: Final = "Passport"
_NATIONAL: Final = "National Identification Number"


def _passport_cell(
    kind: str, write: Callable[[str, Random], str], *, is_sound: bool
) -> Callable[[Random, Numbers], Document]:
    """A passport whose cell is `write(number, random)`; the cell holds the number alone if `is_sound`."""

    def make(random: Random, numbers: Numbers) -> Document:
        number = numbers.passport()
        sound = Number("passport", number) if is_sound else None
        return Document(kind, _PASSPORT, write(number, random), random.choice(_LANDS), sound=sound)

    return make


def _national_cell(
    kind: str, write: Callable[[str, Random], str], *, is_sound: bool
) -> Callable[[Random, Numbers], Document]:
    def make(random: Random, numbers: Numbers) -> Document:
        number = f"N{numbers.taiwan_permit()}"
        sound = Number("other_document", number) if is_sound else None
        return Document(kind, _NATIONAL, write(number, random), random.choice(_LANDS), sound=sound)

    return make


def _chinese_number(random: Random, numbers: Numbers) -> Document:
    number = numbers.citizen()
    return Document("china_sound", _NATIONAL, number, "China", sound=Number("citizen_id", number))


def _chinese_wrong(random: Random, numbers: Numbers) -> Document:
    cell = random.choice((spoilt(numbers.citizen()), "12345", numbers.citizen()[:16]))
    return Document("china_wrong", _NATIONAL, cell, "China")


def _noted(random: Random, numbers: Numbers) -> Document:
    number = numbers.passport()
    note = random.choice(("Expired on 31 Dec. 2010", "issued on 1 Jan. 2001; expired", "cancelled as of 2012"))
    return Document("expired_note", _PASSPORT, number, "Exampleland", note, Number("passport", number))


def _no_number(random: Random, _numbers: Numbers) -> Document:
    return Document("blank_or_not_available", random.choice((_PASSPORT, _NATIONAL)), random.choice(_BLANK), "")


def _arabic_digits(number: str, _random: Random) -> str:
    return "".join(chr(0x0660 + int(c)) if c.isdigit() else c for c in number)


_DOCUMENTS: Final = (
    _passport_cell("sound", lambda n, _: n, is_sound=True),
    _passport_cell("sound", lambda n, _: n, is_sound=True),
    _passport_cell(
        "blanks_or_dashes", lambda n, r: r.choice((f"{n[:2]} {n[2:5]} {n[5:]}", f"{n[:2]}-{n[2:]}")), is_sound=True
    ),
    _passport_cell("lower_case", lambda n, _: n.lower(), is_sound=True),
    _passport_cell("full_width", lambda n, _: letters.full_width(n), is_sound=True),
    _passport_cell("unseen_characters", letters.strewn, is_sound=True),
    _passport_cell(
        "free_text",
        lambda n, r: r.choice(
            (
                "Passport number: Unknown",
                f"Exampleland diplomatic passport no. {n}",
                f"No. {n}, issued by the embassy",
                "reportedly holds several passports",
                f"Passport {n} (forged)",
            )
        ),
        is_sound=False,
    ),
    _passport_cell("country_in_brackets", lambda n, _: f"{n} (Exampleland)", is_sound=False),
    _passport_cell("issued_in", lambda n, _: f"{n} (issued in Sampleonia on 12 May 2003)", is_sound=False),
    _passport_cell("expired_in_cell", lambda n, _: f"{n}, expired 2009", is_sound=False),
    _passport_cell(
        "two_in_one_cell", lambda n, r: f"{n}{r.choice((' / ', '; ', ' and ', ', '))}EY{n[2:]}", is_sound=False
    ),
    _passport_cell("slash", lambda n, _: f"B/{n[2:]}", is_sound=False),
    _passport_cell("dots", lambda n, _: f"{n[2]}.{n[3:6]}.{n[6:]}", is_sound=False),
    _passport_cell("masked", lambda n, r: r.choice((f"{n[:4]}***", f"{n[:4]}???", f"{n[:3]}xxxx")), is_sound=False),
    _passport_cell("cut_off", lambda n, _: n[:4], is_sound=False),
    _passport_cell("other_digits", _arabic_digits, is_sound=False),
    _passport_cell("filler", lambda _, r: r.choice(("123456789", "000000", "999999999", "XXXXXXX")), is_sound=False),
    _passport_cell("too_long", lambda n, _: n * 4, is_sound=False),
    _national_cell("national_sound", lambda n, _: n, is_sound=True),
    _national_cell("national_dots", lambda n, _: f"{n[1:3]}.{n[3:6]}.{n[6:]}", is_sound=False),
    _national_cell("national_in_brackets", lambda n, _: f"{n} (Muestra)", is_sound=False),
    _chinese_number,
    _chinese_wrong,
    _noted,
    _no_number,
    _no_number,
)
