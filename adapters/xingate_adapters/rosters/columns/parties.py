"""Who stands in the cells of a roster: one or several in a cell, names and numbers apart or together.

`示例甲公司（9142…）、示例乙公司（9142…）` names two. Names beside numbers in another column are paired by their order.
Where their counts differ nobody is left out: each number and each name is somebody to be asked about.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Final, NamedTuple
from unicodedata import normalize

from xingate_adapters.reading.cells.text import text
from xingate_server.core import characters
from xingate_server.core.identifiers import parsing
from xingate_server.core.identifiers.parsing import Scheme
from xingate_server.core.subject import SubjectClass

_SEPARATORS: Final = re.compile(r"[、；;，,|\r\n]+|(?<=[\w)）])/(?=[\w(（])")
_PARTS: Final = re.compile(r"[、；;，,|\r\n/*0-9０-９]")  # without any of these, one name stands in a cell
_NUMBER: Final = re.compile(r"(?<![0-9A-Za-z.*])[0-9A-Za-z*]{8,20}(?:-[0-9Xx])?(?![0-9A-Za-z*])")
_DIGITS: Final = 6  # fewer of them, and it is a word
_ALONE: Final = re.compile(r"[0-9A-Z*.+]{5,30}")
_WORDS_OF_NUMBERS: Final = re.compile(
    r"(?:统一)?(?:社会)?信用代码|组织机构代码|(?:公民)?身份(?:证)?(?:号码|号)?|证件号码?|注册号|代码|号码|证号",
    re.IGNORECASE,
)
_EMPTY: Final = re.compile(r"[(（\[【]\s*[:：]?\s*[)）\]】]")
_ENDS: Final = " \t\u3000:：-—()（）[]【】《》.。"
_NOBODY: Final = frozenset({"否", "没有", "不适用", "非联合体", "独立投标", "不是", "无联合体", "否独立投标", "是"})
_ORGANISATION: Final = re.compile(
    r"(?:公司|集团|厂|店|商行|银行|院|所|中心|合作社|部|馆|局|会|学校|大学|学院|场|站|队|处|个体户|企业|工作室|超市|药房|社|坊|\b(?:ltd|inc|llc|gmbh|co)\.?)$",
    re.IGNORECASE,
)
_MAY_BE: Final = re.compile(r"[0-9A-Za-z*\uff10-\uff19][-0-9A-Za-z*\uff10-\uff19\uff21-\uff3a ]{7}")
_COMPANY_STARTS: Final = ("91", "92", "93")
_JOINED: Final = re.compile(r"^(?:以及|[与和及&+])\s*")
_BRACKETS: Final = re.compile(r"[(（][^()（）]*[)）]$")


Test = Callable[[str], bool]


class Named(NamedTuple):
    """Somebody in a cell; one of both may be blank."""

    name: str
    number: str


def in_cell(cell: str) -> list[Named]:
    """Whoever stands in one cell, in order."""
    cell = text(cell)
    if not cell or cell in _NOBODY:
        return []
    if _PARTS.search(cell) is None:
        return [Named(_line(cell), "")]
    if _ALONE.fullmatch(parsing.fold(cell)) and any(c.isdigit() for c in cell):
        return [Named("", _line(cell))]
    found: list[Named] = []
    for part in _SEPARATORS.split(normalize("NFKC", characters.standard(cell))):
        for name, number in _of_part(part):
            if number and not name and found and not found[-1].number:
                found[-1] = Named(found[-1].name, number)
            elif name and not number and found and not found[-1].name:
                found[-1] = Named(name, found[-1].number)
            elif (name or number) and name not in _NOBODY:
                found.append(Named(name, number))
    return found


def paired(names: str, numbers: str) -> list[Named]:
    """Whoever stands in a cell of names and one of numbers; either may hold both."""
    of_numbers = in_cell(numbers)
    if not any(one.number for one in of_numbers):
        of_numbers = [Named("", _line(text(numbers)))] if text(numbers) else []
    if not of_numbers:
        return in_cell(names)
    if all(one.name for one in of_numbers):
        return of_numbers
    of_names = in_cell(names) if len(of_numbers) > 1 or _PARTS.search(names) else []
    if len(of_numbers) == 1 and not any(one.number for one in of_names):
        name = _line(text(names))
        return [Named("" if name in _NOBODY else name, of_numbers[0].number)]
    if len(of_names) == len(of_numbers):
        return [Named(a.name or b.name, b.number or a.number) for a, b in zip(of_names, of_numbers, strict=True)]
    return [*of_numbers, *of_names]


def _of_part(part: str) -> Iterator[tuple[str, str]]:
    numbers = [found for found in _NUMBER.finditer(part) if _is_number(found[0])]
    if not numbers:
        yield _name(part), ""
        return
    is_first = not _name(part[: numbers[0].start()])
    for place, found in enumerate(numbers):
        if is_first:
            end = numbers[place + 1].start() if place + 1 < len(numbers) else len(part)
            rest = part[found.end() : end]
        else:
            start = numbers[place - 1].end() if place else 0
            rest = part[start : found.start()]
            if place + 1 == len(numbers):
                rest += part[found.end() :]
        name = _name(rest)
        yield (_JOINED.sub("", name) if place else name), found[0]


def _is_number(token: str) -> bool:
    return sum(c.isdigit() or c == "*" for c in token) >= _DIGITS


def _name(part: str) -> str:
    bare = _WORDS_OF_NUMBERS.sub("", part) if not _ORGANISATION.search(part.strip()) else part
    bare = _EMPTY.sub("", bare).strip()
    while bare and bare[0] in _ENDS and not (bare[0] in "(（[【" and _closes(bare)):
        bare = bare[1:]
    while bare and bare[-1] in _ENDS and not (bare[-1] in ")）]】" and _opens(bare)):
        bare = bare[:-1]
    return _line(bare)


def _closes(part: str) -> bool:
    return any(c in ")）]】" for c in part)


def _opens(part: str) -> bool:
    return any(c in "(（[【" for c in part)


def _line(cell: str) -> str:
    """A cell on one line: what a spreadsheet breaks into lines is asked about in one."""
    return " ".join(cell.split())


# ---- what cells look like


def is_organisations_name(name: str) -> bool:
    """Whether a name ends as those of organisations do."""
    bare = _BRACKETS.sub("", text(name))
    return _ORGANISATION.search(bare) is not None


def is_persons_number(cell: str) -> bool:
    """Whether a cell is a citizen number that is valid, or masked (and no unified code of the market regulator)."""
    read = parsing.read(cell, "", SubjectClass.PERSON)
    is_masked = "*" in read.value and not read.is_malformed and not read.value.startswith(_COMPANY_STARTS)
    return read.scheme is Scheme.CITIZEN_ID and (read.is_sound or is_masked)


def is_sound_code(cell: str) -> bool:
    """Whether a cell is a valid number of an organisation, which a citizen number may be by chance."""
    return parsing.read(cell, "", SubjectClass.ORGANISATION).is_sound


def is_organisations_number(cell: str) -> bool:
    """Whether a cell is a valid number of an organisation, and not a citizen number."""
    return is_sound_code(cell) and not is_persons_number(cell)


def has_shape(cell: str) -> bool:
    """Whether a cell has the look of a number that a document may have, right or wrong."""
    folded = parsing.fold(cell)
    return _ALONE.fullmatch(folded) is not None and _is_number(folded)


def is_somebodys(cell: str, *, is_short_too: bool = False) -> bool:
    """Whether a cell is or holds a valid number of a person or organisation, or a masked one of a person. One of less
    than 18 characters fits its check too often by chance: it counts where the label is that of numbers."""
    if _MAY_BE.search(cell) is None:
        return False
    return any(
        (is_short_too or len(parsing.fold(number)) == parsing.UNIFIED_LENGTH)
        and (is_persons_number(number) or is_organisations_number(number))
        for number in (text(cell), *(one.number for one in in_cell(cell)))
        if number
    )


def share(cells: Sequence[str], test: Test) -> float:
    """The share of cells that pass a test, 0 of none."""
    return sum(map(test, cells)) / len(cells) if cells else 0.0


def is_any(test: Test) -> Test:
    """A test that holds of a cell when it holds of the cell itself, or of a number of anybody in it."""
    return lambda cell: test(cell) or any(one.number and test(one.number) for one in in_cell(cell))
