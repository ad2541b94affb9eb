"""Migrations: run once, checksums kept, every tier."""

import psycopg
import pytest

from storage import doctor, migrate, tiers
from storage.connection import connect
from tests.support.databases import TIERS, Server


def test_running_twice_applies_once(empty_database_url: str) -> None:
    with connect(empty_database_url) as conn:
        first = migrate.migrate(conn)
        second = migrate.migrate(conn)
    assert first.applied == tuple(migration.name for migration in migrate.shipped())
    assert second.applied == ()


def test_a_changed_migration_is_refused_by_name(database_url: str) -> None:
    with connect(database_url) as conn:
        conn.execute("UPDATE schema_migration SET sha256 = 'other' WHERE number = 2")
        conn.commit()
        with pytest.raises(migrate.MigrationError, match=r"0002_alerts.sql: changed after it was applied"):
            migrate.migrate(conn)


def test_a_gap_in_what_was_applied_is_refused(database_url: str) -> None:
    with connect(database_url) as conn:
        conn.execute("DELETE FROM schema_migration WHERE number = 1")
        conn.commit()
        with pytest.raises(migrate.MigrationError, match="number 0001 is missing"):
            migrate.migrate(conn)


def test_a_database_of_a_newer_version_is_refused(database_url: str) -> None:
    number = len(migrate.shipped()) + 1
    with connect(database_url) as conn:
        conn.execute("INSERT INTO schema_migration (number, name, sha256) VALUES (%s, '9_new.sql', 'x')", (number,))
        conn.commit()
        with pytest.raises(migrate.MigrationError, match="newer version"):
            migrate.migrate(conn)


def test_the_tier_is_what_the_server_offers(any_server: Server, database_url: str) -> None:
    with connect(database_url) as conn:
        assert tiers.tier(conn) in TIERS[any_server.label]
        assert tiers.raise_tier(conn) == []


def test_the_doctor_finds_a_migrated_database_well(database_url: str) -> None:
    with connect(database_url) as conn:
        diagnosis = doctor.diagnose(conn)
        assert doctor.refusals(conn) == []
    assert diagnosis.ok, diagnosis
    assert diagnosis.pending == ()


def test_the_doctor_names_what_is_pending(empty_database_url: str) -> None:
    with connect(empty_database_url) as conn:
        diagnosis = doctor.diagnose(conn)
    assert not diagnosis.ok
    assert len(diagnosis.pending) == len(migrate.shipped())


def test_commits_that_do_not_wait_for_the_disk_are_a_refusal(database_url: str) -> None:
    with connect(database_url) as conn:
        conn.execute("SET synchronous_commit = off")
        assert [line.split(":")[0] for line in doctor.refusals(conn)] == ["synchronous_commit"]


_READING = """
    INSERT INTO reading (patient, code, measured_at, received_at, value, quality, by, device, boot, seq, idx)
    VALUES ('P1', '8310-5', %s, now(), %s, 'ok', 'device', 'd', 'b', 1, 0)
"""


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_the_database_refuses_what_is_not_a_number(database_url: str, value: float) -> None:
    with connect(database_url) as conn, pytest.raises(psycopg.errors.CheckViolation):
        conn.execute(_READING, ("2026-11-22T05:00:00Z", value))


def test_old_chunks_can_be_dropped(any_server: Server, database_url: str) -> None:
    """Retention on a hypertable, and a plain table where there is none."""
    with connect(database_url) as conn:
        for day in ("2026-01-01", "2026-11-22"):
            conn.execute(_READING, (f"{day}T05:00:00Z", 37.0))
        if any_server.label == "timescaledb":
            dropped = conn.execute("SELECT drop_chunks('reading', '2026-06-01'::timestamptz)").fetchall()
            assert len(dropped) == 1
            assert conn.execute("SELECT count(*) FROM reading").fetchone() == (1,)
        else:
            assert conn.execute("SELECT count(*) FROM reading").fetchone() == (2,)
