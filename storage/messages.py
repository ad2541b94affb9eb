"""What ingest writes and asks besides readings: messages, reports, intakes, refusals, boots, gaps, device state.

One statement a function; rows come in as domain values or the small rows below. Called by `ingest` only.
"""

from collections.abc import Sequence
from typing import Any

import psycopg
from msgspec import Struct

from domain.instants import Micros
from domain.values import Given, Intake, Rejected, Report
from storage import columns as col
from storage.readings import NOBODY

Conn = psycopg.Connection[Any]
LONGEST = 200  # characters of a topic or path: an index entry has a limit


class MessageRow(Struct, frozen=True, gc=False):
    """One message, whatever became of it. `refused`: nothing of it was stored as a value."""

    device: str
    boot: str
    seq: int
    sha256: bytes
    received_at: Micros
    refused: bool


class BootRow(Struct, frozen=True, gc=False):
    """The first message of a boot names the boot before it and that one's last number."""

    device: str
    boot: str
    prev: str | None
    prev_last: int | None
    seen_at: Micros


class DroppedRow(Struct, frozen=True, gc=False):
    """A range of messages that the device gave up, and why."""

    device: str
    boot: str
    from_seq: int
    to_seq: int
    why: str
    reported_at: Micros


class IdentityRow(Struct, frozen=True, gc=False):
    """A shared device's message, whose it is, and how that was checked."""

    device: str
    boot: str
    seq: int
    patient: str
    how: str
    checked_at: Micros


class RejectedRow(Struct, frozen=True, gc=False):
    """A refusal with the digest of its message. `payload` is kept once a message, with its first refusal."""

    rejected: Rejected
    sha256: bytes
    payload: bytes


class DeviceRow(Struct, frozen=True, gc=False):
    """What a device last showed of itself. None: nothing new."""

    device: str
    seen_at: Micros
    online: bool | None = None
    online_at: Micros | None = None
    battery: float | None = None
    battery_at: Micros | None = None


_MESSAGES = """
INSERT INTO message (device, boot, seq, sha256, received_at, refused)
SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::timestamptz[], %s::boolean[])
ON CONFLICT DO NOTHING
"""


def insert_messages(conn: Conn, rows: Sequence[MessageRow]) -> psycopg.Cursor[Any]:
    """Insert; a row count below the number of rows means that some were there already."""
    parameters = (
        col.texts([row.device for row in rows]),
        col.texts([row.boot for row in rows]),
        col.int8s([row.seq for row in rows]),
        col.byteas([row.sha256 for row in rows]),
        col.moments([row.received_at for row in rows]),
        col.bools([row.refused for row in rows]),
    )
    return conn.execute(_MESSAGES, parameters, prepare=True)


_REPORTS = """
INSERT INTO report (patient, measured_at, received_at, questionnaire, item, attribute, grade, number, text, by, device,
                    boot, seq, idx, version, channel)
SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
                     %s::smallint[], %s::float8[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[],
                     %s::smallint[], %s::text[], %s::text[])
"""


def insert_reports(conn: Conn, rows: Sequence[Report]) -> None:
    """Insert answers of persons."""
    origins = [row.origin or NOBODY for row in rows]
    parameters = (
        col.texts([row.patient for row in rows]),
        col.moments([row.measured_at for row in rows]),
        col.moments([row.received_at for row in rows]),
        col.texts([row.questionnaire for row in rows]),
        col.texts([row.item for row in rows]),
        col.texts([row.attribute for row in rows]),
        col.int2s_or_null([row.grade for row in rows]),
        col.floats_or_null([row.number for row in rows]),
        col.texts([row.text for row in rows]),
        col.texts([row.by for row in rows]),
        col.texts([origin.device for origin in origins]),
        col.texts([origin.boot for origin in origins]),
        col.int8s([origin.seq for origin in origins]),
        col.int2s([row.index for row in rows]),
        col.texts([row.version for row in rows]),
        col.texts([row.channel for row in rows]),
    )
    conn.execute(_REPORTS, parameters)


_INTAKES = """
INSERT INTO intake (patient, drug, state, due_at, taken_at, tablets, mg, measured_at, received_at, by, device, boot,
                    seq, idx, channel, why)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::float8[],
                     %s::float8[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::text[], %s::text[],
                     %s::bigint[], %s::smallint[], %s::text[], %s::text[])
"""


