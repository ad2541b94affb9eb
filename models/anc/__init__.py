"""Forecast of the neutrophil count after chemotherapy. Pure: values and a seed in, a value out.

Equations, limits and figures: docs/models/anc-forecast.md.
"""

from models.anc.values import Forecast, Request

__all__ = ["VERSION", "forecast"]

VERSION = "anc-1.0.0"


def forecast(request: Request, *, seed: int = 0) -> Forecast:
    """The answer for one patient; the same request and seed give the same answer. The caller measures `ms`."""
    why = f"the forecast is not in this version yet (seed {seed})"
    return Forecast(request.id, "refused", why, "la prévision n'est pas encore dans cette version", VERSION)
