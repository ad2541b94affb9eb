"""A little hub for tests of devices: keeps what it can read in memory and acknowledges end to end, when it wants to."""

import hashlib
import itertools
import json
import threading
from typing import Any

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from domain.decode import Unreadable, decode
from domain.wire import parse_topic


class FakeHub:
    """`stored`: (device, boot, seq) -> payload. `lanes`: (device, boot, seq) -> lanes it came on."""

    def __init__(self, host: str, port: int, username: str, password: str) -> None:
        self.stored: dict[tuple[str, str, int], bytes] = {}
        self.lanes: dict[tuple[str, str, int], list[str]] = {}
        self.refused: list[str] = []
        self.status: list[tuple[str, bytes]] = []
        self.deaf = False
        self.mute = False
        self.lock = threading.Lock()
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2, client_id=username, protocol=mqtt.MQTTv5)
        self.client.username_pw_set(username, password)
        self.client.reconnect_delay_set(1, 1)
        self.client.on_connect = lambda client, *_: client.subscribe(
            [(f"vigie/1/+/+/{lane}", 1) for lane in ("obs", "bulk", "st")]
        )
        self.client.on_message = self._heard
        self.client.connect(host, port, clean_start=True)
        self.client.loop_start()

    def command(self, device: str, site: str, body: dict[str, Any]) -> None:
        """Send one `cmd`."""
        self.client.publish(f"vigie/1/{site}/{device}/cmd", json.dumps(body), qos=1)

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()

    def _heard(self, client: mqtt.Client, _: object, message: mqtt.MQTTMessage) -> None:
        topic = parse_topic(message.topic)
        if topic is None:
            return
        if topic.lane == "st":
            self.status.append((topic.device, message.payload))
            return
        if self.deaf:
            return
        read = decode(message.payload)
        boot, seq = (read.boot, read.seq) if isinstance(read, Unreadable) else (read.message.boot, read.message.seq)
        if boot is None or seq is None:
            digest = hashlib.sha256(message.payload).hexdigest()
            self.refused.append(digest)
            self.command(topic.device, topic.site, {"k": "refused", "sha256": digest})
            return
        with self.lock:
            old = self.stored.setdefault((topic.device, boot, seq), message.payload)
            assert old == message.payload, "same number, other content"
            self.lanes.setdefault((topic.device, boot, seq), []).append(topic.lane)
            have = sorted(s for d, b, s in self.stored if (d, b) == (topic.device, boot))
        if not self.mute:
            body = {"boot": boot, "upto": have[-1], "miss": holes(have)}
            client.publish(f"vigie/1/{topic.site}/{topic.device}/ack", json.dumps(body), qos=1)


def holes(have: list[int]) -> list[tuple[int, int]]:
    """Ranges below the highest that are not there."""
    edges = [0, *have]
    return [(low + 1, high - 1) for low, high in itertools.pairwise(edges) if high > low + 1]
