"""The court list's rows from JSON, JSON lines, csv or xlsx, under the court's own keys or a province's columns."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading import files
from xingate_adapters.reading.errors import SchemaError, quoted
from xingate_adapters.reading.items import Nested, json_items
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.schema import Watch, says_something
from xingate_adapters.reading.tables import columns, forms, unread
from xingate_adapters.reading.tables.tables import open_table

# Field -> the court's key, its Chinese labels, the Zhejiang column.
LABELS: dict[str, tuple[str, ...]] = {
    "name": (
        *("iname", "姓名/名称", "被执行人姓名/名称", "被执行人名称", "失信被执行人姓名/名称", "失信被执行人名称"),
        *("被执行人姓名", "失信被执行人姓名", "失信被执行人", "被执行人", "姓名", "名称", "bzxrmc"),
    ),
    "document_no": ("caseCode", "案号", "执行案号", "ah"),
    "card": (
        *("cardNum", "身份证号码/组织机构代码", "身份证号/组织机构代码", "身份证号码/统一社会信用代码"),
        *("身份证号/统一社会信用代码", "身份证号码/组织机构代码/统一社会信用代码", "证件号码/组织机构代码"),
        *("组织机构代码/身份证号码", "证件号码", "证件号", "身份证/组织机构代码", "身份证号码/企业信用代码"),
    ),
    "citizen_no": ("身份证号码", "身份证号", "公民身份号码", "居民身份证号码", "sfzhm"),
    "uscc": ("统一社会信用代码", "统一社会信用代码/组织机构代码", "组织机构代码/统一社会信用代码"),
    "org_code": ("组织机构代码", "zzjgdm"),
    "legal_representative": (
        *(
            "businessEntity",
            "法定代表人/负责人",
            "法定代表人",
            "法定代表人/负责人姓名",
            "法定代表人姓名",
            "企业法人姓名",
        ),
        "fddbr",
    ),
    "authority": ("courtName", "执行法院", "执行法院名称", "zxfy"),
    "region": ("areaName", "省份", "地域名称", "地域", "所在省份"),
    "kind": ("partyTypeName", "主体类型", "被执行人类型", "被执行人性质", "bzxrxz"),
    "sex": ("性别", "sexyName", "sexName"),
    "sex_code": ("sexy", "sex"),
    "age": ("年龄", "age"),
    "basis_no": ("gistId", "执行依据文号", "zxyjwh"),
    "basis_body": ("gistUnit", "做出执行依据单位", "作出执行依据单位", "执行依据制作单位", "zczxyjdw"),
    "filed": ("regDate", "立案时间", "立案日期", "larq"),
    "published": ("publishDate", "发布时间", "发布日期", "公布日期", "公布时间", "fbrq"),
    "duty": ("duty", "生效法律文书确定的义务", "法律生效文书确定的义务", "生效法律文书确定义务", "sxflwsqdyw"),
    "performance": ("performance", "履行情况", "被执行人的履行情况", "被执行人履行情况", "bzxrlxqk"),
    "conduct": (
        *("disruptTypeName", "失信行为具体情形", "失信被执行人行为具体情形", "失信被执行人具体情形"),
        *("失信被执行人失信行为具体情形", "失信情形", "sxbzxrxwqk"),
    ),
}
NUMBERS = ("card", "citizen_no", "org_code", "uscc")
REQUIRED: tuple[str | tuple[str, ...], ...] = (
    "name",
    "document_no",
    ("card", "citizen_no", "org_code", "uscc"),
    "authority",
    ("published", "filed"),
)
KNOWN = columns.inverted(LABELS)
_MAX_SHAPES = 1_000


class Row(NamedTuple):
    """A row by field and by its own column names; `rounded` are those of its numbers that a spreadsheet has rounded."""

    number: int
    fields: Mapping[str, str]
    raw: Mapping[str, str]
    rounded: tuple[str, ...] = ()


def read(file: Path, run: Run) -> Iterator[Row]:
    """The rows of one file, whatever its form."""
    if _is_json(file, run):
        yield from _from_json(file, run)
        return
    table = open_table(file, run)
    places = columns.places(file, table.header_row, table.header, KNOWN)
    columns.require(file, table.header_row, places, LABELS, REQUIRED, lambda: unread.hint_of(table, places.values()))
    names = columns.names(table.header)
    rounded = table.rounded(places.get(field) for field in NUMBERS)
    for number, cells in unread.watched(table, places.values(), run).rows:
        fields = {field: cells[place] for field, place in places.items()}
        yield Row(number, fields, dict(zip(names, cells, strict=True)), rounded(cells))


def _is_json(file: Path, run: Run) -> bool:
    if forms.is_workbook(file):
        return False
    forms.refuse_other_bytes(file)
    quiet = Run(data_as_of=run.data_as_of)
    for chunk in files.text_chunks(file, quiet):
        start = chunk.lstrip()
        if start:
            return start[0] in "[{"
    return False


def _from_json(file: Path, run: Run) -> Iterator[Row]:
    """A key that one object lacks is an empty cell; one that the first object lacks and every list needs is a fault,
    as a missing column is, and so is one that is not known and says something."""
    watch = Watch(file, run, "key")
    number = 0
    seen: dict[tuple[str, ...], dict[str, int]] = {}
    for number, item in json_items(file, run):
        keys = tuple(item)
        places = seen.get(keys)
        if places is None:
            places = columns.places(file, number, keys, KNOWN)
            if not seen:
                columns.require(file, number, places, LABELS, REQUIRED)
            if len(seen) < _MAX_SHAPES:
                seen[keys] = places
        filled = (key for key, value in item.items() if columns.fold(key) not in KNOWN and says_something(value))
        watch.keys("item", filled, (), number)
        for key, value in item.items():
            if isinstance(value, Nested) and says_something(value) and columns.fold(key) in KNOWN:
                item[key] = _single(file, number, key, value, run)
        cells = list(item.values())
        yield Row(number, {field: cells[place] for field, place in places.items()}, item)
    watch.finish(number)


def _single(file: Path, row: int, key: str, value: Nested, run: Run) -> str:
    """The one text of a list. Raises `SchemaError` for other lists and objects, by which nobody would be found, unless
    it is accepted."""
    if (single := value.single()) is not None:
        return single
    what = f"the value of {quoted(key)} is a list or an object"
    if run.accepts_schema:
        run.notes[f"`{file}`: {what}; it is taken as a text"] = None
        return value
    raise SchemaError(
        what,
        file=file,
        row=row,
        column=key,
        expected="a text, or a list of one text",
        hint="the list may have a new layout: update the source, or give `--accept-schema KIND` once",
    )
