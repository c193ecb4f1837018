"""Numbers that a spreadsheet program has rounded: which rows of which columns."""

import gzip
import random
import re
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from tests.support.dirty.numbers import registration_number

from xingate.types import SubjectKind
from xingate_adapters.reading.cells.rounded import looks_rounded
from xingate_adapters.reading.mapped.mapping import MappingFile
from xingate_adapters.reading.mapped.table import MappedReader
from xingate_adapters.reading.run import Run
from xingate_adapters.rosters.layout import guess_layout
from xingate_adapters.rosters.rows import Fault, RowReader, read_all
from xingate_adapters.sources import load_source
from xingate_server.core.admission.row_subject import read_numbers
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers._check_digits import citizen_check
from xingate_server.core.identifiers.doubles import as_code, digits_of
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.identity.candidates import fits
from xingate_server.core.subject import SubjectClass
from xingate_server.demo.numbers import citizen_number

HEADER = "名单类型,主体类别,主体名称,主体代码,法定代表人证件号码,关联人员,认定部门,认定依据,文书号,认定日期"


def _fitting() -> tuple[str, str]:
    """A citizen number whose last three digits are zero and fit, and one whose last three do not."""
    bodies = [f"990000{year}0101" for year in range(1950, 1999)]
    fitting = next(body for body in bodies if citizen_check(f"{body}000") == "0")
    failing = next(body for body in bodies if citizen_check(f"{body}000") != "0")
    return fitting + "0000", failing + "0000"


FITS, FAILS = _fitting()
SOUND = [citizen_number(800 + place) for place in range(99)]


def line(code: str, representative: str = "", related: str = "") -> str:
    return f"watch.key_monitoring,自然人,示例人,{code},{representative},{related},示例局,示例办法,示例1号,2026-04-01"


def written(tmp_path: Path, *lines: str, encoding: str = "utf-8", name: str = "list.csv") -> Path:
    file = tmp_path / name
    content = "\n".join([HEADER, *lines]).encode(encoding)
    file.write_bytes(gzip.compress(content) if name.endswith("gz") else content)
    return file


def rounded(file: Path, kind: str = "city_list") -> list[tuple[str, ...]]:
    return [record.rounded for record in load_source(kind).records([file]) if record.rounded]


def test_what_looks_rounded() -> None:
    assert parsing.parse(FITS, Scheme.CITIZEN_ID, SubjectClass.PERSON).is_sound
    assert not parsing.parse(FAILS, Scheme.CITIZEN_ID, SubjectClass.PERSON).is_sound
    for number in (
        FITS,
        FAILS,
        "9142039900910000",
        "91420399009100000",
        "９１４２０３９９００９１００００００",
        "1" * 15 + "00000",
    ):
        assert looks_rounded(number)
    for number in ("914203990091000", "914203990091000001", "91420399009100000X", "0" * 18, "", "9142039900910000A0"):
        assert not looks_rounded(number)


