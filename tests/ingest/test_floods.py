"""A device that sends without end: told once, and taken back once it has been calm for a minute; a backlog is none."""

from domain.instants import MINUTE, SECOND
from ingest.accept import Accepted
from ingest.batch import Item
from ingest.buffer import BULK, LIVE, Delivery
from ingest.floods import CALM, QUOTA, Floods


def items(count: int, at: int, *, device: str = "d1", lane: str = LIVE, wearer: str | None = "P1") -> list[Item]:
    """Messages that came at that time."""
    delivery = Delivery(b"", "t", 1, 1, 1, lane, at)
    return [Item(delivery, Accepted("s", device, "b", number, b"", at, wearer=wearer)) for number in range(count)]


def said(floods: Floods, batch: list[Item]) -> list[tuple[str, float | None]]:
    """Counted once, asked twice, told."""
    floods.count(batch)
    notes = floods.notes(batch)
    assert notes == floods.notes(batch)  # asking changes nothing
    floods.told(notes)
    return [(note.device, note.value) for note in notes]


def test_a_flood_is_told_once_and_taken_back_after_a_calm_minute() -> None:
    floods = Floods()
    assert said(floods, items(QUOTA, 0)) == []
    assert said(floods, items(1, SECOND)) == [("d1", float(QUOTA))]
    assert said(floods, items(5000, 2 * SECOND)) == []
    assert said(floods, items(5, MINUTE)) == []  # the minute before was not calm
    assert said(floods, items(5, 2 * MINUTE)) == [("d1", 0.0)]
    assert said(floods, items(5, 3 * MINUTE)) == []


def test_what_goes_on_flooding_is_not_taken_back() -> None:
    floods = Floods()
    assert said(floods, items(QUOTA + 1, 0)) == [("d1", float(QUOTA))]
    for minute in range(1, 5):
        assert said(floods, items(CALM, minute * MINUTE)) == []


def test_a_backlog_on_the_bulk_lane_is_no_flood() -> None:
    assert said(Floods(), items(10 * QUOTA, 0, lane=BULK)) == []


def test_each_device_is_counted_by_itself_and_one_worn_by_nobody_tells_nobody() -> None:
    floods = Floods()
    assert said(floods, [*items(QUOTA, 0), *items(QUOTA, 0, device="d2")]) == []
    assert said(floods, items(1, 0, device="d2")) == [("d2", float(QUOTA))]
    assert said(floods, items(QUOTA + 1, 0, device="d3", wearer=None)) == []


def test_a_note_that_was_not_committed_is_said_again() -> None:
    floods = Floods()
    batch = items(QUOTA + 1, 0)
    floods.count(batch)
    assert floods.notes(batch)
    again = items(1, SECOND)
    floods.count(again)
    assert [note.kind for note in floods.notes(again)] == ["flood"]
