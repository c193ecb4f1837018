"""The register's columns and rows (csv, gzip or not, or xlsx)."""

from pathlib import Path

from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import columns, unread
from xingate_adapters.reading.tables.tables import Table, open_table

LABELS: dict[str, tuple[str, ...]] = {
    "name": ("name", "名称", "主体名称", "企业名称", "单位名称", "机构名称", "市场主体名称"),
    "code": ("uscc", "统一社会信用代码", "code", "主体代码", "社会信用代码", "统一信用代码", "信用代码"),
    "established": ("reg_date", "成立日期", "注册日期", "登记日期"),
    "type": ("type", "类型", "entity_type", "主体类型", "企业类型"),
    "province": ("province", "省", "省份"),
    "city": ("city", "市", "城市"),
}
IGNORED = ("注册号", "工商注册号", "reg_no", "组织机构代码", "org_code", "纳税人识别号", "tax_no", "法定代表人证件号码")
"""Other numbers of the same entity, and its representative's: a register says by its code that the entity exists."""
REQUIRED = ("name", "code", "established")
KNOWN = columns.inverted(LABELS)


def read(file: Path, run: Run) -> tuple[Table, dict[str, int]]:
    """The table and where its fields stand."""
    table = open_table(file, run)
    places = columns.places(file, table.header_row, table.header, KNOWN)
    columns.require(file, table.header_row, places, LABELS, REQUIRED, lambda: unread.hint_of(table, places.values()))
    return unread.watched(table, places.values(), run, IGNORED, holds_people=False), places
