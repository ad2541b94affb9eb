"""One batch: judged, freed of duplicates, decided and committed in one transaction, then acknowledged.

A batch that the database or the decider cannot take is halved until the guilty message stands alone: it is quarantined,
or stored without a decision; the others are committed. Called by the service, from its thread.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from hashlib import sha256

import psycopg
import structlog
from msgspec import Struct

from domain.alerts import DeviceNote
from domain.instants import Micros
from domain.values import Rejected
from ingest.accept import Accepted, accept
from ingest.acks import Acks
from ingest.batch import Item, Judged, Presence, Rows, rows_of
from ingest.buffer import APP, Delivery
from ingest.decider import Decider, Decision
from ingest.duplicates import Seen
from ingest.floods import Floods
from ingest.gaps import Gaps
from ingest.metrics import Metrics
from ingest.oddities import MessageKey, cleared, conflict, digest, loose, message_key, poisoned, presence, said
from ingest.owner import Conn, LeaseLost, Owner, Stopping
from ingest.registry import Device
from storage import messages as sql
from storage import readings, retractions

FEED = "vigie_feed"
SEEN_EVERY: Micros = 30_000_000

log = structlog.get_logger("vigie.ingest")


class AnotherWriter(Exception):
    """A message of this batch was in the database, against what the cache said."""


class Tools(Struct, frozen=True):
    """What the writer works with."""

    owner: Owner
    decider: Decider
    acks: Acks
    seen: Seen
    metrics: Metrics
    clock: Callable[[], Micros]
    crash: Callable[[str], None]


class Writer:
    """Stores batches. After `store` returns, every delivery given may be acknowledged to the broker."""

    def __init__(self, tools: Tools) -> None:
        self.tools = tools
        self._gaps = Gaps()
        self._floods = Floods()
        self._noted: dict[str, Micros] = {}
        self.accept = accept

    # ---- a batch ----------------------------------------------------------------------------------------------------

    def store(self, deliveries: Sequence[Delivery], devices: Mapping[str, Device]) -> None:
        """Commit everything that these deliveries mean; owes the devices their acknowledgements."""
        tools = self.tools
        started = time.perf_counter()
        items = [Item(delivery, self._judge(delivery, devices)) for delivery in deliveries if not cleared(delivery)]
        tools.crash("after_parse")
        while True:
            fresh, repeated = self._classify(items)
            try:
                self._commit(fresh)
                break
            except AnotherWriter as found:
                log.warning("reading the stored messages again", reason=str(found))
                tools.seen.forget()
        self._floods.count(items)  # once stored: a batch that is tried again is no flood
        self._owe(items)
        tools.seen.shrink()
        self._measure(fresh, repeated, started)

    def _judge(self, delivery: Delivery, devices: Mapping[str, Device]) -> Judged:
        if delivery.topic.endswith("/st"):
            return presence(delivery, devices)
        return self.accept(delivery.payload, delivery.topic, received_at=delivery.received_at, devices=devices)

    def _classify(self, items: Sequence[Item]) -> tuple[list[Item], int]:
        """What is not stored yet, in order, and how many are. Other content under a stored key is new: a conflict."""
        seen = self.tools.seen
        keys = [message_key(item.judged) for item in items]
        boots = [key[:2] for key in keys if key is not None]
        self.tools.owner.read(lambda conn: seen.load(conn, boots))
        stored = [key for key in keys if key is not None and seen.has(key[:2], key[2])]
        digests = self.tools.owner.read(lambda conn: sql.digests(conn, stored)) if stored else {}
        fresh: list[Item] = []
        first: dict[MessageKey, bytes] = {}
        known = set(stored)
        for item, key in zip(items, keys, strict=True):
            if key is None:
                fresh.append(item)
                continue
            before = digests.get(key, b"") if key in known else first.get(key)
            if before is None:
                first[key] = digest(item)
                fresh.append(item)
            elif before not in (b"", digest(item)):
                fresh.append(Item(item.delivery, conflict(item, key)))
        once = self._refused_once(fresh)
        return once, len(items) - len(once)

    def _refused_once(self, items: list[Item]) -> list[Item]:
        """Without refusals that have no number and were refused before: the same bytes on the same topic."""
        pairs = {loose(item) for item in items} - {None}
        if not pairs:
            return items
        asked = [pair for pair in pairs if pair is not None]
        before = set(self.tools.owner.read(lambda conn: sql.refused_before(conn, asked)))
        kept = []
        for item in items:
            pair = loose(item)
            if pair is not None:
                if pair in before:
                    continue
                before.add(pair)
            kept.append(item)
        return kept

    # ---- committing -------------------------------------------------------------------------------------------------

    def _commit(self, items: Sequence[Item]) -> None:
        if not items:
            return
        fault = self._try(items)
        if fault is None:
            return
        if len(items) == 1:
            self._isolate(items[0], fault)
            return
        half = len(items) // 2
        self._commit(items[:half])
        self._commit(items[half:])

    def _try(self, items: Sequence[Item], *, decide: bool = True) -> Exception | None:
        """Commit these items. Returns what the content or a programmer's mistake raised, everything rolled back."""
        rows = rows_of(items)
        decision: Decision | None = None
        floods: list[DeviceNote] = []
        try:
            if decide and rows.inputs:
                at = self._now(items)
                floods = self._floods.notes(items)
                for note in (*self._gaps.notes((item.judged for item in items), at), *floods):
                    rows.inputs.setdefault(note.patient, []).append(note)
                # the decider may read stored samples: an absent database is waited for, it is nobody's fault
                with self.tools.metrics.step_seconds.time():
                    decision = self.tools.owner.read(lambda _: self.tools.decider.decide(rows.inputs, at=at))
            self.tools.owner.perform(partial(self._write, rows, decision))
        except (AnotherWriter, LeaseLost, Stopping):
            raise
        except Exception as error:  # noqa: BLE001 - the edge of one batch: named, halved and isolated, never swallowed
            return error
        self._committed(rows)
        if decision is not None:
            decision.adopt()
            self._gaps.told((item.judged for item in items), self._now(items))
            self._floods.told(floods)
        self._look_for_gaps(rows, self._now(items))
        return None

    def _look_for_gaps(self, rows: Rows, at: Micros) -> None:
        for key in {(message.device, message.boot) for message in rows.messages}:
            found = self.tools.seen.standing(key)
            if found is not None:
                self._gaps.look(key, sum(last - first + 1 for first, last in found.miss), at)

    def _now(self, items: Sequence[Item]) -> Micros:
        return max(self.tools.clock(), max(item.delivery.received_at for item in items))

    def _write(self, rows: Rows, decision: Decision | None, conn: Conn) -> Callable[[], None] | None:
        inserted = sql.insert_messages(conn, rows.messages) if rows.messages else None
        write_values(conn, rows)
        changes = [row for row in rows.devices.values() if self._worth_noting(row)]
        if changes:
            sql.update_devices(conn, changes)
        if decision is not None:
            write_decision(conn, decision)
        if inserted is None:
            return None
        return partial(_all_inserted, inserted, len(rows.messages))

    def _worth_noting(self, row: sql.DeviceRow) -> bool:
        if row.online is not None or row.battery is not None:
            return True
        return row.seen_at - self._noted.get(row.device, 0) >= SEEN_EVERY

    def _committed(self, rows: Rows) -> None:
        seen, noted = self.tools.seen, self._noted
        for message in rows.messages:
            seen.stored((message.device, message.boot), message.seq)
        for gone in rows.dropped:
            seen.dropped((gone.device, gone.boot), gone.from_seq, gone.to_seq)
        for row in rows.devices.values():
            if self._worth_noting(row):
                noted[row.device] = row.seen_at

    def _isolate(self, item: Item, fault: Exception) -> None:
        """One guilty message: without the decision if that was at fault, else quarantined."""
        metrics = self.tools.metrics
        if isinstance(item.judged, Presence):
            log.error("presence could not be stored", device=item.judged.device, error=said(fault))
            metrics.poisoned.inc()
            return
        alone = self._try([item], decide=False)
        if isinstance(alone, psycopg.ProgrammingError):
            raise alone  # the database is not what this program expects: no message is at fault
        if alone is None:
            log.error("stored without a decision", topic=item.delivery.topic, error=said(fault), exc_info=fault)
            metrics.undecided.inc()
            return
        refused = Item(item.delivery, poisoned(item, fault))
        log.error("the database refused a message: quarantined", topic=item.delivery.topic, error=said(fault))
        metrics.poisoned.inc()
        if self._try([refused]) is not None:
            last = self._try([refused], decide=False)
            if last is not None:
                raise last

    # ---- afterwards -------------------------------------------------------------------------------------------------

    def _owe(self, items: Sequence[Item]) -> None:
        acks = self.tools.acks
        at = real_micros()
        for item in items:
            judged = item.judged
            if item.delivery.lane == APP:
                continue  # the app asks by HTTP, and is answered from the database
            if isinstance(judged, Accepted):
                key = (judged.device, judged.boot)
                acks.owe(key, judged.site, at=at, urgent=at if judged.asks else None)
                if judged.faults:
                    acks.tell_time(judged.site, judged.device, now=self.tools.clock(), at=at)
            elif isinstance(judged, Rejected) and judged.site is not None and judged.device is not None:
                if judged.boot is None or judged.seq is None:
                    acks.refuse(judged.site, judged.device, sha256(judged.raw).digest(), judged.reason.value)
                else:
                    acks.owe((judged.device, judged.boot), judged.site, at=at)

    def _measure(self, fresh: Sequence[Item], repeated: int, started: float) -> None:
        metrics = self.tools.metrics
        refused: dict[str, int] = {}
        whole = 0
        for item in fresh:
            judged = item.judged
            if isinstance(judged, Rejected):
                whole += 1
                refused[judged.reason.value] = refused.get(judged.reason.value, 0) + 1
            elif isinstance(judged, Accepted):
                for one in judged.rejected:
                    refused[one.reason.value] = refused.get(one.reason.value, 0) + 1
        metrics.messages.labels("stored").inc(len(fresh) - whole)
        metrics.messages.labels("rejected").inc(whole)
        metrics.messages.labels("duplicate").inc(repeated)
        metrics.duplicates.inc(repeated)
        for reason, count in refused.items():
            metrics.rejected.labels(reason).inc(count)
        metrics.batch_size.observe(len(fresh) + repeated)
        metrics.batch_seconds.observe(time.perf_counter() - started)
        if fresh:
            oldest = min(item.delivery.received_at for item in fresh)
            metrics.lag.set(max(0, self.tools.clock() - oldest) / 1_000_000)

    # ---- what comes from no device ----------------------------------------------------------------------------------

    def apply(self, decision: Decision) -> None:
        """Commit a decision of its own: time passing, people's actions."""
        self.tools.owner.perform(partial(write_decision, decision=decision))
        decision.adopt()


