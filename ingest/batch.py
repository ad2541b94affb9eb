"""A batch of judged deliveries as rows and inputs. Pure: what is written, not when. Called by the writer."""

from collections.abc import Iterable
from hashlib import sha256

from msgspec import Struct, field

from domain.alerts import Input
from domain.instants import Micros
from domain.values import Given, Intake, Reading, Rejected, Report, Retraction
from ingest.accept import Accepted
from ingest.buffer import Delivery
from storage.messages import BootRow, DeviceRow, DroppedRow, IdentityRow, MessageRow, RejectedRow


class Presence(Struct, frozen=True, gc=False):
    """A device said that it is online, or its will said that it is not."""

    site: str
    device: str
    online: bool
    received_at: Micros


Judged = Accepted | Rejected | Presence


class Item(Struct, frozen=True):
    """A delivery and what became of it."""

    delivery: Delivery
    judged: Judged


class Rows(Struct):
    """Everything one transaction inserts."""

    messages: list[MessageRow] = field(default_factory=list)
    readings: list[Reading] = field(default_factory=list)
    reports: list[Report] = field(default_factory=list)
    intakes: list[Intake] = field(default_factory=list)
    retractions: list[Retraction] = field(default_factory=list)
    given: list[Given] = field(default_factory=list)
    rejected: list[RejectedRow] = field(default_factory=list)
    boots: list[BootRow] = field(default_factory=list)
    dropped: list[DroppedRow] = field(default_factory=list)
    identities: list[IdentityRow] = field(default_factory=list)
    devices: dict[str, DeviceRow] = field(default_factory=dict)
    inputs: dict[str, list[Input]] = field(default_factory=dict)


def rows_of(items: Iterable[Item]) -> Rows:
    """The rows of these items, in their order."""
    rows = Rows()
    for item in items:
        judged = item.judged
        if isinstance(judged, Accepted):
            _accepted(rows, judged)
        elif isinstance(judged, Rejected):
            _rejected(rows, judged)
        else:
            _presence(rows, judged)
    return rows


def _accepted(rows: Rows, one: Accepted) -> None:
    key = (one.device, one.boot, one.seq)
    rows.messages.append(MessageRow(*key, one.sha256, one.received_at, one.nothing_stored))
    rows.readings += one.readings
    inputs = rows.inputs
    for reading in one.readings:
        known = inputs.get(reading.patient)
        if known is None:
            inputs[reading.patient] = [reading]
        else:
            known.append(reading)
    if one.plain:
        rows.devices[one.device] = _seen(rows, one.device, one.received_at)
        return
    rows.reports += one.reports
    rows.intakes += one.intakes
    rows.retractions += one.retractions
    for patient, value in one.other_inputs():
        inputs.setdefault(patient, []).append(value)
    for number, refusal in enumerate(one.rejected):
        rows.rejected.append(RejectedRow(refusal, one.sha256, b"" if number else refusal.raw))
    for gone in one.dropped:
        rows.dropped.append(DroppedRow(one.device, gone.boot, gone.from_seq, gone.to_seq, gone.why, one.received_at))
    if one.identity is not None and one.wearer is not None:
        rows.identities.append(IdentityRow(*key, one.wearer, one.identity, one.received_at))
    if one.link is not None:
        rows.boots.append(BootRow(one.device, one.boot, one.link.prev, one.link.last, one.received_at))
    _device(rows, one)


def _seen(rows: Rows, device: str, at: Micros) -> DeviceRow:
    known = rows.devices.get(device)
    if known is None:
        return DeviceRow(device, at)
    return DeviceRow(device, max(at, known.seen_at), known.online, known.online_at, known.battery, known.battery_at)


def _device(rows: Rows, one: Accepted) -> None:
    row = _seen(rows, one.device, one.received_at)
    if one.battery is not None:
        row = DeviceRow(row.device, row.seen_at, row.online, row.online_at, one.battery, one.received_at)
    rows.devices[one.device] = row


def _rejected(rows: Rows, one: Rejected) -> None:
    digest = sha256(one.raw).digest()
    rows.rejected.append(RejectedRow(one, digest, one.raw))
    if one.patient is not None:
        rows.inputs.setdefault(one.patient, []).append(one)
    if one.device is not None and one.boot is not None and one.seq is not None and one.reason != "conflict":
        rows.messages.append(MessageRow(one.device, one.boot, one.seq, digest, one.received_at, True))


def _presence(rows: Rows, one: Presence) -> None:
    row = _seen(rows, one.device, one.received_at)
    changed = DeviceRow(row.device, row.seen_at, one.online, one.received_at, row.battery, row.battery_at)
    rows.devices[one.device] = changed
