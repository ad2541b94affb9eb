"""The daily synthesis of a patient: reading what is stored, keeping what was made, reviewing. Called by the console.

The synthesis itself is `alerts.synthesis.facts.synthesise`. Of a day that is over it is kept whenever it is looked at,
unless nothing is stored of that day; of today when it is reviewed or printed. The same facts are kept once; late data
make a new version, which nobody has reviewed.
"""

from datetime import date, timedelta
from typing import Any

from msgspec import Struct, structs
from psycopg import Connection

from alerts.asking import Stay, stay_of
from alerts.core.codes import MODELS
from alerts.core.state import KEPT_FORETOLD
from alerts.core.window import Count, Window
from alerts.loading import COUNTS, versions_of
from alerts.oral.doses import Standing, standing
from alerts.oral.expected import Versions
from alerts.oral.matching import Matched, Matching, distinct, match
from alerts.oral.measures import MARGIN
from alerts.oral.windows import IntakesText, Windows, windows
from alerts.protocol.compiled import Compiled
from alerts.questionnaire_shelf import sets_of
from alerts.synthesis.facts import Found, synthesise
from alerts.synthesis.tomorrow import Ahead, expected, tomorrow
from alerts.window_desk import WindowNow, compiled_now, window_from
from domain.alerts import ModelOutput, Pause, Said
from domain.instants import DAY, HOUR, Micros, micros
from domain.synthesis import Act, Course, Synthesis, Tomorrow
from domain.values import Reading, Report
from domain.vocabulary import MEASURES, NEUTROPHILS
from domain.wall_clock import instant_of, local_date, zone_of, zones
from storage import answers, app_reading, care_notes, days, history, model_outputs, pauses, responsibles, syntheses

ZONE = "Europe/Paris"
NOON = 12 * 60
TOLD_UNTIL: Micros = 12 * HOUR  # an evening dose may be reported the next morning (choice of this project, status D)
ANSWERS_SINCE: Micros = 21 * DAY
MOST_INTAKES = 2000


class Person(Struct, frozen=True):
    """Of whom a synthesis is made."""

    patient: str
    site: str


class Refused(ValueError):
    """A day of which none can be made: what was expected."""


class Day(Struct, frozen=True):
    """One day by the patient's own clock. `before`: where the day before begins; `next_*`: of the day after."""

    date: date
    zone: str
    before: Micros
    start: Micros
    noon: Micros
    end: Micros
    next_noon: Micros
    next_end: Micros


class Made(Struct, frozen=True):
    """A synthesis, and what is kept of its day. `now`: the kept one with the same facts, None while there is none."""

    facts: Synthesis
    now: syntheses.Kept | None
    kept: tuple[syntheses.Kept, ...]


def make(conn: Connection[Any], person: Person, day: date, *, at: Micros) -> Synthesis:
    """The synthesis of a day as it is known now. Raises Refused for a day that has not begun."""
    of_day = day_of(conn, person, day)
    if at < of_day.start:
        raise Refused(f"a day up to {local_date(at, zone_of(of_day.zone)).isoformat()}, today for the patient")
    return synthesise(_found(conn, person, of_day, at))


def look(conn: Connection[Any], person: Person, day: date, *, at: Micros, kept: bool = False) -> Made:
    """The synthesis, kept when the day is over; `kept`: also of today."""
    facts = make(conn, person, day, at=at)
    if kept or (facts.whole and not facts.blank):
        syntheses.keep(conn, facts, at)
    found = syntheses.of_day(conn, person.patient, day)
    return Made(facts, next((each for each in found if each.digest == facts.digest), None), tuple(found))


