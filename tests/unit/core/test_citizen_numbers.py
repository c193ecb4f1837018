"""Which ids and names hold a citizen number: refused, while time stamps, serials and UUIDs stand (GB 11643)."""

import pytest

from xingate_server.core.identifiers.parsing import holds_citizen_number
from xingate_server.demo.numbers import citizen_number

NUMBER = citizen_number(7)
OLD = NUMBER[:6] + NUMBER[8:17]  # the form of 15 digits


@pytest.mark.parametrize(
    "text", [NUMBER, f"q-{NUMBER}", f"{NUMBER[:6]} {NUMBER[6:14]}-{NUMBER[14:]}", NUMBER.translate({48: "０"}), OLD]
)
def test_a_number_is_found_however_written(text: str) -> None:
    assert holds_citizen_number(text)


@pytest.mark.parametrize(
    "text", ["", "示例审批", "20261124103000123456", "0192f0c1-7b1e-7c33-9a1d-0123456789ab", NUMBER[:-1] + "?"]
)
def test_what_is_none_stands(text: str) -> None:
    assert not holds_citizen_number(text)


def test_the_old_form_is_no_reason_to_refuse_a_serial() -> None:
    assert holds_citizen_number(OLD)
    assert not holds_citizen_number(OLD, is_serial=True)
    assert holds_citizen_number(NUMBER, is_serial=True)
