"""What is due when: days of the patient, phases of the protocol, baseline, what was there last time, the load."""

from zoneinfo import ZoneInfo

import pytest
from msgspec import structs

from alerts.asking import Stay, drugs_of, due_questionnaires, load_of, stay_of, turns
from alerts.core.window import Count
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import shipped as library
from alerts.questionnaire_files import shipped
from domain.burden import by_day
from domain.instants import DAY, HOUR, MINUTE, Micros, iso, moment, parse_iso
from domain.questionnaire import Round
from domain.values import Origin, Report

AT = parse_iso("2026-11-22T09:00:00+01:00")
APLASIA = {"aplasia": {"from": "2026-11-20T00:00:00Z", "until": "2026-12-05T00:00:00Z"}}


def stay(protocol: str = "oral-therapy", *, counts=(), doses=(), **plan) -> Stay:
    made = {"protocol": protocol, **plan}
    return stay_of(made, compile_plan(made, library()), shipped(), counts=counts, doses=doses)


def said(at: Micros, item: str = "unwell", grade: int = 0, *, q: str = "daily", attribute="severity", seq=1) -> Report:
    return Report("P1", q, item, attribute, grade, None, None, at, at, "patient", Origin("app", "b", seq))


def whole(at: Micros, *, q: str = "daily", **grades: int) -> list[Report]:
    """A completed round of a stable patient."""
    given = {"rigors.presence": 0, "unwell.severity": 0, "symptoms.presence": 0}
    if q == "icans":
        signs = ("sleepiness", "confusion", "speech", "handwriting")
        given = {"seizure.presence": 0, "focal-weakness.presence": 0, **{f"{sign}.severity": 0 for sign in signs}}
    given |= {f"{item}.severity": grade for item, grade in grades.items()}
    seq = at // 1_000_000
    return [said(at, *code.split(".")[:1], g, q=q, attribute=code.split(".")[1], seq=seq) for code, g in given.items()]


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
    assert due(stay(), whole(late), late + MINUTE) == []
    assert due(stay(), whole(late), parse_iso("2026-11-22T00:10:00+01:00")) == ["oral-daily"]
    guadeloupe = stay(timezone="America/Guadeloupe")
    assert due(guadeloupe, whole(late), parse_iso("2026-11-22T00:10:00+01:00")) == []


def test_on_a_trip_the_day_is_that_of_the_place():
    late = parse_iso("2026-11-21T23:50:00+01:00")
    trip = {"from": "2026-11-20T12:00:00Z", "until": "2026-11-23T12:00:00Z", "timezone": "America/New_York"}
    plan = {"protocol": "oral-therapy", "timezone": "Europe/Paris", "trips": [trip]}
    for at, wanted in ((late + HOUR, []), (late + 8 * HOUR, ["oral-daily"])):  # 18:50 and 01:50 in New York
        found = stay_of(plan, compile_plan(plan, library()), shipped(), at=at)
        assert due(found, whole(late), at) == wanted


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
    both = [*whole(morning), *whole(morning, q="icans")]
    assert due(found, both, morning + HOUR) == []
    assert due(found, both, morning + 5 * HOUR) == ["icans"]
    assert due(found, whole(given + 3 * DAY), given + 3 * DAY) == []


def test_a_round_of_the_protocols_own_stream_counts_in_its_phase():
    recovered = [Count(AT - DAY, 0.2), Count(AT - HOUR, 1.5)]
    assert due(stay("post-transplant-aplasia", counts=recovered, **APLASIA), (), AT) == ["transplant-daily"]


def test_the_first_time_every_symptom_is_asked_later_those_that_were_there():
    [first] = turns(stay(), (), AT)
    assert first.baseline
    assert "nausea.severity" in first.ask
    assert "nausea.severity" in [question.code for question in first.shown]
    day_before = [*whole(AT - DAY, nausea=2, pain=0), said(AT - 2 * DAY, "pain", 3)]
    [then] = turns(stay(), day_before, AT)
    assert (then.baseline, then.ask, then.done) == (False, ("nausea.severity",), False)
    assert [question.code for question in then.shown if question.section] == ["nausea.severity"]


def test_numbers_of_a_test_by_somebody_beside_are_never_asked_unopened():
    [_, icans] = turns(stay("bispecific-crs"), (), AT)
    assert not {"ice.number", "ice-naming.number"} & {question.code for question in icans.shown}


def test_one_answer_is_not_a_round_and_does_not_end_the_baseline():
    for known in ([said(AT, "rigors", 1, attribute="presence")], whole(AT)[:2], [*whole(AT - DAY), *whole(AT)[1:]]):
        [turn] = turns(stay(), known, AT + HOUR)
        assert not turn.done
    [first] = turns(stay(), whole(AT)[:2], AT + HOUR)
    assert first.baseline
    assert "nausea.severity" in first.ask
    both = [said(AT, "rigors", 1, attribute="presence"), *whole(AT + MINUTE)[1:]]
    assert due(stay(), both, AT + HOUR) == []  # what was sent at once is a part of it


