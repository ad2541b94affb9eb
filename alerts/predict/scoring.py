"""The early warning's service: patients whose vital signs have come are scored, in a thread and a process of their own.

In shadow, where every site begins, scores are stored and shown to no one. Where somebody has switched it on, the engine
is told too, in the same transaction. Patients wait in a set: however many values come, each is scored once a while.
"""

import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager

import msgspec
import psycopg
import structlog
from msgspec import Struct

from alerts.predict.isolated import ModelFailed
from alerts.predict.mode_desk import ACTOR, EARLY_WARNING, ROLE
from alerts.predict.question import Question
from domain.alerts import Input, ModelOutput, Said
from domain.body_sites import corrected, offsets_of
from domain.converting import decoder
from domain.instants import DAY, HOUR, MINUTE, Micros
from domain.values import Reading
from models.early_warning.values import CODES, Score
from storage import actions, model_modes, notes, risk_scores
from storage.connection import Connection

AT_ONCE = 100  # patients whose vital signs are read together
EVERY: Micros = 10 * MINUTE  # at most so often a patient: the model was made for hourly values
LOOK_BACK: Micros = 3 * DAY  # values that are given to the model
FRESH_FOR: Micros = HOUR  # at a start, who has a value so new is scored
ALARMS_FOR: Micros = 3 * DAY  # alarms before it that the model is told of
SAY_AGAIN: Micros = HOUR  # the engine hears of an unchanged score so often, so that it does not take it for stale
LOOKS_EVERY = 1.0  # s
AGAIN_AFTER = 5.0  # s, when the database is away
IN_A_ROW = 3
RESTS_FOR = 600.0  # s
FAULT = "early-warning-fault"
VITALS = frozenset(CODES.values())
_score = decoder(Score)
log = structlog.get_logger("models")

Ask = Callable[[bytes], bytes]


class Scoring(Struct, frozen=True):
    """What the service is given. `ask` makes a process: bytes to bytes, raising ModelFailed. `sites` empty: all."""

    connect: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], Micros]
    ask: Callable[[], Ask]
    sites: tuple[str, ...] = ()
    counted: Callable[[str, str], None] = lambda *_: None  # (mode, status) of each score


class Fresh:
    """Patients whose vital signs have come since they were scored. `told` is what the owner of the states calls."""

    def __init__(self, every: Micros = EVERY) -> None:
        self._lock = threading.Lock()
        self._every = every
        self._waiting: dict[str, None] = {}
        self._scored: dict[str, Micros] = {}

    def told(self, inputs: Mapping[str, Sequence[Input]]) -> None:
        """Stored inputs; only vital signs matter."""
        found = [name for name, rows in inputs.items() if any(map(_is_vital, rows))]
        if found:
            self.add(found)

    def add(self, patients: Sequence[str]) -> None:
        """More patients; who waits already waits once."""
        with self._lock:
            self._waiting |= dict.fromkeys(patients)

    def take(self, at: Micros, most: int) -> list[str]:
        """Those among them who were not scored for a while, who wait no longer."""
        with self._lock:
            due = [name for name in self._waiting if at - self._scored.get(name, -self._every) >= self._every][:most]
            for name in due:
                del self._waiting[name]
                self._scored[name] = at
        return due


def start(given: Scoring, fresh: Fresh, stop: threading.Event) -> threading.Thread:
    """The service's thread, started."""
    thread = threading.Thread(target=_run, args=(given, fresh, stop), name="early-warning", daemon=True)
    thread.start()
    return thread


def _run(given: Scoring, fresh: Fresh, stop: threading.Event) -> None:
    worker, begun = Worker(given, fresh), False
    while not stop.wait(LOOKS_EVERY):
        try:
            if not begun:
                with given.connect() as conn:
                    fresh.add(risk_scores.seen_since(conn, given.sites, sorted(VITALS), given.clock() - FRESH_FOR))
                begun = True
            worker.work(stop)
        except psycopg.OperationalError as error:
            log.warning("early warning: the database is away, trying again", error=type(error).__name__)
            stop.wait(AGAIN_AFTER)
        except Exception:  # the outermost loop of the service
            log.exception("early warning: unexpected error, going on with the next patients")
            stop.wait(AGAIN_AFTER)
    worker.close()


