"""What the engine remembers of one patient. Pure.

A state is changed only by `engine.step`, which works on a fork: until the caller adopts it, nothing has happened.
"""

from collections.abc import Iterable
from typing import Any

from alerts.core.oral_memory import OralMemory, begun
from alerts.core.phases import within
from alerts.core.reconcile import KEPT_SETTLED, Settled
from alerts.core.streams import Stream
from alerts.core.window import Count, Foretold, Window, window, with_foretold
from alerts.oral.expected import Versions
from alerts.protocol.compiled import Compiled, Phase, compile_plan
from alerts.protocol.plan import Library
from alerts.rules.level import LevelRule
from domain.alerts import Alert, ModelOutput, Pause
from domain.body_sites import corrected
from domain.instants import DAY, MINUTE, Micros
from domain.values import Reading, Retraction

KEPT_COUNTS = 64
KEPT_DOSES = 32
KEPT_FORETOLD = 256  # more than a cycle can be forecast anew: what opened the window must outlast what came after


class PatientState:
    """Streams, window, doses, pauses, alerts that are not closed, settled stretches, when each stream was last heard.

    `known_window`: without what models foretell. `outputs`: the newest of each model, also one that is no value.

    `muted`: rules that failed and are off for this patient. `mark` names the rule that is being evaluated; all forks
    share it, so that whoever catches a failure knows whose it was.
    """

    __slots__ = (
        "alerts", "compiled", "counts", "doses", "foretold", "heard", "known_window", "mark", "muted", "number",
        "oral", "outputs", "owned", "patient", "pauses", "planned_at", "retractions", "settled", "site", "streams",
        "treatments", "watched_from", "window",
    )  # fmt: skip

    def __init__(self, patient: str, site: str, compiled: Compiled, watched_from: Micros) -> None:
        self.patient = patient
        self.site = site
        self.compiled = compiled
        self.planned_at: Micros = 0  # when the plan was set
        self.watched_from = watched_from  # silence counts from here until a stream is heard
        self.streams: dict[str, Stream] = {}
        self.counts: tuple[Count, ...] = ()
        self.foretold: tuple[Foretold, ...] = ()
        self.outputs: dict[str, ModelOutput] = {}
        self.known_window: Window = window(compiled.window, (), compiled.protocol.recovery)
        self.window: Window = self.known_window
        self.doses: tuple[Micros, ...] = ()  # chemotherapy or cells given, besides those of the plan
        self.pauses: tuple[Pause, ...] = ()
        self.treatments: dict[str, tuple[str, Micros]] = {}  # kind -> name and time of the newest
        self.alerts: dict[str, Alert] = {}
        self.settled: dict[str, tuple[Settled, ...]] = {}
        self.heard: dict[str, Micros] = {}
        self.number = 0  # alerts so far
        self.muted: frozenset[str] = frozenset()
        self.mark: list[str | None] = [None]
        self.owned: set[str] = set()  # streams that this fork may change
        self.oral: OralMemory | None = None  # where rules look at intakes
        self.retractions: tuple[Retraction, ...] = ()  # of intakes, the newest

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
        other.planned_at, other.treatments = self.planned_at, self.treatments.copy()
        other.counts, other.window, other.number = self.counts, self.window, self.number
        other.foretold, other.outputs, other.known_window = self.foretold, self.outputs, self.known_window
        other.doses, other.pauses = self.doses, self.pauses
        other.muted, other.mark, other.oral = self.muted, self.mark, self.oral
        other.retractions, other.owned = self.retractions, set()
        return other

    def stream(self, key: str) -> Stream | None:
        """A stream for change; None when no rule looks at it."""
        found = self.streams.get(key)
        if key in self.owned and found is not None:
            return found
        rules = self.compiled.by_stream.get(key)
        if rules is None:
            return None
        found = Stream(rules) if found is None else found.fork()
        self.streams[key] = found
        self.owned.add(key)
        return found

    def gate(self, rule: LevelRule, reading: Reading) -> bool | None:
        """Whether a sample counts for the rule: received since the plan was set, measured inside its phase and outside
        pauses. None while the rule is off."""
        self.mark[0] = rule.id
        if self.muted and rule.id in self.muted:
            return None
        if self.pauses and self.rests(reading):
            return False
        if reading.received_at < self.planned_at:
            return False
        return rule.gate == "always" or self.inside(rule.gate, reading.measured_at)

    def rests(self, reading: Reading) -> bool:
        """Whether a sample lies in a pause that was entered before it came: what was judged stays judged."""
        return any(p.covers(reading.measured_at) and reading.received_at >= p.set_at for p in self.pauses)

    def paused(self, at: Micros) -> bool:
        """Whether rules and schedules rest at that moment."""
        return any(pause.covers(at) for pause in self.pauses)

    def inside(self, gate: str, at: Micros) -> bool:
        """Whether that moment lies in a phase."""
        if gate == "always":
            return True
        if gate == "inside-window":
            return self.window.is_open(at)
        if gate == "outside-window":  # a model adds rules, and takes none away
            return not self.known_window.is_open(at)
        return self._in_phase(self.compiled.phases[gate], at)

    def _in_phase(self, phase: Phase, at: Micros) -> bool:
        # what holds while the window is shut also holds in what only a model foretells
        window = self.known_window if phase.window_open is False else self.window
        return within(phase, at, window=window, doses=(*self.compiled.doses, *self.doses))

    def corrected(self, reading: Reading) -> float:
        """The value with the plan's offset for the site of measurement (temperature only)."""
        return corrected(reading, self.compiled.offsets)

    def forget_settled(self, rule: str) -> None:
        """Keeps the settled stretches of a rule bounded: the newest and, as of episodes, the first."""
        found = sorted(self.settled[rule], key=lambda stretch: stretch.closed_at)
        if len(found) > KEPT_SETTLED:
            first = min(found, key=lambda stretch: stretch.from_at)
            found = [first, *[stretch for stretch in found if stretch is not first][1 - KEPT_SETTLED :]]
            found.sort(key=lambda stretch: stretch.closed_at)
        self.settled[rule] = tuple(found)


