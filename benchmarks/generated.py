"""Invented subjects in any number: 示例…, division 420399, valid check digits."""

import csv
from pathlib import Path

from xingate_server.demo.generate import COLUMNS, row
from xingate_server.demo.numbers import unified_code

SUBJECTS = 50_000


def known(number: int) -> str:
    """The code of a listed company."""
    return unified_code(number % SUBJECTS + 1)


def unknown(number: int) -> str:
    """The code of a company that is on no list."""
    return unified_code(number % SUBJECTS + SUBJECTS + 1)


def city_list(path: Path) -> None:
    """Write a city list of `SUBJECTS` admissible rows."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS, restval="")
        writer.writeheader()
        for number in range(1, SUBJECTS + 1):
            writer.writerow(row("black.contract_fraud", f"示例第{number}有限公司", unified_code(number), number))
