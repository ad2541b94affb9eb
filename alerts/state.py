"""What the engine remembers of one patient. Pure.

A state is changed only by `engine.step`, which works on a fork: until the caller adopts it, nothing has happened.
"""

from collections.abc import Iterable
from typing import Any

from alerts.compiled import Compiled, compile_plan
from alerts.plan import Library
from alerts.reconcile import KEPT_SETTLED, Settled
from alerts.rules.level import LevelRule
from alerts.streams import Stream
from alerts.window import Count, Window, window
from domain.alerts import Alert
from domain.instants import MINUTE, Micros
from domain.values import Reading
from domain.vocabulary import TEMPERATURE

KEPT_COUNTS = 64


class PatientState:
    """Streams, window, alerts that are not closed, settled stretches, and when each stream was last heard."""

    __slots__ = (
        "alerts", "compiled", "counts", "heard", "number", "owned", "patient", "planned_at", "settled", "site",
        "streams", "watched_from", "window",
    )  # fmt: skip

    def __init__(self, patient: str, site: str, compiled: Compiled, watched_from: Micros) -> None:
        self.patient = patient
        self.site = site
        self.compiled = compiled
        self.planned_at: Micros = 0  # when the plan was set
        self.watched_from = watched_from  # silence counts from here until a stream is heard
        self.streams: dict[str, Stream] = {}
        self.counts: tuple[Count, ...] = ()
        self.window: Window = window(compiled.window, (), compiled.protocol.recovery)
        self.alerts: dict[str, Alert] = {}
        self.settled: dict[str, tuple[Settled, ...]] = {}
        self.heard: dict[str, Micros] = {}
        self.number = 0  # alerts so far
        self.owned: set[str] = set()  # codes whose stream this fork may change

    def fork(self) -> "PatientState":
        """A copy to work on; streams are copied when they are first changed."""
        other = PatientState.__new__(PatientState)
        other.patient, other.site, other.compiled, other.watched_from = (
            self.patient,
            self.site,
            self.compiled,
            self.watched_from,
        )
        other.streams, other.alerts = self.streams.copy(), self.alerts.copy()
        other.settled, other.heard = self.settled.copy(), self.heard.copy()
        other.planned_at = self.planned_at
        other.counts, other.window, other.number = self.counts, self.window, self.number
        other.owned = set()
        return other

    def stream(self, code: str) -> Stream | None:
        """The stream of a code for change; None when no rule looks at it."""
        found = self.streams.get(code)
        if code in self.owned and found is not None:
            return found
        rules = self.compiled.by_code.get(code)
        if rules is None:
            return None
        found = Stream(rules) if found is None else found.fork()
        self.streams[code] = found
        self.owned.add(code)
        return found

    def gate(self, rule: LevelRule, reading: Reading) -> bool:
        """Whether a sample counts for the rule: received since the plan was set, and measured inside its window."""
        return reading.received_at >= self.planned_at and self.inside(rule, reading.measured_at)

    def inside(self, rule: LevelRule, at: Micros) -> bool:
        """Whether the rule looks at that moment at all."""
        match rule.gate:
            case "inside-window":
                return self.window.is_open(at)
            case "outside-window":
                return not self.window.is_open(at)
            case _:
                return True

    def corrected(self, reading: Reading) -> float:
        """The value with the plan's offset for the site of measurement (temperature only)."""
        if reading.code != TEMPERATURE or reading.body_site is None:
            return reading.value
        offset = self.compiled.offsets.get(reading.body_site, 0.0)
        return round(reading.value + offset, 6) if offset else reading.value

    def forget_settled(self, rule: str) -> None:
        """Keeps the settled stretches of a rule bounded."""
        self.settled[rule] = tuple(sorted(self.settled[rule], key=lambda stretch: stretch.closed_at))[-KEPT_SETTLED:]


def new_state(
    patient: str, site: str, plan: dict[str, Any], library: Library, *, set_at: Micros, watched_from: Micros
) -> PatientState:
    """A patient of whom nothing is known yet. `set_at`: when the plan was set; it judges nothing received before."""
    state = PatientState(patient, site, compile_plan(plan, library), watched_from)
    state.planned_at = set_at
    return state


def set_counts(state: PatientState, counts: Iterable[Count]) -> None:
    """The neutrophil counts, in any order, and the window they make."""
    state.counts = in_order(counts)[-KEPT_COUNTS:]
    state.window = window(state.compiled.window, state.counts, state.compiled.protocol.recovery)


def in_order(counts: Iterable[Count]) -> tuple[Count, ...]:
    """By time; of two at one instant the lower counts last, because it is the one to fear."""
    return tuple(sorted(set(counts), key=lambda count: (count.at, -count.anc)))


PIN_FOR = 10 * MINUTE