@pytest.mark.parametrize("name", ["list.csv", "list.csv.gz"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16"])
def test_one_that_fits_stands_alone_or_beside_one_that_fails(encoding: str, name: str, tmp_path: Path) -> None:
    sound = [line(number) for number in SOUND]
    assert rounded(written(tmp_path, *sound, line(FITS), encoding=encoding, name=name)) == []
    both = written(tmp_path, line(FITS), *sound, line(FAILS), encoding=encoding, name=name)
    assert rounded(both) == [(FITS,), (FAILS,)]


def test_two_per_cent_of_the_filled_cells_of_the_column(tmp_path: Path) -> None:
    sound = [line(number) for number in SOUND]
    assert rounded(written(tmp_path, *sound[:97], line(FITS), line(FITS))) == [(FITS,), (FITS,)]
    assert rounded(written(tmp_path, *sound[:98], line(FITS), line(FITS))) == []
    blank = [line("") for _ in range(200)]
    assert rounded(written(tmp_path, *blank, *sound[:97], line(FITS), line(FITS))) == [(FITS,), (FITS,)]
    assert rounded(written(tmp_path, line(FITS), *blank)) == []


def test_another_column_shows_nothing_of_this_one(tmp_path: Path) -> None:
    file = written(tmp_path, line(FITS), line(SOUND[0], FAILS), line(SOUND[1], FITS))
    assert rounded(file) == [(FAILS,), (FITS,)]


def test_numbers_of_related_people_and_decorated_ones(tmp_path: Path) -> None:
    people = f"董事:示例甲:{FAILS};股东：示例乙：{SOUND[3]}"
    assert rounded(written(tmp_path, line(SOUND[0], "", people), line(SOUND[1], "", f"董事:示例甲:{FITS}"))) == [
        (FAILS,),
        (FITS,),
    ]
    assert rounded(written(tmp_path, line(f"'{FITS}"), line(f"'{FAILS}"))) == [(FITS,), (FAILS,)]


def test_a_quoted_row_and_a_broken_one(tmp_path: Path) -> None:
    quoted = line(FITS).replace("示例办法", '"示例,办法\n第二条"')
    assert rounded(written(tmp_path, quoted, line(FAILS), quoted)) == [(FITS,), (FAILS,), (FITS,)]
    records = load_source("city_list").records([written(tmp_path, line(FITS), line(FAILS), "cut,off")])
    assert next(records).rounded == (FITS,)  # the damage is raised where it stands


def test_numbers_without_a_check_go_by_the_share_alone(tmp_path: Path) -> None:
    number = "9142039900910000"
    assert rounded(written(tmp_path, line(number), line(SOUND[0]))) == []
    assert rounded(written(tmp_path, line(number), line(SOUND[0]), line(number))) == [(number,), (number,)]


def test_a_mapped_list_and_the_others(tmp_path: Path) -> None:
    file = written(tmp_path, line(FITS), line(FAILS))
    spec = MappingFile(columns={"name": ("主体名称",)}, identifiers={"by_shape": ("主体代码",)})
    assert [one.rounded for one in MappedReader("x", spec).records([file], Run())] == [(FITS,), (FAILS,)]
    court = tmp_path / "court.csv"
    court.write_text(
        "\n".join(
            ["姓名,案号,身份证号码,执行法院,发布时间", *(f"示例,1,{one},示例法院,2026-04-01" for one in (FITS, FAILS))]
        )
    )
    assert rounded(court, "judgment_debtor") == [(FITS,), (FAILS,)]
    penalty = tmp_path / "penalty.csv"
    head = "行政相对人名称,行政相对人类别,证件号码,行政处罚决定书文号,处罚依据,处罚决定日期,处罚机关"
    penalty.write_text("\n".join([head, *(f"示例,自然人,{one},1,示例,2026-04-01,示例局" for one in (FITS, FAILS))]))
    assert rounded(penalty, "double_publicity") == [(FITS,), (FAILS,)]
    register = tmp_path / "register.csv"
    register.write_text("\n".join(["name,uscc,reg_date", *(f"示例,{one},2020-01-01" for one in (FITS, FAILS))]))
    assert rounded(register, "entity_register") == [(FITS,), (FAILS,)]


def workbook(tmp_path: Path, codes: list[Any], name: str = "a.xlsx") -> Path:
    book = openpyxl.Workbook()
    sheet: Any = book.active
    sheet.append(HEADER.split(","))
    for code in codes:
        sheet.append([*line("").split(",")[:3], code, *line("").split(",")[4:]])
    file = tmp_path / name
    book.save(file)
    return file


def with_cells_as(file: Path, written: dict[int, str]) -> None:
    """Write the numeric cells of column D anew as another program writes them: row -> text."""
    with zipfile.ZipFile(file) as archive:
        parts = {info.filename: archive.read(info) for info in archive.infolist()}
    sheet = parts["xl/worksheets/sheet1.xml"].decode()
    for row, text in written.items():
        sheet, count = re.subn(rf'(<c r="D{row}"[^>]*><v>)[^<]*(</v>)', rf"\g<1>{text}\g<2>", sheet)
        assert count == 1
    parts["xl/worksheets/sheet1.xml"] = sheet.encode()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)


def test_numeric_cells_of_a_workbook(tmp_path: Path) -> None:
    file = workbook(tmp_path, [float(FITS), 914203990091000623.0, SOUND[0]])
    found = list(load_source("city_list").records([file]))
    assert [record.identifiers[0][1] for record in found] == [f"{FITS}.0", "914203990091000***", SOUND[0]]
    assert [record.rounded for record in found] == [(f"{FITS}.0",), (), ()]


def _numbers(count: int) -> list[str]:
    """Sound citizen numbers of digits alone, those at the edges of a thousand and of ten thousand among them."""
    made = random.Random(20_26)  # noqa: S311
    numbers: list[str] = []
    while len(numbers) < count:
        tail = made.choice([made.randrange(1000), 990 + made.randrange(10), made.randrange(10)])
        body = f"990000{made.randrange(1950, 2000)}{made.randrange(1, 13):02}{made.randrange(1, 29):02}{tail:03}"
        if (check := citizen_check(body)) != "X":
            numbers.append(body + check)
    return numbers


@pytest.mark.parametrize("form", ["int", "float", "%.15G", "%.16G", "%.17g", "cut", "cut %.17G"])
def test_the_mask_of_a_numeric_cell_fits_its_number(form: str, tmp_path: Path) -> None:
    numbers = _numbers(400)
    file = workbook(tmp_path, [int(number) if form == "int" else float(number) for number in numbers])
    if form not in ("int", "float"):
        digits = [number[:15] + "000" if form.startswith("cut") else number for number in numbers]
        texts = digits if form == "cut" else [form.removeprefix("cut ") % float(one) for one in digits]
        with_cells_as(file, dict(enumerate(texts, 2)))
    records = list(load_source("city_list").records([file]))
    masks = 0
    for number, record in zip(numbers, records, strict=True):
        usable = read_numbers(record, SubjectClass.PERSON, ()).usable
        assert 1 <= len(usable) <= 2, usable
        assert any(one.value == number if one.is_sound else fits(one.value, number) for one in usable), number
        masks += usable[0].is_masked
    assert masks > 0.9 * len(numbers)


@pytest.mark.parametrize("form", ["%.0f.0", "%.1f", "%.15G", "%.16G", "%.17g", "repr", "grouped"])
def test_the_mask_of_a_number_in_text_fits_its_number(form: str, tmp_path: Path) -> None:
    numbers = _numbers(400)
    forms: dict[str, Callable[[float], str]] = {"repr": repr, "grouped": lambda value: f'"{value:,.2f}"'}
    write = forms.get(form) or (lambda value: form % value)
    records = load_source("city_list").records([written(tmp_path, *(line(write(float(one))) for one in numbers))])
    for number, record in zip(numbers, records, strict=True):
        usable = read_numbers(record, SubjectClass.PERSON, ()).usable
        assert any(not one.is_sound and fits(one.value, number) for one in usable), (number, record.identifiers)


@pytest.mark.parametrize("form", ["%s.0", "%s.00", "%.17G", "%.1f", "%.14E", '"%s"'])
def test_a_number_of_fifteen_digits_loses_none(form: str, tmp_path: Path) -> None:
    made = random.Random(20_27)  # noqa: S311
    numbers = [registration_number(f"420399{made.randrange(10**8):08}") for _ in range(400)]
    texts = [
        form % (f"{int(number):,}" if form == '"%s"' else number if "s" in form else float(number))
        for number in numbers
    ]
    file = written(tmp_path, *(line(text).replace("自然人", "企业") for text in texts))
    records = load_source("city_list").records([file])
    for number, record in zip(numbers, records, strict=True):
        (usable,) = read_numbers(record, SubjectClass.ORGANISATION, ()).usable
        assert usable.is_sound
        assert usable.value == number


def test_what_is_no_number_of_a_code_stays() -> None:
    for text in (
        "4.20399E+17",
        "1.5",
        "1.5E+0",
        "12.345E+10",
        "1.234.567",
        "1,23",
        "A.0",
        "1.23456789E+99",
        ".0",
        "",
        "12,345",
    ):
        assert digits_of(text) == text


def test_a_whole_number_of_a_cell_is_exact(tmp_path: Path) -> None:
    numbers = _numbers(20)
    file = workbook(tmp_path, [1] * len(numbers))
    with_cells_as(file, dict(enumerate(numbers, 2)))
    assert [record.identifiers[0][1] for record in load_source("city_list").records([file])] == numbers


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.0, "1"),
        (-12.0, "-12"),
        (420399000000001.0, "420399000000001"),
        (6217001234567891.0, "6217001234567891"),
        (9.950471985061528e17, "995047198506152***"),
        (9.950471985061497e17, "995047198506149***"),
        (9.950471985061499e17, "9950471985061*****"),
        (9.950471985061501e17, "995047198506150***"),
        (9.9504719850615e17, "995047198506150000.0"),
        (9.9999999999999999e17, "1" + "0" * 18 + ".0"),
    ],
)
def test_the_certain_digits_of_a_double(value: float, text: str) -> None:
    assert as_code(value) == text