def real_micros() -> Micros:
    """A clock that is neither scaled nor set back, for what is owed to devices."""
    return time.monotonic_ns() // 1000


def write_values(conn: Conn, rows: Rows) -> None:
    """Everything but the message rows and the devices' state."""
    if rows.readings:
        readings.insert(conn, rows.readings)
    if rows.reports:
        sql.insert_reports(conn, rows.reports)
    if rows.intakes:
        sql.insert_intakes(conn, rows.intakes)
    if rows.retractions:
        retractions.insert(conn, rows.retractions)
    if rows.given:
        sql.insert_given(conn, rows.given)
    if rows.rejected:
        sql.insert_rejected(conn, rows.rejected)
    if rows.boots:
        sql.insert_boots(conn, rows.boots)
    if rows.dropped:
        sql.insert_dropped(conn, rows.dropped)
    if rows.identities:
        sql.insert_identities(conn, rows.identities)


def write_decision(conn: Conn, decision: Decision) -> None:
    """A decision's rows, and one wake-up of the feed when it has events."""
    decision.write(conn)
    if decision.event_count:
        sql.wake(conn, FEED)


def _all_inserted(cursor: psycopg.Cursor[object], expected: int) -> None:
    if cursor.rowcount != expected:
        raise AnotherWriter(f"{expected - cursor.rowcount} of {expected} messages were stored by somebody else")
