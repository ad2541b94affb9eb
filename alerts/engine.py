"""The decision core: `step(state, inputs) -> (new state, events)`. Pure; live, replay and tests run these functions.

The state handed in is never changed. `lateness.needs_history` says when stored samples must be put back before a late
reading can be judged. Time passing is an input (`Tick`); `ticking.next_due` says when the next tick will matter.
"""

from collections.abc import Sequence
from typing import assert_never

from alerts.core import flags, oral
from alerts.core.actions import act
from alerts.core.moves import Moves
from alerts.core.refill import replanned
from alerts.core.samples import samples
from alerts.core.state import PatientState, note_output, note_treatment, set_counts
from alerts.core.taking_back import taken_back
from alerts.core.telling import judged_alone, reconcile_rule
from alerts.core.ticking import tick
from alerts.core.window import Count
from alerts.protocol.compiled import compile_plan
from alerts.protocol.plan import Library
from alerts.rules.fold import track_of
from domain.alerts import (
    Action,
    AlertEvent,
    ClockFault,
    DeviceNote,
    Input,
    ModelOutput,
    PauseSet,
    PlanSet,
    SiteNote,
    Tick,
)
from domain.instants import Micros
from domain.retracting import retracted
from domain.values import Given, Intake, Reading, Rejected, Report, Retraction
from domain.vocabulary import NEUTROPHILS

Waiting = dict[str, list[Reading]]  # stream key -> samples of one instant


def step(state: PatientState, inputs: Sequence[Input], library: Library) -> tuple[PatientState, list[AlertEvent]]:
    """The state after the inputs, in their order, and what it says. `library`: for plans set by an input.

    Values measured at one instant in one message count together for rules that look at several.
    """
    state.mark[0] = None
    moves = Moves(state.fork())
    waiting: Waiting = {}  # of the rules that look at several samples
    before: Input | None = None
    for found in inputs:
        if waiting and not _at_one_instant(before, found):
            _settle(moves, waiting)
            waiting = {}
        before = found
        _judge(moves, found, waiting, library)
    if waiting:
        _settle(moves, waiting)
    _trim(moves.state, inputs)
    return moves.state, moves.events


def _judge(moves: Moves, found: Input, waiting: Waiting, library: Library) -> None:
    """One input to what it concerns: one line a kind, so that no kind can be forgotten."""
    match found:
        case Reading():
            _reading(moves, found, waiting)
        case Tick():
            tick(moves, found.at)
        case Rejected():
            flags.refused(moves, found)
            _others(moves, found, waiting)
        case ClockFault():
            flags.wrong_clock(moves, found)
        case Action():
            act(moves, found)
        case PlanSet():
            _plan(moves, found, library)
        case PauseSet():
            flags.pauses_set(moves, found)
        case SiteNote():
            flags.noted(moves, found)
        case DeviceNote():
            if found.kind == "battery":
                flags.battery(moves, found)
            elif found.kind == "gap":
                flags.gap(moves, found)
            elif found.kind == "flood":
                flags.flood(moves, found)
            _others(moves, found, waiting)
        case Report():
            _heard_code(moves, f"questionnaire:{found.questionnaire}", found.received_at)
            flags.answered(moves, found)
            _others(moves, found, waiting)
        case Intake() | Given():
            _treated(moves, found, waiting)
        case Retraction():
            taken_back(moves, found)
        case ModelOutput():
            _foretold(moves, found)
            _others(moves, found, waiting)
        case _:
            assert_never(found)


_MEASURED = (Reading, Report)


def _at_one_instant(one: Input | None, other: Input) -> bool:
    """Whether two inputs are values of one message with one time of measurement."""
    if not (isinstance(one, _MEASURED) and isinstance(other, _MEASURED)):
        return False
    if one.measured_at != other.measured_at or one.received_at != other.received_at:
        return False
    a, b = one.origin, other.origin
    return a is b or (a is not None and b is not None and a.device == b.device and a.seq == b.seq)


def _reading(moves: Moves, reading: Reading, waiting: Waiting) -> None:
    if reading.code == NEUTROPHILS:
        _count(moves, reading)
    again = False
    for key in moves.state.compiled.routes.get(reading.code, ()):
        again = _sample(moves, key, reading, waiting) is None or again
    if not again:
        _heard(moves, reading)


def _others(moves: Moves, found: Input, waiting: Waiting) -> None:
    """Everything countable that is no reading."""
    for sample in samples(found):
        for key in moves.state.compiled.routes.get(sample.code, ()):
            _sample(moves, key, sample, waiting)