def test_a_branch_that_opens_a_required_question_asks_for_it():
    found = stay("chemo-aplasia")
    flushed = [*whole(AT), said(AT, "catheter-flushed", 1, attribute="presence")]
    assert due(found, whole(AT), AT + HOUR) == []
    assert due(found, flushed, AT + HOUR) == ["chemo-daily"]
    after = said(AT, "rigors-after-flush", 0, attribute="presence")
    assert due(found, [*flushed, after], AT + HOUR) == []


def test_a_set_that_requires_nothing_is_complete_with_its_graded_questions():
    given = parse_iso("2026-11-22T08:00:00Z")
    found = stay("bispecific-crs", doses=[given], **APLASIA)
    answers = whole(given + HOUR, q="icans")
    assert due(found, [*whole(given + HOUR), *answers[:-1]], given + 2 * HOUR) == ["icans"]


def test_a_round_over_midnight_is_one_round_of_the_day_it_was_finished():
    before, after = parse_iso("2026-11-21T23:58:00+01:00"), parse_iso("2026-11-22T00:04:00+01:00")
    begun = structs.replace(whole(before)[0], origin=whole(after)[0].origin)  # each answer has its own time
    assert due(stay(), [begun, *whole(after)[1:]], after + MINUTE) == []
    assert due(stay(), [whole(before)[0], *whole(after)[1:]], after + MINUTE) == ["oral-daily"]


def test_a_symptom_told_in_between_does_not_put_the_next_week_off():
    asked_weekly = stay()
    weekly = structs.replace(
        asked_weekly.questionnaires[0], name="weekly", rounds=(Round("always", 7 * DAY // MINUTE, "test", "D"),)
    )  # fmt: skip
    found = structs.replace(asked_weekly, questionnaires=(weekly,))
    [turn] = turns(found, [*whole(AT, q=weekly.name), said(AT + 3 * DAY, q=weekly.name)], AT + 3 * DAY)
    assert turn.done
    [turn] = turns(found, [*whole(AT, q=weekly.name), said(AT + 3 * DAY, q=weekly.name)], AT + 7 * DAY)
    assert not turn.done


def test_an_answer_of_tomorrow_does_not_count_for_today():
    assert due(stay(), [said(AT + DAY)], AT) == ["oral-daily"]


def test_answers_of_another_questionnaire_do_not_count():
    assert due(stay(), [said(AT, q="icans")], AT) == ["oral-daily"]


def test_the_risks_of_the_patients_drugs_are_asked_each_time():
    """Abemaciclib: diarrhoea; ibrutinib: bleeding (clinical table 06)."""
    plan = [{"drug": "Ibrutinib 140 mg", "dose_mg": 420, "times": ["08:00"], "start": "2026-11-01"}]
    [turn] = turns(stay(oral=plan), whole(AT - DAY), AT)
    assert turn.ask == ("nosebleeds.severity", "bruising.presence")
    assert [question.code for question in turn.shown if question.section] == list(turn.ask)


def test_drugs_come_from_the_plan():
    oral = [{"drug": "ibrutinib"}, {"drug": "ibrutinib"}, {"dose_mg": 1}, "x", {"drug": 3}]
    assert drugs_of({"oral": oral}) == ("ibrutinib",)
    assert drugs_of({}) == ()


def test_what_is_asked_of_a_stable_patient_is_little():
    answered = whole(AT - HOUR)
    for protocol in ("oral-therapy", "chemo-aplasia", "vital-signs"):
        load = load_of(turns(stay(protocol), answered, AT))
        assert load.questions <= 4
        assert load.minutes <= 1
    heavy = load_of(turns(stay("bispecific-crs"), [*answered, *whole(AT - HOUR, q="icans")], AT))
    assert heavy.rounds == 3


def test_burden_counts_rounds_questions_and_minutes_a_day_and_says_what_was_measured():
    taps = [said(AT + n * 5_000_000, f"i{n}") for n in range(7)]
    phone = [said(AT + HOUR, f"i{n}", seq=2) for n in range(10)]
    [day] = by_day([*taps, *phone], "Europe/Paris")
    assert (day.rounds, day.questions, day.minutes, day.measured) == (2, 17, 1.5, 0.5)
    two = by_day([said(AT), said(AT + DAY, seq=2)], "Europe/Paris")
    assert [iso(parse_iso(f"{each.day}T00:00:00Z"))[:10] for each in two] == ["2026-11-22", "2026-11-23"]
    assert by_day((), "Europe/Paris") == ()
