"""A rule that fails or runs away is taken out for its patient; the others go on, and a technical alert says so.

`Guarded.step` is the engine's `step` with that promise. A runaway rule is found by the processor time its thread uses,
so a slow machine is no failure: a watching thread raises `RanAway` inside it, at a moment when that is safe.
"""

import ctypes
import threading
import time
import traceback
from collections.abc import Sequence

import structlog

from alerts import engine, flags
from alerts.moves import Moves
from alerts.plan import Library
from alerts.state import PatientState
from domain.alerts import AlertEvent, Input
from domain.instants import Micros

LONGEST = 10.0  # seconds of processor time that the inputs of one patient may take: many times what they need
LOOKS = 0.25  # seconds between looks of the watching thread
Result = tuple[PatientState, list[AlertEvent]]
log = structlog.get_logger("alerts")


class RanAway(Exception):
    """A rule used more processor time than any rule can need."""


class Watch:
    """Ends an evaluation that uses too much processor time. One for each thread that steps."""

    def __init__(self, longest: float = LONGEST) -> None:
        self._longest = longest
        self._lock = threading.Lock()
        self._began: tuple[int, int, float] | None = None  # thread, its clock, its processor time
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self) -> None:
        """An evaluation begins in this thread."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="rule-watch", daemon=True)
            self._thread.start()
        ident = threading.get_ident()
        with self._lock:
            self._began = (ident, time.pthread_getcpuclockid(ident), time.thread_time())

    def end(self) -> None:
        """It is over. What was raised a moment ago arrives here, not later."""
        with self._lock:
            self._began = None
        for _ in range(8):
            pass  # an exception set by the watching thread is raised at a jump back

    def _look(self) -> None:
        while not self._stop.wait(LOOKS):
            with self._lock:
                if self._began is None:
                    continue
                ident, clock, since = self._began
                if time.clock_gettime(clock) - since > self._longest:
                    self._began = None
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(RanAway))

    def close(self) -> None:
        """Ends the watching thread."""
        self._stop.set()


class Guarded:
    """The engine's step, with failures confined to a rule, or at worst to a patient."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch

    def step(self, state: PatientState, inputs: Sequence[Input], library: Library, *, at: Micros) -> Result:
        """As `engine.step`. `at`: when a technical alert would be raised. Never raises for a rule."""
        said: list[AlertEvent] = []
        while True:
            try:
                after, events = self._watched(state, inputs, library)
                return after, [*said, *events]
            except Exception:  # noqa: BLE001 - whatever a rule raises is confined and said
                rule = state.mark[0]
                log.error("a rule failed", patient=state.patient, rule=rule, trace=traceback.format_exc())
            if rule is None or rule in state.muted:
                return self._one_by_one(state, inputs, library, at=at)
            state, told = without(state, rule, at)
            said += told

    def _watched(self, state: PatientState, inputs: Sequence[Input], library: Library) -> Result:
        self._watch.begin()
        try:
            return engine.step(state, inputs, library)
        finally:
            self._watch.end()

    def _one_by_one(self, state: PatientState, inputs: Sequence[Input], library: Library, *, at: Micros) -> Result:
        """No rule is to blame: the inputs that can be judged are, the others are said."""
        events: list[AlertEvent] = []
        for found in inputs:
            try:
                state, said = self._watched(state, [found], library)
            except Exception:  # noqa: BLE001 - the same for an input
                kind, trace = type(found).__name__, traceback.format_exc()
                log.error("an input could not be judged", patient=state.patient, kind=kind, trace=trace)
                moves = Moves(state.fork())
                flags.engine_fault(moves, at)
                state, said = moves.state, moves.events
            events += said
        return state, events


def without(state: PatientState, rule: str, at: Micros) -> Result:
    """The state with a rule off, until the next plan or start, and the alert that says so."""
    moves = Moves(state.fork())
    moves.state.muted |= {rule}
    flags.engine_fault(moves, at, rule)
    return moves.state, moves.events
