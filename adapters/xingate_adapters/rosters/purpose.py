"""A roster that names natural persons is asked about with organisation, operator and matter, or not at all.

The gateway judges the same for every question (`purpose_missing`, DESIGN section 5); here it is judged over the whole
roster before the first question, so that no half of one is asked.
"""

from typing import Final

from xingate.errors import InvalidRequestError
from xingate.screening import RosterRow
from xingate.types import SubjectKind
from xingate_adapters.rosters.rows import PackedRows, RowReader, is_blank
from xingate_adapters.rosters.screening import Screening

_OPTIONS: Final = {"caller.organisation": "--organisation", "caller.operator": "--operator", "matter": "--matter"}


def refuse_without_purpose(screening: Screening, rows: PackedRows) -> None:
    """Raises InvalidRequestError (`purpose_missing`, with the field) if a row names a natural person, and
    organisation or operator, or the row's matter, is blank."""
    lacking = ""
    if is_blank(screening.operator):
        lacking = "caller.operator"
    if is_blank(screening.organisation):
        lacking = "caller.organisation"
    if not lacking and not is_blank(screening.matter):
        return
    reader = RowReader(screening.layout, screening.kind, screening.matter, rows.rounded)
    for number, cells in rows:
        row = reader.asked(number, cells)
        if isinstance(row, RosterRow) and _names_people(row) and (lacking or is_blank(row.matter)):
            field = lacking or "matter"
            what = field.rpartition(".")[2]
            raise InvalidRequestError(
                f"row {number} names a natural person, and people are asked about only with organisation, operator and "
                f"matter: {what} is missing; give {_OPTIONS[field]}"
                + (", or a column of matters with `--map COLUMN=matter`" if field == "matter" else ""),
                reason="purpose_missing",
                field=field,
            )


def _names_people(row: RosterRow) -> bool:
    subjects = (row.subject, *(person.subject for person in row.people))
    return any(subject.kind is SubjectKind.NATURAL_PERSON for subject in subjects)
