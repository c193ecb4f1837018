"""What a mapping file may say: how a list in a layout of its own is read without code.

A mapping (TOML) says which columns are which fields of a record, which value stands where a column is lacking or
blank, and which words of the list mean which words of ours; for lists of several rows an entry also which rows belong
together, which of them has the main name, and of which columns a name is made. What it cannot say: one cell that means
several fields, and dates in words. Such a list needs a `map.py`. The reading itself is in `mapped`.
"""

import tomllib
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from xingate_adapters.reading.cells.dates import ORDERS
from xingate_adapters.reading.faults import first_fault
from xingate_adapters.reading.mapped.labels import LABELS
from xingate_server.core.entry import fold_word
from xingate_server.core.identifiers.parsing import scheme_of
from xingate_server.core.subject import KIND_WORDS, SubjectKind

BY_SHAPE = "by_shape"
"""The scheme of a column whose codes are told apart by their shape."""
TAXPAYER_NO = "taxpayer_no"
"""The scheme of a column of taxpayers' numbers: 15 characters are a tax number, unless they are a sound registration
number without an organisation code at the end; all others are told by their shape."""
AMOUNT_WAN = "amount_wan_yuan"
"""An amount in ten-thousand yuan; the record's is in yuan."""
ENDED_ON = "ended_on"
"""The day of removal: where it is filled, the entry has exited on that day."""
SCHEME = "id_scheme"
ALIASES = "aliases"
REGISTERED_IN = "registered_in"

_TEXTS = tuple(field for field in LABELS if field not in ("code", SCHEME))
FIELDS = (*_TEXTS, SCHEME, "established", REGISTERED_IN, ALIASES, "amount_yuan", AMOUNT_WAN, ENDED_ON)
_Names = tuple[str, ...]


class MappingError(ValueError):
    """A mapping file that cannot be used; the text is one line and names the file and the key."""


class MappingFile(BaseModel):
    """A mapping as it is written. `columns` and `identifiers` give labels in the order in which they are tried, the
    first filled cell counts; `joined` makes a field of several cells where no column of it is filled; `constants`
    stand in where there is none. `words` translate whole cells, `contains` a cell that holds the text (the first that
    fits); what neither knows stays as it is, for admission to judge.

    `group_by`: rows with the same cell in this column are one entry, wherever they stand; their names, numbers and
    countries are all taken, of other fields the first that is filled, those of a main row first. A main row has one of
    `main_roles` in a column of `role`. `repeated` labels may stand twice (the first is read), `ignored` ones are known
    and not read. An entry whose kind is one of `passed_over` is counted and is none. `date_order` is that of days in
    numbers. Numbers of the schemes in `numbers_in_text` are taken out of whatever stands in their cells. `schemes`
    gives, for a kind of subject, the scheme that a word in the column of `id_scheme` means, under "" the one of all
    other numbers. `expected` are labels, or lists of labels of which one is enough, that every edition has. The day
    that the data is of stands behind `dated_by_title` above the header, or in a column of `dated_by`.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    kind: str = ""
    sheet: str = ""
    header_row: int = Field(0, ge=0, le=100)
    delimiter: str = Field("", max_length=1)
    adds_recognition_columns: bool = False
    is_register: bool = False
    group_by: _Names = ()
    role: _Names = ()
    main_roles: _Names = ()
    repeated: _Names = ()
    ignored: _Names = ()
    passed_over: _Names = ()
    date_order: str = ""
    numbers_in_text: _Names = ()
    dated_by_title: str = ""
    dated_by: _Names = ()
    columns: dict[str, _Names]
    joined: dict[str, _Names] = {}
    identifiers: dict[str, _Names] = {}
    schemes: dict[str, dict[str, str]] = {}
    constants: dict[str, str] = {}
    words: dict[str, dict[str, str]] = {}
    contains: dict[str, dict[str, str]] = {}
    required: _Names = ()
    expected: tuple[str | _Names, ...] = ()

    @model_validator(mode="after")
    def _fields_are_known(self) -> Self:
        tables: dict[str, Mapping[str, object]] = {
            "columns": self.columns,
            "joined": self.joined,
            "constants": self.constants,
            "words": self.words,
            "contains": self.contains,
        }
        for table, fields in tables.items():
            for field in fields:
                if field not in FIELDS:
                    close = get_close_matches(field, FIELDS, n=1)
                    hint = f"did you mean `{close[0]}`" if close else f"expected one of {', '.join(FIELDS)}"
                    raise ValueError(f"unknown field `{table}.{field}` of a record: {hint}")
        for field in self.required:
            if field != "identifiers" and field not in self.columns and field not in self.joined:
                raise ValueError(f"`required` names `{field}`, which has no column")
        read = set(self.read_labels())
        for label in (one for labels in self.expected for one in ((labels,) if isinstance(labels, str) else labels)):
            if label not in read:
                raise ValueError(f"`expected` names `{label}`, which the mapping does not read")
        return self

    @model_validator(mode="after")
    def _words_are_known(self) -> Self:
        if self.date_order not in ORDERS:
            raise ValueError(f"`date_order` is `{self.date_order}`: expected one of {', '.join(filter(None, ORDERS))}")
        for scheme in self.numbers_in_text:
            if not self.identifiers.get(scheme):
                raise ValueError(
                    f"`numbers_in_text` names `{scheme}`, which has no column: "
                    f"name its columns as `identifiers.{scheme}`"
                )
        for kind, schemes in self.schemes.items():
            if fold_word(kind) not in KIND_WORDS:
                raise ValueError(f"`schemes.{kind}` is not a kind of subject: expected one of {', '.join(SubjectKind)}")
            for word in schemes.values():
                try:
                    scheme_of(word)
                except ValueError as error:
                    raise ValueError(f"`schemes.{kind}`: {error}") from None
            if not self.identifiers.get(BY_SHAPE):
                raise ValueError(
                    f"`schemes.{kind}` has no column: name those of such numbers as `identifiers.by_shape`"
                )
            if any(schemes) and SCHEME not in self.columns and SCHEME not in self.constants:
                raise ValueError(f"`schemes.{kind}` names words of the list: name their column as `columns.{SCHEME}`")
        if self.main_roles and not (self.role and self.group_by):
            raise ValueError("`main_roles` needs `role` and `group_by`: the column of the role, and that of the entry")
        return self

    def read_labels(self) -> tuple[str, ...]:
        """All labels of columns that the mapping reads."""
        tables = (self.columns, self.joined, self.identifiers)
        of_fields = (label for table in tables for labels in table.values() for label in labels)
        return (*of_fields, *self.group_by, *self.role, *self.repeated, *self.dated_by)


def read_mapping(file: Path) -> MappingFile:
    """The mapping in a file. Raises MappingError."""
    try:
        return MappingFile.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise MappingError(f"cannot read the mapping `{file}`: {(error.strerror or 'no file').lower()}") from error
    except UnicodeDecodeError:
        raise MappingError(f"the mapping `{file}` is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise MappingError(f"the mapping `{file}` is not TOML: {str(error).lower()}") from error
    except ValidationError as error:
        raise MappingError(f"the mapping `{file}`: {first_fault(error, MappingFile.model_fields)}") from error
