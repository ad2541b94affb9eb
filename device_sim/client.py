"""Reference client of a device: disk outbox, MQTT 5, end-to-end acknowledgement. Read it with docs/devices.md.

One object is one device. It has no thread: the owner calls `turn` often, or lets `run` do it. Nothing is decided inside
a callback of the MQTT library: callbacks only put what arrived on a list, `turn` works it off. Times of waiting are
seconds of a steady clock; the device's own clock is an argument, because it may be wrong.
"""

import secrets
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion
from paho.mqtt.properties import Properties

from device_sim.outbox import Encode, Key, Outbox, encode_json
from device_sim.sender import Pace, Sender
from domain import wire
from domain.broker_url import parse_broker_url
from domain.converting import decoder
from domain.instants import SECOND, iso, parse_iso

_ack, _command, _hub_state = decoder(wire.Ack), decoder(wire.Command), decoder(wire.HubState)
PACKET_OVERHEAD = 256  # topic and headers, on top of a payload
RECONNECT_FIRST, RECONNECT_AT_MOST = 0.5, 60.0


@dataclass(frozen=True, slots=True)
class Account:
    """Where to connect, as whom. User name and client id are the device's name: nothing else is accepted."""

    url: str  # mqtt://host:port or mqtts://host:port; a cluster's nodes by commas
    site: str
    device: str
    password: str
    ca_file: str | None = None
    version: str = "5"  # of MQTT, or "3.1.1"

    def topic(self, leaf: str) -> str:
        """One of the device's own topics; it can use no others."""
        return wire.device_topic(self.site, self.device, leaf)


@dataclass(slots=True)
class Counts:
    """What happened since the start."""

    published: int = 0
    acked: int = 0
    copies: int = 0
    connects: int = 0
    publish_refused: int = 0


