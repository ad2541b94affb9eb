"""What a device account can do, told by the data that arrive, never by return codes. Both ways of making accounts."""

import json
import shutil
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from domain.broker_url import BrokerUrl
from tests.support.broker import HUB, HUB_PASSWORD, Broker
from vigie import broker_accounts, broker_files
from vigie.broker_accounts import AccountError, Accounts, Credentials, Grants
from vigie.broker_dynsec import DynsecAccounts
from vigie.embedded import child
from vigie.embedded.mosquitto import EmbeddedMosquitto
from vigie.settings import parse_mqtt

PLUGIN = Path("/usr/lib").glob("*/mosquitto_dynamic_security.so")


class Listener:
    """A client that remembers what it received and how often it was cut off."""

    def __init__(self, port: int, account: tuple[str, str], client_id: str | None = None) -> None:
        self.received: list[tuple[str, bytes]] = []
        self.connected = threading.Event()
        self.cut_off = 0
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=client_id or account[0], protocol=mqtt.MQTTv5)
        self.client.username_pw_set(*account)
        self.client.on_message = lambda _client, _user, message: self.received.append((message.topic, message.payload))
        self.client.on_connect = self._on_connect
        self.client.on_disconnect = self._on_disconnect
        self.client.connect("127.0.0.1", port)
        self.client.loop_start()

    def _on_connect(self, _client: object, _user: object, _flags: object, code: mqtt.ReasonCode, _more: object) -> None:
        if not code.is_failure:
            self.connected.set()

    def _on_disconnect(self, *_arguments: object) -> None:
        self.cut_off += 1

    def subscribe(self, *topics: str) -> None:
        done = threading.Event()
        self.client.on_subscribe = lambda *_arguments: done.set()
        for topic in topics:
            done.clear()
            self.client.subscribe(topic, qos=1)
            assert done.wait(5)

    def publish(self, topic: str, payload: bytes) -> None:
        self.client.publish(topic, payload, qos=1).wait_for_publish(5)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def _until(condition: Callable[[], bool]) -> None:
    end = time.monotonic() + 5
    while not condition() and time.monotonic() < end:
        time.sleep(0.01)
    assert condition()


class Way:
    """A broker and a way of making accounts on it."""

    def __init__(self, port: int, accounts: Accounts) -> None:
        self.port = port
        self.accounts = accounts
        self._open: list[Listener] = []

    def device(self, name: str) -> Credentials:
        return broker_accounts.add_device(self.accounts, "lyon", name)

    def open(self, account: tuple[str, str], client_id: str | None = None) -> Listener:
        """Connect; a broker that reads its files again needs a moment, so try until it lets us in."""
        end = time.monotonic() + 5
        while True:
            listener = Listener(self.port, account, client_id)
            if listener.connected.wait(0.3) or time.monotonic() > end:
                self._open.append(listener)
                return listener
            listener.close()

    def close(self) -> None:
        for listener in self._open:
            listener.close()
        self._open.clear()


def _dynsec_start(folder: Path) -> tuple[EmbeddedMosquitto, BrokerUrl]:
    """A Mosquitto with the plugin instead of account files, with the hub as its administrator."""
    service = EmbeddedMosquitto(folder)
    for each in (service.folder, service.accounts, service.store):
        child.own_folder(each, child.ordinary_user("mosquitto", "nobody"))
    store = service.accounts / "dynamic-security.json"
    control = child.find_program("mosquitto_ctrl", package="mosquitto")
    child.run(
        [control, "dynsec", "init", str(store), HUB, HUB_PASSWORD], run_as=None, log=folder / "init.log", seconds=10
    )
    user = child.ordinary_user("mosquitto", "nobody")
    if user is not None:
        shutil.chown(store, user.uid, user.gid)
    service.start(security=f"plugin {next(PLUGIN)}\nplugin_opt_config_file {store}\n")
    return service, parse_mqtt(service.url_for(HUB, HUB_PASSWORD))


@pytest.fixture(scope="module")
def dynsec_way(service_folder: Path) -> Iterator[Way]:
    service, address = _dynsec_start(service_folder / "dynsec")
    accounts = DynsecAccounts(address)
    broker_accounts.add(accounts, "hub-reader", HUB_PASSWORD, grants=broker_accounts.hub_grants())
    yield Way(service.port, accounts)
    service.stop()


@pytest.fixture(params=["file", "dynsec"])
def way(request: pytest.FixtureRequest) -> Iterator[Way]:
    if request.param == "file":
        broker: Broker = request.getfixturevalue("broker")
        broker_accounts.add(broker.accounts, "hub-reader", HUB_PASSWORD, grants=broker_accounts.hub_grants())
        made = Way(broker.port, broker.accounts)
    else:
        made = request.getfixturevalue("dynsec_way")
    yield made
    made.close()


