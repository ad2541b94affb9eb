"""From the condition episodes of a rule to the events of its alert: what is told, with which sentence. Pure.

Called by `alerts.engine` for every rule that a sample, a count or a plan may have changed.
"""

from typing import Any

from alerts.core import context, flags, sentences
from alerts.core.moves import Moves, Subject
from alerts.core.reconcile import Change, change_of, changes, covered, rearm
from alerts.core.state import PatientState
from alerts.rules import level
from alerts.rules.level import LevelRule, Track
from domain.alerts import SEVERITIES
from domain.instants import MINUTE, Micros
from domain.values import Reading


def reconcile_rule(moves: Moves, rule: LevelRule, track: Track, at: Micros, *, newest: bool) -> None:
    state = moves.state
    state.mark[0] = rule.id
    if rule.id in state.muted:
        return
    defaults = state.compiled.protocol.defaults
    settled = state.settled.get(rule.id, ())
    if settled:
        settled = state.settled[rule.id] = rearm(settled, track, round(defaults.rearm_min * MINUTE))
    for change in changes(state.alerts.get(rule.id), track, settled, rule):
        _tell(moves, rule, change, at, newest=newest, track=track)
    alert = state.alerts.get(rule.id)
    if alert is not None and alert.state == "acknowledged" and track.current is not None:
        due = flags.stale_at(state, alert)
        if due is not None and track.current.last_met_at >= due:
            moves.apply(alert, "recurred", at, rings=True, last_met_at=track.current.last_met_at)


def has_untold(state: PatientState) -> bool:
    """Whether a condition holds that no alert speaks of and nobody has dealt with."""
    tracks = [(rule, stream.track(rule)) for stream in state.streams.values() for rule in stream.rules]
    if state.oral is not None:
        tracks += [(rule, state.oral.tracks[rule.id]) for rule in state.compiled.on_intakes]
    return any(
        change.kind == "opened"
        for rule, track in tracks
        if track.current is not None and rule.id not in state.alerts
        for change in changes(None, track, state.settled.get(rule.id, ()), rule)
    )


def _tell(moves: Moves, rule: LevelRule, change: Change, at: Micros, *, newest: bool, track: Track) -> None:
    """One change as one event. What a person sees (sentence, evidence) follows the episode the change speaks of."""
    subject = Subject(rule.id, rule.category, rule.latched, _clause(rule, change))
    shown = _shown(moves, rule, change, at)
    match change.kind:
        case "pending" | "opened":
            _open(moves, rule, change, at, newest=newest, track=track)
        case "worsened":
            severity = SEVERITIES[change.rank - 1]
            moves.tell(subject, "worsened", at, severity=severity, rings=True, last_met_at=change.last_met_at, **shown)
        case "recurred":
            moves.tell(subject, "recurred", at, condition_to=None, rings=True, last_met_at=change.last_met_at, **shown)
        case "revised":
            to = {} if change.condition_to is None else {"condition_to": change.condition_to}
            fields = {"condition_at": change.condition_at, "criterion": change.criterion, "disproved": False}
            if moves.beside is not None:
                known = shown.get("reason") or moves.state.alerts[rule.id].reason
                shown["reason"] = sentences.beside(known, (moves.beside,))
            moves.tell(subject, "revised", at, **fields, **to, **shown)
        case "disproved":
            reason = moves.state.alerts[rule.id].reason
            notes = () if moves.beside is None else (moves.beside,)
            moves.tell(subject, "disproved", at, disproved=True, reason=sentences.beside(reason, notes))
        case "cleared":
            moves.tell(subject, "cleared", at, condition_to=change.condition_to, last_met_at=change.last_met_at)


def _clause(rule: LevelRule, change: Change) -> str:
    return rule.clause if change.criterion == "pending" else f"{rule.clause}/{change.criterion}"


def _shown(moves: Moves, rule: LevelRule, change: Change, at: Micros) -> dict[str, Any]:
    if not change.proofs:
        return {}  # the episode is only known by its alert, which has its sentence
    proof = change.proofs[-1]
    pending = change.criterion == "pending"
    reason = sentences.pending(rule, proof) if pending else sentences.level(rule, proof, change.criterion)
    output = None if rule.model is None else moves.state.outputs.get(rule.model)
    if output is not None and output.said is not None:
        reason = sentences.beside(reason, (output.said,))
    if rule.context:
        reason = sentences.beside(reason, context.notes(moves.state, proof, at))
    return {"reason": reason, "evidence": sentences.evidence(change.proofs)}


def _open(moves: Moves, rule: LevelRule, change: Change, at: Micros, *, newest: bool, track: Track) -> None:
    """A first event, or the opening of a pending alert. Late ones ring while they hold or are young."""
    defaults = moves.state.compiled.protocol.defaults
    late = not newest or at - change.condition_at > defaults.late_after_min * MINUTE
    young = at - change.condition_at < defaults.late_rings_min * MINUTE
    pending = change.kind == "pending"
    rank = max(criterion.rank for criterion in rule.criteria) if pending else change.rank
    fields: dict[str, Any] = (
        {"reason": sentences.untold(rule.title)}
        | _shown(moves, rule, change, at)
        | {
            "severity": SEVERITIES[rank - 1],
            "criterion": change.criterion,
            "condition_at": change.condition_at,
            "late": late,
            "rings": not pending and (not late or track.current is not None or young),
            "last_met_at": change.last_met_at,
        }
    )
    subject = Subject(rule.id, rule.category, rule.latched, _clause(rule, change))
    if rule.id in moves.state.alerts:
        moves.tell(subject, change.kind, at, opened_at=at, clause=subject.clause, **fields)
    else:
        moves.open(subject, at, kind=change.kind, **fields)


def judged_alone(moves: Moves, rules: tuple[LevelRule, ...], reading: Reading) -> None:
    """A reading older than everything that memory can hold is judged by itself: one sample may be enough."""
    state, at = moves.state, reading.received_at
    value = state.corrected(reading)
    for rule in rules:
        counts = state.gate(rule, reading)
        if counts is None:
            continue
        track = level.advance(rule, level.start(rule), reading, value, counts=counts)
        episode, alert = track.current, state.alerts.get(rule.id)
        if episode is None or covered(state.settled.get(rule.id, ()), episode):
            continue
        change = change_of("opened", episode)
        if alert is None or alert.state == "pending":
            _tell(moves, rule, change, at, newest=False, track=Track(track.runs))
        elif episode.condition_at < alert.condition_at:
            _tell(moves, rule, change_of("revised", episode), at, newest=False, track=track)
