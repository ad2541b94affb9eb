"""What an alert says of its limit is the limit, to the digit."""

import pytest

from alerts.core.sentences import _limit


@pytest.mark.parametrize(
    ("limit", "fr", "en"),
    [
        ("≥ 111 /min", "≥ 111 /min", "≥ 111 /min"),
        ("≤ 100 mm[Hg]", "≤ 100 mmHg", "≤ 100 mmHg"),
        ("> 120 /min", "> 120 /min", "> 120 /min"),
        ("≥ 38.3 Cel", "≥ 38,3 °C", "≥ 38.3 °C"),
        ("< 1.0 10*9/L", "< 1,0 G/L", "< 1.0 G/L"),
        ("≥ 3 {grade}", "≥ 3", "≥ 3"),
        ("≥ 1 1", "≥ 1", "≥ 1"),
        ("≥ 1", "≥ 1", "≥ 1"),
        ("≥ 12", "≥ 12", "≥ 12"),
        ("≥ 38.0 Cel for 60 min", "≥ 38,0 °C for 60 min", "≥ 38.0 °C for 60 min"),
    ],
)
def test_a_limit_keeps_every_digit(limit: str, fr: str, en: str) -> None:
    assert _limit(limit) == (fr, en)
