"""The owner's database connection: every transaction is fenced by the lease, repeated until its outcome is known.

The mark left in the lease row by each transaction tells, after a connection lost during COMMIT, whether it happened.
Called by the writer and the service, from one thread.
"""

import random
import threading
from collections.abc import Callable
from typing import Any, TypeVar

import psycopg
import structlog

from domain.instants import Micros
from storage import lease
from storage.messages import listen

Conn = psycopg.Connection[Any]
Write = Callable[[Conn], Callable[[], None] | None]
T = TypeVar("T")
AWAY = (psycopg.OperationalError, psycopg.InterfaceError, psycopg.InternalError, psycopg.NotSupportedError)
_TOO_LARGE = "54"  # class of errors in which a limit of the database is exceeded by what is written
LONGEST_WAIT = 2.0

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
    ) -> None:
        self._connect = connect
        self.group = group
        self.holder = holder
        self._clock = clock
        self._stopping = stopping
        self._conn: Conn | None = None
        self._fencing = 0
        self._mark: Micros = 0
        self.here = False
        self.changed: Callable[[bool], None] = lambda _: None
        self.heard: Callable[[str], None] = lambda _: None
        self.crash: Callable[[str], None] = lambda _: None

    def open(self, channels: tuple[str, ...]) -> None:
        """Connect and take the lease, waiting for the database as long as it takes."""
        self._channels = channels
        while True:
            try:
                conn = self._reach()
                with conn.transaction():
                    self._mark = self._next_mark()
                    self._fencing = lease.take(conn, self.group, self.holder, at=self._mark)
                break
            except AWAY as error:
                self._lost(error)
        self._set(True)

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
        if self.read(lambda conn: lease.current(conn, self.group)) != self._fencing:
            raise LeaseLost(self._lost_lease())

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
                raise LeaseLost(self._lost_lease())
            check = write(conn)
            if check is not None:
                check()
            self.crash("before_commit")
        self.crash("after_commit")

    def _lost_lease(self) -> str:
        return f"ingest group {self.group!r}: another process took it over from {self.holder!r}; this one stops"

    def _next_mark(self) -> Micros:
        return max(self._clock(), self._mark + 1)

    def _reach(self) -> Conn:
        if self._conn is None or self._conn.closed:
            self._conn = self._connect()
            self._conn.autocommit = True
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
                    found = lease.read(conn, self.group)
                break
            except AWAY as again:
                self._lost(again)
        if found is None or found[1] != self._fencing:
            raise LeaseLost(self._lost_lease())
        return found[2] == self._mark

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
