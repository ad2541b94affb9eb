"""The owner of the patients' states: loads them, steps them for whoever receives inputs, writes what follows.

It implements the seam `ingest.decider`: nothing has happened until a decision is adopted, after its commit. A failure
in a rule is confined to it (`alerts.isolation`), becomes a technical alert, and the others go on.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import msgspec
import psycopg
import structlog

from alerts import loading
from alerts.core.lateness import needs_history
from alerts.core.state import PatientState
from alerts.core.telling import has_untold
from alerts.core.ticking import GRID, next_due, on_grid
from alerts.decided import Decided
from alerts.isolation import Guarded, Watch
from alerts.loading import Rules
from alerts.protocol.library import library as library_of
from alerts.protocol.plan import Library
from alerts.protocol.reading import ProtocolError
from domain.alerts import Action, Alert, AlertEvent, Input, ModelOutput, Pause, PauseSet, PlanSet, Said, SiteNote, Tick
from domain.converting import converter
from domain.instants import MINUTE, Micros
from storage import alerts as rows
from storage import history, inbox, pauses, protocols

LOAD_AT_ONCE = 500
KINDS = ("alert", "plan", "pause", "note", "model")
RENEW_EVERY: Micros = MINUTE  # how often the active protocols and the sites' limits are looked at
DEFAULT_PLAN: dict[str, Any] = {"protocol": "chemo-aplasia"}

Connect = Callable[[], AbstractContextManager[psycopg.Connection[Any]]]
Told = Callable[[Mapping[str, Sequence[Input]]], None]
_pauses = converter(tuple[Pause, ...])
_outputs = converter(list[ModelOutput])
log = structlog.get_logger("alerts")


class Owner:
    """All patients of some sites (None: every site). `connect` lends a connection for reading what is stored.

    `library`: what ships; the protocols that are active in the database take its place. `told`: hears of inputs that
    are stored, patient by patient; it must neither wait nor raise.
    """

    def __init__(
        self, library: Library, connect: Connect, sites: Sequence[str] | None = None, told: Told = lambda _: None
    ) -> None:
        self._rules = Rules(library)
        self._connect = connect
        self._sites = sites
        self._told = told
        self._ticked: Micros | None = None
        self._polled: Micros | None = None
        self._renewed: Micros | None = None
        self._revision = ""
        self._due: dict[str, tuple[PatientState, Micros | None]] = {}
        self._outdated: list[str] = []  # patients who are still judged by former rules
        self._bringing: tuple[Decided, list[str]] | None = None  # those of them whose commit is not known yet
        self._at_once = LOAD_AT_ONCE
        self._guarded = Guarded(Watch())
        self.states: dict[str, PatientState] = {}

    def load(self, at: Micros) -> int:
        """Every patient under watch, from what is stored, at the moment `at`. Says nothing. Returns how many."""
        self.states.clear()
        self._due.clear()
        self._ticked, self._outdated, self._bringing, self._at_once = None, [], None, LOAD_AT_ONCE
        with self._connect() as conn:
            self._renew(conn, at)
            found = history.patients(conn, sites=self._sites)
            for start in range(0, len(found), LOAD_AT_ONCE):
                self._load_some(conn, found[start : start + LOAD_AT_ONCE], at)
        # a protocol may have become active while nobody was there to judge by it
        self._outdated = [name for name, state in self.states.items() if has_untold(state)]
        return len(self.states)

    def _load_some(self, conn: psycopg.Connection[Any], watched: Sequence[history.Watched], at: Micros) -> None:
        fresh = {row.patient: self._fresh(row) for row in watched}
        self.states |= loading.fill(conn, fresh, at=at, load=self._guarded.load)

    def _fresh(self, row: history.Watched) -> PatientState:
        try:
            return loading.fresh(row, row.plan if row.plan is not None else DEFAULT_PLAN, self._rules)
        except ValueError:
            log.exception("plan cannot be used, the default plan watches the patient", patient=row.patient)
            return loading.fresh(msgspec.structs.replace(row, plan=None), DEFAULT_PLAN, self._rules)

    def decide(self, inputs: Mapping[str, Sequence[Input]], *, at: Micros) -> Decided:
        """Steps patients; patient id -> its inputs in the order of arrival."""
        unknown = [patient for patient in inputs if patient not in self.states]
        if unknown:
            with self._connect() as conn:
                self._load_some(conn, history.patients(conn, only=unknown), at)
        decided = Decided(self.states, at)
        decided.after.append(partial(self._told, inputs))
        for patient, found in inputs.items():
            if patient in self.states:
                self._step(decided, patient, found)
            else:
                log.error("inputs of a patient who is not under watch are stored and not judged", patient=patient)
        return decided

    def _step(self, decided: Decided, patient: str, inputs: Sequence[Input]) -> None:
        before, said = self._guarded.said(decided.states.get(patient, self.states[patient]), decided.at)
        late = needs_history(before, inputs)
        if late is not None:
            with self._connect() as conn:
                before, told = self._guarded.remember(before, loading.around(conn, before, late), at=decided.at)
                said += told
        after, events = self._guarded.step(before, inputs, self._rules.library, at=decided.at)
        decided.states[patient] = after
        decided.events += [(after.site, event) for event in (*said, *events)]

    def next_tick(self, at: Micros) -> Decided | None:
        """Time passing up to `at`; None when nothing is due. Ticks fall on the grid, as in a replay."""
        grid = at // GRID * GRID
        if self._polled == grid:
            return None
        decided = Decided(self.states, at)
        for patient, state in self.states.items():
            due = self._next_due(patient, state)
            if due is not None and due <= grid:
                self._step(decided, patient, [Tick(self._tick_at(due, grid))])
            elif self._guarded.owes(state):
                self._step(decided, patient, [])
        if decided.events:
            return decided
        decided.adopt()
        self._polled = self._ticked = grid
        return None

    def _next_due(self, patient: str, state: PatientState) -> Micros | None:
        """`next_due`, asked again only of a state that has changed."""
        known = self._due.get(patient)
        if known is None or known[0] is not state:
            known = self._due[patient] = (state, next_due(state))
        return known[1]

    def _tick_at(self, due: Micros, grid: Micros) -> Micros:
        return grid if self._ticked is None else min(grid, max(on_grid(due), self._ticked))

    def actions(self, conn: psycopg.Connection[Any], *, at: Micros) -> Decided | None:
        """What people did to alerts, plans, pauses and protocols; None when nothing waits."""
        self._renew(conn, at)
        self._again_unless_adopted()
        waiting = inbox.waiting(conn, KINDS, 200, sites=self._sites or ())
        if not waiting and not self._outdated:
            return None
        decided = Decided(self.states, at)
        for row in waiting:
            found = self._inputs(conn, row, decided)
            if row.patient not in self.states:
                self._load_some(conn, history.patients(conn, only=[row.patient]), at)
            if not found or row.patient not in self.states:
                decided.done.append((row.id, "refused", {"detail": "alert: expected one that exists"}))
                continue
            said = len(decided.events)
            self._step(decided, row.patient, found)
            if row.kind == "plan":
                decided.after.append(partial(self._told, {row.patient: found}))
            if row.kind == "model":
                _note_outputs(decided, row, found)
            decided.done.append((row.id, *_outcome(row, decided.events[said:])))
        self._bring_up_to_date(conn, decided)
        return decided

    def _inputs(self, conn: psycopg.Connection[Any], row: inbox.Waiting, decided: Decided) -> list[Input]:
        """What a row of the inbox says to the engine; nothing when it speaks of an alert that does not exist."""
        at = decided.at
        match row.kind:
            case "plan":
                return [PlanSet(row.patient, self._rules.plan(row.site, row.body), at)]
            case "pause":
                current = pauses.current(conn, [row.patient]).get(row.patient, ())
                return [PauseSet(row.patient, _pauses(current), at)]
            case "note":
                return [_note(row, at)]
            case "model":
                outputs = _outputs(row.body["outputs"])
                return [msgspec.structs.replace(each, patient=row.patient, received_at=at) for each in outputs]
            case _:
                name = row.alert or ""
                action = _action(row, decided.alert(name) or rows.by_id(conn, name), at)
                return [] if action is None else [action]

    def _renew(self, conn: psycopg.Connection[Any], at: Micros) -> None:
        """The active protocols and the sites' limits; when they have changed, every patient's plan is compiled anew."""
        if self._renewed is not None and at - self._renewed < RENEW_EVERY:
            return
        self._renewed = at
        revision = protocols.revision(conn, at)
        if revision == self._revision:
            return
        try:
            made = Rules(library_of(protocols.active_texts(conn, at)), protocols.site_limits(conn))
        except ProtocolError:
            log.exception("active protocols cannot be read: the former ones stay")
            return
        self._rules, self._revision = made, revision
        self._outdated = list(self.states)

    def _bring_up_to_date(self, conn: psycopg.Connection[Any], decided: Decided) -> None:
        """A part of the patients each time, so that readings go on meanwhile."""
        some, self._outdated = self._outdated[: self._at_once], self._outdated[self._at_once :]
        self._bringing = (decided, some) if some else None
        for row in history.patients(conn, only=some) if some else ():
            if row.patient in self.states:
                plan = self._rules.plan(row.site, row.plan if row.plan is not None else DEFAULT_PLAN)
                self._step(decided, row.patient, [PlanSet(row.patient, plan, decided.at)])

    def _again_unless_adopted(self) -> None:
        """Patients whose new rules were not committed come again, in smaller parts; one who fails alone is said."""
        if self._bringing is None:
            return
        (decided, some), self._bringing = self._bringing, None
        if decided.adopted:
            self._at_once = LOAD_AT_ONCE
        elif len(some) == 1:
            log.error("new rules of a patient could not be written: the former ones stay", patient=some[0])
        else:
            self._outdated += some
            self._at_once = max(1, len(some) // 2)


def _action(row: inbox.Waiting, alert: Alert | None, at: Micros) -> Action | None:
    if alert is None or alert.patient != row.patient:
        return None
    body = row.body
    return Action(
        row.id, row.patient, alert.id, body["action"], row.actor, row.role, at, body.get("reason"),
        body.get("until"), body.get("assignee"), row.expected_version, alert if alert.state == "closed" else None,
    )  # fmt: skip


def _note_outputs(decided: Decided, row: inbox.Waiting, found: Sequence[Input]) -> None:
    """What a model said goes into the books with what it caused; consoles are told when it is a forecast."""
    decided.outputs += [(row.id, each) for each in found if isinstance(each, ModelOutput)]
    if "forecast" in row.body:
        body = {"forecast": row.body["forecast"], "status": row.body["status"]}
        decided.notes.append((row.patient, row.site, "forecast.changed", decided.at, body))


def _note(row: inbox.Waiting, at: Micros) -> SiteNote:
    body = row.body
    said = Said(body["fr"], body["en"])
    return SiteNote(row.patient, body["kind"], body["holds"], body["severity"], body["criterion"], said, at)


def _outcome(row: inbox.Waiting, events: Iterable[tuple[str, AlertEvent]]) -> tuple[str, dict[str, Any]]:
    refused = [event for _, event in events if event.kind == "refused" and event.action == row.id]
    if refused:
        return "refused", {"detail": refused[0].note, "version": refused[0].alert.version}
    return "applied", {}
