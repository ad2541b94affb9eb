"""Which of several servers of one database takes writes: of those that do, the one on the highest timeline.

A URL may name several hosts (`postgresql://vigie@one,two/vigie`). Nothing here elects: a standby is promoted by whoever
runs the database, and each promotion begins a timeline. A former primary that comes back by itself is still on the
lower one: it takes writes too, and nobody may give it any, also after a restart: the highest timeline that was seen is
kept in a file. Called by `storage.connection`; the wiring says where the file is and asks what was refused.
"""

import os
import threading
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, Self

import msgspec
import psycopg
from msgspec import Struct
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

from domain.converting import decoder

SECONDS = 2  # to connect, where there are several
FILE = "database-timelines.json"
_told = decoder(dict[str, int])
_ASK = """
SELECT system_identifier::text,
       CASE WHEN pg_is_in_recovery() THEN 0
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END
FROM pg_control_system()
"""


class Server(Struct, frozen=True):
    """What one host answered. `timeline`: 0 for a standby. `fault`: why it did not answer; the rest is empty then."""

    name: str
    cluster: str = ""
    timeline: int = 0
    fault: str = ""


class Replaced(psycopg.OperationalError):
    """Only a former primary takes writes, and must not get any."""


def choose(servers: Sequence[Server], seen: dict[str, int]) -> Server:
    """The one to write to. `seen`: the highest timeline of each cluster. Raises OperationalError, or Replaced."""
    answered = [each for each in servers if not each.fault]
    said = "; ".join(f"{each.name}: {each.fault}" for each in servers if each.fault)
    if len({each.cluster for each in answered}) > 1:
        names = ", ".join(each.name for each in answered)
        raise psycopg.OperationalError(f"not copies of one another, expected a primary and its standbys: {names}")
    best = max(answered, key=lambda each: each.timeline, default=None)
    if best is None or best.timeline == 0:
        raise psycopg.OperationalError(f"no server takes writes: {said or 'each is a standby'}")
    highest = seen.get(best.cluster, 0)
    if best.timeline < highest:
        told = f"{best.name} is on timeline {best.timeline}, {highest} was seen"
        raise Replaced(f"only a primary that was replaced takes writes ({told}){'; ' if said else ''}{said}")
    return best


def former(servers: Iterable[Server]) -> list[str]:
    """The names of those that take writes on a lower timeline than another one."""
    writable = [each for each in servers if each.timeline]
    highest = max((each.timeline for each in writable), default=0)
    return [each.name for each in writable if each.timeline < highest]


