"""One MQTT session over paho: persistent, acknowledged by hand, reconnecting by itself.

Deliveries carry the epoch of their connection; an acknowledgement of another epoch is dropped, because its packet id
may mean another message by then. Nothing leaves a callback: an error ends the connection, which is then made again.
"""

import random
import threading
import time
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import urlsplit

import paho.mqtt.client as mqtt
import structlog
from msgspec import Struct
from paho.mqtt.enums import CallbackAPIVersion, MQTTErrorCode
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from domain.broker_url import parse_broker_url
from ingest.paho_client import Client

SESSION_FOR = 7 * 86_400  # s
KEEPALIVE = 10
BEAT_EVERY = 5.0
BEAT_WITHIN = 15.0
CONNACK_WITHIN = 8.0
LONGEST_WAIT = 5.0
MAX_OUTGOING = 100_000
DROPPED_TOPIC = "$SYS/broker/publish/messages/dropped"

log = structlog.get_logger("vigie.ingest")
Deliver = Callable[[str, bytes, int, int, int], None]  # topic, payload, packet id, QoS, epoch


class Link(Struct, frozen=True):
    """Where the broker's nodes are and as whom to connect. `version`: 5, or 4 for MQTT 3.1.1."""

    places: tuple[tuple[str, int], ...]
    username: str | None = None
    password: str | None = None
    tls: bool = False
    ca_file: str | None = None
    version: int = 5


def link(url: str, *, ca_file: str | None = None, version: int = 5) -> Link:
    """`mqtt://user:password@host:port,host:port` or `mqtts://…`. Raises ValueError that says what was expected."""
    found = parse_broker_url(url)
    return Link(found.places, found.username or None, found.password or None, found.tls, ca_file, version)


def bulk_url(url: str) -> str:
    """The same URL with the user name of the second session: `-bulk` after it."""
    parts = urlsplit(url)
    if not parts.username:
        return url
    credentials, _, place = parts.netloc.rpartition("@")
    user, colon, password = credentials.partition(":")
    return parts._replace(netloc=f"{user}-bulk{colon}{password}@{place}").geturl()


class Subscription(Struct, frozen=True):
    """What a session subscribes to, how many unacknowledged deliveries it takes, its will (topic, payload).

    `dropped`: filters a kept session may still have from a time when it served every site.
    """

    client_id: str
    topics: tuple[str, ...]
    receive_maximum: int
    will: tuple[str, bytes] | None = None
    dropped: tuple[str, ...] = ()

    @property
    def beat_topic(self) -> str:
        """Its own heartbeat: `_hub` cannot be a site."""
        return f"vigie/1/_hub/{self.client_id}/beat"


