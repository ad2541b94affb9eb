"""A running ingest service on real services, and a bare client to publish and to listen."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import paho.mqtt.client as mqtt
import psycopg
from paho.mqtt.enums import CallbackAPIVersion

from domain.instants import DAY, Micros, moment
from ingest.decider import Decider
from ingest.outside import Outside
from ingest.service import IngestService, Plan
from ingest.subscriber import bulk_url, link
from storage.connection import connect
from tests.support.broker import Broker


def real_now() -> Micros:
    return time.time_ns() // 1000


class Wiring(Outside):
    """What `vigie` gives to the service."""

    def __init__(self, url: str, decider: Decider) -> None:
        self.url = url
        self.decider = decider
        self.crash_at: str | None = None

    def connect(self) -> psycopg.Connection[Any]:
        return connect(self.url)

    def load_decider(self, conn: psycopg.Connection[Any]) -> Decider:  # noqa: ARG002
        return self.decider

    def now(self) -> Micros:
        return real_now()

    def crash(self, point: str) -> None:
        pass


def register(url: str, devices: dict[str, str], *, site: str = "s1") -> None:
    """Devices with the patients who wear them since two days."""
    since = moment(real_now() - 2 * DAY)
    with psycopg.connect(url) as conn:
        conn.execute("INSERT INTO site VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (site, site, since))
        for device, patient in devices.items():
            conn.execute("INSERT INTO patient VALUES (%s, %s, %s) ON CONFLICT DO NOTHING", (patient, site, since))
            conn.execute("INSERT INTO device (id, site, created_at) VALUES (%s, %s, %s)", (device, site, since))
            conn.execute("INSERT INTO wearing VALUES (%s, %s, %s)", (device, patient, since))


@contextmanager
def running(
    wiring: Wiring, broker: Broker, *, version: int = 5, holder: str = "test", **more: Any
) -> Iterator[IngestService]:
    """A service that is storing; stopped afterwards."""
    live, bulk = (link(url, version=version) for url in (broker.hub_url, bulk_url(broker.hub_url)))
    plan = Plan("g1", holder, live, bulk, **more)
    service = IngestService(plan, wiring)
    service.start()
    try:
        until(lambda: service.storing, within=15)
        yield service
    finally:
        service.stop()


def until(condition: Callable[[], Any], *, within: float = 30) -> None:
    """Wait for a condition; fails with its last value."""
    end = time.monotonic() + within
    while not (last := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {last!r}")
        time.sleep(0.02)


class Device:
    """A bare MQTT 5 client of one device account: publishes, remembers what it hears."""

    def __init__(self, broker: Broker, device: str, *, site: str = "s1") -> None:
        self.device, self.site = device, site
        self.heard: list[tuple[str, bytes]] = []
        self.up = threading.Event()
        credentials = broker.add_device(site, device)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=device, protocol=mqtt.MQTTv5)
        self.client.max_inflight_messages_set(500)
        self.client.username_pw_set(credentials.username, credentials.password)
        self.client.on_message = lambda _c, _u, heard: self.heard.append((heard.topic, bytes(heard.payload)))
        self.client.on_subscribe = lambda *_: self.up.set()
        self.client.on_connect = self._subscribe
        self.client.reconnect_delay_set(1, 1)
        self.client.connect("127.0.0.1", broker.port)
        self.client.loop_start()
        assert self.up.wait(10)

    def _subscribe(self, client: mqtt.Client, *_: Any) -> None:
        base = f"vigie/1/{self.site}"
        client.subscribe([(f"{base}/{self.device}/ack", 1), (f"{base}/{self.device}/cmd", 1), (f"{base}/hub", 1)])

    def send(self, body: bytes, leaf: str = "obs") -> mqtt.MQTTMessageInfo:
        return self.client.publish(f"vigie/1/{self.site}/{self.device}/{leaf}", body, qos=1)

    def last(self, leaf: str) -> bytes | None:
        return next((body for topic, body in reversed(self.heard) if topic.endswith(f"/{leaf}")), None)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def count(url: str, statement: str) -> Any:
    with psycopg.connect(url) as conn:
        row = conn.execute(statement).fetchone()  # type: ignore[arg-type]
        return row[0] if row and len(row) == 1 else row