class Memory:
    """The highest timeline of each cluster, in this process and, once `keep_in` was told a folder, after it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._file: Path | None = None
        self._seen: dict[str, int] = {}
        self.refused: dict[str, str] = {}  # by URL: what was said when only a former primary took writes

    def keep_in(self, folder: Path) -> None:
        """Read what was seen before, and write there from now on. Raises OSError, ValueError (no file of ours)."""
        with self._lock:
            self._file = folder / FILE
            if self._file.exists():
                told = _told(self._file.read_bytes())
                self._seen = _highest(self._seen, told)

    def choose(self, url: str, servers: Sequence[Server]) -> Server:
        """As `choose`, and remembered."""
        with self._lock:
            try:
                best = choose(servers, self._seen)
            except Replaced as error:
                self.refused[url] = str(error)
                raise
            self.refused.pop(url, None)
            if self._seen.get(best.cluster) != best.timeline:
                self._seen[best.cluster] = best.timeline
                self._write()
            return best

    def _write(self) -> None:
        """Complete or not at all. A process that may not write there (a command of somebody else) only reads."""
        if self._file is None or not os.access(self._file.parent, os.W_OK):
            return  # the hub warns of it when it starts
        if self._file.exists():
            self._seen = _highest(self._seen, _told(self._file.read_bytes()))
        making = self._file.with_name(f"{FILE}.{os.getpid()}")
        making.write_bytes(msgspec.json.encode(self._seen))
        making.replace(self._file)


memory = Memory()  # one a process: every connection of it must agree


class OneOfSeveral(psycopg.Connection[TupleRow]):
    """A connection as psycopg makes it; with several hosts, to the one that is the primary now."""

    @classmethod
    def connect(cls, conninfo: str = "", **given: Any) -> Self:
        """Raises OperationalError: nobody answers, none takes writes, or only one that another has replaced does."""
        hosts = apart(conninfo)
        if len(hosts) < 2:
            return super().connect(conninfo, **given)
        found: dict[str, Self] = {}
        servers: list[Server] = []
        chosen: Server | None = None
        try:
            for name, place in hosts:
                try:
                    found[name] = super().connect(place, **given | {"connect_timeout": SECONDS})
                    servers.append(_asked(name, found[name]))
                except psycopg.OperationalError as error:
                    servers.append(_silent(name, error))
            chosen = memory.choose(conninfo, servers)
            return found[chosen.name]
        finally:
            for name, conn in found.items():
                if chosen is None or name != chosen.name:
                    conn.close()


def look(url: str) -> list[Server]:
    """What each host of a URL answers; empty when it names one only."""
    hosts = apart(url)
    found = []
    for name, place in hosts if len(hosts) > 1 else []:
        try:
            with psycopg.connect(place, connect_timeout=SECONDS, application_name="vigie-doctor") as conn:
                found.append(_asked(name, conn))
        except psycopg.OperationalError as error:
            found.append(_silent(name, error))
    return found


def apart(conninfo: str) -> list[tuple[str, str]]:
    """(host and port, conninfo of it alone) of every host that a URL names. Raises psycopg.Error."""
    parts: dict[str, Any] = dict(conninfo_to_dict(conninfo))
    hosts = str(parts.get("host") or "").split(",")
    addresses = str(parts["hostaddr"]).split(",") if parts.get("hostaddr") else []
    ports = str(parts.get("port") or "").split(",")
    if len(ports) == 1:
        ports = ports * len(hosts)
    if len(ports) != len(hosts) or (addresses and len(addresses) != len(hosts)):
        raise psycopg.OperationalError(f"{len(hosts)} hosts: expected one port, or as many as there are hosts")
    if len(hosts) > 1:
        parts.pop("target_session_attrs", None)  # each is asked, and a standby may answer
    found = []
    for place, (host, port) in enumerate(zip(hosts, ports, strict=True)):
        alone = parts | {"host": host or None, "port": port or None}
        if addresses:
            alone["hostaddr"] = addresses[place]
        found.append((f"{host}:{port}" if port else host, make_conninfo("", **alone)))
    return found


def pinned(url: str, conn: psycopg.Connection[Any]) -> str:
    """What leads another program to the same server as this connection."""
    if len(apart(url)) < 2:
        return url
    where: dict[str, Any] = {"host": conn.info.host, "port": conn.info.port, "target_session_attrs": "any"}
    if "hostaddr" in conninfo_to_dict(url):
        where["hostaddr"] = conn.info.hostaddr
    return make_conninfo(url, **where)


def ports(url: str) -> list[str]:
    """Every port that a URL names. Raises psycopg.Error: it cannot be read."""
    found = [conninfo_to_dict(place).get("port") for _, place in apart(url)]
    return [str(port) for port in found if port]


def _highest(one: dict[str, int], other: dict[str, int]) -> dict[str, int]:
    return {cluster: max(one.get(cluster, 0), other.get(cluster, 0)) for cluster in one | other}


def _asked(name: str, conn: psycopg.Connection[TupleRow]) -> Server:
    row = conn.execute(_ASK).fetchone()
    conn.rollback()
    return Server(name) if row is None else Server(name, str(row[0]), int(row[1]))


def _silent(name: str, error: psycopg.Error) -> Server:
    return Server(name, fault=(str(error).strip().splitlines() or ["no answer"])[0])
