"""Where a patient stands in the aplasia window, for people to read: open since when, last count and its age.

The rules' own window (`alerts.core.window`), over the plan, the active protocols and the stored counts. For people.
"""

from collections import defaultdict
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from msgspec import Struct
from psycopg import Connection

from alerts.core.codes import MODELS
from alerts.core.state import KEPT_FORETOLD
from alerts.core.window import Count, Foretold, Window, window, with_foretold
from alerts.loading import COUNTS, Rules
from alerts.protocol.compiled import Compiled, compile_plan
from alerts.protocol.library import library
from alerts.protocol.plan import Library
from domain.alerts import ModelOutput
from domain.instants import Micros
from domain.values import Reading
from domain.vocabulary import NEUTROPHILS
from storage import history, model_outputs, protocols


class WindowNow(Struct, frozen=True):
    """`open`: to be treated as neutropenic. `opened_by`: plan (or its regimen), count, forecast. `since`: None = always
    (the plan says no beginning). `known`: a count was taken since the window opened; without one the count is not
    known, and the patient counts as neutropenic."""

    open: bool
    since: Micros | None
    expected_end: Micros | None
    overdue: bool
    known: bool
    last_count: float | None
    last_count_at: Micros | None
    opened_by: str | None = None


def window_now(
    conn: Connection[Any], patient: str, site: str, plan: dict[str, Any] | None, *, at: Micros
) -> WindowNow | None:
    """None under a protocol without a window, or a plan that cannot be used."""
    compiled = compiled_now(conn, site, plan, at=at)
    return None if compiled is None else window_of(conn, patient, compiled, at=at)


def compiled_now(conn: Connection[Any], site: str, plan: dict[str, Any] | None, *, at: Micros) -> Compiled | None:
    """The rules that run under a plan and the protocols active then; None for a plan that cannot be used."""
    rules = rules_now(conn, at)
    try:
        return compile_plan(rules.plan(site, plan or {"protocol": "chemo-aplasia"}), rules.library)
    except ValueError:
        return None


def window_of(conn: Connection[Any], patient: str, compiled: Compiled, *, at: Micros) -> WindowNow | None:
    """None under a protocol without a window."""
    stored = history.newest(conn, [patient], [NEUTROPHILS], each=COUNTS)
    foretold = model_outputs.foretold(conn, [patient], list(MODELS), each=KEPT_FORETOLD).get(patient, ())
    return window_from(compiled, stored, foretold, at=at)


def window_from(
    compiled: Compiled, stored: Sequence[Reading], foretold: Sequence[ModelOutput], *, at: Micros
) -> WindowNow | None:
    """The same from a patient's newest neutrophil counts and model outputs, however they were read."""
    if compiled.protocol.recovery is None:
        return None
    counts = sorted((Count(row.measured_at, row.value) for row in stored), key=lambda row: (row.at, -row.anc))
    known = window(compiled.window, counts, compiled.protocol.recovery)
    found = with_foretold(known, _likely(foretold, compiled), counts, compiled.protocol.recovery)
    since = next((start for start, end in found.intervals if start <= at and (end is None or at < end)), None)
    last = counts[-1] if counts else None
    until = compiled.window.until
    return WindowNow(
        open=found.is_open(at),
        since=None if since is None or since < 0 else since,
        expected_end=until,
        overdue=since is not None and until is not None and at >= until,
        known=since is not None and last is not None and last.at >= since,
        last_count=None if last is None else last.anc,
        last_count_at=None if last is None else last.at,
        opened_by=_opened_by(known, compiled, since, at) if found.is_open(at) else None,
    )


def _likely(foretold: Sequence[ModelOutput], compiled: Compiled) -> tuple[Foretold, ...]:
    """What models said of the aplasia to come that is likely enough for the protocol, as the engine takes it."""
    forecast = compiled.protocol.forecast
    if forecast is None:
        return ()
    return tuple(
        Foretold(max(each.opens_at, each.received_at), each.holds_until, each.value)
        for each in foretold
        if each.opens_at is not None and each.value is not None and each.value >= forecast.opens_window_from_percent
    )


def _opened_by(known: Window, compiled: Compiled, since: Micros | None, at: Micros) -> str:
    if not known.is_open(at):
        return "forecast"
    if since is not None and not known.is_open(since):
        return "forecast"
    return "plan" if since == compiled.window.opens_at else "count"


class Stay(Struct, frozen=True):
    """A patient, their site and their plan (None: the project's default)."""

    patient: str
    site: str
    plan: dict[str, Any] | None


def windows(conn: Connection[Any], stays: Sequence[Stay], *, at: Micros) -> dict[str, WindowNow]:
    """Patient -> window, of those whose protocol has one and whose plan can be used."""
    rules = rules_now(conn, at)
    usable = {each.patient: compiled for each in stays if (compiled := compiled_of(rules, each)) is not None}
    names = [patient for patient, each in usable.items() if each.protocol.recovery is not None]
    counts: dict[str, list[Reading]] = defaultdict(list)
    for reading in history.newest(conn, names, [NEUTROPHILS], each=COUNTS):
        counts[reading.patient].append(reading)
    foretold = model_outputs.foretold(conn, names, list(MODELS), each=KEPT_FORETOLD)
    found = {
        patient: window_from(usable[patient], counts[patient], foretold.get(patient, ()), at=at) for patient in names
    }
    return {patient: each for patient, each in found.items() if each is not None}


def compiled_of(rules: Rules, stay: Stay) -> Compiled | None:
    """The rules that run for a patient; None for a plan that cannot be used."""
    try:
        return compile_plan(rules.plan(stay.site, stay.plan or {"protocol": "chemo-aplasia"}), rules.library)
    except ValueError:
        return None


def rules_now(conn: Connection[Any], at: Micros) -> Rules:
    """The protocols in force, resolved once for each set of texts, and the sites' limits."""
    texts = tuple(sorted(protocols.active_texts(conn, at).items()))
    return Rules(_library(texts), protocols.site_limits(conn))


@lru_cache(maxsize=8)
def _library(texts: tuple[tuple[str, str], ...]) -> Library:
    return library(dict(texts))
