"""What the app shows as due: states over a day, advice that is verified or "ask your team"."""

from alerts.oral.drugs import ASK, known, told
from alerts.oral.due import due_ahead, due_today
from alerts.oral.plan import wall_zones
from domain.alerts import Pause
from tests.alerts.oral.days import CAPECITABINE, IMATINIB, METHOTREXATE, intake, local, plan, wall


def states(care: dict[str, object], now: str, *intakes: object) -> list[tuple[str, str]]:
    return [(row.drug, row.state) for row in due_today(care, intakes, local(now))]  # type: ignore[arg-type]


def test_an_unreported_dose_is_later_due_asked_once_and_then_missed() -> None:
    hours = {"06:00": "later", "07:00": "due", "09:59": "due", "10:00": "asked", "13:59": "asked", "14:00": "missed"}
    for hour, state in hours.items():
        assert states(plan(IMATINIB), f"2026-11-18 {hour}") == [("imatinib", state)], hour


def test_a_word_about_it_ends_the_question_whenever_it_comes() -> None:
    for hour, state in (("08:10", "taken"), ("11:00", "late")):
        taken = intake(f"2026-11-18 {hour}", drug="Imatinib")
        assert states(plan(IMATINIB), "2026-11-18 15:00", taken) == [("imatinib", state)]
    for state in ("skipped", "vomited"):
        said = intake("2026-11-18 09:00", state, drug="imatinib")
        assert states(plan(IMATINIB), "2026-11-18 15:00", said) == [("imatinib", state)]


def test_windows_of_the_plan_come_first() -> None:
    care = plan(IMATINIB | {"late_min": 30, "asked_min": 60})
    assert states(care, "2026-11-18 08:31") == [("imatinib", "asked")]
    assert states(care, "2026-11-18 09:31") == [("imatinib", "missed")]


def test_holds_off_weeks_and_days_without_a_dose_are_said() -> None:
    hold = {"from": "2026-11-18", "until": None, "reason": "cytopenia", "ordered_by": "Dr Roy"}
    [morning, evening] = due_today(plan(CAPECITABINE | {"holds": [hold]}), (), local("2026-11-18 09:00"))
    assert (morning.state, evening.state) == ("on hold", "on hold")
    assert (morning.why, morning.ordered_by) == ("cytopenia", "Dr Roy")
    assert states(plan(CAPECITABINE), "2026-12-01 09:00") == [("capecitabine", "off")]
    assert states(plan(METHOTREXATE), "2026-11-18 09:00") == [("methotrexate", "off")]
    assert states(plan(CAPECITABINE), "2026-11-10 09:00") == []  # it has not begun


def test_last_evenings_dose_is_still_asked_about_after_midnight() -> None:
    care = plan(CAPECITABINE | {"times": ["08:00", "22:00"]})
    assert states(care, "2026-11-18 01:00") == [
        ("capecitabine", "asked"), ("capecitabine", "later"), ("capecitabine", "later"),
    ]  # fmt: skip


def test_only_what_is_verified_is_told_and_the_rest_is_for_the_team() -> None:
    [row] = due_today(plan(IMATINIB), (), local("2026-11-18 09:00"))
    assert row.food == row.if_missed == row.if_vomited == ASK  # V2 and unknown are no advice
    palbociclib = {"drug": "Palbociclib", "dose_mg": 125, "times": ["08:00"], "food": "with_food"}
    [row] = due_today(plan(palbociclib), (), local("2026-11-18 09:00"))
    assert row.if_missed.en == "Take no additional dose; take the next one at the usual time."
    assert row.food.en == "With a meal."
    [row] = due_today(plan(palbociclib | {"drug": "ibrance"}), (), local("2026-11-18 09:00"))
    assert row.if_missed == ASK


def test_every_verified_sentence_of_the_table_is_translated_and_no_other_is_told() -> None:
    from alerts.oral.drugs import table

    for drug in table().values():
        for fact in (drug.missed, drug.vomited):
            assert (told(fact) != ASK) == (fact.status == "V" and fact.text != "-"), (drug.name, fact)
    assert known("Méthotrexate 2,5 mg comprimé") is known("methotrexate oral")


def test_too_many_is_shown() -> None:
    rows = due_today(
        plan(IMATINIB),
        [intake("2026-11-18 08:00", drug="imatinib"), intake("2026-11-18 08:10", drug="imatinib")],
        local("2026-11-18 09:00"),
    )
    assert [(row.state, row.too_many) for row in rows] == [("taken", True)]


def ahead(care: dict[str, object], now: str, days: int = 8, zone: str = "Europe/Paris") -> list[str]:
    return [wall(row.due_at, zone) for row in due_ahead(care, local(now, zone), days) if row.due_at is not None]


def test_a_week_ahead_is_every_dose_after_today_on_the_wall_also_when_the_clocks_change() -> None:
    for now, last in (("2026-10-22 23:50", "2026-10-30"), ("2026-03-26 00:10", "2026-04-03")):
        found = ahead(plan(CAPECITABINE | {"cycle": None}), now)
        assert len(found) == 16
        assert {each[11:] for each in found} == {"08:00", "20:00"}
        assert (found[0][:10] > now[:10], found[-1]) == (True, f"{last} 20:00")
    assert ahead(plan(METHOTREXATE), "2026-11-18 09:00") == ["2026-11-23 08:00"]
    assert ahead(plan(CAPECITABINE), "2026-11-28 09:00") == ["2026-11-29 08:00", "2026-11-29 20:00"]  # then off


def test_ahead_a_hold_and_a_trip_are_known_and_a_pause_is_left_out() -> None:
    hold = {"from": "2026-11-20", "until": "2026-11-22", "reason": "cytopenia", "ordered_by": "Dr Roy"}
    rows = due_ahead(plan(IMATINIB | {"holds": [hold]}), local("2026-11-18 09:00"), 4)
    assert [row.state == "on hold" for row in rows] == [False, True, True, False]
    trip = {"from": "2026-11-20T12:00:00Z", "until": "2026-11-23T12:00:00Z", "timezone": "America/New_York"}
    away = plan(IMATINIB, trips=[trip], timezone="Europe/Paris")
    assert ahead(away, "2026-11-18 09:00", 5, "Europe/Paris")[2:4] == ["2026-11-21 14:00", "2026-11-22 14:00"]
    assert [name for _, name in wall_zones(away)] == ["Europe/Paris", "America/New_York", "Europe/Paris"]
    ward = Pause("1", "ward", local("2026-11-19 00:00"), local("2026-11-21 00:00"), "x", "dr", 0)
    left = due_ahead(plan(IMATINIB), local("2026-11-18 09:00"), 3, pauses=(ward,))
    assert [wall(row.due_at)[:10] for row in left if row.due_at] == ["2026-11-21"]
