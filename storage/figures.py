"""What the budget is counted from: calls, openings with the first act, consoles attended, time watched. Reads only."""

from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from domain.figures import Answered, Call, Opening
from domain.instants import Micros, micros, moment

_CALLS = """
SELECT site, severity, at FROM alert_event
WHERE site = ANY (%s) AND kind = ANY (%s) AND at >= %s AND at < %s ORDER BY at
"""
_OPENINGS = """
SELECT opening.site, opening.rule, opening.severity, opening.at, act.at
FROM alert_event AS opening
LEFT JOIN LATERAL (
    SELECT at FROM alert_event AS act
    WHERE act.alert = opening.alert AND act.id > opening.id AND act.actor IS NOT NULL
      AND (act.kind IN ('acknowledged', 'assigned', 'snoozed')
           OR (act.kind = 'closed' AND coalesce(act.body ->> 'note', '') <> ''))
    ORDER BY act.id LIMIT 1) AS act ON true
WHERE opening.kind = 'opened' AND opening.site = ANY (%s) AND opening.at >= %s AND opening.at < %s
  AND NOT EXISTS (SELECT FROM alert_event AS earlier
                  WHERE earlier.alert = opening.alert AND earlier.kind = 'opened' AND earlier.id < opening.id)
ORDER BY opening.at
"""
# `severity` is the one with which the alert opened: what called for an answer then. An act is any a person did.
_ANSWERED = """
SELECT opening.site, opening.severity, opening.at, mark.delivered_at, mark.seen_at, act.at
FROM alert_event AS opening
JOIN alert ON alert.id = opening.alert AND alert.category = 'clinical'
LEFT JOIN LATERAL (
    SELECT min(at) FILTER (WHERE mark = 'delivered') AS delivered_at, min(at) FILTER (WHERE mark = 'seen') AS seen_at
    FROM alert_mark WHERE alert_mark.alert = opening.alert) AS mark ON true
LEFT JOIN LATERAL (
    SELECT at FROM alert_event AS act
    WHERE act.alert = opening.alert AND act.id > opening.id AND act.actor IS NOT NULL
      AND act.kind IN ('acknowledged', 'assigned', 'snoozed', 'closed') ORDER BY act.id LIMIT 1) AS act ON true
WHERE opening.kind = 'opened' AND opening.site = ANY (%s) AND opening.at >= %s AND opening.at < %s
  AND NOT EXISTS (SELECT FROM alert_event AS earlier
                  WHERE earlier.alert = opening.alert AND earlier.kind = 'opened' AND earlier.id < opening.id)
"""
# The pseudo-patient of a site (`site.…`), which carries the alerts of the site itself, is nobody under watch.
_WATCHED = """
SELECT site, sum(extract(epoch FROM least(coalesce(ended_at, %(end)s), %(end)s) - greatest(created_at, %(start)s))
                 * 1000000)::bigint
FROM patient
WHERE site = ANY (%(sites)s) AND created_at < %(end)s AND coalesce(ended_at, %(end)s) > %(start)s
  AND NOT starts_with(id, 'site.')
GROUP BY site
"""


def calls(
    conn: Connection[Any], sites: Sequence[str], kinds: Sequence[str], *, start: Micros, end: Micros
) -> list[Call]:
    """Events of these kinds, oldest first."""
    rows = conn.execute(_CALLS, (list(sites), list(kinds), moment(start), moment(end))).fetchall()
    return [Call(site, severity, micros(at)) for site, severity, at in rows]


def openings(conn: Connection[Any], sites: Sequence[str], *, start: Micros, end: Micros) -> list[Opening]:
    """Alerts that opened, with the first act of a person on each, whenever that was."""
    rows = conn.execute(_OPENINGS, (list(sites), moment(start), moment(end))).fetchall()
    return [
        Opening(site, rule, severity, micros(at), None if acted is None else micros(acted))
        for site, rule, severity, at, acted in rows
    ]


def answered(conn: Connection[Any], sites: Sequence[str], *, start: Micros, end: Micros) -> list[Answered]:
    """Clinical alerts that opened in the stretch, and when each was first delivered, seen and acted on."""
    rows = conn.execute(_ANSWERED, (list(sites), moment(start), moment(end))).fetchall()
    return [
        Answered(site, severity, micros(at), *(None if when is None else micros(when) for when in reached))
        for site, severity, at, *reached in rows
    ]


def attended(
    conn: Connection[Any], sites: Sequence[str], *, start: Micros, end: Micros
) -> dict[tuple[str, Micros], int]:
    """Consoles attended by (site, start of the ten minutes)."""
    rows = conn.execute(
        """SELECT site, ten_from, count(*) FROM console_attended
           WHERE site = ANY (%s) AND ten_from >= %s AND ten_from < %s GROUP BY site, ten_from""",
        (list(sites), moment(start), moment(end)),
    ).fetchall()
    return {(site, micros(ten_from)): int(count) for site, ten_from, count in rows}


def watched(conn: Connection[Any], sites: Sequence[str], *, start: Micros, end: Micros) -> dict[str, Micros]:
    """Time under watch by site, summed over its patients; pauses are not taken off."""
    query = {"sites": list(sites), "start": moment(start), "end": moment(end)}
    return {site: int(overlap) for site, overlap in conn.execute(_WATCHED, query).fetchall()}
