"""The parts of a roster: groups of columns that say one thing, each with its labels, its cells, and whom they name.

A block is drawn at random with labels as offices write them; the labels of a block's columns are either whole
(`法定代表人身份证号`) or a group's with parts (`法定代表人` over `姓名` and `身份证号`). Everybody is invented (示例).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Final

from tests.support.dirty.numbers import Numbers
from tests.support.rosters.truth import Kind

_WORDS: Final = "安白昌达恩丰光和佳康利茂宁鹏启瑞盛泰万兴永源中卓亚博川东方格海金凯龙明南平青荣山天文新阳宇正"
_ENDS: Final = (
    "有限公司",
    "建设有限公司",
    "工程有限责任公司",
    "集团有限公司",
    "设计院",
    "咨询事务所",
    "（十堰）有限公司",
)
_NAMES: Final = "姓名", "名称"


@dataclass(frozen=True)
class Named:
    """Somebody of a cell, before it is known in which row and column."""

    kind: Kind
    name: str
    number: str
    is_listed: bool


@dataclass
class Column:
    """One column: its part under the group's label, its whole label, and what a clerk says that it is."""

    part: str
    whole: str
    field: str
    is_number: bool = False


@dataclass
class Block:
    """Columns of one group. `fill` gives the cells of a row and, per column, whom they name."""

    group: str
    columns: list[Column]
    fill: "Callable[[Kind], tuple[list[str], list[list[Named]]]]"
    kinds: list[str] = field(default_factory=list)
    is_plain: bool = False  # labels do not say whose number it is
    is_group_only: bool = False  # the group's label stands over all columns, with no parts below


