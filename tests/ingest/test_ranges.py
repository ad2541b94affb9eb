"""Ranges against a plain set."""

from hypothesis import given
from hypothesis import strategies as st

from ingest.ranges import MAX_MISS, Ranges, standing

_pairs = st.lists(st.tuples(st.integers(1, 60), st.integers(0, 6)), max_size=40)


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
    said = standing(have, gone)
    missed = {number for first, last in said.miss for number in range(first, last + 1)}
    assert set(range(1, said.upto + 1)) - missed <= members(have) | members(gone)
    assert missed.isdisjoint(members(have) | members(gone))
    assert said.upto == have.last


def test_more_than_a_hundred_gaps_lower_upto() -> None:
    every_other = Ranges([(number, number) for number in range(2, 1000, 2)])
    said = standing(every_other, Ranges())
    assert len(said.miss) == MAX_MISS
    assert said.upto == 200
    assert standing(Ranges([(1, 5)]), Ranges()).miss == []
