"""What a person's covariates do to the typical parameters, as each parameter set publishes it. Pure.

An absent covariate is the reference value of the set. Names and units: `models.anc.values.Request`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

Known = Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Factors:
    """Factors on Circ0, MTT and slope."""

    circ0: float = 1.0
    mtt: float = 1.0
    slope: float = 1.0


def factors(set_id: str, known: Known) -> Factors:
    """1 for a set without covariates."""
    return EFFECTS[set_id](known) if set_id in EFFECTS else Factors()


def _kloft(known: Known) -> Factors:
    """Kloft 2006, as in DDMODEL00000224: sex, ECOG, earlier treatment, α1-acid glycoprotein (reference 1.34 g/L)."""
    above = known.get("aag", 1.34) - 1.34
    circ0 = 1 + (0.174677 if above <= 0 else 0.494618) * above
    circ0 *= 1 - 0.121451 * known.get("sex", 0.0)
    circ0 *= 1 + (0.130406 if known.get("ecog", 0.0) >= 1 else 0.0)
    circ0 *= 1 - 0.146837 * known.get("prior_therapy", 0.0)
    return Factors(circ0=circ0, slope=max(0.05, 1 - 0.350693 * above))


def _puisset(known: Known) -> Factors:
    """Puisset 2007: AAG (reference 1.29 g/L). Its factor for two earlier lines needs their number, not given here."""
    return Factors(slope=(known.get("aag", 1.29) / 1.29) ** -0.72)


def _wahlby(known: Known) -> Factors:
    """Wählby 2004: bilirubin (reference 6 µmol/L) on the transit time."""
    return Factors(mtt=max(0.3, 1 - 0.012 * (known.get("bilirubin", 6.0) - 6.0)))


def _chen(known: Known) -> Factors:
    """Chen 2014: age and albumin (reference 4 g/dL)."""
    circ0 = (known.get("albumin", 4.0) / 4.0) ** -0.998
    return Factors(circ0=circ0, slope=1.501 if known.get("age", 0.0) >= 65 else 1.0)


def _van_hasselt(known: Known) -> Factors:
    """Van Hasselt 2013: albumin (reference 4 g/dL). The other covariates of the set have no unit in its source here."""
    relative = known.get("albumin", 4.0) / 4.0
    return Factors(mtt=relative**0.374, slope=relative**0.763)


EFFECTS: Mapping[str, Callable[[Known], Factors]] = {
    "kloft2006_docetaxel": _kloft,
    "puisset2007_docetaxel": _puisset,
    "wahlby2004_paclitaxel": _wahlby,
    "chen2014_nabpaclitaxel": _chen,
    "vanhasselt2013_eribulin": _van_hasselt,
}
