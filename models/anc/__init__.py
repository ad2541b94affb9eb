"""Forecast of the neutrophil count after chemotherapy. Pure: values and a seed in, a value out.

Equations, limits and figures: docs/models/anc-forecast.md.
"""

from models.anc.answer import VERSION
from models.anc.outlook import forecast

__all__ = ["VERSION", "forecast"]
