"""The aplasia window: when a patient must be treated as neutropenic. Pure.

Opens from the plan, the regimen's cycle day, or any count below the neutropenic limit; closes on a recovered count,
never on the calendar. A count taken before the expected nadir, of a patient whose counts have not fallen yet, is not a
recovered count: it does not close the window. What a model foretells only adds to it (`with_foretold`).
"""

from collections.abc import Sequence

from msgspec import Struct

from alerts.protocol.text import RecoveryText
from domain.instants import HOUR, Micros


class WindowPlan(Struct, frozen=True):
    """What the plan says: expected opening, expected end (`until`: count overdue), end of the expected nadir."""

    opens_at: Micros | None = None
    until: Micros | None = None
    nadir_ends_at: Micros | None = None


class Count(Struct, frozen=True, gc=False):
    """One neutrophil count in 10*9/L."""

    at: Micros
    anc: float


class Foretold(Struct, frozen=True, gc=False):
    """Aplasia that a model foretells with `value` (percent) from `opens_at` on. `holds_until`: as `nadir_ends_at`."""

    opens_at: Micros
    holds_until: Micros | None
    value: float


class Window(Struct, frozen=True):
    """Intervals in which the window is open, from inclusive, to exclusive (None = still open)."""

    intervals: tuple[tuple[Micros, Micros | None], ...] = ()

    def is_open(self, at: Micros) -> bool:
        """Whether the patient is to be treated as neutropenic at that moment."""
        for start, end in self.intervals:  # noqa: SIM110 - asked for every sample; a generator costs twice as much
            if start <= at and (end is None or at < end):
                return True
        return False


def window(plan: WindowPlan, counts: Sequence[Count], recovery: RecoveryText | None) -> Window:
    """The window from the plan and all counts, in any order of arrival (`counts` sorted by time)."""
    if recovery is None:
        return Window() if plan.opens_at is None else Window(((plan.opens_at, None),))
    intervals: list[tuple[Micros, Micros | None]] = []
    opened_at: Micros | None = None
    fell = False
    half: Micros | None = None  # first count of a pair above `twice_from`
    waiting = plan.opens_at
    for count in counts:
        if waiting is not None and count.at >= waiting:
            if opened_at is None:
                opened_at, fell, half = waiting, False, None
            waiting = None  # or a low count had opened it before
        if count.anc < recovery.neutropenic_below and opened_at is None:
            opened_at, half = count.at, None
            fell = True
        if opened_at is None:
            continue
        fell = fell or count.anc < recovery.single_from
        believable = _believable(plan, count, fell=fell)
        half = _pair(half, count, recovery) if believable else None  # a count before the fall is half of no pair
        if believable and _recovered(half, count, recovery):
            intervals.append((opened_at, count.at))
            opened_at, fell, half = None, False, None
    if opened_at is None and waiting is not None:
        opened_at = waiting
    if opened_at is not None:
        intervals.append((opened_at, None))
    return Window(tuple(intervals))


def with_foretold(
    known: Window, foretold: Sequence[Foretold], counts: Sequence[Count], recovery: RecoveryText | None
) -> Window:
    """The window with what models foretell added: every moment of `known`, and more. Closed by counts alone, too."""
    if not foretold or recovery is None:
        return known
    intervals = list(known.intervals)
    for each in foretold:
        intervals += window(WindowPlan(each.opens_at, None, each.holds_until), counts, recovery).intervals
    return Window(_joined(intervals))


def _joined(intervals: list[tuple[Micros, Micros | None]]) -> tuple[tuple[Micros, Micros | None], ...]:
    """In order, those that overlap or touch as one."""
    found: list[tuple[Micros, Micros | None]] = []
    for start, end in sorted(intervals, key=lambda each: each[0]):
        last = found[-1] if found else None
        if last is None or (last[1] is not None and start > last[1]):
            found.append((start, end))
        elif last[1] is not None:
            found[-1] = (last[0], None if end is None else max(last[1], end))
    return tuple(found)


def first_difference(one: Window, other: Window) -> Micros | None:
    """The earliest instant at which two windows disagree; None when they are equal."""
    if one == other:
        return None
    edges = [edge for found in (one, other) for interval in found.intervals for edge in interval if edge is not None]
    return min((edge for edge in edges if one.is_open(edge) != other.is_open(edge)), default=None)


def _pair(half: Micros | None, count: Count, recovery: RecoveryText) -> Micros | None:
    if count.anc < recovery.twice_from:
        return None
    return count.at if half is None else half


def _recovered(half: Micros | None, count: Count, recovery: RecoveryText) -> bool:
    if count.anc >= recovery.single_from:
        return True
    return half is not None and count.at - half >= recovery.twice_apart_h * HOUR


def _believable(plan: WindowPlan, count: Count, *, fell: bool) -> bool:
    return fell or plan.nadir_ends_at is None or count.at >= plan.nadir_ends_at
