"""Putting stored samples back into a patient's memory: at start, around a late reading, and under a new plan. Pure.

It says nothing: everything put back was judged before. An alert, a dealt-with stretch or an episode that began before
the oldest sample at hand seeds the fold, so that its condition is neither forgotten nor found a second time.
"""

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct, structs

from alerts.core.oral import refilled
from alerts.core.oral_memory import KEPT, MARGIN
from alerts.core.reconcile import Settled, covered, settle, told_rank
from alerts.core.seed import seed
from alerts.core.state import PIN_FOR, PatientState, note_output, note_treatment, set_counts
from alerts.core.streams import Stream
from alerts.core.window import Count
from alerts.rules.fold import State, advance, start, with_track, without
from alerts.rules.level import Episode, LevelRule, Proof, Run, Track
from alerts.rules.level import start as start_track
from domain.alerts import Alert, Evidence, ModelOutput
from domain.instants import Micros
from domain.values import Intake, Origin, Reading
from domain.vocabulary import NEUTROPHILS


class History(Struct, frozen=True):
    """Stored samples of one patient (`alerts.core.samples`). Those of a code are without a gap up to the newest.

    `whole`: codes of which nothing older is stored. `heard`: when questionnaires were last answered, by code.
    `outputs`: what models said, in order of receipt.
    `intakes`: of oral drugs, without a gap since `intakes_from` (None: not asked for).
    """

    readings: Sequence[Reading]
    whole: frozenset[str] = frozenset()
    heard: Mapping[str, Micros] = {}
    outputs: Sequence[ModelOutput] = ()
    intakes: Sequence[Intake] = ()
    intakes_from: Micros | None = None


def load(
    state: PatientState,
    history: History,
    *,
    open_alerts: Sequence[Alert],
    closed_alerts: Sequence[Alert],
    number: int,
) -> PatientState:
    """Refills a fresh state from what is stored. `number`: how many alerts the patient has had."""
    state.number = number
    state.heard |= history.heard
    state.alerts = {alert.rule: alert for alert in open_alerts}
    newest_first = sorted(closed_alerts, key=lambda alert: alert.closed_at or 0)
    for alert in newest_first:
        stretch = settle(alert, alert.closed_at or alert.last_met_at, state.compiled.stepping)
        state.settled[alert.rule] = (*state.settled.get(alert.rule, ()), stretch)
        state.forget_settled(alert.rule)
    _mark_rearmed(state)
    for reading in history.readings:
        state.heard[reading.code] = max(reading.received_at, state.heard.get(reading.code, reading.received_at))
        kind, _, name = reading.code.partition(":")
        if kind in ("taken", "given"):
            note_treatment(state, name, reading.method or "", reading.measured_at)
    set_counts(state, (Count(r.measured_at, r.value) for r in history.readings if r.code == NEUTROPHILS))
    for output in history.outputs:
        note_output(state, output)
    stepping = state.compiled.stepping
    known = {alert.rule: _as_track(alert, stepping) for alert in newest_first if alert.condition_to is None}
    known |= {alert.rule: _as_track(alert, stepping) for alert in open_alerts if alert.state != "pending"}
    _refill(state, history, known)
    upto = _latest(state, history)
    _refill_oral(state, history, known, since=max(upto - KEPT, (history.intakes_from or 0) + MARGIN), upto=upto)
    return state


def _latest(state: PatientState, history: History) -> Micros:
    """The last moment of which anything is known: what time alone decides later is decided, and said, later."""
    said = [alert.opened_at for alert in state.alerts.values()]
    received = [reading.received_at for reading in history.readings]
    received += [intake.received_at for intake in history.intakes]
    return max([state.watched_from, *said, *received])


def _refill_oral(
    state: PatientState, history: History, known: Mapping[str, Track], *, since: Micros, upto: Micros
) -> None:
    """The intakes, if any rule looks at them. Says nothing."""
    state.oral = refilled(state, history.intakes, known, since=since, upto=upto)
    if state.oral is not None:
        for rule in state.compiled.on_intakes:
            settle_unknown(state, rule, state.oral.tracks[rule.id])


def _mark_rearmed(state: PatientState) -> None:
    """An alert that opened after the last closing, for a condition that had not ended, is the re-armed one."""
    for rule, alert in state.alerts.items():
        stretches = state.settled.get(rule)
        if stretches and alert.condition_at > stretches[-1].closed_at and alert.state != "pending":
            marked = structs.replace(stretches[-1], rearmed_at=alert.condition_at)
            state.settled[rule] = (*stretches[:-1], marked)


