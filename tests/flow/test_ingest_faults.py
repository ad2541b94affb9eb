"""What goes away comes back: database, broker, lease. Garbage among good ones, a backlog beside live data."""

import random
import tempfile
import threading
import time
from pathlib import Path

import msgspec
import psycopg

from domain.instants import SECOND, iso
from domain.values import Reading
from domain.wire import Ack
from storage import inbox
from storage.connection import connect
from storage.ledger import ledger
from storage.migrate import migrate
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker, start_broker
from vigie.embedded.postgres import EmbeddedPostgres


def acked(device: Device, upto: int) -> bool:
    last = device.last("ack")
    return last is not None and msgspec.json.decode(last, type=Ack) == Ack("7f3a", upto, [])


def test_the_broker_is_killed_and_comes_back(database_url: str, service_folder: Path) -> None:
    folder = Path(tempfile.mkdtemp(prefix="killed-", dir=service_folder))
    folder.chmod(0o711)
    broker = start_broker(folder / "mosquitto")
    register(database_url, {"d1": "P1"})
    decider = RecordingDecider()
    device = Device(broker, "d1")
    try:
        with running(Wiring(database_url, decider), broker) as service:
            device.send(payload(1, t=real_now()))
            until(lambda: acked(device, 1))
            for turn in range(2):
                broker.service.kill9()
                until(lambda: not service.storing)
                broker.service.wipe()
                broker.service.start()
                returned = time.monotonic()
                until(lambda: service.storing, within=10)
                assert time.monotonic() - returned < 10
                device.send(payload(2 + turn, t=real_now()))
                until(lambda turn=turn: acked(device, 2 + turn))
            assert count(database_url, "SELECT count(*) FROM reading") == 3
            assert len(decider.adopted) == 3
    finally:
        device.close()
        broker.service.stop()


def test_the_database_is_killed_and_comes_back(any_postgres: EmbeddedPostgres, broker: Broker) -> None:
    with any_postgres as postgres:
        url = postgres.url_of("postgres")
        with connect(url) as conn:
            migrate(conn)
        register(url, {"d3": "P3"})
        decider = RecordingDecider()
        device = Device(broker, "d3")
        with running(Wiring(url, decider), broker) as service:
            stop = threading.Event()
            sent = 0

            def send() -> None:
                nonlocal sent
                while not stop.wait(0.004):
                    sent += 1
                    device.send(payload(sent, t=real_now()))

            sender = threading.Thread(target=send)
            sender.start()
            for _ in range(2):
                time.sleep(0.5)
                postgres.kill9()
                until(lambda: b'"away"' in (device.last("hub") or b""))
                assert not service.storing
                postgres.start()
                until(lambda: service.storing, within=10)
            stop.set()
            sender.join()
            until(lambda: acked(device, sent), within=15)
            with connect(url) as conn:
                [boot] = ledger(conn, "d3")
            assert (boot.stored, boot.rejected, boot.missing) == (sent, 0, ())
            assert count(url, "SELECT count(*) FROM reading") == sent
            assert sum(isinstance(found, Reading) for _, found in decider.adopted) == sent
        device.close()


def test_a_commit_whose_answer_is_lost_is_decided_and_stored_once(database_url: str, broker: Broker) -> None:
    register(database_url, {"d4": "P4"})
    decider = RecordingDecider()
    wiring = Wiring(database_url, decider)
    device = Device(broker, "d4")
    with running(wiring, broker) as service:
        cut: list[str] = []

        def crash(point: str) -> None:
            """The connection is lost once before and once after the commit."""
            if point not in cut and count(database_url, "SELECT 1") and device_sent.is_set():
                cut.append(point)
                raise psycopg.OperationalError(f"lost at {point}")

        device_sent = threading.Event()
        service._owner.crash = crash
        for seq in (1, 2, 3):
            device_sent.set()
            device.send(payload(seq, t=real_now()))
            until(lambda seq=seq: acked(device, seq))
        assert sorted(cut) == ["after_commit", "before_commit"]
        assert count(database_url, "SELECT count(*) FROM reading") == 3
        assert len(decider.adopted) == 3
    device.close()


def test_a_second_owner_stops_the_first(database_url: str, broker: Broker) -> None:
    register(database_url, {"d5": "P5"})
    wiring = Wiring(database_url, RecordingDecider())
    with running(wiring, broker) as first, running(wiring, broker, holder="other", take_over=True) as second:
        until(lambda: first.failure is not None, within=5)
        assert "another process took it over" in (first.failure or "")
        until(lambda: second.storing and not first._thread.is_alive())


def test_a_backlog_never_delays_live_data(database_url: str, broker: Broker) -> None:
    register(database_url, {"d6": "P6", "d7": "P7"})
    with running(Wiring(database_url, RecordingDecider(remember=False)), broker):
        pass  # from now on the broker keeps for the hub what these devices, which send nothing again, publish
    live, bulk = Device(broker, "d6"), Device(broker, "d7")
    old = real_now() - 3600 * SECOND
    for seq in range(1, 8001):
        bulk.send(payload(seq, t=old + seq * 1000), "bulk")
    with running(Wiring(database_url, RecordingDecider(remember=False)), broker):
        for seq in range(1, 200):
            live.send(payload(seq, t=real_now()))
            time.sleep(0.005)
        slowest = "SELECT extract(epoch FROM max(received_at - measured_at)) FROM reading WHERE patient = 'P6'"
        until(lambda: acked(live, 199))
        assert float(count(database_url, slowest)) < 1.0
        until(lambda: acked(bulk, 8000), within=30)
    live.close()
    bulk.close()


