"""The aplasia clock: how long from the first signal to the antibiotic, mark by mark, against the one-hour target. Pure.

A mark that is missing is said to be missing and never counts as good. Called by the console and by `vigie figures`.
"""

from collections.abc import Iterable, Sequence

from msgspec import Struct

from domain.instants import DAY, MINUTE, Micros

MARKS = ("signal", "received", "opened", "delivered", "seen", "acted", "antibiotic")
TARGET: Micros = 60 * MINUTE
TARGET_SOURCE = (
    "IV antibiotic within 1 h of presentation: Cancer Nursing Practice 2023 e1835 (V); "
    "prompt start, < 60 min: JNCCN 2014;12:1569 (V). Counted here from the first signal at home, which is earlier (D)"
)
TARGET_STATUS = "D"  # the hour is V; that it starts at the first signal is a choice of this project

# An antibiotic given later than this answers something else: the mark stays missing. Choice of this project (D).
BELONGS_FOR: Micros = 3 * DAY

# Rules whose alerts have a clock: fever inside the window, and danger without fever. `fever` exists inside only; the
# others say danger by themselves and are counted wherever they open.
RULES = ("fever", "crs-fever", "hypothermia", "rigors", "rigors-after-flush", "unwell")


class MarkAt(Struct, frozen=True):
    """A mark that was reached: when, by whom (None: the hub itself), and where that is recorded."""

    at: Micros
    who: str | None
    source: str


class Clock(Struct, frozen=True):
    """One alert's clock. `marks` holds those that were reached."""

    alert: str
    patient: str
    site: str
    rule: str
    marks: dict[str, MarkAt]


class Step(Struct, frozen=True):
    """One mark of a clock as it is shown; every field None when the mark is missing."""

    mark: str
    reached: MarkAt | None
    since_signal: Micros | None
    since_before: Micros | None  # since the newest mark before it that was reached


class Spread(Struct, frozen=True):
    """How long after the signal one mark was reached: of `n` clocks, `missing` never reached it. None: nobody did."""

    n: int
    missing: int
    median: Micros | None
    p90: Micros | None


class Figure(Struct, frozen=True):
    """A site's month. `n` = within + over + missing + running; the share leaves out what is still inside its hour."""

    site: str
    n: int
    within: int
    over: int
    missing: int
    running: int
    share: float | None
    spreads: dict[str, Spread]


def clock(alert: str, patient: str, site: str, *, rule: str, marks: Iterable[tuple[str, MarkAt]]) -> Clock:
    """A clock from its marks in any order; of several of one kind the first counts."""
    first: dict[str, MarkAt] = {}
    for name, reached in marks:
        if name not in first or reached.at < first[name].at:
            first[name] = reached
    dose, signal = first.get("antibiotic"), first.get("signal")
    if dose is not None and signal is not None and not 0 <= dose.at - signal.at <= BELONGS_FOR:
        del first["antibiotic"]
    return Clock(alert, patient, site, rule, first)


def elapsed(found: Clock, mark: str) -> Micros | None:
    """From the signal to a mark, None when either is missing. Never negative: two clocks may disagree by seconds."""
    signal, reached = found.marks.get("signal"), found.marks.get(mark)
    return None if signal is None or reached is None else max(0, reached.at - signal.at)


def steps(found: Clock) -> tuple[Step, ...]:
    """All seven marks in order, missing ones too."""
    shown: list[Step] = []
    before: Micros | None = None
    for name in MARKS:
        reached = found.marks.get(name)
        gap = None if reached is None or before is None else max(0, reached.at - before)
        shown.append(Step(name, reached, elapsed(found, name), gap))
        before = before if reached is None else max(reached.at, before or reached.at)
    return tuple(shown)


def verdict(found: Clock, now: Micros) -> str:
    """`within`, `over`, `running` (no antibiotic yet, the hour is not over), or `missing` (the hour is over)."""
    taken = elapsed(found, "antibiotic")
    if taken is not None:
        return "within" if taken <= TARGET else "over"
    signal = found.marks.get("signal")
    return "running" if signal is not None and now - signal.at <= TARGET else "missing"


def figure(site: str, clocks: Sequence[Clock], *, now: Micros) -> Figure:
    """One site's clocks as figures. Without any: n 0 and a share of None, never 0 %."""
    said = [verdict(each, now) for each in clocks]
    within, over, missing, running = (said.count(word) for word in ("within", "over", "missing", "running"))
    decided = within + over + missing
    share = within / decided if decided else None
    spreads = {mark: _spread(clocks, mark) for mark in MARKS[1:]}
    return Figure(site, len(clocks), within, over, missing, running, share, spreads)


def _spread(clocks: Sequence[Clock], mark: str) -> Spread:
    taken = sorted(found for each in clocks if (found := elapsed(each, mark)) is not None)
    return Spread(len(clocks), len(clocks) - len(taken), quantile(taken, 50), quantile(taken, 90))


def quantile(ordered: Sequence[Micros], percent: int) -> Micros | None:
    """The nearest rank: a value that was really measured, at least `percent` % are no longer. None of nothing."""
    if not ordered:
        return None
    return ordered[max(0, -(-len(ordered) * percent // 100) - 1)]