def test_a_device_reaches_the_hub_and_only_under_its_own_name(way: Way) -> None:
    hub = way.open(("hub-reader", HUB_PASSWORD))
    hub.subscribe("vigie/1/+/+/obs", "vigie/1/+/+/bulk", "vigie/1/+/+/st")
    one, two = way.device("pulse-1"), way.device("pulse-2")
    device = way.open((one.username, one.password))
    for topic in (
        "vigie/1/lyon/pulse-2/obs",
        "vigie/1/lyon/pulse-2/ack",
        "vigie/1/paris/pulse-1/obs",
        "vigie/1/lyon/hub",
    ):
        device.publish(topic, b"forged")
    for lane in ("obs", "bulk", "st"):
        device.publish(f"vigie/1/lyon/pulse-1/{lane}", lane.encode())
    other = way.open((two.username, two.password))
    other.publish("vigie/1/lyon/pulse-2/obs", b"mine")
    _until(lambda: len(hub.received) >= 4)
    assert sorted(hub.received) == [
        ("vigie/1/lyon/pulse-1/bulk", b"bulk"),
        ("vigie/1/lyon/pulse-1/obs", b"obs"),
        ("vigie/1/lyon/pulse-1/st", b"st"),
        ("vigie/1/lyon/pulse-2/obs", b"mine"),
    ]


def test_a_device_hears_its_own_answers_only(way: Way) -> None:
    hub = way.open(("hub-reader", HUB_PASSWORD))
    one = way.device("scale-1")
    way.device("scale-2")
    device = way.open((one.username, one.password))
    device.subscribe(
        "vigie/1/lyon/scale-1/ack", "vigie/1/lyon/scale-2/ack", "vigie/1/lyon/scale-2/obs", "#", "vigie/1/lyon/+/ack"
    )
    hub.publish("vigie/1/lyon/scale-2/ack", b"not yours")
    hub.publish("vigie/1/lyon/scale-2/cmd", b"not yours")
    hub.publish("vigie/1/lyon/scale-1/ack", b"yours")
    _until(lambda: (("vigie/1/lyon/scale-1/ack", b"yours")) in device.received)
    assert {topic for topic, _ in device.received} == {"vigie/1/lyon/scale-1/ack"}


def test_a_device_cannot_take_the_session_of_another(way: Way) -> None:
    hub = way.open(("hub-reader", HUB_PASSWORD))
    hub.subscribe("vigie/1/+/+/obs")
    one, two = way.device("cuff-1"), way.device("cuff-2")
    victim = way.open((one.username, one.password))
    thief = Listener(way.port, (two.username, two.password), client_id="cuff-1")
    thief.connected.wait(1)
    thief.close()
    victim.publish("vigie/1/lyon/cuff-1/obs", b"still here")
    _until(lambda: ("vigie/1/lyon/cuff-1/obs", b"still here") in hub.received)
    assert victim.cut_off == 0


def test_a_renewed_password_ends_the_old_one_and_a_removed_account_is_shut_out(way: Way) -> None:
    old = way.device("patch-1")
    assert way.open((old.username, old.password)).connected.is_set()
    way.close()
    new = way.device("patch-1")
    assert way.open((new.username, new.password)).connected.is_set()
    late = Listener(way.port, (old.username, old.password))
    assert not late.connected.wait(0.5)
    late.close()
    way.close()
    way.accounts.drop("patch-1")
    _until(lambda: not _lets_in(way.port, new))


def _lets_in(port: int, account: Credentials) -> bool:
    listener = Listener(port, (account.username, account.password))
    try:
        return listener.connected.wait(0.2)
    finally:
        listener.close()


@pytest.mark.parametrize("name", ["a+b", "a#", "a/b", "$a", "a:b", "a b", "a\nuser x", ""])
def test_names_a_broker_could_misread_are_refused(name: str, tmp_path: Path) -> None:
    accounts = broker_accounts.FileAccounts(tmp_path)
    with pytest.raises(AccountError, match="username: expected"):
        broker_accounts.add(accounts, name, "p", grants=Grants((), ()))
    assert (tmp_path / broker_files.ACL).read_text() == ""


def test_our_password_form_is_the_one_of_mosquitto_passwd(tmp_path: Path) -> None:
    program = child.find_program("mosquitto_passwd", package="mosquitto")
    file = tmp_path / "theirs"
    child.run([program, "-b", "-c", str(file), "x", "pass"], run_as=None, log=tmp_path / "log", seconds=10)
    hashed = file.read_text().strip().split(":", 1)[1]
    iterations, salt = hashed.split("$")[2:4]
    assert broker_files.password_hash("pass", broker_files.base64.b64decode(salt), int(iterations)) == hashed


def test_without_a_running_broker_the_answer_says_reload(tmp_path: Path) -> None:
    made = broker_accounts.add_device(broker_accounts.FileAccounts(tmp_path), "lyon", "pulse-1")
    assert not made.reloaded


def test_a_wrong_administrator_is_named(broker: Broker) -> None:
    accounts = DynsecAccounts(parse_mqtt(broker.service.url_for("nobody", json.dumps("x"))))
    with pytest.raises(AccountError, match="VIGIE_MQTT_URL: the broker refused"):
        accounts.drop("x")
