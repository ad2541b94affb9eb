"""What is due when: days of the patient, phases of the protocol, baseline, what was there last time, the load."""

from zoneinfo import ZoneInfo

import pytest

from alerts.asking import Stay, drugs_of, due_questionnaires, load_of, stay_of, turns
from alerts.core.window import Count
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import shipped as library
from alerts.questionnaire_files import shipped
from domain.burden import by_day
from domain.instants import DAY, HOUR, MINUTE, Micros, iso, moment, parse_iso
from domain.values import Origin, Report

AT = parse_iso("2026-11-22T09:00:00+01:00")
APLASIA = {"aplasia": {"from": "2026-11-20T00:00:00Z", "until": "2026-12-05T00:00:00Z"}}


def stay(protocol: str = "oral-therapy", *, counts=(), doses=(), **plan) -> Stay:
    made = {"protocol": protocol, **plan}
    return stay_of(made, compile_plan(made, library()), shipped(), counts=counts, doses=doses)


def said(at: Micros, item: str = "unwell", grade: int = 0, *, q: str = "daily", attribute="severity", seq=1) -> Report:
    return Report("P1", q, item, attribute, grade, None, None, at, at, "patient", Origin("app", "b", seq))


def due(found: Stay, answers, at: Micros) -> list[str]:
    return [turn.questionnaire.id for turn in due_questionnaires(found, answers, at)]


@pytest.mark.parametrize(
    ("protocol", "ids"),
    [
        ("oral-therapy", ["oral-daily"]), ("chemo-aplasia", ["chemo-daily"]), ("vital-signs", ["wellbeing"]),
        ("post-transplant-aplasia", ["transplant-daily"]), ("bispecific-crs", ["chemo-daily", "icans"]),
    ],
)  # fmt: skip
def test_at_entry_the_questionnaires_of_the_protocol_are_due(protocol, ids):
    assert due(stay(protocol), (), AT) == ids


def test_once_a_day_is_a_day_of_the_patient_not_24_hours():
    late = parse_iso("2026-11-21T23:50:00+01:00")
    assert due(stay(), [said(late)], late + MINUTE) == []
    assert due(stay(), [said(late)], parse_iso("2026-11-22T00:10:00+01:00")) == ["oral-daily"]
    guadeloupe = stay(timezone="America/Guadeloupe")
    assert due(guadeloupe, [said(late)], parse_iso("2026-11-22T00:10:00+01:00")) == []


@pytest.mark.parametrize(("day", "hours"), [("2026-10-25", 25), ("2026-03-29", 23), ("2026-11-22", 24)])
def test_a_day_with_a_clock_change_is_one_day(day, hours):
    noon = parse_iso(f"{day}T12:00:00Z")
    [turn] = turns(stay(), (), noon)
    assert turn.until_at - turn.from_at == hours * HOUR
    assert moment(turn.from_at).astimezone(ZoneInfo("Europe/Paris")).hour == 0


def test_twice_a_day_after_a_dose_and_not_later():
    given = parse_iso("2026-11-22T08:00:00Z")
    found = stay("bispecific-crs", doses=[given], **APLASIA)
    morning = given + HOUR
    assert due(found, [said(morning), said(morning, q="icans", item="confusion")], morning + HOUR) == []
    assert due(found, [said(morning), said(morning, q="icans", item="confusion")], morning + 5 * HOUR) == ["icans"]
    assert due(found, [said(given + 3 * DAY)], given + 3 * DAY) == []


def test_a_round_of_the_protocols_own_stream_counts_in_its_phase():
    recovered = [Count(AT - DAY, 0.2), Count(AT - HOUR, 1.5)]
    assert due(stay("post-transplant-aplasia", counts=recovered, **APLASIA), (), AT) == ["transplant-daily"]


def test_the_first_time_every_symptom_is_asked_later_those_that_were_there():
    [first] = turns(stay(), (), AT)
    assert first.baseline
    assert "nausea.severity" in first.ask
    assert "nausea.severity" in [question.code for question in first.shown]
    day_before = [said(AT - DAY, "nausea", 2), said(AT - DAY + 1, "pain", 0), said(AT - 2 * DAY, "pain", 3)]
    [then] = turns(stay(), day_before, AT)
    assert (then.baseline, then.ask, then.done) == (False, ("nausea.severity",), False)
    assert [question.code for question in then.shown if question.section] == ["nausea.severity"]


def test_numbers_of_a_test_by_somebody_beside_are_never_asked_unopened():
    [_, icans] = turns(stay("bispecific-crs"), (), AT)
    assert not {"ice.number", "ice-naming.number"} & {question.code for question in icans.shown}


def test_an_answer_of_tomorrow_does_not_count_for_today():
    assert due(stay(), [said(AT + DAY)], AT) == ["oral-daily"]


def test_answers_of_another_questionnaire_do_not_count():
    assert due(stay(), [said(AT, q="icans")], AT) == ["oral-daily"]


def test_the_risks_of_the_patients_drugs_are_asked_each_time():
    """Abemaciclib: diarrhoea; ibrutinib: bleeding (clinical table 06)."""
    plan = [{"drug": "Ibrutinib 140 mg", "dose_mg": 420, "times": ["08:00"], "start": "2026-11-01"}]
    [turn] = turns(stay(oral=plan), [said(AT - DAY)], AT)
    assert turn.ask == ("nosebleeds.severity", "bruising.presence")
    assert [question.code for question in turn.shown if question.section] == list(turn.ask)


def test_drugs_come_from_the_plan():
    oral = [{"drug": "ibrutinib"}, {"drug": "ibrutinib"}, {"dose_mg": 1}, "x", {"drug": 3}]
    assert drugs_of({"oral": oral}) == ("ibrutinib",)
    assert drugs_of({}) == ()


def test_what_is_asked_of_a_stable_patient_is_little():
    answered = [said(AT - HOUR)]
    for protocol in ("oral-therapy", "chemo-aplasia", "vital-signs"):
        load = load_of(turns(stay(protocol), answered, AT))
        assert load.questions <= 4
        assert load.minutes <= 1
    heavy = load_of(turns(stay("bispecific-crs"), [*answered, said(AT - HOUR, q="icans")], AT))
    assert heavy.rounds == 3


def test_burden_counts_rounds_questions_and_minutes_a_day_and_says_what_was_measured():
    taps = [said(AT + n * 5_000_000, f"i{n}") for n in range(7)]
    phone = [said(AT + HOUR, f"i{n}", seq=2) for n in range(10)]
    [day] = by_day([*taps, *phone], "Europe/Paris")
    assert (day.rounds, day.questions, day.minutes, day.measured) == (2, 17, 1.5, 0.5)
    two = by_day([said(AT), said(AT + DAY, seq=2)], "Europe/Paris")
    assert [iso(parse_iso(f"{each.day}T00:00:00Z"))[:10] for each in two] == ["2026-11-22", "2026-11-23"]
    assert by_day((), "Europe/Paris") == ()
