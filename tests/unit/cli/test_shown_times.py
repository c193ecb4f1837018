"""Times on the screen are those of the days by which records are searched."""

import pytest

from xingate_server.cli.output.rows import shown_time


@pytest.mark.parametrize(
    ("recorded", "shown"),
    [
        ("2026-11-30T16:00:00.000000Z", "2026-12-01 00:00:00+08:00"),
        ("2026-11-30T15:59:59.999999Z", "2026-11-30 23:59:59+08:00"),
        ("2026-12-31T20:00:00+00:00", "2027-01-01 04:00:00+08:00"),
        ("", ""),
        ("damaged", "damaged"),
    ],
)
def test_a_time_is_shown_in_shanghai_with_its_offset(recorded: str, shown: str) -> None:
    assert shown_time(recorded) == shown
