"""Reading back what is stored of patients: at start, around a late sample. Says nothing, decides nothing."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

import psycopg
from msgspec import Struct, structs

from alerts.core import refill
from alerts.core.codes import MODELS
from alerts.core.oral_memory import KEPT as INTAKES_KEPT
from alerts.core.oral_memory import MARGIN, MOST
from alerts.core.refill import History
from alerts.core.samples import samples
from alerts.core.state import KEPT_FORETOLD, PatientState, new_state
from alerts.core.streams import KEPT, PINNED
from alerts.core.taking_back import KEPT as BACK_KEPT
from alerts.oral.check import oral_faults
from alerts.oral.expected import Versions
from alerts.oral.plan import NOTHING, oral_plan
from alerts.protocol.plan import Library, with_site
from domain.alerts import Alert, ModelOutput
from domain.instants import DAY, Micros
from domain.values import Intake, Reading, Report, Retraction
from domain.vocabulary import MEASURES, NEUTROPHILS
from storage import alerts as rows
from storage import answers, history, model_outputs, pauses, retractions

LOOKBACK = 256  # samples of each stream before a late one that are put back
CLOSED_KEPT = 4  # closed alerts remembered a patient and rule
MOST_SINCE_OPEN = 2000  # samples of a stream read back for an alert that is open, or was closed while it held
RECENT = 7 * DAY  # an alert closed longer ago has been re-armed or is over
SAID_FOR = 14 * DAY  # answers, doses and treatments that are read back
MOST_SAID = 500  # of each kind, the newest
COUNTS = 64  # neutrophil counts, the newest
KEPT_OUTPUTS = 32  # of each model, the newest; what they foretell is read back apart

Limits = Mapping[str, dict[str, dict[str, float]]]
Around = Callable[..., Sequence[Reading]]
Load = Callable[..., PatientState]


class Rules(Struct, frozen=True):
    """What patients are judged by: protocols, and the sites' own limits."""

    library: Library
    site_limits: Limits = {}

    def plan(self, site: str, plan: dict[str, Any]) -> dict[str, Any]:
        """A plan with the site's limits where the patient has none. A site's own entry has no rules, and no limits."""
        named = plan.get("protocol")
        protocol = self.library.protocols.get(named) if isinstance(named, str) else None
        if protocol is not None and not protocol.rules:
            return plan
        return with_site(plan, self.site_limits.get(site, {}))


def fresh(row: history.Watched, plan: dict[str, Any], rules: Rules) -> PatientState:
    """A patient of whom nothing is known yet. Raises ValueError when the plan cannot be used."""
    set_at = row.plan_set_at if row.plan is not None and row.plan_set_at is not None else row.created_at
    made = rules.plan(row.site, plan)
    return new_state(row.patient, row.site, made, rules.library, set_at=set_at, watched_from=row.created_at)


