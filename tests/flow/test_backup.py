"""A backup is one moment with its proof; what is restored is proven, and what is missing is named."""

from pathlib import Path

import pytest

from storage import connection, proof
from tests.flow import console_world as world
from tests.flow.test_commands import Vigie
from tests.support.databases import Server

READINGS = 56  # six of the hospital and fifty
_MESSAGES = """
INSERT INTO message (device, boot, seq, received_at, sha256) SELECT 'dev-p1', 'b1', n, now(), '\\x00'
FROM generate_series(1, 500) n
"""


@pytest.fixture
def full(database_url: str) -> str:
    """A hospital with readings, an alert and a device's messages."""
    world.hospital(database_url)
    with connection.connect(database_url) as conn:
        for number in range(50):
            world.add_reading(conn, "P1", "8310-5", 37.0 + number / 100, at=world.now() - number * 86_400_000_000)
        conn.execute(_MESSAGES.encode())
        conn.execute("INSERT INTO boot (device, boot, seen_at) VALUES ('dev-p1', 'b1', now())")
        world.write_event(conn, "paris", world.opened(world.an_alert("P1")))
    return database_url


def test_what_is_restored_is_proven_equal_and_the_hub_went_on_meanwhile(
    any_server: Server, full: str, empty_database_url: str, tmp_path: Path
) -> None:
    folder = tmp_path / "night"
    assert str(folder) in Vigie(full, tmp_path).good("db", "backup", str(folder))
    with connection.connect(full) as conn:
        world.add_reading(conn, "P1", "8310-5", 39.5)  # after the moment of the backup
    said = Vigie(empty_database_url, tmp_path).good("db", "restore", str(folder))
    assert said.startswith("restored and proven, as of ")
    with connection.connect(full) as old, connection.connect(empty_database_url) as new:
        before, after = proof.prove(old), proof.prove(new)
        there = new.execute("SELECT count(*) FROM reading").fetchone()
    assert there == (READINGS,)
    assert proof.differences(before, after) == [f"public.reading: {READINGS} rows, expected {READINGS + 1}"]
    assert Vigie(empty_database_url, tmp_path)("db", "doctor").exit_code == 0


def test_a_row_that_is_missing_or_another_one_is_named(full: str) -> None:
    with connection.connect(full) as conn:
        before = proof.prove(conn)
        conn.execute("DELETE FROM message WHERE seq = 500")
        assert "device dev-p1, boot b1: 499 messages, expected 500" in proof.differences(before, proof.prove(conn))
        conn.execute(_MESSAGES.replace("(1,", "(500,").encode())
        before = proof.prove(conn)
        conn.execute("UPDATE reading SET value = 36.0 WHERE value = 37.05")
        other = proof.prove(conn)
        conn.execute("DELETE FROM boot")
        less = proof.prove(conn)
    assert proof.differences(before, before) == []
    assert proof.differences(before, other) == [f"public.reading: {READINGS} rows as expected, but other ones"]
    assert "public.boot: 0 rows, expected 1" in proof.differences(before, less)


def test_what_cannot_be_a_backup_is_refused_with_what_was_expected(full: str, tmp_path: Path) -> None:
    vigie = Vigie(full, tmp_path)
    (tmp_path / "there").mkdir()
    answer = vigie("db", "backup", str(tmp_path / "there"))
    assert (answer.exit_code, "expected one that does not exist" in answer.stderr) == (1, True)
    answer = vigie("db", "restore", str(tmp_path / "there"))
    assert (answer.exit_code, "expected vigie.dump" in answer.stderr) == (1, True)
    assert "backup" in vigie.good("db", "backup", str(tmp_path / "backup"))
    answer = vigie("db", "restore", str(tmp_path / "backup"))
    assert (answer.exit_code, "expected an empty database" in answer.stderr) == (1, True)
    (tmp_path / "backup" / "proof.json").write_text("{}")
    answer = vigie("db", "restore", str(tmp_path / "backup"))
    assert (answer.exit_code, "expected a backup with proof.json" in answer.stderr) == (1, True)


def test_a_backup_that_breaks_off_is_not_taken_for_one(full: str, tmp_path: Path) -> None:
    (tmp_path / "night.unfinished").mkdir()
    assert Vigie(full, tmp_path)("db", "backup", str(tmp_path / "night")).exit_code == 1
    assert not (tmp_path / "night").exists()