@pytest.mark.parametrize(
    ("numbers", "faults"), [([FITS], [False]), ([FAILS], [True]), ([FITS, FAILS, SOUND[0]], [True, True, False])]
)
def test_a_rounded_cell_of_a_roster_is_an_error_of_its_row(
    numbers: list[str], faults: list[bool], tmp_path: Path
) -> None:
    file = tmp_path / "roster.csv"
    file.write_text("\n".join(["姓名,身份证号", *(f"示例人,{number}" for number in numbers)]), encoding="utf-8")
    layout = guess_layout(file)
    rows = read_all(layout, Run())
    reader = RowReader(layout, SubjectKind.NATURAL_PERSON, "", rows.rounded)
    found = [reader.read(number, cells) for number, cells in rows]
    assert [isinstance(one.asked, Fault) for one in found] == faults
    for one in found:
        if isinstance(one.asked, Fault):
            assert one.asked.reason == "identifier_rounded"
            assert "rounded" in one.asked.en
            assert "舍入" in one.asked.zh


def test_a_roster_on_several_lines_is_asked_on_one(tmp_path: Path) -> None:
    file = tmp_path / "roster.csv"
    file.write_text(f'姓名,身份证号\n"示例\n人\u200b","\'{SOUND[0]}\n"\n', encoding="utf-8")
    layout = guess_layout(file)
    (row,) = [RowReader(layout, SubjectKind.NATURAL_PERSON).read(*one) for one in read_all(layout, Run())]
    assert not isinstance(row.asked, Fault)
    assert row.asked.subject.name == "示例 人"
    assert row.asked.subject.identifiers[0].value == SOUND[0]
