"""The plan's offsets for the site of measurement: one function for rules and models."""

import pytest

from domain.body_sites import corrected, offsets_of
from domain.values import Reading
from domain.vocabulary import HEART_RATE, TEMPERATURE

OFFSETS = offsets_of({"axillary": 0.5, "tympanic": -0.2})


@pytest.mark.parametrize(
    ("code", "site", "expected"),
    [
        (TEMPERATURE, "axilla", 38.3), (TEMPERATURE, "tympanic", 37.6), (TEMPERATURE, "oral", 37.8),
        (TEMPERATURE, None, 37.8), (HEART_RATE, "axilla", 37.8),
    ],
)  # fmt: skip
def test_only_a_temperature_with_a_site_of_the_plan_is_corrected(code: str, site: str | None, expected: float) -> None:
    assert corrected(Reading("P1", code, 37.8, 0, 0, site), OFFSETS) == expected
