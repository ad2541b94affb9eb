"""One console's queue and the beat, without a socket: order, overflow, and silence when events cannot be read."""

import asyncio
import json

import msgspec
import pytest

from clinician_ui.access import Caller
from clinician_ui.deps import Deps
from clinician_ui.feed import TOO_SLOW, Console, Feed
from clinician_ui.recent import Line
from domain.instants import SECOND, iso

PARIS = Caller(1, "doc1", "physician", ("paris",), b"s", False)


class Clock:
    """Real time that the test moves."""

    def __init__(self) -> None:
        self.now = 1_000 * SECOND

    def __call__(self) -> int:
        return self.now


def make_feed(clock: Clock) -> Feed:
    """A feed that never touches a database."""
    pool = msgspec.UNSET
    return Feed(Deps(pool=pool, database_url="", clock=clock, wall=clock, secret_key=b""))  # type: ignore[arg-type]


def a_line(event_id: int, site: str = "paris") -> Line:
    """An encoded event."""
    return Line(event_id, site, b'"kind":"alert.opened"}')


@pytest.mark.asyncio
async def test_frames_are_chained_within_the_circle_and_never_repeated() -> None:
    feed = make_feed(Clock())
    console = Console(PARIS, 4, 3, 10)
    feed.publish([], 4)
    assert feed.attach(console)
    feed.publish([a_line(4), a_line(5), a_line(6, "lyon"), a_line(7)], 7)
    frames = [json.loads(console.queue.get_nowait()) for _ in range(console.queue.qsize())]
    assert [(frame["id"], frame["prev"]) for frame in frames] == [(5, 3), (7, 5)]


@pytest.mark.asyncio
async def test_a_console_behind_the_feed_cannot_attach() -> None:
    feed = make_feed(Clock())
    feed.publish([], 9)
    assert not feed.attach(Console(PARIS, 8, 8, 10))
    assert feed.attach(Console(PARIS, 11, 8, 10))


@pytest.mark.asyncio
async def test_a_full_queue_ends_only_that_console() -> None:
    feed = make_feed(Clock())
    slow, quick = Console(PARIS, 0, 0, 2), Console(PARIS, 0, 0, 10)
    feed.publish([], 0)
    assert feed.attach(slow)
    assert feed.attach(quick)
    feed.publish([a_line(event_id) for event_id in (1, 2, 3)], 3)
    assert slow.closed.result() == TOO_SLOW
    assert not quick.closed.done()
    assert quick.queue.qsize() == 3
    await asyncio.sleep(0)


@pytest.mark.asyncio
async def test_no_beat_when_the_events_cannot_be_read() -> None:
    clock = Clock()
    feed = make_feed(clock)
    console = Console(PARIS, 2, 2, 10)
    feed.publish([], 2)
    assert feed.attach(console)
    feed.read_at = clock.now
    feed.beat()
    beat = json.loads(console.queue.get_nowait())
    assert (beat["kind"], beat["cursor"]) == ("beat", 2)
    clock.now += 5 * SECOND
    feed.beat()
    assert console.queue.empty()


@pytest.mark.asyncio
async def test_a_beat_says_what_is_away_and_since_when_without_a_break() -> None:
    clock = Clock()
    feed = make_feed(clock)
    began = clock.now
    said = []
    for away in ([], ["ingest"], ["ingest", "database"], [], ["broker"]):
        feed.note_away(away)
        beat = json.loads(feed.beat_text(1))
        said.append((beat["away"], beat["away_since"]))
        clock.now += SECOND
    assert said == [
        ([], None),
        (["ingest"], iso(began + SECOND)),
        (["ingest", "database"], iso(began + SECOND)),
        ([], None),
        (["broker"], iso(began + 4 * SECOND)),
    ]
