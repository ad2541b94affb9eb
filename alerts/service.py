"""The owner of the patients' states: loads them, steps them for whoever receives inputs, writes what follows.

It implements the seam `ingest.decider`: nothing has happened until a decision is adopted, after its commit. An
exception in a rule is confined to its patient, becomes a technical alert, and the others go on.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import psycopg
import structlog

from alerts import flags
from alerts.engine import GRID, needs_history, next_due, on_grid, step
from alerts.moves import Moves
from alerts.plan import Library
from alerts.refill import History, load, remember
from alerts.state import PatientState, new_state
from alerts.streams import KEPT, PINNED
from domain.alerts import Action, Alert, AlertEvent, Input, PlanSet, Tick
from domain.instants import DAY, Micros
from domain.values import Reading
from domain.vocabulary import MEASURES, NEUTROPHILS
from storage import alerts as rows
from storage import history, inbox

LOOKBACK = 256  # samples of each stream before a late one that are put back
CLOSED_KEPT = 4  # closed alerts remembered a patient and rule
LOAD_AT_ONCE = 500
MOST_SINCE_OPEN = 2000  # samples of a stream read back for an alert that is open, or was closed while it held
RECENT = 7 * DAY  # an alert closed longer ago has been re-armed or is over
DEFAULT_PLAN: dict[str, Any] = {"protocol": "chemo-aplasia"}

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
log = structlog.get_logger("alerts")


class Decided:
    """New states and events of some inputs. `done`: rows of the inbox that the inputs came from."""

    def __init__(self, owner: "Owner", at: Micros) -> None:
        self._owner = owner
        self.at = at
        self.states: dict[str, PatientState] = {}
        self.events: list[tuple[str, AlertEvent]] = []
        self.done: list[tuple[str, str, dict[str, Any]]] = []

    @property
    def event_count(self) -> int:
        """How many alert events `write` writes."""
        return len(self.events)

    def alert(self, name: str) -> Alert | None:
        """The alert as the last of these inputs left it, which is not stored yet; None when none of them touched it."""
        return next((event.alert for _, event in reversed(self.events) if event.alert.id == name), None)

    def write(self, conn: psycopg.Connection[Any]) -> None:
        """Events, alerts as they left them, deadlines, finished inbox rows, into the caller's transaction."""
        if self.events:
            rows.lock_event_ids(conn)
            rows.insert_events(conn, self.events, recorded_at=self.at)
            last = {event.alert.id: (site, event.alert) for site, event in self.events}
            # closed ones first: a rule has one alert that is not closed at any moment
            changed = sorted(last.values(), key=lambda row: row[1].state != "closed")
            rows.upsert(conn, changed)
            rows.replace_timers(conn, [alert for _, alert in changed])
        for action, outcome, detail in self.done:
            inbox.finish(conn, action, outcome, detail=detail, at=self.at)

    def adopt(self) -> None:
        """The commit happened: the new states are the states."""
        self._owner.states.update(self.states)


