"""Vital signs on a grid of hours that ends at the moment asked for: the one thing features are made of. Pure.

Slot 0 holds what was measured in the hour before the moment (the moment included), slot 1 the hour before it, and so on
for 48 h; older values do not exist. A slot's value is the median of its hour, so a device that measures every few
seconds and one row an hour look alike. Nothing after the moment is seen, and nothing says when the record began.
"""

import numpy as np
from numpy.typing import NDArray

from domain.instants import HOUR, Micros
from models.early_warning.values import PLAUSIBLE, VITALS, Column, Numbers, Observations, Times

DEPTH = 48  # hours kept
FULL: tuple[str, ...] = (*VITALS, "ShockIndex", "PulsePressure")
SIGNS: tuple[str, ...] = (*FULL, "Oxygen", "EtCO2")
"""Columns of a window: vital signs, heart rate / systolic, systolic - diastolic pressure, then the support given."""


def windows(observations: Observations, at: Times) -> Numbers:
    """Windows (n, 48, 11) that end at each moment of `at` (µs), newest slot first; NaN where nothing was measured.

    Values that the hub refuses at its door are left out, so that a file and a device mean the same.
    """
    return _grids({name: _part(name, found)[0] for name, found in observations.columns.items()}, at)


def refused_windows(observations: Observations, at: Times) -> Numbers:
    """The same of the values that `windows` leaves out."""
    return _grids({name: _part(name, found)[1] for name, found in observations.columns.items()}, at)


def _part(name: str, column: Column) -> tuple[Column, Column]:
    low, high = PLAUSIBLE[name]
    kept = (column.values >= low) & (column.values <= high)
    return Column(column.times[kept], column.values[kept]), Column(column.times[~kept], column.values[~kept])


def _grids(columns: dict[str, Column], at: Times) -> Numbers:
    found = np.full((at.size, DEPTH, len(SIGNS)), np.nan)
    for phase in np.unique(at % HOUR):
        chosen = at % HOUR == phase
        found[chosen] = _of_one_phase(columns, at[chosen])
    return found


def _of_one_phase(columns: dict[str, Column], at: Times) -> Numbers:
    """Moments that are whole hours apart share one grid."""
    end = int(at.max())
    back = (end - at) // HOUR
    grid = np.full((int(back.max()) + DEPTH, len(SIGNS)), np.nan)
    for name, column in columns.items():
        _fill(grid[:, SIGNS.index(name)], column, end)
    _derive(grid)
    ended: Numbers = grid[back[:, None] + np.arange(DEPTH)]
    return ended


def _fill(slots: Numbers, column: Column, end: Micros) -> None:
    """The median of each hour, counted back from `end`; a value given twice for one moment counts once."""
    hours = (end - column.times) // HOUR
    kept = (hours >= 0) & (hours < slots.size)
    times, values, hours = column.times[kept], column.values[kept], hours[kept]
    if not times.size:
        return
    if np.unique(hours).size == hours.size:
        slots[hours] = values
        return
    once = _first_of_equals(times, values)
    hours, values = hours[once], values[once]
    order = np.lexsort((values, hours))
    hours, values = hours[order], values[order]
    starts = np.flatnonzero(np.diff(hours, prepend=-1))
    counts = np.diff(starts, append=hours.size)
    slots[hours[starts]] = (values[starts + (counts - 1) // 2] + values[starts + counts // 2]) / 2


def _first_of_equals(times: Times, values: Numbers) -> NDArray[np.intp]:
    order = np.lexsort((values, times))
    new = np.ones(order.size, bool)
    new[1:] = (np.diff(times[order]) != 0) | (np.diff(values[order]) != 0)
    return order[new]


def _derive(grid: Numbers) -> None:
    """A cuff that sends no mean pressure gets the usual estimate: diastolic + a third of the pulse pressure."""
    heart, systolic, mean, diastolic = (grid[:, SIGNS.index(name)] for name in ("HR", "SBP", "MAP", "DBP"))
    missing = np.isnan(mean)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):  # refused values may be infinite
        mean[missing] = (diastolic + (systolic - diastolic) / 3)[missing]
        grid[:, SIGNS.index("ShockIndex")] = heart / systolic
        grid[:, SIGNS.index("PulsePressure")] = systolic - diastolic