def new_state(
    patient: str, site: str, plan: dict[str, Any], library: Library, *, set_at: Micros, watched_from: Micros
) -> PatientState:
    """A patient of whom nothing is known yet. `set_at`: when the plan was set; it judges nothing received before."""
    state = PatientState(patient, site, compile_plan(plan, library), watched_from)
    state.planned_at = set_at
    state.oral = begun(state.compiled, Versions(((set_at, state.compiled.oral),)), since=watched_from - DAY)
    return state


def set_counts(state: PatientState, counts: Iterable[Count]) -> None:
    """The neutrophil counts, in any order, and the window they make."""
    state.counts = in_order(counts)[-KEPT_COUNTS:]
    state.known_window, state.window = windows(state, state.counts)


def windows(state: PatientState, counts: tuple[Count, ...]) -> tuple[Window, Window]:
    """The window that these counts would make, without and with what models foretell."""
    recovery = state.compiled.protocol.recovery
    known = window(state.compiled.window, counts, recovery)
    return known, with_foretold(known, _opening(state), counts, recovery)


def _opening(state: PatientState) -> tuple[Foretold, ...]:
    """Those that are likely enough for the protocol."""
    forecast = state.compiled.protocol.forecast
    if forecast is None:
        return ()
    return tuple(each for each in state.foretold if each.value >= forecast.opens_window_from_percent)


def note_output(state: PatientState, output: ModelOutput) -> None:
    """What a model said last, and what it foretells. It counts from when it was said: what was judged stays judged."""
    known = state.outputs.get(output.model)
    if known is None or output.received_at >= known.received_at:
        state.outputs = {**state.outputs, output.model: output}
    if output.opens_at is None or output.value is None or output.status != "ready":
        return
    found = Foretold(max(output.opens_at, output.received_at), output.holds_until, output.value)
    if found not in state.foretold:
        state.foretold = (*state.foretold, found)[-KEPT_FORETOLD:]
        state.known_window, state.window = windows(state, state.counts)


def in_order(counts: Iterable[Count]) -> tuple[Count, ...]:
    """By time; of two at one instant the lower counts last, because it is the one to fear."""
    return tuple(sorted(set(counts), key=lambda count: (count.at, -count.anc)))


def note_treatment(state: PatientState, kind: str, name: str, at: Micros) -> None:
    """The newest treatment of a kind; chemotherapy and cells are doses too."""
    known = state.treatments.get(kind)
    if known is None or at >= known[1]:
        state.treatments[kind] = (name, at)
    if kind == "chemotherapy" and at not in state.doses:
        state.doses = tuple(sorted((*state.doses, at)))[-KEPT_DOSES:]


PIN_FOR = 10 * MINUTE
