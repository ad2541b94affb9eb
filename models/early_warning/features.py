"""The features of a moment: one function for fitting and for live use. Pure; causal; no clock, no row number.

Shares of slots are taken of the slots in which anything was measured, never of the hours since a record began.
"""

import numpy as np
from numpy.typing import NDArray

from models.early_warning.points import CARRIED, totals
from models.early_warning.slots import DEPTH, FULL, SIGNS, windows
from models.early_warning.values import VITALS, Numbers, Observations, Times

SLOPES = (2, 6, 12)  # hours
SPANS = (8, 24)  # hours
SEEN = (4, 8, 24, 48)  # hours
SHORT = 4  # hours of the mean that stands for now
LEAST_SD = 1e-3  # added to an own spread, which may be nothing
LONG_AGES = ("Temp", "Oxygen", "EtCO2")  # whose age counts beyond a day: they are measured or given rarely
MEASURED: tuple[str, ...] = tuple(sign for sign in SIGNS if sign not in ("ShockIndex", "PulsePressure"))
PLACES = [SIGNS.index(sign) for sign in MEASURED]

Seen = NDArray[np.bool_]
Block = tuple[tuple[str, ...], Numbers]


def features(observations: Observations, at: Times) -> NDArray[np.float32]:
    """Features (n, len(FEATURES)) at each moment of `at` (µs); NaN where a feature cannot be made."""
    return of_windows(windows(observations, at))


def of_windows(found: Numbers) -> NDArray[np.float32]:
    """Features of windows (n, 48, 11), as `slots.windows` makes them."""
    return np.concatenate([values for _, values in _blocks(found)], axis=1).astype(np.float32)


def _blocks(found: Numbers) -> list[Block]:
    there = ~np.isnan(found)
    last, age = _last(found, there)
    signs, seen = found[:, :, : len(FULL)], there[:, :, : len(FULL)]
    filled = np.where(seen, signs, 0.0)
    blocks = [(_names("last", SIGNS), last), (_names("age", MEASURED), age[:, PLACES])]
    blocks += [(_names(f"slope_{hours}h"), _slope(filled, seen, hours)) for hours in SLOPES]
    for hours in SPANS:
        blocks += _statistics(signs, filled, seen, hours)
    blocks += _own((signs, filled, seen), last[:, : len(FULL)])
    return [*blocks, *(_seen(there, hours) for hours in SEEN), *_measuring(there), _points(found)]


def _names(what: str, signs: tuple[str, ...] = FULL) -> tuple[str, ...]:
    return tuple(f"{sign}.{what}" for sign in signs)


def _last(found: Numbers, there: Seen) -> tuple[Numbers, Numbers]:
    """The newest value of each sign and its age in hours, at most 24 h old."""
    newest = there[:, :CARRIED].argmax(axis=1)
    value = np.take_along_axis(found, newest[:, None], axis=1)[:, 0]
    return _or_none(value, newest, there), _or_none(newest.astype(float), newest, there)


def _or_none(value: Numbers, newest: NDArray[np.intp], there: Seen) -> Numbers:
    """NaN where the sign has no value in the time for which a last value stands."""
    known = np.take_along_axis(there, newest[:, None], axis=1)[:, 0]
    return np.where(known, value, np.nan)


def _slope(filled: Numbers, there: Seen, hours: int) -> Numbers:
    """Least-squares slope per hour over the slots 0 to `hours`; NaN with fewer than two values."""
    values, mask = filled[:, : hours + 1], there[:, : hours + 1].astype(float)
    x = -np.arange(hours + 1.0)[:, None]
    n, sx, sxx = mask.sum(1), (mask * x).sum(1), (mask * x * x).sum(1)
    sy, sxy = values.sum(1), (values * x).sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(n > 1, (n * sxy - sx * sy) / (n * sxx - sx * sx), np.nan)


