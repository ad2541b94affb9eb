"""The reference client and the fleet against a real broker, with a little hub that acknowledges end to end."""

import gc
import json
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from device_sim.client import Account, DeviceClient, new_boot
from device_sim.outbox import Outbox, open_file
from device_sim.sender import Pace
from domain.instants import iso, parse_iso
from domain.wire import MAX_PAYLOAD
from tests.device_sim.fake_hub import FakeHub
from tests.support.broker import HUB, HUB_PASSWORD, Broker
from vigie import broker_accounts
from vigie.broker_accounts import FileAccounts
from vigie.embedded.mosquitto import EmbeddedMosquitto

READING = {"obs": [{"c": "8310-5", "v": 36.9, "u": "Cel"}]}
QUICK = Pace(resend_after=1.5, miss_grace=0.3, ask_after=1.0)
DOCS = Path(__file__).parents[2] / "docs" / "devices.md"


def wall() -> int:
    return time.time_ns() // 1000


@pytest.fixture
def hub(broker: Broker) -> Iterator[FakeHub]:
    made = FakeHub("127.0.0.1", broker.port, HUB, HUB_PASSWORD)
    yield made
    made.close()


@pytest.fixture(scope="module")
def account(broker: Broker) -> Account:
    credentials = broker.add_device("s1", "patch-1")
    return Account(f"mqtt://127.0.0.1:{broker.port}", "s1", "patch-1", credentials.password)


@pytest.fixture
def make(account: Account, tmp_path: Path) -> Iterator[Callable[..., DeviceClient]]:
    opened = []

    def made(**more) -> DeviceClient:
        connection = open_file(tmp_path / "outbox.sqlite3")
        outbox = Outbox(connection, "patch-1", boot=new_boot(), limit_bytes=more.pop("limit_bytes", 10_000_000))
        client = DeviceClient(account, outbox, wall=wall, pace=more.pop("pace", QUICK), **more)
        opened.append((client, connection))
        return client

    yield made
    for client, connection in opened:
        client.close()
        connection.close()


def until(client: DeviceClient, condition: Callable[[], bool], seconds: float = 15) -> None:
    end = time.monotonic() + seconds
    client.run(lambda: condition() or time.monotonic() > end)
    assert condition(), (client.last_error, client.counts, client.unacked)


def test_a_message_leaves_the_outbox_when_the_hub_has_stored_it(hub, make):
    client = make()
    until(client, lambda: client.sender.connected)
    for _ in range(5):
        client.append(READING)
    until(client, lambda: client.unacked == 0)
    assert client.outbox.pending_keys() == []
    assert {lane for lanes in hub.lanes.values() for lane in lanes} == {"obs"}
    assert hub.status[-1] == ("patch-1", b'{"online":true}')
    client.close()
    end = time.monotonic() + 5
    while hub.status[-1][1] != b'{"online":false}' and time.monotonic() < end:
        time.sleep(0.02)
    assert hub.status[-1] == ("patch-1", b'{"online":false}')


def test_the_brokers_word_is_not_enough(hub, make):
    hub.deaf = True
    client = make()
    client.append(READING)
    until(client, lambda: client.counts.published >= 2)  # PUBACK came, the message was sent again all the same
    assert client.unacked >= 1
    hub.deaf = False
    until(client, lambda: client.unacked == 0)


def test_a_silent_hub_is_asked_for_its_acknowledgement(hub, make):
    hub.mute = True
    client = make(pace=Pace(resend_after=60, ask_after=0.5))
    client.append(READING)
    until(client, lambda: any(b'"ack?"' in payload for payload in hub.stored.values()))
    hub.mute = False
    client.append(READING)
    until(client, lambda: client.unacked == 0)


