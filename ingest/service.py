"""The ingest service of one group: its thread takes batches, lets time pass, applies people's actions, acknowledges.

Owns the lease, the database connection and the two MQTT sessions. Built and stopped by the wiring.
"""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial

import structlog
from msgspec import Struct

from domain.instants import MINUTE, SECOND, Micros, iso
from domain.ranges import Standing
from domain.wire import HubState, encode, hub_topic
from ingest import entering, rejudging
from ingest.acks import Acks
from ingest.app_posts import Posts
from ingest.buffer import BULK, LIVE, Buffer, Delivery
from ingest.duplicates import Key, Seen
from ingest.health import Health
from ingest.metrics import Metrics
from ingest.outside import Outside
from ingest.owner import Conn, LeaseLost, Owner, Stopping
from ingest.registry import Device, Registry, registry
from ingest.subscriber import Link, Session, Subscription
from ingest.writer import Tools, Writer, real_micros
from storage import inbox, wearing

CHANNELS = ("vigie_registry", "vigie_action")
REGISTRY_EVERY = 10.0  # s
REGISTRY_AT_MOST_EVERY = 1.0
ACTIONS_EVERY = 0.25
IDLE_FOR = 0.1
STUCK_AFTER = 10.0  # s without a finished cycle
WATCH_EVERY = 1.0
LOADING_BEAT_EVERY = 5.0
ENTRIES_AT_ONCE = 50
CLOCK_SET_BACK: Micros = MINUTE  # of hub time between two ticks: no ordinary lateness

log = structlog.get_logger("vigie.ingest")


class Plan(Struct, frozen=True):
    """What one ingest service is to do. No site: all. `tick_every` is hub time: the wiring scales it with the clock."""

    group: str
    holder: str
    live: Link
    bulk: Link
    sites: tuple[str, ...] = ()
    tick_every: Micros = 10 * SECOND
    receive_maximum: int = 2000
    capacity: int = 4000
    take_over: bool = False


