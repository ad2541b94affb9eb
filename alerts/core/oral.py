"""Rules on intakes inside the engine: what is remembered of a patient's doses, and the conditions of each rule. Pure.

The values of a rule (`alerts.oral.series`) are made anew from the plans and the set of intakes whenever an intake comes
or a dose's time is over, and folded like any level. So the order of arrival cannot matter, and a late word about a
dose disproves what its absence had said. Memory is bounded: what happened before `since` is in the tracks of `base`.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import structs

from alerts.core.moves import Moves
from alerts.core.oral_memory import AHEAD, KEPT, MARGIN, MOST, NEVER, STRIDE, OralMemory, begun
from alerts.core.seed import seed
from alerts.core.state import PatientState
from alerts.core.telling import reconcile_rule
from alerts.oral.doses import counts_at
from alerts.oral.drugs import key
from alerts.oral.expected import Versions
from alerts.oral.matching import distinct, time_of
from alerts.oral.series import Sample, Seen, seen, series
from alerts.oral.windows import IntakesText, Windows, windows
from alerts.rules import level
from alerts.rules.level import Episode, LevelRule, Proof, Track
from domain.alerts import PlanSet
from domain.instants import DAY, Micros
from domain.retracting import retracted
from domain.values import Intake, Reading, Retraction


def taken(moves: Moves, intake: Intake) -> None:
    """One more intake. The same one again changes nothing."""
    memory = moves.state.oral
    if memory is None or time_of(intake) < memory.since:
        return  # older than memory, and nothing was put back: it is stored, and in the adherence of the patient
    intakes = tuple(distinct((*memory.intakes, intake)))
    if len(intakes) == len(memory.intakes):
        return
    newest = not memory.intakes or time_of(intake) >= time_of(memory.intakes[-1])
    moves.state.oral = structs.replace(memory, intakes=intakes)
    judge(moves, intake.received_at, newest=newest)


def taken_back(moves: Moves, found: Retraction) -> None:
    """An intake that never was leaves memory. One that is older than memory was judged, and stays so."""
    memory = moves.state.oral
    if memory is None:
        return
    kept = tuple(intake for intake in memory.intakes if retracted(intake, (found,)) is None)
    if len(kept) < len(memory.intakes):
        moves.state.oral = structs.replace(memory, intakes=kept)
        judge(moves, found.received_at, newest=True)


def passing(moves: Moves, at: Micros) -> None:
    """Time has passed: doses whose time is over count."""
    memory = moves.state.oral
    if memory is not None and at >= memory.next_at:
        judge(moves, at, newest=True)


def planned(moves: Moves, found: PlanSet, former: Sequence[LevelRule]) -> None:
    """A new plan: it counts for what is due after it. Under other rules what was judged stays judged."""
    state, memory = moves.state, moves.state.oral
    rules = state.compiled.on_intakes
    if not rules:
        state.oral = None
        return
    if memory is None:
        state.oral = begun(state.compiled, Versions(((found.at, state.compiled.oral),)), since=found.at)
        return
    memory = structs.replace(memory, plans=memory.plans.then(found.at, state.compiled.oral))
    if tuple(former) != rules:
        carried = {rule.id: _carried(rule, memory.tracks.get(rule.id)) for rule in rules}
        memory = structs.replace(memory, since=max(memory.since, found.at), base=carried, tracks=carried)
    state.oral = memory
    judge(moves, found.at, newest=True)


def _carried(rule: LevelRule, track: Track | None) -> Track:
    fresh = level.start(rule)
    return fresh if track is None else structs.replace(track, runs=fresh.runs)


def refilled(
    state: PatientState, intakes: Iterable[Intake], known: Mapping[str, Track], *, since: Micros, upto: Micros
) -> OralMemory | None:
    """The memory from stored intakes, complete from `since` less `MARGIN` on. It says nothing."""
    memory = state.oral
    if memory is None:
        return None
    kept = tuple(intake for intake in distinct(intakes) if time_of(intake) >= since - MARGIN)
    rules = state.compiled.on_intakes
    base = {rule.id: seed(rule, known.get(rule.id), since) for rule in rules}
    memory = structs.replace(memory, since=since, intakes=kept, base=base, tracks=base, upto=upto)
    all_seen = _seen(state, memory, upto)
    tracks = {rule.id: _folded(state, rule, memory, _values(rule, all_seen)) for rule in rules}
    return structs.replace(memory, tracks=tracks, next_at=_next_at(memory, upto, all_seen))


def judge(moves: Moves, at: Micros, *, newest: bool) -> None:
    """Every rule on intakes, on everything that is known at a moment."""
    state = moves.state
    memory = state.oral
    if memory is None:
        return
    state.mark[0] = None
    now = max(memory.upto, at)
    all_seen = _seen(state, memory, now)
    before, tracks = memory.tracks, dict(memory.tracks)
    values: dict[str, list[Sample]] = {}
    for rule in state.compiled.on_intakes:
        state.mark[0] = rule.id
        if rule.id not in state.muted:
            values[rule.id] = _values(rule, all_seen)
            tracks[rule.id] = _folded(state, rule, memory, values[rule.id])
    state.mark[0] = None
    memory = structs.replace(memory, tracks=tracks, upto=now, next_at=_next_at(memory, now, all_seen))
    state.oral = _trimmed(state, memory, values)
    for rule in state.compiled.on_intakes:
        if tracks[rule.id] != before.get(rule.id):
            reconcile_rule(moves, rule, tracks[rule.id], at, newest=newest)


def _windows(state: PatientState) -> Windows:
    return state.compiled.windows or windows(IntakesText())


def _seen(state: PatientState, memory: OralMemory, now: Micros) -> Seen:
    stretch = (memory.since - MARGIN, max(now, memory.since) + AHEAD)
    return seen(
        memory.plans, memory.intakes, _windows(state), stretch=stretch, now=now, pauses=state.pauses,
        watched_from=state.watched_from,
    )  # fmt: skip


def _values(rule: LevelRule, found: Seen) -> list[Sample]:
    watch = rule.intakes
    if watch is None:
        raise TypeError(f"{rule.id}: expected a rule on intakes")
    return series(watch.watch, found, within=watch.within)


def _folded(
    state: PatientState, rule: LevelRule, memory: OralMemory, samples: Iterable[Sample], upto: Micros | None = None
) -> Track:
    """The condition of a rule after its values since `since`, or to before `upto`."""
    track = memory.base.get(rule.id) or level.start(rule)
    for sample in samples:
        if sample.at < memory.since or (upto is not None and sample.at >= upto):
            continue
        reading = _reading(state, rule, sample)
        track = level.advance(rule, track, reading, sample.value, counts=_counts(state, rule, memory, reading))
        current = track.current
        if current is not None and current.last_met_at == sample.at and current.newest is not None:
            track = structs.replace(track, current=_told(current, reading, sample))
    return track


def _reading(state: PatientState, rule: LevelRule, sample: Sample) -> Reading:
    last = sample.intakes[-1] if sample.intakes else None
    return Reading(
        state.patient, rule.code, sample.value, sample.at, sample.received_at,
        by="hub" if last is None else last.by, origin=None if last is None else last.origin,
        index=0 if last is None else last.index, method=sample.drug,
    )  # fmt: skip


def _counts(state: PatientState, rule: LevelRule, memory: OralMemory, reading: Reading) -> bool:
    """Whether a value counts: the plan it is compared with was known when it came; inside the phase, outside pauses."""
    if reading.received_at < memory.plans.known_since(key(reading.method or "")) or state.rests(reading):
        return False
    return state.inside(rule.gate, reading.measured_at)


def _told(episode: Episode, reading: Reading, sample: Sample) -> Episode:
    """What the sample means, and the intakes behind it, on the proofs that are this sample."""
    parts = tuple(
        Reading(
            i.patient, f"intake:{i.state}", 1.0, time_of(i), i.received_at, by=i.by, origin=i.origin, index=i.index,
            method=i.drug,
        )
        for i in sample.intakes
    )  # fmt: skip

    def shown(proof: Proof) -> Proof:
        return structs.replace(proof, parts=parts, said=sample.said) if proof.reading is reading else proof

    newest = None if episode.newest is None else shown(episode.newest)
    return structs.replace(episode, proofs=tuple(shown(proof) for proof in episode.proofs), newest=newest)


def _next_at(memory: OralMemory, now: Micros, found: Seen) -> Micros:
    """When the next dose that nobody has reported counts as missed; with none in sight, when to look again."""
    due = [
        at
        for row in found.matching.doses
        if row.dose.to_at + 2 * DAY > now and not row.events and not row.skipped and row.dose.held is None
        for entry in [memory.plans.at(row.dose.due_at).entry(row.dose.drug)]
        if (at := counts_at(row.dose, entry, found.windows)) > now
    ]
    look_again = max(now, memory.since) + AHEAD - 2 * DAY
    if not memory.plans.now.entries:
        return max(due, default=NEVER)
    return min([look_again, *due])


def _trimmed(state: PatientState, memory: OralMemory, values: Mapping[str, list[Sample]]) -> OralMemory:
    """Forgets the oldest intakes; what they meant stays in the base."""
    since = (memory.upto - KEPT) // DAY * DAY
    if len(memory.intakes) > MOST:
        since = max(since, time_of(memory.intakes[-MOST // 2]))
    elif memory.upto < memory.pinned_until or memory.since > since - STRIDE:
        return memory
    rules = state.compiled.on_intakes
    base = {
        rule.id: _folded(state, rule, memory, values.get(rule.id, ()), since)
        if rule.id in values
        else memory.tracks[rule.id]
        for rule in rules
    }
    kept = tuple(intake for intake in memory.intakes if time_of(intake) >= since - MARGIN)[-MOST:]
    return structs.replace(memory, since=since, base=base, intakes=kept)
