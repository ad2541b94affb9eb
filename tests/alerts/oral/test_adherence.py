"""From an oral plan and its intakes to measures of adherence: silence is no miss, a hold is not the patient's."""

from fractions import Fraction
from typing import Any

from alerts.oral.adherence import dose_intensity, history, openings
from alerts.oral.expected import always
from alerts.oral.matching import Matching, match
from alerts.oral.plan import Entry, oral_plan
from alerts.oral.windows import IntakesText, windows
from domain.values import Intake
from models.adherence.intensity import Intensity
from tests.alerts.oral.days import CAPECITABINE, doses, intake, local, plan

WINDOWS = windows(IntakesText())
DAY_18 = (intake("2026-11-18 08:00"), intake("2026-11-18 20:00"))


def matched(care: dict[str, Any], *intakes: Intake, since: str = "2026-11-18", until: str = "2026-11-20") -> Matching:
    return match(always(oral_plan(care)), doses(care, since, until), intakes, WINDOWS)


def entry(care: dict[str, Any]) -> Entry:
    return oral_plan(care).entries[0]


def found(
    care: dict[str, Any], *intakes: Intake, now: str = "2026-11-20 12:00", until: str = "2026-11-20"
) -> Intensity:
    return dose_intensity(matched(care, *intakes, until=until), entry(care), WINDOWS, local(now))


def test_silence_is_unknown_and_only_what_a_person_said_is_missed() -> None:
    care = plan(CAPECITABINE)
    rows = matched(care, *DAY_18, intake("2026-11-19 08:00", "skipped"))
    told = history(rows, entry(care), WINDOWS, local("2026-11-20 12:00"))
    assert [dose.outcome for dose in told] == ["taken", "taken", "missed", "unknown"]
    assert [(dose.hour, dose.weekday) for dose in told[:2]] == [(8, 2), (20, 2)]


def test_a_dose_that_is_still_open_is_not_in_the_history() -> None:
    care = plan(CAPECITABINE)
    assert len(history(matched(care, *DAY_18), entry(care), WINDOWS, local("2026-11-19 09:00"))) == 2


def test_a_dose_on_hold_is_not_in_the_history_and_counts_against_the_intensity() -> None:
    held = CAPECITABINE | {"holds": [{"from": "2026-11-19", "until": "2026-11-20", "reason": "x", "ordered_by": "y"}]}
    care = plan(held)
    assert len(history(matched(care, *DAY_18), entry(care), WINDOWS, local("2026-11-20 12:00"))) == 2
    assert (found(care, *DAY_18).low, found(care, *DAY_18).high) == (Fraction(1, 2), Fraction(1, 2))


def test_what_nobody_reported_is_between_nothing_and_all_of_it() -> None:
    told = found(plan(CAPECITABINE), *DAY_18, intake("2026-11-19 08:00", "skipped"))
    assert (told.low, told.high, told.unsure) == (Fraction(2, 4), Fraction(3, 4), 1)


def test_a_vomited_dose_is_unsure_and_an_extra_one_is_delivered() -> None:
    told = found(plan(CAPECITABINE), *DAY_18, intake("2026-11-18 21:00", "vomited"), until="2026-11-19")
    assert (told.low, told.high) == (Fraction(1, 2), 1)
    more = found(plan(CAPECITABINE), *DAY_18, intake("2026-11-18 08:20", "extra"), until="2026-11-19")
    assert more.low == Fraction(3, 2)


def test_a_reduced_dose_is_held_against_the_first_prescription() -> None:
    reduced = CAPECITABINE | {"changes": [{"from": "2026-11-19", "dose_mg": 1000, "ordered_by": "y"}]}
    taken = (*DAY_18, intake("2026-11-19 08:00"), intake("2026-11-19 20:00"))
    assert found(plan(reduced), *taken).low == Fraction(2 * 1500 + 2 * 1000, 4 * 1500)


def test_openings_are_every_intake_of_the_drug_in_prescribed_doses() -> None:
    care = plan(CAPECITABINE)
    rows = matched(care, *DAY_18, intake("2026-11-18 08:30", "extra"), intake("2026-11-18 08:00", drug="imatinib"))
    assert [one.doses for one in openings(rows, "capecitabine")] == [1, 1, 1]
