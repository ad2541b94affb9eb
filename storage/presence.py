"""Which consoles answer their beats, in real time, never the hub's scaled clock. Written by the feed."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, moment


class Seen(Struct, frozen=True):
    """A console that has answered: page in front, and whether its alarm can be heard."""

    session: bytes
    account: str
    sites: tuple[str, ...]
    visible: bool
    sounds: bool


def mark(conn: Connection[Any], seen: Sequence[Seen], at: Micros) -> None:
    """These consoles were there at that time. One statement for all; sessions that have ended are left out."""
    rows = [(one.session, site, one.account, one.visible, one.sounds) for one in seen for site in one.sites]
    columns = [list(column) for column in zip(*rows, strict=True)] or [[], [], [], [], []]
    conn.execute(
        """INSERT INTO console_presence AS p (session, site, account, seen_at, visible, sounds)
           SELECT g.session, g.site, g.account, %s, g.visible, g.sounds
           FROM unnest(%s::bytea[], %s::text[], %s::text[], %s::boolean[], %s::boolean[])
                AS g (session, site, account, visible, sounds)
           JOIN session s ON s.token_sha256 = g.session JOIN site ON site.id = g.site
           ORDER BY g.session, g.site
           ON CONFLICT (session, site) DO UPDATE SET seen_at = excluded.seen_at, visible = excluded.visible,
               sounds = excluded.sounds, account = excluded.account""",
        (moment(at), *columns),
    )


def attended(conn: Connection[Any], sites: Sequence[str], since: Micros) -> set[str]:
    """Those of the sites with a console that has answered since then and whose alarm can be heard."""
    rows = conn.execute(
        """SELECT DISTINCT site FROM console_presence WHERE site = ANY (%s) AND sounds AND seen_at > %s""",
        (list(sites), moment(since)),
    )
    return {row[0] for row in rows}


def present(conn: Connection[Any], site: str, since: Micros) -> list[str]:
    """Accounts with such a console at one site, by name."""
    rows = conn.execute(
        """SELECT DISTINCT account FROM console_presence WHERE site = %s AND sounds AND seen_at > %s
           ORDER BY account""",
        (site, moment(since)),
    )
    return [row[0] for row in rows]


def forget(conn: Connection[Any], before: Micros) -> None:
    """Drop what says nothing any more."""
    conn.execute("DELETE FROM console_presence WHERE seen_at < %s", (moment(before),))
