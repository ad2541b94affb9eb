"""Which of several servers of one database takes writes: of those that do, the one on the highest timeline.

A URL may name several hosts (`postgresql://vigie@one,two/vigie`). Nothing here elects: a standby is promoted by whoever
runs the database, and each promotion begins a timeline. A former primary that comes back by itself is still on the
lower one: it takes writes too, and nobody may give it any. Called by `storage.connection` only.
"""

from typing import Any, Self

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.rows import TupleRow

SECONDS = 2  # to connect, where there are several
_ASK = """
SELECT CASE WHEN pg_is_in_recovery() THEN 0
            ELSE ('x' || left(pg_walfile_name(pg_current_wal_lsn()), 8))::bit(32)::int END
"""
_highest: dict[str, int] = {}  # the timelines that this process has written on, by the URL


class OneOfSeveral(psycopg.Connection[TupleRow]):
    """A connection as psycopg makes it; with several hosts, to the one that is the primary now."""

    @classmethod
    def connect(cls, conninfo: str = "", **given: Any) -> Self:
        """Raises OperationalError: nobody answers, none takes writes, or only one that another has replaced does."""
        hosts = apart(conninfo)
        if len(hosts) < 2:
            return super().connect(conninfo, **given)
        found: list[tuple[int, Self]] = []
        faults: list[str] = []
        for name, place in hosts:
            try:
                conn = super().connect(place, **given | {"connect_timeout": SECONDS})
                found.append((_timeline(conn), conn))
            except psycopg.OperationalError as error:
                faults.append(f"{name}: {str(error).strip().splitlines()[0]}")
        timeline, best = max(found, key=lambda one: one[0], default=(0, None))
        for _, conn in found:
            if conn is not best or timeline < max(1, _highest.get(conninfo, 0)):
                conn.close()
        why = refusal(timeline, _highest.get(conninfo, 0), faults)
        if best is None or why is not None:
            raise psycopg.OperationalError(why or "no server answers")
        _highest[conninfo] = timeline
        return best


def apart(conninfo: str) -> list[tuple[str, str]]:
    """(host and port, conninfo of it alone) of every host that a URL names."""
    parts: dict[str, Any] = dict(conninfo_to_dict(conninfo))
    hosts = str(parts.get("host") or "").split(",")
    addresses = str(parts["hostaddr"]).split(",") if parts.get("hostaddr") else []
    ports = str(parts.get("port") or "").split(",")
    if len(ports) == 1:
        ports = ports * len(hosts)
    if len(ports) != len(hosts) or (addresses and len(addresses) != len(hosts)):
        raise psycopg.OperationalError(f"{len(hosts)} hosts: expected one port, or as many as there are hosts")
    found = []
    for place, (host, port) in enumerate(zip(hosts, ports, strict=True)):
        alone = parts | {"host": host or None, "port": port or None}
        if addresses:
            alone["hostaddr"] = addresses[place]
        found.append((f"{host}:{port}" if port else host, make_conninfo("", **alone)))
    return found


def refusal(timeline: int, highest: int, faults: list[str]) -> str | None:
    """Why nothing may be written now; None when it may. `timeline`: the highest that takes writes, 0: none does."""
    said = "; ".join(faults)
    if timeline == 0:
        return f"no server takes writes: {said or 'each is a standby'}"
    if timeline < highest:
        others = f"; {said}" if said else ""
        return f"only a primary that was replaced takes writes (timeline {timeline}, {highest} was seen){others}"
    return None


def _timeline(conn: psycopg.Connection[TupleRow]) -> int:
    """0 for a standby."""
    row = conn.execute(_ASK).fetchone()
    conn.rollback()
    return 0 if row is None else int(row[0])
