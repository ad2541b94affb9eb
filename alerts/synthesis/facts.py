"""A patient's day from what is stored of it: the same rows always give the same synthesis. Pure.

Nothing is judged here: severities, states of doses and grades are those of the engine and of the people. What was
expected and did not come is said. Called by `alerts.synthesis_desk`.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date

from msgspec import Struct

from alerts.oral.doses import Standing
from alerts.oral.matching import Event, Matched, time_of
from domain.alerts import SEVERITIES, Alert, AlertEvent, Said
from domain.answer_names import answer_name
from domain.instants import Micros
from domain.questionnaire import Questionnaire, Words
from domain.synthesis import (
    Act,
    AlertLine,
    Course,
    DoseLine,
    FigureLine,
    GivenLine,
    StrayLine,
    SymptomLine,
    Synthesis,
    Tally,
    TechnicalLine,
    Tomorrow,
    WordLine,
)
from domain.values import Given, Intake, Report
from domain.vocabulary import MEASURES

BY_PEOPLE = ("acknowledged", "snoozed", "assigned", "commented", "closed", "reopened")
BEGINS = ("opened", "reopened")


class Found(Struct, frozen=True, kw_only=True):
    """Everything that is stored of one day, `start` to before `end`, and known `upto`; `start - before` the day before.

    `events`: of every alert that was not closed before the day, oldest first. `acts`: of people, other than on alerts.
    `expected`: codes of the measures that were expected that day. `reports`: of the day and of the day before.
    """

    patient: str
    site: str
    day: date
    zone: str
    start: Micros
    end: Micros
    upto: Micros
    course: Course
    tomorrow: Tomorrow
    events: Sequence[AlertEvent] = ()
    acts: Sequence[Act] = ()
    tallies: Sequence[Tally] = ()
    expected: frozenset[str] = frozenset()
    doses: Sequence[tuple[Matched, Standing]] = ()
    strays: Sequence[Event] = ()
    unplanned: Sequence[Intake] = ()
    given: Sequence[Given] = ()
    reports: Sequence[Report] = ()
    questionnaires: Sequence[Questionnaire] = ()

    def inside(self, at: Micros) -> bool:
        """Whether a moment is of the day, and known."""
        return self.start <= at < min(self.end, self.upto)


def synthesise(found: Found) -> Synthesis:
    """The synthesis of the day."""
    lasting = _lasting(found)
    said = [report for report in found.reports if found.inside(report.measured_at)]
    names = _names(found.questionnaires)
    return Synthesis(
        patient=found.patient,
        site=found.site,
        day=found.day,
        zone=found.zone,
        start=found.start,
        upto=min(found.upto, found.end),
        whole=found.upto >= found.end,
        course=found.course,
        alerts=_alerts(lasting),
        technical=_technical(lasting),
        acts=_acts(found),
        trends=_trends(found),
        doses=tuple(_dose(row, standing) for row, standing in found.doses),
        strays=_strays(found),
        given=tuple(_given(each) for each in found.given if found.inside(each.given_at)),
        symptoms=_symptoms(found, names),
        figures=_figures(said, names),
        words=_words(said, names),
        tomorrow=found.tomorrow,
    )


Lasting = list[tuple[Alert, list[AlertEvent]]]


def _lasting(found: Found) -> Lasting:
    """Each alert of the day as it stood at its end, with what happened to it that day."""
    events: dict[str, list[AlertEvent]] = defaultdict(list)
    for event in found.events:
        if event.at < min(found.end, found.upto):
            events[event.alert.id].append(event)
    rows = []
    for of_it in events.values():
        today = [event for event in of_it if event.at >= found.start]
        last = of_it[-1].alert
        if last.state != "pending" and (today or last.state != "closed"):
            rows.append((last, today))
    return rows


def _alerts(lasting: Lasting) -> tuple[AlertLine, ...]:
    rows = [_alert(alert, today) for alert, today in lasting if alert.category != "technical"]
    return tuple(sorted(rows, key=lambda row: (-SEVERITIES.index(row.severity), row.opened_at, row.id)))


def _alert(alert: Alert, today: Sequence[AlertEvent]) -> AlertLine:
    holder = alert.assignee or (alert.acknowledged_by if alert.state == "acknowledged" else None)
    return AlertLine(
        alert.id, alert.category, alert.severity, alert.state, alert.reason, alert.opened_at,
        any(event.kind in BEGINS for event in today), alert.late, alert.disproved, holder,
    )  # fmt: skip


def _technical(lasting: Lasting) -> tuple[TechnicalLine, ...]:
    """Technical alerts of one rule as one line: a flood of them must not hide the rest."""
    rows: dict[str, list[Alert]] = defaultdict(list)
    for alert, _ in lasting:
        if alert.category == "technical":
            rows[alert.rule].append(alert)
    lines = []
    for rule, of_it in rows.items():
        worst = max(of_it, key=lambda alert: (SEVERITIES.index(alert.severity), alert.opened_at))
        left = sum(alert.state != "closed" for alert in of_it)
        lines.append(TechnicalLine(rule, worst.severity, worst.reason, len(of_it), left))
    return tuple(sorted(lines, key=lambda row: (-SEVERITIES.index(row.severity), row.rule)))


def _acts(found: Found) -> tuple[Act, ...]:
    rows = [act for act in found.acts if found.inside(act.at)]
    for event in found.events:
        if event.actor is not None and event.kind in BY_PEOPLE and found.inside(event.at):
            to = event.alert.assignee if event.kind == "assigned" else None
            text = " · ".join(part for part in (to, event.note) if part) or None
            rows.append(Act(event.at, event.actor, event.kind, event.alert.reason, text))
    return tuple(sorted(rows, key=lambda act: act.at))


def _trends(found: Found) -> tuple[Tally, ...]:
    places = {code: place for place, code in enumerate(MEASURES)}
    rows = [row for row in found.tallies if row.count or row.before_count or row.code in found.expected]
    return tuple(sorted(rows, key=lambda row: places.get(row.code, len(places))))


def _dose(row: Matched, standing: Standing) -> DoseLine:
    dose, first = row.dose, row.first
    said = row.skipped[0] if row.skipped else None
    by = first.intakes[0].by if first is not None else None if said is None else said.by
    held = dose.held.reason if dose.held is not None else None
    why = first.intakes[0].why if first is not None else held if said is None else said.why
    return DoseLine(
        dose.drug, dose.due_at, standing.state, dose.dose_mg, dose.tablets, None if first is None else first.at,
        by, why, len(row.events) > 1,
    )  # fmt: skip


def _strays(found: Found) -> tuple[StrayLine, ...]:
    rows = [StrayLine(each.intakes[0].drug, each.at, each.kind, each.intakes[0].by)
            for each in found.strays if found.inside(each.at)]  # fmt: skip
    rows += [StrayLine(each.drug, time_of(each), "unplanned", each.by)
             for each in found.unplanned if each.state != "skipped" and found.inside(time_of(each))]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: (row.at, row.drug)))


def _given(each: Given) -> GivenLine:
    return GivenLine(each.kind, each.name, each.given_at, each.amount, each.unit, each.by)


Names = dict[tuple[str, str], Words]


def _names(questionnaires: Iterable[Questionnaire]) -> Names:
    """Questions by questionnaire and code."""
    return {(each.name, q.code): q.text for each in questionnaires for q in each.questions}


def _name(report: Report, names: Names) -> Said:
    question = names.get((report.questionnaire, f"{report.item}.{report.attribute or 'severity'}"))
    shown = answer_name(report.item, report.attribute, question)
    return Said(shown.fr, shown.en)


def _symptoms(found: Found, names: Names) -> tuple[SymptomLine, ...]:
    """The highest grade of each question, that day and the day before."""
    today: dict[tuple[str, str, str], Report] = {}
    before: dict[tuple[str, str, str], Report] = {}
    for report in sorted(found.reports, key=lambda each: (each.measured_at, each.received_at)):
        if report.grade is None:
            continue
        rows = today if found.inside(report.measured_at) else before if report.measured_at < found.start else None
        key = (report.questionnaire, report.item, report.attribute or "severity")
        if rows is not None and report.grade >= (rows[key].grade or 0 if key in rows else -1):
            rows[key] = report
    lines = []
    for key in today.keys() | before.keys():
        now, earlier = today.get(key), before.get(key)
        known = now or earlier
        if known is None or (now is None and not (earlier and earlier.grade)):
            continue
        lines.append(_symptom(known, now, earlier, names))
    return tuple(sorted(lines, key=lambda row: (-1 if row.grade is None else -row.grade - 2, row.name.fr)))


def _symptom(known: Report, now: Report | None, earlier: Report | None, names: Names) -> SymptomLine:
    before = None if earlier is None else earlier.grade
    if now is None:
        return SymptomLine(_name(known, names), None, before, None, None)
    return SymptomLine(_name(known, names), now.grade, before, now.measured_at, now.by)


def _figures(said: Iterable[Report], names: Names) -> tuple[FigureLine, ...]:
    last: dict[tuple[str, str, str | None], FigureLine] = {}
    for report in sorted(said, key=lambda each: (each.measured_at, each.received_at)):
        if report.number is not None:
            key = (report.questionnaire, report.item, report.attribute)
            last[key] = FigureLine(_name(report, names), report.number, report.measured_at, report.by)
    return tuple(sorted(last.values(), key=lambda row: (row.at, row.name.fr)))


def _words(said: Iterable[Report], names: Names) -> tuple[WordLine, ...]:
    rows = [
        WordLine(_name(report, names), report.text, report.measured_at, report.by) for report in said if report.text
    ]
    return tuple(sorted(rows, key=lambda row: (row.at, row.text)))
