"""Treatment episodes: permissible gaps, switches, the last gap."""

from fractions import Fraction
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adherence.episodes import episodes
from models.adherence.supply import Supply, Window
from tests.models.adherence.test_cma import SUPPLIES, YEAR, supply


def found(supplies: list[Supply], gap: int = 30, switch: str = "same") -> list[tuple[int, int, Fraction, Fraction]]:
    all_of = episodes(supplies, YEAR, permissible_gap=Fraction(gap), switch=switch)  # type: ignore[arg-type]
    return [(one.number, one.start, one.end, one.end_gap) for one in all_of]


@pytest.mark.parametrize(("next_day", "count"), [(58, 1), (59, 2)])
def test_a_gap_as_long_as_permitted_does_not_end_an_episode_and_one_day_more_does(next_day: int, count: int) -> None:
    assert len(found([supply(0), supply(next_day, 330)])) == count


@pytest.mark.parametrize(("lasts_for", "end"), [(336, 365), (335, 335), (334, 334)])
def test_the_last_gap_is_part_of_the_episode_while_shorter_than_permitted(lasts_for: int, end: int) -> None:
    assert found([supply(0, lasts_for)]) == [(1, 0, end, 365 - lasts_for)]


def test_a_switch_starts_a_new_episode_only_when_asked() -> None:
    switched = [supply(0), supply(20, 345, drug="b")]
    assert found(switched, switch="new") == [(1, 0, 20, 0), (2, 20, 365, 0)]
    assert found(switched) == [(1, 0, 365, 0)]


def test_leftover_is_kept_for_the_same_drug_and_adjusted_to_a_changed_dose() -> None:
    assert found([supply(0, 60), supply(30, 28), supply(100, 265)], 11)[0][3] == 12  # 30 + 28 days from day 30 on
    assert found([supply(0, 60), supply(30, 28, per_day=2), supply(100, 265)], 11)[0][3] == 27  # 15 + 28 days
    assert found([supply(0, 60), supply(30, 28, drug="b"), supply(100, 265)], 11)[0][3] == 42  # 28 days


def test_no_supply_has_no_episode() -> None:
    assert found([]) == []
    assert found([supply(366)]) == []


@settings(max_examples=100)
@given(
    supplies=SUPPLIES, gap=st.sampled_from([0, 14, 30, 90]), switch=st.sampled_from(["new", "same"]), seed=st.integers()
)
def test_episodes_follow_each_other_and_neither_order_nor_duplicates_matter(
    supplies: list[Supply], gap: int, switch: str, seed: int
) -> None:
    all_of = found(supplies, gap, switch)
    again = [*supplies, supplies[-1]]
    Random(seed).shuffle(again)
    assert found(again, gap, switch) == all_of
    assert all_of[0][1] == min(one.day for one in supplies)
    assert all(first[2] + first[3] == second[1] for first, second in pairwise(all_of))
    assert all(start <= end <= Window(0, 365).end for _, start, end, _ in all_of)