def remember(state: PatientState, history: History, *, at: Micros) -> PatientState:
    """The state with stored readings put back into memory, for a while after `at`."""
    other = state.fork()
    known = {rule.id: stream.track(rule) for stream in state.streams.values() for rule in stream.rules}
    if state.oral is not None and history.intakes_from is not None and history.intakes_from + MARGIN < state.oral.since:
        since = history.intakes_from + MARGIN
        _refill_oral(other, history, known | dict(state.oral.tracks), since=since, upto=state.oral.upto)
        if other.oral is not None:
            other.oral = structs.replace(other.oral, pinned_until=at + PIN_FOR)
    other.streams = {}
    _refill(other, history, known)
    for name, stream in other.streams.items():
        was = state.streams.get(name)
        if was is not None and _remembers_less(stream, was):
            other.streams[name] = was
        else:
            stream.pinned_until = at + PIN_FOR
    return other


def _remembers_less(stream: Stream, was: Stream) -> bool:
    """Whether a baseline, a trend or a count would be made of fewer samples than in the stream that was."""
    if not was.rules[0].memory or stream.floor_at is None:
        return False
    return was.floor_at is None or stream.floor_at + was.reach > was.floor_at


def _refill(state: PatientState, history: History, known: Mapping[str, Track]) -> None:
    """Folds stored readings into empty streams. `known`: what is known of each rule besides the samples."""
    by_code: dict[str, list[Reading]] = {}
    for reading in history.readings:
        by_code.setdefault(reading.code, []).append(reading)
    for name, rules in state.compiled.by_stream.items():
        codes = (rules[0].code,) if rules[0].source is None else rules[0].source.codes
        partial = [code for code in codes if code not in history.whole and by_code.get(code)]
        made = rules[0].source is not None
        # Values made of several codes are judged from where each code is at hand; older samples are only remembered.
        since = max(min(r.measured_at for r in by_code[code]) for code in partial) if made and partial else None
        samples = [reading for code in codes for reading in by_code.get(code, ())]
        stream = _refilled(state, rules, samples, known, judged_after=since)
        if partial and not made and stream.floor_at is None and stream.rows:
            stream.floor_at = stream.rows[0][0].measured_at - 1
        state.streams[name] = stream
        for rule in rules:
            settle_unknown(state, rule, stream.track(rule))


def _refilled(
    state: PatientState, rules: tuple[LevelRule, ...], samples: list[Reading], known: Mapping[str, Track],
    *, judged_after: Micros | None,
) -> Stream:  # fmt: skip
    """One stream. What is known of a condition goes on from where its samples begin to be judged.

    An alert that another plan opened stands as it was: samples before its condition are left out.
    """
    opened = [state.alerts[rule.id].condition_at for rule in rules if _by_another_plan(state, rule)]
    since = max([*opened, *([] if judged_after is None else [judged_after])], default=None)
    samples = sorted(samples, key=lambda reading: (reading.measured_at, reading.received_at))
    early = [reading for reading in samples if since is not None and reading.measured_at <= since]
    samples = samples[len(early) :]
    oldest = samples[0].measured_at if samples else None
    stream = Stream(rules, tuple(start(rule, seed(rule, known.get(rule.id), oldest)) for rule in rules))
    stream.floor_at = since
    for reading in early:
        stream.prime(reading, state.corrected(reading))
    for reading in samples:
        stream.insert(reading, state.corrected(reading), state.gate)
    return stream


def _by_another_plan(state: PatientState, rule: LevelRule) -> bool:
    alert = state.alerts.get(rule.id)
    if alert is None or alert.state == "pending":
        return False
    return alert.opened_at < state.planned_at or any(found.received_at < state.planned_at for found in alert.evidence)


def _as_track(alert: Alert, stepping: Sequence[LevelRule]) -> Track:
    """The episode an alert speaks of. No runs: they are in the samples, or over."""
    if alert.disproved:
        return Track(())
    last = max(alert.last_met_at, alert.condition_at)
    proofs = tuple(_proof(alert.patient, found) for found in alert.evidence)
    episode = Episode(
        alert.condition_at, alert.criterion, told_rank(alert, stepping), alert.condition_at, last, proofs,
        proofs[-1] if proofs else None, alert.condition_to,
    )  # fmt: skip
    return Track((), None, (episode,)) if alert.condition_to is not None else Track((), episode)