def garbage(number: int, dice: random.Random) -> tuple[bytes, str]:
    """One bad payload that is unlike every other, and the reason it is refused for."""
    head = b'{"v":1,"boot":"bad","seq":%d,"t":"%s",' % (number + 1, iso(real_now()).encode())
    kinds = [
        (b"\x00\xff%d" % number + dice.randbytes(20), "malformed"),
        (b'{"n":%d' % number, "malformed"),
        (head + b'"obs":[]}', "malformed"),
        (head + b'"obs":[{"c":"x","v":1,"u":"%"}]}', "unknown_code"),
        (head + b'"obs":[{"c":"8310-5","v":1,"u":"K"}]}', "unknown_unit"),
        (head + b'"obs":[{"c":"8310-5","v":99,"u":"Cel"}]}', "implausible"),
        (head + b'"obs":[{"c":"8310-5","v":1e999,"u":"Cel"}]}', "not_finite"),
        (head + b'"site":"elsewhere","obs":[{"c":"8310-5","v":37,"u":"Cel"}]}', "identity"),
        (head + b'"rep":[{"q":"d","i":"a","s":"\\u0000"}]}', "malformed"),
    ]
    return kinds[number % len(kinds)]


def test_twenty_thousand_bad_payloads_cost_no_good_one(database_url: str, broker: Broker) -> None:
    register(database_url, {"d8": "P8"})
    device = Device(broker, "d8")
    dice = random.Random(7)
    expected: dict[str, int] = {}
    with running(Wiring(database_url, RecordingDecider(remember=False)), broker):
        for number in range(20_000):
            raw, reason = garbage(number, dice)
            expected[reason] = expected.get(reason, 0) + 1
            device.send(raw)
            if number % 20 == 0:
                device.send(payload(number // 20 + 1, t=real_now()))
        until(lambda: count(database_url, "SELECT count(*) FROM rejected") == 20_000, within=40)
        until(lambda: count(database_url, "SELECT count(*) FROM reading") == 1000)
    with connect(database_url) as conn:
        rows = conn.execute("SELECT reason, count(*) FROM rejected GROUP BY reason").fetchall()
        books = {boot.boot: boot for boot in ledger(conn, "d8")}
    assert dict(rows) == expected
    assert (books["7f3a"].stored, books["7f3a"].missing) == (1000, ())
    assert books["bad"].stored == 0
    device.close()


def enter(url: str, body: str) -> str:
    with connect(url) as conn:
        row = conn.execute(
            "INSERT INTO action_inbox (site, patient, kind, body, actor, role, idempotency_key, created_at)"
            " VALUES ('s1', 'P9', 'entries', %s::jsonb, 'a', 'nurse', %s, now()) RETURNING id::text",
            (body, body[:60]),
        ).fetchone()
    assert row is not None
    return str(row[0])


def outcome(url: str, action: str) -> object:
    with connect(url) as conn:
        return conn.execute(
            "SELECT outcome, detail FROM action_inbox WHERE id = %s AND done_at IS NOT NULL", (action,)
        ).fetchone()


def test_entries_of_professionals_are_judged_stored_and_stepped(database_url: str, broker: Broker) -> None:
    register(database_url, {"d9": "P9"})
    decider = RecordingDecider()
    now = iso(real_now())
    with running(Wiring(database_url, decider), broker):
        good = enter(
            database_url,
            '{"obs":[{"c":"751-8","v":400,"u":"/uL"},{"c":"751-8","v":9999,"u":"10*9/L"}],'
            f'"given":[{{"k":"gcsf","name":"filgrastim","at":"{now}","amount":0.3,"unit":"mg"}}]}}',
        )
        bad = enter(database_url, '{"obs":[{"c":"751-8","v":"x","u":"/uL"}],"other":1}')
        until(lambda: outcome(database_url, good) and outcome(database_url, bad))
        refused = {"path": "obs[1].v", "reason": "implausible", "expected": "0 to 500 10*9/L"}
        assert outcome(database_url, good) == ("applied", {"stored": 2, "refused": [refused]})
        assert [patient for patient, _ in decider.adopted] == ["P9", "P9"]
        assert count(database_url, "SELECT value, by, device FROM reading") == (0.4, "nurse", "console")
        assert count(database_url, "SELECT count(*) FROM given") == 1
        with connect(database_url) as conn:
            assert inbox.waiting(conn, ("entries",), 10) == []


def test_sites_of_a_group_by_name_and_mqtt_3(database_url: str, broker: Broker) -> None:
    register(database_url, {"e1": "P1"})
    register(database_url, {"e2": "P2"}, site="s2")
    mine, other = Device(broker, "e1"), Device(broker, "e2", site="s2")
    with running(Wiring(database_url, RecordingDecider()), broker, sites=("s1",), version=4):
        other.send(payload(1, t=real_now()))
        mine.send(payload(1, t=real_now()))
        until(lambda: acked(mine, 1))
        assert count(database_url, "SELECT count(*), min(device) FROM message") == (1, "e1")
    until(lambda: b'"away"' in (mine.last("hub") or b""))
    mine.close()
    other.close()
