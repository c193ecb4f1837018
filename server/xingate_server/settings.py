"""What an operator can set: `xingate.toml`, then the environment (`XINGATE_...`), then the command line.

One frozen model, read once in `wiring` or `cli` and passed on. Every setting stands in docs/settings.md, which a
test compares with this model.
"""

import os
from collections.abc import Mapping
from datetime import date
from ipaddress import IPv4Network, IPv6Network
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    StringConstraints,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_settings import (
    BaseSettings,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
    SettingsError,
    TomlConfigSettingsSource,
)

from xingate_server.core.catalogue import Posture
from xingate_server.core.names.search import THRESHOLD
from xingate_server.cores import available_cores
from xingate_server.option_values import read_days, read_window

CONFIG_VARIABLE = "XINGATE_CONFIG"
DEFAULT_CONFIG = Path("xingate.toml")


class InvalidSettingsError(ValueError):
    """A setting is unknown or has a value that it cannot have; the text says which, and where to look."""


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class ServerSettings(_Part):
    """Where the gateway listens, and how much it takes. A port of 0 takes a free one; without `workers`
    there is one per core. `public_url` is where callers find it over HTTP, when that is another address;
    `trusted_proxies` are those whose word for the scheme is taken. Without `fast_http`, HTTP is served by
    aiohttp's documented parts alone, more slowly."""

    host: str = "127.0.0.1"
    http_port: int = Field(8080, ge=0, le=65535)
    grpc_port: int = Field(50051, ge=0, le=65535)
    workers: int | None = Field(None, ge=1, le=256)
    public_url: str = Field("", pattern=r"^(https?://[^\s?#]*[^\s?#/])?$")
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = ()
    insecure_allow_remote: bool = False
    most_message_bytes: int = Field(4 * 1024 * 1024, ge=1024, le=256 * 1024 * 1024)
    most_in_flight: int = Field(2048, ge=1, le=65_536)
    drain_s: float = Field(10.0, ge=0, le=600)
    fast_http: bool = True

    @property
    def worker_count(self) -> int:
        """How many worker processes there are."""
        return self.workers or available_cores()


class AnchorSettings(_Part):
    """Where checkpoints are pushed, outside the operator's reach: a folder or a URL. `every_s` is the least time
    between two of them."""

    folder: str = ""
    url: str = ""
    every_s: float = Field(10.0, ge=0, le=86_400)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if self.folder and self.url:
            raise ValueError("give a folder or a URL, not both")
        if self.url and not self.url.startswith(("https://", "http://")):
            raise ValueError("the URL begins with https:// or http://")
        return self


class TraceSettings(_Part):
    """The log of lookups. `origin` names it on first use; empty: at random, or what it has already. `dsn` is the
    address of the PostgreSQL database, a secret."""

    store: Literal["sqlite", "postgres"] = "sqlite"
    dsn: SecretStr = SecretStr("")
    origin: str = ""
    lock_wait_s: float = Field(5.0, gt=0, le=60)
    anchor: AnchorSettings = AnchorSettings()


class SnapshotSettings(_Part):
    """The snapshots. `poll_s` is how often a new one is looked for."""

    poll_s: float = Field(1.0, gt=0, le=60)


class CatalogueSettings(_Part):
    """What an operator knows of a catalogue's documents. `document_no` is a catalogue's name -> the number of its
    instrument, where the catalogue leaves that to the operator."""

    document_no: dict[str, Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]] = {}

    @field_validator("document_no", mode="before")
    @classmethod
    def _is_table(cls, numbers: object) -> object:
        if not isinstance(numbers, dict):
            raise ValueError("a table of catalogue name to number is expected")  # noqa: TRY004 (pydantic reads it)
        return numbers

    @field_validator("document_no")
    @classmethod
    def _printable(cls, numbers: dict[str, str]) -> dict[str, str]:
        for name, number in numbers.items():
            if not number.isprintable():
                raise ValueError(f"the number of `{name}` contains characters that cannot be printed")
        return numbers


