"""What the tests of ingest share: a registry, messages, a decider that only records."""

import threading
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import psycopg

from domain.alerts import Input
from domain.instants import DAY, Micros, iso, parse_iso
from ingest.registry import Device, Worn

NOW: Micros = parse_iso("2026-11-22T06:00:00Z")
DEVICES = {
    "d1": Device(
        "d1", "s1", (Worn("P1", NOW - 10 * DAY, NOW - 5 * DAY), Worn("P2", NOW - 4 * DAY, None)), NOW - 10 * DAY
    ),
    "shelf": Device("shelf", "s1"),
    "far": Device("far", "s2", (Worn("P9", NOW - DAY, None),), NOW - DAY),
}
TEMPERATURE = {"c": "8310-5", "v": 38.4, "u": "Cel"}


def message(seq: int = 1, *, boot: str = "7f3a", t: Micros = NOW, **more: Any) -> dict[str, Any]:
    """One message with a temperature, unless told otherwise."""
    entries = {} if {"obs", "rep", "int", "ev"} & more.keys() else {"obs": [TEMPERATURE]}
    return {"v": 1, "boot": boot, "seq": seq, "t": iso(t), **entries, **more}


def payload(seq: int = 1, **more: Any) -> bytes:
    """The same as bytes."""
    return msgspec.json.encode(message(seq, **more))


class Recorded:
    """A decision that writes one event count and remembers its adoption."""

    def __init__(self, decider: "RecordingDecider", inputs: list[tuple[str, Input]], events: int) -> None:
        self._decider = decider
        self._inputs = inputs
        self.event_count = events

    def write(self, conn: psycopg.Connection[Any]) -> None:
        conn.execute("SELECT 1")
        if self._decider.broken_write:
            conn.execute("SELECT 1/0")

    def adopt(self) -> None:
        with self._decider.lock:
            self._decider.adopted += self._inputs


class RecordingDecider:
    """Takes everything, decides nothing."""

    def __init__(self, *, remember: bool = True) -> None:
        self.lock = threading.Lock()
        self.adopted: list[tuple[str, Input]] = []
        self.ticks: list[Micros] = []
        self.broken_write = False
        self.broken_for: str | None = None
        self._remember = remember

    def decide(self, inputs: Mapping[str, Sequence[Input]], *, at: Micros) -> Recorded:  # noqa: ARG002
        if self.broken_for in inputs:
            raise ZeroDivisionError("a mistake in a rule")
        flat = [(patient, value) for patient, values in inputs.items() for value in values] if self._remember else []
        return Recorded(self, flat, 1 if self._remember else 0)

    def next_tick(self, at: Micros) -> Recorded | None:
        self.ticks.append(at)
        return None

    def actions(self, conn: psycopg.Connection[Any], *, at: Micros) -> Recorded | None:  # noqa: ARG002
        return None
