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

from alerts import engine
from alerts.core import flags, refill
from alerts.core.moves import Moves
from alerts.core.refill import History
from alerts.core.state import PatientState
from alerts.protocol.plan import Library
from domain.alerts import Alert, AlertEvent, Input
from domain.instants import Micros

LONGEST = 10.0  # seconds of processor time that the inputs of one patient may take: many times what they need
PATIENTS = 3  # a rule that ran away for so many is off for everybody: each one more would hold up all for as long
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
        self._ident: int | None = None  # the thread, while it evaluates
        self._number = 0  # of the evaluation
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    def __enter__(self) -> None:
        """An evaluation begins in this thread. Called for every message: only the watching thread reads clocks."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._look, name="rule-watch", daemon=True)
            self._thread.start()
        self._number += 1
        self._ident = threading.get_ident()

    def __exit__(self, *raised: object) -> None:
        """It is over. What was raised a moment ago arrives here, not later."""
        with self._lock:
            self._ident = None
        for _ in range(8):
            pass  # an exception set by the watching thread is raised at a jump back

    def _look(self) -> None:
        """Processor time counts from the first look at an evaluation."""
        number, since = 0, 0.0
        while not self._stop.wait(LOOKS):
            with self._lock:
                ident = self._ident
                if ident is None:
                    continue
                used = time.clock_gettime(time.pthread_getcpuclockid(ident))
                if number != self._number:
                    number, since = self._number, used
                elif used - since > self._longest:
                    self._ident = None
                    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(ident), ctypes.py_object(RanAway))

    def close(self) -> None:
        """Ends the watching thread."""
        self._stop.set()


class Guarded:
    """The engine's step and what is put back into memory, with failures confined to a rule, or at worst to a patient.

    Loading says nothing: what failed there is owed, and said with the first step of the state that was loaded. A rule
    that ran away for several patients is off for the others too, and said of each, until other protocols are in force.
    """

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._library: Library | None = None
        self._ran_away: dict[str, set[str]] = {}
        self._owed: dict[str, tuple[PatientState, list[str | None]]] = {}

    def load(
        self,
        state: PatientState,
        history: History,
        *,
        open_alerts: Sequence[Alert],
        closed_alerts: Sequence[Alert],
        number: int,
    ) -> PatientState:
        """As `refill.load` of a fresh state. A rule that fails is off; a history that no rule is to blame for is left
        out. Never raises for a rule."""
        failed: list[str | None] = [*self._outlaws(state)]
        state.muted |= frozenset(self._outlaws(state))
        while True:
            tried = state.fork()
            state.mark[0] = None
            try:
                with self._watch:
                    refill.load(tried, history, open_alerts=open_alerts, closed_alerts=closed_alerts, number=number)
                break
            except Exception as error:  # noqa: BLE001 - whatever a rule raises is confined and said
                rule = self._blamed(state, error, "a rule failed on what is stored")
            if rule is None and None in failed:
                raise RuntimeError(f"{state.patient}: expected a patient who can be loaded without any history")
            failed.append(rule)
            if rule is None:
                history = History(())
            else:
                state.muted |= {rule}
        if failed:
            self._owed[state.patient] = (tried, failed)
        return tried

    def owes(self, state: PatientState) -> bool:
        """Whether something failed when this state was loaded that has not been said."""
        found = self._owed.get(state.patient)
        return found is not None and found[0] is state

    def said(self, state: PatientState, at: Micros) -> Result:
        """What is owed of this very state: said again until a state that follows from it was adopted."""
        events: list[AlertEvent] = []
        if self.owes(state):
            for rule in self._owed[state.patient][1]:
                state, told = without(state, rule, at)
                events += told
        return state, events

    def remember(self, state: PatientState, history: History, *, at: Micros) -> Result:
        """As `refill.remember`, with what a rule's failure leads to."""
        events: list[AlertEvent] = []
        while True:
            state.mark[0] = None
            try:
                with self._watch:
                    return refill.remember(state, history, at=at), events
            except Exception as error:  # noqa: BLE001 - whatever a rule raises is confined and said
                rule = self._blamed(state, error, "a rule failed on what is stored")
            state, told = without(state, rule, at)
            events += told
            if rule is None:
                return state, events

    def step(self, state: PatientState, inputs: Sequence[Input], library: Library, *, at: Micros) -> Result:
        """As `engine.step`. `at`: when a technical alert would be raised. Never raises for a rule."""
        if library is not self._library:
            self._ran_away, self._library = {} if self._library is not None else self._ran_away, library
        said: list[AlertEvent] = []
        for outlaw in self._outlaws(state):
            state, told = without(state, outlaw, at)
            said += told
        while True:
            try:
                with self._watch:
                    after, events = engine.step(state, inputs, library)
                return after, [*said, *events]
            except Exception as error:  # noqa: BLE001 - whatever a rule raises is confined and said
                rule = self._blamed(state, error, "a rule failed")
            if rule is None:
                return self._one_by_one(state, inputs, library, at=at)
            state, told = without(state, rule, at)
            said += told

    def _blamed(self, state: PatientState, error: Exception, what: str) -> str | None:
        """The rule that was being evaluated; None when no rule is to blame. Called where its exception is handled."""
        rule = state.mark[0]
        log.error(what, patient=state.patient, rule=rule, trace=traceback.format_exc())
        if rule is None or rule in state.muted:
            return None
        if isinstance(error, RanAway):
            self._ran_away.setdefault(rule, set()).add(state.patient)
        return rule

    def _outlaws(self, state: PatientState) -> list[str]:
        """Rules of this patient that have run away for too many others."""
        if not self._ran_away:
            return []
        wanted = [rule for rule, patients in self._ran_away.items() if len(patients) >= PATIENTS]
        return [rule.id for rule in state.compiled.levels if rule.id in wanted and rule.id not in state.muted]

    def _one_by_one(self, state: PatientState, inputs: Sequence[Input], library: Library, *, at: Micros) -> Result:
        """No rule is to blame: the inputs that can be judged are, the others are said."""
        events: list[AlertEvent] = []
        for found in inputs:
            try:
                with self._watch:
                    state, said = engine.step(state, [found], library)
            except Exception:  # noqa: BLE001 - the same for an input
                kind, trace = type(found).__name__, traceback.format_exc()
                log.error("an input could not be judged", patient=state.patient, kind=kind, trace=trace)
                moves = Moves(state.fork())
                flags.engine_fault(moves, at)
                state, said = moves.state, moves.events
            events += said
        return state, events


def without(state: PatientState, rule: str | None, at: Micros) -> Result:
    """The state with a rule off, until the next plan or start, and the alert that says so. None: nobody knows which."""
    moves = Moves(state.fork())
    if rule is not None:
        moves.state.muted |= {rule}
    flags.engine_fault(moves, at, rule)
    return moves.state, moves.events
