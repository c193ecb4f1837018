"""What a source says of itself: `source.toml`, checked."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xingate_adapters.reading.faults import first_fault

_EXPECTED = {
    "title_zh": "a text, the list's title in Chinese",
    "title_en": "a text, the list's title in English",
    "authority": "a text, who issues the list",
    "licence": "a text, on which terms the list may be used",
    "provides": 'a list of list types, such as ["watch.key_monitoring"]',
    "is_register": "true or false",
    "max_age_days": "a whole number of days above 0",
    "shrink_threshold": "a share from 0 to 1",
    "refused_most": "a share from 0 to 1",
    "least_rows": "a whole number of rows, 0 or more",
    "elements": "tables `elements.known` and `elements.expected`, in them an element and a list of those in it",
}


class DeclarationError(ValueError):
    """A `source.toml` that cannot be used; the text is one line and names the file, the key and what was expected."""


class Elements(BaseModel):
    """The elements of an xml list, or the keys of a JSON one, by the element that they are in.

    `known` are those that may occur; what a source reads by a table of its own need not be repeated. `expected` are
    those that occur somewhere in every list of this kind.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    known: dict[str, tuple[str, ...]] = {}
    expected: dict[str, tuple[str, ...]] = {}


class SourceDeclaration(BaseModel):
    """Who issues the list, which list types it can hold, and when it is too old, too small or no longer readable.

    `provides` names every list type that the source may hold: an action depends on the sources that provide a list
    type which could give it a measure. `max_age_days` is how long the list answers after its own day;
    `shrink_threshold` the share of rows (0 to 1) that may vanish between two compiles without being accepted;
    `refused_most` the share (0 to 1) that may be unreadable; `least_rows` the number of rows below which a file is
    taken for a damaged one. Source: DESIGN section 5, "Guards" and "Schema drift".
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    title_zh: str = Field(min_length=1)
    title_en: str = Field(min_length=1)
    authority: str = Field(min_length=1)
    licence: str = Field(min_length=1)
    provides: tuple[str, ...] = ()
    is_register: bool = False
    max_age_days: int = Field(gt=0)
    shrink_threshold: float = Field(ge=0, le=1)
    refused_most: float = Field(0.05, ge=0, le=1)
    least_rows: int = Field(1, ge=0)
    elements: Elements = Elements()


def read_declaration(file: Path) -> SourceDeclaration:
    """Read and check a `source.toml`. Raises DeclarationError."""
    try:
        return SourceDeclaration.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
    except OSError as error:
        raise DeclarationError(f"cannot read `{file}`: {(error.strerror or 'no file').lower()}") from error
    except UnicodeDecodeError:
        raise DeclarationError(f"`{file}` is not UTF-8") from None
    except tomllib.TOMLDecodeError as error:
        raise DeclarationError(f"`{file}` is not TOML: {str(error).lower()}") from error
    except ValidationError as error:
        told = first_fault(error, SourceDeclaration.model_fields, _EXPECTED)
        raise DeclarationError(f"cannot use `{file}`: {told}") from error
