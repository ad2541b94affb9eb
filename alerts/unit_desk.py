"""The next hours of a unit, for people to read: plans, windows, forecasts and devices of all its patients at once.

A fixed number of queries, however many patients. Called by the console.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from alerts.ahead import Ahead, Foreseen, Stand, ahead
from alerts.protocol.compiled import Compiled
from alerts.window_desk import Stay, compiled_of, rules_now, windows
from domain.instants import DAY, Micros
from storage import board, forecasts, pauses


class Unwell(Struct, frozen=True):
    """A device that needs somebody. `why`: never, offline, battery."""

    device: board.DeviceRow
    why: tuple[str, ...]


class Unit(Struct, frozen=True):
    """What a unit has before it."""

    ahead: Ahead
    devices: tuple[Unwell, ...]


def unit(conn: Connection[Any], stays: Sequence[Stay], *, at: Micros) -> Unit:
    """Of these patients, whom the caller may see."""
    names = [stay.patient for stay in stays]
    rules = rules_now(conn, at)
    compiled = {stay.patient: compiled_of(rules, stay) for stay in stays}
    known, resting = windows(conn, stays, at=at), pauses.current(conn, names)
    says = {row.patient: row for row in forecasts.gist(conn, names)}
    stands = [
        Stand(
            name,
            compiled[name],
            open=name in known and known[name].open,
            overdue=name in known and known[name].overdue,
            resting=any(pause.covers(at) for pause in resting.get(name, ())),
            foreseen=_foreseen(says.get(name)),
        )
        for name in names
    ]
    return Unit(ahead(stands, at), _unwell(board.devices(conn, names), compiled))


def _foreseen(row: forecasts.Gist | None) -> Foreseen | None:
    if row is None or row.day_zero_at is None:
        return None
    start = row.day_zero_at

    def moment_of(day: float | None) -> Micros | None:
        return None if day is None else start + round(day * DAY)

    return Foreseen(
        row.p_grade4, (moment_of(row.first_p05), moment_of(row.first_p50)), moment_of(row.recovery_p95),
        moment_of(row.best_day),
    )  # fmt: skip


def _unwell(devices: Sequence[board.DeviceRow], compiled: dict[str, Compiled | None]) -> tuple[Unwell, ...]:
    """Those that never spoke, are away, or whose battery is at the limit of the patient's protocol."""
    found = [Unwell(device, tuple(_why(device, compiled.get(device.patient)))) for device in devices]
    return tuple(each for each in found if each.why)


def _why(device: board.DeviceRow, rules: Compiled | None) -> list[str]:
    why = ["never"] if device.last_seen_at is None else ["offline"] if device.online is False else []
    low = None if rules is None else rules.protocol.defaults.battery_low_percent
    if low is not None and device.battery is not None and device.battery <= low:
        why.append("battery")
    return why
