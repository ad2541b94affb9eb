"""The length of new chunks on a real server: it follows the rate; on plain PostgreSQL there is none."""

import pytest

from domain.instants import DAY, SECOND, parse_iso
from domain.values import Origin, Reading
from storage import chunks, doctor, readings, tiers
from storage.connection import connect

NOW = parse_iso("2026-03-08T00:00:00Z")


def test_new_chunks_follow_the_rate(any_database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with connect(any_database_url) as conn:
        if tiers.tier(conn) == "plain":
            assert chunks.fit(conn, NOW) is None
            return
        found = chunks.look(conn, NOW)
        assert found is not None
        assert (found.present, found.wanted, found.a_day) == (7 * DAY, 7 * DAY, 0)
        assert chunks.fit(conn, NOW) is None
        day = [
            Reading("P1", "8867-4", 70.0, at, NOW, by="device", origin=Origin("d1", "b1", at // SECOND))
            for at in range(NOW - DAY, NOW, 60 * SECOND)
        ]
        readings.insert(conn, day)
        monkeypatch.setattr("storage.chunks.BYTES", found.memory // len(day))
        changed = chunks.fit(conn, NOW)
        conn.commit()
        assert changed is not None
        assert (changed.present, changed.wanted, changed.a_day) == (7 * DAY, DAY, len(day))
        assert chunks.fit(conn, NOW) is None, "done once"
        readings.insert(conn, [Reading("P1", "8867-4", 70.0, NOW + n * DAY, NOW, by="device",
                                       origin=Origin("d1", "b2", n)) for n in range(10, 14)])  # fmt: skip
        conn.commit()
        rows = conn.execute(
            """SELECT range_end - range_start FROM timescaledb_information.chunks
               WHERE hypertable_name = 'reading' ORDER BY range_start DESC LIMIT 3"""
        ).fetchall()
        assert [row[0].total_seconds() for row in rows] == [86400] * 3
        assert conn.execute("SELECT count(*) FROM reading").fetchone() == (len(day) + 4,)
        [check] = [check for check in doctor.diagnose(conn).checks if check.name == "length of a chunk"]
        assert (check.ok, check.expected) == (True, "168 h")  # by the server's clock: nothing in the last day
