"""CMA1 to CMA9: windows, carry-over, dose changes, and what can be said of every course there is."""

from fractions import Fraction
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adherence.cma import MEASURES, course, measure
from models.adherence.supply import CarryOver, Supply, Window

CARRIES = [CarryOver(drugs, doses) for drugs in ("any", "same") for doses in ("ignored", "adjusted")]  # type: ignore[arg-type]
YEAR = Window(0, 365)
SUPPLIES = st.lists(
    st.builds(
        Supply,
        st.integers(0, 330),
        st.sampled_from(["a", "b"]),
        st.sampled_from([Fraction(1), Fraction(2), Fraction(3)]),
        st.sampled_from([Fraction(14), Fraction(28), Fraction(60)]),
    ),
    min_size=1,
    max_size=12,
)
WINDOWS = st.sampled_from([YEAR, Window(0, 180), Window(90, 270), Window(180, 365), Window(100, 110)])


def supply(day: int, lasts_for: int = 28, drug: str = "a", per_day: int = 1) -> Supply:
    return Supply(day, drug, Fraction(per_day), Fraction(lasts_for))


def measures(
    supplies: list[Supply], observed: Window = YEAR, carry: CarryOver = CARRIES[0], follow_up: Window = YEAR
) -> dict[str, Fraction | None]:
    found = course(supplies, follow_up, observed, carry=carry)
    assert not isinstance(found, str), found
    return {name: measure(name, found) for name in MEASURES}


def test_leftover_fills_the_gap_that_follows_it_and_no_other() -> None:
    # 28 days at day 0 and 20: 8 left over, then a gap of 12 days before day 60, 28 covered, 277 without
    found = measures([supply(0), supply(20), supply(60)])
    assert found["CMA5"] == 1 - Fraction(4, 60)
    assert found["CMA6"] == found["CMA7"] == 1 - Fraction(4 + 277, 365)
    assert found["CMA1"] == Fraction(56, 60)


def test_a_supply_on_the_last_day_of_the_window_belongs_to_it_and_covers_none_of_it() -> None:
    found = measures([supply(0), supply(100)], Window(0, 100))
    assert found["CMA1"] == Fraction(28, 100)
    assert found["CMA2"] == Fraction(56, 100)
    assert found["CMA7"] == Fraction(28, 100)


def test_only_supply_on_the_last_day_divides_by_nothing() -> None:
    found = measures([supply(0), supply(100)], Window(50, 100))
    assert [found[f"CMA{n}"] for n in range(1, 7)] == [None] * 6
    assert found["CMA7"] == 0


def test_a_doubled_dose_halves_what_is_left_over() -> None:
    doubled = [supply(0), supply(8, per_day=2)]  # 20 days left at day 8
    ignored, adjusted = (measures(doubled, Window(0, 60), CarryOver("any", doses)) for doses in ("ignored", "adjusted"))  # type: ignore[arg-type]
    assert (ignored["CMA7"], adjusted["CMA7"]) == (Fraction(56, 60), Fraction(8 + 28 + 10, 60))


def test_another_drug_wastes_what_is_left_over_only_when_asked() -> None:
    switched = [supply(0), supply(8, drug="b")]
    assert measures(switched, Window(0, 60), CarryOver("any"))["CMA7"] == Fraction(56, 60)
    assert measures(switched, Window(0, 60), CarryOver("same"))["CMA7"] == Fraction(36, 60)


def test_the_window_of_cma8_starts_when_earlier_supply_is_used_up() -> None:
    found = measures([supply(0, 40), supply(60)], Window(30, 100))
    assert found["CMA7"] == Fraction(10 + 28, 70)
    assert found["CMA8"] == Fraction(28, 60)


def test_cma8_is_undefined_when_earlier_supply_lasts_as_long_as_the_window() -> None:
    assert measures([supply(0, 200)], Window(30, 100))["CMA8"] is None


def test_an_observation_outside_the_follow_up_or_of_no_days_is_refused() -> None:
    assert "inside the follow-up" in str(course([supply(0)], YEAR, Window(300, 400), carry=CARRIES[0]))
    assert "at least one day" in str(course([supply(0)], YEAR, Window(30, 30), carry=CARRIES[0]))
    assert "no supply" in str(course([supply(400)], YEAR, Window(0, 90), carry=CARRIES[0]))


def covered_day_by_day(supplies: list[Supply], observed: Window) -> Fraction:
    """An independent count: a stock of days, filled by supplies and emptied by one a day."""
    stock = covered = 0
    for day in range(observed.end):
        stock += sum(int(one.lasts_for) for one in set(supplies) if one.day == day)
        covered += stock > 0 and day >= observed.start
        stock = max(0, stock - 1)
    return Fraction(covered, observed.days)


@settings(max_examples=150)
@given(supplies=SUPPLIES, observed=WINDOWS)
def test_cma7_is_the_part_of_days_with_something_in_stock(supplies: list[Supply], observed: Window) -> None:
    if min(one.day for one in supplies) <= observed.end:
        assert measures(supplies, observed)["CMA7"] == covered_day_by_day(supplies, observed)


@settings(max_examples=150)
@given(supplies=SUPPLIES, observed=WINDOWS, carry=st.sampled_from(CARRIES), seed=st.integers(0, 99))
def test_order_duplicates_and_a_shift_of_all_days_change_nothing(
    supplies: list[Supply], observed: Window, carry: CarryOver, seed: int
) -> None:
    found = measures(supplies, observed, carry)
    again = [*supplies, supplies[0]]
    Random(seed).shuffle(again)
    assert measures(again, observed, carry) == found
    moved = [Supply(one.day + 1000, one.drug, one.per_day, one.lasts_for) for one in supplies]
    assert measures(moved, *(Window(observed.start + 1000, observed.end + 1000), carry), Window(1000, 1365)) == found


@settings(max_examples=150)
@given(supplies=SUPPLIES, observed=WINDOWS, carry=st.sampled_from(CARRIES))
def test_every_measure_is_undefined_or_at_least_0_and_the_capped_ones_at_most_1(
    supplies: list[Supply], observed: Window, carry: CarryOver
) -> None:
    for name, value in measures(supplies, observed, carry).items():
        assert value is None or value >= 0
        assert value is None or name in ("CMA1", "CMA2") or value <= 1


@pytest.mark.parametrize("name", MEASURES)
def test_no_measure_looks_past_the_end_of_the_follow_up(name: str) -> None:
    seen = [supply(0), supply(40), supply(90)]
    short = Window(0, 100)
    assert (
        measures([*seen, supply(101, 60)], Window(30, 100), follow_up=short)[name]
        == (measures(seen, Window(30, 100), follow_up=short)[name])
    )
