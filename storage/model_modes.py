"""Whether a model speaks at a site: rows that are never edited, the newest counts; without one it is in shadow."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import class_row

from domain.instants import Micros, moment

DEFAULT = "shadow"


class Mode(Struct, frozen=True):
    """One decision. `by_watch`: the hub withdrew the model by itself. `set_at` is an aware datetime."""

    site: str
    model: str
    number: int
    mode: str
    actor: str
    role: str
    reason: str
    set_at: Any
    by_watch: bool


def current(conn: Connection[Any], sites: Sequence[str], model: str) -> dict[str, Mode]:
    """Site -> the decision that counts; a site without one is not in it."""
    with conn.cursor(row_factory=class_row(Mode)) as cursor:
        rows = cursor.execute(
            """SELECT DISTINCT ON (site) * FROM model_mode WHERE site = ANY (%s) AND model = %s
               ORDER BY site, number DESC""",
            (list(sites), model),
        )
        return {row.site: row for row in rows}


def history(conn: Connection[Any], site: str, model: str) -> list[Mode]:
    """Every decision, newest first."""
    with conn.cursor(row_factory=class_row(Mode)) as cursor:
        return cursor.execute(
            "SELECT * FROM model_mode WHERE site = %s AND model = %s ORDER BY number DESC", (site, model)
        ).fetchall()


def lock(conn: Connection[Any], site: str) -> None:
    """Hold the site's row until the transaction ends, so that two decisions do not get one number."""
    conn.execute("SELECT 1 FROM site WHERE id = %s FOR UPDATE", (site,))


class Decision(Struct, frozen=True):
    """A decision to store."""

    site: str
    model: str
    mode: str
    actor: str
    role: str
    reason: str
    at: Micros
    by_watch: bool = False


def insert(conn: Connection[Any], wanted: Decision) -> None:
    """The next decision of a site on a model."""
    conn.execute(
        """INSERT INTO model_mode (site, model, number, mode, actor, role, reason, set_at, by_watch)
           SELECT %(site)s, %(model)s, coalesce(max(number), 0) + 1, %(mode)s, %(actor)s, %(role)s, %(reason)s, %(at)s,
                  %(by_watch)s FROM model_mode WHERE site = %(site)s AND model = %(model)s""",
        {"site": wanted.site, "model": wanted.model, "mode": wanted.mode, "actor": wanted.actor, "role": wanted.role,
         "reason": wanted.reason, "at": moment(wanted.at), "by_watch": wanted.by_watch},
    )  # fmt: skip
