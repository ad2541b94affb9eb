"""The watch over models as rows, and counts of what they said, by site. No patient in any of it."""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment


class Look(Struct, frozen=True):
    """One matter at one site in [from_at, to_at). `verdict`: inside, outside, or unknown of too little."""

    site: str
    model: str
    version: str
    what: str
    from_at: Micros
    to_at: Micros
    n: int
    value: float | None
    low: float | None
    high: float | None
    verdict: str
    detail: dict[str, Any] = {}


class Said(Struct, frozen=True):
    """How often a model said something at a site: status, how many, of these alarms, and by which version.

    `shadow_alarms`: those that nobody heard.
    """

    site: str
    version: str
    status: str
    n: int
    alarms: int
    shadow_alarms: int


def insert(conn: Connection[Any], looks: Sequence[Look]) -> int:
    """Store them; a matter that was looked at up to the same moment is left as it is. How many are new."""
    new = 0
    for each in looks:
        new += conn.execute(
            """INSERT INTO model_watch
                   (site, model, version, what, from_at, to_at, n, value, low, high, verdict, detail)
               VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s) ON CONFLICT DO NOTHING""",
            (each.site, each.model, each.version, each.what, moment(each.from_at), moment(each.to_at), each.n,
             each.value, each.low, each.high, each.verdict, Jsonb(each.detail)),
        ).rowcount  # fmt: skip
    return new


def newest(conn: Connection[Any], sites: Sequence[str], model: str) -> list[Look]:
    """The last look at each matter of each site."""
    rows = conn.execute(
        """SELECT DISTINCT ON (site, what) site, model, version, what, from_at, to_at, n, value, low, high, verdict,
               detail FROM model_watch WHERE site = ANY (%s) AND model = %s ORDER BY site, what, to_at DESC""",
        (list(sites), model),
    )
    return [_look(row) for row in rows.fetchall()]


def _look(row: Sequence[Any]) -> Look:
    site, model, version, what, from_at, to_at, n, value, low, high, verdict, detail = row
    return Look(site, model, version, what, micros(from_at), micros(to_at), n, value, low, high, verdict, detail)


def risks_said(conn: Connection[Any], sites: Sequence[str], model: str, since: Micros) -> list[Said]:
    """Scores since a moment, counted."""
    rows = conn.execute(
        """SELECT site, version, status, count(*), count(*) FILTER (WHERE alarm AND mode = 'on'),
               count(*) FILTER (WHERE alarm AND mode <> 'on') FROM risk_score
           WHERE site = ANY (%s) AND model = %s AND scored_at >= %s GROUP BY site, version, status ORDER BY 1, 2, 3""",
        (list(sites), model, moment(since)),
    )
    return [Said(*row) for row in rows.fetchall()]


def forecasts_said(conn: Connection[Any], sites: Sequence[str]) -> list[Said]:
    """The newest forecast of each patient under watch, counted."""
    rows = conn.execute(
        """SELECT site, version, status, count(*), 0, 0 FROM (
               SELECT DISTINCT ON (f.patient) p.site, f.version, f.status FROM forecast f
               JOIN patient p ON p.id = f.patient AND p.ended_at IS NULL
               WHERE p.site = ANY (%s) ORDER BY f.patient, f.id DESC) AS newest
           GROUP BY site, version, status ORDER BY 1, 2, 3""",
        (list(sites),),
    )
    return [Said(*row) for row in rows.fetchall()]
