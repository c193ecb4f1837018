"""Signs of life: how long there was none."""

from xingate_server.wiring.processes.pulse import Silence


def looked(*looks: tuple[float, float]) -> list[float]:
    """What is said of looks, each a sign and a time."""
    silence = Silence()
    return [silence.look(sign, now) for sign, now in looks]


def test_silence_counts_from_the_last_sign() -> None:
    assert looked((1.0, 10.0), (1.0, 10.5), (1.0, 11.0), (2.0, 11.5), (2.0, 12.0)) == [0, 0.5, 1.0, 0, 0.5]


def test_nothing_is_expected_before_the_first_sign() -> None:
    assert looked((0.0, 10.0), (0.0, 10.9), (0.0, 11.8)) == [0, 0, 0]


def test_time_in_which_the_looker_did_not_run_does_not_count() -> None:
    """A machine that slept for an hour ends no worker when it wakes."""
    assert looked((1.0, 10.0), (1.0, 10.5), (1.0, 3610.5), (1.0, 3611.0)) == [0, 0.5, 0.5, 1.0]
