"""Closed unit table: (quantity, UCUM unit) -> (factor, offset) to the quantity's canonical unit.

canonical = value * factor + offset. Constants: clinical table 08 (exact ones are exact by definition;
molar factors 18.0156, 88.42, 17.104, 0.62058 are marked M there). Tests check the table against pint.
"""

from typing import NamedTuple


class Linear(NamedTuple):
    """canonical = value * factor + offset."""

    factor: float
    offset: float = 0.0


_KPA = 1 / 0.133322387415
_GLUCOSE = 1 / 18.0156

# quantity -> unit -> Linear; the first unit of each row is canonical.
UNITS: dict[str, dict[str, Linear]] = {
    "temperature": {"Cel": Linear(1), "[degF]": Linear(5 / 9, -160 / 9)},
    "fraction": {"%": Linear(1), "1": Linear(100)},
    "rate": {"/min": Linear(1), "{beats}/min": Linear(1), "{breaths}/min": Linear(1)},
    "pressure": {"mm[Hg]": Linear(1), "kPa": Linear(_KPA)},
    "weight": {"kg": Linear(1), "g": Linear(0.001), "[lb_av]": Linear(0.45359237)},
    "height": {"cm": Linear(1), "m": Linear(100), "[in_i]": Linear(2.54)},
    "bmi": {"kg/m2": Linear(1)},
    "glucose": {"mmol/L": Linear(1), "mg/dL": Linear(_GLUCOSE)},
    "cell count": {
        "10*9/L": Linear(1),
        "10*3/uL": Linear(1),
        "/uL": Linear(0.001),
        "/mm3": Linear(0.001),
        "10*6/L": Linear(0.001),
    },
    "haemoglobin": {"g/dL": Linear(1), "g/L": Linear(0.1), "mmol/L": Linear(1 / 0.62058)},
    "creatinine": {"umol/L": Linear(1), "mg/dL": Linear(88.42)},
    "bilirubin": {"umol/L": Linear(1), "mg/dL": Linear(17.104)},
    "potassium": {"mmol/L": Linear(1), "meq/L": Linear(1)},
    "mass concentration": {"mg/L": Linear(1), "mg/dL": Linear(10)},
    "flow": {"L/min": Linear(1)},
    "steps": {"{steps}": Linear(1), "/d": Linear(1)},
    "duration": {"ms": Linear(1), "s": Linear(1000)},
    "consciousness": {"": Linear(1)},
}


def canonical_unit(quantity: str) -> str:
    """The unit in which values of the quantity are stored."""
    return next(iter(UNITS[quantity]))


def convert(quantity: str, value: float, unit: str, to: str) -> float:
    """A value in another unit of the same quantity. KeyError when either unit is not in the table."""
    source, target = UNITS[quantity][unit], UNITS[quantity][to]
    return (value * source.factor + source.offset - target.offset) / target.factor