def _proof(patient: str, found: Evidence) -> Proof:
    parts = (found.reading or "").split("/")
    named = len(parts) == 4 and parts[2].isdigit() and parts[3].isdigit()
    reading = Reading(
        patient,
        found.code,
        found.value,
        found.measured_at,
        found.received_at,
        found.body_site,
        by=found.by or "device",
        origin=Origin(parts[0], parts[1], int(parts[2])) if named else None,
        index=int(parts[3]) if named else 0,
    )
    return Proof(reading, found.value if found.corrected is None else found.corrected, found.limit or "")


def settle_unknown(state: PatientState, rule: LevelRule, track: Track) -> None:
    """Episodes before what an alert speaks of, or finished without any, were decided long ago: they open nothing."""
    alert = state.alerts.get(rule.id)
    opened = alert is not None and alert.state != "pending"
    for episode in track.episodes if opened else track.finished:
        if alert is not None and opened and episode.condition_at >= alert.condition_at:
            continue
        if not covered(state.settled.get(rule.id, ()), episode):
            stretch = Settled(episode.condition_at, episode.last_met_at, episode.rank, episode.end)
            state.settled[rule.id] = (*state.settled.get(rule.id, ()), stretch)
            state.forget_settled(rule.id)


def replanned(
    before: Stream | None, rules: tuple[LevelRule, ...], state: PatientState, others: Iterable[Stream] = ()
) -> Stream:
    """A stream under new rules: episodes go on, runs are those of the new rules, the newest sample is judged again.

    `others`: all streams so far; a value made out of several samples finds its codes among them.
    """
    known = {} if before is None else {rule.id: (rule, before.track(rule)) for rule in before.rules}
    folded, held = _held(before, rules, others)
    if not folded:  # what is known of a condition goes on, also when no sample of it is at hand
        return Stream(
            rules, tuple(start(rule, _carried(rule, start_track(rule), known.get(rule.id))) for rule in rules)
        )
    fresh = Stream(rules, held)
    for reading in folded if rules[0].source is None else folded[:-1]:
        fresh.insert(reading, state.corrected(reading), state.gate)
    newest = folded[-1]
    value = state.corrected(newest)
    base: list[State] = []
    for rule in rules:
        carried = with_track(fresh.state(rule), _carried(rule, fresh.track(rule), known.get(rule.id)))
        counts = state.inside(rule.gate, newest.measured_at) and not state.paused(newest.measured_at)
        base.append(advance(rule, carried, newest, value, counts=counts))
    stream = Stream(rules, tuple(base))
    stream.last = newest
    stream.floor_at = newest.measured_at  # what is judged stays judged: no sample is kept to be folded again
    return stream


def _held(
    before: Stream | None, rules: tuple[LevelRule, ...], others: Iterable[Stream]
) -> tuple[list[Reading], tuple[State, ...] | None]:
    """The samples at hand, the newest last, and what a rule on several samples remembers from before them."""
    source, last = rules[0].source, None if before is None else before.last
    if before is not None and last is not None and before.rules[0].source == source:
        if source is None:
            return before.samples or [last], None
        rule = rules[0]
        held = with_track(before.base_of(rule), start_track(rule))
        return (before.samples, (held,)) if before.rows else ([last], (without(held, last),))
    if source is None:
        return [], None
    found = [r for stream in others for r in (*stream.samples, stream.last) if r is not None and r.code in source.codes]
    return sorted(found, key=lambda reading: (reading.measured_at, source.codes.index(reading.code))), None


def _carried(rule: LevelRule, fresh: Track, known: tuple[LevelRule, Track] | None) -> Track:
    """What goes on. A run beyond a bound that has not changed may have begun before the samples at hand."""
    if known is None:
        return Track(fresh.runs)
    former, track = known
    begun = {(c.low, c.high): run for c, run in zip(former.criteria, track.runs, strict=False) if run is not None}
    runs = tuple(
        run if run is None else _earlier(run, begun.get((criterion.low, criterion.high)))
        for criterion, run in zip(rule.criteria, fresh.runs, strict=True)
    )
    return Track(runs, track.current, track.finished, track.normal_at)


def _earlier(run: Run, before: Run | None) -> Run:
    if before is None or before.first.reading.measured_at >= run.first.reading.measured_at:
        return run
    return structs.replace(run, first=before.first)
