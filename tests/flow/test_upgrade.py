"""A new hub, an old database, an old device with a half stored outbox: nothing lost, nothing twice, the alert there."""

import hashlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from domain.instants import DAY, MINUTE, Micros, iso, moment
from storage import migrate
from storage.connection import Connection
from tests.flow import ingest_support
from tests.flow.hub_world import SITE, Trial, aplasia, clean_environment, spec, trial, until
from tests.support.databases import Server

pytestmark = [pytest.mark.flow, pytest.mark.one_server]

BOOT, DEVICE, PATIENT = "01da", "dev-old", "old"
VALUES = {1: 36.8, 2: 36.9, 3: 37.1, 4: 39.4, 5: 39.5, 6: 38.9}  # the fever is in what was never sent
STORED = (1, 2, 3)  # by the old hub; their acknowledgement was lost
# As the first version of the outbox wrote its file.
OUTBOX = """
CREATE TABLE boots (
    device TEXT, boot TEXT, number INTEGER, last INTEGER NOT NULL, PRIMARY KEY (device, boot)) WITHOUT ROWID;
CREATE TABLE messages (
    id INTEGER PRIMARY KEY AUTOINCREMENT, device TEXT, boot TEXT, seq INTEGER, payload BLOB, sha256 TEXT, tag TEXT,
    UNIQUE (device, boot, seq));
CREATE INDEX messages_by_device ON messages (device, id);
CREATE TABLE notes (id INTEGER PRIMARY KEY, device TEXT, note TEXT, carrier_boot TEXT, carrier_seq INTEGER);
CREATE INDEX notes_by_device ON notes (device);
"""


def only(level: int) -> Any:
    """Migrations as far as an old version had them."""

    def run(conn: Connection) -> None:
        for migration in migrate.shipped()[:level]:
            with conn.transaction():
                migrate._make_table(conn)
                conn.execute(migration.sql)
                migrate._record(conn, migration)

    return run


def messages(now: Micros) -> dict[int, bytes]:
    """What the device measured, five minutes apart, as the first version of the message has it."""
    found = {}
    for seq, value in VALUES.items():
        at = now - (len(VALUES) - seq + 1) * 5 * MINUTE
        obs = [{"c": "8310-5", "v": value, "u": "Cel", "site": "axilla"}]
        said = {"v": 1, "boot": BOOT, "seq": seq, "t": iso(at), "by": "device", "obs": obs}
        found[seq] = json.dumps(said | ({"ev": [{"k": "boot"}]} if seq == 1 else {}), separators=(",", ":")).encode()
    return found


def old_database(running: Trial, sent: dict[int, bytes]) -> None:
    """Patient, device, plan, and the first messages with their readings."""
    now = running.world.clock.now()
    ingest_support.register(running.world.database_url, {DEVICE: PATIENT}, site=SITE)
    with running.world.connect() as conn:
        plan = (PATIENT, json.dumps(aplasia(now)), moment(now - DAY))
        conn.execute("INSERT INTO plan (patient, version, body, set_by, set_at) VALUES (%s, 1, %s, 'x', %s)", plan)
        for seq in STORED:
            at = moment(now - (len(VALUES) - seq + 1) * 5 * MINUTE)
            conn.execute(
                "INSERT INTO message (device, boot, seq, sha256, received_at) VALUES (%s, %s, %s, %s, %s)",
                (DEVICE, BOOT, seq, hashlib.sha256(sent[seq]).digest(), at),
            )
            conn.execute(
                """INSERT INTO reading (patient, code, measured_at, received_at, value, body_site, quality, by, device,
                                        boot, seq, idx)
                   VALUES (%s, '8310-5', %s, %s, %s, 'axilla', 'ok', 'device', %s, %s, %s, 0)""",
                (PATIENT, at, at, VALUES[seq], DEVICE, BOOT, seq),
            )


def old_outbox(path: Path, sent: dict[int, bytes]) -> None:
    """Everything, for nothing was acknowledged."""
    path.parent.mkdir()
    with sqlite3.connect(path) as file:
        file.executescript(OUTBOX)
        file.execute("INSERT INTO boots VALUES (?, ?, 1, ?)", (DEVICE, BOOT, len(sent)))
        file.execute("INSERT INTO notes VALUES (1, ?, ?, ?, 1)", (DEVICE, '{"k": "boot"}', BOOT))
        rows = [(DEVICE, BOOT, seq, each, hashlib.sha256(each).hexdigest(), "") for seq, each in sent.items()]
        file.executemany(
            "INSERT INTO messages (device, boot, seq, payload, sha256, tag) VALUES (?, ?, ?, ?, ?, ?)", rows
        )
    file.close()


@pytest.mark.parametrize("level", [1, len(migrate.shipped()) - 1], ids=["the first", "the one before"])
def test_an_old_database_and_an_old_outbox_lose_nothing(
    level: int, any_server: Server, service_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("vigie.embedded.world.migrate", only(level))
    with any_server.fresh(migrated=False) as url, trial(service_folder, database_url=url) as running:
        sent = messages(running.world.clock.now())
        old_database(running, sent)
        old_outbox(running.folder / "outbox" / "outbox.sqlite3", sent)
        argv = [sys.executable, "-m", "vigie", "db", "migrate"]
        done = subprocess.run(argv, env=clean_environment(**running.world.env), capture_output=True, check=False)
        assert done.returncode == 0, done.stderr
        running.register([spec(PATIENT, "stable", **aplasia(running.world.clock.now()))])
        running.serve()
        running.start_fleet()
        until(lambda: len(running.ask("SELECT FROM message WHERE boot = %s", BOOT)) == len(sent), within=60)
        summary = running.end_fleet()
        until(lambda: running.ask("SELECT FROM alert WHERE patient = %s AND rule = 'fever'", PATIENT))
        kept = running.ask("SELECT seq, value FROM reading WHERE boot = %s ORDER BY seq", BOOT)
        assert kept == list(VALUES.items())
        assert running.ask("SELECT seq FROM message WHERE boot = %s ORDER BY seq", BOOT) == [(seq,) for seq in VALUES]
        assert running.ask("SELECT reason FROM rejected") == []
        assert summary["dropped"] == 0
        with sqlite3.connect(running.folder / "outbox" / "outbox.sqlite3") as file:
            left = file.execute("SELECT count(*) FROM messages").fetchone()
        file.close()
        assert left == (0,)
