"""Models of a test: one that answers, and the ways in which one fails. Run by `alerts.predict.child` too."""

import os
import time
from typing import Any

import msgspec

from models.anc import VERSION
from models.anc.values import CurvePoint, Forecast, Quantiles, Request


def forecast(**changes: Any) -> Forecast:
    """A personal forecast: grade 4 with 62 %, the nadir on day 8, recovered by day 15 with 80 %."""
    fields: dict[str, Any] = {
        "cycle_from_day": 0.0,
        "nadir_anc": Quantiles(0.1, 0.4, 0.9),
        "nadir_day": Quantiles(7.0, 8.0, 9.5),
        "p_grade3": 0.9,
        "p_grade4": 0.62,
        "first_day_below_0_5": Quantiles(5.5, 6.5, 8.0),
        "recovery_day": Quantiles(11.0, 13.0, 17.0),
        "days_below_0_5": Quantiles(0.0, 3.0, 6.0),
        "curve": tuple(CurvePoint(float(day), 1.0, 2.0, 3.0, 0.5, 4.0) for day in range(3)),
        "next_count_best_day": 7.0,
        "surprise": 0.4,
        "recovered": ((1.0, 0.0), (14.0, 0.7), (15.0, 0.8), (28.0, 0.95)),
    }
    return Forecast("P1", "ready", "", "", VERSION, **(fields | changes))


def ready(question: bytes) -> bytes:
    """The forecast above for whoever is asked about; `p_grade4` falls with each count."""
    asked = msgspec.json.decode(question, type=Request)
    found = forecast(p_grade4=max(0.0, 0.62 - 0.1 * len(asked.counts)))
    return msgspec.json.encode(found)


def hang(_: bytes) -> bytes:
    """Never answers."""
    while True:
        time.sleep(0.05)


def boom(_: bytes) -> bytes:
    """Raises."""
    raise ValueError("a column is missing")


def die(_: bytes) -> bytes:
    """Ends its process."""
    os._exit(9)


def garbage(_: bytes) -> bytes:
    """Answers what is no forecast."""
    return b'{"status": 7}'


def chatty(question: bytes) -> bytes:
    """Prints where nobody reads answers."""
    print("thinking")
    return question[::-1]