def _statistics(found: Numbers, filled: Numbers, there: Seen, hours: int) -> list[Block]:
    """Mean, standard deviation, lowest and highest over the last hours."""
    mask, values = there[:, :hours], filled[:, :hours]
    n = mask.sum(1)
    with np.errstate(invalid="ignore", divide="ignore"):
        mean = np.where(n > 0, values.sum(1) / n, np.nan)
        spread = np.where(mask, values - mean[:, None], 0.0)
        deviation = np.where(n > 1, np.sqrt((spread * spread).sum(1) / (n - 1)), np.nan)
    low, high = np.fmin.reduce(found[:, :hours], axis=1), np.fmax.reduce(found[:, :hours], axis=1)
    named = (("mean", mean), ("sd", deviation), ("min", low), ("max", high))
    return [(_names(f"{what}_{hours}h"), values) for what, values in named]


def _own(known: tuple[Numbers, Numbers, Seen], last: Numbers) -> list[Block]:
    """Now, and the highest and lowest of a day, against the own median of the last 48 h; also in own spreads."""
    signs, filled, seen = known
    ordered, n = np.sort(signs, axis=1), seen.sum(1)
    ends = [np.clip(place, 0, DEPTH - 1)[:, None] for place in ((n - 1) // 2, n // 2)]
    own = (np.take_along_axis(ordered, ends[0], 1) + np.take_along_axis(ordered, ends[1], 1))[:, 0] / 2
    (_, now), *_ = _statistics(signs, filled, seen, SHORT)
    low, high = np.fmin.reduce(signs[:, :24], axis=1), np.fmax.reduce(signs[:, :24], axis=1)
    (_, spread) = _statistics(signs, filled, seen, DEPTH)[1]
    with np.errstate(invalid="ignore"):
        named = {
            "from_own": last - own, "from_own_4h": now - own, "from_own_high": high - own, "from_own_low": low - own,
            "from_high_24h": last - high, "from_low_24h": last - low, "from_own_sd": (last - own) / (spread + LEAST_SD),
        }  # fmt: skip
    return [(_names(what), values) for what, values in named.items()]


def _measuring(there: Seen) -> list[Block]:
    """Ages over 48 h, the time between the last two temperatures, how many vital signs an hour has that has any."""
    places = [SIGNS.index(sign) for sign in LONG_AGES]
    some = there[:, :, places]
    ages = np.where(some.any(axis=1), some.argmax(axis=1), np.nan)
    warm = there[:, :, SIGNS.index("Temp")]
    newest = warm.argmax(axis=1)
    before = warm & (np.arange(DEPTH) > newest[:, None])
    gap = np.where(before.any(axis=1), before.argmax(axis=1) - newest, np.nan)
    signs = there[:, :SHORT, : len(VITALS)].sum(axis=2)
    with np.errstate(invalid="ignore", divide="ignore"):
        each = signs.sum(axis=1) / (signs > 0).sum(axis=1)
    names = (*_names("age_48h", LONG_AGES), "Temp.age_gap", "Signs.seen_1h", "Signs.seen_4h")
    return [(names, np.column_stack([ages, gap, signs[:, 0], each]))]


def _points(found: Numbers) -> Block:
    """NEWS2 without consciousness: now, and over hours."""
    total = totals(found, 24)
    named = {"last": total[:, 0], "max_24h": np.fmax.reduce(total, axis=1), "min_24h": np.fmin.reduce(total, axis=1),
             "max_8h": np.fmax.reduce(total[:, :8], axis=1)}  # fmt: skip
    named |= {f"mean_{hours}h": _mean(total[:, :hours]) for hours in (4, 8, 24)}
    return tuple(f"NEWS2.{what}" for what in named), np.column_stack(list(named.values()))


def _mean(values: Numbers) -> Numbers:
    """Of the known values of each row; NaN of none."""
    there = ~np.isnan(values)
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.asarray(np.where(there, values, 0.0).sum(axis=1) / there.sum(axis=1))


def _seen(there: Seen, hours: int) -> Block:
    """The share of the hours with any measure in which each was among what was measured."""
    recent = there[:, :hours]
    rows = recent[:, :, : len(VITALS)].any(axis=2).sum(1)[:, None]
    with np.errstate(invalid="ignore", divide="ignore"):
        return _names(f"seen_{hours}h", MEASURED), np.where(rows > 0, recent.sum(1) / rows, np.nan)[:, PLACES]


FEATURES: tuple[str, ...] = tuple(
    name for names, _ in _blocks(np.full((1, DEPTH, len(SIGNS)), np.nan)) for name in names
)
"""Names in order: sign, dot, what is taken of it."""
