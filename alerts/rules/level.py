"""Levels: a value beyond a bound, at once or for a time (threshold with hold, sustained), with clear time. Pure.

`advance(rule, state, sample)` folds one sample, in measured order, into the state. Duration needs samples: a run is
samples beyond the bound without one between them that is not, whatever the gap. A condition clears after two normal
samples at least `clear_after` apart with nothing abnormal between. Time without samples changes nothing.
Definitions: clinical table 02 (fever), vectors `febrile_neutropenia_*`.
"""

import math

from msgspec import Struct, structs

from alerts.protocol.text import Sentence
from alerts.rules.source import Change, Count, Intakes, Source, Trend, reach
from domain.alerts import Said
from domain.instants import Micros
from domain.values import Reading


class Criterion(Struct, frozen=True):
    """Met by a value in [low, high], in a run spanning `hold`. `rank`: 1 low, 2 medium, 3 high."""

    name: str
    rank: int
    low: float
    high: float
    hold: Micros
    hold_strict: bool
    cap: Micros | None
    limit: str

    @property
    def immediate(self) -> bool:
        """One sample is enough."""
        return self.hold == 0 and not self.hold_strict


class StepAfter(Struct, frozen=True):
    """A severity that changes to `rank` after a time."""

    after: Micros
    rank: int


_EVENTS = ("intake:", "taken:", "given:", "device:")


class LevelRule(Struct, frozen=True):
    """A compiled rule. Earlier criteria count first at one instant.

    `stream`: what it folds, the code itself, or the rule's own when `source` makes its value out of several samples.
    """

    id: str
    code: str
    title: Sentence
    category: str
    gate: str
    latched: bool
    criteria: tuple[Criterion, ...]
    clear_after: Micros
    hysteresis: float
    rising: tuple[bool, ...]
    source: Source | None = None
    clause: str = ""
    context: bool = False
    step_up: StepAfter | None = None
    step_down: StepAfter | None = None
    known_for: Micros = 0  # of a model: how long an output stands; 0: as the schedule says

    @property
    def model(self) -> str | None:
        """The model whose outputs it folds."""
        return self.code.removeprefix("model:") if self.code.startswith("model:") and self.source is None else None

    intakes: Intakes | None = None

    @property
    def stream(self) -> str:
        """The key of the stream it folds."""
        return self.code if self.source is None else f"rule:{self.id}"

    @property
    def codes(self) -> tuple[str, ...]:
        """What it looks at."""
        return (self.code,) if self.source is None else self.source.codes

    @property
    def events(self) -> bool:
        """Whether each sample is an event of its own (a dose, a loss), which no later sample can undo."""
        if self.intakes is not None:
            return self.intakes.each
        return self.source is None and self.code.startswith(_EVENTS) and all(each.immediate for each in self.criteria)

    @property
    def memory(self) -> Micros:
        """How far back many samples matter to a baseline, trend or count; 0 where the newest of each code do."""
        return reach(self.source) if isinstance(self.source, Trend | Change | Count) else 0


class Proof(Struct, frozen=True, gc=False):
    """A sample that met, or began to meet, a criterion."""

    reading: Reading
    value: float  # after the offset of the site of measurement
    limit: str
    parts: tuple[Reading, ...] = ()  # what a derived value was made of
    said: Said | None = None  # what it means, where a value and a limit do not say it


class Episode(Struct, frozen=True, gc=False):
    """One stretch of measured time in which the condition held.

    `condition_at`: the measured instant at which the first criterion was met; `raised_at`: at which `rank` was reached.
    `proofs`: the samples behind `rank`; `newest`: the last sample that was abnormal.
    """

    condition_at: Micros
    criterion: str
    rank: int
    raised_at: Micros
    last_met_at: Micros
    proofs: tuple[Proof, ...] = ()
    newest: Proof | None = None
    cleared_at: Micros | None = None

    @property
    def end(self) -> Micros:
        """The last instant of which it is known to hold, or at which it was over."""
        return self.last_met_at if self.cleared_at is None else self.cleared_at


class Run(Struct, frozen=True, gc=False):
    """Samples beyond one criterion's bound without a break."""

    first: Proof
    last_at: Micros


class Track(Struct, frozen=True, gc=False):
    """State of the fold: runs by criterion, the current episode, the finished ones, the first of two normal samples.

    `counts`: whether the newest abnormal sample was inside the rule's gate.
    """

    runs: tuple[Run | None, ...]
    current: Episode | None = None
    finished: tuple[Episode, ...] = ()
    normal_at: Micros | None = None
    counts: bool = True

    @property
    def episodes(self) -> tuple[Episode, ...]:
        """All known episodes, oldest first."""
        return self.finished if self.current is None else (*self.finished, self.current)

    @property
    def pending(self) -> Run | None:
        """The oldest run that has not met its criterion yet, when no episode is going on."""
        if self.current is not None or not self.counts:
            return None
        return min(
            (run for run in self.runs if run is not None), key=lambda run: run.first.reading.measured_at, default=None
        )


KEPT_EPISODES = 16


def start(rule: LevelRule) -> Track:
    """The state before any sample."""
    return Track((None,) * len(rule.criteria))


