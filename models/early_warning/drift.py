"""How far the inputs of a model in service have moved from those of its training. Pure.

Over a window of scored rows of one site: within, outside or unknown, with its reason. A moved input is told, and
withdraws nothing (`alerts.predict.watch` holds calibration and alarm budget, and decides). Limits are defaults.
"""

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from msgspec import Struct

from domain.alerts import Said
from models.early_warning.model import Histogram, Model
from models.early_warning.values import Numbers

LEAST_ROWS = 200
DRIFT = 0.25  # population stability index from which an input has moved: the usual limit of credit scoring

Answer = Literal["within", "outside", "unknown"]


class Watched(Struct, frozen=True):
    """One answer and why. `value`: population stability index."""

    what: str
    answer: Answer
    value: float | None
    why: Said


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
    return Watched(f"drift {name}", "within" if found < DRIFT else "outside", found, why)


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


def _unknown(what: str, fr: str, en: str) -> Watched:
    return Watched(what, "unknown", None, Said(fr, en))
