"""Clean rows of invented subjects in each layout, before anything is damaged.

A row's cells are by field; `layouts` says which columns they are written to. Sources: docs of the exchange formats
(double publicity 2018, the courts' list, tax violations), DESIGN section 5 (procedures), catalogue `shiyan2017`.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.support.dirty.numbers import Number, Numbers
from tests.support.dirty.truth import Kind

NAME_PARTS: Final = "甲乙丙丁戊己庚辛壬癸子丑寅卯辰巳午未申酉戌亥"
TRADES: Final = ("商贸", "建筑", "科技", "物流", "农业", "矿业", "餐饮", "机电")
FORMS: Final = ("有限公司", "有限责任公司", "股份有限公司", "合伙企业（有限合伙）")
AUTHORITY: Final = "示例市场监督管理局"
BASIS: Final = "《示例领域信用名单管理办法》第八条"
SERIOUS: Final = (
    "black.bid_rigging",
    "black.wage_arrears",
    "black.food_drug",
    "black.environment",
    "black.contract_fraud",
    "black.judgment_default",
    "black.administrative_default",
)


@dataclass
class Row:
    """A row in the making, its truth kept in step with what is done to it.

    `cells`: field -> text. `numbers`: the complete and valid ones that it holds; `code_field` is that of the first.
    `fitting`: numbers that a mask in it fits. `people`: whom it names with a complete number, as name, number, action.
    `is_recorded`: a penalty or permit. `is_by_name`: of an international list. `is_unsettled`: only its name is usable.
    `is_unreadable`: nobody can tell what the list says of it. `has_no_kind`: nothing says whether it is a person.
    `may_be_clear`: why it has no effect. `slots`: the parts that a damage has taken.
    """

    kind: Kind
    name: str
    numbers: list[Number]
    cells: dict[str, str]
    action: str
    code_field: str = "code"
    is_recorded: bool = False
    is_by_name: bool = False
    is_unsettled: bool = False
    has_no_kind: bool = False
    is_unreadable: bool = False
    may_be_clear: str = ""
    fitting: list[str] = field(default_factory=list)
    people: list[tuple[str, Number, str]] = field(default_factory=list)
    asked_names: list[str] = field(default_factory=list)
    short_names: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    slots: set[str] = field(default_factory=set)

    @property
    def is_person(self) -> bool:
        return self.kind == "natural_person"


class Maker:
    """Makes clean rows, each with names and numbers of its own. `has_rounded`: a number of the list was rounded."""

    def __init__(self, random: Random, numbers: Numbers) -> None:
        self.random = random
        self.numbers = numbers
        self._count = random.randint(1, 50)
        self.has_rounded = False

    def name(self, kind: Kind) -> str:
        """An invented name, marked as such; one person in five has a transcribed one."""
        self._count += 1
        tag = "".join(NAME_PARTS[int(digit, 22)] for digit in _base22(self._count + 22))
        if kind == "natural_person":
            return f"示例{tag}买·阿示例{tag[-1]}" if self.random.random() < 0.2 else f"示例{tag}"
        if kind == "sole_trader":
            return f"示例{tag}经营部"
        return f"示例{tag}{self.random.choice(TRADES)}{self.random.choice(FORMS)}"

    def kind(self) -> Kind:
        """Organisations half of the time, people nearly as often."""
        return self.random.choice(("legal_entity", "legal_entity", "sole_trader", "natural_person", "natural_person"))

    def number(self, kind: Kind) -> Number:
        if kind == "natural_person":
            return Number("citizen_id", self.numbers.citizen())
        return Number("uscc", self.numbers.unified("92" if kind == "sole_trader" else "91"))

    def document(self) -> str:
        self._count += 1
        return f"示例测认〔2026〕{self._count}号"


def city_row(maker: Maker) -> Row:
    """A row of the city's list: nine in ten with a restriction for a bid, a permit or an inspection."""
    random = maker.random
    kind = maker.kind()
    number = maker.number(kind)
    words = {
        "legal_entity": ("法人和其他组织", "legal_entity", "企业"),
        "sole_trader": ("个体工商户", "sole_trader"),
        "natural_person": ("自然人", "natural_person", "个人"),
    }
    cells = {
        "list_type": random.choice(SERIOUS),
        "subject_kind": random.choice(words[kind]),
        "name": maker.name(kind),
        "code": number.value,
        "id_scheme": random.choice(("", "身份证"))
        if kind == "natural_person"
        else random.choice(("", "统一社会信用代码")),
        "severity": random.choice(("严重", "serious", "")),
        "authority": AUTHORITY,
        "basis": BASIS,
        "document_no": maker.document(),
        "document_date": random.choice(("2026-04-01", "2026/4/1", "20260401", "2026年4月1日")),
        "notice_start": "2026-03-02",
        "notice_end": "2026-03-30",
        "signed_by": "示例签署人",
        "valid_until": random.choice(("", "2028-04-01", "2099-12-31")),
        "region": "示例市",
    }
    row = Row(kind, cells["name"], [number], cells, "procurement.bid")
    _as_other_type(row, random)
    is_serious = row.cells["list_type"].startswith("black.") and row.cells["severity"] in {"严重", "serious", ""}
    if not row.is_person and random.random() < 0.3 and is_serious:
        name = maker.name("natural_person")
        person = Number("citizen_id", maker.numbers.citizen())
        row.cells |= {"legal_representative": name, "legal_representative_id": person.value}
        row.people.append((name, person, "market.entry"))
    return row


