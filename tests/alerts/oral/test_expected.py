"""Expected doses: the wall's clock, both clock changes, trips, cycles, changes of dose, holds."""

import random
from itertools import pairwise

import pytest

from alerts.oral.expected import expected, timeline
from alerts.oral.plan import oral_plan
from domain.instants import DAY, HOUR
from tests.alerts.oral.days import CAPECITABINE, IMATINIB, METHOTREXATE, doses, due, local, plan

SPRING, AUTUMN = ("2026-03-28", "2026-03-31"), ("2026-10-24", "2026-10-27")


@pytest.mark.parametrize("weekend", [SPRING, AUTUMN])
def test_a_dose_stays_at_its_hour_on_the_wall_when_the_clocks_change(weekend: tuple[str, str]) -> None:
    found = due(plan(CAPECITABINE | {"cycle": None}), *weekend)
    assert [text[11:] for text in found] == ["08:00", "20:00"] * 3
    assert len({text[:10] for text in found}) == 3


def test_twelve_hours_are_eleven_in_the_night_of_spring_and_thirteen_in_that_of_autumn() -> None:
    for weekend, night in ((SPRING, 11), (AUTUMN, 13)):
        at = [dose.due_at for dose in doses(plan(CAPECITABINE | {"cycle": None}), *weekend)]
        gaps = [(after - before) // HOUR for before, after in pairwise(at)]
        assert gaps == [12, night, 12, 12, 12]


def test_an_hour_that_does_not_exist_is_an_hour_later_and_one_that_comes_twice_is_once() -> None:
    night = {"drug": "x", "dose_mg": 1, "times": ["02:30"]}
    assert due(plan(night), *SPRING) == ["2026-03-28 02:30", "2026-03-29 03:30", "2026-03-30 02:30"]
    at = [dose.due_at for dose in doses(plan(night), *AUTUMN)]
    assert [after - before for before, after in pairwise(at)] == [DAY, 25 * HOUR]


def test_a_cycle_has_days_on_and_days_off() -> None:
    days = [text[:10] for text in due(plan(CAPECITABINE), "2026-11-15", "2026-12-09")]
    assert days == [f"2026-11-{day}" for day in range(16, 30) for _ in "ab"] + ["2026-12-07"] * 2 + ["2026-12-08"] * 2


def test_days_of_a_cycle_and_days_of_the_week() -> None:
    ixazomib = {"drug": "ixazomib", "dose_mg": 4, "times": ["08:00"]}
    cycle = {"on": 28, "off": 0, "start": "2026-11-02", "days": [1, 8, 15]}
    assert due(plan(ixazomib | {"cycle": cycle}), "2026-11-01", "2026-12-02") == [
        f"{day} 08:00" for day in ("2026-11-02", "2026-11-09", "2026-11-16", "2026-11-30")
    ]
    assert [text[:10] for text in due(plan(METHOTREXATE), "2026-11-01", "2026-11-17")] == [
        "2026-11-02", "2026-11-09", "2026-11-16",
    ]  # fmt: skip


def test_a_treatment_begins_and_ends() -> None:
    assert due(plan(IMATINIB | {"start": "2026-11-03", "until": "2026-11-04"}), "2026-11-01", "2026-11-09") == [
        "2026-11-03 08:00", "2026-11-04 08:00",
    ]  # fmt: skip


def test_a_dose_changed_in_mid_cycle_counts_from_its_moment_on() -> None:
    change = {"from": "2026-11-18T12:00:00+01:00", "dose_mg": 1000, "ordered_by": "Dr Roy"}
    found = doses(plan(CAPECITABINE | {"changes": [change]}), "2026-11-18", "2026-11-19")
    assert [(dose.dose_mg) for dose in found] == [1500, 1000]
    times = change | {"times": ["14:00"], "dose_mg": [2000]}
    assert due(plan(CAPECITABINE | {"changes": [times]}), "2026-11-18", "2026-11-20") == [
        "2026-11-18 08:00", "2026-11-18 14:00", "2026-11-19 14:00",
    ]  # fmt: skip


def test_morning_and_evening_may_differ() -> None:
    found = doses(plan(CAPECITABINE | {"dose_mg": [1500, 2000], "tablets": [3, 4]}), "2026-11-18", "2026-11-19")
    assert [(dose.dose_mg, dose.tablets) for dose in found] == [(1500, 3), (2000, 4)]


def test_a_hold_marks_its_doses_and_no_other() -> None:
    hold = {"from": "2026-11-18", "until": "2026-11-19T12:00:00Z", "reason": "diarrhoea", "ordered_by": "Dr Roy"}
    found = doses(plan(CAPECITABINE | {"holds": [hold]}), "2026-11-17", "2026-11-21")
    assert [dose.held is not None for dose in found] == [False] * 2 + [True] * 3 + [False] * 3


def test_a_trip_to_the_west_lives_a_morning_twice_and_takes_its_dose_once() -> None:
    trip = {"from": "2026-11-18T12:00:00+01:00", "until": "2026-11-20T12:00:00Z", "timezone": "America/Montreal"}
    found = due(plan(CAPECITABINE, trips=[trip]), "2026-11-18", "2026-11-22", "UTC")
    assert found == [
        "2026-11-18 07:00",  # 08:00 in Paris; 08:00 in Montreal of the same day is the same dose
        "2026-11-19 01:00", "2026-11-19 13:00", "2026-11-20 01:00",
        "2026-11-20 19:00", "2026-11-21 07:00", "2026-11-21 19:00",
    ]  # fmt: skip


def test_after_a_trip_to_the_east_no_dose_comes_too_soon() -> None:
    trip = {"from": "2026-11-18T09:00:00+01:00", "timezone": "Asia/Tokyo"}  # 17:00 there
    found = due(plan(CAPECITABINE, trips=[trip]), "2026-11-18", "2026-11-20", "UTC")
    assert found == ["2026-11-18 07:00", "2026-11-18 23:00", "2026-11-19 11:00"]  # not 11:00, four hours later


def test_times_belong_to_one_dose_at_most_and_look_the_same_from_any_stretch() -> None:
    trip = {"from": "2026-11-18T12:00:00+01:00", "until": "2026-11-20T12:00:00Z", "timezone": "America/Montreal"}
    care = oral_plan(plan(CAPECITABINE | {"times": ["07:00", "13:00", "20:00"]}, trips=[trip]))
    whole = expected(care, local("2026-11-10 00:00"), local("2026-12-20 00:00"))
    for before, after in pairwise(whole):
        assert before.from_at <= before.due_at < before.to_at <= after.from_at
    dice = random.Random(1)
    for _ in range(30):
        start = local("2026-11-10 00:00") + dice.randrange(30) * DAY + dice.randrange(24) * HOUR
        part = expected(care, start, start + 3 * DAY)
        assert part == [dose for dose in whole if start <= dose.due_at < start + 3 * DAY]


def test_a_new_plan_counts_for_what_is_due_after_it() -> None:
    old, new = oral_plan(plan(IMATINIB)), oral_plan(plan(IMATINIB | {"times": ["12:00"], "dose_mg": 300}))
    found = timeline([(0, old), (local("2026-11-18 09:00"), new)], local("2026-11-17 00:00"), local("2026-11-19 00:00"))
    assert [dose.dose_mg for dose in found] == [400, 400, 300]
