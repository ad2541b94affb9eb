"""The message format of version 1 (interface, section 4): topics, payload types, their bytes.

The only module that knows what a topic or payload looks like. No I/O.
"""

import re
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

MAX_PAYLOAD = 65_536
MAX_TEXT = 10_000
PREFIX = "vigie/1"

Name = Annotated[str, Meta(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$")]
Boot = Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,32}$", description="changes at each start of the device")]
Seq = Annotated[int, Meta(ge=1, le=9_007_199_254_740_991)]
Instant = Annotated[datetime, Meta(tz=True, description="ISO 8601 with offset")]
Short = Annotated[str, Meta(max_length=64)]
Text = Annotated[str, Meta(max_length=MAX_TEXT)]
By = Literal["device", "patient", "caregiver", "nurse", "physician"]

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


class Observation(Struct, frozen=True, gc=False, omit_defaults=True):
    """One measured value: LOINC code `c`, number `v` in UCUM unit `u`, or `s` for ACVPU."""

    c: Short
    v: float | int | None = None
    u: Short = ""
    s: Literal["A", "C", "V", "P", "U"] | None = None
    t: Instant | None = None
    site: Short | None = None
    method: Short | None = None


class Answer(Struct, frozen=True, gc=False, omit_defaults=True):
    """One answer: questionnaire `q`, item `i`, attribute `a`, and a grade `g`, a number `n` or a text `s`."""

    q: Short
    i: Short
    a: Short | None = None
    g: Annotated[int, Meta(ge=0, le=4)] | None = None
    n: float | int | None = None
    s: Text | None = None
    t: Instant | None = None
    qv: Annotated[str, Meta(max_length=100, description="ID@VERSION of the questionnaire that was asked")] | None = None


class Dose(Struct, frozen=True, gc=False, omit_defaults=True):
    """One intake: when it was due, when it happened, `n` tablets or openings, `mg` the dose, `why` it was left out."""

    drug: Short
    state: Literal["taken", "skipped", "vomited", "extra"]
    due: Instant | None = None
    at: Instant | None = None
    n: float | int | None = None
    mg: float | int | None = None
    why: Annotated[str, Meta(max_length=200)] | None = None


class DeviceEvent(Struct, frozen=True, gc=False, omit_defaults=True):
    """What the device says of itself: boot, dropped, battery, ack?; unknown kinds are kept.

    `retract`: entry `v` (0: the first) of `int` of message `from` of `boot` was a mistake; `device`: of which device,
    none: of this one.
    """

    k: Short
    v: float | int | None = None
    boot: Boot | None = None
    prev: Boot | None = None
    last: Annotated[int, Meta(ge=0)] | None = None
    from_: Annotated[int, Meta(ge=1)] | None = msgspec.field(default=None, name="from")
    to: Annotated[int, Meta(ge=1)] | None = None
    why: Annotated[str, Meta(max_length=200)] | None = None
    device: Annotated[str, Meta(min_length=1, max_length=64)] | None = None


class Message(Struct, frozen=True, omit_defaults=True):
    """One message of a device. At least one of obs, rep, int, ev."""

    v: Literal[1]
    boot: Boot
    seq: Seq
    t: Instant
    toff: (
        Annotated[float, Meta(description="the device's estimate of its clock error, s: true time = t - toff")] | int
    ) = 0
    by: By = "device"
    site: Short | None = None
    device: Short | None = None
    obs: Annotated[tuple[Observation, ...], Meta(max_length=500)] = ()
    rep: Annotated[tuple[Answer, ...], Meta(max_length=500)] = ()
    int_: Annotated[tuple[Dose, ...], Meta(max_length=500)] = msgspec.field(default=(), name="int")
    ev: Annotated[tuple[DeviceEvent, ...], Meta(max_length=500)] = ()


class Given(Struct, frozen=True, gc=False, omit_defaults=True):
    """A treatment given, entered by a professional (HTTP only)."""

    k: Literal["antibiotic", "chemotherapy", "gcsf", "transfusion", "antipyretic", "corticoid"]
    name: Annotated[str, Meta(min_length=1, max_length=200)]
    at: Instant
    amount: float | int | None = None
    unit: Short | None = None


class Retract(Struct, frozen=True, gc=False, omit_defaults=True):
    """An intake recorded by mistake: entry `i` of `int` of a message (HTTP only; devices say it in `ev`)."""

    device: Annotated[str, Meta(min_length=1, max_length=64)]
    boot: Boot
    seq: Seq
    i: Annotated[int, Meta(ge=0, lt=500)] = 0
    why: Annotated[str, Meta(max_length=200)] | None = None


class Entries(Struct, frozen=True, omit_defaults=True):
    """What a professional enters or imports for one patient (`POST /api/patients/{id}/entries`)."""

    obs: Annotated[tuple[Observation, ...], Meta(max_length=500)] = ()
    rep: Annotated[tuple[Answer, ...], Meta(max_length=500)] = ()
    int_: Annotated[tuple[Dose, ...], Meta(max_length=500)] = msgspec.field(default=(), name="int")
    given: Annotated[tuple[Given, ...], Meta(max_length=500)] = ()
    retract: Annotated[tuple[Retract, ...], Meta(max_length=500)] = ()
    channel: Literal["telephone", "visit"] | None = None  # how the patient told it, where it is not the console's own


class Ack(Struct, frozen=True):
    """End-to-end acknowledgement: all of `boot` up to `upto` is committed, except the ranges of `miss`."""

    boot: str
    upto: int
    miss: list[tuple[int, int]]


class Status(Struct, frozen=True):
    """Retained presence of a device."""

    online: bool


class Command(Struct, frozen=True, omit_defaults=True):
    """A command to a device: resend, time, refused, schedule."""

    k: str
    boot: str | None = None
    from_: int | None = msgspec.field(default=None, name="from")
    to: int | None = None
    t: str | None = None
    sha256: str | None = None
    reason: str | None = None


class HubState(Struct, frozen=True, omit_defaults=True):
    """Retained state of the hub on `vigie/1/{site}/hub`."""

    state: Literal["storing", "away"]
    since: str | None = None


class Topic(Struct, frozen=True):
    """A device topic taken apart."""

    site: str
    device: str
    lane: str  # obs, bulk, st


def parse_topic(topic: str) -> Topic | None:
    """`vigie/1/{site}/{device}/{obs|bulk|st}`, or None for anything else."""
    parts = topic.split("/")
    if len(parts) != 5 or parts[0] != "vigie" or parts[1] != "1" or parts[4] not in ("obs", "bulk", "st"):
        return None
    if not (NAME.fullmatch(parts[2]) and NAME.fullmatch(parts[3])):
        return None
    return Topic(parts[2], parts[3], parts[4])


def device_topic(site: str, device: str, leaf: str) -> str:
    """Topic of a device: leaf is obs, bulk, st, ack or cmd."""
    return f"{PREFIX}/{site}/{device}/{leaf}"


def hub_topic(site: str) -> str:
    """Topic on which the hub retains its state for a site."""
    return f"{PREFIX}/{site}/hub"


def device_grants(site: str, device: str) -> dict[str, list[str]]:
    """Everything a device may publish to and subscribe to: nothing else is granted by the broker."""
    return {
        "publish": [device_topic(site, device, leaf) for leaf in ("obs", "bulk", "st")],
        "subscribe": [device_topic(site, device, "ack"), device_topic(site, device, "cmd"), hub_topic(site)],
    }


encoder = msgspec.json.Encoder()
encode = encoder.encode