def _table(value: object) -> object:
    if not isinstance(value, dict | SourceSettings):
        raise ValueError("a table such as [sources.city_list] with `files` is expected")  # noqa: TRY004 (pydantic)
    return value


class SourceSettings(_Part):
    """One kind of list. `files` are patterns of file names (`*`, `?`, `[...]`, `**`), each for one file, the newest
    that fits (`wiring.compiling.source_files`), or names with the day of their data, `PATH@YYYY-MM-DD`. The others are
    the options of these names: `map` is a file, `coverage` is FROM..TO or FROM.., `max_age` a number of days."""

    files: tuple[str, ...] = ()
    map: Path | None = None
    coverage: Annotated[tuple[date, date | None] | None, BeforeValidator(lambda text: read_window(str(text)))] = None
    require: bool = False
    max_age: Annotated[int | None, BeforeValidator(lambda text: read_days(str(text)))] = None

    @model_validator(mode="after")
    def _is_something(self) -> Self:
        if not (self.files or self.require):
            raise ValueError("`files` is missing: at least one pattern is expected, or `require = true`")
        return self


class SourcesSettings(BaseModel):
    """What `compile` takes where the command line does not say it: a table for each kind of list beside these."""

    model_config = ConfigDict(frozen=True, extra="allow", hide_input_in_errors=True)
    __pydantic_extra__: dict[str, Annotated[SourceSettings, BeforeValidator(_table)]] = Field(init=False)

    catalogue: tuple[str, ...] = Field(("shiyan2017",), min_length=1)
    posture: Posture = Posture.AS_PLANNED_2017
    calendar: tuple[Path, ...] = ()
    name_threshold: float = Field(THRESHOLD, ge=0, le=1)

    @property
    def kinds(self) -> Mapping[str, SourceSettings]:
        """The table of each kind of list."""
        return self.__pydantic_extra__ or {}


class Settings(BaseSettings):
    """All of it. `state` is the state directory."""

    model_config = SettingsConfigDict(
        env_prefix="XINGATE_",
        env_nested_delimiter="__",
        env_ignore_empty=True,
        frozen=True,
        extra="forbid",
        hide_input_in_errors=True,
    )

    state: Path = Path(".xingate")
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["auto", "json", "console"] = "auto"
    server: ServerSettings = ServerSettings()
    trace: TraceSettings = TraceSettings()
    snapshot: SnapshotSettings = SnapshotSettings()
    catalogue: CatalogueSettings = CatalogueSettings()
    sources: SourcesSettings = SourcesSettings()

    @field_validator("state", mode="before")
    @classmethod
    def _named(cls, state: object) -> object:
        if state == "":
            raise ValueError("a folder is expected, such as .xingate")
        return state

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """The command line first, then the environment, then the file; no `.env` and no secret files."""
        return init_settings, env_settings, TomlConfigSettingsSource(settings_cls, _config_file())


def load(**given: Any) -> Settings:
    """The settings, `given` (nested mappings) before all else. Raises InvalidSettingsError."""
    try:
        return Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        text = f"setting `{name}`: {first['msg'][:1].lower()}{first['msg'][1:]}; see docs/settings.md"
        raise InvalidSettingsError(text) from None
    except SettingsError as error:
        raise InvalidSettingsError(f"a setting in the environment cannot be read: {error}") from None
    except (OSError, ValueError) as error:
        raise InvalidSettingsError(f"the file `{_config_file()}` cannot be read: {error}") from None


def _config_file() -> Path:
    named = os.environ.get(CONFIG_VARIABLE)
    if not named:  # an empty variable counts as not set
        return DEFAULT_CONFIG
    if not Path(named).is_file():
        raise InvalidSettingsError(f"{CONFIG_VARIABLE} names `{named}`, which is not a file")
    return Path(named)