def _as_other_type(row: Row, random: Random) -> None:
    """One row in five is of another type than a serious black one."""
    draw = random.random()
    if draw < 0.05:
        row.cells |= {"list_type": "general.ordinary", "severity": ""}
    elif draw < 0.10:
        row.cells |= {"list_type": "watch.key_monitoring", "severity": ""}
    elif draw < 0.14 and not row.is_person:
        row.cells |= {"list_type": "grade.credit", "severity": "", "grade": random.choice("CD")}
        row.action = "inspection.plan"
    elif draw < 0.18:
        row.cells |= {"list_type": "commitment.breached", "severity": ""}
        row.action = "permit.grant"
    elif draw < 0.22:
        row.cells["severity"] = random.choice(("一般", "轻微", "minor"))


def penalty_row(maker: Maker) -> Row:
    """A penalty of double publicity, labels of 2018; it gives no measure but must stand among the records."""
    random = maker.random
    kind: Kind = random.choice(("legal_entity", "legal_entity", "sole_trader", "natural_person"))
    number = maker.number(kind)
    cells = {
        "name": maker.name(kind),
        "kind": {"legal_entity": "法人及非法人组织", "sole_trader": "个体工商户", "natural_person": "自然人"}[kind],
        "document_no": maker.document(),
        "conduct": "示例违法行为",
        "facts": "示例事实",
        "basis": "《示例》第一条",
        "sort": "罚款",
        "content": "罚款示例元",
        "amount": "0.2",
        "document_date": "2026/04/01",
        "valid_until": "2027/04/01",
        "publicity_end": "2027/04/01",
        "authority": AUTHORITY,
    }
    return _publicity(cells, kind, number, maker)


def permit_row(maker: Maker) -> Row:
    """A permit of double publicity, labels of 2018."""
    random = maker.random
    kind: Kind = random.choice(("legal_entity", "legal_entity", "sole_trader", "natural_person"))
    number = maker.number(kind)
    cells = {
        "name": maker.name(kind),
        "kind": {"legal_entity": "法人及非法人组织", "sole_trader": "个体工商户", "natural_person": "自然人"}[kind],
        "paper": "示例决定书",
        "document_no": maker.document(),
        "sort": "普通",
        "content": "示例内容",
        "document_date": "2026/04/01",
        "valid_from": "2026/04/01",
        "valid_until": random.choice(("2099/12/31", "2028/04/01")),
        "authority": AUTHORITY,
        "status": "1",
    }
    return _publicity(cells, kind, number, maker)


def _publicity(cells: dict[str, str], kind: Kind, number: Number, maker: Maker) -> Row:
    row = Row(kind, cells["name"], [number], cells, "permit.grant", is_recorded=True)
    if kind == "natural_person":
        cells |= {"document_kind": "身份证", "document_number": number.value}
        row.code_field = "document_number"
        return row
    row.code_field = "uscc"
    draw = maker.random.random()
    if draw < 0.5:
        cells["uscc"] = number.value
    elif draw < 0.65:
        cells["tax_no"], row.code_field = number.value, "tax_no"
        row.kinds.append("tax_column_holds_unified_code")
    elif draw < 0.8:
        cells["reg_no"], row.code_field = number.value, "reg_no"
        row.kinds.append("registration_column_holds_unified_code")
    else:
        code = maker.numbers.organisation()
        row.numbers = [Number("org_code", code)]
        cells["org_code"], row.code_field = code, "org_code"
    return row


