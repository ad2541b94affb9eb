"""Each whole hour of each measure rolled up to its lowest and its highest reading, as they were stored.

An hour is closed some time after its end and rolled up once. A reading that comes later says that its hour is due, in
the transaction that stores it, and the hour is rolled up again; until then a chart reads that hour as it was stored. So
what is drawn never waits for a job and never misses a late extreme. The same on every tier. Called by the rolling
service.
"""

from msgspec import Struct

from domain.instants import DAY, HOUR, Micros, micros, moment, parse_iso
from storage import columns as col
from storage.connection import Connection

# Shared by whoever stores readings, for one transaction; held alone, for a moment, when hours are closed.
LOCK = 0x7669_6772_6F6C  # "vigrol"
_ROLLER = 0x7669_6772_6F6D  # one process at a time rolls up
AFTER: Micros = HOUR // 4  # an hour is closed this long after its end: most of what comes late has come
_NEVER = parse_iso("1900-01-01T00:00:00Z")  # as migration 0024 begins
_AT_ONCE = 2000  # due hours a piece of work

_EXTREMES = """
WITH found AS ({found}),
     hours AS (SELECT patient, code, hour, min(value) AS low, max(value) AS high, count(*) AS total
               FROM found GROUP BY patient, code, hour)
INSERT INTO reading_hour (patient, code, hour, measured_at, value, body_site, quality, by, device, received_at,
                          readings)
SELECT DISTINCT ON (patient, code, hour, value) patient, code, hour, measured_at, value, body_site, quality, by, device,
       received_at, CASE WHEN low = high THEN total WHEN value = low THEN total - 1 ELSE 1 END
FROM found JOIN hours USING (patient, code, hour) WHERE value = low OR value = high
ORDER BY patient, code, hour, value, measured_at
"""
_COLUMNS = "measured_at, value, body_site, quality, by, device, received_at"
_STRETCH = _EXTREMES.format(
    found=f"""SELECT patient, code, date_trunc('hour', measured_at, 'UTC') AS hour, {_COLUMNS} FROM reading
              WHERE measured_at >= %s AND measured_at < %s"""
)
_KEYS = "unnest(%s::text[], %s::text[], %s::timestamptz[]) AS k (patient, code, hour)"
_AGAIN = _EXTREMES.format(
    found=f"""SELECT k.patient, k.code, k.hour, r.* FROM {_KEYS} CROSS JOIN LATERAL (
                  SELECT {_COLUMNS} FROM reading WHERE patient = k.patient AND code = k.code
                      AND measured_at >= k.hour AND measured_at < k.hour + interval '1 hour') AS r"""
)


class State(Struct, frozen=True):
    """Below `rolled` charts may rely on the rollups; below `closed` whoever stores a reading marks its hour."""

    rolled: Micros
    closed: Micros


def state(conn: Connection) -> State:
    """How far the rollups are."""
    row = conn.execute("SELECT rolled_until, closed_until FROM reading_rollup").fetchone()
    if row is None:
        raise LookupError("reading_rollup: expected its one row, found none")
    return State(micros(row[0]), micros(row[1]))


def behind(conn: Connection, now: Micros) -> Micros:
    """For how long hours have ended that are not rolled up; 0 before the first reading is."""
    at = state(conn)
    return 0 if at.closed == at.rolled == _NEVER else max(0, _hour(now - AFTER) - at.rolled)


def due(conn: Connection) -> int:
    """How many marks of hours that are to be rolled up again."""
    row = conn.execute("SELECT count(*) FROM reading_hour_due").fetchone()
    return 0 if row is None else int(row[0])


def roll(conn: Connection, now: Micros) -> bool:
    """One piece of work, for the caller to commit; False when there is none left. `now`: by the hub's clock.

    What is due comes first, then an hour that is closed, then the closing of hours that have ended. Another process at
    the same work leaves none. Raises psycopg.errors.LockNotAvailable when a reading has been a second on its way into
    the database: nobody waits longer for a rollup.
    """
    row = conn.execute("SELECT pg_try_advisory_xact_lock(%s)", (_ROLLER,)).fetchone()
    if row is None or not row[0]:
        return False
    at, ended = state(conn), _hour(now - AFTER)
    if at.closed > ended + DAY:
        _reopen(conn, ended, at)
    elif not _roll_due(conn, at):
        if at.rolled < at.closed:
            _roll_next(conn, at)
        elif at.closed < ended:
            _close(conn, ended)
        else:
            return False
    return True


def _roll_due(conn: Connection, at: State) -> bool:
    """The marks go before the hours are read: a mark that comes meanwhile stays, with the reading it came with."""
    found = conn.execute(
        "SELECT DISTINCT patient, code, hour FROM (SELECT * FROM reading_hour_due WHERE hour < %s LIMIT %s) AS marks",
        (moment(at.rolled), _AT_ONCE),
    ).fetchall()
    if not found:
        return False
    keys = (
        col.texts([patient for patient, _, _ in found]),
        col.texts([code for _, code, _ in found]),
        col.moments([micros(hour) for _, _, hour in found]),
    )
    for table in ("reading_hour_due", "reading_hour"):
        conn.execute(
            f"DELETE FROM {table} AS t USING {_KEYS} WHERE (t.patient, t.code, t.hour) = (k.patient, k.code, k.hour)",
            keys,
        )
    conn.execute(_AGAIN, keys)
    return True


def _roll_next(conn: Connection, at: State) -> None:
    """One hour, or over the hours without a reading to the next that has one."""
    end = at.rolled + HOUR
    if conn.execute(_STRETCH, (moment(at.rolled), moment(end))).rowcount == 0:
        row = conn.execute(
            "SELECT min(measured_at) FROM reading WHERE measured_at >= %s AND measured_at < %s",
            (moment(end), moment(at.closed)),
        ).fetchone()
        end = at.closed if row is None or row[0] is None else _hour(micros(row[0]))
    conn.execute("UPDATE reading_rollup SET rolled_until = %s", (moment(end),))


def _close(conn: Connection, ended: Micros) -> None:
    """Whoever stores readings now ends first, and whoever comes after sees what is closed."""
    conn.execute("SET LOCAL lock_timeout = '1s'")
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (LOCK,))
    conn.execute("UPDATE reading_rollup SET closed_until = %s", (moment(ended),))


def _reopen(conn: Connection, ended: Micros, at: State) -> None:
    """A clock that was far ahead had closed hours that are still to come."""
    conn.execute("DELETE FROM reading_hour WHERE hour >= %s", (moment(ended),))
    conn.execute(
        "UPDATE reading_rollup SET rolled_until = %s, closed_until = %s",
        (moment(min(at.rolled, ended)), moment(ended)),
    )


def _hour(at: Micros) -> Micros:
    return at - at % HOUR
