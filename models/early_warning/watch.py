"""Whether a model in service still does what was measured: calibration, alarm budget, drift of its inputs. Pure.

Each function looks at a window of scored rows of one site and answers within, outside or unknown, with its reason.
`service` decides: outside its band, a model is withdrawn to shadow and says so. Limits are engineering defaults.
"""

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Literal

import numpy as np
from msgspec import Struct

from domain.alerts import Said
from domain.instants import DAY, Micros
from models.early_warning.model import Histogram, Model
from models.early_warning.values import Numbers

LEAST_EVENTS = 10  # expected events below which calibration cannot be said
RATIO = (0.67, 1.5)  # observed / expected events that calibration may have
TOLERANCE = 0.20  # of the alarm budget
LEAST_DAYS = 40.0  # patient-days below which the alarm load cannot be said
LEAST_ROWS = 200
DRIFT = 0.25  # population stability index from which an input has moved: the usual limit of credit scoring
Z = 1.959963984540054

Answer = Literal["within", "outside", "unknown"]


class Watched(Struct, frozen=True):
    """One answer: its value with a 95 % interval where there is one, the span it shall keep to, and why."""

    what: str
    answer: Answer
    value: float | None
    low: float | None
    high: float | None
    why: Said


class Band(Struct, frozen=True, gc=False):
    """Rows of a band of risk: how many, events expected and observed."""

    from_risk: float
    to_risk: float
    rows: int
    expected: float
    observed: int


class Service(Struct, frozen=True):
    """`active`: stays as it is; `shadow`: scores are stored and shown to no one."""

    mode: Literal["active", "shadow"]
    why: Said


def bands(model: Model, risks: Numbers, happened: Numbers) -> tuple[Band, ...]:
    """Scored rows whose 12 h are over, by band of risk. `happened`: 1 where an onset followed within 12 h, else 0."""
    edges = (0.0, *model.bands, 1.0)
    place = np.digitize(risks, model.bands)
    return tuple(
        Band(edges[n], edges[n + 1], int((chosen := place == n).sum()), float(risks[chosen].sum()),
             int(happened[chosen].sum()))
        for n in range(len(edges) - 1)
    )  # fmt: skip


def calibration(found: Sequence[Band]) -> Watched:
    """Observed over expected events. Outside only when the whole 95 % interval (Poisson, log) leaves the span.

    Rows of one patient are not independent: twelve hours in a row tell of one onset, so the count is divided by 12.
    """
    expected, observed = sum(band.expected for band in found), sum(band.observed for band in found)
    if expected < LEAST_EVENTS * 12:
        return _unknown("calibration", f"{expected / 12:.1f} événements attendus, il en faut {LEAST_EVENTS}",
                        f"{expected / 12:.1f} events expected, {LEAST_EVENTS} are needed")  # fmt: skip
    ratio = observed / expected
    spread = Z / sqrt(max(observed, 12) / 12)
    low, high = (ratio or 0.5 / expected) * np.exp(-spread), (ratio or 0.5 / expected) * np.exp(spread)
    answer: Answer = "outside" if high < RATIO[0] or low > RATIO[1] else "within"
    fr, en = f"{ratio:.2f} fois le risque annoncé".replace(".", ","), f"{ratio:.2f} times the risk that was said"
    return Watched("calibration", answer, ratio, float(low), float(high), Said(f"survenue : {fr}", f"it happened {en}"))


def alarm_load(alarms: int, watched_for: Micros, budget: float) -> Watched:
    """False alarms (alarms without an onset after them) per patient-day: outside when surely 20 % above the budget.

    A budget is a limit: fewer alarms are within it.
    """
    days = watched_for / DAY
    if days < LEAST_DAYS:
        return _unknown("alarm_load", f"{days:.0f} jours-patients, il en faut {LEAST_DAYS:.0f}",
                        f"{days:.0f} patient-days, {LEAST_DAYS:.0f} are needed")  # fmt: skip
    rate, spread = alarms / days, Z / sqrt(max(alarms, 1))
    low, high = rate * np.exp(-spread), rate * np.exp(spread) if alarms else 3 / days
    outside = low > budget * (1 + TOLERANCE)
    said = f"{rate:.2f}", f"{budget:.2f}"
    fr = f"{said[0]} fausses alertes par jour-patient pour un budget de {said[1]}".replace(".", ",")
    en = f"{said[0]} false alarms per patient-day for a budget of {said[1]}"
    return Watched("alarm_load", "outside" if outside else "within", rate, float(low), float(high), Said(fr, en))


def drift(model: Model, rows: Sequence[Sequence[float | None]]) -> tuple[Watched, ...]:
    """How far each watched input has moved from the training (`Score.watched` of each row)."""
    columns = np.array([[np.nan if value is None else value for value in row] for row in rows], float)
    if len(rows) < LEAST_ROWS:
        return tuple(_unknown(f"drift {name}", f"{len(rows)} scores, il en faut {LEAST_ROWS}",
                              f"{len(rows)} scores, {LEAST_ROWS} are needed") for name in model.watched)  # fmt: skip
    return tuple(_moved(name, columns[:, n], model.histograms) for n, name in enumerate(model.watched))


def _moved(name: str, values: Numbers, known: Mapping[str, Histogram]) -> Watched:
    found = stability(known[name], values)
    why = Said(f"indice de stabilité {found:.2f}".replace(".", ","), f"population stability index {found:.2f}")
    return Watched(f"drift {name}", "within" if found < DRIFT else "outside", found, None, None, why)


def histogram(values: Numbers, bins: int = 10) -> Histogram:
    """Bins of equal share of the known values, and the share that is missing."""
    known = values[~np.isnan(values)]
    edges = np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1])) if known.size else np.empty(0)
    return Histogram(edges, shares(edges, values))


def shares(edges: Numbers, values: Numbers) -> Numbers:
    """Share of each bin (upper edge included), missing last."""
    missing = np.isnan(values)
    place = np.where(missing, len(edges) + 1, np.searchsorted(edges, values, side="left"))
    return np.bincount(place.astype(np.intp), minlength=len(edges) + 2) / max(len(values), 1)


def stability(known: Histogram, values: Numbers) -> float:
    """Population stability index: sum of (now - then) ln(now / then) over the bins; empty bins count as 1 in 10,000."""
    then, now = (np.maximum(found, 1e-4) for found in (known.shares, shares(known.edges, values)))
    return float(((now - then) * np.log(now / then)).sum())


def service(answers: Sequence[Watched]) -> Service:
    """Shadow as soon as calibration or the alarm load left its band. A moved input is told, and withdraws nothing.

    Unknown withdraws nothing: who has just begun to be watched is not yet known to be wrong.
    """
    left = [found for found in answers if found.answer == "outside" and found.what in ("calibration", "alarm_load")]
    if not left:
        return Service("active", Said("dans ses bornes", "within its bands"))
    fr, en = "; ".join(found.why.fr for found in left), "; ".join(found.why.en for found in left)
    return Service("shadow", Said(f"retiré en mode fantôme : {fr}", f"withdrawn to shadow: {en}"))


def _unknown(what: str, fr: str, en: str) -> Watched:
    return Watched(what, "unknown", None, None, None, Said(fr, en))
