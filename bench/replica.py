"""A PostgreSQL with a streaming replica, on one machine: what `bench.failover` and its tests kill and promote."""

import time
from pathlib import Path

import psycopg

from vigie.embedded import child
from vigie.embedded.postgres import EmbeddedPostgres

WITHIN = 30.0


class Pair:
    """Two servers in one folder, `one` the primary at first. The replica follows by a slot of its own."""

    def __init__(self, folder: Path) -> None:
        self.one = EmbeddedPostgres(folder / "one")
        self.other = EmbeddedPostgres(folder / "other")

    def url_of(self, database: str) -> str:
        """Names both, in this order."""
        hosts = ",".join(str(each.sockets) for each in (self.one, self.other))
        return f"postgresql://postgres@/{database}?host={hosts}"

    def start(self, *, synchronous: bool) -> None:
        """The primary, then a copy of it that follows; synchronous: a commit waits until the replica has it on disk."""
        self.one.start()
        self.follow(self.other, self.one)
        if synchronous:
            with psycopg.connect(self.one.url, autocommit=True) as conn:
                conn.execute("ALTER SYSTEM SET synchronous_standby_names = 'ANY 1 (*)'")
                conn.execute("SELECT pg_reload_conf()")
            self._until(self.one, "SELECT count(*) = 1 FROM pg_stat_replication WHERE sync_state = 'quorum'")

    def follow(self, replica: EmbeddedPostgres, primary: EmbeddedPostgres) -> None:
        """Make a replica from nothing, and wait until it follows."""
        replica.make_replica_of(primary)
        replica.start()
        self._until(primary, "SELECT count(*) = 1 FROM pg_stat_replication WHERE state = 'streaming'")

    def promote(self) -> float:
        """The replica becomes the primary; how long that took, s."""
        began = time.monotonic()
        with psycopg.connect(self.other.url, autocommit=True) as conn:
            conn.execute("SELECT pg_promote(true, 30)")
        return time.monotonic() - began

    def cut_off(self) -> None:
        """From now on the replica hears nothing of the primary."""
        with psycopg.connect(self.other.url, autocommit=True) as conn:
            conn.execute("ALTER SYSTEM SET primary_conninfo = ''")
            conn.execute("SELECT pg_reload_conf()")
        self._until(self.other, "SELECT count(*) = 0 FROM pg_stat_wal_receiver")

    def kill9(self) -> None:
        """The primary; its files stay."""
        self.one.kill9()

    def stop(self) -> None:
        """Both."""
        self.other.stop()
        self.one.stop()

    def _until(self, server: EmbeddedPostgres, question: str) -> None:
        end = time.monotonic() + WITHIN
        with psycopg.connect(server.url, autocommit=True) as conn:
            while conn.execute(question).fetchone() != (True,):
                if time.monotonic() > end:
                    raise child.EmbeddedError(f"not so within {WITHIN:.0f} s: {question}")
                time.sleep(0.05)
