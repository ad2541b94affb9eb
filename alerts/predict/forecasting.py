"""The forecasting service: when a count, a dose or a G-CSF is stored, and for everybody at night, asks the model again.

Threads of its own beside ingest, one for what has just come and one for the night. A forecast and the row that tells
the engine of it are one transaction; what is stored is compared with what it would be made of now, so that a process
that was killed at any moment catches up when it starts. Started by the wiring.
"""

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import timedelta
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import structlog
from msgspec import Struct

from alerts.predict import outputs, request
from alerts.predict.desk import concerned, question
from alerts.predict.isolated import ModelFailed
from alerts.predict.request import Asked
from domain.alerts import Input, PlanSet, Said
from domain.converting import decoder
from domain.instants import Micros, moment
from domain.values import Given, Reading
from domain.vocabulary import NEUTROPHILS
from models.anc.values import Forecast
from storage import actions, forecasts, notes, registry
from storage.connection import Connection

AT_ONCE = 200  # patients whose stored values are read together
LOOKS_EVERY = 1.0  # s
AGAIN_AFTER = 5.0  # s, when the database is away
NIGHT_FROM = timedelta(hours=2)  # of the hub's time zone
IN_A_ROW = 3  # failures after which the model itself is at fault, and the rest waits
RESTS_FOR = 600.0  # s
ACTOR, ROLE, FAULT = "hub", "operator", "forecast-fault"
_forecast = decoder(Forecast)
_CAUSES = {"chemotherapy": "dose", "gcsf": "gcsf"}
log = structlog.get_logger("models")

Ask = Callable[[bytes], bytes]


class Forecasting(Struct, frozen=True):
    """What the service is given. `ask`: a process for a thread, bytes to bytes, raising ModelFailed.

    `sites` empty: all. `crash`: for tests, points at which the process is killed.
    """

    connect: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], Micros]
    ask: Callable[[], Ask]
    sites: tuple[str, ...] = ()
    zone: str = "Europe/Paris"
    crash: Callable[[str], None] = lambda _: None
    counted: Callable[[str], None] = lambda _: None  # status of each forecast stored, or `failed`


class Waiting:
    """Patients whose forecast may have changed, and why. `told` is what the owner of the states calls."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._causes: dict[str, str] = {}
        self.some = threading.Event()

    def told(self, inputs: Mapping[str, Sequence[Input]]) -> None:
        """Stored inputs, of which most concern no forecast."""
        found = {patient: cause for patient, rows in inputs.items() if (cause := cause_of(rows)) is not None}
        if found:
            self.add(found)

    def add(self, causes: Mapping[str, str]) -> None:
        """More patients; one who waits already keeps its cause."""
        with self._lock:
            self._causes = {**causes, **self._causes}
        self.some.set()

    def take(self, most: int) -> dict[str, str]:
        """The first of them, who wait no longer."""
        with self._lock:
            names = list(self._causes)[:most]
            found = {name: self._causes.pop(name) for name in names}
            if not self._causes:
                self.some.clear()
        return found


def cause_of(inputs: Iterable[Input]) -> str | None:
    """Why a forecast may have changed; None: none of these matters to it."""
    for found in inputs:
        match found:
            case Reading(code=code) if code == NEUTROPHILS:
                return "count"
            case Given(kind=kind) if kind in _CAUSES:
                return _CAUSES[kind]
            case PlanSet():
                return "plan"
    return None


def start(given: Forecasting, waiting: Waiting, stop: threading.Event) -> list[threading.Thread]:
    """Both threads, started."""
    threads = [
        threading.Thread(target=_live, args=(given, waiting, stop), name="forecasts", daemon=True),
        threading.Thread(target=_nights, args=(given, stop), name="forecasts-night", daemon=True),
    ]
    for thread in threads:
        thread.start()
    return threads


def _live(given: Forecasting, waiting: Waiting, stop: threading.Event) -> None:
    worker = Worker(given, waiting)
    _everybody(given, waiting, stop, "start")
    while not stop.is_set():
        if waiting.some.wait(LOOKS_EVERY):
            worker.work(stop)
    worker.close()


def _nights(given: Forecasting, stop: threading.Event) -> None:
    waiting = Waiting()
    worker = Worker(given, waiting)
    night = _night(given)
    while not stop.wait(LOOKS_EVERY):
        if _night(given) != night:
            night = _night(given)
            _everybody(given, waiting, stop, "night")
            while waiting.some.is_set() and not stop.is_set():
                worker.work(stop)
    worker.close()


def _night(given: Forecasting) -> Any:
    """The date that changes when the night's batch is due."""
    return (moment(given.clock()).astimezone(ZoneInfo(given.zone)) - NIGHT_FROM).date()


def _everybody(given: Forecasting, waiting: Waiting, stop: threading.Event, cause: str) -> None:
    while not stop.is_set():
        try:
            with given.connect() as conn:
                waiting.add(dict.fromkeys(forecasts.people(conn, given.sites), cause))
            return
        except psycopg.Error as error:
            log.warning("forecasts: the database is away, trying again", error=type(error).__name__)
            stop.wait(AGAIN_AFTER)


