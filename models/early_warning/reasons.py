"""Why a risk is high or low, in plain words, French and English: what each vital sign added. Pure text.

The contributions of the features of one sign and one aspect (level, change, variation, measuring) are added up.
"""

from collections import defaultdict
from typing import NamedTuple

import numpy as np

from domain.alerts import Said
from models.early_warning.features import FEATURES
from models.early_warning.fitness import name_of
from models.early_warning.values import CODES, Numbers, Reason, measure

SHOWN = 3
_UNITS = {"Cel": " °C", "mm[Hg]": " mmHg", "/min": " /min", "%": " %", "L/min": ""}


class Aspect(NamedTuple):
    """One thing to say of a sign."""

    sign: str
    what: str


def aspect(feature: str) -> Aspect:
    """What a feature is about."""
    sign, _, taken = feature.partition(".")
    if sign == "Signs":
        return Aspect(sign, "measuring")
    kinds = {"from": "change", "slope": "change", "sd": "variation", "age": "measuring", "seen": "measuring"}
    return Aspect(sign, kinds.get(taken.partition("_")[0], "level"))


ASPECTS: tuple[Aspect, ...] = tuple(aspect(feature) for feature in FEATURES)


def reasons(values: Numbers, added: Numbers) -> tuple[Reason, ...]:
    """The three strongest of one row: its features and their contributions. Those that raise the risk come first."""
    sums: dict[Aspect, float] = defaultdict(float)
    for place in np.flatnonzero(added):
        sums[ASPECTS[place]] += float(added[place])
    strongest = sorted(sums.items(), key=lambda found: -abs(found[1]))[:SHOWN]
    strongest.sort(key=lambda found: -found[1])
    row = dict(zip(FEATURES, values.tolist(), strict=True))
    return tuple(
        Reason(f"{found.sign}.{found.what}", round(amount, 3), _said(found, amount, row)) for found, amount in strongest
    )


def _said(found: Aspect, amount: float, row: dict[str, float]) -> Said:
    name, what = name_of(found.sign), _what(found, row)
    fr, en = ("augmente le risque", "raises the risk") if amount > 0 else ("abaisse le risque", "lowers the risk")
    return Said(f"{name.fr} {what.fr} : {fr}".replace("  ", " "), f"{name.en} {what.en}: {en}".replace("  ", " "))


def _what(found: Aspect, row: dict[str, float]) -> Said:
    match found.what:
        case "level":
            return _level(found.sign, row)
        case "change":
            return _change(found.sign, row)
        case "variation":
            return _variation(found.sign, row)
        case _:
            return Said("(rythme des mesures)", "(how often it is measured)")


def _level(sign: str, row: dict[str, float]) -> Said:
    last = row[f"{sign}.last"]
    if np.isnan(last):
        return Said("non mesuré depuis 24 h", "not measured in the last 24 h")
    if sign == "Oxygen":
        return Said("donné", "given") if last > 0 else Said("non donné", "not given")
    return _number(last, sign, "")


def _change(sign: str, row: dict[str, float]) -> Said:
    own, slope = row[f"{sign}.from_own"], row[f"{sign}.slope_6h"]
    if not np.isnan(own):
        change = _number(own, sign, "+")
        return Said(f"{change.fr} par rapport à son habitude (48 h)", f"{change.en} against the own usual value (48 h)")
    if not np.isnan(slope):
        change = _number(slope, sign, "+")
        return Said(f"{change.fr} par heure sur 6 h", f"{change.en} an hour over 6 h")
    return Said("sans évolution connue", "without a known trend")


def _variation(sign: str, row: dict[str, float]) -> Said:
    spread = row[f"{sign}.sd_24h"]
    if np.isnan(spread):
        return Said("de variation inconnue", "of unknown variation")
    said = _number(spread, sign, "")
    return Said(f"variable de ± {said.fr} sur 24 h", f"varying by ± {said.en} over 24 h")


def _number(value: float, sign: str, mark: str) -> Said:
    """`38,4 °C`, with its sign where `mark` is +."""
    unit = _UNITS[measure(sign).unit] if sign in CODES else "" if sign in ("ShockIndex", "NEWS2") else " mmHg"
    text = f"{value:{mark}.{_DECIMALS.get(sign, 0)}f}{unit}"
    return Said(text.replace(".", ","), text)


_DECIMALS = {"Temp": 1, "ShockIndex": 2}
