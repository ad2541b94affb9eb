"""Scores as live rules use them: values by code in, points out, with the codes that are missing. Pure.

`points` gives what the known items come to: where every item can only add (NEWS2, qSOFA, SIRS), that is a lower bound
and may be enough; where it cannot be said at all (shock index) there is no value.
"""

from bisect import bisect_right
from collections.abc import Sequence
from functools import lru_cache

from alerts.scores import quick
from alerts.scores.quick import SCALE_2_AIR, SCALE_2_OXYGEN
from alerts.scores.sepsis import Sirs, qsofa, shock_index, sirs
from domain.vocabulary import CONSCIOUSNESS, HEART_RATE, OXYGEN_FLOW, RESPIRATORY_RATE, SPO2, SYSTOLIC, TEMPERATURE

LEUCOCYTES = "6690-2"
ALERT, NOT_ALERT = 15, 14  # Glasgow coma scale that stands for ACVPU: alert, anything else

CODES: dict[str, tuple[str, ...]] = {
    "news2": quick.CODES,
    "qsofa": (RESPIRATORY_RATE, SYSTOLIC, CONSCIOUSNESS),
    "sirs": (TEMPERATURE, HEART_RATE, RESPIRATORY_RATE, LEUCOCYTES),
    "shock_index": (HEART_RATE, SYSTOLIC),
}

Values = Sequence[float | None]
KNOWN = 4_096  # sets of values whose points are remembered: most readings repeat one
Points = tuple[float | None, tuple[str, ...]]


@lru_cache(KNOWN)
def points(name: str, values: tuple[float | None, ...], scale: int = 1) -> Points:
    """Points of the values in the order of `CODES[name]`, None where nothing is known. `scale`: of SpO2 in NEWS2.

    KeyError on another name.
    """
    if name == "news2":
        return _news2(values, scale)
    missing = tuple(code for code, value in zip(CODES[name], values, strict=True) if value is None)
    return _SCORES[name](values), missing


_FLOW = quick.CODES.index(OXYGEN_FLOW)


def news2_parts(values: Values, scale: int) -> list[int | None]:
    """Points of each item in the order of `CODES["news2"]`; None where it is not known."""
    flow = values[_FLOW]
    return [
        None if value is None else _saturation(value, flow) if scale == 2 and code == SPO2 else quick.item(code, value)
        for code, value in zip(quick.CODES, values, strict=True)
    ]


def _news2(values: Values, scale: int) -> Points:
    """Once for every sample of a patient: one pass, no function for an item."""
    if scale == 2:
        parts = news2_parts(values, scale)
        known = sum(part for part in parts if part is not None)
        return float(known), tuple(code for code, part in zip(quick.CODES, parts, strict=True) if part is None)
    total, missing = 0, list[str]()
    for code, value, (edges, earned) in zip(quick.CODES, values, quick.TABLES, strict=True):
        part = None if value is None else earned[bisect_right(edges, value)]
        if part is None:
            missing.append(code)
        else:
            total += part
    return float(total), tuple(missing)


def _saturation(value: float, flow: float | None) -> int | None:
    """On scale 2 the points of a saturation depend on the oxygen given; not knowing it, at least the fewer."""
    if flow is None:
        found = [quick.item(scale, value) for scale in (SCALE_2_AIR, SCALE_2_OXYGEN)]
        return min((points for points in found if points is not None), default=None)
    return quick.item(SCALE_2_OXYGEN if flow > 0 else SCALE_2_AIR, value)


def _qsofa(values: Values) -> float | None:
    rate, systolic, consciousness = values
    gcs = None if consciousness is None else NOT_ALERT if consciousness > 0 else ALERT
    return float(qsofa(resp_rate=rate, gcs=gcs, systolic=systolic).at_least)


def _sirs(values: Values) -> float | None:
    temperature, rate, breaths, leucocytes = values
    return float(sirs(Sirs(temperature, rate, breaths, leucocytes)).at_least)


def _shock(values: Values) -> float | None:
    rate, systolic = values
    found = shock_index(heart_rate=rate, systolic=systolic).index
    return None if found is None else float(found)


_SCORES = {"qsofa": _qsofa, "sirs": _sirs, "shock_index": _shock}
