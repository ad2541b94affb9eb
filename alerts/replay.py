"""The live engine over recorded inputs: same `step`, same ticks, same memory. No I/O: rows in, events out.

Called by `vigie replay` and by rule tests. The clock stops at the last row.
"""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Sequence
from heapq import heappop, heappush
from itertools import groupby
from operator import itemgetter
from typing import Any

from alerts.core.lateness import needs_history
from alerts.core.oral_memory import MARGIN
from alerts.core.refill import History, remember
from alerts.core.samples import samples
from alerts.core.state import PatientState, new_state
from alerts.core.taking_back import OF_INTAKES
from alerts.core.ticking import NEVER, next_due, on_grid
from alerts.core.verdict import Finding, findings
from alerts.engine import step
from alerts.protocol.plan import Library
from domain.alerts import AlertEvent, Input, Tick
from domain.instants import Micros
from domain.retracting import retracted
from domain.values import Intake, Reading, Rejected, Retraction
from domain.vocabulary import NEUTROPHILS

LOOKBACK = 256  # samples of each stream before a late one that are put back


class Recording:
    """Plays inputs in order of receipt, patient by patient, and keeps what it played as the history."""

    def __init__(self, library: Library, plans: dict[str, dict[str, Any]]) -> None:
        self._library = library
        self._plans = plans
        self._states: dict[str, PatientState] = {}
        self._history: dict[str, dict[str, list[tuple[Micros, int, Reading]]]] = {}
        self._intakes: dict[str, list[Intake]] = {}
        self._ticked: dict[str, Micros] = {}
        self._due: list[tuple[Micros, str]] = []  # a heap; entries may be stale and are checked when they come up
        self._planned: dict[str, Micros] = {}  # the tick of each patient that is on the heap
        self._played = 0
        self._now: Micros = 0

    def play(self, inputs: Iterable[tuple[str, Micros, Input]]) -> Iterator[AlertEvent | Rejected]:
        """Events of (patient, received_at, input) rows in order of receipt, in order of decision, ticks included.

        A refused row is passed on as it is, before what it causes.
        """
        last: Micros | None = None
        for at, rows in groupby(inputs, key=_RECEIVED):
            last = self._now = at
            if self._due and self._due[0][0] <= at:
                yield from self._tick_all(at)
            together: dict[str, list[Input]] = {}
            for patient, _, found in rows:
                if isinstance(found, Rejected):
                    yield found
                together.setdefault(patient, []).append(found)
            for patient, inputs_of in together.items():
                if patient not in self._states:
                    self._begin(patient, at)
                if events := self._step(patient, inputs_of, at):
                    yield from events
        if last is not None:
            yield from self._tick_all(last)

    def state(self, patient: str) -> PatientState:
        """The state of a patient that was played. KeyError otherwise."""
        return self._states[patient]

    def findings(self) -> Iterator[tuple[str, Finding]]:
        """What every rule says of every patient at the last row."""
        for patient, state in self._states.items():
            for found in findings(state, self._now):
                yield patient, found

    def _begin(self, patient: str, at: Micros) -> None:
        plan = self._plans.get(patient, {})
        self._states[patient] = new_state(patient, "replay", plan, self._library, set_at=0, watched_from=at)
        self._ticked[patient] = at
        self._history[patient] = {}

    def _schedule(self, patient: str) -> None:
        """The patient's next tick, unless an earlier one is on the heap: that one will look again."""
        due = next_due(self._states[patient])
        if due is None:
            self._planned[patient] = NEVER
            return
        at = max(on_grid(due), on_grid(self._ticked[patient] + 1))
        planned = self._planned.get(patient)
        if planned is None or at < planned:
            self._planned[patient] = at
            heappush(self._due, (at, patient))

    def _tick_all(self, upto: Micros) -> Iterator[AlertEvent]:
        """Every tick up to a moment that can matter, of all patients in order of time."""
        while self._due and self._due[0][0] <= upto:
            at, patient = heappop(self._due)
            if self._planned.get(patient) != at:
                continue  # an earlier one took its place
            del self._planned[patient]
            due = next_due(self._states[patient])
            if due is None or on_grid(due) > at or at <= self._ticked[patient]:
                self._schedule(patient)
                continue
            self._ticked[patient] = at
            self._states[patient], events = step(self._states[patient], [Tick(at)], self._library)
            yield from events
            self._schedule(patient)

    def _step(self, patient: str, together: Sequence[Input], at: Micros) -> list[AlertEvent]:
        state = self._states[patient]
        late = needs_history(state, together)
        if late is not None:
            state = remember(state, self._recall(patient, late), at=at)
        self._states[patient], events = step(state, together, self._library)
        later, history = True, self._history[patient]
        for found in together:
            if isinstance(found, Reading):
                self._keep(history, found)
                later = later and found.code != NEUTROPHILS
            else:
                later = False
        if not later:
            self._keep_others(patient, together)
        if events or not later or patient not in self._planned:  # else: what was said can only put the next tick off
            self._schedule(patient)
        return events

    def _keep(self, history: dict[str, list[tuple[Micros, int, Reading]]], sample: Reading) -> None:
        self._played += 1
        at = sample.measured_at
        rows = history.get(sample.code)
        if rows is None:
            history[sample.code] = [(at, self._played, sample)]
        elif not rows or rows[-1][0] <= at:
            rows.append((at, self._played, sample))
        else:
            insort(rows, (at, self._played, sample), key=_order)

    def _keep_others(self, patient: str, together: Sequence[Input]) -> None:
        for found in self._standing(patient, together):
            if isinstance(found, Intake):
                self._intakes.setdefault(patient, []).append(found)
            for sample in () if isinstance(found, Reading) else samples(found):
                self._keep(self._history[patient], sample)

    def _standing(self, patient: str, together: Sequence[Input]) -> list[Input]:
        """What is stored of these inputs, after what they take back has left the history."""
        back = self._states[patient].retractions
        if any(isinstance(found, Retraction) for found in together):
            known = self._intakes.get(patient, [])
            self._intakes[patient] = [intake for intake in known if retracted(intake, back) is None]
            for code, rows in self._history[patient].items():
                if code.startswith(OF_INTAKES):
                    rows[:] = [row for row in rows if retracted(row[2], back) is None]
        return [found for found in together if not (isinstance(found, Intake) and retracted(found, back))]

    def _recall(self, patient: str, since: Micros) -> History:
        found: list[Reading] = []
        whole = set()
        for code, rows in self._history[patient].items():
            before = bisect_left(rows, (since, 0), key=_order)
            found += [row[2] for row in rows[max(0, before - LOOKBACK) :]]
            if before <= LOOKBACK:
                whole.add(code)
        since -= MARGIN
        return History(found, frozenset(whole), intakes=self._intakes.get(patient, ()), intakes_from=since)


_RECEIVED = itemgetter(1)


def _order(row: tuple[Micros, int, Reading]) -> tuple[Micros, int]:
    return row[:2]
