"""How long a chunk is: by the rate and the memory, without swinging."""

import pytest

from domain.instants import DAY, HOUR
from storage.chunks import BYTES, Fit, wanted

WEEK, GB = 7 * DAY, 1 << 30


@pytest.mark.parametrize(
    ("a_day", "memory", "length"),
    [
        (0, GB, WEEK),
        (100_000, GB, WEEK),
        (GB // BYTES, GB, DAY),
        (GB // BYTES + 1, GB, 6 * HOUR),
        (4 * (GB // BYTES), GB, 6 * HOUR),
        (40 * (GB // BYTES), GB, 6 * HOUR),  # no shorter one is worth its planning
    ],
)
def test_the_longest_that_fits(a_day: int, memory: int, length: int) -> None:
    assert wanted(a_day, memory, WEEK) == length


def test_a_longer_one_must_fit_twice() -> None:
    just, half = GB // BYTES // 7, GB // BYTES // 14
    assert (wanted(just, GB, WEEK), wanted(just, GB, DAY), wanted(half, GB, DAY)) == (WEEK, DAY, WEEK)
    for a_day in range(0, 2 * (GB // BYTES), 100_003):
        now = wanted(a_day, GB, WEEK)
        assert wanted(a_day, GB, now) == now, "what was chosen stays"


def test_far_is_four_times_too_much() -> None:
    just = GB // BYTES // 7
    assert not Fit(WEEK, DAY, 3 * just, GB).far
    assert Fit(WEEK, DAY, 5 * just, GB).far
    assert not Fit(DAY, WEEK, 0, GB).far