class Maker:
    """Draws people, companies and blocks."""

    def __init__(self, random: Random, seed: int) -> None:
        self.random = random
        self.numbers = Numbers(seed, random)
        self._seen: set[str] = set()

    # -- who

    def _name(self, form: str) -> str:
        while True:
            name = form.format("".join(self.random.choices(_WORDS, k=2)))
            if name not in self._seen:
                self._seen.add(name)
                return name

    def person(self, *, listed: float = 0.3, division: str = "990000") -> Named:
        """A natural person."""
        number = self.numbers.citizen(division)
        return Named("natural_person", self._name("示例{}"), number, self.random.random() < listed)

    def company(self, kind: Kind = "legal_entity", *, listed: float = 0.3) -> Named:
        """A company or sole trader."""
        name = self._name("示例{}商行" if kind == "sole_trader" else "示例{}" + self.random.choice(_ENDS))
        code = self.numbers.unified("92" if kind == "sole_trader" else "91")
        return Named(kind, name, code, self.random.random() < listed)

    def subject(self, kind: Kind, *, listed: float = 0.3) -> Named:
        """Whom a row is about."""
        return self.person(listed=listed) if kind == "natural_person" else self.company(kind, listed=listed)

    # -- blocks about the subject

    def subject_block(self, labels: str, *, of_people: bool) -> Block:
        """`labels`: `usual`, `vague` or `blank` (a column of codes in which nothing stands)."""
        pick = self.random.choice
        if of_people:
            names = ("姓名", "候选人姓名", "考生姓名", "申请人姓名")
            usual = ("身份证号", "身份证号码", "公民身份号码", "身份证件号码")
        else:
            names = ("投标人名称", "单位名称", "供应商名称", "企业名称", "投标单位", "申请人名称", "公司名称")
            usual = ("统一社会信用代码", "信用代码", "社会信用代码", "统一社会信用代码/组织机构代码")
        number = pick(("证件号", "号码", "代码", "编号", "ID", "证号", "备案号")) if labels == "vague" else pick(usual)
        group = "" if of_people else pick(("投标人", "供应商", "投标单位"))
        part = "统一社会信用代码" if not of_people and labels != "vague" else number

        def fill(kind: Kind) -> tuple[list[str], list[list[Named]]]:
            one = self.subject(kind, listed=0.0 if labels == "blank" else 0.3)
            return [one.name, "" if labels == "blank" else one.number], [[], [one]]

        columns = [Column("名称", pick(names), "name"), Column(part, number, "identifiers", is_number=True)]
        return Block(group, columns, fill, [f"subject_{labels}"])

    def two_codes(self) -> Block:
        """The unified code and the organisation code inside it."""

        def fill(kind: Kind) -> tuple[list[str], list[list[Named]]]:
            one = self.company(kind)
            return [one.name, one.number, f"{one.number[8:16]}-{one.number[16]}"], [[], [one], []]

        columns = [
            Column("名称", "单位名称", "name"),
            Column("统一社会信用代码", "统一社会信用代码", "identifiers", is_number=True),
            Column("组织机构代码", "组织机构代码", "identifiers", is_number=True),
        ]
        return Block("", columns, fill, ["subject_two_codes"])

    def odd_subject(self, form: str) -> Block:
        """A subject whose row is easily taken for less than it is. `form` is one of `ODD_FORMS`."""
        of_people = form == "passport"

        def fill(kind: Kind) -> tuple[list[str], list[list[Named]]]:
            one = self.subject(kind)
            if form == "joint":
                return self._joint(one)
            if form == "passport":
                one = Named(one.kind, one.name, f"E{self.random.randint(10**7, 10**8 - 1)}", one.is_listed)
                return [one.name, one.number], [[], [one]]
            name = f"{one.name}{self.random.choice(('（盖章）', '(公章)', '（签章）'))}"
            code = f"{one.number[8:16]}-{one.number[16]}" if form == "org_code" else one.number
            code = "" if form == "seal" and self.random.random() < 0.5 else code
            return [name, code], [[], [one]]

        names = "姓名" if of_people else self.random.choice(("投标单位", "投标人名称", "单位名称"))
        code = {"passport": "证件号码", "org_code": "组织机构代码"}.get(form, "统一社会信用代码")
        columns = [Column("名称", names, "name"), Column(code, code, "identifiers", is_number=True)]
        return Block("", columns, fill, [f"subject_{form}"])

    def _joint(self, lead: Named) -> tuple[list[str], list[list[Named]]]:
        """A consortium in the subject's own cells: with the lead's code, with all, or with none."""
        pick = self.random.choice
        all_of_it = [lead, *(self.company() for _ in range(self.random.choice((1, 1, 2))))]
        between = pick(("、", "；", "与", "和", "及", "/", "+", "\n", "，"))
        form = pick(("{}", "{}联合体", "联合体：{}", "roles"))
        names = [one.name for one in all_of_it]
        if form == "roles":
            names = [f"{name}（{'成员' if place else '牵头人'}）" for place, name in enumerate(names)]
            form = "{}"
        codes = pick(([lead.number], [lead.number], [one.number for one in all_of_it], []))
        return [form.format(between.join(names)), "；".join(codes)], [all_of_it, []]

    # -- blocks about people

    def people(self, role: str, form: str) -> Block:
        """A person's name and number. `form` is one of `PERSON_FORMS`."""
        who = self.random.choice(ROLES[role])
        name_field, number_field = role, f"{role}_id"
        number = self.random.choice(("身份证号", "身份证号码", "证件号码", "公民身份号码"))
        part = Column(self.random.choice(_NAMES[:1]), who, name_field)
        whole = {"whole": f"{who}{number}", "bracket": f"{number}（{who}）"}.get(form, number)
        code = Column(number, whole, number_field, is_number=True)
        kinds = [f"person_{role}", f"person_{form}"]

        def one() -> Named:
            division = self.random.choice(("990000", "990000", "990000", "810000", "830000"))
            return self.person(division=division)

        if form in ("one_cell", "several"):
            return self._packed_people(who, role, form, kinds, one)

        def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
            found = one()
            if form == "number_first":
                return [found.number, found.name], [[found], []]
            if form == "apart":
                return [found.name, f"138{self.numbers.citizen()[-9:-1]}", found.number], [[], [], [found]]
            if form == "masked":
                return [found.name, f"{found.number[:6]}{'*' * 8}{found.number[-4:]}"], [[], [found]]
            return [found.name, found.number], [[], [found]]

        columns = [part, code]
        if form == "number_first":
            columns = [Column(number, f"{who}{number}", number_field, is_number=True), part]
        if form == "apart":
            columns.insert(1, Column("电话", "联系电话", "-"))
        return Block(who, columns, fill, kinds, form in ("plain", "apart", "masked"), form == "group_only")

    def _packed_people(self, who: str, role: str, form: str, kinds: list[str], one: Callable[[], Named]) -> Block:
        def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
            if form == "one_cell":
                found = one()
                text = self.random.choice(("{}（{}）", "{} {}", "{}\n{}", "{}，身份证号：{}"))
                return [text.format(found.name, found.number)], [[found]]
            several = [one() for _ in range(self.random.randint(1, 3))]
            between = self.random.choice(("、", "；", "\n", ","))
            names, numbers = (between.join(getattr(each, key) for each in several) for key in ("name", "number"))
            return [names, numbers], [[], several]

        if form == "one_cell":
            label = self.random.choice((f"{who}", f"{who}及身份证号", f"{who}姓名及身份证号"))
            return Block("", [Column(label, label, role, is_number=True)], fill, kinds)
        columns = [Column("姓名", who, role), Column("身份证号", f"{who}身份证号", f"{role}_id", is_number=True)]
        return Block(who, columns, fill, kinds)

    def two_owners(self) -> Block:
        """Two people, and one column of numbers that may be either's."""
        first, second = self.random.sample((("法定代表人", "legal_representative"), ("项目经理", "principal")), 2)

        def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
            owner = self.person()
            return [self.person().name, owner.name, owner.number], [[], [], [owner]]

        columns = [
            Column(first[0], first[0], first[1]),
            Column(second[0], second[0], second[1]),
            Column("身份证号", "身份证号", f"{second[1]}_id", is_number=True),
        ]
        return Block("", columns, fill, ["person_two_owners"], is_plain=True)

    def other_people(self) -> Block:
        """Somebody who is no party, such as a contact, with a number; or numbers of nobody knows whom."""
        who = self.random.choice(("联系人", "经办人", "说明", "备注", "留存", "其他"))

        def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
            found = self.person()
            return [found.name, found.number], [[], [found]]

        code = Column("身份证号", self.random.choice((f"{who}身份证号", "身份证号")), "-", is_number=True)
        return Block(who, [Column("姓名", who, "-"), code], fill, ["person_other"])

    # -- consortium members

    def members(self, form: str) -> Block:
        """The other members of a consortium. `form` is one of `MEMBER_FORMS`."""
        who = self.random.choice(("联合体成员", "联合体成员单位", "联合体其他成员", "联合体成员名称"))
        kinds = [f"member_{form}"]
        if form in ("own_columns", "numbered"):
            return self._member_columns(who.removesuffix("名称"), kinds, is_numbered=form == "numbered")

        def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
            if self.random.random() < 0.25:
                return [self.random.choice(("无", "/", "", "非联合体", "独立投标"))], [[]]
            found = [self.company() for _ in range(1 if form in ("one", "name_only") else self.random.randint(2, 4))]
            if form == "name_only":
                return ["、".join(each.name for each in found)], [found]
            text = self.random.choice(("{}（{}）", "{} {}", "{}({})", "{1} {0}", "{}，统一社会信用代码：{}"))
            between = self.random.choice(("；", ";", "\n", "、"))
            return [between.join(text.format(each.name, each.number) for each in found)], [found]

        return Block("", [Column(who, who, "consortium_member", is_number=True)], fill, kinds)

    def _member_columns(self, who: str, kinds: list[str], *, is_numbered: bool) -> Block:
        count = self.random.randint(1, 3) if is_numbered else 1
        code = self.random.choice(("统一社会信用代码", "信用代码", "代码"))
        is_several = not is_numbered and self.random.random() < 0.4

        def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
            cells: list[str] = []
            named: list[list[Named]] = []
            for _ in range(count):
                if self.random.random() < 0.25:
                    cells += ["", ""]
                    named += [[], []]
                    continue
                found = [self.company() for _ in range(self.random.randint(1, 3) if is_several else 1)]
                cells += ["、".join(each.name for each in found), "、".join(each.number for each in found)]
                named += [[], found]
            return cells, named

        columns = []
        for number in range(1, count + 1):
            own = f"{who}{number}" if is_numbered else who
            columns += [
                Column("名称", f"{own}名称", "consortium_member"),
                Column(code, f"{own}{code}", "consortium_member_id", is_number=True),
            ]
        return Block(who if count == 1 else "", columns, fill, kinds)

    # -- everything else

    def other(self, what: str) -> Block:
        """A column that no party stands in, or (`codes`, `late_codes`) one in which parties do and no label says so."""
        label = {
            "serial": "序号",
            "amount": "投标报价（元）",
            "date": "报名日期",
            "phone": "联系电话",
            "account": "银行账号",
            "remark": "备注",
            "checked": self.random.choice(("签到", "审核情况", "确认")),
            "codes": self.random.choice(("备注", "附加信息", "栏目七", "合作方", "其他")),
            "late_codes": "附加信息",
        }[what]

        def fill(_kind: Kind) -> tuple[list[str], list[list[Named]]]:
            if what in ("codes", "late_codes"):
                one = self.subject(self.random.choice(("legal_entity", "natural_person")))
                return [one.number], [[one]]
            return [
                {
                    "serial": "1",
                    "amount": f"{self.random.randint(10**5, 10**8)}",
                    "date": f"2026-0{self.random.randint(1, 9)}-1{self.random.randint(0, 9)}",
                    "phone": f"1380000{self.random.randint(1000, 9999)}",
                    "account": "6222" + "".join(self.random.choices("0123456789", k=15)),
                    "remark": self.random.choice(("", "已核", "资料齐全")),
                    "checked": self.random.choice(("已签字", "审核：通过", "（盖章）", "签字", "合计", "审核人")),
                }[what]
            ], [[]]

        return Block("", [Column(label, label, "-")], fill, [f"other_{what}"])

    def pick(self, choices: Sequence[str]) -> str:
        """One of them."""
        return self.random.choice(choices)


ROLES: Final = {
    "legal_representative": ("法定代表人", "法人代表", "法定代表人", "法人"),
    "principal": ("项目经理", "项目负责人", "主要负责人", "实际控制人"),
    "representative": ("授权代表", "委托代理人", "授权委托人"),
}
PERSON_FORMS: Final = (
    *("whole", "bracket", "plain", "plain", "plain", "number_first", "apart", "masked", "one_cell", "several"),
    "group_only",
)
ODD_FORMS: Final = ("seal", "org_code", "joint")
"""Of organisations; one more, `passport`, is of people."""
MEMBER_FORMS: Final = ("name_only", "one", "several_in_a_cell", "own_columns", "numbered")