class Owner:
    """All patients of some sites (None: every site). `connect` lends a connection for reading what is stored."""

    def __init__(self, library: Library, connect: Connect, sites: Sequence[str] | None = None) -> None:
        self._library = library
        self._connect = connect
        self._sites = sites
        self._ticked: Micros | None = None
        self._polled: Micros | None = None
        self.states: dict[str, PatientState] = {}

    def load(self) -> int:
        """Every patient under watch, from what is stored. Says nothing. Returns how many there are."""
        self.states.clear()
        self._ticked = None
        with self._connect() as conn:
            found = history.patients(conn, sites=self._sites)
            for start in range(0, len(found), LOAD_AT_ONCE):
                self._load_some(conn, found[start : start + LOAD_AT_ONCE])
        return len(self.states)

    def _load_some(self, conn: psycopg.Connection[Any], watched: Sequence[history.Watched]) -> None:
        names = [row.patient for row in watched]
        opened, closed = (
            _by_patient(rows.open_alerts(conn, names)),
            _by_patient(rows.last_closed(conn, names, each=CLOSED_KEPT)),
        )
        numbers = rows.numbers(conn, names)
        states = {row.patient: self._fresh(row) for row in watched}
        codes = sorted({NEUTROPHILS, *(code for state in states.values() for code in _codes(state))})
        readings: dict[str, list[Reading]] = {}
        for reading in history.newest(conn, names, codes, each=KEPT):
            readings.setdefault(reading.patient, []).append(reading)
        for name, state in states.items():
            known = History(readings.get(name, ()), whole(readings.get(name, ()), KEPT))
            spoken_of = [
                *opened.get(name, ()),
                *(found for found in closed.get(name, ()) if found.condition_to is None),
            ]
            self.states[name] = load(
                state,
                further(partial(history.around, conn), state, known, spoken_of),
                open_alerts=opened.get(name, ()),
                closed_alerts=closed.get(name, ()),
                number=numbers.get(name, 0),
            )

    def _fresh(self, row: history.Watched) -> PatientState:
        plan, set_at = (row.plan, row.plan_set_at) if row.plan is not None else (DEFAULT_PLAN, row.created_at)
        try:
            return new_state(
                row.patient, row.site, plan, self._library, set_at=set_at or row.created_at, watched_from=row.created_at
            )
        except ValueError:
            log.exception("plan cannot be used, the default plan watches the patient", patient=row.patient)
            return new_state(
                row.patient, row.site, DEFAULT_PLAN, self._library, set_at=row.created_at, watched_from=row.created_at
            )

    def decide(self, inputs: Mapping[str, Sequence[Input]], *, at: Micros) -> Decided:
        """Steps patients; patient id -> its inputs in the order of arrival."""
        unknown = [patient for patient in inputs if patient not in self.states]
        if unknown:
            with self._connect() as conn:
                self._load_some(conn, history.patients(conn, only=unknown))
        decided = Decided(self, at)
        for patient, found in inputs.items():
            if patient in self.states:
                self._step(decided, patient, found)
            else:
                log.error("inputs of a patient who is not under watch are stored and not judged", patient=patient)
        return decided

    def _step(self, decided: Decided, patient: str, inputs: Sequence[Input]) -> None:
        before = decided.states.get(patient, self.states[patient])
        try:
            late = needs_history(before, inputs)
            if late is not None:
                before = self._remember(before, late, decided.at)
            after, events = step(before, inputs, self._library)
        except psycopg.Error:
            raise  # the database is away: the caller tries again, nothing has happened
        except Exception:
            log.exception("a rule failed: its patient's inputs are judged one by one", patient=patient)
            after, events = self._one_by_one(before, inputs, decided.at)
        decided.states[patient] = after
        decided.events += [(after.site, event) for event in events]

    def _one_by_one(
        self, state: PatientState, inputs: Sequence[Input], at: Micros
    ) -> tuple[PatientState, list[AlertEvent]]:
        events: list[AlertEvent] = []
        for found in inputs:
            try:
                state, said = step(state, [found], self._library)
            except Exception:
                log.exception("an input could not be judged", patient=state.patient, kind=type(found).__name__)
                moves = Moves(state.fork())
                flags.engine_fault(moves, at)
                state, said = moves.state, moves.events
            events += said
        return state, events

    def _remember(self, state: PatientState, since: Micros, at: Micros) -> PatientState:
        with self._connect() as conn:
            codes = _codes(state)
            found = history.around(conn, state.patient, codes, since=since, before=LOOKBACK, most=PINNED)
        return remember(state, _joined(History(()), found, codes, since=since, before=LOOKBACK, most=PINNED), at=at)

    def next_tick(self, at: Micros) -> Decided | None:
        """Time passing up to `at`; None when nothing is due. Ticks fall on the grid, as in a replay."""
        grid = at // GRID * GRID
        if self._polled == grid:
            return None
        decided = Decided(self, at)
        for patient, state in self.states.items():
            due = next_due(state)
            if due is not None and due <= grid:
                self._step(decided, patient, [Tick(self._tick_at(due, grid))])
        if decided.events:
            return decided
        decided.adopt()
        self._polled = self._ticked = grid
        return None

    def _tick_at(self, due: Micros, grid: Micros) -> Micros:
        return grid if self._ticked is None else min(grid, max(on_grid(due), self._ticked))

    def actions(self, conn: psycopg.Connection[Any], *, at: Micros) -> Decided | None:
        """What people did to alerts and plans; None when nothing waits."""
        waiting = inbox.waiting(conn, ("alert", "plan"), 200)
        if not waiting:
            return None
        decided = Decided(self, at)
        for row in waiting:
            found = self._input(conn, row, decided)
            if row.patient not in self.states:
                self._load_some(conn, history.patients(conn, only=[row.patient]))
            if found is None or row.patient not in self.states:
                decided.done.append((row.id, "refused", {"detail": "alert: expected one that exists"}))
                continue
            said = len(decided.events)
            self._step(decided, row.patient, [found])
            decided.done.append((row.id, *_outcome(row, decided.events[said:])))
        return decided

    def _input(self, conn: psycopg.Connection[Any], row: inbox.Waiting, decided: Decided) -> Input | None:
        at = decided.at
        if row.kind == "plan":
            return PlanSet(row.patient, row.body, at)
        name = row.alert or ""
        alert = decided.alert(name) or rows.by_id(conn, name)
        if alert is None or alert.patient != row.patient:
            return None
        body = row.body
        return Action(
            row.id, row.patient, alert.id, body["action"], row.actor, row.role, at, body.get("reason"),
            body.get("until"), body.get("assignee"), row.expected_version, alert if alert.state == "closed" else None,
        )  # fmt: skip


