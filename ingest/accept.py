"""A message judged: bytes and topic -> values of known patients, or one refusal. Pure, never raises.

Rules: interface section 4 (reasons), design section 5 (clocks). Called by the writer for each delivery.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from hashlib import sha256

from msgspec import Struct

from domain.alerts import ClockFault, DeviceNote, Input
from domain.decode import Decoded, Fault, Unreadable, decode
from domain.instants import MINUTE, Micros
from domain.values import Intake, Origin, Reading, Reason, Rejected, Report, Retraction
from domain.wire import DeviceEvent, Message, Topic, parse_topic
from ingest import judge
from ingest.judge import MAX_SEQ, Context, Stamp
from ingest.registry import Device

AHEAD: Micros = 10 * MINUTE
# the first two are the hub's own (ingest.gaps, ingest.floods), the third is kept in a table of its own
NO_NOTES = ("gap", "flood", "identity")
CHECKS = ("birth-date", "wristband", "photo", "known")
_MAX_OFFSET = 1e11  # seconds: beyond any date, so always a clock fault


class BootLink(Struct, frozen=True, gc=False):
    """This boot follows `prev`, whose last message was number `last`."""

    prev: str | None
    last: int | None


class Gone(Struct, frozen=True, gc=False):
    """A range of some boot that the device dropped."""

    boot: str
    from_seq: int
    to_seq: int
    why: str


class Accepted(Struct, frozen=True):
    """One message with whatever is good in it; `rejected` are its bad entries. `asks`: the device wants its state.

    `wearer`: who wore the device at the message's own time.
    """

    site: str
    device: str
    boot: str
    seq: int
    sha256: bytes
    received_at: Micros
    readings: Sequence[Reading] = ()
    reports: Sequence[Report] = ()
    intakes: Sequence[Intake] = ()
    retractions: Sequence[Retraction] = ()
    faults: Sequence[ClockFault] = ()
    notes: Sequence[DeviceNote] = ()
    rejected: Sequence[Rejected] = ()
    dropped: Sequence[Gone] = ()
    link: BootLink | None = None
    asks: bool = False
    battery: float | None = None
    wearer: str | None = None
    identity: str | None = None  # how it was checked who was measured, where a shared device must say so

    @property
    def nothing_stored(self) -> bool:
        """Every entry of the message was refused."""
        stored = self.readings or self.reports or self.intakes or self.retractions or self.notes or self.dropped
        return bool(self.rejected) and not stored

    @property
    def patient(self) -> str | None:
        """Of whom the message speaks; a message across two wearing intervals names the first."""
        values: list[Reading | Report | Intake | Retraction | DeviceNote | Rejected]
        values = [
            *self.readings, *self.reports, *self.retractions, *self.intakes, *self.notes, *self.rejected,
        ]  # fmt: skip
        return values[0].patient if values else None

    @property
    def plain(self) -> bool:
        """Nothing but readings."""
        return not (
            self.reports or self.intakes or self.retractions or self.faults or self.notes or self.rejected
            or self.dropped or self.link or self.asks or self.identity
        )  # fmt: skip

    def other_inputs(self) -> Iterator[tuple[str, Input]]:
        """What the decider is to know besides the readings, with its patient. What is taken back comes before what is
        said instead, so that the two are never a double dose."""
        values: list[Report | Intake | Retraction | ClockFault | DeviceNote | Rejected]
        values = [
            *self.reports, *self.retractions, *self.intakes, *self.faults, *self.notes, *self.rejected,
        ]  # fmt: skip
        for value in values:
            if value.patient is not None:
                yield value.patient, value


def accept(payload: bytes, topic: str, *, received_at: Micros, devices: Mapping[str, Device]) -> Accepted | Rejected:
    """Judge one message as it came."""
    place = parse_topic(topic)
    decoded = decode(payload)
    if place is None:
        fault = Fault(Reason.IDENTITY, "", "a topic vigie/1/{site}/{device}/obs or bulk")
        return _refusal(fault, payload, topic, received_at=received_at)
    device = devices.get(place.device)
    if isinstance(decoded, Unreadable):
        return _unreadable(decoded, payload, topic, received_at=received_at, device=device)
    fault_or_none = _identity(decoded.message, place, device)
    if fault_or_none is not None or device is None:
        fault = fault_or_none or _UNREGISTERED
        refusal = _refusal(fault, payload, topic, received_at=received_at)
        return _with_key(refusal, place, device, message=decoded.message)
    return _judged(decoded, payload, topic, received_at=received_at, device=device)


_UNREGISTERED = Fault(Reason.IDENTITY, "", "a registered device")


def _refusal(fault: Fault, payload: bytes, topic: str, *, received_at: Micros) -> Rejected:
    return Rejected(fault.reason, fault.path, fault.expected, payload, received_at, topic)


def _with_key(refusal: Rejected, place: Topic, device: Device | None, *, message: Message) -> Rejected:
    """A shared device that did not say whose it is belongs to somebody all the same: their team is told."""
    patient = device.wearer(refusal.received_at) if device is not None and device.shared else refusal.patient
    return Rejected(
        refusal.reason, refusal.path, refusal.expected, refusal.raw, refusal.received_at, refusal.topic,
        place.site, place.device, patient, message.boot, message.seq,
    )  # fmt: skip


def _unreadable(
    decoded: Unreadable, payload: bytes, topic: str, *, received_at: Micros, device: Device | None
) -> Rejected:
    place = parse_topic(topic)
    site, name = (place.site, place.device) if place else (None, None)
    known = device is not None and device.site == site
    patient = device.wearer(received_at) if device is not None and known else None
    fault = decoded.fault
    return Rejected(
        fault.reason, fault.path, fault.expected, payload, received_at, topic, site, name, patient,
        decoded.boot, decoded.seq,
    )  # fmt: skip


def _identity(message: Message, place: Topic, device: Device | None) -> Fault | None:
    if device is None:
        return _UNREGISTERED
    if device.site != place.site:
        return Fault(Reason.IDENTITY, "", "the topic of the site where the device is registered")
    if message.site is not None and message.site != place.site:
        return Fault(Reason.IDENTITY, "site", "the site of the topic")
    if message.device is not None and message.device != place.device:
        return Fault(Reason.IDENTITY, "device", "the device of the topic")
    if device.shared and _identity_said(message) is None:
        return Fault(Reason.IDENTITY, "ev", f"an entry k=identity whose why is one of {', '.join(CHECKS)}")
    return None


def _identity_said(message: Message) -> str | None:
    """How the people around a shared device say they have checked who is being measured."""
    return next((event.why for event in message.ev if event.k == "identity" and event.why in CHECKS), None)


class _Clock:
    """Reads the times of one message: repaired by its offset, replaced by the receipt where they cannot be right."""

    __slots__ = ("device", "received_at", "shift")

    def __init__(self, device: Device, toff: float | int, received_at: Micros) -> None:
        self.device = device
        self.received_at = received_at
        self.shift = int(min(max(toff, -_MAX_OFFSET), _MAX_OFFSET) * 1_000_000) if toff else 0

    def stamp(self, when: datetime) -> Stamp:
        claimed = judge.micros_of(when) - self.shift
        device, received_at = self.device, self.received_at
        if claimed > received_at + AHEAD or (device.first_at is not None and claimed < device.first_at):
            return Stamp(received_at, device.wearer(received_at), True, judge.clamp(claimed))
        return Stamp(claimed, device.wearer(claimed))


def _judged(
    decoded: Decoded, payload: bytes, topic: str, *, received_at: Micros, device: Device
) -> Accepted | Rejected:
    message = decoded.message
    clock = _Clock(device, message.toff, received_at)
    base = clock.stamp(message.t)
    origin = Origin(device.id, message.boot, message.seq)
    faulty: list[Stamp] = [base] if base.clock else []

    def stamp(when: datetime) -> Stamp:
        own = clock.stamp(when)
        if own.clock:
            faulty.append(own)
        return own

    context = Context(origin, received_at, device.speaker or message.by, base, stamp, device.book)
    places = decoded.indexes or {}
    faults = list(decoded.faults)
    readings = judge.readings(message.obs, context, places=places.get("obs"), faults=faults)
    reports = judge.reports(message.rep, context, places=places.get("rep"), faults=faults) if message.rep else ()
    intakes = judge.intakes(message.int_, context, places=places.get("int"), faults=faults) if message.int_ else ()
    if not (message.ev or faults or faulty):
        digest = sha256(payload).digest()
        return Accepted(
            device.site, device.id, origin.boot, origin.seq, digest, received_at, readings, reports, intakes, (),
            wearer=base.patient,
        )  # fmt: skip
    events = _Events(device, context)
    for place, event in zip(places.get("ev", range(len(message.ev))), message.ev, strict=True):
        events.read(event, place, faults)
    whole = _all_unassigned(faults, message, readings=len(readings) + len(reports) + len(intakes))
    if whole is not None:
        faults = [whole]
    rejected = [
        Rejected(
            fault.reason, fault.path, fault.expected, payload, received_at, topic, device.site, device.id,
            None if fault.reason is Reason.UNASSIGNED else base.patient, origin.boot, origin.seq,
        )
        for fault in faults
    ]  # fmt: skip
    if whole is not None and not message.ev:
        return rejected[0]
    return Accepted(
        device.site, device.id, origin.boot, origin.seq, sha256(payload).digest(), received_at,
        readings, reports, intakes, events.retractions, _clock_faults(faulty, device, received_at), events.notes,
        rejected, events.dropped, events.link, events.asks, events.battery, base.patient,
        _identity_said(message) if device.shared else None,
    )  # fmt: skip


def _clock_faults(faulty: Sequence[Stamp], device: Device, received_at: Micros) -> list[ClockFault]:
    """One is enough for a message, and only a patient can have one."""
    return [
        ClockFault(stamp.patient, device.id, stamp.claimed_at, received_at)
        for stamp in faulty[:1]
        if stamp.patient is not None
    ]


def _all_unassigned(faults: Sequence[Fault], message: Message, *, readings: int) -> Fault | None:
    """One refusal instead of one an entry when nobody wore the device."""
    entries = len(message.obs) + len(message.rep) + len(message.int_)
    if readings or not entries or len(faults) != entries:
        return None
    if any(fault.reason is not Reason.UNASSIGNED for fault in faults):
        return None
    return Fault(Reason.UNASSIGNED, "", faults[0].expected)


class _Events:
    """What the device says of itself in one message."""

    def __init__(self, device: Device, context: Context) -> None:
        self.device = device
        self.context = context
        self.origin = context.origin
        self.received_at = context.received_at
        self.patient = device.wearer(self.received_at)
        self.retractions: list[Retraction] = []
        self.notes: list[DeviceNote] = []
        self.dropped: list[Gone] = []
        self.link: BootLink | None = None
        self.asks = False
        self.battery: float | None = None

    def read(self, event: DeviceEvent, place: int, faults: list[Fault]) -> None:
        value, path = judge.number(event.v), f"ev[{place}]"
        if value is not None and value in (float("inf"), float("-inf")):
            faults.append(Fault(Reason.NOT_FINITE, f"{path}.v", "a finite number"))
            return
        if event.k == "ack?":
            self.asks = True
            return
        if event.k == "retract":
            found = judge.retraction(event, self.context, place=place, own=self.device.speaker is None)
            (faults if isinstance(found, Fault) else self.retractions).append(found)  # type: ignore[arg-type]
            return
        fault = self._special(event, value, path)
        if fault is not None:
            faults.append(fault)
        elif self.patient is not None and event.k not in NO_NOTES:
            self.notes.append(DeviceNote(self.patient, self.device.id, event.k, value, self.received_at))

    def _special(self, event: DeviceEvent, value: float | None, path: str) -> Fault | None:
        if event.k == "battery":
            if value is None or not 0 <= value <= 100:
                return Fault(Reason.IMPLAUSIBLE, f"{path}.v", "0 to 100 %")
            self.battery = value
        elif event.k == "boot":
            if event.last is not None and event.last > MAX_SEQ:
                return Fault(Reason.MALFORMED, f"{path}.last", f"at most {MAX_SEQ}")
            self.link = BootLink(event.prev, event.last)
        elif event.k == "dropped":
            return self._dropped(event, path)
        return None

    def _dropped(self, event: DeviceEvent, path: str) -> Fault | None:
        first, last = event.from_, event.to
        if first is None or last is None or not first <= last <= MAX_SEQ:
            return Fault(Reason.MALFORMED, path, "from and to, from not above to")
        self.dropped.append(Gone(event.boot or self.origin.boot, first, last, event.why or ""))
        return None
