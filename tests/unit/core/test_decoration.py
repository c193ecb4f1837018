"""What spreadsheet programs put around a cell, undone; names keep their apostrophes."""

import pytest

from xingate_server.core.identifiers.decoration import clean


@pytest.mark.parametrize(
    ("cell", "meant"),
    [
        ('="91420399009000015U"', "91420399009000015U"),
        ("'91420399009000015U", "91420399009000015U"),
        ("‘\u3000914203990090 00015U", "914203990090 00015U"),
        ("＇EX6\u20077277958", "EX6\u20077277958"),
        ("'示例有限公司", "示例有限公司"),
        ("示例\u200b有限公司_x000D_", "示例有限公司"),
        ("_x005F_x000D_", "_x000D_"),
        ("'Abd Al-Exempla", "'Abd Al-Exempla"),
        ("O'Exempla", "O'Exempla"),
        ("_xD800_", "_xD800_"),
        ("91420399009000015U", "91420399009000015U"),
    ],
)
def test_decoration_is_undone(cell: str, meant: str) -> None:
    assert clean(cell) == meant
    assert clean(clean(cell)) == clean(cell) or cell.startswith("_x005F_")
