"""Relative dose intensity: reductions, doses that nobody reported, more than was planned."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from models.adherence.intensity import Intensity, Planned, intensity

FULL = Fraction(1500)


def dose(state: str, amount: int = 1500) -> Planned:
    return Planned(FULL, state, Fraction(amount))  # type: ignore[arg-type]


def test_everything_taken_of_a_reduced_dose_is_less_than_planned() -> None:
    assert intensity([dose("delivered", 1200)] * 10).low == Fraction(4, 5)


def test_what_nobody_reported_widens_the_interval_and_is_neither_taken_nor_missed() -> None:
    found = intensity([dose("delivered")] * 6 + [dose("none", 0)] * 2 + [dose("unsure")] * 2)
    assert (found.low, found.high, found.as_reported) == (Fraction(6, 10), Fraction(8, 10), Fraction(6, 8))
    assert found.why == "2 of 10 doses are not known"


def test_doses_that_are_still_open_are_not_counted() -> None:
    assert intensity([dose("delivered"), dose("open")]).low == 1


def test_more_than_planned_shows_and_is_not_capped() -> None:
    assert intensity([dose("delivered")] * 3, beyond=FULL).low == Fraction(4, 3)


def test_nothing_planned_or_nothing_sure_is_not_known() -> None:
    assert intensity([]) == Intensity(None, None, None, 0, 0, "nothing was planned, or nothing is decided yet")
    assert intensity([dose("open")]).low is None
    assert intensity([dose("unsure")] * 3).as_reported is None


@given(
    doses=st.lists(
        st.builds(
            Planned,
            st.sampled_from([FULL, Fraction(1000)]),
            st.sampled_from(["delivered", "none", "unsure", "open"]),
            st.sampled_from([Fraction(0), Fraction(500), FULL]),
        )
    )
)
def test_an_interval_is_one_and_neither_order_nor_an_open_dose_moves_it(doses: list[Planned]) -> None:
    found = intensity(doses)
    assert intensity([*reversed(doses), dose("open")]) == found
    if found.low is not None and found.high is not None:
        assert 0 <= found.low <= found.high