def insert_intakes(conn: Conn, rows: Sequence[Intake]) -> None:
    """Insert doses taken, skipped, vomited or extra."""
    origins = [row.origin or NOBODY for row in rows]
    parameters = (
        col.texts([row.patient for row in rows]),
        col.texts([row.drug for row in rows]),
        col.texts([row.state for row in rows]),
        col.moments_or_null([row.due_at for row in rows]),
        col.moments_or_null([row.taken_at for row in rows]),
        col.floats_or_null([row.tablets for row in rows]),
        col.floats_or_null([row.mg for row in rows]),
        col.moments([row.measured_at for row in rows]),
        col.moments([row.received_at for row in rows]),
        col.texts([row.by for row in rows]),
        col.texts([origin.device for origin in origins]),
        col.texts([origin.boot for origin in origins]),
        col.int8s([origin.seq for origin in origins]),
        col.int2s([row.index for row in rows]),
        col.texts([row.channel for row in rows]),
        col.texts([row.why for row in rows]),
    )
    conn.execute(_INTAKES, parameters)


_GIVEN = """
INSERT INTO given (patient, kind, name, given_at, received_at, amount, unit, by, device, boot, seq, idx)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[], %s::float8[],
                     %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[], %s::smallint[])
"""


def insert_given(conn: Conn, rows: Sequence[Given]) -> None:
    """Insert treatments given by professionals."""
    origins = [row.origin or NOBODY for row in rows]
    parameters = (
        col.texts([row.patient for row in rows]),
        col.texts([row.kind for row in rows]),
        col.texts([row.name for row in rows]),
        col.moments([row.given_at for row in rows]),
        col.moments([row.received_at for row in rows]),
        col.floats_or_null([row.amount for row in rows]),
        col.texts([row.unit for row in rows]),
        col.texts([row.by for row in rows]),
        col.texts([origin.device for origin in origins]),
        col.texts([origin.boot for origin in origins]),
        col.int8s([origin.seq for origin in origins]),
        col.int2s([row.index for row in rows]),
    )
    conn.execute(_GIVEN, parameters)


_REJECTED = """
INSERT INTO rejected (received_at, reason, path, expected, topic, site, device, patient, boot, seq, sha256, payload)
SELECT * FROM unnest(%s::timestamptz[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::text[],
                     %s::text[], %s::text[], %s::bigint[], %s::bytea[], %s::bytea[])
ON CONFLICT DO NOTHING
"""


def insert_rejected(conn: Conn, rows: Sequence[RejectedRow]) -> None:
    """Insert refusals; the same bytes refused again for the same path are one refusal."""
    refusals = [row.rejected for row in rows]
    parameters = (
        col.moments([refusal.received_at for refusal in refusals]),
        col.texts([refusal.reason.value for refusal in refusals]),
        col.texts([refusal.path[:LONGEST] for refusal in refusals]),
        col.texts([refusal.expected for refusal in refusals]),
        col.texts([refusal.topic[:LONGEST] for refusal in refusals]),
        col.texts([refusal.site for refusal in refusals]),
        col.texts([refusal.device for refusal in refusals]),
        col.texts([refusal.patient for refusal in refusals]),
        col.texts([refusal.boot for refusal in refusals]),
        col.int8s_or_null([refusal.seq for refusal in refusals]),
        col.byteas([row.sha256 for row in rows]),
        col.byteas([row.payload for row in rows]),
    )
    conn.execute(_REJECTED, parameters)


_BOOTS = """
INSERT INTO boot (device, boot, prev, prev_last, seen_at)
SELECT * FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""


def insert_boots(conn: Conn, rows: Sequence[BootRow]) -> None:
    """Insert links between boots; the first word of a device on a boot stands."""
    parameters = (
        col.texts([row.device for row in rows]),
        col.texts([row.boot for row in rows]),
        col.texts([row.prev for row in rows]),
        col.int8s_or_null([row.prev_last for row in rows]),
        col.moments([row.seen_at for row in rows]),
    )
    conn.execute(_BOOTS, parameters)


_DROPPED = """
INSERT INTO dropped (device, boot, from_seq, to_seq, why, reported_at)
SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::bigint[], %s::text[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""


def insert_dropped(conn: Conn, rows: Sequence[DroppedRow]) -> None:
    """Insert what devices say they dropped."""
    parameters = (
        col.texts([row.device for row in rows]),
        col.texts([row.boot for row in rows]),
        col.int8s([row.from_seq for row in rows]),
        col.int8s([row.to_seq for row in rows]),
        col.texts([row.why for row in rows]),
        col.moments([row.reported_at for row in rows]),
    )
    conn.execute(_DROPPED, parameters)


_IDENTITIES = """
INSERT INTO identity_check (device, boot, seq, patient, how, checked_at)
SELECT * FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""


def insert_identities(conn: Conn, rows: Sequence[IdentityRow]) -> None:
    """Insert how it was checked who was measured."""
    parameters = (
        col.texts([row.device for row in rows]),
        col.texts([row.boot for row in rows]),
        col.int8s([row.seq for row in rows]),
        col.texts([row.patient for row in rows]),
        col.texts([row.how for row in rows]),
        col.moments([row.checked_at for row in rows]),
    )
    conn.execute(_IDENTITIES, parameters)


_DEVICES = """
UPDATE device SET last_seen_at = greatest(device.last_seen_at, new.seen_at),
    online = coalesce(new.online::boolean, device.online), online_at = coalesce(new.online_at, device.online_at),
    battery = coalesce(new.battery, device.battery), battery_at = coalesce(new.battery_at, device.battery_at)
FROM (SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::text[], %s::timestamptz[], %s::float8[],
                           %s::timestamptz[])
      AS n (id, seen_at, online, online_at, battery, battery_at) ORDER BY id) AS new