class Worker:
    """One thread's work: a batch of patients at a time, with a process of its own for the model."""

    def __init__(self, given: Forecasting, waiting: Waiting) -> None:
        self._given = given
        self._waiting = waiting
        self._ask = given.ask()
        self._failed = 0  # in a row

    def work(self, stop: threading.Event) -> None:
        """The next patients. Whatever is not stored in the end waits again."""
        batch = self._waiting.take(AT_ONCE)
        try:
            with self._given.connect() as conn:
                self._batch(conn, batch, stop)
            return
        except psycopg.OperationalError as error:
            log.warning("forecasts: the database is away, trying again", error=type(error).__name__)
            self._waiting.add(batch)
        except Exception:  # the outermost loop of the service
            log.exception("forecasts: unexpected error; these patients are asked again tonight")
        stop.wait(AGAIN_AFTER)

    def close(self) -> None:
        """End the process of the model."""
        closing = getattr(getattr(self._ask, "__self__", None), "close", None)
        if closing is not None:
            closing()

    def _batch(self, conn: Connection, batch: dict[str, str], stop: threading.Event) -> None:
        at = self._given.clock()
        names = list(batch)
        known = forecasts.known(conn, names, code=NEUTROPHILS, since=at - request.LOOK_BACK)
        before = forecasts.newest(conn, names)
        conn.commit()
        same: list[int] = []
        for each in known:
            if stop.is_set():
                return
            asked = question(each, at)
            last = before.get(each.patient)
            if last is None and not concerned(each):
                continue
            if last is not None and last.fingerprint == asked.fingerprint:
                same.append(last.id)
            else:
                self._one(conn, each, asked, cause=batch.pop(each.patient))
                if self._failed >= IN_A_ROW:
                    self._waiting.add(batch)
                    log.error("the forecast fails for everybody: it rests", seconds=RESTS_FOR)
                    self._failed = 0
                    stop.wait(RESTS_FOR)
                    return
        forecasts.checked(conn, same, at)
        conn.commit()

    def _one(self, conn: Connection, known: forecasts.Known, asked: Asked, *, cause: str) -> None:
        began, fault = time.monotonic(), None
        if asked.request is None:
            found = outputs.refused(asked)
        else:
            try:
                found = _forecast(self._ask(msgspec.json.encode(asked.request)))
                self._failed = 0
            except (ModelFailed, msgspec.MsgspecError) as error:
                self._failed += 1
                fault = str(error)
                log.error("a forecast failed", patient=known.patient, why=fault)
                found = outputs.refused(asked, why=failed(fault))
        body = outputs.body(found, ms=1000 * (time.monotonic() - began))
        store(conn, self._given, known, Made(asked, found, body, cause, fault))
        self._given.counted(found.status if fault is None else "failed")


class Made(Struct, frozen=True):
    """An answer to store. `fault`: what the model died of; such a question is asked again next time."""

    asked: Asked
    forecast: Forecast
    body: dict[str, Any]
    cause: str
    fault: str | None = None


def failed(fault: str) -> Said:
    """What is said where a forecast would be."""
    return Said(f"le modèle n'a pas pu répondre ({fault})", f"the model could not answer ({fault})")


def store(conn: Connection, given: Forecasting, known: forecasts.Known, made: Made) -> None:
    """The forecast, the row that tells the engine, and what is said of a fault: all or nothing.

    Another process that was first with the same answer is left alone.
    """
    asked, at = made.asked, given.clock()
    fingerprint = asked.fingerprint if made.fault is None else f"{asked.fingerprint}!{at}"
    told = outputs.outputs(made.forecast, asked, at=at, zone=(known.plan or {}).get("timezone") or given.zone)
    late = next(each.value for each in told if each.model == "anc-late-recovery")
    stored = {
        "request": None if asked.request is None else request.encoded(asked.request),
        "next_dose_at": asked.next_dose_at,
        "p_late_recovery": None if late is None else late / 100,
    }
    row = forecasts.Row(
        known.patient, known.site, made.cause, made.forecast.version, fingerprint, made.forecast.status, at,
        asked.day_zero_at, stored, made.body,
    )  # fmt: skip
    with conn.transaction():
        registry.lock_patient(conn, known.patient)
        last = forecasts.newest(conn, [known.patient]).get(known.patient)
        if last is not None and last.fingerprint == fingerprint:
            return
        number = forecasts.insert(conn, row)
        given.crash("forecast_stored")
        body = {"forecast": number, "status": row.status, "outputs": msgspec.to_builtins(told)}
        wish = actions.Wish(known.site, known.patient, "model", body, ACTOR, ROLE, f"forecast-{number}", at)
        actions.announce(conn, actions.insert(conn, wish))
        _say_fault(conn, known, made.fault, at)
    given.crash("forecast_told")


def _say_fault(conn: Connection, known: forecasts.Known, fault: str | None, at: Micros) -> None:
    """A technical alert while the model fails on a patient; cleared by the next answer. The same said twice is not."""
    last = notes.last_of(conn, known.patient, FAULT)
    holds = fault is not None
    if (last is not None and last.body["holds"]) == holds:
        return
    said = Said(
        "Prévision des neutrophiles en panne pour ce patient : le surveiller sans elle et prévenir l'exploitant",
        "Forecast of the neutrophils failed for this patient: watch without it and call the operator",
    )
    body = {"kind": FAULT, "holds": holds, "severity": "low", "criterion": "model", "fr": said.fr, "en": said.en}
    key = f"{FAULT}:{known.patient}:{0 if last is None else last.position}"
    wish = actions.Wish(known.site, known.patient, "note", body, ACTOR, ROLE, key, at)
    actions.announce(conn, actions.insert(conn, wish))
