"""Many devices in one process and one thread, against a real broker. `python -m device_sim FLEET.json`.

Truth is on disk before a message that makes it true is kept; the ledger is on disk before a message is sent. So an
oracle can compare truth, ledger and database whatever was killed when.
"""

import json
import selectors
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any, TextIO

from device_sim import faults, recordings
from device_sim.client import Account, DeviceClient, new_boot
from device_sim.clock import HubClock
from device_sim.demo import PatientSpec, demo_fleet
from device_sim.fleet_file import Device, Fleet, hub_clock, scenario
from device_sim.outbox import Encode, Outbox, encode_json, open_file
from device_sim.scenarios import story
from device_sim.steps import Step, Steps
from device_sim.truth import Subject
from domain.instants import SECOND, Micros, iso, parse_iso

__all__ = ["PatientSpec", "demo_fleet", "run"]

IDLE_EVERY = 0.25  # s between two turns of a device that nothing happens to
WALL_TOLERANCE = 0.05


@dataclass(slots=True)
class Actor:
    """One simulated device: its client and what it still has to do."""

    client: DeviceClient
    steps: Steps
    next_step: Step | None
    next_turn: float = 0.0
    skew_s: float = 0.0


@dataclass(slots=True)
class Tally:
    """Sums for the summary."""

    bad: int = 0
    onsets: list[str] = field(default_factory=list)  # of truths that some rule must alert


@dataclass(slots=True)
class Run:
    """A running fleet."""

    fleet: Fleet
    clock: HubClock
    actors: list[Actor]
    commit: Callable[[], None]
    truth: TextIO
    ledger: TextIO
    tally: Tally = field(default_factory=Tally)
    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    watched: dict[int, tuple[Any, int, Actor]] = field(default_factory=dict)

    def hub_now(self) -> Micros:
        """The hub's clock now."""
        return self.clock.at(real_now())


def real_now() -> Micros:
    """The real clock."""
    return time.time_ns() // 1000


def run(fleet: Fleet, stopped: Callable[[], bool]) -> dict[str, int]:
    """Run until told to stop, until `seconds` are over or until every device is done; returns the summary."""
    connection = open_file(Path(fleet.outbox) / "outbox.sqlite3")
    clock = hub_clock(fleet.clock)
    for name in (fleet.truth, fleet.ledger):
        Path(name).parent.mkdir(parents=True, exist_ok=True)
    with Path(fleet.truth).open("a") as truth, Path(fleet.ledger).open("a") as ledger:
        going = Run(fleet, clock, [], connection.commit, truth, ledger)
        start = going.hub_now() // SECOND * SECOND  # whole: truth and message then print the same instant
        stays = recordings.load() if any(device.recording for device in fleet.devices) else {}
        for device in fleet.devices:
            outbox = Outbox(connection, device.device, boot=new_boot(), limit_bytes=fleet.outbox_bytes)
            going.actors.append(_actor(going, device, outbox, steps_of(device, stays, start)))
            _tell(going, _informative(device, stays, start))
        _log_leftovers(going)
        _loop(going, stopped)
        _say_goodbye(going)
    connection.commit()
    connection.close()
    return _summary(going)


def subject_of(device: Device) -> Subject:
    """Whose truth a device's messages are."""
    return Subject(
        device.patient, device.device, device.protocol, device.cadence, tuple(device.oral), device.timezone
    )  # fmt: skip


def _actor(going: Run, device: Device, outbox: Outbox, steps: Steps) -> Actor:
    fleet = going.fleet
    account = Account(
        fleet.broker, device.site, device.device, device.password, ca_file=fleet.ca_file, version=fleet.mqtt_version
    )
    client = DeviceClient(account, outbox, wall=going.hub_now, owner_commits=True, max_payload=1 << 24)
    actor = Actor(client, steps, next(steps, None))
    client.wall = lambda: going.hub_now() + round(actor.skew_s * SECOND)
    return actor


def steps_of(device: Device, stays: Mapping[str, recordings.Recording], start: Micros) -> Steps:
    """Everything a device of a fleet file does from `start` on, faults included. Pure."""
    subject, rng = subject_of(device), Random(f"{device.seed}/{device.device}")
    if device.recording is not None:
        stay = _stay(device, stays)
        steps = recordings.replay(stay, subject, start=start, interval=round(device.interval_s * SECOND))
    else:
        steps = story(scenario(device.scenario or "stable"), subject, start=start, rng=rng)
    for fault in device.faults:
        steps = faults.apply(steps, fault, subject=subject, start=start, rng=rng)
    return steps


def _stay(device: Device, stays: Mapping[str, recordings.Recording]) -> recordings.Recording:
    if device.recording is None or device.recording not in stays:
        raise recordings.RecordingError(f"{device.device}: recording: expected a known one, got {device.recording!r}")
    return stays[device.recording]


def _informative(device: Device, stays: Mapping[str, recordings.Recording], start: Micros) -> Iterator[dict[str, Any]]:
    if device.recording is not None:
        interval = round(device.interval_s * SECOND)
        yield from recordings.septic_onset(_stay(device, stays), subject_of(device), start=start, interval=interval)


# --- the loop --------------------------------------------------------------------------------------------------------


def _loop(going: Run, stopped: Callable[[], bool]) -> None:
    seconds = going.fleet.seconds
    end = None if seconds is None else time.monotonic() + seconds
    while not stopped() and (end is None or time.monotonic() < end):
        if all(actor.next_step is None and actor.client.unacked == 0 for actor in going.actors):
            return
        _round(going, measuring=True)
    end = time.monotonic() + going.fleet.drain_s
    for actor in going.actors:
        actor.client.link_allowed = True
    while time.monotonic() < end and any(actor.client.unacked for actor in going.actors):
        _round(going, measuring=False)


