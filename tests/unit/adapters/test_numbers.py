"""Numbers out of cells that people wrote, and days as foreign lists write them."""

import pytest

from xingate_adapters.reading.cells.dates import DAY_MONTH_YEAR, MONTH_DAY_YEAR, full_day
from xingate_adapters.reading.cells.numbers import document_numbers, sound_first, without_separators
from xingate_server.core.subject import SubjectClass

CELLS = [
    # one number, whatever its form
    ("EX1234567", "EX1234567"),
    ("7788", "7788"),
    ("E 12345678", "E 12345678"),
    ("45 10 123456", "45 10 123456"),
    ("774-369-3291", "774-369-3291"),
    ("B/054321", "B/054321"),
    ("K/0000/12", "K/0000/12"),
    ("'EX1234567.", "EX1234567"),
    ("A123456(3)", "A1234563"),
    ("١٢٣٤٥٦٧", "1234567"),
    ("ВР123456", "ВР123456"),
    # among words
    ("Exampleland diplomatic passport no. D1234567", "D1234567"),
    ("No.1234567", "1234567"),
    ("passport1234567", "1234567"),
    ("0148254-Exampleland", "0148254"),
    ("Exampleland passport number OR 801168, issued on 28 Feb 2006 (expires 27 Feb 2011)", "OR 801168"),
    ("number 1084010 issued 12 Oct 2005", "1084010"),
    ("EX1234567 issued on 12.03.2015", "EX1234567"),
    ("EX1234567 2019", "EX1234567"),
    ("EX1234567 (Exampleland)", "EX1234567"),
    ("EX1234567 (?)", "EX1234567"),
    ("示例护照EX1234567", "EX1234567"),
    ("Birth Register Number: 548/1988", "548/1988"),
    ("passport no. 12345 67890", "12345 67890"),
    # several
    ("EX1234567, EX7654321", "EX1234567|EX7654321"),
    ("EX1234567/EX7654321", "EX1234567|EX7654321"),
    ("EX1234567 EX7654321", "EX1234567|EX7654321"),
    ("EX 1234567 EX 7654321", "EX 1234567|EX 7654321"),
    ("EX1234567 and EX7654321", "EX1234567|EX7654321"),
    ("EX1234567；EX7654321", "EX1234567|EX7654321"),
    ("(1) EX1234567 (2) 7654321 (previous)", "EX1234567|7654321"),
    ("EX1234567(previously EX7654321)", "EX1234567|EX7654321"),
    ("passport: EX1234567; national id: 990000198001001014", "EX1234567|990000198001001014"),
    ("EX1234567, EX1234567", "EX1234567"),
    ("EX1234567&EX7654321", "EX1234567|EX7654321"),
    ("EX1234567。EX7654321。", "EX1234567|EX7654321"),
    # signs and abbreviations before a number
    *((f"{sign}EX1234567", "EX1234567") for sign in ("P.", "N°", "Nº", "№", "No.", "N° ", "n°", "PP.", "ID.")),
    ("EX1234567。", "EX1234567"),
    # three letters before a number may be a country or a series: both
    ("ABC 1234567", "ABC 1234567|1234567"),
    # hidden parts stay hidden
    ("AB12???", "AB12******"),
    ("EX12345…", "EX12345**"),
    ("EX123xxxx", "EX123****"),
    ("EX1234567?", "EX1234567**"),
    # no number
    ("", ""),
    ("unknown", ""),
    ("n/a", ""),
    ("-", ""),
    ("？？", ""),
    ("Exampleland", ""),
    ("12/10/2014", ""),
    ("2014-05-12", ""),
    ("issued 12 October 2014 in 7 places", ""),
]


@pytest.mark.parametrize(("cell", "numbers"), CELLS)
def test_numbers_of_a_cell(cell: str, numbers: str) -> None:
    assert document_numbers(cell) == tuple(numbers.split("|")) if numbers else document_numbers(cell) == ()


@pytest.mark.parametrize("cell", [cell for cell, numbers in CELLS if numbers])
def test_no_digit_is_made_up(cell: str) -> None:
    written = "".join(str(int(c)) for c in cell if c.isdecimal())
    for number in document_numbers(cell):
        assert "".join(c for c in number if c.isdecimal()) in written


def test_the_sound_numbers_come_first() -> None:
    numbers = [("passport", "B/054321"), ("passport", "EX12**"), ("passport", "EX1234567"), ("passport", "EX12**")]
    assert [number for _, number in sound_first(numbers, SubjectClass.PERSON)] == ["EX1234567", "EX12**", "B/054321"]


def test_strokes_in_a_passport_are_left_out() -> None:
    assert without_separators("B/054.321") == "B054321"


@pytest.mark.parametrize(
    ("cell", "order", "found"),
    [
        ("05/01/2026", DAY_MONTH_YEAR, "2026-01-05"),
        ("5.1.2026", DAY_MONTH_YEAR, "2026-01-05"),
        ("01/05/2026 00:00:00", MONTH_DAY_YEAR, "2026-01-05"),
        ("2026-01-05", DAY_MONTH_YEAR, "2026-01-05"),
        ("18-Nov-2026", "", "2026-11-18"),
        ("5 January 2026", "", "2026-01-05"),
        ("2015-03-27-04:00", "", "2015-03-27"),
        ("2014", "", ""),
        ("2014-06", "", ""),
        ("2014-00-00", "", ""),
        ("dd/mm/1970", DAY_MONTH_YEAR, ""),
        ("00/00/1970", DAY_MONTH_YEAR, ""),
        ("00/05/1970", DAY_MONTH_YEAR, ""),
        ("11/1970", "", ""),
        ("31/02/2026", DAY_MONTH_YEAR, "2026-02-31"),
        ("05/01/2026", "", "05/01/2026"),
        ("soon", DAY_MONTH_YEAR, "soon"),
        ("2099-12-31", "", "2099-12-31 (stands for no date)"),
        ("", DAY_MONTH_YEAR, ""),
    ],
)
def test_days(cell: str, order: str, found: str) -> None:
    assert full_day(cell, order) == found
