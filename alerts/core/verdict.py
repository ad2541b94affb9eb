"""What a rule says of a patient at a moment: MET, NOT_MET, or UNKNOWN when there is not enough to say. Pure.

Not knowing is said: no reading, readings too old, or a run that has not lasted yet is UNKNOWN, never normal. A
condition that was met stays MET through silence, because silence never heals.
"""

from enum import StrEnum

from msgspec import Struct

from alerts.core.state import PatientState
from alerts.oral.matching import time_of
from alerts.rules.fold import missing
from alerts.rules.level import LevelRule
from domain.instants import DAY, Micros, iso

FORGOTTEN: Micros = DAY  # a stream nobody expects at a cadence is not known after so long


class Verdict(StrEnum):
    """The three answers."""

    MET = "MET"
    NOT_MET = "NOT_MET"
    UNKNOWN = "UNKNOWN"


class Finding(Struct, frozen=True):
    """A verdict with its reason."""

    rule: str
    verdict: Verdict
    why: str


def findings(state: PatientState, at: Micros) -> list[Finding]:
    """What every level rule of the patient says at that moment."""
    return [finding(state, rule, at) for rule in state.compiled.levels]


def finding(state: PatientState, rule: LevelRule, at: Micros) -> Finding:
    """What one rule says."""
    if rule.intakes is not None:
        return _of_intakes(state, rule, at)
    stream = state.streams.get(rule.stream)
    track = stream.track(rule) if stream is not None else None
    if track is not None and track.current is not None:
        return Finding(rule.id, Verdict.MET, f"{track.current.criterion} since {iso(track.current.condition_at)}")
    if not state.inside(rule.gate, at) or state.paused(at):
        return Finding(rule.id, Verdict.NOT_MET, f"the rule does not apply ({rule.gate})")
    if rule.model is not None:
        return _of_model(state, rule, rule.model, at)
    if stream is None or stream.last is None:
        return Finding(rule.id, Verdict.UNKNOWN, "no reading yet")
    if at - stream.last.measured_at > _known_for(state, rule):
        return Finding(rule.id, Verdict.UNKNOWN, f"the last reading is of {iso(stream.last.measured_at)}")
    if track is not None and track.pending is not None:
        began = track.pending.first.reading.measured_at
        return Finding(rule.id, Verdict.UNKNOWN, f"beyond a limit since {iso(began)}, not long enough to say")
    lacking = missing(stream.state(rule))
    if lacking:
        return Finding(rule.id, Verdict.UNKNOWN, f"missing: {', '.join(lacking)}")
    return Finding(rule.id, Verdict.NOT_MET, f"the reading of {iso(stream.last.measured_at)} is within the limits")


def _of_model(state: PatientState, rule: LevelRule, model: str, at: Micros) -> Finding:
    """A model that was not run, refuses, or spoke too long ago is not known."""
    output = state.outputs.get(model)
    if output is None:
        return Finding(rule.id, Verdict.UNKNOWN, f"the model {model} has said nothing yet")
    if output.status != "ready" or output.value is None:
        return Finding(rule.id, Verdict.UNKNOWN, f"the model {model} cannot say: {output.why or output.status}")
    if at - output.received_at > rule.known_for:
        return Finding(rule.id, Verdict.UNKNOWN, f"the model {model} spoke last at {iso(output.received_at)}")
    return Finding(rule.id, Verdict.NOT_MET, f"the output of {iso(output.received_at)} is within the limits")


def _of_intakes(state: PatientState, rule: LevelRule, at: Micros) -> Finding:
    """A dose nobody has reported is not known, until it was asked about and counts."""
    memory = state.oral
    track = None if memory is None else memory.tracks.get(rule.id)
    if track is not None and track.current is not None:
        return Finding(rule.id, Verdict.MET, f"{track.current.criterion} since {iso(track.current.condition_at)}")
    if not state.inside(rule.gate, at) or state.paused(at):
        return Finding(rule.id, Verdict.NOT_MET, f"the rule does not apply ({rule.gate})")
    if memory is None or not memory.intakes:
        return Finding(rule.id, Verdict.UNKNOWN, "no intake reported yet")
    last = memory.intakes[-1]
    if at - time_of(last) > FORGOTTEN:
        return Finding(rule.id, Verdict.UNKNOWN, f"the last intake reported is of {iso(time_of(last))}")
    return Finding(rule.id, Verdict.NOT_MET, f"the intake of {iso(time_of(last))} is as planned")


def _known_for(state: PatientState, rule: LevelRule) -> Micros:
    return next((silence.after for silence in state.compiled.silences if silence.code == rule.code), FORGOTTEN)