class IngestService:
    """Start it, watch `health`, stop it. A lost lease ends it with `failure` set."""

    def __init__(self, plan: Plan, outside: Outside, metrics: Metrics | None = None) -> None:
        self.plan = plan
        self.metrics = metrics or Metrics()
        self.failure: str | None = None
        self._outside = outside
        self._stopping = threading.Event()
        self._buffer = Buffer(plan.capacity)
        self._owner = Owner(
            outside.connect, plan.group, plan.holder, clock=outside.now, stopping=self._stopping, sites=plan.sites,
            take_over=plan.take_over,
        )  # fmt: skip
        self._owner.changed = self._database_changed
        self._owner.heard = self._heard
        self._owner.crash = outside.crash
        self._seen = Seen()
        self._acks = Acks(self._publish, self._standing)
        self._registry = Registry({}, plan.sites)
        self._registry_at = 0.0
        self._stale = True
        self._sessions: tuple[Session, ...] = ()
        self._epochs: dict[str, int] = {}
        self._pending: list[Delivery] = []
        self._stuck = False
        self._cycled: float | None = None
        self._said_stalled = False
        self._loading = False
        self._since = outside.now()
        self._ticked: Micros = 0
        self._acted = 0.0
        self._rejudging = ""
        self._posts = Posts(plan.sites, self._known)
        self._thread = threading.Thread(target=self._run, name=f"ingest-{plan.group}", daemon=True)
        self._watcher = threading.Thread(target=self._watch, name=f"watch-{plan.group}", daemon=True)

    # ---- for the wiring ---------------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the service's thread; it waits for database and broker as long as it takes."""
        self._thread.start()
        self._watcher.start()

    def stop(self) -> None:
        """Finish the batch in hand, say `away`, disconnect. What is not stored stays with the broker."""
        self._stopping.set()
        self._buffer.close()
        self._thread.join(timeout=30.0)

    @property
    def health(self) -> Health:
        """What is there and what is not."""
        database = self._owner.here
        links = [session.alive and session.epoch > 0 for session in self._sessions] or [False, False]
        working = not self._stuck and not self._stalled and self.failure is None and self._thread.is_alive()
        storing = database and all(links) and working
        return Health(storing, database, links[0], links[1], self.failure, self._owner.waiting)

    @property
    def _stalled(self) -> bool:
        """No cycle was finished for too long: whatever the thread waits for, nothing is being stored."""
        return self._cycled is None or time.monotonic() - self._cycled > STUCK_AFTER

    @property
    def storing(self) -> bool:
        """Whether messages are being stored now."""
        return self.health.storing

    # ---- the thread -------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._open()
            while not self._stopping.is_set():
                self._guarded_cycle()
        except LeaseLost as lost:
            self._fail(str(lost))
        except Stopping as why:
            log.info(str(why), group=self.plan.group)
        except Exception as error:  # the outermost loop of the service
            log.exception("ingest could not start", group=self.plan.group)
            self._fail(f"ingest could not start: {error}")
        finally:
            self._close()

    def _watch(self) -> None:
        """On a thread of its own: says that the other one is stuck, which that one cannot say itself."""
        beaten = time.monotonic()
        while self._thread.is_alive() and not self._stopping.wait(WATCH_EVERY):
            if self._loading and time.monotonic() - beaten > LOADING_BEAT_EVERY:
                beaten = time.monotonic()
                self._owner.beat_aside()
            stalled = self._cycled is not None and self._stalled and self._owner.here  # else: the database is away
            if stalled == self._said_stalled:
                continue
            self._said_stalled = stalled
            log.error("ingest is stuck" if stalled else "ingest works again", group=self.plan.group)
            self.metrics.storing.set(self.storing)
            self._announce(self._owner.here)

    def _fail(self, why: str) -> None:
        self.failure = why
        log.error("ingest stopped", group=self.plan.group, why=why)

    def _open(self) -> None:
        self._owner.open(CHANNELS)
        self._refresh(force=True)
        self._loading = True
        decider = self._owner.read(self._outside.load_decider)
        self._loading = False
        self._tools = tools = Tools(
            self._owner, decider, self._acks, self._seen, self.metrics, self._outside.now, self._outside.crash
        )
        self._decider = decider
        self._writer = Writer(tools)
        self._sessions = self._connect()
        self._cycled = time.monotonic()
        for session in self._sessions:
            session.start()

    def _connect(self) -> tuple[Session, ...]:
        """Live and bulk have a session each, so that a backlog in the broker delays nothing.

        A client has one will: the live session's is for the first site, the bulk session's for the second. Further
        sites hear `away` on an orderly stop or when the database is away, not when this process is killed.
        """
        plan = self.plan
        served = plan.sites or self._registry.sites
        places = plan.sites or ("+",)
        away = encode(HubState(state="away"))
        wills = [(hub_topic(site), away) for site in served[:2]]
        live = Subscription(
            f"hub-{plan.group}-live",
            tuple(f"vigie/1/{site}/+/{leaf}" for site in places for leaf in ("obs", "st")),
            plan.receive_maximum,
            wills[0] if wills else None,
            tuple(f"vigie/1/+/+/{leaf}" for leaf in ("obs", "st")) if plan.sites else (),
        )
        bulk = Subscription(
            f"hub-{plan.group}-bulk",
            tuple(f"vigie/1/{site}/+/bulk" for site in places),
            max(plan.receive_maximum // 4, 1),
            wills[1] if len(wills) > 1 else None,
            ("vigie/1/+/+/bulk",) if plan.sites else (),
        )
        return tuple(
            Session(link, what, partial(self._deliver, lane), waiting=partial(self._buffer.is_full, lane))
            for link, what, lane in ((plan.live, live, LIVE), (plan.bulk, bulk, BULK))
        )

    def _deliver(self, lane: str, topic: str, payload: bytes, mid: int, qos: int, epoch: int) -> None:
        """On a network thread."""
        self._buffer.put(Delivery(payload, topic, mid, qos, epoch, lane, self._outside.now()))

    def _guarded_cycle(self) -> None:
        try:
            self._cycle()
            self._stuck = False
            self._cycled = time.monotonic()
        except (LeaseLost, Stopping):
            raise
        except Exception:  # a batch that failed stays in hand
            self._stuck = True
            self.metrics.failures.inc()
            log.exception("unexpected error, trying again", group=self.plan.group)
            self._stopping.wait(1.0)

    def _cycle(self) -> None:
        if not self._pending:
            self._pending = self._buffer.take(IDLE_FOR)
        if self._pending:
            self._refresh(force=False)
            self._know(self._pending)
            self._writer.store(self._pending, self._registry.devices)
            taken, self._pending = self._pending, []
            self._acknowledge(taken)
        self._connections()
        self._acks.flush(at=real_micros())
        self._aside(lambda: self._posts.take(self._writer))
        self._aside(self._act)
        self._aside(self._tick)
        self._refresh(force=False)
        self._gauge()

    def _aside(self, step: Callable[[], None]) -> None:
        """A mistake in what is not a message must not hold up messages."""
        try:
            step()
        except (LeaseLost, Stopping):
            raise
        except Exception:
            self.metrics.failures.inc()
            log.exception("an action or a tick failed", group=self.plan.group)

    def _acknowledge(self, deliveries: list[Delivery]) -> None:
        session = self._sessions[0 if deliveries[0].lane == LIVE else 1]
        session.acknowledge([(one.epoch, one.mid, one.qos) for one in deliveries])

    # ---- people and time --------------------------------------------------------------------------------------------

    def _act(self) -> None:
        now = time.monotonic()
        if now - self._acted < ACTIONS_EVERY:
            return
        self._acted = now
        self._owner.verify()
        for action in self._waiting("entries", ENTRIES_AT_ONCE):
            entering.apply(self._tools, action, self._registry.book(action.site))
        at = self._outside.now()
        decision = self._owner.read(lambda conn: self._decider.actions(conn, at=at))
        if decision is not None:
            self._writer.apply(decision)
        self._rejudge()  # last: it holds up nobody's action

    def _rejudge(self) -> None:
        for action in self._waiting("rejudge", 1):
            self._refresh(force=action.id != self._rejudging)  # what was put right before it was asked counts
            self._rejudging = action.id
            if not rejudging.apply(self._tools, action, self._registry.devices):
                self._acted = 0.0

    def _waiting(self, kind: str, limit: int) -> list[inbox.Waiting]:
        return self._owner.read(lambda conn: inbox.waiting(conn, (kind,), limit, sites=self.plan.sites))

    def _tick(self) -> None:
        """On a fixed grid of hub time, once what has already arrived was stepped."""
        every = self.plan.tick_every
        at = self._outside.now() // every * every
        if at < self._ticked - CLOCK_SET_BACK:
            self._ticked = at - every  # the clock was wrong before: what is due by the right one is due
        if at <= self._ticked or (self._buffer.depth(LIVE) and at - self._ticked < 2 * every):
            return
        self._ticked = at
        decision = self._decider.next_tick(at)
        if decision is not None:
            self._writer.apply(decision)

    # ---- devices ----------------------------------------------------------------------------------------------------

    def _heard(self, channel: str) -> None:
        if channel == "vigie_registry":
            self._stale = True
        else:
            self._acted = 0.0
            self._posts.ring()

    def _known(self, deliveries: Sequence[Delivery]) -> Mapping[str, Device]:
        """The registry with devices that were made a moment ago: only the hub itself names those of the app."""
        self._refresh(force=False)
        self._know(deliveries, at_most_every=0.0)
        return self._registry.devices

    def _know(self, deliveries: Sequence[Delivery], at_most_every: float = REGISTRY_AT_MOST_EVERY) -> None:
        """Read the registry again, at most once a second, when a device is not in it."""
        devices = self._registry.devices
        names = {topic[-2] for one in deliveries if len(topic := one.topic.split("/")) >= 2}
        if not names <= devices.keys() and time.monotonic() - self._registry_at > at_most_every:
            self._refresh(force=True)

    def _refresh(self, *, force: bool) -> None:
        now = time.monotonic()
        if not force and not self._stale and now - self._registry_at < REGISTRY_EVERY:
            return
        self._stale = False
        self._registry_at = now
        before = self._registry.sites
        self._registry = self._owner.read(self._read_registry)
        if self._registry.sites != before:
            self._announce(self._owner.here)

    def _read_registry(self, conn: Conn) -> Registry:
        return registry(wearing.worn(conn), wearing.sites(conn), self._outside.books(conn))

    def _standing(self, key: Key) -> Standing | None:
        found = self._seen.standing(key)
        if found is None:
            self._owner.read(lambda conn: self._seen.load(conn, [key]))
            found = self._seen.standing(key)
        return found

    # ---- the broker -------------------------------------------------------------------------------------------------

    def _publish(self, topic: str, payload: bytes) -> bool:
        return bool(self._sessions) and self._sessions[0].publish(topic, payload)

    def _connections(self) -> None:
        """After each new connection: the state again, and acknowledgements that may not have arrived."""
        for session in self._sessions:
            name, epoch = session.subscription.client_id, session.epoch
            if epoch and self._epochs.get(name) != epoch:
                self._epochs[name] = epoch
                self._announce(self._owner.here)
                self._acks.resend(at=real_micros())

    def _database_changed(self, here: bool) -> None:
        self._since = self._outside.now()
        if self._cycled is not None:
            self._cycled = time.monotonic()
        self.metrics.storing.set(1 if here else 0)
        self._announce(here)

    def _announce(self, here: bool) -> None:
        if not self._sessions:
            return
        storing = here and not self._said_stalled
        state = HubState(state="storing", since=iso(self._since)) if storing else HubState(state="away")
        for site in self.plan.sites or self._registry.sites:
            self._sessions[0].publish(hub_topic(site), encode(state), retain=True)

    def _gauge(self) -> None:
        metrics = self.metrics
        metrics.storing.set(self.storing)
        metrics.buffer.labels(LIVE).set(self._buffer.depth(LIVE))
        metrics.buffer.labels(BULK).set(self._buffer.depth(BULK))
        metrics.acks.set(self._acks.published)
        metrics.acks_waiting.set(self._acks.waiting)
        if self._sessions:
            metrics.broker_dropped.set(self._sessions[0].broker_dropped)

    def _close(self) -> None:
        self._buffer.close()
        if self.failure is None:
            self._last_words()
        for session in self._sessions:
            session.stop()
        self._owner.release()
        self._owner.close()

    def _last_words(self) -> None:
        try:
            if self._owner.here:
                self._acks.flush(at=real_micros(), everything=1 << 62)
        except (LeaseLost, Stopping) as why:
            log.info("some acknowledgements were not sent: devices ask again", why=str(why))
        self._announce(False)
