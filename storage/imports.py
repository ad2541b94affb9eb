"""Intakes that came from files: which moments of a drug are there already, stored or waiting. Caller: command line."""

from datetime import datetime
from typing import Any

from psycopg import Connection

from domain.instants import Micros, micros, moment

KEY = "intakes:"
_KNOWN = """
SELECT taken_at FROM intake WHERE patient = %(patient)s AND drug = %(drug)s AND taken_at BETWEEN %(first)s AND %(last)s
UNION
SELECT (dose ->> 'at')::timestamptz FROM action_inbox, jsonb_array_elements(body -> 'int') AS dose
WHERE patient = %(patient)s AND kind = 'entries' AND done_at IS NULL AND starts_with(idempotency_key, %(key)s)
    AND dose ->> 'drug' = %(drug)s
"""


def known(conn: Connection[Any], patient: str, drug: str, *, first: Micros, last: Micros) -> frozenset[Micros]:
    """The moments from `first` to `last` at which this drug was taken, whoever said so, or waits in an import."""
    values = {"patient": patient, "drug": drug, "first": moment(first), "last": moment(last), "key": KEY}
    rows: list[tuple[datetime]] = conn.execute(_KNOWN, values).fetchall()
    return frozenset(micros(taken_at) for (taken_at,) in rows)