def fill(
    conn: psycopg.Connection[Any], states: Mapping[str, PatientState], *, at: Micros, load: Load = refill.load
) -> dict[str, PatientState]:
    """Fresh states with everything that is stored of them. `at`: now. `load`: as `refill.load`."""
    names = list(states)
    opened, closed = _by_patient(rows.open_alerts(conn, names)), _by_patient(
        rows.last_closed(conn, names, each=CLOSED_KEPT)
    )  # fmt: skip
    numbers, resting = rows.numbers(conn, names), pauses.current(conn, names)
    readings: dict[str, list[Reading]] = {}
    codes = [code for code in measured(states.values()) if code != NEUTROPHILS]
    for reading in history.newest(conn, names, codes, each=KEPT):
        readings.setdefault(reading.patient, []).append(reading)
    for reading in history.newest(conn, names, [NEUTROPHILS], each=COUNTS):
        readings.setdefault(reading.patient, []).append(reading)
    said = _said(conn, names, at - SAID_FOR)
    spoken = model_outputs.newest(conn, names, list(MODELS), each=KEPT_OUTPUTS)
    opening = model_outputs.foretold(conn, names, list(MODELS), each=KEPT_FORETOLD)
    intakes_from = at - INTAKES_KEPT - MARGIN
    taken = _oral(conn, states, intakes_from)
    back: dict[str, list[Retraction]] = {}
    for one in retractions.newest(conn, names, intakes_from, each=BACK_KEPT):
        back.setdefault(one.patient, []).append(one)
    filled = {}
    for name, state in states.items():
        state.retractions = tuple(back.get(name, ()))
        state.pauses = tuple(resting.get(name, ()))
        spoken_of = [*opened.get(name, ()), *(a for a in closed.get(name, ()) if a.condition_to is None)]
        known = History(readings.get(name, ()), whole(readings.get(name, ()), KEPT))
        known = _deeper(conn, state, further(partial(history.around, conn), state, known, spoken_of), at=at)
        told, outputs = said.get(name, History(())), spoken.get(name, ())
        foretold = _outputs(outputs)
        filled[name] = load(
            state,
            History(
                [*known.readings, *told.readings, *foretold.readings],
                known.whole | told.whole | foretold.whole,
                told.heard,
                [*opening.get(name, ()), *outputs],
                intakes=taken.get(name, ()),
                intakes_from=intakes_from,
            ),
            open_alerts=opened.get(name, ()),
            closed_alerts=closed.get(name, ()),
            number=numbers.get(name, 0),
        )
    return filled


def measured(states: Iterable[PatientState]) -> list[str]:
    """The measures that any of these patients' rules or schedules look at, and the neutrophil count."""
    found = {NEUTROPHILS}
    for state in states:
        found |= {code for code in state.compiled.routes if code in MEASURES}
        found |= {silence.code for silence in state.compiled.silences if silence.code in MEASURES}
    return sorted(found)


def around(conn: psycopg.Connection[Any], state: PatientState, since: Micros) -> History:
    """What lies around a late sample, from `since` on and enough before it."""
    codes = [code for code in measured([state]) if code in state.compiled.routes]
    found = history.around(conn, state.patient, codes, since=since, before=LOOKBACK, most=PINNED)
    known = joined(History(()), found, codes, since=since, before=LOOKBACK, most=PINNED)
    told = _said(conn, [state.patient], since - SAID_FOR).get(state.patient, History(()))
    taken = () if state.oral is None else answers.intakes(conn, [state.patient], since - MARGIN, each=MOST)
    return History(
        [*known.readings, *told.readings], known.whole | told.whole, intakes=list(taken), intakes_from=since - MARGIN
    )


def _oral(
    conn: psycopg.Connection[Any], states: Mapping[str, PatientState], since: Micros
) -> Mapping[str, Sequence[Intake]]:
    """Intakes of those whose rules look at them; their former plans are put into their states."""
    names = [name for name, state in states.items() if state.oral is not None]
    if not names:
        return {}
    for name, set_plans in history.plans(conn, names).items():
        state = states[name]
        if state.oral is not None:
            state.oral = structs.replace(state.oral, plans=versions_of(set_plans, state.oral.plans))
    found: dict[str, list[Intake]] = {}
    for intake in answers.intakes(conn, names, since, each=MOST):
        found.setdefault(intake.patient, []).append(intake)
    return found


def versions_of(rows: Sequence[tuple[Micros, dict[str, Any]]], now: Versions | None = None) -> Versions:
    """The plans as they were set. What an older hub did not check counts as no drug. `now`: the newest as compiled."""
    plans = [(at, NOTHING if oral_faults(body) else oral_plan(body)) for at, body in rows]
    plans += [] if now is None else now.rows
    first, *later = plans or [(0, NOTHING)]
    found = Versions((first,))
    for since, plan in later:
        found = found.then(since, plan)
    return found


