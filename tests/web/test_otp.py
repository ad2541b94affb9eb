"""RFC 6238, appendix B (SHA-1), and RFC 4226, appendix D."""

import pytest

from domain.instants import SECOND
from web import otp

SECRET = b"12345678901234567890"
RFC_6238 = {
    59: "94287082", 1111111109: "07081804", 1111111111: "14050471", 1234567890: "89005924", 2000000000: "69279037",
    20000000000: "65353130",
}  # fmt: skip
RFC_4226 = ("755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489")


@pytest.mark.parametrize(("second", "code"), RFC_6238.items())
def test_the_codes_are_those_of_the_rfc(second: int, code: str) -> None:
    assert otp.code_at(SECRET, otp.step_of(second * SECOND), 8) == code


def test_the_six_digits_are_those_of_the_counter() -> None:
    assert tuple(otp.code_at(SECRET, step) for step in range(10)) == RFC_4226


def test_a_clock_may_be_one_period_off_and_no_more() -> None:
    at = 1_111_111_111 * SECOND
    step = otp.step_of(at)
    assert [otp.matching_step(SECRET, otp.code_at(SECRET, step + away), at) for away in (-2, -1, 0, 1, 2)] == [
        None, step - 1, step, step + 1, None,
    ]  # fmt: skip
    assert otp.matching_step(SECRET, "12é456", at) is None
