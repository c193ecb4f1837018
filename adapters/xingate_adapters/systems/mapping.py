"""Which action stands behind a matter code (事项编码): a TOML file that the bureau keeps.

    [matters."SL-SPJY-01"]
    title = "示例食品经营许可"
    acceptance = "permit.accept"
    decision = "permit.grant"
    papers_by_law = ["示例场所合法使用证明"]   # required by law or regulation: no tolerance covers them (Cl. 5)
    context = { domain = "food" }              # attributes that some measures ask for

Everything that is wrong with a file is told at once, with its place. Whether the actions exist is the catalogue's to
say: `MatterMap.require_actions`.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from xingate import Client, Identifier
from xingate_adapters.systems.errors import MappingFileError, UnknownMatterError

__all__ = ["Matter", "MatterMap", "load_matter_map"]

_MOST_BYTES = 4_194_304
_Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=256)]
_Action = Annotated[str, StringConstraints(pattern=r"^[a-z_]+(\.[a-z_]+)+$")]


class Matter(BaseModel):
    """A kind of matter: what is done at acceptance and at decision, as actions of the catalogue."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    title: _Text
    acceptance: _Action
    decision: _Action
    papers_by_law: tuple[_Text, ...] = ()
    context: Mapping[_Text, _Text] = Field(default_factory=dict)


class MatterMap(BaseModel):
    """All matters of a bureau by their codes."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    matters: Mapping[_Text, Matter] = Field(min_length=1)

    def of(self, code: str) -> Matter:
        """The matter of a code. Raises UnknownMatterError."""
        found = self.matters.get(code.strip())
        if found is None:
            text = f"matter code `{_short(code)}` is in no mapping: add it to the mapping file before files are taken"
            raise UnknownMatterError(text)
        return found

    def require_actions(self, client: Client) -> None:
        """Raises MappingFileError if the gateway's catalogue lacks an action; one call, at start."""
        known = {action.id for action in client.actions()}
        wrong = [
            f"matters.{code}: the catalogue has no action `{action}`"
            for code, matter in self.matters.items()
            for action in dict.fromkeys((matter.acceptance, matter.decision))
            if action not in known
        ]
        if wrong:
            raise MappingFileError("; ".join(wrong))


def load_matter_map(path: Path | str) -> MatterMap:
    """Read a mapping file. Raises MappingFileError with all that is wrong."""
    path = Path(path)
    try:
        return MatterMap.model_validate(read_toml(path))
    except ValidationError as error:
        raise MappingFileError(f"`{path}`: {told(error)}") from None


def read_toml(path: Path) -> dict[str, object]:
    """The tables of a TOML file. Raises MappingFileError."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise MappingFileError(f"`{path}` is too large: expected at most {_MOST_BYTES} bytes")
        return tomllib.loads(content.decode("utf-8-sig"))
    except OSError as error:
        raise MappingFileError(f"`{path}` cannot be read: {error.strerror}") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError, RecursionError) as error:
        raise MappingFileError(f"`{path}` is not TOML in UTF-8: {error}") from None


def told(error: ValidationError) -> str:
    """All that is wrong, each with its place."""
    lines = []
    for fault in error.errors(include_url=False, include_input=False):
        place = ".".join(str(part) for part in fault["loc"])
        text = re.sub(r"^Value error, ", "", fault["msg"])
        lines.append(f"{place}: {text[0].lower()}{text[1:]}" if place else text)
    return "; ".join(lines)


def _short(text: str) -> str:
    """What was sent, as a message may show it: printable, not long, and no citizen number."""
    shown = Identifier("", text.strip()).shown()[:64]
    return "".join(one if one.isprintable() else "?" for one in shown)
