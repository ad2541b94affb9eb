"""What a delivery is besides accepted: presence, a conflict, poison; its key and digest. Pure; called by the writer."""

from collections.abc import Mapping
from hashlib import sha256

import msgspec
import psycopg

from domain.converting import decoder
from domain.values import Reason, Rejected
from domain.wire import Status, parse_topic
from ingest.accept import Accepted
from ingest.batch import Item, Judged, Presence
from ingest.buffer import Delivery
from ingest.registry import Device
from storage.messages import LONGEST

LONGEST_FAULT = 500
MessageKey = tuple[str, str, int]

_status = decoder(Status)


def message_key(judged: Judged) -> MessageKey | None:
    """(device, boot, seq) where a message has one."""
    if isinstance(judged, Accepted):
        return (judged.device, judged.boot, judged.seq)
    if isinstance(judged, Presence) or judged.device is None or judged.boot is None or judged.seq is None:
        return None
    return (judged.device, judged.boot, judged.seq)


def loose(item: Item) -> tuple[str, bytes] | None:
    """Topic and digest of a refusal that takes no row in the message table."""
    judged = item.judged
    if not isinstance(judged, Rejected):
        return None
    if message_key(judged) is not None and judged.reason is not Reason.CONFLICT:
        return None
    return judged.topic[:LONGEST], sha256(judged.raw).digest()


def digest(item: Item) -> bytes:
    """SHA-256 of the message as sent."""
    judged = item.judged
    return judged.sha256 if isinstance(judged, Accepted) else sha256(item.delivery.payload).digest()


def conflict(item: Item, key: MessageKey) -> Rejected:
    """Other content under a key that is stored."""
    expected = "the content stored first under this boot and seq, or another seq"
    return _refused(item, key, reason=Reason.CONFLICT, expected=expected)


def poisoned(item: Item, fault: Exception) -> Rejected:
    """A message that the database refused."""
    if isinstance(item.judged, Rejected):
        item_fault = item.judged
        return _refused(item, message_key(item_fault), reason=item_fault.reason, expected=said(fault))
    return _refused(item, message_key(item.judged), reason=Reason.MALFORMED, expected=said(fault))


def _refused(item: Item, key: MessageKey | None, *, reason: Reason, expected: str) -> Rejected:
    delivery, judged = item.delivery, item.judged
    site = judged.site
    patient: str | None = None
    if isinstance(judged, Rejected):
        patient = judged.patient
    elif isinstance(judged, Accepted):
        patient = judged.wearer
    device, boot, seq = key or (judged.device, None, None)
    return Rejected(
        reason, "", expected, delivery.payload, delivery.received_at, delivery.topic, site, device, patient, boot, seq
    )


def cleared(delivery: Delivery) -> bool:
    """An empty status: somebody cleared what the broker retained, the device said nothing."""
    return not delivery.payload and delivery.topic.endswith("/st")


def presence(delivery: Delivery, devices: Mapping[str, Device]) -> Judged:
    """A message on a status topic."""
    place = parse_topic(delivery.topic)
    head = (delivery.payload, delivery.received_at, delivery.topic)
    if place is None or (device := devices.get(place.device)) is None or device.site != place.site:
        return Rejected(Reason.IDENTITY, "", "the status topic of a registered device", *head)
    try:
        status = _status(delivery.payload)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        patient = device.wearer(delivery.received_at)
        expected = '{"online":true} or {"online":false}'
        return Rejected(Reason.MALFORMED, "", expected, *head, device.site, device.id, patient)
    return Presence(place.site, place.device, status.online, delivery.received_at)


def said(fault: Exception) -> str:
    """What an error says, short and printable."""
    text = str(fault) or type(fault).__name__
    if isinstance(fault, psycopg.Error) and fault.diag.message_primary:
        text = fault.diag.message_primary
    return "".join(c if c.isprintable() and not "\ud800" <= c <= "\udfff" else " " for c in text)[:LONGEST_FAULT]