def test_the_broker_killed_with_its_file_deleted_loses_nothing(broker, hub, make):
    hub.deaf = True
    client = make()
    until(client, lambda: client.sender.connected)
    for _ in range(200):
        client.append(READING)
    until(client, lambda: client.counts.published >= 50)
    broker.service.kill9()
    broker.service.wipe()
    for _ in range(20):
        client.append(READING)
        client.turn()
    broker.service.start()
    hub.deaf = False
    until(client, lambda: client.unacked == 0, seconds=30)
    seqs = sorted(seq for _, boot, seq in hub.stored if boot == client.outbox.boot)
    assert seqs == list(range(1, client.outbox.seq + 1))
    assert client.outbox.seq >= 220
    assert "bulk" in {lane for lanes in hub.lanes.values() for lane in lanes}


def test_what_an_earlier_boot_left_is_sent_as_backlog_with_its_own_number(hub, make):
    first = make()
    for _ in range(3):
        first.append(READING)
    first.commit()
    boot = first.outbox.boot
    second = make()
    second.append(READING)
    until(second, lambda: second.unacked == 0)
    assert {(b, s) for _, b, s in hub.stored} == {(boot, 1), (boot, 2), (boot, 3), (second.outbox.boot, 1)}
    told = json.loads(hub.stored["patch-1", second.outbox.boot, 1])["ev"]
    assert told == [{"k": "boot", "prev": boot, "last": 3}]


def test_a_resend_is_answered_with_the_message_or_with_the_word_that_it_is_gone(hub, make):
    client = make()
    until(client, lambda: client.sender.connected)
    for _ in range(4):
        client.append(READING)
    until(client, lambda: client.unacked == 0)
    hub.command("patch-1", "s1", {"k": "resend", "boot": client.outbox.boot, "from": 2, "to": 99})
    until(client, lambda: client.outbox.dropped > 0)
    client.append(READING)
    until(client, lambda: client.unacked == 0)
    note = json.loads(hub.stored["patch-1", client.outbox.boot, 5])["ev"][0]
    assert (note["k"], note["from"], note["to"]) == ("dropped", 2, 4)


def test_garbage_is_skipped_when_the_hub_refuses_it_and_reported(hub, make):
    client = make()
    client.append(READING)
    client.append(READING, encode=lambda _: b"\x00\xff garbage", tag="bad")
    until(client, lambda: client.unacked == 0)
    assert len(hub.refused) >= 1
    client.append(READING)
    until(client, lambda: client.unacked == 0)
    note = json.loads(hub.stored["patch-1", client.outbox.boot, 3])["ev"][0]
    assert note == {"k": "dropped", "boot": client.outbox.boot, "from": 2, "to": 2, "why": "refused by the hub"}


def test_a_message_too_large_is_never_sent_and_does_not_block_the_others(hub, make):
    client = make()
    until(client, lambda: client.sender.connected)
    client.append({"rep": [{"q": "daily", "i": "note", "s": "x" * MAX_PAYLOAD}]})
    client.append(READING)
    until(client, lambda: client.unacked == 0)
    assert client.counts.connects == 1
    assert client.outbox.dropped == 1
    assert [seq for _, _, seq in hub.stored] == [2]


def test_the_device_learns_the_time_and_old_messages_do_not_change(hub, make):
    client = make()
    client.wall = lambda: wall() + 3_600_000_000
    client.append(READING)
    before = client.outbox.payload((client.outbox.boot, 1))
    until(client, lambda: client.sender.connected)
    hub.command("patch-1", "s1", {"k": "time", "t": iso(wall())})
    until(client, lambda: client.toff != 0)
    assert abs(client.toff - 3600) < 5
    client.append(READING)
    until(client, lambda: client.unacked == 0)
    assert hub.stored["patch-1", client.outbox.boot, 1] == before
    assert abs(json.loads(hub.stored["patch-1", client.outbox.boot, 2])["toff"] - 3600) < 5


