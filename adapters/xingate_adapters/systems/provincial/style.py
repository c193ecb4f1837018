"""How one province's interface names and numbers things: a TOML file, with nothing about polarity taken for granted.

    [polarity]            # differs between systems: 1 and 2 in one, 1 and 0 in another
    punishment = "1"
    incentive = "2"

    [subject_types]       # their code = a kind of subject
    "1" = "legal_entity"
    "2" = "natural_person"

    [results]             # their code = what was done with a measure
    "1" = "applied"
    "2" = "other"

    [fields]              # our word = their name, where it is not the default
    matter_code = "sxbm"

The default field names are invented; a province's own stand in its file.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from xingate_adapters.systems.errors import MappingFileError
from xingate_adapters.systems.mapping import read_toml, told

__all__ = ["FEEDBACK", "QUERY", "Polarity", "Style", "load_style"]

QUERY: Mapping[str, str] = {
    "matter_code": "itemCode",
    "subject_code": "subjectCode",
    "subject_name": "subjectName",
    "subject_type": "subjectType",
    "department": "department",
    "operator": "operator",
    "area": "area",
    "serial": "serialNo",
}
FEEDBACK: Mapping[str, str] = {
    "request_id": "requestId",
    "measure_id": "measureId",
    "result": "result",
    "reason": "reason",
    "amount": "amount",
    "basis": "basis",
    "date": "date",
    "operator": "operator",
}
_Code = Annotated[str, StringConstraints(min_length=1, max_length=32)]
_Name = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_.-]{0,63}$")]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Polarity(_Part):
    """Which code means what. There is no default: systems contradict each other."""

    punishment: _Code
    incentive: _Code

    @model_validator(mode="after")
    def _differ(self) -> "Polarity":
        if self.punishment == self.incentive:
            raise ValueError("punishment and incentive have the same code")
        return self


class Style(_Part):
    """One province's interface. `ignored`: fields of its signature; `encrypted`: fields whose presence means a body
    that cannot be read. `cannot_tell` is the code of an answer that gives no conclusion, never that of success."""

    polarity: Polarity
    subject_types: Mapping[_Code, Literal["legal_entity", "sole_trader", "natural_person"]] = Field(min_length=1)
    results: Mapping[_Code, Literal["applied", "not_applied", "other"]] = Field(min_length=1)
    fields: Mapping[str, _Name] = Field(default_factory=dict)
    ignored: tuple[_Name, ...] = ("appId", "timestamp", "nonce", "sign")
    encrypted: tuple[_Name, ...] = ("cipher", "encryptData")
    success: _Code = "0"
    cannot_tell: _Code = "1"
    namespace: str = "urn:example:credit"

    @model_validator(mode="after")
    def _is_clear(self) -> "Style":
        unknown = sorted(set(self.fields) - set(QUERY) - set(FEEDBACK))
        if unknown:
            raise ValueError(f"fields has unknown words: {', '.join(unknown)}")
        for words in (QUERY, FEEDBACK):
            names = [self.name(word, words) for word in words]
            clash = sorted(
                {name for name in names if names.count(name) > 1 or name in (*self.ignored, *self.encrypted)}
            )
            if clash:
                raise ValueError(f"two fields have the name {', '.join(clash)}")
        if self.success == self.cannot_tell:
            raise ValueError("success and cannot_tell have the same code: nobody could tell a pass from no answer")
        return self

    def name(self, word: str, words: Mapping[str, str]) -> str:
        """Their name of one of our words."""
        return self.fields.get(word, words[word])


def load_style(path: Path | str) -> Style:
    """Read a style file. Raises MappingFileError with all that is wrong."""
    path = Path(path)
    try:
        return Style.model_validate(read_toml(path))
    except ValidationError as error:
        raise MappingFileError(f"`{path}`: {told(error)}") from None
