"""The owner's database connection: every transaction is fenced by the lease, repeated until its outcome is known.

The mark left in the lease row by each transaction tells, after a connection lost during COMMIT, whether it happened.
Called by the writer and the service, from one thread.
"""

import random
import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
import structlog

from domain.instants import Micros
from ingest import holder as holders
from storage import lease
from storage.messages import listen

Conn = psycopg.Connection[Any]
Write = Callable[[Conn], Callable[[], None] | None]
T = TypeVar("T")
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError, psycopg.NotSupportedError)
_UNREPLICATED = ("01000", "57P01")  # warnings of a COMMIT that no longer waits for its synchronous standby
WENT_BACK = (
    "the database has lost transactions that it had confirmed (a standby that was behind took over?): this hub ends and"
    " begins again from what is there; `vigie ledger --missing` lists what is gone"
)
_OUT_OF_STEP = "an answer of this connection was not that to the question: it is given up"
_TOO_LARGE = "54"  # class of errors in which a limit of the database is exceeded by what is written
LONGEST_WAIT = 2.0
ASK_EVERY = 1.0  # s, while another process holds the lease
GONE_FOR = 3.0  # s without the owner's connection, as a waiting process sees it; a living owner is back within 2
BEAT_EVERY = 2.0  # s, while nothing is written; a lease is dead after 30

log = structlog.get_logger("vigie.ingest")


class LeaseLost(Exception):
    """Another process has taken over this ingest group: this one must stop."""


class Stopping(Exception):
    """The service was told to stop while the database was away."""


