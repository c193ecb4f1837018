"""`xingate demo` beside an installation: what it leaves alone, and how it shows times."""

import os
import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path


def test_the_demo_keeps_to_its_own_settings(tmp_path: Path) -> None:
    """The folder names a database that is not there, the environment an anchor: neither is used."""
    anchor, folder = tmp_path / "anchor", tmp_path / "installation"
    folder.mkdir()
    anchor.mkdir()
    dsn = "postgresql://nobody@127.0.0.1:1/none"
    text = f'[trace]\nstore = "postgres"\ndsn = "{dsn}"\n[server]\nhost = "192.0.2.1"\n'
    (folder / "xingate.toml").write_text(text, encoding="utf-8")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("XINGATE_")}
    environment |= {"XINGATE_TRACE__ANCHOR__FOLDER": str(anchor), "xingate_trace__anchor__every_s": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "xingate_server.cli", "demo"],
        cwd=folder,
        env=environment | {"COLUMNS": "200"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    _assert_shanghai(done.stdout)
    assert not list(anchor.iterdir())
    assert [path.name for path in folder.iterdir()] == ["xingate.toml"]


def _assert_shanghai(shown: str) -> None:
    """The newest records have times of now, in Shanghai and with their offset."""
    records = shown.partition("The newest records")[2].partition("Its receipt")[0]
    assert "time (Shanghai)" in records
    times = re.findall(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\+08:00", records)
    assert len(times) == 5
    ages = [datetime.now(UTC) - datetime.fromisoformat(one) for one in times]
    assert all(timedelta(seconds=-1) <= age < timedelta(minutes=5) for age in ages)
