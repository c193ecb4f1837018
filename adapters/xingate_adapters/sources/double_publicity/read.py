"""The columns of double publicity: two kinds (permit, penalty), three generations, in codes or Chinese labels.

The header tells both. `XK_YXQZ` is valid from and `XK_YXQZI` valid to. In the generation of 2016 the numbered labels
of the subject's codes mean other codes than from 2018 on, so a bare `行政相对人代码_2` is read by generation.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from xingate_adapters.reading.errors import SourceError
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns, unread
from xingate_adapters.reading.tables.tables import Table, open_table

_CODE_LABELS = {
    "uscc": ("统一社会信用代码",),
    "reg_no": ("工商注册号", "工商登记码", "工商登记注册号", "工商登记号", "注册号"),
    "org_code": ("组织机构代码", "组织机构代码证"),
    "tax_no": ("税务登记号", "税务登记证号", "纳税人识别号"),
    "institution_no": ("事业单位证书号", "事业单位法人证书号"),
    "social_org_no": ("社会组织登记证号", "社会组织登记号"),
    "citizen_no": ("居民身份证号", "身份证号", "居民身份证号码", "身份证号码", "公民身份号码"),
}
_CODE_SUFFIXES = {
    "uscc": ("SHXYM",),
    "reg_no": ("GSZC", "GSDJ"),
    "org_code": ("ZZJG", "ZDM"),
    "tax_no": ("SWDJ",),
    "institution_no": ("SYDW",),
    "social_org_no": ("SHZZ",),
    "citizen_no": ("SFZ",),
}
_CODE_ORDER_2016 = ("uscc", "org_code", "reg_no", "tax_no", "citizen_no")
_CODE_ORDER_2018 = ("uscc", "reg_no", "org_code", "tax_no", "institution_no", "social_org_no")
_NUMBERED = re.compile(r"行政相对人代码_?(\d)(?:\((.+)\))?", re.ASCII)


def _codes(prefix: str) -> dict[str, tuple[str, ...]]:
    return {
        field: (*(f"{prefix}_XDR_{suffix}" for suffix in suffixes), *_CODE_LABELS[field])
        for field, suffixes in _CODE_SUFFIXES.items()
    }


PERMIT: dict[str, tuple[str, ...]] = {
    "name": ("XK_XDR_MC", "行政相对人名称", "XK_XDR"),
    "kind": ("XK_XDR_LB", "行政相对人类别"),
    **_codes("XK"),
    "legal_representative": (
        "XK_FRDB",
        "法定代表人",
        "XK_FR",
        "法定代表人姓名",
        "法定代表人/负责人",
        "法定代表人/负责人姓名",
    ),
    "representative_citizen_no": ("XK_FR_SFZH", "法定代表人身份证号", "法定代表人身份证号码", "法定代表人身份证"),
    "representative_document_kind": ("XK_FR_ZJLX", "法定代表人证件类型"),
    "representative_document": ("XK_FR_ZJHM", "法定代表人证件号码", "法定代表人证件号"),
    "document_kind": ("XK_XDR_ZJLX", "证件类型", "证件类型(自然人)", "自然人证件类型"),
    "document": ("XK_XDR_ZJHM", "证件号码", "证件号码(自然人)", "自然人证件号码"),
    "paper": ("XK_XKWS", "行政许可决定文书名称"),
    "document_no": ("XK_WSH", "行政许可决定文书号", "行政许可决定书文号", "许可决定文书号", "许可决定书文号"),
    "fallback_no": ("XK_XKBH", "许可编号"),
    "project": ("XK_XMMC", "项目名称"),
    "basis": ("XK_YJ", "许可依据", "法律依据"),
    "category": ("XK_XKLB", "许可类别", "XK_SPLB", "审批类别"),
    "facts": ("XK_NR", "许可内容"),
    "document_date": ("XK_JDRQ", "许可决定日期", "行政许可决定日期"),
    "valid_from": ("XK_YXQZ", "有效期自"),
    "valid_until": ("XK_YXQZI", "有效期至", "XK_JZQ", "许可截止期"),
    "authority": ("XK_XKJG", "许可机关", "XK_XZJG", "行政许可机关"),
    "status": ("XK_ZT", "当前状态"),
    "region": ("DFBM", "地方编码"),
}
PENALTY: dict[str, tuple[str, ...]] = {
    "name": ("CF_XDR_MC", "行政相对人名称", "CF_XDR"),
    "kind": ("CF_XDR_LB", "行政相对人类别"),
    **_codes("CF"),
    "legal_representative": (
        "CF_FRDB",
        "法定代表人",
        "CF_FR",
        "法定代表人姓名",
        "法定代表人/负责人",
        "法定代表人/负责人姓名",
    ),
    "representative_citizen_no": ("CF_FR_SFZH", "法定代表人身份证号", "法定代表人身份证号码", "法定代表人身份证"),
    "representative_document_kind": ("CF_FR_ZJLX", "法定代表人证件类型"),
    "representative_document": ("CF_FR_ZJHM", "法定代表人证件号码", "法定代表人证件号"),
    "document_kind": ("CF_XDR_ZJLX", "证件类型", "证件类型(自然人)", "自然人证件类型"),
    "document": ("CF_XDR_ZJHM", "证件号码", "证件号码(自然人)", "自然人证件号码"),
    "document_no": ("CF_WSH", "行政处罚决定书文号"),
    "behaviour": ("CF_WFXW", "违法行为类型"),
    "facts": ("CF_SY", "违法事实", "处罚事由"),
    "title": ("CF_CFMC", "处罚名称"),
    "case": ("CF_AJMC", "案件名称"),
    "basis": ("CF_YJ", "处罚依据"),
    "fine": ("CF_NR_FK", "罚款金额(万元)"),
    "document_date": ("CF_JDRQ", "处罚决定日期", "行政处罚决定日期"),
    "valid_until": ("CF_YXQ", "处罚有效期", "CF_JZRQ", "处罚截止日期", "处罚有效期至"),
    "public_until": ("CF_GSJZQ", "公示截止期", "公示截止日期", "公示截止日"),
    "authority": ("CF_CFJG", "处罚机关", "CF_XZJG", "行政处罚机关"),
    "status": ("CF_ZT", "当前状态"),
    "region": ("DFBM", "地方编码"),
}
KNOWN = columns.inverted(PENALTY) | columns.inverted(PERMIT)
IGNORED = (
    *("XK_XKJGDM", "XK_LYDWDM", "CF_CFJGDM", "CF_LYDWDM", "XK_SJLYDM", "CF_SJLYDM", "XK_XKJGDM_1"),
    *("许可机关统一社会信用代码", "数据来源单位统一社会信用代码", "处罚机关统一社会信用代码"),
    "行政许可机关统一社会信用代码",
)
"""The codes of the authority and of who supplied the row."""
_ONLY_2016 = frozenset(
    {"XK_XDR", "XK_XMMC", "XK_SPLB", "XK_JZQ", "XK_XZJG", "XK_FR", "XK_XDR_ZDM", "XK_XDR_GSDJ", "XK_XDR_SFZ"}
    | {"CF_CFMC", "CF_CFLB1", "CF_CFLB2", "CF_XZJG", "CF_ZT", "CF_FR", "CF_XDR_ZDM", "CF_XDR_GSDJ", "CF_XDR_SFZ"}
    | {"项目名称", "审批类别", "许可截止期", "处罚名称", "处罚类别1", "处罚类别2", "处罚事由"}
)
_SIGNS = {"permit": ("XK_", "许可"), "penalty": ("CF_", "处罚", "违法")}


class Publicity(NamedTuple):
    """A table, which kind of decisions it holds, where its fields stand, and whether it is of 2016."""

    table: Table
    is_permit: bool
    is_2016: bool
    places: dict[str, int]


def read(file: Path, run: Run) -> Publicity:
    """The table of one file; a file holds permits or penalties, never both."""
    table = open_table(file, run)
    readings = [columns.readings(label) for label in table.header]
    signs = {
        kind: sum(any(reading.startswith(marks) for reading in of_label) for of_label in readings)
        for kind, marks in _SIGNS.items()
    }
    if not any(signs.values()):
        raise SourceError(
            "the header is neither that of permits nor that of penalties",
            file=file,
            row=table.header_row,
            expected="columns `XK_…` or `CF_…`, or their Chinese labels",
            hint="see docs/sources.md for the columns of this kind",
        )
    is_permit = signs["permit"] > signs["penalty"]
    is_2016 = any(reading in _ONLY_2016 for of_label in readings for reading in of_label)
    labels = PERMIT if is_permit else PENALTY
    known = columns.inverted(labels) | _numbered(readings, is_2016=is_2016)
    places = columns.places(file, table.header_row, table.header, known)
    required: list[str | tuple[str, ...]] = ["name", "authority", "document_date"]
    required.append(("document_no", "fallback_no") if is_permit else "document_no")
    columns.require(file, table.header_row, places, labels, required, lambda: unread.hint_of(table, places.values()))
    watched = unread.watched(table, places.values(), run, IGNORED)
    return Publicity(watched, is_permit, is_2016, places)


def _numbered(readings: Sequence[Sequence[str]], *, is_2016: bool) -> dict[str, str]:
    """The labels `行政相对人代码_N(name of the code)`: by the name where it stands, otherwise by the number."""
    by_name = {columns.fold(label): field for field, labels in _CODE_LABELS.items() for label in labels}
    order = _CODE_ORDER_2016 if is_2016 else _CODE_ORDER_2018
    found = {}
    for label, match in ((of_label[0], _NUMBERED.fullmatch(r)) for of_label in readings for r in of_label):
        if match is None or label in found:
            continue
        number = int(match[1])
        field = by_name.get(match[2] or "") or (order[number - 1] if 1 <= number <= len(order) else None)
        if field is not None:
            found[label] = field
    return found
