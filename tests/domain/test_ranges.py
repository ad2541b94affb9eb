"""Ranges against a plain set."""

import time

from hypothesis import given
from hypothesis import strategies as st

from domain.ranges import MAX_MISS, Ranges, standing
from ingest.duplicates import Seen

_pairs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 6)), max_size=40)


class Stored:
    """A connection that answers one query."""

    def __init__(self, rows: list[tuple[str, str, int, int, bool]]) -> None:
        self.rows = rows

    def execute(self, *_: object) -> "Stored":
        return self

    def fetchall(self) -> list[tuple[str, str, int, int, bool]]:
        return self.rows


def members(ranges: Ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


@given(_pairs)
def test_the_same_numbers_as_a_set(pairs: list[tuple[int, int]]) -> None:
    ranges, model = Ranges(), set[int]()
    for first, more in pairs:
        ranges.add(first, first + more)
        model |= set(range(first, first + more + 1))
        assert members(ranges) == model
    assert all(later[0] > earlier[1] + 1 for earlier, later in zip(list(ranges), list(ranges)[1:], strict=False))
    assert {number for number in range(70) if number in ranges} == model
    assert ranges.last == max(model, default=0)
    gaps = {number for first, last in ranges.missing(66) for number in range(first, last + 1)}
    assert gaps == set(range(1, 67)) - model


@given(_pairs, _pairs)
def test_an_acknowledgement_says_nothing_false(stored: list[tuple[int, int]], dropped: list[tuple[int, int]]) -> None:
    have = Ranges([(first, first + more) for first, more in stored])
    gone = Ranges([(first, first + more) for first, more in dropped])
    said = standing(Ranges([*have, *gone]), have.last)
    missed = {number for first, last in said.miss for number in range(first, last + 1)}
    assert set(range(1, said.upto + 1)) - missed <= members(have) | members(gone)
    assert missed.isdisjoint(members(have) | members(gone))
    assert said.upto == have.last


def test_more_than_a_hundred_gaps_lower_upto() -> None:
    every_other = Ranges([(number, number) for number in range(2, 1000, 2)])
    said = standing(every_other, every_other.last)
    assert len(said.miss) == MAX_MISS
    assert said.upto == 200
    assert standing(Ranges([(1, 5)]), 5).miss == []


@given(_pairs, st.integers(0, 5))
def test_the_first_gaps_are_those_of_all(pairs: list[tuple[int, int]], most: int) -> None:
    ranges = Ranges([(first, first + more) for first, more in pairs])
    assert ranges.missing(66, most=most) == ranges.missing(66)[:most]


def test_a_boot_full_of_holes_is_acknowledged_without_looking_at_all_of_them() -> None:
    """Time of an acknowledgement after a hundred thousand odd numbers: microseconds, also while more come."""
    seen = Seen()
    key = ("d1", "b")
    rows = [("d1", "b", number, number, True) for number in range(1, 200_001, 2)]
    rows += [("d1", "b", number, number, False) for number in range(2, 100_000, 4)]
    seen.load(Stored(rows), [key])  # type: ignore[arg-type]
    begun = time.perf_counter()
    for number in range(2, 202, 2):
        seen.dropped(key, number, number)
        seen.stored(key, 300_000 + number)
        said = seen.standing(key)
    assert time.perf_counter() - begun < 0.5
    assert said is not None
    assert said.miss[0] == (204, 204)
