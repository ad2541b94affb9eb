"""The fleet file: which devices to simulate, where and how. Reading it, with errors that name the field. No network."""

from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

from device_sim.clock import HubClock
from device_sim.doses import slots
from device_sim.faults import FAULTS
from device_sim.scenarios import Scenario
from domain import wire
from domain.broker_url import parse_broker_url
from domain.converting import decoder
from domain.instants import SECOND, parse_iso


class FleetError(Exception):
    """The fleet file cannot be used; the text names the field and what was expected."""


class Clock(Struct, frozen=True, forbid_unknown_fields=True):
    """Epochs: seconds since 1970, or ISO 8601. Left out: the hub's clock is the real one."""

    epoch_real: float | str = 0.0
    epoch_hub: float | str = 0.0
    speed: Annotated[float, Meta(gt=0)] = 1.0


class Device(Struct, frozen=True, forbid_unknown_fields=True):
    """One device and what it does: a scenario (its fields as in `Scenario`), or a recording. `oral`: as in the plan."""

    device: wire.Name
    site: wire.Name
    patient: str
    password: str
    username: str | None = None
    protocol: str = "vital-signs"
    cadence: dict[str, int] = msgspec.field(default_factory=dict)
    oral: list[dict[str, Any]] = msgspec.field(default_factory=list)
    timezone: str = "Europe/Paris"
    scenario: str | dict[str, Any] | None = None
    recording: str | None = None
    interval_s: float = 3600.0
    seed: int = 0
    faults: list[dict[str, Any]] = msgspec.field(default_factory=list)


class Fleet(Struct, frozen=True, forbid_unknown_fields=True):
    """A whole fleet. `seconds` (real): how long to run, without it until SIGTERM. `drain_s`: wait for the last acks."""

    broker: str
    devices: Annotated[list[Device], Meta(min_length=1)]
    truth: str
    ledger: str
    outbox: str
    clock: Clock = Clock()
    seconds: float | None = None
    drain_s: float = 20.0
    ca_file: str | None = None
    mqtt_version: Literal["5", "3.1.1"] = "5"
    outbox_bytes: Annotated[int, Meta(ge=1000)] = 16 * 1024 * 1024


_fleet = decoder(Fleet)


def read(path: Path) -> Fleet:
    """A fleet file, checked."""
    try:
        fleet = _fleet(path.read_bytes())
    except OSError as error:
        raise FleetError(f"{path}: expected a fleet file that can be read: {error}") from error
    except msgspec.MsgspecError as error:
        raise FleetError(f"{path}: {error}") from error
    try:
        parse_broker_url(fleet.broker)
    except ValueError as error:
        raise FleetError(f"{path}: broker: {error}") from error
    for index, device in enumerate(fleet.devices):
        _check(f"{path}: devices[{index}] ({device.device})", device)
    names = [device.device for device in fleet.devices]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise FleetError(f"{path}: devices: expected each device once, got twice: {', '.join(twice)}")
    return fleet


def _check(where: str, device: Device) -> None:
    if (device.scenario is None) == (device.recording is None):
        raise FleetError(f"{where}: expected either scenario or recording")
    if device.username not in (None, device.device):
        raise FleetError(f"{where}, username: expected the device's name, got {device.username!r}")
    try:
        next(slots(device.oral, device.timezone, 0), None)
    except (KeyError, TypeError, ValueError, OSError) as error:
        said = f"drug, one dose_mg, times such as 08:00, a timezone: {type(error).__name__} {error}"
        raise FleetError(f"{where}, oral: expected {said}") from error
    for fault in device.faults:
        if fault.get("kind") not in FAULTS:
            raise FleetError(f"{where}, faults.kind: expected one of {', '.join(FAULTS)}, got {fault.get('kind')!r}")
    if device.scenario is not None:
        try:
            scenario(device.scenario)
        except (TypeError, ValueError) as error:
            raise FleetError(f"{where}, scenario: {error}") from error


def scenario(written: str | dict[str, Any]) -> Scenario:
    """A scenario by name, or with its fields."""
    return Scenario(written) if isinstance(written, str) else Scenario(**written)


def hub_clock(clock: Clock) -> HubClock:
    """The clock as written, in µs."""
    real, hub = _instant("clock.epoch_real", clock.epoch_real), _instant("clock.epoch_hub", clock.epoch_hub)
    return HubClock(real, hub, clock.speed)


def _instant(name: str, value: float | str) -> int:
    if isinstance(value, str):
        try:
            return parse_iso(value)
        except ValueError as error:
            raise FleetError(f"{name}: {error}") from error
    return round(value * SECOND)
