"""A loaded model: trees, calibration, alarm curve, what the training saw. A frozen value. Pure."""

from dataclasses import dataclass

from domain.instants import HOUR, Micros
from models.early_warning.alarms import Curve
from models.early_warning.calibration import Calibration
from models.early_warning.fitness import Range
from models.early_warning.trees import Forest
from models.early_warning.values import Numbers


@dataclass(frozen=True, slots=True)
class Histogram:
    """One input over the training rows: inner edges of its bins and the share of each bin, missing last."""

    edges: Numbers
    shares: Numbers


@dataclass(frozen=True, slots=True)
class Model:
    """`version`: `1.1.0+` and the head of the file's sha256. `bands`: edges of risk for the watch on calibration."""

    version: str
    trees: Forest
    calibration: Calibration
    known: Range
    curve: Curve
    refractory_h: float
    watched: tuple[str, ...]
    histograms: dict[str, Histogram]
    bands: tuple[float, ...]
    provenance: dict[str, str]

    @property
    def refractory(self) -> Micros:
        """Time after an alarm in which no other rings, µs."""
        return round(self.refractory_h * HOUR)
