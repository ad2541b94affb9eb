"""Holes in a device's numbers: told when they last, taken back when they are filled, once each."""

from domain.instants import MINUTE
from ingest.accept import Accepted
from ingest.gaps import LASTS, MOST, Gaps

KEY = ("d1", "b")


def message(at: int, device: str = "d1") -> Accepted:
    return Accepted("s", device, "b", 9, b"", at, wearer="P1")


def said(gaps: Gaps, at: int) -> list[float | None]:
    found = [note.value for note in gaps.notes([message(at)], at)]
    assert found == [note.value for note in gaps.notes([message(at)], at)]  # asking changes nothing
    gaps.told([message(at)], at)
    return found


def test_a_hole_that_lasts_is_told_once_and_taken_back_once() -> None:
    gaps = Gaps()
    gaps.look(KEY, 3, 0)
    assert said(gaps, LASTS - 1) == []
    gaps.look(KEY, 2, LASTS - 1)
    assert said(gaps, LASTS) == [2.0]
    assert said(gaps, LASTS + MINUTE) == []
    gaps.look(KEY, 0, LASTS + 2 * MINUTE)
    assert said(gaps, LASTS + 3 * MINUTE) == [0.0]
    assert said(gaps, LASTS + 4 * MINUTE) == []


def test_a_hole_that_is_filled_in_time_is_nobodys_business() -> None:
    gaps = Gaps()
    gaps.look(KEY, 3, 0)
    gaps.look(KEY, 0, LASTS - 1)
    assert said(gaps, LASTS + 1) == []


def test_a_device_worn_by_nobody_tells_nobody() -> None:
    gaps = Gaps()
    gaps.look(KEY, 3, 0)
    nobody = Accepted("s", "d1", "b", 9, b"", LASTS)
    assert gaps.notes([nobody], LASTS) == []


def test_memory_is_bounded() -> None:
    gaps = Gaps()
    for number in range(MOST + 10):
        gaps.look((f"d{number}", "b"), 1, 0)
    assert len(gaps._open) == MOST