@dataclass(slots=True)
class DeviceClient:
    """A device: append readings, call `turn`. `wall` is the device's clock in µs, `steady` never jumps."""

    account: Account
    outbox: Outbox
    wall: Callable[[], int]
    steady: Callable[[], float] = time.monotonic
    pace: Pace = field(default_factory=Pace)
    max_payload: int = wire.MAX_PAYLOAD
    obeys_time: bool = True
    link_allowed: bool = True  # the owner may cut the link (simulated outage)
    toff: float = 0.0  # estimate of this clock's error, s: true time = t - toff
    counts: Counts = field(default_factory=Counts)
    last_error: str = ""

    owner_commits: bool = False

    sender: Sender = field(init=False)
    staged: list[Key] = field(init=False, default_factory=list)  # appended, not yet released
    dirty: bool = field(init=False, default=True)  # the outbox has changes that are not committed
    link: mqtt.Client | None = field(init=False, default=None)
    _arrived: deque[tuple[str, Any, Any]] = field(init=False, default_factory=deque)
    _copies: dict[Key, int] = field(init=False, default_factory=dict)
    _asking: Key | None = field(init=False, default=None)
    _next_connect: float = field(init=False, default=0.0)
    _failures: int = field(init=False, default=0)
    _attempts: int = field(init=False, default=0)
    _first_node: int = field(init=False, default=0)  # devices spread over the nodes
    _next_misc: float = field(init=False, default=0.0)

    def __post_init__(self) -> None:
        self.sender = Sender(self.pace)
        self._first_node = sum(self.account.device.encode())
        for key in self.outbox.pending_keys():  # what earlier boots left
            self.sender.add(key)

    # --- measuring -----------------------------------------------------------------------------------------------

    def append(
        self,
        message: Mapping[str, Any],
        *,
        measured_at: int | None = None,
        encode: Encode = encode_json,
        tag: str = "good",
        copies: int = 0,
    ) -> Key:
        """Keep one message (obs, rep, int, ev). It is sent after the next commit. Returns (boot, seq).

        `t` is this device's clock at measurement, right or wrong, and `toff` what it knows of its error at that moment:
        both are fixed now, because a message must never change between two attempts.
        """
        at = self.wall() if measured_at is None else measured_at
        head = {"t": iso(at - at % 1000), "toff": round(self.toff, 3)}
        key = self.outbox.append({**head, **message}, encode=encode, tag=tag, with_notes=tag == "good")
        self.staged.append(key)
        if copies:
            self._copies[key] = copies
        self.dirty = True
        return key

    def commit(self) -> None:
        """Make everything appended durable, then allow it to be sent. `turn` does so by itself.

        Owners of a shared outbox file set `owner_commits`, commit the file once for many devices, and call `release`.
        """
        self.outbox.commit()
        self.release()

    def release(self) -> None:
        """The outbox was committed: what was appended may be sent."""
        for key in self.staged:
            self.sender.add(key)
        self.staged.clear()
        self.dirty = False

    @property
    def unacked(self) -> int:
        """Messages that the hub has not acknowledged."""
        return len(self.sender.entries) + len(self.staged)

    # --- the loop ------------------------------------------------------------------------------------------------

    def turn(self) -> None:
        """One round: connect when due, work off what arrived, send what is due. Never blocks but in connecting."""
        now = self.steady()
        if self.dirty and not self.owner_commits:
            self.commit()
        if self.link is not None and now >= self._next_misc:
            self._next_misc = now + 1.0
            self.link.loop_misc()
            self._read_buffered()
        while self._arrived:
            kind, first, second = self._arrived.popleft()
            self._handle(kind, first, second, now)
        self._keep_connected(now)  # last: what arrived before the end of a connection still counts
        if self.sender.connected:
            self._send(now)

    def run(self, until: Callable[[], bool]) -> None:
        """Turn, and wait for the network in between, until told to stop."""
        while not until():
            self.turn()
            self.wait(0.1)

    def wait(self, seconds: float) -> None:
        """Wait for the network and serve it. A fleet waits for many devices at once instead."""
        line = self.line()
        if line is None or self.link is None:
            time.sleep(seconds)
            return
        writers = [line] if self.link.want_write() else []
        readable, writable, _ = select.select([line], writers, [], seconds)
        self.serve(readable=bool(readable), writable=bool(writable))

    def line(self) -> socket.socket | None:
        """The open connection, for `select`."""
        return None if self.link is None else self.link.socket()  # type: ignore[return-value]

    def serve(self, *, readable: bool, writable: bool) -> None:
        """Let the MQTT library read and write."""
        if self.link is not None and readable:
            self.link.loop_read()
        if self.link is not None and (writable or self.link.want_write()):
            self.link.loop_write()

    def _read_buffered(self) -> None:
        """TLS may hold bytes that `select` cannot see."""
        line = self.line()
        while self.link is not None and isinstance(line, ssl.SSLSocket) and line.fileno() >= 0 and line.pending():
            self.link.loop_read()

    def close(self) -> None:
        """Say goodbye: offline is published by ourselves, the will is for when we cannot."""
        if self.link is not None and self.sender.connected:
            self.link.publish(self.account.topic("st"), b'{"online":false}', qos=1, retain=True)
            self.link.disconnect()
            for _ in range(20):
                if not self.link.want_write():
                    break
                self.link.loop_write()
        self._drop_link()

    # --- connection ----------------------------------------------------------------------------------------------

    def _keep_connected(self, now: float) -> None:
        if not self.link_allowed:
            if self.link is not None:
                self._drop_link()
            return
        if self.link is not None and self.link.socket() is None:  # the library noticed the end
            self._lost(now)
        if self.link is None and now >= self._next_connect:
            self._connect(now)

    def _connect(self, now: float) -> None:
        """A new client object each time: what the library queued for the old connection it must not send again."""
        self.link = client = new_mqtt_client(self.account, self._arrived)
        host, port = parse_broker_url(self.account.url).place(self._first_node + self._attempts)
        self._attempts += 1
        # A clean start is enough: the outbox is the memory, and acknowledgements can be asked for again.
        clean = {"clean_start": True} if self.account.version == "5" else {}  # 3.1.1: the client was made so
        try:
            client.connect(host, port, keepalive=30, **clean)  # type: ignore[arg-type]
        except (OSError, ssl.SSLError) as error:
            self.last_error = f"connect: {error}"
            self._lost(now)

    def _lost(self, now: float) -> None:
        self._failures += 1
        wait = min(RECONNECT_FIRST * 2 ** min(self._failures, 10), RECONNECT_AT_MOST)
        self._next_connect = now + wait * (0.5 + secrets.randbelow(1000) / 1000)  # jitter: not all devices at once
        self._drop_link()

    def _drop_link(self) -> None:
        """End the connection without goodbye: the broker then publishes the will."""
        client, self.link = self.link, None
        self._arrived.clear()
        self.sender.disconnect()
        line = None if client is None else client.socket()
        if line is not None:
            line.close()

    def _connected(self, properties: Properties | None, now: float) -> None:
        assert self.link is not None  # noqa: S101  a connection was just made
        self._failures = 0
        self.counts.connects += 1
        largest = getattr(properties, "MaximumPacketSize", None)
        if largest:
            self.max_payload = min(self.max_payload, largest - PACKET_OVERHEAD)
        topics = [self.account.topic("ack"), self.account.topic("cmd"), wire.hub_topic(self.account.site)]
        self.link.subscribe([(topic, 1) for topic in topics])
        self.link.publish(self.account.topic("st"), b'{"online":true}', qos=1, retain=True)
        self.sender.connect(now)

    # --- what the hub says ---------------------------------------------------------------------------------------

    def _handle(self, kind: str, first: Any, second: Any, now: float) -> None:
        match kind:
            case "connected":
                self._connected(second, now)
            case "refused":
                self.last_error = f"connect: {first}"
                self._lost(now)
            case "lost":
                self.last_error = f"connection lost: {first}"
                self._lost(now)
            case "published" if first >= 128:  # MQTT 5 says "not authorized" here; the message stays in the outbox
                self.counts.publish_refused += 1
                self.last_error = f"publish refused by the broker, reason code {first}"
            case "message":
                self._heard(first, second, now)

    def _heard(self, topic: str, payload: bytes, now: float) -> None:
        leaf = topic.rsplit("/", 1)[-1]
        try:
            if leaf == "ack":
                self._ack(_ack(payload), now)
            elif leaf == "cmd":
                self._command(_command(payload), now)
            elif leaf == "hub":
                self.sender.hub(away=_hub_state(payload).state == "away", now=now)
        except (msgspec.MsgspecError, ValueError) as error:  # a word we do not know must not stop the device
            self.last_error = f"{leaf}: {error}"

    def _ack(self, ack: wire.Ack, now: float) -> None:
        keys = self.outbox.acked({"boot": ack.boot, "upto": ack.upto, "miss": ack.miss})
        self.dirty = True
        self.counts.acked += len(keys)
        self._done(keys, now)
        self.sender.missing(ack.boot, ack.miss, now)

    def _command(self, command: wire.Command, now: float) -> None:
        if command.k == "resend" and command.boot and command.from_ and command.to:
            self._resend(command.boot, command.from_, command.to, now=now)
        elif command.k == "time" and command.t and self.obeys_time:
            self.toff = (self.wall() - parse_iso(command.t)) / SECOND
        elif command.k == "refused" and command.sha256:
            keys = self.outbox.refused(command.sha256)
            self.dirty = True
            self._done(keys, now)

    def _resend(self, boot: str, first: int, last: int, *, now: float) -> None:
        """Send again what we have; of what we have no longer (and once had), say so."""
        last = min(last, self.outbox.last_of(boot) or 0)
        held = set(self.sender.resend(boot, first, last, now=now)) | {key[1] for key in self.staged}
        for low, high in gaps(first, last, held):
            self.outbox.report_gone(boot, low, high, why="no longer held by the device")
        self.dirty = True

    def _done(self, keys: list[Key], now: float) -> None:
        self.sender.done(keys, now)
        for key in keys:
            self._copies.pop(key, None)
        if self._asking in keys:
            self._asking = None

    # --- sending -------------------------------------------------------------------------------------------------

    def _send(self, now: float) -> None:
        if self.sender.should_ask(now):
            self.sender.asked(now)
            if self._asking is None:  # one question at a time; it is a message like any other
                self._asking = self.append({"by": "device", "ev": [{"k": "ack?"}]})
        for key, lane in self.sender.due(now):
            self._publish(key, lane, now)

    def _publish(self, key: Key, lane: str, now: float) -> None:
        assert self.link is not None  # noqa: S101  `_send` runs only with a connection
        payload = self.outbox.payload(key)
        if payload is None:  # dropped to make room
            self.sender.entries.pop(key, None)
            return
        if len(payload) > self.max_payload:  # the broker would throw us out, again and again
            self.outbox.skip(*key, why=f"larger than {self.max_payload} bytes")
            self.dirty = True
            self._done([key], now)
            return
        copies = self._copies.pop(key, 0)
        for _ in range(1 + copies):
            self.link.publish(self.account.topic(lane), payload, qos=1)
        self.counts.copies += copies
        self.counts.published += 1
        self.sender.sent(key, now, jitter=secrets.randbelow(1000) / 1000)