def tie(rules: tuple[LevelRule, ...], value: float) -> int:
    """Order of samples of one instant: by the first criterion whose bound they pass, normal ones last."""
    best = 99
    for rule in rules:
        for index, criterion in enumerate(rule.criteria):
            if index >= best:
                break
            if criterion.low <= value <= criterion.high:
                best = index
    return best


def advance(rule: LevelRule, state: Track, reading: Reading, value: float, *, counts: bool = True) -> Track:
    """The state after one more sample. `value`: corrected for its site. Returns `state` itself when nothing changes.

    `counts`: whether the rule's gate is open at that instant. Outside it runs go on and conditions clear, but nothing
    is met: a fever that began before the window counts inside it, and one that ended outside has ended.
    """
    for criterion in rule.criteria:
        if criterion.low <= value <= criterion.high:
            return _abnormal(rule, state, reading, value, counts=counts)
    if state.current is None and not any(state.runs):
        return state
    return _normal(rule, state, reading.measured_at, value)


def _abnormal(rule: LevelRule, state: Track, reading: Reading, value: float, *, counts: bool) -> Track:
    at = reading.measured_at
    if counts and state.current is not None and at > state.current.last_met_at and rule.events:
        done = structs.replace(state.current, cleared_at=state.current.last_met_at)
        state = structs.replace(state, current=None, finished=_kept((*state.finished, done)))
    runs: list[Run | None] = []
    met: list[int] = []
    for index, criterion in enumerate(rule.criteria):
        if not criterion.low <= value <= criterion.high:
            # a sample of the same instant that does pass the bound has come before, and wins
            before = state.runs[index]
            runs.append(before if before is not None and before.last_at == at else None)
            continue
        before = state.runs[index]
        if counts and _holds(criterion, before, at):
            met.append(index)
        if criterion.immediate:
            runs.append(None)
        elif before is None:
            runs.append(Run(Proof(reading, value, criterion.limit), at))
        else:
            runs.append(Run(before.first, at) if at > before.last_at else before)
    episode = state.current
    if met:
        episode = _grown(rule, state, met, runs, Proof(reading, value, rule.criteria[met[0]].limit))
    elif episode is not None and counts:
        episode = _still(episode, Proof(reading, value, episode.proofs[-1].limit if episode.proofs else ""))
    return Track(tuple(runs), episode, state.finished, None, counts)


def _holds(criterion: Criterion, run: Run | None, at: Micros) -> bool:
    if run is None:
        return criterion.immediate
    if criterion.cap is not None:
        return 0 < at - run.last_at <= criterion.cap
    lasted = at - run.first.reading.measured_at
    return lasted > criterion.hold if criterion.hold_strict else lasted >= criterion.hold


def _grown(rule: LevelRule, state: Track, met: list[int], runs: list[Run | None], proof: Proof) -> Episode:
    """The current episode with criteria that are met now, or a new one."""
    at, rank = proof.reading.measured_at, max(rule.criteria[index].rank for index in met)
    episode = state.current
    first = runs[met[0]]
    proofs = (proof,) if first is None or first.first.reading is proof.reading else (first.first, proof)
    if episode is None:
        return Episode(at, rule.criteria[met[0]].name, rank, at, at, proofs, proof)
    if rank > episode.rank:
        shown = (*episode.proofs[:2], *proofs)
        return Episode(episode.condition_at, episode.criterion, rank, at, at, shown, proof)
    return _still(episode, proof)


def _still(episode: Episode, proof: Proof) -> Episode:
    return Episode(
        episode.condition_at, episode.criterion, episode.rank, episode.raised_at, proof.reading.measured_at,
        episode.proofs, proof,
    )  # fmt: skip


def _normal(rule: LevelRule, state: Track, at: Micros, value: float) -> Track:
    if any(run is not None and run.last_at == at for run in state.runs):
        return state  # a warmer sample of the same instant came before, and wins
    nothing = (None,) * len(rule.criteria)
    episode = state.current
    if episode is None:
        return Track(nothing, None, state.finished)
    if episode.last_met_at == at:
        return state
    if rule.hysteresis and _grey(rule, value):
        return Track(nothing, episode, state.finished)
    if state.normal_at is None:
        return Track(nothing, episode, state.finished, at)
    if at - state.normal_at < rule.clear_after:
        return state if not any(state.runs) else Track(nothing, episode, state.finished, state.normal_at)
    return Track(nothing, None, _kept((*state.finished, structs.replace(episode, cleared_at=at))))


def _kept(finished: tuple[Episode, ...]) -> tuple[Episode, ...]:
    """The first and the newest: an alert is dated by its first condition, however many came after."""
    return finished if len(finished) <= KEPT_EPISODES else (finished[0], *finished[2:])


def _grey(rule: LevelRule, value: float) -> bool:
    """Within the hysteresis of a bound: neither abnormal nor normal."""
    for criterion, rising in zip(rule.criteria, rule.rising, strict=True):
        edge = criterion.low - rule.hysteresis if rising else criterion.high + rule.hysteresis
        if not math.isinf(edge) and (value >= edge if rising else value <= edge):
            return True
    return False