WHERE device.id = new.id
"""


def update_devices(conn: Conn, rows: Sequence[DeviceRow]) -> None:
    """Bring the state of devices up to date; at most one row a device."""
    parameters = (
        col.texts([row.device for row in rows]),
        col.moments([row.seen_at for row in rows]),
        col.texts([None if row.online is None else str(row.online) for row in rows]),
        col.moments_or_null([row.online_at for row in rows]),
        col.floats_or_null([row.battery for row in rows]),
        col.moments_or_null([row.battery_at for row in rows]),
    )
    conn.execute(_DEVICES, parameters)


# Numbers that follow each other fall into one island: seq minus its rank is constant inside it.
_KNOWN = """
WITH key AS (SELECT * FROM unnest(%(device)s::text[], %(boot)s::text[]) AS k (device, boot))
SELECT device, boot, min(seq), max(seq), true
FROM (SELECT m.device, m.boot, m.seq,
             m.seq - row_number() OVER (PARTITION BY m.device, m.boot ORDER BY m.seq) AS island
      FROM key JOIN message m USING (device, boot)) AS numbered
GROUP BY device, boot, island
UNION ALL
SELECT device, boot, from_seq, to_seq, false FROM key JOIN dropped USING (device, boot)
"""


def known_ranges(conn: Conn, keys: Sequence[tuple[str, str]]) -> list[tuple[str, str, int, int, bool]]:
    """(device, boot, first, last, stored) of every range known for the (device, boot) keys; not stored = dropped."""
    parameters = {"device": col.texts([key[0] for key in keys]), "boot": col.texts([key[1] for key in keys])}
    return conn.execute(_KNOWN, parameters).fetchall()


_DIGESTS = """
SELECT device, boot, seq, sha256
FROM unnest(%s::text[], %s::text[], %s::bigint[]) AS k (device, boot, seq) JOIN message USING (device, boot, seq)
"""


def digests(conn: Conn, keys: Sequence[tuple[str, str, int]]) -> dict[tuple[str, str, int], bytes]:
    """SHA-256 of the stored messages among the (device, boot, seq) keys."""
    parameters = (
        col.texts([key[0] for key in keys]),
        col.texts([key[1] for key in keys]),
        col.int8s([key[2] for key in keys]),
    )
    rows = conn.execute(_DIGESTS, parameters).fetchall()
    return {(device, boot, seq): bytes(digest) for device, boot, seq, digest in rows}


_REFUSED_BEFORE = """
SELECT topic, sha256 FROM unnest(%s::text[], %s::bytea[]) AS k (topic, sha256)
JOIN rejected USING (topic, sha256) WHERE path = ''
"""


def refused_before(conn: Conn, refusals: Sequence[tuple[str, bytes]]) -> list[tuple[str, bytes]]:
    """Those of these (topic, SHA-256) whose message was refused as a whole before."""
    parameters = (
        col.texts([topic for topic, _ in refusals]),
        col.byteas([digest for _, digest in refusals]),
    )
    return [(topic, bytes(digest)) for topic, digest in conn.execute(_REFUSED_BEFORE, parameters)]


def wake(conn: Conn, channel: str) -> None:
    """Wake whoever listens when this transaction commits: a hint, never the data."""
    conn.execute("SELECT pg_notify(%s, '')", (channel,))


def listen(conn: Conn, channels: Sequence[str]) -> None:
    """Hear the hints of these channels on this connection."""
    for channel in channels:
        conn.execute(psycopg.sql.SQL("LISTEN {}").format(psycopg.sql.Identifier(channel)))
