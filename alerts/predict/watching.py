"""The watch over models: each night, site by site, calibration and alarm budget become rows; what left its band is
withdrawn to shadow, with a technical alert. It never switches a model on. A thread of its own, started by the wiring.
"""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import msgspec
import psycopg
import structlog
from msgspec import Struct
from prometheus_client import CollectorRegistry, Counter, Gauge

from alerts.predict import watch
from alerts.predict.isolated import ModelFailed
from alerts.predict.mode_desk import EARLY_WARNING, withdraw
from alerts.predict.question import Moved
from alerts.predict.shadow import HORIZON
from alerts.predict.shadow_desk import LEFT_OUT
from domain.converting import decoder
from domain.instants import Micros, micros, moment
from storage import model_modes, model_watch, people, risk_scores
from storage.connection import Connection

LOOKS_EVERY = 5.0  # s
NIGHT_FROM = timedelta(hours=3)  # of the hub's time zone: after the night's forecasts
MODE = {"off": 0, "shadow": 1, "on": 2}
MOST_ROWS = 20_000  # scores that drift is looked at with, evenly taken
_answers = decoder(list[Moved])
log = structlog.get_logger("models")


class Metrics:
    """What /metrics says of the models. No patient in it."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.forecasts = Counter("vigie_model_forecasts_total", "forecasts stored", ["status"], registry=registry)
        self.scores = Counter("vigie_model_scores_total", "scores stored", ["mode", "status"], registry=registry)
        self.failures = Counter("vigie_model_failures_total", "answers a model owed", ["model"], registry=registry)
        self.mode = Gauge("vigie_model_mode", "0 off, 1 shadow, 2 on", ["site", "model"], registry=registry)
        about = ["site", "model", "what"]
        self.watch = Gauge("vigie_model_watch", "last value of the watch", about, registry=registry)
        self.outside = Gauge("vigie_model_watch_outside", "1 when outside its band", about, registry=registry)


class Watching(Struct, frozen=True):
    """What the watch is given. `sites` empty: every site."""

    connect: Callable[[], AbstractContextManager[Connection]]
    clock: Callable[[], Micros]
    metrics: Metrics
    drift: Callable[[bytes], bytes]  # a process that is cut off; raises ModelFailed
    sites: tuple[str, ...] = ()
    zone: str = "Europe/Paris"


def start(given: Watching, stop: threading.Event) -> threading.Thread:
    """The watch's thread, started."""
    thread = threading.Thread(target=_run, args=(given, stop), name="model-watch", daemon=True)
    thread.start()
    return thread


def _run(given: Watching, stop: threading.Event) -> None:
    looked: Micros | None = None
    while not stop.wait(LOOKS_EVERY):
        upto = night(given.clock(), given.zone)
        if upto == looked:
            continue
        try:
            with given.connect() as conn:
                look(conn, given, upto=upto)
            looked = upto
        except psycopg.Error as error:
            log.warning("model watch: the database is away, trying again", error=type(error).__name__)
        except Exception:  # the outermost loop of the service
            log.exception("model watch: unexpected error, trying again tomorrow")
            looked = upto


def night(at: Micros, zone: str) -> Micros:
    """The last moment at which the night's look was due."""
    local = moment(at).astimezone(ZoneInfo(zone)) - NIGHT_FROM
    return micros(datetime(local.year, local.month, local.day, tzinfo=local.tzinfo) + NIGHT_FROM)


def look(conn: Connection, given: Watching, *, upto: Micros) -> list[str]:
    """One look at every site, committed site by site; the sites at which the model was withdrawn."""
    withdrawn = []
    for site in given.sites or tuple(people.all_sites(conn)):
        with conn.transaction():
            found = looks(conn, site, given.drift, upto=upto)
            model_watch.insert(conn, found)
            if _left_its_band(found) and withdraw(conn, site, EARLY_WARNING, _why(found), at=given.clock()):
                withdrawn.append(site)
                log.error("a model was withdrawn to shadow", site=site, model=EARLY_WARNING)
        _gauge(conn, given.metrics, site)
        conn.commit()
    return withdrawn


def looks(conn: Connection, site: str, drift: Callable[[bytes], bytes], *, upto: Micros) -> list[model_watch.Look]:
    """What the watch finds at a site in the span before `upto`, of the version that spoke last; nothing without scores.

    The last horizon is left out: what its scores foretold may still come.
    """
    start, end = upto - watch.SPAN, upto - HORIZON
    rows = risk_scores.scores(conn, site, EARLY_WARNING, start=start, end=end)
    if not rows:
        return []
    version = rows[-1].version
    scores = [
        watch.Risk(row.patient, row.scored_at, row.status, row.risk, row.alarm)
        for row in rows
        if row.version == version
    ]
    happened = risk_scores.happened(conn, [site], start=start, end=upto, left_out=LEFT_OUT)
    found = watch.findings(scores, happened)
    watched = [row.body.get("watched") for row in rows if row.version == version and row.status == "ready"]
    moved = _moved([row for row in watched if row], drift)
    return [
        model_watch.Look(
            site, EARLY_WARNING, version, each.what, start, end, each.n, each.value, each.low, each.high, each.verdict,
            each.detail,
        )
        for each in [*found, *([] if moved is None else [moved])]
    ]  # fmt: skip


def _moved(rows: list[list[float | None]], drift: Callable[[bytes], bytes]) -> watch.Finding | None:
    """The worst of the watched inputs; None when the model that knows its training cannot say."""
    if not rows:
        return None
    every = -(-len(rows) // MOST_ROWS)
    try:
        found = _answers(drift(msgspec.json.encode(rows[::every])))
    except (ModelFailed, msgspec.MsgspecError) as error:
        log.error("model watch: drift cannot be said", why=str(error))
        return None
    return watch.drift(len(rows), found) if found else None


def _left_its_band(found: list[model_watch.Look]) -> bool:
    return any(each.what == "calibration" and each.verdict == "outside" for each in found)


def _why(found: list[model_watch.Look]) -> tuple[str, str]:
    each = next(each for each in found if each.what == "calibration")
    seen, expected = each.detail["observed"], each.detail["expected"]
    fr = f"{seen} événements observés pour {expected:g} attendus en 30 jours (bande {each.low:g} à {each.high:g})"
    en = f"{seen} events observed where {expected:g} were expected in 30 days (band {each.low:g} to {each.high:g})"
    return fr.replace(".", ","), en


def _gauge(conn: Connection, metrics: Metrics, site: str) -> None:
    found = model_modes.current(conn, [site], EARLY_WARNING).get(site)
    mode = model_modes.DEFAULT if found is None else found.mode
    metrics.mode.labels(site, EARLY_WARNING).set(MODE[mode])
    for each in model_watch.newest(conn, [site], EARLY_WARNING):
        metrics.watch.labels(site, EARLY_WARNING, each.what).set(float("nan") if each.value is None else each.value)
        metrics.outside.labels(site, EARLY_WARNING, each.what).set(each.verdict == "outside")
