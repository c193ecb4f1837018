"""Settings: where they come from, what is refused, and that docs/settings.md tells of each one."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from xingate_server import settings
from xingate_server.cores import available_cores
from xingate_server.settings import InvalidSettingsError, Settings, load

DOCS = Path(__file__).parents[3] / "docs" / "settings.md"
ROW = re.compile(r"^\| `([a-z_.]+)` \| `([A-Z_]+)` \| (?:`([^`]*)`)? ?\| (.+) \|$", re.MULTILINE)


@pytest.fixture(autouse=True)
def _apart(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No file and no environment of the machine."""
    monkeypatch.chdir(tmp_path)
    for name in list(os.environ):
        if name.startswith("XINGATE_"):
            monkeypatch.delenv(name)


def _leaves(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, object]]:
    for name, field in model.model_fields.items():
        default = field.default
        if isinstance(default, BaseModel):
            yield from _leaves(type(default), f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", default


def test_docs_tell_of_every_setting_with_its_variable_and_default() -> None:
    told = {name: (variable, default) for name, variable, default, _ in ROW.findall(DOCS.read_text(encoding="utf-8"))}
    wanted = {name: ("XINGATE_" + name.upper().replace(".", "__"), str(default)) for name, default in _leaves(Settings)}
    assert told == wanted


def test_defaults_listen_on_loopback_with_one_worker_for_each_core() -> None:
    found = load()
    assert found.server.host == "127.0.0.1"
    assert (found.server.http_port, found.server.grpc_port) == (8080, 50051)
    assert found.server.worker_count == available_cores()
    assert found.server.insecure_allow_remote is False


def test_command_line_before_environment_before_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = 'state = "from-file"\n[server]\nhttp_port = 1\ngrpc_port = 2\nworkers = 3\n'
    (tmp_path / "xingate.toml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("XINGATE_SERVER__GRPC_PORT", "20")
    monkeypatch.setenv("XINGATE_SERVER__WORKERS", "30")
    found = load(server={"workers": 4})
    assert str(found.state) == "from-file"
    assert (found.server.http_port, found.server.grpc_port, found.server.workers) == (1, 20, 4)
    assert found.server.worker_count == 4


def test_config_variable_names_the_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    other = tmp_path / "other.toml"
    other.write_text('log_level = "error"\n', encoding="utf-8")
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(other))
    assert load().log_level == "error"
    monkeypatch.setenv(settings.CONFIG_VARIABLE, str(tmp_path / "none.toml"))
    with pytest.raises(InvalidSettingsError, match=r"none\.toml`, which is not a file"):
        load()
    (tmp_path / "xingate.toml").write_text('log_level = "debug"\n', encoding="utf-8")
    monkeypatch.setenv(settings.CONFIG_VARIABLE, "")
    assert load().log_level == "debug", "an empty variable counts as not set"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[server]\nhtpp_port = 1\n", r"`server\.htpp_port`: extra inputs"),
        ("[server]\nhttp_port = 70000\n", r"`server\.http_port`: input should be less"),
        ("[server]\nworkers = 0\n", r"`server\.workers`"),
        ('colour = "red"\n', "`colour`: extra inputs"),
        ("state = \n", r"`xingate\.toml` cannot be read"),
        (
            '[catalogue]\ndocument_no = "1"\n',
            r"`catalogue\.document_no`: value error, a table of catalogue name to number",
        ),
        ("[catalogue.document_no]\nshiyan2017 = 1\n", r"`catalogue\.document_no\.shiyan2017`: input should be a valid"),
        ('[catalogue.document_no]\nshiyan2017 = "\\u0007"\n', r"`catalogue\.document_no`: value error, the number of"),
    ],
)
def test_what_cannot_be_is_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "xingate.toml").write_text(text, encoding="utf-8")
    with pytest.raises(InvalidSettingsError, match=said):
        load()


def test_document_numbers_come_from_the_file_or_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    text = '[catalogue.document_no]\nshiyan2017 = " 示例政发〔2017〕1号 "\n'
    (tmp_path / "xingate.toml").write_text(text, encoding="utf-8")
    assert load().catalogue.document_no == {"shiyan2017": "示例政发〔2017〕1号"}
    monkeypatch.setenv("XINGATE_CATALOGUE__DOCUMENT_NO", '{"example": "示例2号"}')
    assert load().catalogue.document_no["example"] == "示例2号"


def test_a_misspelt_variable_of_a_section_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XINGATE_SERVER__HTPP_PORT", "1")
    with pytest.raises(InvalidSettingsError, match="htpp_port"):
        load()


def test_settings_are_frozen() -> None:
    with pytest.raises(ValidationError):
        load().log_level = "debug"  # type: ignore[misc] # that is the test
