"""Which column is which: headers in codes or in Chinese labels, in any order.

Compared after NFKC, without white space, `*` marks and case. Two columns of one name, or two names of one column,
are a fault; columns that are not known are kept by the caller in `raw`.
"""

import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path

from xingate_adapters.reading.errors import SourceError, quoted

Labels = Mapping[str, Sequence[str]]
"""Field -> the labels it may have in a header, code first, then Chinese."""


def fold(label: str) -> str:
    """A header's label in the form in which labels are compared."""
    folded = unicodedata.normalize("NFKC", label)
    return "".join(c for c in folded if not c.isspace() and c not in "*\ufeff\u200b").upper()


def inverted(labels: Labels) -> dict[str, str]:
    """Folded label -> field."""
    return {fold(label): field for field, names in labels.items() for label in names}


def names(header: Sequence[str]) -> list[str]:
    """The header's own names, for `raw`; a column without one is named by its place."""
    return [label.strip().strip("\ufeff") or f"column {place}" for place, label in enumerate(header, 1)]


def check_unique(file: Path, row: int, header: Sequence[str]) -> None:
    """Two columns of the same name cannot be told apart."""
    seen: set[str] = set()
    for label in header:
        folded = fold(label)
        if folded and folded in seen:
            raise SourceError(
                "the column stands twice", file=file, row=row, column=label, hint="remove or rename one of them"
            )
        seen.add(folded)


def places(file: Path, row: int, header: Sequence[str], known: Mapping[str, str]) -> dict[str, int]:
    """Field -> place in the row, from a header and a table made by `inverted`."""
    check_unique(file, row, header)
    found: dict[str, int] = {}
    for place, label in enumerate(header):
        field = known.get(fold(label))
        if field is None:
            continue
        if field in found:
            raise SourceError(
                f"the column says the same as column {quoted(header[found[field]])}",
                file=file,
                row=row,
                column=label,
                hint="remove one of them",
            )
        found[field] = place
    return found


def labelled(header: Sequence[str], known: Mapping[str, str]) -> dict[str, str]:
    """Field -> the column of `header` that it is read from."""
    return {field: label for label in header if (field := known.get(fold(label))) is not None}


def require(
    file: Path, row: int, found: Mapping[str, int], labels: Labels, required: Sequence[str | tuple[str, ...]]
) -> None:
    """Every required field (of a tuple: one of them) has a column; all that lack are named."""
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
            hint="see docs/sources.md for the columns of this kind",
        )