def _said(conn: psycopg.Connection[Any], names: Sequence[str], since: Micros) -> dict[str, History]:
    """Answers, doses, treatments and refusals as samples. They are few: nothing older matters."""
    found: dict[str, list[Reading]] = {}
    heard: dict[str, dict[str, Micros]] = {}
    recent = list(answers.since(conn, names, since, each=MOST_SAID))
    doses = [dose for dose in answers.last_doses(conn, names) if dose.given_at < since]  # a phase may hang on it
    for each in (*doses, *recent):
        if each.patient is None:
            continue
        found.setdefault(each.patient, []).extend(samples(each))
        if isinstance(each, Report):
            code, last = f"questionnaire:{each.questionnaire}", heard.setdefault(each.patient, {})
            last[code] = max(each.received_at, last.get(code, each.received_at))
    return {
        name: History(rows, frozenset(row.code for row in rows), heard.get(name, {})) for name, rows in found.items()
    }


def _outputs(found: Sequence[ModelOutput]) -> History:
    """What models said, as samples; of a model that has said less than was asked for nothing older is stored."""
    readings = [reading for each in found for reading in samples(each)]
    said = Counter(each.model for each in found)
    return History(readings, frozenset(f"model:{name}" for name in MODELS if said[name] < KEPT_OUTPUTS))


def _deeper(conn: psycopg.Connection[Any], state: PatientState, known: History, *, at: Micros) -> History:
    """Baselines and trends need the samples of their whole window."""
    reach: dict[str, Micros] = {}
    for rule in state.compiled.levels:
        span = rule.memory
        for code in rule.codes if span else ():
            if code in MEASURES and code not in known.whole:
                reach[code] = max(span, reach.get(code, 0))
    for code, span in reach.items():
        since = at - span
        wanted = history.around(conn, state.patient, [code], since=since, before=KEPT, most=MOST_SINCE_OPEN)
        known = joined(known, wanted, [code], since=since, before=KEPT, most=MOST_SINCE_OPEN)
    return known


def _by_patient(alerts: Iterable[Alert]) -> dict[str, list[Alert]]:
    found: dict[str, list[Alert]] = {}
    for alert in alerts:
        found.setdefault(alert.patient, []).append(alert)
    return found


def further(around: Around, state: PatientState, known: History, spoken_of: Sequence[Alert]) -> History:
    """The newest samples, or those since the beginning of what alerts speak of where that is longer ago.

    `around`: `storage.history.around` of a connection.
    """
    ruled = {rule.id: rule.codes for rule in state.compiled.levels}
    newest = max((reading.received_at for reading in known.readings), default=0)
    recent = [
        alert
        for alert in spoken_of
        if alert.rule in ruled and not alert.disproved and (alert.closed_at or newest) > newest - RECENT
    ]
    if not recent:
        return known
    since = min(min([alert.condition_at, *(found.measured_at for found in alert.evidence)]) for alert in recent)
    codes = sorted({code for alert in recent for code in ruled[alert.rule] if code in MEASURES})
    wanted = around(state.patient, codes, since=since, before=KEPT, most=MOST_SINCE_OPEN)
    return joined(known, wanted, codes, since=since, before=KEPT, most=MOST_SINCE_OPEN)


def whole(readings: Iterable[Reading], most: int) -> frozenset[str]:
    """Codes of which fewer than `most` were found (counts: `COUNTS`): nothing older is stored."""
    counted = Counter(reading.code for reading in readings)
    return frozenset(code for code in MEASURES if counted[code] < (COUNTS if code == NEUTROPHILS else most))


def joined(
    known: History, wanted: Sequence[Reading], codes: Sequence[str], *, since: Micros, before: int, most: int
) -> History:
    """What `around` found instead of what was known of these codes, without the older part where there is a gap."""
    after = Counter(reading.code for reading in wanted if reading.measured_at >= since)
    earlier = Counter(reading.code for reading in wanted if reading.measured_at < since)
    cut = {code for code in codes if after[code] >= most}
    kept = [reading for reading in wanted if reading.measured_at >= since or reading.code not in cut]
    kept += [reading for reading in known.readings if reading.code not in codes]
    whole = {code for code in codes if earlier[code] < before and code not in cut}
    return History(kept, frozenset({*whole, *(known.whole - set(codes))}), known.heard)