def _round(going: Run, *, measuring: bool) -> None:
    """Measure what is due, make it durable, let devices speak, wait for the network."""
    if measuring:
        hub_now = going.hub_now()
        for actor in going.actors:
            while actor.next_step is not None and actor.next_step.at <= hub_now:
                _perform(going, actor, actor.next_step)
                actor.next_step = next(actor.steps, None)
    _make_durable(going)
    now = time.monotonic()
    for actor in going.actors:
        if now >= actor.next_turn:
            actor.client.turn()
            _watch(going, actor)
            actor.next_turn = now + IDLE_EVERY
    for key, events in going.selector.select(WALL_TOLERANCE):
        actor = key.data
        actor.client.serve(readable=bool(events & selectors.EVENT_READ), writable=bool(events & selectors.EVENT_WRITE))
        _watch(going, actor)  # at once: the number of a closed socket is soon another's
        actor.next_turn = 0.0


def _perform(going: Run, actor: Actor, step: Step) -> None:
    client = actor.client
    if step.link is not None:
        client.link_allowed = step.link == "up"
    actor.skew_s, client.obeys_time = step.skew_s, not step.deaf
    if step.message is None:
        return
    at, tag = step.measured_at + round(step.skew_s * SECOND), "good"
    encode: Encode = encode_json
    if step.spoil is not None:
        reason, entry_only, spoil = faults.GARBAGE[step.spoil]
        tag, encode = f"bad:{reason}:{step.spoil}:{'entry' if entry_only else 'message'}", spoil
        going.tally.bad += 1
    _tell(going, iter(step.truths), origin={"boot": client.outbox.boot, "seq": client.outbox.seq + 1})
    client.append(step.message, measured_at=at, encode=encode, tag=tag, copies=step.copies)
    actor.next_turn = 0.0


def _tell(going: Run, truths: Iterator[dict[str, Any]], origin: Mapping[str, Any] | None = None) -> None:
    told = False
    for truth in truths:
        going.truth.write(json.dumps({**truth, **(origin or {})}, ensure_ascii=False) + "\n")
        told = True
        if truth["expected_rules"]:
            going.tally.onsets.append(truth["onset"])
    if told:
        going.truth.flush()


def _make_durable(going: Run) -> None:
    """Outbox first, ledger second, sending third: one commit for all devices."""
    dirty = [actor for actor in going.actors if actor.client.dirty]
    if not dirty:
        return
    going.commit()
    for actor in dirty:
        outbox = actor.client.outbox
        pending = set(outbox.pending_keys()) if outbox.drops else set()
        for key in actor.client.staged:
            if not outbox.drops or key in pending:
                _log(going, outbox, key)
        for note in outbox.drops:
            _line(going, {"device": outbox.device, "kind": "dropped", **{k: note[k] for k in _DROPPED}})
        outbox.drops.clear()
    going.ledger.flush()
    for actor in dirty:
        if actor.client.staged:
            actor.next_turn = 0.0
        actor.client.release()


_DROPPED = ("boot", "from", "to", "why")


def _log(going: Run, outbox: Outbox, key: tuple[str, int]) -> None:
    message = outbox.described(key)
    kind, _, rest = message.tag.partition(":")
    line = {"device": outbox.device, "boot": message.boot, "seq": message.seq, "sha256": message.sha256, "kind": kind}
    if rest:
        reason, garbage, scope = rest.split(":")
        line |= {"reason": reason, "garbage": garbage, "scope": scope}
    if kind == "good":
        line["obs"] = len(json.loads(message.payload).get("obs", ()))
    _line(going, {**line, "t": iso(going.hub_now())})


def _log_leftovers(going: Run) -> None:
    """What an earlier run kept and may not have logged. A line twice is one message."""
    for actor in going.actors:
        for key in actor.client.outbox.pending_keys():
            _log(going, actor.client.outbox, key)
    going.ledger.flush()


def _line(going: Run, line: Mapping[str, Any]) -> None:
    going.ledger.write(json.dumps(line, ensure_ascii=False) + "\n")


def _watch(going: Run, actor: Actor) -> None:
    """Keep the selector in step with the device's connection."""
    line = actor.client.line()
    old = going.watched.get(id(actor))
    wanted = selectors.EVENT_READ
    if line is not None and actor.client.link is not None and actor.client.link.want_write():
        wanted |= selectors.EVENT_WRITE
    if old is not None and old[0] is line and old[1] == wanted:
        return
    if old is not None:
        going.selector.unregister(old[0])
        del going.watched[id(actor)]
    if line is not None:
        going.selector.register(line, wanted, actor)
        going.watched[id(actor)] = (line, wanted, actor)


def _say_goodbye(going: Run) -> None:
    for actor in going.actors:
        actor.client.close()
    going.selector.close()


def _summary(going: Run) -> dict[str, int]:
    """`truth_events`: conditions that some rule must have alerted and that are true by now."""
    clients, now = [actor.client for actor in going.actors], going.hub_now()
    return {
        "published": sum(client.counts.published - client.sender.resent for client in clients),
        "acked": sum(client.counts.acked for client in clients),
        "unacked": sum(client.unacked for client in clients),
        "bad": going.tally.bad,
        "duplicates_sent": sum(client.counts.copies + client.sender.resent for client in clients),
        "dropped": sum(client.outbox.dropped for client in clients),
        "truth_events": sum(parse_iso(onset) <= now for onset in going.tally.onsets),
    }
