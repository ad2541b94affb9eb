"""The outbox: numbering, notes, room, acknowledgement; and that a killed process loses nothing committed."""

import json
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from device_sim.outbox import Outbox, OutboxError, open_file

READING = {"t": "2026-11-22T05:50:02Z", "obs": [{"c": "8310-5", "v": 36.9, "u": "Cel"}]}


def bodies(outbox: Outbox) -> list[dict]:
    return [json.loads(message.payload) for message in outbox.pending()]


@pytest.fixture
def file(tmp_path: Path):
    connection = open_file(tmp_path / "outbox.sqlite3")
    yield connection
    connection.close()


def test_the_first_message_of_a_boot_names_the_boot_before(file):
    first = Outbox(file, "patch-1", boot="a")
    first.append(READING)
    first.append(READING)
    second = Outbox(file, "patch-1", boot="b")
    assert second.append(READING) == ("b", 1)
    second.append(READING)
    assert [body.get("ev") for body in bodies(second)] == [
        [{"k": "boot"}], None, [{"k": "boot", "prev": "a", "last": 2}], None,
    ]  # fmt: skip


def test_a_boot_id_is_never_used_twice(file):
    Outbox(file, "patch-1", boot="a")
    with pytest.raises(OutboxError, match="boot: expected an id"):
        Outbox(file, "patch-1", boot="a")


def test_an_ack_forgets_what_is_stored_and_keeps_what_is_missing(file):
    outbox = Outbox(file, "patch-1", boot="a")
    for _ in range(9):
        outbox.append(READING)
    assert outbox.acked({"boot": "a", "upto": 7, "miss": [[2, 3]]}) == [("a", seq) for seq in (1, 4, 5, 6, 7)]
    assert outbox.pending_keys() == [("a", seq) for seq in (2, 3, 8, 9)]
    assert outbox.acked({"boot": "other", "upto": 99, "miss": []}) == []
    assert outbox.size == sum(len(message.payload) for message in outbox.pending())


def test_two_devices_share_a_file_and_nothing_else(file):
    one, two = Outbox(file, "patch-1", boot="a"), Outbox(file, "patch-2", boot="a")
    one.append(READING)
    two.append(READING)
    one.acked({"boot": "a", "upto": 1, "miss": []})
    assert (one.pending_keys(), two.pending_keys()) == ([], [("a", 1)])


def test_a_full_outbox_drops_the_oldest_and_says_so_until_somebody_has_heard(file):
    outbox = Outbox(file, "patch-1", boot="a", limit_bytes=2000)
    while not outbox.dropped:
        outbox.append(READING)
    newest = outbox.seq
    outbox.append(READING)
    dropped = {"k": "dropped", "boot": "a", "from": 1, "to": outbox.dropped, "why": "outbox full"}
    assert outbox.size <= 2000
    assert outbox.pending_keys()[0] == ("a", outbox.dropped + 1)
    notes = bodies(outbox)[-1]["ev"]
    assert dropped in notes
    assert {"k": "boot"} in notes  # its first carrier was dropped
    outbox.skip("a", newest + 1, why="poison")  # the carrier of both notes goes too
    outbox.append(READING)
    assert {"k": "boot"} in bodies(outbox)[-1]["ev"]
    assert dropped in bodies(outbox)[-1]["ev"]


def test_what_the_hub_cannot_number_is_dropped_by_its_digest_and_reported(file):
    outbox = Outbox(file, "patch-1", boot="a")
    outbox.append(READING)
    outbox.append(READING, encode=lambda _: b"\xff\xfe not JSON", with_notes=False)
    bad = list(outbox.pending())[1]
    assert outbox.refused("0" * 64) == []
    assert outbox.refused(bad.sha256) == [("a", 2)]
    outbox.append(READING)
    report = {"k": "dropped", "boot": "a", "from": 2, "to": 2, "why": "refused by the hub"}
    assert bodies(outbox)[-1]["ev"] == [report]


def test_ranges_that_touch_become_one_report(file):
    outbox = Outbox(file, "patch-1", boot="a")
    outbox.append(READING)
    for seq in (3, 4, 5):
        outbox.report_gone("a", seq, seq, why="x")
    outbox.append(READING)
    assert bodies(outbox)[-1]["ev"] == [{"k": "dropped", "boot": "a", "from": 3, "to": 5, "why": "x"}]


def test_a_message_that_cannot_be_kept_uses_no_number(file):
    outbox = Outbox(file, "patch-1", boot="a")

    def disk_full(_: object) -> bytes:
        raise sqlite3.OperationalError("database or disk is full")

    with pytest.raises(sqlite3.OperationalError):
        outbox.append(READING, encode=disk_full)
    assert outbox.append(READING) == ("a", 1)
    assert bodies(outbox)[0]["ev"] == [{"k": "boot"}]


def test_an_unreadable_file_is_put_aside_not_deleted(tmp_path: Path):
    path = tmp_path / "outbox.sqlite3"
    path.write_bytes(b"not a database at all, but long enough to be read as a header" * 20)
    connection = open_file(path)
    Outbox(connection, "patch-1", boot="a").append(READING)
    connection.close()
    assert (tmp_path / "outbox.sqlite3.unreadable-1").read_bytes().startswith(b"not a database")


WRITER = """
import sys
from pathlib import Path
from device_sim.outbox import Outbox, open_file
outbox = Outbox(open_file(Path(sys.argv[1])), "patch-1", boot=sys.argv[2])
while True:
    boot, seq = outbox.append({"obs": [{"c": "8310-5", "v": 36.9, "u": "Cel"}]})
    outbox.commit()
    print(seq, flush=True)
"""


def test_kill_9_loses_nothing_that_was_committed(tmp_path: Path):
    path = tmp_path / "outbox.sqlite3"
    promised = {}
    for boot, lines in (("a", 40), ("b", 1), ("c", 25)):
        with subprocess.Popen(
            [sys.executable, "-c", WRITER, str(path), boot], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for _ in range(lines):
                promised[boot] = int(writer.stdout.readline())
            writer.send_signal(signal.SIGKILL)
            rest = writer.stdout.read().split()
            promised[boot] = int(rest[-1]) if rest else promised[boot]
    connection = open_file(path)
    outbox = Outbox(connection, "patch-1", boot="d")
    outbox.append(READING)
    kept = outbox.pending_keys()
    for boot, last in promised.items():
        seqs = [seq for b, seq in kept if b == boot]
        assert seqs == list(range(1, len(seqs) + 1))
        assert len(seqs) in (last, last + 1)  # the last commit may not have been printed any more
    last_c = max(seq for b, seq in kept if b == "c")
    assert bodies(outbox)[-1]["ev"] == [{"k": "boot", "prev": "c", "last": last_c}]
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()