def _sample(moves: Moves, key: str, reading: Reading, waiting: Waiting) -> bool | None:
    """One sample into one stream, and what follows. None: it was there already."""
    state = moves.state
    stream = state.stream(key)
    if stream is None:
        return True
    if stream.rules[0].source is not None:
        waiting.setdefault(key, []).append(reading)
        return True
    if stream.is_older_than_memory(reading.measured_at):
        judged_alone(moves, stream.rules, reading)
        return True
    before = stream.newest
    newest = stream.insert(reading, state.corrected(reading), state.gate)
    if newest is None:
        return None  # the same reading again
    if stream.newest is not before:
        for rule, was, now in zip(stream.rules, before, stream.newest, strict=True):
            if now is not was:
                reconcile_rule(moves, rule, track_of(now), reading.received_at, newest=newest)
    return newest


def _settle(moves: Moves, waiting: Waiting) -> None:
    """What the rules on several samples say now that all values of the instant are in."""
    state = moves.state
    for key, readings in waiting.items():
        stream = state.stream(key)
        if stream is None or stream.is_older_than_memory(readings[0].measured_at):
            continue
        before = stream.newest
        newest = stream.insert_together(readings, [state.corrected(reading) for reading in readings], state.gate)
        if newest is None:
            continue
        for rule, was, now in zip(stream.rules, before, stream.newest, strict=True):
            track, track_before = track_of(now), track_of(was)
            if track is not track_before and track != track_before:
                reconcile_rule(moves, rule, track, readings[-1].received_at, newest=newest)


def _treated(moves: Moves, found: Intake | Given, waiting: Waiting) -> None:
    """A treatment: remembered for the context of a fever; a dose may open a phase. What was taken back never was."""
    state = moves.state
    if isinstance(found, Intake) and retracted(found, state.retractions) is not None:
        return
    doses = state.doses
    for sample in samples(found):
        kind = sample.code.partition(":")
        if kind[0] in ("taken", "given"):
            note_treatment(state, kind[2], sample.method or "", sample.measured_at)
    if state.doses != doses:
        for key in list(state.streams):
            _regate(moves, key, found.received_at)
    _others(moves, found, waiting)
    if state.oral is not None and isinstance(found, Intake):
        oral.taken(moves, found)


def _heard_code(moves: Moves, code: str, at: Micros) -> None:
    state = moves.state
    if at > state.heard.get(code, -1):
        state.heard[code] = at
    if state.alerts:
        flags.heard(moves, f"silence.{code}", at)


def _heard(moves: Moves, reading: Reading) -> None:
    state, at = moves.state, reading.received_at
    _heard_code(moves, reading.code, at)
    if state.alerts and reading.quality != "clock" and reading.origin is not None:
        flags.right_clock(moves, reading.origin.device, at)


def _trim(state: PatientState, inputs: Sequence[Input]) -> None:
    at: Micros = -1
    for found in inputs if state.owned else ():
        if not isinstance(found, _UNDATED) and found.received_at > at:
            at = found.received_at
    if at >= 0:
        for key in state.owned:
            state.streams[key].trim(at)


_UNDATED = (Tick, Action, PlanSet, PauseSet, SiteNote)


def _count(moves: Moves, reading: Reading) -> None:
    """A neutrophil count may open or close the window, also for samples that are already here."""
    state = moves.state
    before = state.known_window, state.window
    count = Count(reading.measured_at, reading.value)
    if count in state.counts:
        return
    set_counts(state, (*state.counts, count))
    if (state.known_window, state.window) == before:
        return
    for key in list(state.streams):
        _regate(moves, key, reading.received_at)
    flags.overdue(moves, reading.received_at)


def _foretold(moves: Moves, output: ModelOutput) -> None:
    """A forecast may open the window early, from now on; it never closes one."""
    state, before = moves.state, moves.state.window
    note_output(state, output)
    if state.window != before:
        for key in list(state.streams):
            _regate(moves, key, output.received_at)


def _regate(moves: Moves, key: str, at: Micros) -> None:
    stream = moves.state.stream(key)
    if stream is None or all(rule.gate == "always" for rule in stream.rules):
        return
    stream.refold(moves.state.gate)
    for rule in stream.rules:
        if rule.gate != "always":
            reconcile_rule(moves, rule, stream.track(rule), at, newest=True)


def _plan(moves: Moves, found: PlanSet, library: Library) -> None:
    """New rules. What was judged stays judged; the newest sample of each stream is judged by the new rules."""
    state = moves.state
    former = state.compiled.on_intakes
    state.compiled, state.planned_at = compile_plan(found.plan, library), found.at
    state.muted = frozenset()
    set_counts(state, state.counts)
    before, state.streams, state.owned = state.streams, {}, set()
    for key, rules in state.compiled.by_stream.items():
        stream = state.streams[key] = replanned(before.get(key), rules, state, before.values())
        state.owned.add(key)
        for rule in rules:
            reconcile_rule(moves, rule, stream.track(rule), found.at, newest=True)
    oral.planned(moves, found, former)
    for alert in [alert for alert in state.alerts.values() if alert.state == "pending"]:
        if all(rule.id != alert.rule for rule in state.compiled.levels):
            moves.apply(alert, "cleared", found.at)
    flags.overdue(moves, found.at)