class Session:
    """One client and its network thread."""

    def __init__(
        self, link: Link, subscription: Subscription, deliver: Deliver, *, waiting: Callable[[], bool]
    ) -> None:
        self.subscription = subscription
        self._link = link
        self._deliver = deliver
        self._waiting = waiting
        self._lock = threading.Lock()
        self._epoch = 0
        self._open = False
        self._stopping = threading.Event()
        self._restart = threading.Event()
        self._beat_seen = 0.0
        self._beat_sent = 0.0
        self._failures = 0
        self._attempts = 0
        self._node = ""  # where it is connected, or last tried
        self._subscribed = False
        self._last: mqtt.MQTTMessageInfo | None = None
        self.refused: str | None = None
        self.broker_dropped = 0
        self._client = self._make()
        self._thread = threading.Thread(target=self._run, name=f"mqtt-{subscription.client_id}", daemon=True)

    # ---- for the service's thread -----------------------------------------------------------------------------------

    def start(self) -> None:
        """Start connecting, and go on for ever."""
        self._thread.start()

    def stop(self) -> None:
        """Send what is queued, disconnect (the will is not published) and end the thread."""
        deadline = time.monotonic() + 2.0
        while self._open and not self._all_sent() and time.monotonic() < deadline:
            time.sleep(0.01)
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(timeout=5.0)

    def _all_sent(self) -> bool:
        last = self._last
        return not self._client.want_write() and (last is None or last.is_published())

    @property
    def epoch(self) -> int:
        """Rises with every connection; 0 while there is none, or none on which the broker took the subscriptions."""
        return self._epoch if self._open and self._subscribed else 0

    @property
    def alive(self) -> bool:
        """The network thread runs."""
        return self._thread.is_alive()

    def publish(self, topic: str, payload: bytes, *, qos: int = 1, retain: bool = False) -> bool:
        """Hand over for sending. False: not connected or too much queued, nothing was done."""
        if not self._open:
            return False
        sent = self._client.publish(topic, payload, qos, retain)
        if sent.rc != MQTTErrorCode.MQTT_ERR_SUCCESS:
            return False
        self._last = sent
        return True

    def acknowledge(self, deliveries: Iterable[tuple[int, int, int]]) -> None:
        """(epoch, packet id, QoS) in order of arrival; those of a former connection are dropped."""
        with self._lock:
            if not self._open:
                return
            self._client.acknowledge([mid for epoch, mid, qos in deliveries if epoch == self._epoch and qos])

    # ---- the network thread -----------------------------------------------------------------------------------------

    def _make(self) -> Client:
        five = self._link.version == 5
        client = Client(
            CallbackAPIVersion.VERSION2,
            client_id=self.subscription.client_id,
            clean_session=None if five else False,
            protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311,
            manual_ack=True,
            reconnect_on_failure=False,
        )
        client.max_queued_messages_set(MAX_OUTGOING)
        client.connect_timeout = 5.0
        if self._link.username is not None:
            client.username_pw_set(self._link.username, self._link.password)
        if self._link.tls:
            client.tls_set(ca_certs=self._link.ca_file)
        if self.subscription.will is not None:
            topic, payload = self.subscription.will
            client.will_set(topic, payload, qos=1, retain=True)
        client.on_connect = self._on_connect
        client.on_subscribe = self._on_subscribe
        client.on_delivery = self._on_delivery
        # Only the network thread writes to the socket: with this hook paho leaves the writing to its loop.
        client.on_socket_register_write = lambda *_: None
        return client

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                self._connect()
                self._pump()
            except OSError as error:
                log.warning("broker away, trying again", client=self.subscription.client_id, error=str(error))
            except Exception:  # the outermost loop of this thread
                log.exception("connection given up after an error", client=self.subscription.client_id)
            self._close()
            if self._stopping.wait(self._wait_for()):
                return

    def _wait_for(self) -> float:
        self._failures += 1
        return random.uniform(0.5, 1.0) * min(LONGEST_WAIT, 0.1 * 2.0 ** min(self._failures, 10))  # noqa: S311

    def _connect(self) -> None:
        """To the next node of the broker, of which one may be gone for long."""
        self._restart.clear()
        host, port = self._link.places[self._attempts % len(self._link.places)]
        self._node = f"{host}:{port}"
        self._attempts += 1
        if self._link.version != 5:  # the session is kept because the client was made so
            self._client.connect(host, port, KEEPALIVE)
            return
        properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
        properties.SessionExpiryInterval = SESSION_FOR
        properties.ReceiveMaximum = self.subscription.receive_maximum
        self._client.connect(host, port, KEEPALIVE, clean_start=False, properties=properties)

    def _pump(self) -> None:
        started = time.monotonic()
        client = self._client
        while client.loop(0.5) == client.read_pending() == MQTTErrorCode.MQTT_ERR_SUCCESS:
            now = time.monotonic()
            if self._stopping.is_set() or self._restart.is_set():
                return
            if not self._open:
                if now - started > CONNACK_WITHIN:
                    return
            elif now - self._beat_sent > BEAT_EVERY and not self._beat(now):
                return

    def _beat(self, now: float) -> bool:
        """Publish the heartbeat. False when the last ones did not come back."""
        if now - self._beat_seen > BEAT_WITHIN and not self._waiting():
            log.error("own heartbeat not seen, connecting again", client=self.subscription.client_id)
            return False
        self._beat_sent = now
        self._client.publish(self.subscription.beat_topic, b"", 0)
        return True

    def _close(self) -> None:
        with self._lock:
            self._open = False
        self._client.disconnect()
        for _ in range(20):
            if self._client.loop(0.01) != MQTTErrorCode.MQTT_ERR_SUCCESS:
                return

    def _on_connect(self, client: mqtt.Client, _user: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            self.refused = str(reason)
            log.error("the broker refused the connection", client=self.subscription.client_id, reason=str(reason))
            return
        self.refused = None
        self._failures = 0
        self._beat_seen = time.monotonic()
        self._beat_sent = 0.0
        self._subscribed = False
        with self._lock:
            self._epoch += 1
            self._open = True
        topics = [(topic, 1) for topic in self.subscription.topics]
        if self.subscription.dropped:
            client.unsubscribe(list(self.subscription.dropped))
        client.subscribe([*topics, (self.subscription.beat_topic, 0), (DROPPED_TOPIC, 0)])
        log.info("connected to the broker", client=self.subscription.client_id, epoch=self._epoch, node=self._node)

    def _on_subscribe(self, _client: mqtt.Client, _user: Any, _mid: int, reasons: Any, _properties: Any) -> None:
        """What is published before the broker took the subscriptions of a new session goes nowhere."""
        refused = [str(reason) for reason in reasons[: len(self.subscription.topics)] if reason.is_failure]
        if refused:
            self.refused = f"subscription: {refused[0]}"
            log.error("the broker refused a subscription", client=self.subscription.client_id, reason=refused[0])
            return
        self._subscribed = True

    def _on_delivery(self, topic: str, payload: bytes, packet_id: int, qos: int) -> None:
        if topic == self.subscription.beat_topic:
            self._beat_seen = time.monotonic()
        elif topic == DROPPED_TOPIC:
            self.broker_dropped = int(payload) if payload.isdigit() else self.broker_dropped
        else:
            self._deliver(topic, payload, packet_id, qos, self._epoch)
