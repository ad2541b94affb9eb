"""The aplasia clock's marks: what consoles delivered and people saw is written here; all seven marks are read here.

Written by the console, read by the console and by `vigie figures`. Append-only: the first of each counts.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment


class Receipt(Struct, frozen=True):
    """A console of `who` shows everything of `sites` up to event `upto`; `after` is what it had said before.

    `attends`: the person may take alerts, so the console shares their load.
    """

    who: str
    session: bytes
    sites: tuple[str, ...]
    after: int
    upto: int
    at: Micros
    attends: bool = True


class Mark(Struct, frozen=True):
    """One mark of one alert's clock. `source`: where it is recorded; an antibiotic's name, the action of acted."""

    alert: str
    patient: str
    site: str
    rule: str
    mark: str
    at: Micros
    who: str | None
    source: str


_DELIVERED = """
INSERT INTO alert_mark (alert, mark, who, at, source)
SELECT DISTINCT ON (alert.id, shown.who) alert.id, 'delivered', shown.who, shown.at, 'console'
FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::timestamptz[]) AS shown (who, site, after, upto, at)
JOIN alert ON alert.site = shown.site AND alert.state IN ('open', 'acknowledged') AND alert.category = 'clinical'
JOIN alert_event AS opening ON opening.alert = alert.id AND opening.kind = 'opened'
    AND opening.id > shown.after AND opening.id <= shown.upto
ORDER BY alert.id, shown.who, shown.at
ON CONFLICT (alert, mark, who) DO NOTHING
"""
_ATTENDED = """
INSERT INTO console_attended (site, ten_from, session)
SELECT DISTINCT site, date_bin(interval '10 minutes', at, timestamptz 'epoch'), session
FROM unnest(%s::text[], %s::bytea[], %s::timestamptz[]) AS shown (site, session, at)
ON CONFLICT (site, ten_from, session) DO NOTHING
"""
_MARKS = "SELECT alert, patient, site, rule, mark, at, who, source FROM alert_clock"


def delivered(conn: Connection[Any], receipts: Sequence[Receipt]) -> int:
    """Open clinical alerts that these consoles show, one statement for all of them; how many were new."""
    rows = [(each.who, site, each.after, each.upto, moment(each.at)) for each in receipts for site in each.sites]
    if not rows:
        return 0
    return conn.execute(_DELIVERED, [list(column) for column in zip(*rows, strict=True)]).rowcount


def attended(conn: Connection[Any], receipts: Sequence[Receipt]) -> None:
    """In these ten minutes these consoles were in front of somebody: kept, so that the budget can be counted later."""
    rows = [(site, each.session, moment(each.at)) for each in receipts if each.attends for site in each.sites]
    if rows:
        conn.execute(_ATTENDED, [list(column) for column in zip(*rows, strict=True)])


def seen(conn: Connection[Any], alert: str, *, who: str, at: Micros) -> bool:
    """A person opened the alert; False when this person had opened it before."""
    return (
        conn.execute(
            """INSERT INTO alert_mark (alert, mark, who, at, source) VALUES (%s, 'seen', %s, %s, 'panel')
               ON CONFLICT (alert, mark, who) DO NOTHING""",
            (alert, who, moment(at)),
        ).rowcount
        == 1
    )


def of_alert(conn: Connection[Any], alert: str) -> list[Mark]:
    """The marks of one alert; none when it was never opened."""
    return [_mark(row) for row in conn.execute(f"{_MARKS} WHERE alert = %s", (alert,)).fetchall()]


def of_alerts(conn: Connection[Any], alerts: Sequence[str]) -> list[Mark]:
    """The marks of these alerts, those of one alert together."""
    rows = conn.execute(f"{_MARKS} WHERE alert = ANY (%s) ORDER BY alert", (list(alerts),)).fetchall()
    return [_mark(row) for row in rows]


def between(
    conn: Connection[Any], sites: Sequence[str], rules: Sequence[str], *, start: Micros, end: Micros
) -> list[Mark]:
    """The marks of every alert of these sites and rules opened from `start` until before `end`."""
    rows = conn.execute(
        f"""{_MARKS} WHERE opened_at >= %s AND opened_at < %s AND site = ANY (%s) AND rule = ANY (%s)
            ORDER BY opened_at, alert""",
        (moment(start), moment(end), list(sites), list(rules)),
    ).fetchall()
    return [_mark(row) for row in rows]


def _mark(row: Sequence[Any]) -> Mark:
    alert, patient, site, rule, mark, at, who, source = row
    return Mark(alert, patient, site, rule, mark, micros(at), who, source)
