"""The live feed of one process: a thread that reads new events, a bounded queue and a task per console.

Nobody waits for a slow console: a full queue closes it with 4408. Beats stop as soon as the database cannot be read, so
that a page which gets no events also gets no beats. Events come by cursor; NOTIFY only shortens the wait.
"""

import asyncio
import threading
from collections.abc import Iterable
from typing import Any

import msgspec
import psycopg
import structlog
from prometheus_client import Counter, Gauge, Histogram

from clinician_ui import views
from clinician_ui.access import Caller, Verb, may
from clinician_ui.deps import Deps
from clinician_ui.presence import Presence
from clinician_ui.receipts import Receipts
from clinician_ui.recent import Line, Recent
from domain.instants import SECOND, Micros, iso
from storage import feed as events
from storage import people
from storage.connection import Connection, connect

TOO_SLOW, TOO_OLD, SESSION_ENDED, AWAY = 4408, 4409, 4401, 1012
PAGE = 500
FRESH_FOR: Micros = 4 * SECOND
_log = structlog.get_logger()


def line(event: events.FeedEvent) -> Line:
    """An event, encoded."""
    return Line(event.id, event.site, msgspec.json.encode(views.event_json(event))[1:])


class Console:
    """One attached page: who it is, how far it is, what waits to be sent. Touched by the event loop only."""

    def __init__(self, caller: Caller, cursor: int, prev: int, limit: int) -> None:
        self.caller, self.sites = caller, frozenset(caller.sites)
        self.cursor, self.prev = cursor, prev
        self.got = 0  # the newest event the page said it shows
        self.queue: asyncio.Queue[str] = asyncio.Queue(limit)
        self.closed: asyncio.Future[int] = asyncio.get_running_loop().create_future()

    def take(self, line: Line) -> str | None:
        """The frame of an event that is this console's and new to it."""
        if line.id <= self.cursor or line.site not in self.sites:
            return None
        frame, self.prev, self.cursor = line.frame(self.prev), line.id, line.id
        return frame

    def push(self, text: str) -> None:
        """Queue a frame; a full queue ends the console."""
        try:
            self.queue.put_nowait(text)
        except asyncio.QueueFull:
            self.end(TOO_SLOW)

    def end(self, code: int) -> None:
        """Close with a code; the first one counts."""
        if not self.closed.done():
            self.closed.set_result(code)


class FeedMetrics:
    """What /metrics says of the feed."""

    def __init__(self, deps: Deps) -> None:
        self.consoles = Gauge("vigie_feed_consoles", "attached consoles", registry=deps.registry)
        self.events = Counter("vigie_feed_events_total", "alert events read for the feed", registry=deps.registry)
        self.lag = Histogram("vigie_feed_lag_seconds", "Hub time from event to consoles", registry=deps.registry)
        self.cut = Counter("vigie_feed_closed_total", "feeds closed by the hub", ["code"], registry=deps.registry)


