"""What the engine remembers of one patient, and the loading of it from stored rows. Pure.

A state is changed only by `engine.step`, which works on a fork: until the caller adopts it, nothing has happened.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import structs

from alerts.compiled import Compiled, compile_plan
from alerts.plan import Library
from alerts.reconcile import KEPT_SETTLED, Settled, settle
from alerts.rules.level import Episode, LevelRule, Track
from alerts.rules.level import start as start_track
from alerts.streams import KEPT, Stream
from alerts.window import Count, Window, window
from domain.alerts import SEVERITIES, Alert
from domain.instants import MINUTE, Micros
from domain.values import Reading
from domain.vocabulary import NEUTROPHILS, TEMPERATURE

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

    def gate(self, rule: LevelRule, at: Micros) -> bool:
        """Whether a sample of that time counts for the rule."""
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
    """A patient of whom nothing is known yet."""
    state = PatientState(patient, site, compile_plan(plan, library, set_at=set_at), watched_from)
    state.planned_at = set_at
    return state


def load(
    state: PatientState,
    readings: Iterable[Reading],
    *,
    open_alerts: Sequence[Alert],
    closed_alerts: Sequence[Alert],
    number: int,
) -> PatientState:
    """Refills a fresh state from stored rows and says nothing. `readings` need not be sorted.

    An alert or settled stretch that began before the oldest sample seeds the rule's episodes, so that the condition it
    speaks of is neither forgotten nor found a second time.
    """
    state.number = number
    state.alerts = {alert.rule: alert for alert in open_alerts}
    for alert in sorted(closed_alerts, key=lambda alert: alert.closed_at or 0):
        stretch = settle(alert, None, alert.closed_at or alert.last_met_at)
        state.settled[alert.rule] = (*state.settled.get(alert.rule, ()), stretch)
        state.forget_settled(alert.rule)
    _mark_rearmed(state)
    rows = list(readings)
    for reading in rows:
        state.heard[reading.code] = max(reading.received_at, state.heard.get(reading.code, reading.received_at))
    set_counts(state, (Count(r.measured_at, r.value) for r in rows if r.code == NEUTROPHILS))
    refill(state, rows, {alert.rule: alert for alert in closed_alerts if alert.condition_to is None})
    return state


def _mark_rearmed(state: PatientState) -> None:
    for rule, alert in state.alerts.items():
        stretches = state.settled.get(rule)
        if stretches and alert.condition_at > stretches[-1].closed_at and alert.state != "pending":
            last = stretches[-1]
            state.settled[rule] = (
                *stretches[:-1],
                Settled(last.from_at, last.upto, last.rank, last.closed_at, alert.condition_at),
            )


def refill(state: PatientState, readings: Iterable[Reading], closed: Mapping[str, Alert]) -> None:
    """Folds stored readings into empty streams; finished episodes that nobody knows count as settled.

    The window must be right before. `closed`: by rule, the last alert that a person closed while its condition held.
    """
    by_code: dict[str, list[Reading]] = {}
    for reading in readings:
        by_code.setdefault(reading.code, []).append(reading)
    for code, rules in state.compiled.by_code.items():
        state.streams[code] = _refilled(state, rules, by_code.get(code, []), closed)


def _refilled(
    state: PatientState, rules: tuple[LevelRule, ...], samples: list[Reading], closed: Mapping[str, Alert]
) -> Stream:
    whole = len(samples) < KEPT
    if any(_judged_by_another_plan(state, rule) for rule in rules):
        samples, whole = [reading for reading in samples if reading.received_at >= state.planned_at], False
    stream = Stream(rules, {rule.id: _seed(state, rule, samples, closed) for rule in rules})
    for reading in sorted(samples, key=lambda reading: (reading.measured_at, reading.received_at)):
        stream.insert(reading, state.corrected(reading), state.gate)
    if not whole:
        stream.floor_at = min((reading.measured_at for reading in samples), default=state.planned_at) - 1
    for rule in rules:
        settle_unknown(state, rule, stream.track(rule))
    return stream


def _judged_by_another_plan(state: PatientState, rule: LevelRule) -> bool:
    """Whether the rule's alert was opened before the plan was set: its samples must not be judged again."""
    alert = state.alerts.get(rule.id)
    return alert is not None and alert.opened_at < state.planned_at


def replanned(before: Stream | None, rules: tuple[LevelRule, ...], state: PatientState) -> Stream:
    """A stream under new rules: episodes go on, only the newest sample is judged again."""
    if before is None:
        return Stream(rules)
    if before.rules == rules:
        same = before.fork()
        same.refold(state.gate)
        return same
    known = {rule.id: before.track(rule) for rule in before.rules}
    fresh = {rule.id: start_track(rule) for rule in rules}
    base = {
        rule: structs.replace(track, current=known[rule].current, finished=known[rule].finished)
        if rule in known
        else track
        for rule, track in fresh.items()
    }
    stream = Stream(rules, base)
    stream.floor_at = before.floor_at
    if before.samples:
        newest = before.samples[-1]
        stream.floor_at = newest.measured_at - 1
        stream.insert(newest, state.corrected(newest), state.gate)
    return stream


def set_counts(state: PatientState, counts: Iterable[Count]) -> None:
    """The neutrophil counts, in any order, and the window they make."""
    state.counts = tuple(sorted(set(counts), key=_count_order))[-KEPT_COUNTS:]
    state.window = window(state.compiled.window, state.counts, state.compiled.protocol.recovery)


def _count_order(count: Count) -> tuple[Micros, float]:
    return (count.at, count.anc)


def _seed(state: PatientState, rule: LevelRule, samples: list[Reading], closed: Mapping[str, Alert]) -> Track:
    """The episode of an alert, open or settled, that began before every sample at hand."""
    track = start_track(rule)
    oldest = min((reading.measured_at for reading in samples), default=None)
    alert = state.alerts.get(rule.id, closed.get(rule.id))
    if alert is None or alert.state == "pending" or alert.disproved:
        return track
    if oldest is not None and alert.condition_at >= oldest:
        return track
    rank = SEVERITIES.index(alert.severity) + 1
    last = max(alert.last_met_at, alert.condition_at)
    episode = Episode(alert.condition_at, alert.criterion, rank, alert.condition_at, last, (), alert.condition_to)
    if alert.condition_to is not None:
        return structs.replace(track, finished=(episode,))
    return structs.replace(track, current=episode)


def settle_unknown(state: PatientState, rule: LevelRule, track: Track) -> None:
    """Finished episodes that no alert speaks of were decided long ago, or by another plan: they open nothing."""
    alert = state.alerts.get(rule.id)
    if alert is not None and alert.state != "pending":
        return
    for episode in track.finished:
        end = episode.cleared_at if episode.cleared_at is not None else episode.last_met_at
        stretch = Settled(episode.condition_at, episode.last_met_at, episode.rank, end)
        state.settled[rule.id] = (*state.settled.get(rule.id, ()), stretch)
        state.forget_settled(rule.id)


PIN_FOR = 10 * MINUTE
