"""Electronic monitoring: boundaries of days, both clock changes, days off, doses that are not whole."""

from dataclasses import replace
from datetime import date, datetime, time
from fractions import Fraction
from random import Random
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.instants import HOUR, micros
from models.adherence.dosing import Dosing, Opening, Prescription, dosing

PARIS = ZoneInfo("Europe/Paris")
DAILY = Prescription(Fraction(1), Fraction(24), date(2025, 3, 1), 7, Fraction(7))


def opening(text: str, doses: str = "1", fold: int = 0) -> Opening:
    return Opening(micros(datetime.fromisoformat(text).replace(tzinfo=PARIS, fold=fold)), Fraction(doses))


def test_days_are_of_the_wall_clock_and_intervals_are_elapsed_time_when_the_clocks_go_back() -> None:
    october = replace(DAILY, first_day=date(2025, 10, 25), days=2, doses=Fraction(2))
    # 29 h on the wall clock, 30 h elapsed: the last interval that counts
    found = dosing([opening("2025-10-25T08:00"), opening("2025-10-26T13:00")], october)
    assert (found.intervals_in_window, found.correct_days) == (1, 2)
    assert dosing([opening("2025-10-25T08:00"), opening("2025-10-26T13:01")], october).intervals_in_window == 0


def test_the_two_passes_of_the_repeated_hour_are_an_hour_apart() -> None:
    hourly = replace(DAILY, interval_h=Fraction(1), first_day=date(2025, 10, 26), days=1, doses=Fraction(2))
    twice = [opening("2025-10-26T02:30"), opening("2025-10-26T02:30", fold=1)]
    assert dosing(twice, hourly).intervals_in_window == 1


def test_a_day_begins_at_its_boundary() -> None:
    night = replace(DAILY, day_starts=time(3), days=1, doses=Fraction(1))
    assert dosing([opening("2025-03-02T02:59")], night).doses_taken == 1
    assert dosing([opening("2025-03-02T03:00")], night).doses_taken == 0
    assert dosing([opening("2025-03-01T02:59")], night).doses_taken == 0


def test_a_day_off_neither_counts_nor_ends_a_run_and_a_dose_on_it_is_extra() -> None:
    weeks = replace(DAILY, days=6, doses=Fraction(4), due=frozenset({1, 2, 5, 6}))
    found = dosing([opening("2025-03-01T08:00"), opening("2025-03-03T08:00")], weeks)
    assert (found.longest_run_days_without_dose, found.extra_doses, found.correct_days) == (3, 1, 2)


def test_a_weekly_drug_is_due_once_on_its_days() -> None:
    weekly = replace(DAILY, per_day=Fraction("0.14285714285714285"), days=14, doses=Fraction(2), due=frozenset({1, 8}))
    assert weekly.per_due_day() == 1
    assert dosing([opening("2025-03-01T08:00"), opening("2025-03-08T08:00")], weekly).correct_days == 14


def test_what_was_not_said_costs_only_what_needs_it() -> None:
    found = dosing([opening("2025-03-01T08:00")], replace(DAILY, per_day=None, interval_h=None, doses=None))
    said = Dosing(Fraction(1), None, None, None, None, 0, None, 6, None)
    assert found == said


def test_tablets_are_doses_and_half_a_tablet_is_half_a_dose() -> None:
    found = dosing([opening("2025-03-01T08:00", "0.5"), opening("2025-03-01T09:00", "2")], DAILY)
    assert (found.doses_taken, found.extra_doses) == (Fraction("2.5"), Fraction("1.5"))


def test_an_opening_of_nothing_is_no_dose_and_no_interval() -> None:
    assert dosing([opening("2025-03-01T08:00", "0"), opening("2025-03-02T08:00")], DAILY).intervals_total == 0


OPENINGS = st.lists(
    st.builds(
        lambda hours, doses, key: Opening(micros(datetime(2025, 3, 1, tzinfo=PARIS)) + hours * HOUR // 4, doses, key),
        st.integers(-50, 800),
        st.sampled_from([Fraction(0), Fraction(1), Fraction(2)]),
        st.sampled_from("xyz"),
    ),
    max_size=20,
)


@settings(max_examples=100)
@given(openings=OPENINGS, seed=st.integers())
def test_order_and_duplicates_change_nothing_and_counts_stay_within_their_bounds(
    openings: list[Opening], seed: int
) -> None:
    found = dosing(openings, DAILY)
    again = [*openings, *openings[:3]]
    Random(seed).shuffle(again)
    assert dosing(again, DAILY) == found
    assert 0 <= (found.correct_days or 0) <= 7
    assert 0 <= (found.intervals_in_window or 0) <= found.intervals_total
    assert found.timing_pct is None or 0 <= found.timing_pct <= 100
    assert found.extra_doses is not None
    assert 0 <= found.extra_doses <= found.doses_taken


@pytest.mark.parametrize("zone", ["Europe/Paris", "America/Martinique", "Indian/Reunion"])
def test_the_day_is_that_of_the_zone(zone: str) -> None:
    evening = Opening(micros(datetime(2025, 3, 1, 23, 30, tzinfo=ZoneInfo(zone))), Fraction(1))
    assert dosing([evening], replace(DAILY, days=1, doses=Fraction(1), zone=zone)).doses_taken == 1
