"""NEWS2 for every reading: plain comparisons on floats, the chart of `news2.py` (a property test holds them equal).

No decimals, no sentences here. Edges are the floats nearest to the rounding edges of the table, so that the answer is
that of the digits. Caller: the live engine. Source and version: as `news2.py`.
"""

import math
from bisect import bisect_right
from decimal import Decimal

from msgspec import Struct

from alerts.scores.news2 import Band, chart, risk_of
from alerts.scores.values import kinds
from domain.vocabulary import CONSCIOUSNESS, HEART_RATE, OXYGEN_FLOW, RESPIRATORY_RATE, SPO2, SYSTOLIC, TEMPERATURE

SCALE_2_AIR, SCALE_2_OXYGEN = f"{SPO2}/2/air", f"{SPO2}/2/oxygen"
CODES = (RESPIRATORY_RATE, SPO2, OXYGEN_FLOW, SYSTOLIC, HEART_RATE, CONSCIOUSNESS, TEMPERATURE)  # order of ITEMS

Points = tuple[int | None, int | None, int | None, int | None, int | None, int | None, int | None]
_Lookup = tuple[tuple[float, ...], tuple[int | None, ...]]


class Quick(Struct, frozen=True, gc=False):
    """Total and risk when all seven items are known; `at_least` and `worst` over the known ones."""

    total: int | None
    risk: str | None
    at_least: int
    worst: int


def _lookup(rows: tuple[Band, ...], low: float, high: float) -> _Lookup:
    """Edges from which the next points hold; outside the possible, and for NaN, None."""
    ordered = sorted(rows, key=lambda row: row.low if row.low is not None else Decimal("-Infinity"))
    how, _, step = ordered[0].rounding.partition(" ")
    half = Decimal(0) if how == "floor" else Decimal(step) / 2
    inner = [float(row.low - half) for row in ordered if row.low is not None]
    return (low, *inner, math.nextafter(high, math.inf)), (None, *(row.points for row in ordered), None)


def _of(item: str, kind: str, condition: str = "") -> _Lookup:
    bounds = kinds()[kind]
    rows = tuple(row for row in chart()[item] if row.condition in ("", condition))
    return _lookup(rows, float(bounds.low or 0), float(bounds.high or 0))


_TABLE: dict[str, _Lookup] = {
    RESPIRATORY_RATE: _of("resp_rate", "resp_rate"),
    SPO2: _of("spo2_scale_1", "spo2"),
    SCALE_2_AIR: _of("spo2_scale_2", "spo2", "air"),
    SCALE_2_OXYGEN: _of("spo2_scale_2", "spo2", "oxygen"),
    OXYGEN_FLOW: ((0.0, math.nextafter(0.0, 1.0), math.nextafter(100.0, math.inf)), (None, 0, 2, None)),
    SYSTOLIC: _of("systolic", "systolic"),
    HEART_RATE: _of("pulse", "pulse"),
    CONSCIOUSNESS: ((0.0, 1.0, math.nextafter(4.0, math.inf)), (None, 0, 3, None)),
    TEMPERATURE: _of("temperature", "temperature"),
}


TABLES = tuple(_TABLE[code] for code in CODES)  # in the order of `CODES`: edges, and the points between them


def item(code: str, value: float) -> int | None:
    """Points 0 to 3 of one value in the canonical unit of its code; None when the value cannot be.

    `code`: one of `CODES` (SpO2 alone is scale 1), `SCALE_2_AIR` or `SCALE_2_OXYGEN`. KeyError on another code.
    """
    edges, points = _TABLE[code]
    return points[bisect_right(edges, value)]


def news2(points: Points) -> Quick:
    """The aggregate of the seven items' points in the order of `CODES`; None marks an item that is not known."""
    total = worst = 0
    complete = True
    for part in points:
        if part is None:
            complete = False
        else:
            total += part
            worst = max(worst, part)
    if not complete:
        return Quick(None, None, total, worst)
    return Quick(total, _RISK[worst == 3][total], total, worst)


_RISK = tuple(tuple(risk_of(total, single_3=three) for total in range(21)) for three in (False, True))