def day_of(conn: Connection[Any], person: Person, day: date) -> Day:
    """The day by the time zone of the patient's newest plan."""
    plan = (history.plans(conn, [person.patient]).get(person.patient) or [(0, {})])[-1][1]
    named = str(plan.get("timezone") or ZONE)
    name = named if named in zones() else ZONE  # a plan that an older hub did not check
    zone, after = zone_of(name), day + timedelta(days=1)
    return Day(
        day, name, instant_of(day - timedelta(days=1), 0, zone), instant_of(day, 0, zone),
        instant_of(day, NOON, zone), instant_of(after, 0, zone),
        instant_of(after, NOON, zone), instant_of(after + timedelta(days=1), 0, zone),
    )  # fmt: skip


class _Known(Struct, frozen=True):
    """What is known at the end of the day, for the day and for the next one."""

    plan: dict[str, Any] | None
    compiled: Compiled | None
    plans: Versions
    stay: Stay | None
    pauses: tuple[Pause, ...]
    answers: tuple[Report, ...]
    counts: tuple[Reading, ...]
    outputs: tuple[ModelOutput, ...]

    def window(self, at: Micros) -> WindowNow | None:
        """The aplasia window at a moment, what models foretell with it; None where the protocol has none."""
        return None if self.compiled is None else window_from(self.compiled, self.counts, self.outputs, at=at)

    def stays(self, at: Micros) -> tuple[Stay, ...]:
        """The stay as it is known, and as models foretell it for a moment."""
        if self.stay is None:
            return ()
        now = self.window(at)
        foretold = now is not None and now.open and not self.stay.window.is_open(at)
        return (self.stay, structs.replace(self.stay, window=Window(((0, None),)))) if foretold else (self.stay,)


def _known(conn: Connection[Any], person: Person, day: Day, upto: Micros) -> _Known:
    name = person.patient
    set_plans = [row for row in history.plans(conn, [name]).get(name, ()) if row[0] <= upto]
    plan = set_plans[-1][1] if set_plans else None
    compiled = compiled_now(conn, person.site, plan, at=upto)
    said = [each for each in answers.reports_since(conn, name, day.start - ANSWERS_SINCE) if each.measured_at < upto]
    newest = history.newest(conn, [name], [NEUTROPHILS], each=COUNTS)
    counts = tuple(each for each in newest if each.measured_at < upto)
    foretold = model_outputs.foretold(conn, [name], list(MODELS), each=KEPT_FORETOLD).get(name, ())
    outputs = tuple(each for each in foretold if each.received_at < upto)
    stay = None if compiled is None else stay_of(
        plan or {}, compiled, sets_of(conn, person.site),
        counts=[Count(each.measured_at, each.value) for each in counts],
        doses=[each.given_at for each in answers.last_doses(conn, [name]) if each.given_at < upto],
    )  # fmt: skip
    resting = tuple(each for each in pauses.current(conn, [name]).get(name, ()) if each.set_at < upto)
    return _Known(plan, compiled, versions_of(set_plans), stay, resting, tuple(said), counts, outputs)


def _found(conn: Connection[Any], person: Person, day: Day, at: Micros) -> Found:
    upto = min(at, day.end)
    known = _known(conn, person, day, upto)
    stretch = days.Stretch(person.patient, day.before, day.start, upto)
    beside = _doses(conn, person, day, known)
    judged = _windows(known)
    return Found(
        patient=person.patient,
        site=person.site,
        day=day.date,
        zone=day.zone,
        start=day.start,
        end=day.end,
        upto=at,
        course=_course(known, day.date, upto),
        tomorrow=_tomorrow(known, day),
        events=days.alert_events(conn, stretch),
        acts=_acts(conn, stretch),
        tallies=days.tallies(conn, stretch, list(MEASURES)),
        expected=frozenset(each.code for each in expected(known.stays(day.noon), day.noon)),
        doses=[
            (row, _standing(row, known, judged, min(at, day.end + TOLD_UNTIL)))
            for row in beside.doses
            if day.start <= row.dose.due_at < day.end
        ],
        strays=beside.strays,
        unplanned=beside.unplanned,
        given=days.given(conn, stretch),
        reports=[each for each in known.answers if each.measured_at >= day.before],
        questionnaires=sets_of(conn, person.site),
    )


