"""Whether a moment can be scored at all: measured enough, fresh enough, like the people of the training. Pure."""

from dataclasses import dataclass

import numpy as np

from domain.alerts import Said
from models.early_warning.features import MEASURED
from models.early_warning.points import CARRIED
from models.early_warning.slots import SIGNS, refused_windows, windows
from models.early_warning.values import CODES, VITALS, Numbers, Observations, Status, Times, measure

BASIC = ("HR", "O2Sat", "Temp", "SBP", "Resp")
LEAST = 3  # of them with a value of the last 24 h
PLACES = [SIGNS.index(sign) for sign in VITALS]


@dataclass(frozen=True, slots=True)
class Range:
    """What the training saw: lowest and highest newest value of each input, and the oldest `newest value` (hours)."""

    low: dict[str, float]
    high: dict[str, float]
    stale_after_h: float


Judged = tuple[Status, Said]
READY: Judged = ("ready", Said("", ""))
NOTHING: Judged = (
    "unknown",
    Said("aucune constante mesurée depuis 48 h", "no vital sign was measured in the last 48 h"),
)


@dataclass(frozen=True, slots=True)
class Moments:
    """Windows (n, 48, 11) that end at n moments, and the same of the values that were left out of them."""

    windows: Numbers
    refused: Numbers


def moments(observations: Observations, at: Times) -> Moments:
    """What there is to judge and to score."""
    return Moments(windows(observations, at), refused_windows(observations, at))


def judge(found: Moments, known: Range) -> list[Judged]:
    """The status of each moment, and why it cannot be scored."""
    newest, bad = _newest(found.windows), _newest(found.refused)
    return [_judge(found.windows[row], newest[row], bad[row], known) for row in range(len(newest))]


def _newest(found: Numbers) -> Numbers:
    """Age in slots of the newest value of each sign (n, 11); infinite without one."""
    there = ~np.isnan(found)
    return np.where(there.any(axis=1), there.argmax(axis=1), np.inf)


def _judge(window: Numbers, newest: Numbers, bad: Numbers, known: Range) -> Judged:
    for sign in MEASURED:
        if bad[place := SIGNS.index(sign)] <= newest[place] and bad[place] < CARRIED:
            return ("out_of_range", _impossible(sign))
    age = newest[PLACES].min()
    if np.isinf(age):
        return NOTHING
    if age > known.stale_after_h:
        return ("stale", Said(f"dernière mesure il y a plus de {age:.0f} h", f"newest value more than {age:.0f} h old"))
    missing = [sign for sign in BASIC if newest[SIGNS.index(sign)] >= CARRIED]
    if len(missing) > len(BASIC) - LEAST:
        return ("unknown", _lacking(missing))
    return _within(window, newest, known)


def _within(window: Numbers, newest: Numbers, known: Range) -> Judged:
    for place, sign in enumerate(SIGNS):
        if sign in known.low and newest[place] < CARRIED:
            value = window[int(newest[place]), place]
            if not known.low[sign] <= value <= known.high[sign]:
                return ("out_of_range", _unlike(sign, value, known))
    return READY


def name_of(sign: str) -> Said:
    """The name of an input as people read it."""
    if sign in CODES:
        return Said(measure(sign).fr, measure(sign).en)
    return {
        "ShockIndex": Said("Rapport pouls / pression systolique", "Heart rate / systolic pressure"),
        "PulsePressure": Said("Pression différentielle", "Pulse pressure"),
        "EtCO2": Said("CO₂ expiré", "End-tidal CO₂"),
        "NEWS2": Said("NEWS2 sans la conscience", "NEWS2 without consciousness"),
        "Signs": Said("Constantes", "Vital signs"),
    }[sign]


def _impossible(sign: str) -> Said:
    name = name_of(sign)
    return Said(f"{name.fr} : dernière valeur impossible", f"{name.en}: the newest value is impossible")


def _lacking(missing: list[str]) -> Said:
    names = [name_of(sign) for sign in missing]
    return Said(
        "trop peu de constantes depuis 24 h ; manquent : " + ", ".join(name.fr for name in names),
        "too few vital signs in the last 24 h; missing: " + ", ".join(name.en for name in names),
    )


def _unlike(sign: str, value: float, known: Range) -> Said:
    name, low, high = name_of(sign), known.low[sign], known.high[sign]
    return Said(
        f"{name.fr} {value:g} hors de ce que le modèle a appris ({low:g} à {high:g})".replace(".", ","),
        f"{name.en} {value:g} is outside what the model has learnt from ({low:g} to {high:g})",
    )
