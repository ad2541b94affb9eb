"""NEWS2 as an alarm beside the early warning: the same rows, the same refractory rule, the same load of false alarms.

NEWS2 without consciousness, which the data do not have, from values at most a day old. Its totals are whole numbers, so
between two of them the load is met by drawing lots, which is a straight line between the two.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from models.early_warning.alarms import alarms
from models.early_warning.features import FEATURES
from models.early_warning.values import Numbers
from models.evaluation.early_warning_fit import REFRACTORY, followed
from models.evaluation.early_warning_records import Made, Records
from models.evaluation.figure import Measured
from models.evaluation.intervals import share

TOTALS = range(1, 17)
PLACE = FEATURES.index("NEWS2.last")


@dataclass(frozen=True, slots=True)
class AtLoad:
    """What alarms at a load: share of people with an alarm before onset, and in the last 12 h before it."""

    ever: Measured
    last_12h: Measured
    between: str


def total(made: Made) -> Numbers:
    """The total of each row that the model scores too."""
    return np.where(made.usable, made.features[:, PLACE].astype(float), np.nan)


def at_load(found: Records, raw: Numbers, load: float) -> AtLoad:
    """`load`: false alarms per patient-day that the alarms of totals shall make."""
    everybody = np.ones(len(raw), bool)
    rows, places = followed(found, raw, everybody), np.flatnonzero(found.before)
    rang = [places[alarms(rows, limit - 0.5, REFRACTORY)] for limit in TOTALS]
    days = found.quiet.sum() / 24
    loads = np.array([found.quiet[some].sum() / days for some in rang])
    septic = len(np.unique(found.person[~found.quiet]))
    ever, late = (np.array([_people(found, some, hours) for some in rang]) for hours in (np.inf, 12))
    upper = int(np.flatnonzero(loads >= load)[-1])
    falling = (loads[::-1], ever[::-1], late[::-1])
    hits = [round(float(np.interp(load, falling[0], each))) for each in falling[1:]]
    words = f"between totals of {TOTALS[upper]} and {TOTALS[upper] + 1}, {load:.3f} false alarms per patient-day"
    return AtLoad(share(hits[0], septic), share(hits[1], septic), words)


def _people(found: Records, rang: NDArray[np.intp], hours: float) -> int:
    """How many people with an onset had one of these alarms at most so many hours before it."""
    near = rang[~found.quiet[rang] & (found.onset[rang] - found.hour[rang] <= hours)]
    return len(np.unique(found.person[near]))
