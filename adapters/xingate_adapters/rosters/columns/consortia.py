"""Several organisations in the cells of a subject: a consortium, the lead first.

`示例甲公司（牵头人）、示例乙公司（成员）` names two, `示例甲公司与示例乙公司联合体` does, and `示例（十堰、郧西）公司`
one. Words that also stand inside names (与, 和, 及, a blank) divide only where names of organisations end before and
after them.
"""

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from xingate_adapters.reading.cells.text import text
from xingate_adapters.rosters.columns.parties import Named, in_cell, is_organisations_name

_MARK: Final = re.compile(
    r"(?P<open>[（(【\[])|(?P<close>[)）】\]])|(?P<strong>[、；;，|｜]+|(?<=[^\x00-\x7f]),|,(?=[^\x00-\x7f]))"
    r"|(?P<weak>\s*(?:以及|[与和及&＆/／+＋])\s*|\s+)"
)
_ROLE: Final = r"(?:联合体)?(?:牵头|主办|主体|成员|其他成员)(?:人|方|单位|企业|公司)?[0-9一二三四五六七八九]*"
_ROLE_AFTER: Final = re.compile(rf"\s*[（(【\[](?:{_ROLE}|联合体)[)）】\]]\s*$")
_ROLE_BEFORE: Final = re.compile(
    rf"^\s*(?:[（(【\[]?{_ROLE}[)）】\]]?\s*[:：]|[（(【\[]{_ROLE}[)）】\]]|联合体\s*[:：])\s*"
)
_SEAL: Final = re.compile(r"\s*[（(【\[](?:加?盖)?(?:单位|企业)?(?:盖章|公章|签章|签字|已盖章|章)[)）】\]]\s*$")
_JOINT: Final = re.compile(
    r"\s*(?:等(?P<many>[0-9]+|[二两三四五六七八九十])家(?:单位|企业|公司)?)?"
    r"(?:(?:共同)?(?:组成的?)?(?:投标)?联合体)?$"
)
_MANY: Final = {word: count for count, word in enumerate("二三四五六七八九十", 2)} | {"两": 2}
_FORM: Final = re.compile(
    r"(?:(?:股份|责任|有限|集团|分|总|子)+公司|ltd|limited|inc|llc|gmbh|corp|co|company)[\s.,]*", re.IGNORECASE
)
_ONE_NAME: Final = re.compile(r"[^\W\d与和及以_]+")
_FIRM: Final = re.compile(r"(?:公司|厂|院|所|社|商行|工作室)$")


class Joint(NamedTuple):
    """The names in a cell, the lead's first. `is_sure` says that each is somebody's whole name; otherwise the cell may
    be one name. `told` is how many the cell says that there are, 0 if it says nothing."""

    names: list[str]
    is_sure: bool
    told: int


def names_in(cell: str) -> Joint:
    """The names of organisations in a cell; those who hold a role or a seal in brackets without these."""
    cell = text(cell)
    end = _JOINT.search(cell)
    whole = cell[: end.start()] if end else cell
    said = end[0].strip() if end else ""
    told = (_MANY.get(end["many"]) or int(end["many"]) if end and end["many"] else 2) if said else 0
    parts = list(_parts(whole, is_joint=bool(said)))
    names = [name for part, _ in parts if (name := bare(part))]
    is_sure = all(sure for _, sure in parts) and all(
        is_organisations_name(bare(part)) or bare(part) != part.strip() for part, _ in parts
    )
    return Joint(names, is_sure=is_sure or len(names) <= 1, told=told)


def bare(name: str) -> str:
    """A name on one line, without its role in a consortium and its seal in brackets."""
    while (shorter := _ROLE_BEFORE.sub("", _SEAL.sub("", _ROLE_AFTER.sub("", name)))) != name:
        name = shorter
    return " ".join(name.split())


def apart(one: Named) -> list[Named]:
    """Whoever stands in a name: its number is the first one's. A name that is not surely several is asked about as a
    whole too."""
    joint = names_in(one.name)
    if len(joint.names) <= 1:
        return [Named(joint.names[0] if joint.names else "", one.number)]
    first, *others = joint.names
    if not joint.is_sure:
        others = others if one.number else joint.names
        first = bare(one.name)
    return [Named(first, one.number), *(Named(name, "") for name in others)]


def consortium(names: str, numbers: str) -> list[Named] | None:
    """Whoever stands in a subject's cell of names and its cell of numbers, the lead first; None if names and numbers
    cannot be matched."""
    if _ONE_NAME.fullmatch(names) and numbers.isalnum():  # nearly every row
        return [Named(bare(names), numbers)]
    of_numbers = [one for one in in_cell(numbers) if one.number]
    of_names = in_cell(names)
    if any(one.number for one in of_names):
        found = [each for one in of_names for each in apart(one)]
        spare = [one.number for one in of_numbers if one.number not in {each.number for each in found}]
        if len(spare) == 1 and not found[0].number:
            return [Named(found[0].name, spare[0]), *found[1:]]
        return None if spare else found
    joint = names_in(names)
    is_several = len(joint.names) > 1
    if (
        of_numbers
        and all(one.name for one in of_numbers)
        and (len(of_numbers) > 1 or of_numbers[0].name in joint.names)
    ):
        found = [each for one in of_numbers for each in apart(one)]
        known = {one.name for one in found}
        return [*found, *(Named(name, "") for name in joint.names if is_several and name not in known)]
    if len(of_numbers) <= 1:
        return apart(Named(text(names), of_numbers[0].number if of_numbers else " ".join(text(numbers).split())))
    if len(joint.names) <= 1:  # the lead's, and the others are asked about by their codes
        lead, *others = of_numbers
        return [Named(joint.names[0], lead.number) if joint.names else lead, *others]
    if len(joint.names) != len(of_numbers):
        return None
    return [Named(name, one.number) for name, one in zip(joint.names, of_numbers, strict=True)]


def _parts(cell: str, *, is_joint: bool) -> Iterator[tuple[str, bool]]:
    """The parts of a cell outside brackets, and whether each surely ends where it does."""
    start = depth = 0
    is_sure = True
    for mark in _MARK.finditer(cell):
        depth = max(depth + (mark["open"] is not None) - (mark["close"] is not None), 0)
        if depth or mark["open"] or mark["close"]:
            continue
        left, right = cell[start : mark.start()], cell[mark.end() :]
        if not left.strip() or not right.strip() or _FORM.fullmatch(right.strip()):
            continue
        if mark["weak"]:
            if not (_is_organisation(left) and _begins_with_organisation(right)):
                continue
            is_sure = is_joint or bare(left) != left.strip() or _FIRM.search(left.strip()) is not None
        yield left, is_sure
        start, is_sure = mark.end(), True
    yield cell[start:], True


def _is_organisation(part: str) -> bool:
    return is_organisations_name(bare(part)) or bare(part) != " ".join(part.split())


def _begins_with_organisation(rest: str) -> bool:
    """Whether a name of an organisation ends at the next mark, or at one after it."""
    ends = [mark.start() for mark in _MARK.finditer(rest) if not mark["close"]]
    return any(_is_organisation(rest[:end]) for end in (*ends, len(rest)) if rest[:end].strip())