def court_row(maker: Maker) -> Row:
    """A dishonest judgment debtor, the court's labels."""
    random = maker.random
    kind: Kind = random.choice(("legal_entity", "natural_person"))
    if kind == "natural_person":
        number = Number("citizen_id", maker.numbers.citizen())
    else:
        code = maker.numbers.organisation()
        number = random.choice((Number("org_code", code), Number("uscc", maker.numbers.unified())))
    cells = {
        "document_no": maker.document(),
        "name": maker.name(kind),
        "sex": "男" if kind == "natural_person" else "",
        "age": "40" if kind == "natural_person" else "",
        "party": "0" if kind == "natural_person" else "1",
        "code": number.value,
        "authority": "示例法院",
        "area": "示例省",
        "basis": "（2025）示1号",
        "unit": "示例法院",
        "duty": "还款",
        "performance": "全部未履行",
        "conduct": "有履行能力而拒不履行",
        "filed": random.choice(("2026年04月01日", "20260401")),
        "document_date": random.choice(("2026年05月01日", "20260501")),
    }
    return Row(kind, cells["name"], [number], cells, "procurement.bid")


def tax_row(maker: Maker) -> Row:
    """A major tax violation with the columns of recognition."""
    number = Number("uscc", maker.numbers.unified())
    cells = {
        "name": maker.name("legal_entity"),
        "code": number.value,
        "legal_representative": maker.name("natural_person"),
        "conduct": "偷税",
        "facts": "示例事实",
        "basis": "《示例》第一条",
        "authority": "示例税务局",
        "document_no": maker.document(),
        "document_date": "2026-04-01",
        "notice_start": "2026-03-02",
        "notice_end": "2026-03-30",
        "signed_by": "示例签署人",
    }
    return Row("legal_entity", cells["name"], [number], cells, "procurement.bid")


FIRST: Final = ("Valexa", "Jonna", "Mirzo", "Tavel", "Osrik", "Nadeva", "Kelmor", "Yusrif")
MIDDLE: Final = ("Exemplovich", "Samplar", "al-Mithal", "de Muestra", "Beispielov")
LAST: Final = ("Exemplov", "Specimeni", "Mustermanov", "Ejemplar", "Voorbeeld")
TITLES: Final = ("TRADING", "SHIPPING", "MINING", "GENERAL IMPORT", "HEAVY INDUSTRY")
LEGAL_FORMS: Final[tuple[Callable[[str], tuple[str, str]], ...]] = (
    lambda s: (f"EXAMPLE {s} LLC", f"EXAMPLE {s}"),
    lambda s: (f"EXAMPLE {s} GmbH", f"EXAMPLE {s}"),
    lambda s: (f"EXAMPLE {s} Co., Ltd.", f"EXAMPLE {s}"),
    lambda s: (f"株式会社示例{s}", f"示例{s}"),
    lambda s: (f"㈱示例{s}", f"示例{s}"),
    lambda s: (f"주식회사 예시{s}", f"예시{s}"),
)


def international_row(maker: Maker) -> Row:
    """A row of an invented international list, read by a mapping: people with passports, organisations by name."""
    random = maker.random
    maker._count += 1
    tag = f"{_letters(maker._count)}{random.choice('AEIOU')}"
    cells = {"listed_on": "2026-01-05", "reference": f"EX.{maker._count:04d}", "country": "Exampleland"}
    if random.random() < 0.5:
        first, middle, last = random.choice(FIRST), random.choice(MIDDLE), f"{random.choice(LAST)}{tag.lower()}"
        name = f"{first} {middle} {last}"
        number = Number("passport", maker.numbers.passport())
        cells |= {"type": "Individual", "name": name, "passport": number.value}
        row = Row("natural_person", name, [number], cells, "procurement.bid", "passport", is_by_name=True)
        if random.random() < 0.4:
            row.asked_names.append(f"{first} {last}")
            row.short_names.append(f"{first} {last}")
            row.kinds.append("short_person_name")
        return row
    if random.random() < 0.6:
        name, short = random.choice(LEGAL_FORMS)(f"{random.choice(TITLES)} {tag}")
        kinds = ["legal_form"]
    else:
        name, short, kinds = f"EXAMPLE {random.choice(TITLES)} {tag}", "", []
    cells |= {"type": "Entity", "name": name}
    row = Row("legal_entity", name, [], cells, "procurement.bid", "registration", is_by_name=True, is_unsettled=True)
    row.asked_names += [short] if short else []
    row.kinds += kinds
    return row


def _base22(number: int) -> list[str]:
    digits = []
    while number:
        number, rest = divmod(number, 22)
        digits.append("0123456789ABCDEFGHIJKL"[rest])
    return digits[::-1]


def _letters(number: int) -> str:
    return "".join("BDFGKLMNPRSTVZ"[(number // 14**i) % 14] for i in range(3))
