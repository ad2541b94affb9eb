"""Causal, without a clock, the same for a file and for live readings, whatever the cadence."""

import numpy as np
import pytest

from domain.instants import HOUR
from models.early_warning.features import FEATURES, features
from models.early_warning.values import Column, Observations, from_hours, moments
from tests.models.early_warning.people import person

CLOCK = ("icu", "hour", "row", "admission", "stay", "time", "count")


def _alone(hours: np.ndarray, table: np.ndarray, row: int) -> np.ndarray:
    return features(from_hours(hours[: row + 1], table[: row + 1]), moments(hours[row : row + 1]))[0]


@pytest.mark.parametrize("seed", [0, 1, 4])
def test_what_comes_later_changes_no_feature(seed: int) -> None:
    hours, table = person(seed)
    whole = features(from_hours(hours, table), moments(hours))
    for row in range(0, len(hours), 7):
        assert np.array_equal(_alone(hours, table, row), whole[row], equal_nan=True)


def test_a_record_that_is_shifted_in_time_has_the_same_features() -> None:
    hours, table = person(0)
    whole = features(from_hours(hours, table), moments(hours))
    for shift in (1.0, 24.0, 1000.0, 0.25):
        moved = features(from_hours(hours + shift, table), moments(hours + shift))
        assert np.array_equal(moved, whole, equal_nan=True)


def test_what_is_older_than_48_hours_does_not_exist() -> None:
    hours, table = person(1, hours=120)
    whole = features(from_hours(hours, table), moments(hours))
    for row in (60, 119):
        cut = slice(row - 47, row + 1)
        short = features(from_hours(hours[cut], table[cut]), moments(hours[row : row + 1]))
        assert np.array_equal(short[0], whole[row], equal_nan=True)


def test_no_feature_counts_the_hours_since_a_record_began() -> None:
    """The same values every hour: after two hours nothing tells how long the record is."""
    hours, table = np.arange(1.0, 49.0), np.tile([80.0, 97.0, 36.8, 125.0, 88.0, 68.0, 16.0], (48, 1))
    whole = features(from_hours(hours, table), moments(hours))[1:]
    assert np.allclose(whole, whole[:1], atol=1e-6, equal_nan=True)
    assert not any(word in name.lower() for name in FEATURES for word in CLOCK)


def test_many_values_an_hour_are_their_median_and_order_and_duplicates_change_nothing() -> None:
    hours, table = person(2, hours=12)
    rows = from_hours(hours, table)
    many = {}
    for name, column in rows.columns.items():
        early = column.times - HOUR // 2
        times, values = np.concatenate([column.times, early, early + 1]), np.tile(column.values, 3)
        order = np.random.default_rng(0).permutation(len(times))
        twice = np.concatenate([order, order])
        many[name] = Column(times[twice], values[twice])
    at = moments(hours[-1:])
    assert np.array_equal(features(Observations(many), at), features(rows, at), equal_nan=True)


def test_a_slope_and_a_distance_from_the_own_median_are_what_they_say() -> None:
    hours = np.arange(1.0, 13.0)
    table = np.full((12, 7), np.nan)
    table[:, 0] = 80 + 2 * hours
    row = dict(zip(FEATURES, features(from_hours(hours, table), moments(hours[-1:]))[0], strict=True))
    assert [row[f"HR.slope_{span}h"] for span in (2, 6, 12)] == pytest.approx([2, 2, 2])
    assert row["HR.from_own"] == pytest.approx(11)
    assert (row["HR.min_8h"], row["HR.max_8h"], row["HR.seen_8h"], row["HR.age"]) == (90, 104, 1, 0)
    assert np.isnan(row["Temp.last"])
    assert row["Temp.seen_8h"] == 0


def test_distances_from_the_own_course_and_how_it_was_measured_are_what_they_say() -> None:
    hours = np.arange(1.0, 31.0)
    table = np.full((30, 7), np.nan)
    table[:, 0] = 80.0
    table[10, 0], table[-1, 0] = 100.0, 90.0
    table[[20, 26], 2] = 37.0
    row = dict(zip(FEATURES, features(from_hours(hours, table), moments(hours[-1:]))[0], strict=True))
    distances = [row[f"HR.{what}"] for what in ("from_own", "from_own_4h", "from_own_high", "from_own_low")]
    assert distances == pytest.approx([10, 2.5, 20, 0])
    assert (row["HR.from_high_24h"], row["HR.from_low_24h"]) == (-10, 10)
    assert row["HR.from_own_sd"] == pytest.approx(10 / (np.std(table[:, 0], ddof=1) + 1e-3), rel=1e-5)
    assert (row["Temp.age_48h"], row["Temp.age_gap"], row["Temp.seen_4h"]) == (3, 6, 0.25)
    assert (row["Signs.seen_1h"], row["Signs.seen_4h"]) == (1, 1.25)
    assert np.isnan(row["EtCO2.age_48h"])
    assert np.isnan(row["NEWS2.last"])


def test_a_missing_mean_pressure_is_made_of_the_other_two() -> None:
    table = np.full((1, 7), np.nan)
    table[0, 3], table[0, 5] = 120, 60
    row = dict(zip(FEATURES, features(from_hours(np.array([1.0]), table), moments(np.array([1.0])))[0], strict=True))
    assert row["MAP.last"] == 80