def gaps(first: int, last: int, held: set[int]) -> list[tuple[int, int]]:
    """The ranges of first..last that are not held."""
    ranges: list[tuple[int, int]] = []
    for seq in range(first, last + 1):
        if seq in held:
            continue
        if ranges and ranges[-1][1] == seq - 1:
            ranges[-1] = (ranges[-1][0], seq)
        else:
            ranges.append((seq, seq))
    return ranges


def new_boot() -> str:
    """A boot id that no earlier start used."""
    return secrets.token_hex(6)


def new_mqtt_client(account: Account, arrived: deque[tuple[str, Any, Any]]) -> mqtt.Client:
    """MQTT 5 or 3.1.1, last will, TLS when the address says mqtts. Callbacks only write down what arrived."""
    five = account.version == "5"
    client = mqtt.Client(
        CallbackAPIVersion.VERSION2,
        client_id=account.device,
        clean_session=None if five else True,
        protocol=mqtt.MQTTv5 if five else mqtt.MQTTv311,
    )
    client.username_pw_set(account.device, account.password)
    client.will_set(account.topic("st"), b'{"online":false}', qos=1, retain=True)
    client.max_queued_messages_set(0)
    client.connect_timeout = 5.0
    if parse_broker_url(account.url).tls:
        client.tls_set(ca_certs=account.ca_file)
    client.on_connect = lambda _c, _u, _f, code, properties: arrived.append(
        ("refused", str(code), None) if code.is_failure else ("connected", None, properties)
    )
    client.on_disconnect = lambda _c, _u, _f, code, _p: arrived.append(("lost", str(code), None))
    client.on_publish = lambda _c, _u, _mid, code, _p: arrived.append(("published", code.value, None))
    client.on_message = lambda _c, _u, message: arrived.append(("message", message.topic, message.payload))
    return client