def test_words_that_are_not_understood_do_not_stop_the_device(hub, make):
    client = make()
    until(client, lambda: client.sender.connected)
    for junk in (b"\xff", b"[]", b'{"boot":1}', b'{"k":"time","t":"soon"}', b'{"k":"dance"}', b""):
        for leaf in ("ack", "cmd"):
            hub.client.publish(f"vigie/1/s1/patch-1/{leaf}", junk, qos=1)
    client.append(READING)
    until(client, lambda: client.unacked == 0)
    assert client.counts.connects == 1


def test_a_wrong_password_is_said_and_tried_again_slowly(account, broker, tmp_path):
    wrong = Account(account.url, account.site, account.device, "not the password")
    connection = open_file(tmp_path / "outbox.sqlite3")
    client = DeviceClient(wrong, Outbox(connection, "patch-1", boot="a"), wall=wall)
    until(client, lambda: client.last_error != "")
    assert "connect" in client.last_error
    assert not client.sender.connected
    client.close()
    connection.close()


# --- the fleet -------------------------------------------------------------------------------------------------------


def fleet_file(folder: Path, broker: Broker, **more) -> Path:
    faults = [[], [{"kind": "duplicates", "rate": 0.5}], [{"kind": "garbage", "rate": 0.5}],
              [{"kind": "late", "rate": 0.3, "by_s": 900}], [{"kind": "shuffled", "block": 4}],
              [{"kind": "outage", "after_s": 600, "for_s": 900}]]  # fmt: skip
    devices = []
    for number, fault in enumerate(faults):
        name = f"fleet-{number}"
        credentials = broker.add_device("s1", name)
        devices.append({"device": name, "site": "s1", "patient": f"p{number}", "password": credentials.password,
                        "scenario": {"name": "febrile_neutropenia", "onset_s": -3600}, "protocol": "chemo-aplasia",
                        "cadence": {"8310-5": 600}, "seed": number, "faults": fault})  # fmt: skip
    devices.append({**devices[0], "device": "fleet-r", "patient": "pr", "protocol": "vital-signs", "interval_s": 300,
                    "password": broker.add_device("s1", "fleet-r").password, "recording": "cinc-100005"})  # fmt: skip
    del devices[-1]["scenario"]
    fleet = {"broker": f"mqtt://127.0.0.1:{broker.port}", "truth": str(folder / "truth.jsonl"), "seconds": 6,
             "clock": {"epoch_real": time.time(), "epoch_hub": "2026-11-22T08:00:00Z", "speed": 600},
             "ledger": str(folder / "ledger.jsonl"), "outbox": str(folder / "outbox"), "devices": devices,
             **more}  # fmt: skip
    path = folder / "fleet.json"
    path.write_text(json.dumps(fleet))
    return path


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_a_fleet_sends_everything_and_keeps_honest_books(broker, hub, tmp_path):
    path = fleet_file(tmp_path, broker)
    done = subprocess.run([sys.executable, "-m", "device_sim", str(path)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    summary = json.loads(done.stdout)
    ledger = lines(tmp_path / "ledger.jsonl")
    assert summary["unacked"] == 0
    assert summary["bad"] > 0
    good = {(line["device"], line["boot"], line["seq"]) for line in ledger if line["kind"] == "good"}
    assert len(good) > 50
    assert good <= set(hub.stored)
    accounted = good | {(x["device"], x["boot"], x["seq"]) for x in ledger if x["kind"] == "bad"}
    assert set(hub.stored) <= accounted
    repeated = [key for key, lanes in hub.lanes.items() if len(lanes) > 1]
    assert repeated
    assert summary["duplicates_sent"] >= len(repeated)
    truth = lines(tmp_path / "truth.jsonl")
    due = [one for one in truth if one["expected_rules"] and one["kind"] != "silence"]
    assert summary["truth_events"] == len(due)  # silence after the recording's end is not due yet, sepsis is no rule
    assert Counter(one["kind"] for one in truth)["fever"] == 6
    for one in truth:
        if "index" in one:
            sent = json.loads(hub.stored[one["device"], one["boot"], one["seq"]])["obs"][one["index"]]
            assert (sent["c"], sent["v"], sent["u"]) == (one["code"], one["value"], one["unit"])
            message = json.loads(hub.stored[one["device"], one["boot"], one["seq"]])
            assert parse_iso(message["t"]) == parse_iso(one["onset"])


def test_a_fleet_killed_and_started_again_loses_nothing(broker, hub, tmp_path):
    path = fleet_file(tmp_path, broker, seconds=60)
    with subprocess.Popen([sys.executable, "-m", "device_sim", str(path)]) as first:
        time.sleep(3)
        first.send_signal(signal.SIGKILL)
    with subprocess.Popen([sys.executable, "-m", "device_sim", str(path)], stdout=subprocess.PIPE, text=True) as second:
        time.sleep(3)
        second.send_signal(signal.SIGTERM)
        assert second.stdout is not None
        summary = json.loads(second.stdout.read())
    assert second.returncode == 0
    assert summary["unacked"] == 0
    good = {(x["device"], x["boot"], x["seq"]) for x in lines(tmp_path / "ledger.jsonl") if x["kind"] == "good"}
    assert good == {key for key in hub.stored if key in good}
    assert len({boot for device, boot, _ in good if device == "fleet-0"}) == 2


def test_a_fleet_that_cannot_run_says_why(tmp_path):
    for argument, code, says in (("absent.json", 2, "absent.json"), ("", 2, "")):
        done = subprocess.run([sys.executable, "-m", "device_sim", *([argument] if argument else [])],
                              capture_output=True, text=True, cwd=Path(__file__).parents[2])  # fmt: skip
        assert done.returncode == code
        assert says in done.stderr


# --- TLS -------------------------------------------------------------------------------------------------------------


@pytest.mark.filterwarnings("ignore::ResourceWarning")  # paho leaves the socket of a failed handshake to the collector
def test_mqtts_checks_the_brokers_certificate(service_folder, tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="tls-", dir=service_folder))
    folder.chmod(0o711)
    key, certificate = folder / "key.pem", folder / "cert.pem"
    subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes",
                    "-keyout", key, "-out", certificate, "-days", "2", "-subj", "/CN=test",
                    "-addext", "subjectAltName=IP:127.0.0.1"], check=True, capture_output=True)  # fmt: skip
    key.chmod(0o644)
    files = "password_file {accounts}/passwords\nacl_file {accounts}/acl\nuse_username_as_clientid true\n"
    security = f"{files}certfile {certificate}\nkeyfile {key}"
    with EmbeddedMosquitto(folder / "mosquitto").start(security=security) as mosquitto:
        password = broker_accounts.add_device(FileAccounts(mosquitto.accounts), "s1", "patch-tls").password
        connection = open_file(tmp_path / "outbox.sqlite3")
        for authority, trusted in ((str(certificate), True), (None, False)):
            account = Account(f"mqtts://127.0.0.1:{mosquitto.port}", "s1", "patch-tls", password, ca_file=authority)
            client = DeviceClient(account, Outbox(connection, "patch-tls", boot=new_boot()), wall=wall)
            until(client, lambda client=client: client.sender.connected or "certificate" in client.last_error.lower())
            assert client.sender.connected is trusted
            client.close()
        connection.close()
    gc.collect()


# --- the guide -------------------------------------------------------------------------------------------------------


def test_the_minimal_example_of_the_guide_works(broker, hub, tmp_path):
    (example,) = re.findall(r"```python\n# minimal_device\.py\n(.*?)```", DOCS.read_text(), re.S)
    password = broker.add_device("s1", "minimal-1").password
    script = tmp_path / "minimal_device.py"
    script.write_text(example)
    done = subprocess.run([sys.executable, str(script), "127.0.0.1", str(broker.port), "s1", "minimal-1", password],
                          capture_output=True, text=True, timeout=30, cwd=tmp_path)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "stored"
    (payload,) = [payload for (device, _, _), payload in hub.stored.items() if device == "minimal-1"]
    assert json.loads(payload)["obs"]
