"""Which column is which: headers in codes or in Chinese labels, in any order.

Labels are compared after NFKC, without white space, invisible characters, `*` marks, a colon at the end and case;
`、` and `或` are `/`. A label that is not known so is tried without a number before or behind it, without what stands
in brackets, by what stands in brackets alone, and under a group's label. A label that names a person in brackets
(`身份证号（法人）`) is that person's. Two columns of one name, or two names of one column, are a fault; columns that
are not known are kept by the caller in `raw`.
"""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from xingate_adapters.reading.errors import SourceError, quoted
from xingate_server.core import characters

Labels = Mapping[str, Sequence[str]]
"""Field -> the labels it may have in a header, code first, then Chinese."""

_OR = re.compile(r"或者|或|、")
_NUMBER_BEFORE = re.compile(
    r"(?:\(?[0-9]{1,2}[).:/]|\([0-9]{1,2}\)|[0-9]{1,2}-|[一二三四五六七八九十]{1,3}/|\([一二三四五六七八九十]{1,3}\))(?=\D)"
)
_NUMBER_AND_BLANK = re.compile(r"^\d{1,2}\s+(?=\D)")
_NUMBER_BEHIND = re.compile(r"(?<=[^0-9])[_-]?[0-9]{1,2}$")
_BRACKETS = re.compile(r"[(\[{【〔〈<]([^()\[\]{}【】〔〕〈〉<>]*)[)\]}】〕〉>]")
_ROLE = re.compile(
    r"法定代表人|法人代表|负责人|代表人|联系人|经办人|股东|董事|监事|高管|实际控制人|经理|监护人|受益人|委托人|签署人"
)
_NAMES = ("姓名", "名称", "姓名/名称")


class Label(str):
    """The label of a column under a group's label; as text, both together."""

    __slots__ = ("group", "part")
    group: str
    part: str

    @classmethod
    def of(cls, group: str, part: str) -> "Label":
        """The label of the part `part` of `group`."""
        label = cls(group + part)
        label.group, label.part = group, part
        return label


def fold(label: str) -> str:
    """A header's label in the form in which labels are compared."""
    folded = unicodedata.normalize("NFKC", characters.standard(label))
    folded = "".join(c for c in folded if not c.isspace() and c != "*").upper()
    return _OR.sub("/", folded).rstrip(":") or folded


def inverted(labels: Labels) -> dict[str, str]:
    """Folded label -> field."""
    return {fold(label): field for field, names in labels.items() for label in names}


def names(header: Sequence[str]) -> list[str]:
    """The header's own names, for `raw`; a column without one is named by its place."""
    return [label.strip().strip("\ufeff") or f"column {place}" for place, label in enumerate(header, 1)]


def readings(label: str) -> list[str]:
    """The folded forms in which a label may be known, the surest first: itself, then weaker ones."""
    if isinstance(label, Label):
        return list(dict.fromkeys(_of_group(label)))
    return list(dict.fromkeys(_forms(label)))


def _unnumbered(label: str) -> str:
    """A label without a number before it that folding would make a part of the label: a circled one, or one that a
    blank parts from it."""
    return _NUMBER_AND_BLANK.sub("", label.strip().lstrip("①②③④⑤⑥⑦⑧⑨⑩⑪⑫⑬⑭⑮⑯⑰⑱⑲⑳"), count=1)


def _of_group(label: Label) -> Iterator[str]:
    yield fold(label)
    for group in _forms(label.group):
        for part in _forms(label.part):
            yield group + part
            if part in _NAMES:
                yield group
            if not _is_of_person(group):
                yield part


def _forms(label: str) -> Iterator[str]:
    plain = fold(_unnumbered(label))
    yield fold(label)
    yield plain
    plain = _NUMBER_BEFORE.sub("", plain, count=1)
    yield plain
    inner = [found for found in _BRACKETS.findall(plain) if found]
    outer = _BRACKETS.sub("", plain).rstrip(":")
    roles = [part for part in inner if _is_of_person(part)]
    if roles and outer and not _is_of_person(outer):
        for role in roles:
            yield ("法定代表人" if role in ("法人", "法人代表") else role) + outer
        return
    if outer:
        yield outer
        yield _NUMBER_BEHIND.sub("", outer)
    yield from inner


def _is_of_person(label: str) -> bool:
    """Whether a label says that something is of a person who stands to the subject in some role."""
    return label == "法人" or _ROLE.search(label) is not None


def match(
    header: Sequence[str], wanted: Iterable[str], file: Path | None = None, row: int = 0
) -> tuple[dict[str, int], dict[str, int]]:
    """Wanted folded label -> place in the row: those that a column has as they are, and those that it has in a weaker
    reading. Each column is found once. Raises SourceError, if `file` is given, when two columns are the same weakly."""
    known = set(wanted)
    exact: dict[str, int] = {}
    rest: list[tuple[int, str]] = []
    for place, label in enumerate(header):
        folded = fold(label)
        if folded in known:
            exact.setdefault(folded, place)
        elif folded:
            rest.append((place, label))
    weak: dict[str, int] = {}
    for place, label in rest:
        reading = next((one for one in readings(label) if one in known), None)
        if reading is None or reading in exact:
            continue
        if reading in weak:
            if file is not None:
                raise _same(file, row, header[weak[reading]], label)
            continue
        weak[reading] = place
    return exact, weak


def _same(file: Path, row: int, first: str, second: str) -> SourceError:
    return SourceError(
        f"the column says the same as column {quoted(first)}",
        file=file,
        row=row,
        column=second,
        hint="remove one of them",
    )


def check_unique(file: Path, row: int, header: Sequence[str]) -> None:
    """Two columns of the same name cannot be distinguished."""
    seen: set[str] = set()
    for label in header:
        folded = fold(label)
        if folded and folded in seen:
            raise SourceError(
                "the column appears twice", file=file, row=row, column=label, hint="remove or rename one of them"
            )
        seen.add(folded)


def places(file: Path, row: int, header: Sequence[str], known: Mapping[str, str]) -> dict[str, int]:
    """Field -> place in the row, from a header and a table made by `inverted`."""
    check_unique(file, row, header)
    exact, weak = match(header, known, file, row)
    found: dict[str, int] = {}
    for label, place in exact.items():
        field = known[label]
        if field in found:
            raise _same(file, row, header[found[field]], header[place])
        found[field] = place
    surely = set(found)
    for label, place in weak.items():
        field = known[label]
        if field in surely:
            continue
        if field in found:
            raise _same(file, row, header[found[field]], header[place])
        found[field] = place
    return found


def labelled(header: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Field -> the column of `header` that it is read from."""
    exact, weak = match(header, known)
    found = {known[label]: header[place] for label, place in weak.items()}
    return found | {known[label]: header[place] for label, place in exact.items()}


def require(
    file: Path,
    row: int,
    found: Mapping[str, int],
    labels: Labels,
    required: Sequence[str | tuple[str, ...]],
    hint: Callable[[], str] = str,
) -> None:
    """Every required field (of a tuple: one of them) has a column; all that lack are named. `hint` says what to do, ""
    for what is usual."""
    missing = []
    for need in required:
        fields = (need,) if isinstance(need, str) else need
        if not any(field in found for field in fields):
            missing.append(" or ".join(f"`{' / '.join(labels[field][:2])}`" for field in fields))
    if missing:
        raise SourceError(
            f"missing column {', '.join(missing)}",
            file=file,
            row=row,
            expected="a header in codes or in Chinese labels",
            hint=hint() or "see docs/sources.md for the columns of this kind",
        )