class Owner:
    """One connection, one ingest group. `changed(True|False)` is told when storing becomes possible or impossible."""

    def __init__(
        self,
        connect: Callable[[], Conn],
        group: str,
        holder: str,
        *,
        clock: Callable[[], Micros],
        stopping: threading.Event,
        sites: tuple[str, ...] = (),
        take_over: bool = False,
    ) -> None:
        self._connect = connect
        self._sites = sites
        self._take_over = take_over
        self._beaten = 0.0
        self._missed: dict[tuple[str, str], float] = {}  # owners whose connection is gone, and since when
        self.waiting: str | None = None  # who holds the lease, while this process waits for it
        self.group = group
        self.holder = holder
        self._clock = clock
        self._stopping = stopping
        self._conn: Conn | None = None
        self._fencing = 0
        self._mark: Micros = 0
        self._kept: Micros = 0  # the mark of the last transaction that is known to be committed
        self._astray = False  # the connection has answered what was not asked
        self._doubtful = False  # a commit was answered before the standby had it
        self.here = False
        self.changed: Callable[[bool], None] = lambda _: None
        self.heard: Callable[[str], None] = lambda _: None
        self.crash: Callable[[str], None] = lambda _: None

    def open(self, channels: tuple[str, ...]) -> None:
        """Connect and take the lease, waiting for the database and for its owner as long as it takes."""
        self._channels = channels
        while not self._fencing:
            try:
                conn = self._reach()
                with conn.transaction():
                    self._mark = self._next_mark()
                    holder = self._take(conn)
                self._replicated()
                self._kept = self._mark
            except AWAY as error:
                self._fencing = 0  # a commit of unknown outcome: taken again, as by anybody else
                self._missed.clear()  # with the database away every connection is gone
                self._lost(error)
            else:
                self._wait_for(holder)
        self._set(True)

    def _take(self, conn: Conn) -> str | None:
        """Take the lease; or who holds it, or that of a group with a site of ours, and is not known to be gone."""
        rivals = [found for found in lease.held(conn) if found.overlaps(self.group, self._sites)]
        for rival in rivals:
            mine = rival.holder == self.holder and rival.group == self.group
            over = self._take_over or mine or holders.is_gone(rival.holder) or self._vanished(rival)
            if rival.alive and not over:
                return f"lease held by {holders.said(rival.holder)} (group {rival.group})"
        lease.fence_off(conn, [rival.group for rival in rivals])
        self._fencing = lease.take(conn, self.group, self.holder, sites=self._sites, at=self._mark)
        return None

    def _vanished(self, rival: lease.Held) -> bool:
        """Whether its connection has been gone for longer than an owner needs to connect again."""
        key = (rival.group, rival.holder)
        if rival.connected:
            self._missed.pop(key, None)
            return False
        gone = time.monotonic() - self._missed.setdefault(key, time.monotonic())
        return gone >= GONE_FOR and not rival.beating

    def _wait_for(self, holder: str | None) -> None:
        if holder is not None and holder != self.waiting:
            log.warning("waiting: another ingest runs, and --take-over would stop it", group=self.group, holder=holder)
        self.waiting = holder
        if holder is not None and self._stopping.wait(ASK_EVERY):
            raise Stopping("stopped while another process held the lease")

    def beat_aside(self) -> None:
        """From another thread, on a connection of its own: the owner is alive while it reads for long."""
        try:
            with self._connect() as conn:
                lease.beat(conn, self.group, self._fencing)
        except AWAY as error:
            log.warning("database away, lease not renewed", error=str(error).strip(), group=self.group)

    def release(self) -> None:
        """An orderly end: the next process need not wait."""
        if self._fencing and self._conn is not None:
            try:
                lease.release(self._conn, self.group, self._fencing)
            except AWAY as error:
                log.warning("lease not released: the next owner waits up to 30 s", error=str(error).strip())

    def close(self) -> None:
        """Close the connection."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None
        self._set(False)

    def read(self, query: Callable[[Conn], T]) -> T:
        """The answer to a query, repeated until the database gives one."""
        while True:
            try:
                found = query(self._reach())
            except AWAY as error:
                self._recover(error)
            else:
                self._set(True)
                return found

    def verify(self) -> None:
        """Raise LeaseLost as soon as another process has taken over, even when nothing is to be written."""
        self.read(self._still_mine)

    def _still_mine(self, conn: Conn) -> None:
        now = time.monotonic()
        if now - self._beaten >= BEAT_EVERY:
            self._beaten = now
            mine = lease.beat(conn, self.group, self._fencing)
        else:
            mine = lease.current(conn, self.group) == self._fencing
        if not mine:
            self._doubt()

    def _doubt(self) -> None:
        """Raise LeaseLost when a new connection says so too, OperationalError when only this one does."""
        with self._connect() as conn:
            if lease.current(conn, self.group) != self._fencing:
                raise LeaseLost(self._lost_lease())
        raise psycopg.OperationalError(_OUT_OF_STEP)

    def perform(self, write: Write) -> None:
        """Commit what `write` does, exactly once. `write` may return a check that runs before the commit.

        Raises what the content or the code causes (DataError, IntegrityError, ProgrammingError, anything of `write`),
        rolled back; repeats whatever an absent database causes. Raises LeaseLost and Stopping.
        """
        while True:
            try:
                self._attempt(write)
                break
            except AWAY as error:
                if (error.sqlstate or "").startswith(_TOO_LARGE):
                    raise
                if self._recover(error):
                    break
        self._set(True)

    def _attempt(self, write: Write) -> None:
        # New before anything can fail: after a failure only this mark may count as this transaction's.
        mark = self._mark = self._next_mark()
        conn = self._reach()
        # No pipeline: psycopg 3.3 waits for ever for the answer to what it has sent in part, from about 1 MB on.
        with conn.transaction():
            if not lease.mark(conn, self.group, self._fencing, at=mark):
                self._doubt()
            check = write(conn)
            if check is not None:
                check()
            if not lease.in_step(conn, mark) or self._astray:
                raise psycopg.OperationalError(_OUT_OF_STEP)
            self.crash("before_commit")
        self.crash("after_commit")
        self._replicated()
        self._kept = mark

    def _replicated(self) -> None:
        """Raise OperationalError after a COMMIT that gave up waiting for its synchronous standby: it is only here.

        When it is cancelled the server answers success and a warning; a later commit without one proves it.
        """
        if self._doubtful:
            self._doubtful = False
            raise psycopg.OperationalError("committed here, but the synchronous standby does not answer")

    def _noticed(self, notice: psycopg.errors.Diagnostic) -> None:
        self._doubtful |= notice.sqlstate in _UNREPLICATED
        self._astray |= notice.sqlstate is None  # said by libpq, not by the server: an answer to no question came

    def _lost_lease(self) -> str:
        former = holders.said(self.holder)
        return f"ingest group {self.group!r}: another process took it over from {former!r}; this one stops"

    def _next_mark(self) -> Micros:
        return max(self._clock(), self._mark + 1)

    def _reach(self) -> Conn:
        if self._conn is None or self._conn.closed:
            self._conn = self._connect()
            self._conn.autocommit = True
            lease.bound_waits(self._conn)
            if self._fencing:
                lease.connected(self._conn, self.group, self._fencing)
            self._doubtful = self._astray = False
            self._conn.add_notice_handler(self._noticed)
            self._conn.add_notify_handler(lambda notice: self.heard(notice.channel))
            listen(self._conn, self._channels)
        return self._conn

    def _recover(self, error: psycopg.Error) -> bool:
        """Wait for the database. True when the last transaction was committed after all.

        Only a statement that succeeds says that the database is back: one whose disk is full answers questions.
        """
        self._lost(error)
        while True:
            try:
                conn = self._reach()
                with conn.transaction():
                    found = lease.read(conn, self.group)  # locks the row: its commit waits for the standby as well
                self._replicated()
                break
            except AWAY as again:
                self._lost(again)
        if found is None or found[1] != self._fencing:
            raise LeaseLost(self._lost_lease())
        if found[2] not in (self._mark, self._kept):
            raise LeaseLost(WENT_BACK)
        done = found[2] == self._mark
        self._kept = found[2]
        return done

    def _lost(self, error: psycopg.Error) -> None:
        log.warning("database away, trying again", error=str(error).strip(), group=self.group)
        self._set(False)
        if self._conn is not None:
            self._conn.close()
            self._conn = None
        if self._stopping.wait(random.uniform(0.1, LONGEST_WAIT)):  # noqa: S311 - spreads retries, guards nothing
            raise Stopping("stopped while the database was away")

    def _set(self, here: bool) -> None:
        if here != self.here:
            self.here = here
            self.changed(here)
