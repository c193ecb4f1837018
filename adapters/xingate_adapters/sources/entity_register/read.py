"""The register's columns and rows (csv, gzip or not, or xlsx)."""

from pathlib import Path

from xingate_adapters.reading import columns
from xingate_adapters.reading.run import Run
from xingate_adapters.reading.tables import Table, open_table

LABELS: dict[str, tuple[str, ...]] = {
    "name": ("name", "名称", "主体名称", "企业名称"),
    "code": ("uscc", "统一社会信用代码", "code", "主体代码"),
    "established": ("reg_date", "成立日期", "注册日期", "登记日期"),
    "type": ("type", "类型", "entity_type", "主体类型", "企业类型"),
    "province": ("province", "省", "省份"),
    "city": ("city", "市", "城市"),
}
REQUIRED = ("name", "code", "established")
KNOWN = columns.inverted(LABELS)


def read(file: Path, run: Run) -> tuple[Table, dict[str, int]]:
    """The table and where its fields stand."""
    table = open_table(file, run)
    places = columns.places(file, table.header_row, table.header, KNOWN)
    columns.require(file, table.header_row, places, LABELS, REQUIRED)
    return table, places
