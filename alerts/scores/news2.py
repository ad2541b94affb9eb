"""NEWS2, both SpO2 scales. Source and version: Royal College of Physicians, NEWS2, December 2017. Pure.

Reproduced with acknowledgement of the Royal College of Physicians. From 16 years on, not in pregnancy; scale 2 only
where a clinician prescribed 88 to 92 % (the caller's duty); C is new confusion. Rounding is a choice of this project:
temperature half up to 0.1, SpO2 down to whole per cent, the rest half up. `quick.py` is the fast path.
"""

from decimal import ROUND_FLOOR, Decimal
from functools import cache

from msgspec import Struct

from alerts.scores.tables import rows
from alerts.scores.values import Number, Part, Score, band, earned, exact, half_up, join, lacking, usable
from domain.alerts import Said

VERSION = "RCP 2017"
ITEMS = ("resp_rate", "spo2", "oxygen", "systolic", "pulse", "consciousness", "temperature")
LETTERS = ("A", "C", "V", "P", "U")
YOUNGEST = 16


class Vitals(Struct, frozen=True):
    """Inputs: /min, %, mmHg, /min, °C; `oxygen` air or oxygen; `consciousness` A C V P U; `spo2_scale` 1 or 2."""

    resp_rate: Number | None = None
    spo2: Number | None = None
    oxygen: str | None = None
    systolic: Number | None = None
    pulse: Number | None = None
    consciousness: str | None = None
    temperature: Number | None = None
    spo2_scale: Number | None = 1
    age: Number | None = None


class News2(Score, frozen=True):
    """`band`: low, low-medium, medium, high. `single_3`: an item scores 3; None when none does but one is missing."""

    single_3: bool | None = None


class Band(Struct, frozen=True):
    """One row of the chart; bounds inclusive after rounding."""

    item: str
    condition: str
    low: Decimal | None
    high: Decimal | None
    points: int
    rounding: str

    def holds(self, value: Decimal) -> bool:
        """Whether a rounded value is in the band."""
        return (self.low is None or value >= self.low) and (self.high is None or value <= self.high)


@cache
def chart() -> dict[str, tuple[Band, ...]]:
    """Item of the table -> its rows."""
    found: dict[str, tuple[Band, ...]] = {}
    for row in rows("news2"):
        low, high = (Decimal(row[edge]) if row[edge] else None for edge in ("from", "to"))
        made = Band(row["item"], row["condition"], low, high, int(row["points"]), row["rounding"])
        found[made.item] = (*found.get(made.item, ()), made)
    return found


def news2(vitals: Vitals) -> News2:
    """The score with its seven items. A missing item leaves total and band unsaid, never 0."""
    values = tuple(_points(vitals, item) for item in ITEMS)
    parts = tuple(Part(item, points) for item, points in zip(ITEMS, values, strict=True))
    missing = tuple(part.name for part in parts if part.points is None)
    if (
        "spo2" in missing
        and usable("spo2", vitals.spo2) is not None
        and usable("spo2_scale", vitals.spo2_scale) is None
    ):
        missing = tuple("spo2_scale" if name == "spo2" else name for name in missing)
    known = sum(points for points in values if points is not None)
    three = True if 3 in values else None if missing else False
    if (young := exact(vitals.age)) is not None and young < YOUNGEST:
        why = Said("NEWS2 ne s'applique pas avant 16 ans", "NEWS2 does not apply below 16 years")
        return News2("news2", VERSION, parts, None, 0, None, ("age",), why, three)
    total = None if missing else known
    risk = None if total is None else risk_of(total, single_3=three is True)
    return News2("news2", VERSION, parts, total, known, risk, missing, _why(parts, missing, known), three)


def risk_of(total: int, *, single_3: bool) -> str:
    """Clinical risk of a complete score: a single 3 below a total of 5 is low-medium."""
    name = band("news2", total)
    return "low-medium" if single_3 and name == "low" else name


def _points(vitals: Vitals, item: str) -> int | None:
    if item == "oxygen":
        return _worded("oxygen", vitals.oxygen)
    if item == "consciousness":
        return _worded("consciousness", vitals.consciousness)
    value = usable(item, getattr(vitals, item))
    if value is None:
        return None
    if item != "spo2":
        return _banded(item, value)
    scale = usable("spo2_scale", vitals.spo2_scale)
    return None if scale is None else _banded(f"spo2_scale_{scale:.0f}", value, vitals.oxygen)


def _worded(item: str, word: str | None) -> int | None:
    return next((row.points for row in chart()[item] if word in row.condition.split()), None)


def _banded(item: str, value: Decimal, condition: str | None = None) -> int | None:
    how, _, step = chart()[item][0].rounding.partition(" ")
    unit = Decimal(step)
    rounded = value.quantize(unit, rounding=ROUND_FLOOR) if how == "floor" else half_up(value, unit)
    for row in chart()[item]:
        if row.condition in ("", condition) and row.holds(rounded):
            return row.points
    return None


def _why(parts: tuple[Part, ...], missing: tuple[str, ...], known: int) -> Said:
    if not missing:
        return earned(parts)
    return join(earned(parts), lacking(missing), Said(f"au moins {known}", f"at least {known}"))
