"""What became of each expected dose at a moment: taken, late, skipped, vomited, asked about, not reported, held. Pure.

A dose nobody reported is not known: after its window it is asked about, once, and only when that answer does not come
either it counts as not reported. A late word always counts, whenever it comes.
"""

from typing import Literal

from msgspec import Struct

from alerts.oral.expected import Expected
from alerts.oral.matching import Matched
from alerts.oral.plan import Entry
from alerts.oral.windows import Windows
from domain.alerts import Pause
from domain.instants import Micros

# later: not yet; due: now; asked: its window is over, nobody said anything; missed: asked, and still nothing;
# on hold: by order of a prescriber; away: rules rest (ward, leave ...)
State = Literal["later", "due", "asked", "missed", "taken", "late", "skipped", "vomited", "on hold", "away"]
TAKEN: tuple[State, ...] = ("taken", "late", "vomited")
OPEN: tuple[State, ...] = ("later", "due", "asked")


class Standing(Struct, frozen=True):
    """The state of one dose, and the moment since when it stands (None: it is still open)."""

    state: State
    since: Micros | None = None


def asked_at(dose: Expected, entry: Entry | None, windows: Windows) -> Micros:
    """When an unreported dose is asked about: at the end of its window, at the latest when its time is over."""
    late_for = windows.late_for if entry is None or entry.late_for is None else entry.late_for
    return min(dose.due_at + late_for, dose.to_at)


def counts_at(dose: Expected, entry: Entry | None, windows: Windows) -> Micros:
    """When a dose that was asked about counts as not reported."""
    asked_for = windows.asked_for if entry is None or entry.asked_for is None else entry.asked_for
    return asked_at(dose, entry, windows) + asked_for


def standing(
    matched: Matched, entry: Entry | None, windows: Windows, now: Micros, pauses: tuple[Pause, ...] = ()
) -> Standing:
    """The state of a dose at a moment. `pauses`: stretches in which nothing is expected of the home."""
    dose, first = matched.dose, matched.first
    if first is not None:
        if first.vomited:
            return Standing("vomited", first.at)
        return Standing("late" if first.at > asked_at(dose, entry, windows) else "taken", first.at)
    if dose.held is not None:
        return Standing("on hold", dose.due_at)
    decided_at = counts_at(dose, entry, windows)
    if matched.skipped:
        said_at = min(intake.measured_at for intake in matched.skipped)
        return Standing("skipped", max(said_at, dose.due_at) if said_at < dose.due_at else said_at)
    if any(pause.covers(dose.due_at) and decided_at >= pause.set_at for pause in pauses):
        return Standing("away", dose.due_at)
    if now >= decided_at:
        return Standing("missed", decided_at)
    if now >= asked_at(dose, entry, windows):
        return Standing("asked")
    return Standing("due" if now >= dose.due_at - windows.early_for else "later")
