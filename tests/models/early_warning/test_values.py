"""Readings of the hub and rows of the training data become the same observations."""

import numpy as np

from domain.instants import HOUR
from domain.values import Reading
from domain.vocabulary import MEASURES
from models.early_warning.values import CODES, VITALS, from_hours, from_readings, measure


def _reading(code: str, value: float, hour: int, quality: str = "ok") -> Reading:
    return Reading("P1", code, value, hour * HOUR, hour * HOUR, quality=quality)


def test_every_vital_sign_is_a_measure_of_the_hub() -> None:
    assert VITALS == ("HR", "O2Sat", "Temp", "SBP", "MAP", "DBP", "Resp")
    assert all(measure(name).code == code and code in MEASURES for name, code in CODES.items())


def test_rows_and_readings_become_the_same_observations() -> None:
    table = np.full((2, 7), np.nan)
    table[:, 0], table[1, 2] = (80.0, 90.0), 38.5
    rows = from_hours(np.array([3.0, 4.0]), table)
    readings = from_readings(
        [_reading("8867-4", 80, 3), _reading("8867-4", 90, 4), _reading("8310-5", 38.5, 4), _reading("26499-4", 0.2, 4)]
    )
    for name in ("HR", "Temp"):
        assert rows.columns[name].times.tolist() == readings.columns[name].times.tolist()
        assert rows.columns[name].values.tolist() == readings.columns[name].values.tolist()
    assert set(readings.columns) == {"HR", "Temp"}
    assert rows.columns["SBP"].times.size == 0


def test_a_reading_whose_clock_was_wrong_is_left_out() -> None:
    assert from_readings([_reading("8867-4", 80, 3, "clock")]).columns == {}
