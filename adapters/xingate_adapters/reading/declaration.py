"""What a source says of itself: `source.toml`, checked."""

import tomllib
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field


class SourceDeclaration(BaseModel):
    """Who issues the list, which list types it can hold, and when it is too old or has shrunk too much.

    `provides` names every list type that the source may hold: an action depends on the sources that provide a list
    type which could give it a measure. `max_age_days` is how long the list answers after its own day;
    `shrink_threshold` the share of rows (0 to 1) that may vanish between two compiles without being accepted.
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


def read_declaration(file: Path) -> SourceDeclaration:
    """Read and check a `source.toml`; a fault in it is a fault of this package (pydantic's ValidationError)."""
    return SourceDeclaration.model_validate(tomllib.loads(file.read_text(encoding="utf-8")))
