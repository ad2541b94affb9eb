"""One fold for every kind of rule: start, advance, track. Pure. Streams call these and nothing of the kinds' own."""

from alerts.rules import derived, level
from alerts.rules.derived import Derived
from alerts.rules.level import LevelRule, Track
from alerts.rules.source import Source
from domain.values import Reading

State = Track | Derived


def start(rule: LevelRule, track: Track | None = None) -> State:
    """The state before any sample. `track`: what is known of the condition already."""
    if rule.source is None:
        return level.start(rule) if track is None else track
    return derived.start(rule, rule.source, track)


def advance(rule: LevelRule, state: State, reading: Reading, value: float, *, counts: bool = True) -> State:
    """The state after one more sample, in measured order."""
    if isinstance(state, Track):
        return level.advance(rule, state, reading, value, counts=counts)
    return derived.advance(rule, rule.source or _source(rule), state, reading, value=value, counts=counts)


def remember(rule: LevelRule, state: State, reading: Reading, value: float) -> State:
    """The state after a sample that another one of the same instant follows, in a stream of several codes."""
    return state if isinstance(state, Track) else derived.remember(_source(rule), state, reading, value)


def prime(rule: LevelRule, state: State, reading: Reading, value: float) -> State:
    """The state after a sample that is only remembered, not judged."""
    if isinstance(state, Track):
        return state
    return derived.prime(_source(rule), state, reading, value)


def track_of(state: State) -> Track:
    """The condition so far."""
    return state if isinstance(state, Track) else state.track


def with_track(state: State, track: Track) -> State:
    """The same memory with another condition."""
    if isinstance(state, Track):
        return track
    return Derived(state.memory, -1, track, track, state.missing)


def without(state: State, reading: Reading) -> State:
    """The state of a count without its newest sample, which is about to be judged again."""
    if isinstance(state, Derived) and state.memory[-1:] == (reading.measured_at,):
        return Derived(state.memory[:-1], -1, state.track, state.track, state.missing)
    return state


def missing(state: State) -> tuple[str, ...]:
    """What the value could not be made of."""
    return state.missing if isinstance(state, Derived) else ()


def _source(rule: LevelRule) -> Source:
    if rule.source is None:
        raise TypeError(f"{rule.id}: expected a source")
    return rule.source
