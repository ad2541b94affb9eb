"""What the watch says of a site: from when nobody is on call, how soon that is, and when it is told again."""

from zoneinfo import ZoneInfo

from alerts.escalation.oncall.watch import AGAIN, attended_console, no_attended_console, nobody_on_call, worth_telling
from domain.instants import HOUR, MINUTE, parse_iso
from domain.oncall import Roster, Shift

PARIS = ZoneInfo("Europe/Paris")
NOW = parse_iso("2026-11-22T10:00:00Z")  # a Sunday


def roster(*hours: tuple[float, float], role: str = "nurse") -> Roster:
    """On call in these hours from now."""
    return Roster(tuple(Shift("s", role, "ana", NOW + round(a * HOUR), NOW + round(b * HOUR)) for a, b in hours))


def test_a_gap_within_a_day_is_told_with_its_time_in_both_languages() -> None:
    note = nobody_on_call(roster((-1, 10), (12, 40)), ["nurse"], NOW, zone=PARIS)
    assert (note.kind, note.holds, note.severity) == ("nobody-on-call", True, "medium")
    assert note.said.en == "Nobody on call: nurse, from Sunday 22/11 21:00, until Sunday 23:00"
    assert (
        note.said.fr == "Personne d'astreinte : infirmier, à partir de dimanche 22/11 à 21:00, jusqu'à dimanche 23:00"
    )


def test_a_gap_that_is_near_is_high_and_one_that_has_begun_says_now() -> None:
    assert nobody_on_call(roster((-1, 1)), ["nurse"], NOW, zone=PARIS).severity == "high"
    assert nobody_on_call(roster((-1, 1.02)), ["nurse"], NOW, zone=PARIS).severity == "medium"
    note = nobody_on_call(Roster(), ["nurse", "physician"], NOW, zone=PARIS)
    assert (note.severity, note.said.en) == ("high", "Nobody on call: nurse, now; physician, now")


def test_a_roster_without_a_gap_or_without_a_role_that_is_called_is_well() -> None:
    assert not nobody_on_call(roster((-1, 24)), ["nurse"], NOW, zone=PARIS).holds
    assert not nobody_on_call(Roster(), [], NOW, zone=PARIS).holds
    assert nobody_on_call(roster((-1, 24)), ["nurse"], NOW + MINUTE, zone=PARIS).holds


def test_the_sentence_of_a_gap_stays_the_same_while_time_passes() -> None:
    said = {nobody_on_call(roster((-1, 10), (12, 99)), ["nurse"], NOW + n * 7 * MINUTE, zone=PARIS).said
            for n in range(70)}  # fmt: skip
    assert len(said) == 1


def test_a_note_is_told_when_it_is_new_otherwise_or_long_ago() -> None:
    holds, well = no_attended_console(5), attended_console(5)
    assert not worth_telling(well, None, 0, NOW)
    assert worth_telling(holds, None, 0, NOW)
    assert not worth_telling(holds, holds.body(), NOW, NOW + MINUTE)
    assert worth_telling(holds, holds.body(), NOW, NOW + AGAIN)
    assert worth_telling(no_attended_console(6), holds.body(), NOW, NOW + MINUTE)
    assert worth_telling(well, holds.body(), NOW, NOW + MINUTE)
    assert not worth_telling(well, well.body(), NOW, NOW + 9 * AGAIN)
