"""An intake that was recorded by mistake leaves everything that was made of it; alerts stay and say so. Pure.

What its absence means is judged as if it had never come: a dose may be missed again, an over-dose never was. Called by
`alerts.engine`.
"""

from alerts.core import oral, sentences
from alerts.core.moves import Moves
from alerts.core.state import PatientState
from alerts.core.telling import reconcile_rule
from domain.alerts import Alert
from domain.retracting import names, retracted
from domain.values import Origin, Reading, Retraction

KEPT = 200  # retractions remembered, for intakes that come after them
OF_INTAKES = ("intake:", "taken:")


def taken_back(moves: Moves, found: Retraction) -> None:
    """One more retraction. The same one again changes nothing."""
    state = moves.state
    if found in state.retractions:
        return
    state.retractions = (*state.retractions, found)[-KEPT:]
    said = sentences.retracted(found, state.compiled.oral.zone(found.received_at))
    citing = [alert.rule for alert in state.alerts.values() if _cites(alert, found)]
    before, moves.beside = len(moves.events), said
    _out_of_streams(moves, found)
    oral.taken_back(moves, found)
    moves.beside = None
    told = {event.alert.rule for event in moves.events[before:]}
    for rule in citing:
        alert = state.alerts.get(rule)
        if alert is not None and rule not in told:
            moves.apply(alert, "revised", found.received_at, reason=sentences.beside(alert.reason, (said,)))


def _cites(alert: Alert, found: Retraction) -> bool:
    """Whether an alert names the intake as evidence."""
    for each in alert.evidence:
        parts = (each.reading or "").split("/")
        if each.code.startswith(OF_INTAKES) and len(parts) == 4 and parts[2].isdigit() and parts[3].isdigit():
            origin = Origin(parts[0], parts[1], int(parts[2]))
            if names(found, origin, int(parts[3]), each.by or "device"):
                return True
    return False


def _out_of_streams(moves: Moves, found: Retraction) -> None:
    state = moves.state

    def doomed(sample: Reading) -> bool:
        return sample.code.startswith(OF_INTAKES) and retracted(sample, (found,)) is not None

    for key in [key for key, stream in state.streams.items() if any(map(doomed, stream.samples))]:
        stream = state.stream(key)
        if stream is None:
            continue
        before = {rule.id: stream.track(rule) for rule in stream.rules}
        gone = [sample for sample in stream.samples if doomed(sample)]
        stream.withdraw(doomed, state.gate)
        for sample in gone:
            _forget_treatment(state, sample)
        for rule in stream.rules:
            if stream.track(rule) != before[rule.id]:
                reconcile_rule(moves, rule, stream.track(rule), found.received_at, newest=True)


def _forget_treatment(state: PatientState, gone: Reading) -> None:
    """A medicine that was not taken hides no fever; the one before it may."""
    kind = gone.code.removeprefix("taken:")
    if state.treatments.get(kind) != (gone.method or "", gone.measured_at):
        return
    del state.treatments[kind]
    left = [s for stream in state.streams.values() for s in stream.samples if s.code == gone.code]
    if left:
        newest = max(left, key=lambda sample: sample.measured_at)
        state.treatments[kind] = (newest.method or "", newest.measured_at)
