"""Which stored samples must be put back (`refill.remember`) before some inputs can be judged. Pure."""

from collections.abc import Iterable

from alerts.core.samples import samples
from alerts.core.state import PatientState, in_order, windows
from alerts.core.window import Count, first_difference
from alerts.oral.matching import time_of
from domain.alerts import Input
from domain.instants import Micros
from domain.retracting import retracted
from domain.values import Given, Intake, Reading, Retraction
from domain.vocabulary import NEUTROPHILS


def needs_history(state: PatientState, inputs: Iterable[Input]) -> Micros | None:
    """The measured time from which stored samples must be put back before these inputs are judged; None: from none."""
    since: list[Micros] = []
    routes, streams = state.compiled.routes, state.streams
    for found in inputs:
        for sample in (found,) if isinstance(found, Reading) else samples(found):
            at = sample.measured_at
            for key in routes.get(sample.code, ()):
                stream = streams.get(key)
                if stream is not None and stream.floor_at is not None and stream.is_older_than_memory(at):
                    since.append(at - stream.reach)
        if isinstance(found, Intake) and state.oral is not None and time_of(found) < state.oral.since:
            since.append(time_of(found))
        if isinstance(found, Retraction) and state.oral is not None:
            gone = [time_of(one) for one in state.oral.intakes if retracted(one, (found,)) is not None]
            since += [at for at in gone if at < state.oral.since]
        if isinstance(found, Reading) and found.code == NEUTROPHILS:
            since += _regated_from(state, Count(found.measured_at, found.value))
        if isinstance(found, Given) and found.kind == "chemotherapy":
            since += _gated_from(state, found.given_at)  # a phase begins there
    return min(since, default=None)


def _regated_from(state: PatientState, count: Count) -> list[Micros]:
    """Where a count changes the window before what memory holds."""
    pairs = zip((state.known_window, state.window), windows(state, in_order((*state.counts, count))), strict=True)
    edges = [edge for before, after in pairs if (edge := first_difference(before, after)) is not None]
    return _gated_from(state, min(edges)) if edges else []


def _gated_from(state: PatientState, edge: Micros) -> list[Micros]:
    gated = [s for s in state.streams.values() if any(rule.gate != "always" for rule in s.rules)]
    return [edge - stream.reach for stream in gated if stream.is_older_than_memory(edge)]
