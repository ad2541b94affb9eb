"""A temperature corrected for the site of the body it was measured at, by the offsets of the care plan. Pure.

Rules and the early warning see the same value.
"""

from collections.abc import Mapping

from domain.values import Reading
from domain.vocabulary import SITE_SYNONYMS, TEMPERATURE


def offsets_of(written: Mapping[str, float]) -> dict[str, float]:
    """Body site -> °C to add, from `site_offsets` of a plan as it is written."""
    return {SITE_SYNONYMS.get(site, site): float(value) for site, value in written.items()}


def corrected(reading: Reading, offsets: Mapping[str, float]) -> float:
    """The value of a reading; only a temperature with a site is another."""
    if reading.code != TEMPERATURE or reading.body_site is None:
        return reading.value
    offset = offsets.get(reading.body_site, 0.0)
    return round(reading.value + offset, 6) if offset else reading.value