class Worker:
    """The work of the thread: a batch of patients at a time. Who is not scored is scored with the next value."""

    def __init__(self, given: Scoring, fresh: Fresh) -> None:
        self._given, self._fresh = given, fresh
        self._ask = given.ask()
        self._failed = 0
        self._said: dict[str, tuple[str, bool, Micros]] = {}  # what the engine heard last of a patient

    def work(self, stop: threading.Event) -> int:
        """The patients who are due; how many were scored."""
        at, scored = self._given.clock(), 0
        while due := self._fresh.take(at, AT_ONCE):
            with self._given.connect() as conn:
                sites = risk_scores.sites_of(conn, due)
                modes = model_modes.current(conn, sorted(set(sites.values())), EARLY_WARNING)
                mode = {site: modes[site].mode if site in modes else model_modes.DEFAULT for site in sites.values()}
                wanted = [name for name in due if name in sites and mode[sites[name]] != "off"]
                vitals = risk_scores.vitals(conn, wanted, sorted(VITALS), since=at - LOOK_BACK, until=at)
                offsets = {
                    name: offsets_of(found) for name, found in risk_scores.body_site_offsets(conn, wanted).items()
                }
                on = [name for name in wanted if mode[sites[name]] == "on"]
                alarms = _alarms(conn, on, ("on",), at) | _alarms(conn, _others(wanted, on), ("on", "shadow"), at)
                conn.commit()
                for name in wanted:
                    if stop.is_set() or self._failed >= IN_A_ROW:
                        break
                    if name in vitals:
                        values = [value_of(reading, offsets.get(name, {})) for reading in vitals[name]]
                        question = Question(at, values, alarms.get(name, []))
                        scored += self._one(conn, name, sites[name], mode[sites[name]], question=question)
            if self._failed >= IN_A_ROW:
                log.error("the early warning fails for everybody: it rests", seconds=RESTS_FOR)
                self._failed = 0
                stop.wait(RESTS_FOR)
            if stop.is_set():
                break
        return scored

    def close(self) -> None:
        """End the process of the model."""
        closing = getattr(getattr(self._ask, "__self__", None), "close", None)
        if closing is not None:
            closing()

    def _one(self, conn: Connection, patient: str, site: str, mode: str, *, question: Question) -> bool:
        try:
            score = _score(self._ask(msgspec.json.encode(question)))
            self._failed = 0
        except (ModelFailed, msgspec.MsgspecError) as error:
            self._failed += 1
            log.error("a score failed", patient=patient, why=str(error))
            self._given.counted(mode, "failed")
            with conn.transaction():
                say_fault(conn, site, str(error), at=question.at)
            return False
        measured_at = max(at for _, _, at in question.readings)
        body = {"why": msgspec.to_builtins(score.why), "reasons": msgspec.to_builtins(score.reasons),
                "watched": list(score.watched)}  # fmt: skip
        row = risk_scores.Row(
            patient, site, EARLY_WARNING, score.model_version, mode, question.at, measured_at, score.status, score.risk,
            score.alarm, body,
        )  # fmt: skip
        with conn.transaction():
            number = risk_scores.insert(conn, row)
            if number is not None and mode == "on" and self._worth_saying(row) and _still_on(conn, site):
                self._tell(conn, row, output_of(score, row), number)
            say_fault(conn, site, None, at=question.at)
        self._given.counted(mode, score.status)
        return True

    def _worth_saying(self, row: risk_scores.Row) -> bool:
        """Alarms, changes, and now and then that nothing has changed."""
        last = self._said.get(row.patient)
        same = last is not None and last[:2] == (row.status, row.alarm) and row.scored_at - last[2] < SAY_AGAIN
        return row.alarm or not same

    def _tell(self, conn: Connection, row: risk_scores.Row, output: ModelOutput, number: int) -> None:
        body = {"score": number, "outputs": [msgspec.to_builtins(output)]}
        wish = actions.Wish(row.site, row.patient, "model", body, ACTOR, ROLE, f"risk-{number}", row.scored_at)
        actions.announce(conn, actions.insert(conn, wish))
        self._said[row.patient] = (row.status, row.alarm, row.scored_at)


def _alarms(conn: Connection, patients: Sequence[str], modes: Sequence[str], at: Micros) -> dict[str, list[Micros]]:
    """When the model alarmed. An alarm of the shadow, which nobody heard, must hold back none that somebody would."""
    return risk_scores.alarms(conn, patients, EARLY_WARNING, modes=modes, since=at - ALARMS_FOR)


def _others(patients: Sequence[str], known: Sequence[str]) -> list[str]:
    return [name for name in patients if name not in known]


def _still_on(conn: Connection, site: str) -> bool:
    """A decision that came meanwhile counts."""
    found = model_modes.current(conn, [site], EARLY_WARNING).get(site)
    return found is not None and found.mode == "on"


def _is_vital(found: Input) -> bool:
    return isinstance(found, Reading) and found.code in VITALS


def value_of(reading: Reading, offsets: Mapping[str, float]) -> tuple[str, float, Micros]:
    """What the model is given: a temperature is corrected for the site it was measured at, as rules see it."""
    return reading.code, corrected(reading, offsets), reading.measured_at


def output_of(score: Score, row: risk_scores.Row) -> ModelOutput:
    """What the engine is told: 1 for an alarm, 0 for none, and beside it the risk and the reasons in words."""
    at = row.scored_at
    if score.risk is None:
        why = score.why.en
        return ModelOutput(row.patient, EARLY_WARNING, row.version, score.status, None, row.measured_at, at, why)
    reasons = [each.said for each in score.reasons if each.contribution > 0][:3]
    fr, en = "; ".join(each.fr for each in reasons), "; ".join(each.en for each in reasons)
    risk = 100 * score.risk
    said = Said(
        f"risque de sepsis dans les 12 h : {risk:.1f} %".replace(".", ",") + _because(fr) + ", dit par un modèle",
        f"risk of sepsis within 12 h: {risk:.1f} %{_because(en)}, said by a model",
    )
    value = 1.0 if score.alarm else 0.0
    return ModelOutput(row.patient, EARLY_WARNING, row.version, "ready", value, row.measured_at, at, said=said)


def _because(reasons: str) -> str:
    return f" ({reasons})" if reasons else ""


def say_fault(conn: Connection, site: str, fault: str | None, *, at: Micros) -> None:
    """A technical alert on the site while the model fails; cleared by the next score. The same said twice is not."""
    last = notes.last(conn, [site], [FAULT]).get((site, FAULT))
    if (last is not None and bool(last.body["holds"])) == (fault is not None):
        return
    body = {
        "kind": FAULT, "holds": fault is not None, "severity": "low", "criterion": "model",
        "fr": "L'alerte précoce est en panne : les autres règles continuent, prévenir l'exploitant",
        "en": "The early warning fails: the other rules go on, call the operator",
    }  # fmt: skip
    key = f"{FAULT}:{site}:{0 if last is None else last.position}"
    wish = actions.Wish(site, f"site.{site}", "note", body, ACTOR, ROLE, key, at)
    actions.announce(conn, actions.insert(conn, wish))
