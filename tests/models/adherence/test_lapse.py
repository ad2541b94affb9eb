"""The lapse risk: when it is not known, what moves it, and that it sees nothing but the doses before."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models.adherence import lapse_prior
from models.adherence.lapse import HISTORY, RECENCIES, Dose, Due, Lapse, Outcome, Prior, lapse_risk, recency_of

PRIOR = Prior("test", (0.05, 0.1, 0.2, 0.5), 20.0, 10.0)
NEXT = (Due(8, 0), Due(20, 0))


def doses(word: str) -> list[Dose]:
    """`t` taken, `m` missed, `?` unknown; twice a day from a Monday on."""
    names: dict[str, Outcome] = {"t": "taken", "m": "missed", "?": "unknown"}
    return [Dose(8 if n % 2 == 0 else 20, n // 2 % 7, names[letter]) for n, letter in enumerate(word)]


def risk(word: str, prior: Prior = PRIOR, following: tuple[Due, Due] = NEXT) -> Lapse:
    return lapse_risk(doses(word), following, prior, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("word", "says"),
    [
        ("", "expected at least 28 doses that are known, got 0"),
        ("t" * 27, "got 27"),
        ("t" * 27 + "?" * 40, "got 27"),
        ("t" * 40 + "?", "not known whether the last dose was taken"),
    ],
)
def test_without_enough_history_it_says_that_it_does_not_know(word: str, says: str) -> None:
    found = risk(word)
    assert (found.probability, found.low, found.high) == (None, None, None)
    assert says in found.why


@pytest.mark.parametrize(
    ("word", "place"),
    [("ttttttt", 0), ("mttttttt", 0), ("mtttttt", 1), ("tmt", 1), ("tm", 2), ("mm", 3), ("m", 2), ("mt", 1)],
)
def test_recency_is_told_by_the_last_seven_doses(word: str, place: int) -> None:
    assert recency_of([dose.outcome for dose in doses(word)]) == place


def test_it_rises_with_recency_and_each_answer_names_its_own() -> None:
    lately = [risk("t" * 40), risk("t" * 38 + "mt"), risk("t" * 39 + "m"), risk("t" * 38 + "mm")]
    said = [found.probability or 0 for found in lately]
    assert said == sorted(said)
    assert tuple(found.recency for found in lately) == RECENCIES


def test_somebody_who_misses_every_second_evening_is_told_from_somebody_who_misses_mornings() -> None:
    evenings = "tmtt" * 20
    early, late = (risk(evenings + "t", following=(first, Due(8, 1))) for first in (Due(8, 0), Due(20, 0)))
    assert (late.probability or 0) > (early.probability or 0)


def test_a_longer_history_makes_the_interval_narrower() -> None:
    short, long = (risk("ttttm" * n + "t" * 8) for n in (6, 60))
    assert (long.high or 0) - (long.low or 0) < (short.high or 0) - (short.low or 0)


def test_unknown_doses_are_neither_taken_nor_missed() -> None:
    assert risk("t" * 40 + "?" * 30 + "t" * 8).probability == risk("t" * 40 + "?" * 60 + "t" * 8).probability


def test_the_seed_fixes_the_answer_and_another_one_hardly_moves_it() -> None:
    first, other = (
        lapse_risk(doses("ttm" * 20 + "t"), NEXT, PRIOR, np.random.default_rng(seed)).probability for seed in (1, 2)
    )
    assert first == risk("ttm" * 20 + "t").probability
    assert first != other
    assert math.isclose(first or 0, other or 0, rel_tol=0.1)


@settings(max_examples=60)
@given(word=st.text("tm?", min_size=30, max_size=80), hour=st.integers(0, 23), weekday=st.integers(0, 6))
def test_a_probability_lies_in_its_interval_between_0_and_1(word: str, hour: int, weekday: int) -> None:
    history = doses(word)
    before = list(history)
    found = risk(word, following=(Due(hour, weekday), Due(23 - hour, 6 - weekday)))
    assert history == before
    if found.probability is None:
        assert found.why
    else:
        assert 0 <= (found.low or 0) <= found.probability <= (found.high or 0) <= 1


def test_the_prior_that_ships_is_one() -> None:
    shipped = lapse_prior.shipped()
    assert len(shipped.rates) == len(RECENCIES)
    assert all(0 < rate < 1 for rate in shipped.rates)
    assert shipped.weight_of_others in lapse_prior.WEIGHTS
    assert risk("t" * HISTORY, shipped).version == shipped.version


def test_a_fit_finds_the_rates_and_pools_people_who_are_alike() -> None:
    dice = np.random.default_rng(5)
    alike = [doses("".join("m" if dice.random() < 0.3 else "t" for _ in range(300))) for _ in range(3)]
    found = lapse_prior.fit(alike, "x")
    assert all(math.isclose(rate, 0.3, abs_tol=0.08) for rate in found.rates[1:])
    assert found.weight_of_person >= 20
    rates = (found.rates[0], 0.9, 0.9, 0.9)
    assert lapse_prior.log_likelihood(alike[0], replace(found, rates=rates)) < lapse_prior.log_likelihood(
        alike[0], found
    )