def _outcome(row: inbox.Waiting, events: Iterable[tuple[str, AlertEvent]]) -> tuple[str, dict[str, Any]]:
    refused = [event for _, event in events if event.kind == "refused" and event.action == row.id]
    if refused:
        return "refused", {"detail": refused[0].note, "version": refused[0].alert.version}
    return "applied", {}


def _by_patient(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(alert.patient, []).append(alert)
    return found


def _codes(state: PatientState) -> list[str]:
    return [
        *state.compiled.routes,
        *(silence.code for silence in state.compiled.silences if silence.code not in state.compiled.routes),
    ]


Around = Callable[..., Sequence[Reading]]


def further(around: Around, state: PatientState, known: History, spoken_of: Sequence[Alert]) -> History:
    """The newest samples, or those since the beginning of what alerts speak of where that is longer ago.

    `around`: `storage.history.around` of a connection.
    """
    ruled = {rule.id: rule.code for rule in state.compiled.levels}
    newest = max((reading.received_at for reading in known.readings), default=0)
    recent = [
        alert
        for alert in spoken_of
        if alert.rule in ruled and not alert.disproved and (alert.closed_at or newest) > newest - RECENT
    ]
    if not recent:
        return known
    since = min(min([alert.condition_at, *(found.measured_at for found in alert.evidence)]) for alert in recent)
    codes = sorted({ruled[alert.rule] for alert in recent})
    wanted = around(state.patient, codes, since=since, before=KEPT, most=MOST_SINCE_OPEN)
    return _joined(known, wanted, codes, since=since, before=KEPT, most=MOST_SINCE_OPEN)


def whole(readings: Iterable[Reading], most: int) -> frozenset[str]:
    """Codes of which fewer than `most` were found: nothing older is stored."""
    counted = Counter(reading.code for reading in readings)
    return frozenset(code for code in MEASURES if counted[code] < most)


def _joined(
    known: History, wanted: Sequence[Reading], codes: Sequence[str], *, since: Micros, before: int, most: int
) -> History:
    """What `around` found instead of what was known of these codes, without the older part where there is a gap."""
    after = Counter(reading.code for reading in wanted if reading.measured_at >= since)
    earlier = Counter(reading.code for reading in wanted if reading.measured_at < since)
    cut = {code for code in codes if after[code] >= most}
    kept = [reading for reading in wanted if reading.measured_at >= since or reading.code not in cut]
    kept += [reading for reading in known.readings if reading.code not in codes]
    whole = {code for code in codes if earlier[code] < before and code not in cut}
    return History(kept, frozenset({*whole, *(known.whole - set(codes))}))