def _windows(known: _Known) -> Windows:
    return windows(IntakesText() if known.compiled is None else known.compiled.protocol.intakes)


def _doses(conn: Connection[Any], person: Person, day: Day, known: _Known) -> Matching:
    said = distinct(answers.intakes(conn, [person.patient], day.start - MARGIN, each=MOST_INTAKES))
    return match(known.plans, known.plans.doses(day.start - MARGIN, day.end + DAY), said, _windows(known))


def _standing(row: Matched, known: _Known, judged: Windows, at: Micros) -> Standing:
    entry = known.plans.at(row.dose.due_at).entry(row.dose.drug)
    return standing(row, entry, judged, at, known.pauses)


def _course(known: _Known, day: date, at: Micros) -> Course:
    plan, now = known.plan or {}, known.window(at)
    number = _cycle_day(plan.get("cycle_start"), day)
    protocol = known.compiled.protocol.id if known.compiled is not None else plan.get("protocol")
    if known.compiled is None or now is None:
        word = "unknown" if known.compiled is None else "none"
        return Course(protocol, plan.get("regimen"), number, word)
    return Course(
        protocol, plan.get("regimen"), number, "open" if now.open else "closed", now.since, now.expected_end,
        now.overdue, now.known,
    )  # fmt: skip


def _cycle_day(begins: Any, day: date) -> int | None:
    try:
        return (day - date.fromisoformat(begins)).days + 1 if isinstance(begins, str) else None
    except ValueError:
        return None


def _tomorrow(known: _Known, day: Day) -> Tomorrow:
    after = day.date + timedelta(days=1)
    return tomorrow(
        Ahead(after, day.end, day.next_noon, day.next_end, _course(known, after, day.next_noon),
              known.stays(day.next_noon), known.plans, known.pauses, known.answers)
    )  # fmt: skip


def _acts(conn: Connection[Any], stretch: days.Stretch) -> list[Act]:
    """What people did besides acting on alerts: plans, pauses, notes, transfers, intakes taken back."""
    acts = [
        Act(at, by, "plan", Said(f"version {version}", f"version {version}"))
        for at, by, version in days.plans_set(conn, stretch)
    ]
    for row in pauses.of_patient(conn, stretch.patient):
        about = Said(row.kind, row.kind)
        acts.append(Act(micros(row.set_at), row.actor, "pause", about, row.reason))
        if row.revoked_at is not None and row.revoked_by is not None:
            acts.append(Act(micros(row.revoked_at), row.revoked_by, "pause-revoked", about, row.revoked_reason))
    for note in care_notes.between(conn, stretch.patient, stretch.start, stretch.upto):
        kind = "note" if note.corrects is None else "note-corrects"
        acts.append(Act(note.at, note.author, kind, text=note.text))
    for each in responsibles.between(conn, stretch.patient, stretch.start, stretch.upto):
        passed = f"{each.before or '–'} → {each.person}"
        acts.append(Act(micros(each.at), each.set_by, "transfer", Said(passed, passed), each.reason))
    for row_back in app_reading.retracted(conn, stretch.patient, stretch.start - MARGIN, stretch.upto):
        if row_back.back_at is not None:
            drug = Said(row_back.drug, row_back.drug)
            acts.append(Act(row_back.back_at, row_back.back_by or row_back.by, "retracted", drug, row_back.back_why))
    return acts


def review(conn: Connection[Any], person: Person, day: date, *, digest: str, done: syntheses.Review) -> Made | None:
    """Sign the facts that were read; None when they are not the facts of now any more: somebody must look again."""
    made = look(conn, person, day, at=done.at)
    if made.facts.digest != digest:
        return None
    made = look(conn, person, day, at=done.at, kept=True)
    if made.now is not None:
        syntheses.review(conn, made.now.id, done)
    found = syntheses.of_day(conn, person.patient, day)
    return Made(made.facts, next((each for each in found if each.digest == digest), None), tuple(found))
