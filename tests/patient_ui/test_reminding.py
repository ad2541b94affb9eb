"""The calm policy: quiet hours, twice a day, three hours apart, not soon after something was sent."""

from zoneinfo import ZoneInfo

import pytest

from domain.instants import HOUR, MINUTE, Micros, parse_iso
from patient_ui.reminding import WORDS, is_quiet, may_remind
from storage.app_reminders import Reminded, Wishes

PARIS = ZoneInfo("Europe/Paris")
NOON = parse_iso("2026-11-22T12:00:00+01:00")


def person(
    *, sent: tuple[Micros, ...] = (), last: Micros | None = None, quiet: tuple[int, int] = (1260, 480)
) -> Reminded:
    return Reminded(1, "p-abc", Wishes(True, *quiet), sent, last, ("P1",))


@pytest.mark.parametrize(
    ("clock", "quiet"), [("20:59", False), ("21:00", True), ("00:30", True), ("07:59", True), ("08:00", False)]
)
def test_nobody_is_reminded_at_night(clock: str, quiet: bool) -> None:
    at = parse_iso(f"2026-11-22T{clock}:00+01:00")
    assert (may_remind(person(), at, PARIS) == "quiet hours") is quiet


def test_the_night_is_that_of_the_patients_zone() -> None:
    at = parse_iso("2026-11-22T22:30:00+01:00")
    assert may_remind(person(), at, PARIS) == "quiet hours"
    assert may_remind(person(), at, ZoneInfo("America/Martinique")) is None


def test_people_make_it_quieter_and_never_louder() -> None:
    assert is_quiet(13 * 60, Wishes(True, 12 * 60, 14 * 60))
    assert not is_quiet(15 * 60, Wishes(True, 12 * 60, 14 * 60))
    assert is_quiet(23 * 60, Wishes(True, 0, 0))
    assert is_quiet(2 * 60, Wishes(True, 3 * 60, 4 * 60))


def test_two_a_day_three_hours_apart() -> None:
    assert may_remind(person(sent=(NOON - 2 * HOUR,)), NOON, PARIS) == "one was sent a short time ago"
    assert may_remind(person(sent=(NOON - 3 * HOUR,)), NOON, PARIS) is None
    assert may_remind(person(sent=(NOON - 3 * HOUR, NOON - 4 * HOUR)), NOON, PARIS) == "2 were sent today"
    assert may_remind(person(sent=(NOON - 13 * HOUR, NOON - 15 * HOUR)), NOON, PARIS) is None


def test_not_soon_after_something_was_sent() -> None:
    assert may_remind(person(last=NOON - 29 * MINUTE), NOON, PARIS) == "something was sent a short time ago"
    assert may_remind(person(last=NOON - 30 * MINUTE), NOON, PARIS) is None


def test_the_words_say_nothing_of_health() -> None:
    said = str(WORDS).lower()
    assert not any(word in said for word in ("temp", "fièvre", "fever", "traitement", "dose", "cancer", "patient"))
