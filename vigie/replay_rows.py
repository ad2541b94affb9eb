"""Rows of a readings file as engine inputs: each value judged as live. No I/O.

Values repeat in long files, so what a row says besides patient and times is judged once and remembered.
"""

import csv
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from domain.alerts import ClockFault
from domain.decode import Fault
from domain.instants import SECOND, Micros, parse_iso
from domain.values import Origin, Reading, Reason, Rejected
from domain.vocabulary import ACVPU, CONSCIOUSNESS
from domain.wire import Observation
from ingest import judge
from ingest.accept import AHEAD

REQUIRED = ("patient", "measured_at", "received_at", "code", "value", "unit")
OPTIONAL = ("body_site", "method", "by")
COLUMNS = (*REQUIRED, *OPTIONAL)
REMEMBERED = 100_000  # different values of a file that are kept in memory

Row = tuple[Micros, Micros, int, "Reading | Rejected", "ClockFault | None"]


def together(rows: list[Row]) -> list[Row]:
    """A patient's ordered rows: those of one source that were measured and received at one time are one message."""
    first: dict[str, int] = {}
    instant: tuple[Micros, Micros] | None = None
    for place, (received_at, measured_at, number, found, fault) in enumerate(rows):
        if instant != (received_at, measured_at):
            instant, first = (received_at, measured_at), {}
        if isinstance(found, Reading) and found.origin is not None:
            seq = first.setdefault(found.origin.device, found.origin.seq)
            if seq != found.origin.seq:
                origin = Origin(found.origin.device, "file", seq)
                one = msgspec.structs.replace(found, origin=origin, index=number - seq)
                rows[place] = received_at, measured_at, number, one, fault
    return rows


class UnusableFile(ValueError):
    """The file as a whole cannot be played; the message names the line or field and what was expected."""


def header(line: str, path: Any) -> tuple[int, ...]:
    """Where each known column stands (-1: not there). Raises UnusableFile."""
    names = [name.strip() for name in fields(line, 1, path)]
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        raise UnusableFile(f"{path}: header: expected the columns {', '.join(missing)} as well")
    return tuple(names.index(name) if name in names else -1 for name in COLUMNS)


def fields(line: str, number: int, path: Any) -> list[str]:
    """The fields of one line. Raises UnusableFile when a quotation does not end in it."""
    if '"' not in line and "\r" not in line:
        return line.split(",")
    try:
        return next(csv.reader([line], strict=True), [])
    except csv.Error as error:
        raise UnusableFile(f"{path}: line {number}: expected one row a line: {error}") from error


class _Judged(msgspec.Struct, frozen=True, gc=False):
    """What code, value, unit, site, method and by of a row come to, whoever it is of and whenever."""

    code: str
    value: float
    site: str | None
    quality: str
    by: str
    device: str
    method: str | None
    sent: str | None


class _Refused(msgspec.Struct, frozen=True, gc=False):
    """The same for a row that is refused."""

    device: str
    reason: Reason
    path: str
    expected: str
    raw: bytes


_Tail = str | tuple[str, ...]  # a row behind patient and times: as it stands, or field by field


def reader(columns: tuple[int, ...], path: Any) -> Callable[[str, int], tuple[str, Row]]:
    """A function from (line without its end, number of the line) to (patient, row). It raises UnusableFile."""
    known: dict[_Tail, _Judged | _Refused] = {}
    instant = _instants()
    plain = columns[:3] == (0, 1, 2)

    def read(line: str, number: int) -> tuple[str, Row]:
        tail: _Tail
        if plain and '"' not in line and "\r" not in line:
            patient, measured, received, tail = (*line.split(",", 3), "", "", "")[:4]
        else:
            found = fields(line, number, path)
            patient, measured, received, *rest = (found[at] if 0 <= at < len(found) else "" for at in columns)
            tail = tuple(rest)
        patient = patient.strip()
        if not patient:
            raise UnusableFile(f"{path}: line {number}: patient: expected an id")
        try:
            received_at = instant(received)
            measured_at = received_at if measured == received else instant(measured)
        except ValueError as error:
            raise UnusableFile(f"{path}: line {number}: measured_at, received_at: {error}") from error
        judged = known.get(tail)
        if judged is None:
            if len(known) >= REMEMBERED:
                known.clear()
            judged = known[tail] = _judge(_named(tail, columns))
        return patient, _row(patient, judged, (received_at, measured_at, number - 1))

    return read


def _row(patient: str, judged: "_Judged | _Refused", when: tuple[Micros, Micros, int]) -> Row:
    received_at, measured_at, number = when
    clock, at = None, measured_at
    if measured_at > received_at + AHEAD:  # a clock that cannot be right never costs a reading
        clock, at = ClockFault(patient, judged.device, measured_at, received_at), received_at
    if isinstance(judged, _Refused):
        j = judged
        refused = Rejected(
            j.reason, j.path, j.expected, j.raw, received_at, "replay", None, None, patient, "file", number
        )
        return received_at, measured_at, number, refused, clock
    found, quality = judged, judged.quality if clock is None else "clock"
    return received_at, measured_at, number, Reading(
        patient, found.code, found.value, at, received_at, found.site, quality, found.by,
        Origin(found.device, "file", number), 0, found.method, found.sent,
    ), clock  # fmt: skip


def _named(tail: "_Tail", columns: tuple[int, ...]) -> dict[str, str]:
    values: Sequence[str] = tail
    if isinstance(tail, str):
        split = tail.split(",")
        values = [split[at - 3] if 3 <= at < len(split) + 3 else "" for at in columns[3:]]
    return {name: value.strip() for name, value in zip(COLUMNS[3:], values, strict=True)}


_SOMEBODY = judge.Stamp(0, "somebody")


def _judge(row: dict[str, str]) -> _Judged | _Refused:
    """The judgement of `ingest.judge`, which the live way uses."""
    device = row["method"] or row["by"] or "file"
    context = judge.Context(Origin(device, "file", 0), 0, row["by"] or "device", _SOMEBODY, lambda _: _SOMEBODY)
    faults: list[Fault] = []
    good = judge.readings([_observation(row)], context, places=None, faults=faults)
    if not good:
        fault, raw = faults[0], ",".join(row.values()).encode()
        return _Refused(device, fault.reason, fault.path.partition(".")[2], fault.expected, raw)
    found = good[0]
    return _Judged(
        found.code, found.value, found.body_site, found.quality, found.by, device, row["method"] or None, found.sent
    )


def _observation(row: dict[str, str]) -> Observation:
    if row["code"] == CONSCIOUSNESS and row["value"] in ACVPU:
        return Observation(row["code"], s=row["value"], site=row["body_site"] or None)  # type: ignore[arg-type]
    try:
        value = float(row["value"])
    except ValueError:
        value = float("nan")
    return Observation(row["code"], value, row["unit"], site=row["body_site"] or None)


def _instants() -> Callable[[str], Micros]:
    """`parse_iso` that knows the minute of `YYYY-MM-DDTHH:MM:SSZ` again."""
    minutes: dict[str, Micros] = {}

    def instant(text: str) -> Micros:
        if len(text) == 20 and text[19] == "Z" and text[16] == ":":
            minute, seconds = minutes.get(text[:16]), text[17:19]
            if minute is not None and seconds.isascii() and seconds.isdecimal() and seconds < "60":
                return minute + int(seconds) * SECOND
            at = parse_iso(text)
            if len(minutes) >= REMEMBERED:
                minutes.clear()
            minutes[text[:16]] = at - int(seconds) * SECOND
            return at
        return parse_iso(text)

    return instant
