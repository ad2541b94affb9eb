"""Single entries judged: an observation, an answer, a dose becomes a value or a fault with its path. Pure.

Called by `accept` (devices) and `entries` (professionals), which say how times are read and whose they are.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from math import inf, isfinite

from msgspec import Struct

from domain.answering import wrong
from domain.decode import Fault
from domain.instants import EPOCH, Micros
from domain.questionnaire import Book
from domain.values import Intake, Origin, Reading, Reason, Report, Retraction
from domain.vocabulary import ACVPU, CONSCIOUSNESS, LABORATORY, MEASURES, SYNONYMS, canonical
from domain.wire import Answer, DeviceEvent, Dose, Observation

# What a timestamp column and a datetime both hold, with a margin for any offset.
EARLIEST: Micros = -62_135_510_400_000_000
LATEST: Micros = 253_402_127_999_000_000
MAX_SEQ = 9_007_199_254_740_991
MAX_ENTRIES = 500


class Stamp(Struct, frozen=True, gc=False):
    """When something was measured and of whom. `clock`: the time claimed could not be right."""

    at: Micros
    patient: str | None
    clock: bool = False
    claimed_at: Micros = 0


class Context(Struct, frozen=True):
    """What all entries of one message share. `base` stands for entries without a time of their own. `book`: the
    questionnaires that the site knows, by ID@VERSION."""

    origin: Origin
    received_at: Micros
    by: str
    base: Stamp
    stamp: Callable[[datetime], Stamp | Fault]
    book: Book = {}
    channel: str | None = None


class _Scale(Struct, frozen=True, gc=False):
    """Everything needed to judge a number sent under one (code, unit)."""

    code: str
    site: str | None
    factor: float
    offset: float
    low: float
    high: float
    usual_low: float
    usual_high: float
    plain: bool  # already the canonical code and unit


def _scales() -> dict[tuple[str, str], _Scale]:
    table = {}
    for sent in (*MEASURES, *SYNONYMS):
        code, site = canonical(sent, None) or (sent, None)
        measure = MEASURES[code]
        if code == CONSCIOUSNESS:
            continue
        low, high = _bounds(measure.reject_below, measure.reject_above)
        usual = _bounds(measure.usual_from, measure.usual_to)
        for unit, (factor, offset) in measure.units.items():
            plain = sent == code and unit == measure.unit
            if unit:
                table[sent, unit] = _Scale(code, site, factor, offset, low, high, *usual, plain)
    return table


def _bounds(low: float | None, high: float | None) -> tuple[float, float]:
    return (-inf if low is None else low, inf if high is None else high)


_SCALES = _scales()


def micros_of(when: datetime) -> Micros:
    """An aware datetime as µs, exactly, for any year and offset."""
    gone = when - EPOCH
    return (gone.days * 86_400 + gone.seconds) * 1_000_000 + gone.microseconds


def clamp(at: Micros) -> Micros:
    """The nearest instant that can be stored and printed."""
    return min(max(at, EARLIEST), LATEST)


def number(value: float | int | None) -> float | None:
    """A wire number as a float; infinite when too large."""
    try:
        return None if value is None else float(value)
    except OverflowError:
        return inf


def readings(
    entries: Sequence[Observation], context: Context, *, places: Sequence[int] | None, faults: list[Fault]
) -> list[Reading]:
    """The good observations as readings; the others as faults."""
    good = []
    base, origin, received_at, by = context.base, context.origin, context.received_at, context.by
    for place, entry in enumerate(entries) if places is None else zip(places, entries, strict=True):
        stamp = base if entry.t is None else context.stamp(entry.t)
        if isinstance(stamp, Fault):
            faults.append(_at(stamp, f"obs[{place}]"))
            continue
        scale = _SCALES.get((entry.c, entry.u))
        if scale is None or entry.v is None:
            judged = _consciousness(entry) if entry.c == CONSCIOUSNESS else _unknown(entry)
        else:
            judged = _measured(entry, scale)
        if by in AT_HOME and not isinstance(judged, Fault) and judged[0] in LABORATORY:
            judged = _FROM_A_LABORATORY
        if isinstance(judged, Fault):
            faults.append(_at(judged, f"obs[{place}]"))
            continue
        if stamp.patient is None:
            faults.append(Fault(Reason.UNASSIGNED, f"obs[{place}]", "a device worn by a patient at that time"))
            continue
        code, value, site, quality, sent = judged
        if stamp.clock:
            quality = "clock"
        good.append(
            Reading(
                stamp.patient, code, value, stamp.at, received_at, site, quality, by, origin, place, entry.method, sent
            )
        )
    return good


AT_HOME = ("patient", "caregiver")
_FROM_A_LABORATORY = Fault(Reason.UNKNOWN_CODE, ".c", "a measure of the home: laboratory values come by a professional")
_Judged = tuple[str, float, str | None, str, str | None]


def _measured(entry: Observation, scale: _Scale) -> _Judged | Fault:
    sent = number(entry.v) or 0.0
    value = sent if scale.plain else sent * scale.factor + scale.offset
    if not scale.low <= value <= scale.high:
        if not isfinite(value):
            return Fault(Reason.NOT_FINITE, ".v", "a finite number")
        return Fault(Reason.IMPLAUSIBLE, ".v", f"{_span(scale.low, scale.high)} {MEASURES[scale.code].unit}")
    if not isfinite(value):
        return Fault(Reason.NOT_FINITE, ".v", "a finite number")
    site = scale.site
    if site is None and entry.site is not None:
        site = _body_site(entry.site)
    quality = "ok" if scale.usual_low <= value <= scale.usual_high else "question"
    return scale.code, value, site, quality, None if scale.plain else f"{entry.c} {entry.v} {entry.u}"


def _body_site(name: str) -> str | None:
    found = canonical(next(iter(MEASURES)), name)
    return found[1] if found else None


def _span(low: float, high: float) -> str:
    if high == inf:
        return f"at least {low:g}"
    return f"at most {high:g}" if low == -inf else f"{low:g} to {high:g}"


def _unknown(entry: Observation) -> Fault:
    found = canonical(entry.c, None)
    if found is None:
        return Fault(Reason.UNKNOWN_CODE, ".c", "a code of the device code table")
    if (entry.c, entry.u) not in _SCALES:
        units = [unit for unit in MEASURES[found[0]].units if unit]
        return Fault(Reason.UNKNOWN_UNIT, ".u", f"one of {', '.join(units)}")
    return Fault(Reason.MALFORMED, ".v", "a number")


def _consciousness(entry: Observation) -> _Judged | Fault:
    if entry.s is None or entry.v is not None:
        return Fault(Reason.MALFORMED, ".s", "A, C, V, P or U, and no v")
    if entry.u:
        return Fault(Reason.UNKNOWN_UNIT, ".u", "no unit")
    return CONSCIOUSNESS, float(ACVPU[entry.s]), None, "ok", None


def reports(
    entries: Sequence[Answer], context: Context, *, places: Sequence[int] | None, faults: list[Fault]
) -> list[Report]:
    """The good answers as reports; the others as faults."""
    good = []
    for place, entry in enumerate(entries) if places is None else zip(places, entries, strict=True):
        path = f"rep[{place}]"
        stamp = context.base if entry.t is None else context.stamp(entry.t)
        fault = _stamp_fault(stamp) or _answer_fault(entry, context.book)
        if fault is not None or isinstance(stamp, Fault) or stamp.patient is None:
            faults.append(_at(fault or _UNWORN, path))
            continue
        head = (stamp.patient, entry.q, entry.i, entry.a, entry.g, number(entry.n), entry.s)
        tail = (context.by, context.origin, place, entry.qv, context.channel)
        good.append(Report(*head, stamp.at, context.received_at, *tail))
    return good


_UNWORN = Fault(Reason.UNASSIGNED, "", "a device worn by a patient at that time")


def _stamp_fault(stamp: Stamp | Fault) -> Fault | None:
    if isinstance(stamp, Fault):
        return stamp
    return _UNWORN if stamp.patient is None else None


def _answer_fault(entry: Answer, book: Book) -> Fault | None:
    if entry.g is None and entry.n is None and entry.s is None:
        return Fault(Reason.MALFORMED, "", "a grade g, a number n or a text s")
    questionnaire = None if entry.qv is None else book.get(entry.qv)
    infinite = _infinite(entry.n, ".n")
    if questionnaire is None or infinite is not None:
        return infinite
    if entry.q != questionnaire.name:
        return Fault(Reason.UNKNOWN_CODE, ".q", f"{questionnaire.name}, the name of {questionnaire.ref}")
    found = wrong(questionnaire, entry.i, entry.a, grade=entry.g, number=number(entry.n), text=entry.s)
    return None if found is None else Fault(_WRONG[found.why], found.field, found.expected)


_WRONG: dict[str, Reason] = {
    "unknown": Reason.UNKNOWN_CODE, "kind": Reason.MALFORMED, "range": Reason.IMPLAUSIBLE,
}  # fmt: skip


def _infinite(value: float | int | None, path: str) -> Fault | None:
    as_float = number(value)
    if as_float is None or isfinite(as_float):
        return None
    return Fault(Reason.NOT_FINITE, path, "a finite number")


def intakes(
    entries: Sequence[Dose], context: Context, *, places: Sequence[int] | None, faults: list[Fault]
) -> list[Intake]:
    """The good doses as intakes; the others as faults."""
    good = []
    for place, entry in enumerate(entries) if places is None else zip(places, entries, strict=True):
        stamp = context.base if entry.at is None else context.stamp(entry.at)
        fault = _stamp_fault(stamp) or _dose_fault(entry)
        if fault is not None or isinstance(stamp, Fault) or stamp.patient is None:
            faults.append(_at(fault or _UNWORN, f"int[{place}]"))
            continue
        due_at = None if entry.due is None else clamp(micros_of(entry.due))
        taken_at = None if entry.at is None else stamp.at
        head = (stamp.patient, entry.drug, due_at, taken_at, number(entry.n), number(entry.mg), entry.state)
        tail = (context.by, context.origin, place, context.channel, entry.why)
        good.append(Intake(*head, stamp.at, context.received_at, *tail))
    return good


def retraction(event: DeviceEvent, context: Context, *, place: int, own: bool) -> Retraction | Fault:
    """An intake that a device takes back. `own`: only one of its own, as it speaks for no person of its own."""
    path, device = f"ev[{place}]", event.device or context.origin.device
    if own and device != context.origin.device:
        return Fault(Reason.IDENTITY, f"{path}.device", "the device itself: what another said, a person takes back")
    if event.boot is None or event.from_ is None or not 1 <= event.from_ <= MAX_SEQ:
        return Fault(Reason.MALFORMED, path, "boot and from: the number of the message whose intake was a mistake")
    index = number(event.v) or 0.0
    if not 0 <= index < MAX_ENTRIES or index != int(index):
        return Fault(Reason.MALFORMED, f"{path}.v", f"the place of the intake in its message, 0 to {MAX_ENTRIES - 1}")
    if context.base.patient is None:
        return _at(_UNWORN, path)
    return Retraction(
        context.base.patient, Origin(device, event.boot, event.from_), int(index), context.base.at,
        context.received_at, context.by, context.origin, place, context.channel, event.why,
    )  # fmt: skip


def _dose_fault(entry: Dose) -> Fault | None:
    for value, path in ((entry.n, ".n"), (entry.mg, ".mg")):
        fault = _infinite(value, path)
        if fault is not None:
            return fault
        if value is not None and value < 0:
            return Fault(Reason.IMPLAUSIBLE, path, "at least 0")
    return None


def _at(fault: Fault, path: str) -> Fault:
    return Fault(fault.reason, path + fault.path, fault.expected)