class Feed:
    """The feed of one process. `start` and `stop` by the app's lifespan; `publish` and `beat` on the event loop."""

    def __init__(self, deps: Deps) -> None:
        self.deps, self.metrics = deps, FeedMetrics(deps)
        self.receipts = Receipts(deps.pool, deps.clock)
        self.presence = Presence(deps.pool, deps.wall)
        self.recent = Recent()
        self.position = -1  # newest id given to consoles; -1 until the database was read once
        self.begun = 0  # how often everything had to be read anew
        self.consoles: set[Console] = set()
        self.read_at: Micros = 0
        self.away: list[str] = []
        self.away_since: Micros | None = None  # hub time
        self._stopping = threading.Event()
        self._tasks: list[asyncio.Task[None]] = []
        self._watched: tuple[Caller, ...] = ()

    async def start(self) -> None:
        """Begin reading, beating, and watching what the hub cannot reach."""
        self._loop = asyncio.get_running_loop()
        reading = asyncio.create_task(asyncio.to_thread(self._read_for_ever))
        beating, watching = self._beat_for_ever(), self._watch_for_ever()
        self._tasks = [reading, asyncio.create_task(beating), asyncio.create_task(watching)]
        self._tasks.append(asyncio.create_task(self.receipts.write_for_ever()))
        self._tasks.append(asyncio.create_task(self.presence.write_for_ever()))

    async def stop(self) -> None:
        """Close every console and end the tasks."""
        self._stopping.set()
        for console in self.consoles:
            console.end(AWAY)
        for task in self._tasks[1:]:
            task.cancel()
        await asyncio.wait(self._tasks)

    def attach(self, console: Console) -> bool:
        """Take part in what is live, if nothing lies between the console's cursor and the feed's position."""
        if console.cursor < self.position:
            return False
        self.consoles.add(console)
        self.metrics.consoles.set(len(self.consoles))
        return True

    def detach(self, console: Console) -> None:
        """Forget a console."""
        self.consoles.discard(console)
        self.metrics.consoles.set(len(self.consoles))

    def publish(self, lines: list[Line], position: int) -> None:
        """Give new events to every console they belong to."""
        for item in lines:
            for console in self.consoles:
                frame = console.take(item)
                if frame is not None:
                    console.push(frame)
        self.recent.begin(position)
        self.recent.add(lines)
        self.position = max(self.position, position)

    def begin_anew(self, position: int) -> None:
        """What the consoles were shown may be gone: each closes, and reads the board again."""
        self.position, self.recent = position, Recent()
        self.begun += 1
        for console in list(self.consoles):
            console.end(TOO_OLD)

    def beat(self) -> None:
        """One beat to every console; none when the events cannot be read."""
        if self.deps.wall() - self.read_at > FRESH_FOR:
            return
        for console in self.consoles:
            console.push(self.beat_text(max(self.position, console.cursor)))
        self._watched = tuple(console.caller for console in self.consoles)

    def beat_text(self, cursor: int) -> str:
        """A beat: everything of this console up to `cursor` was sent before it."""
        frame = {"kind": "beat", "cursor": cursor, "now": iso(self.deps.clock()), "speed": self.deps.hub.speed,
                 "away": self.away, "away_since": views.iso_or_none(self.away_since)}  # fmt: skip
        return msgspec.json.encode(frame).decode()

    def note_away(self, away: list[str]) -> None:
        """What the hub cannot reach now, and since when something is missing without a break."""
        self.away = away
        if not away:
            self.away_since = None
        elif self.away_since is None:
            self.away_since = self.deps.clock()

    def end_sessions(self, live: Iterable[people.Session]) -> None:
        """Close consoles whose session ended or whose role or circle is no longer what it was."""
        alive = {session.digest: session for session in live}
        for console in list(self.consoles):
            session = alive.get(console.caller.session)
            if console.caller in self._watched and not _still(console.caller, session):
                console.end(SESSION_ENDED)

    async def _beat_for_ever(self) -> None:
        while True:
            await asyncio.sleep(self.deps.beat_seconds)
            self.beat()

    async def _watch_for_ever(self) -> None:
        """In a thread of its own: an answer that takes long must not delay an alert."""
        while True:
            self.note_away(await asyncio.to_thread(self.deps.ready))
            self.deps.standing.note(self.away, self.deps.clock())
            await asyncio.sleep(1.0)

    def _read_for_ever(self) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self.deps.database_url, application_name="vigie-feed") as conn:
                    conn.autocommit = True
                    events.listen(conn)
                    self._read_until_stopped(conn)
            except psycopg.Error as error:
                _log.warning("feed: the database cannot be read, trying again", error=str(error).strip()[:200])
                self._stopping.wait(1.0)
            except Exception:  # noqa: BLE001  outermost loop of a service: without beats the pages say so
                _log.exception("feed: reading failed, trying again")
                self._stopping.wait(1.0)

    def _read_until_stopped(self, conn: Connection) -> None:
        base = events.base(conn)
        if 0 <= self.position < base:
            _log.warning("feed: another server took over, every console reads anew")
            self._call(self.begin_anew, base)
        position = self.position if self.position >= 0 else events.bounds(conn)[1]
        self._call(self.publish, [], position)
        checked_at = 0
        while not self._stopping.is_set():
            found = events.events_after(conn, position, PAGE)
            if found:
                position = found[-1].id
                self.metrics.events.inc(len(found))
                self.metrics.lag.observe(max(0, self.deps.clock() - found[0].at) / SECOND)
                self._call(self.publish, [line(event) for event in found], position)
            self.read_at = self.deps.wall()
            if self.read_at - checked_at >= SECOND:
                checked_at = self.read_at
                self._check(conn)
            if len(found) < PAGE:
                _wait(conn)

    def _check(self, conn: Connection) -> None:
        watched = self._watched
        if watched:
            live = people.live_sessions(conn, [caller.session for caller in watched], self.deps.wall())
            self._call(self.end_sessions, live)

    def _call(self, function: Any, *given: Any) -> None:
        """Run on the event loop, and wait, so that a stopped loop ends the thread instead of filling its memory."""
        done = threading.Event()

        def run() -> None:
            function(*given)
            done.set()

        self._loop.call_soon_threadsafe(run)
        while not done.wait(0.5) and not self._stopping.is_set():
            pass


def _wait(conn: Connection) -> None:
    """Until the next NOTIFY, one second at most."""
    for _ in conn.notifies(timeout=1.0, stop_after=1):
        pass


def _still(caller: Caller, session: people.Session | None) -> bool:
    return (
        session is not None
        and session.role == caller.role
        and session.sites == caller.sites
        and not session.must_change
        and may(session.role, Verb.SEE)
    )
