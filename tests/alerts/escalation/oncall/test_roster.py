"""Rosters against brute force minute by minute, across both clock changes; then each rule by its name."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.escalation.oncall.roster import gaps, on_call, stretches
from domain.instants import DAY, HOUR, MINUTE, Micros, parse_iso
from domain.oncall import Roster, Shift, Substitution, Weekly
from domain.wall_clock import instant_of, zone_of
from tests.alerts.escalation.oncall import oracle

PARIS = "Europe/Paris"
SPRING = parse_iso("2027-03-28T01:00:00Z")  # 02:00 becomes 03:00
AUTUMN = parse_iso("2026-10-25T01:00:00Z")  # 03:00 becomes 02:00
PEOPLE = ("ana", "ben", "cho", "dia")
SIDES = ("north", "south")


def weekly(**changes: object) -> Weekly:
    """A night nurse, every night."""
    fields: dict[str, object] = {
        "uid": "w", "role": "nurse", "person": "ana", "timezone": PARIS, "weekdays": tuple(range(7)),
        "begins": 20 * 60, "ends": 8 * 60, "days": 1, "first": date(2026, 1, 5),
    }  # fmt: skip
    return Weekly(**{**fields, **changes})  # type: ignore[arg-type]


@st.composite
def weeklies(draw: st.DrawFn, around: Micros) -> Weekly:
    days = draw(st.integers(0, 2))
    begins = draw(st.integers(0, 24 * 12 - 2)) * 5
    ends = draw(st.integers(0 if days else begins // 5 + 1, 24 * 12 - 1)) * 5
    change = zone_of(PARIS).fromutc(oracle.moment(around).replace(tzinfo=zone_of(PARIS))).date()
    first = date.fromordinal(change.toordinal() - draw(st.integers(0, 24)))
    near = st.integers(-3, 3).map(lambda off: date.fromordinal(change.toordinal() + off))
    last = draw(st.none() | near.map(lambda day: max(day, first)))
    return weekly(
        role=draw(st.sampled_from(("nurse", "physician"))), person=draw(st.sampled_from(PEOPLE)), begins=begins,
        ends=ends, days=days, first=first, last=last, every=draw(st.integers(1, 3)),
        weekdays=tuple(sorted(draw(st.sets(st.integers(0, 6), min_size=1)))), rank=draw(st.integers(0, 1)),
        without=tuple(draw(st.sets(near, max_size=2))), roster=draw(st.sampled_from(SIDES)),
        timezone=draw(st.sampled_from((PARIS, PARIS, "UTC", "Europe/London"))),
    )  # fmt: skip


def spans(around: Micros) -> st.SearchStrategy[tuple[Micros, Micros]]:
    minutes = st.integers(-36 * 60, 36 * 60)
    return st.tuples(minutes, st.integers(1, 30 * 60)).map(
        lambda pair: (around + pair[0] * MINUTE, around + (pair[0] + pair[1]) * MINUTE)
    )


@st.composite
def rosters(draw: st.DrawFn, around: Micros) -> Roster:
    person, role, side = st.sampled_from(PEOPLE), st.sampled_from(("nurse", "physician")), st.sampled_from(SIDES)
    single = st.builds(
        lambda who, what, when, where: Shift("s", what, who, *when, roster=where), person, role, spans(around), side
    )
    replaced = st.builds(
        lambda who, by, when, what, where: Substitution(who, by, *when, role=what, roster=where),
        person, person, spans(around), st.none() | role, side,
    ).filter(lambda one: one.person != one.by)  # fmt: skip
    return Roster(
        tuple(draw(st.lists(single, max_size=3))),
        tuple(draw(st.lists(weeklies(around), max_size=3))),
        tuple(draw(st.lists(replaced, max_size=4))),
        frozenset(draw(st.sets(person, max_size=1))),
    )


@pytest.mark.parametrize("change", [SPRING, AUTUMN], ids=["spring", "autumn"])
@settings(max_examples=25, deadline=None)
@given(choices=st.data())
def test_a_roster_is_what_walking_through_it_minute_by_minute_finds(change: Micros, choices: st.DataObject) -> None:
    roster = choices.draw(rosters(change))
    from_at, upto = change - 20 * HOUR, change + 20 * HOUR
    slow = oracle.people(roster, "nurse", from_at, upto)
    found = stretches(roster, "nurse", from_at, upto)
    fast = {at: {one.person for one in found if one.from_at <= at < one.to_at} for at in slow}
    assert fast == slow
    holes = gaps(roster, ["nurse"], from_at, upto)
    assert {at for at in slow if any(gap.from_at <= at < gap.to_at for gap in holes)} == {
        at for at, names in slow.items() if not names
    }
    for at in (from_at, change - MINUTE, change, change + 30 * MINUTE, choices.draw(st.sampled_from(sorted(slow)))):
        now = on_call(roster, "nurse", at)
        assert {one.person for one in now} == slow[at]
        assert [one.order for one in now] == list(range(len(now)))
        for one in now:
            assert all(one.person in slow[later] for later in range(at, min(one.until, upto), MINUTE))


@pytest.mark.parametrize(
    ("day", "minute", "expected"),
    [
        ("2027-03-28", 2 * 60 + 30, "2027-03-28T01:00:00Z"),  # does not exist: the moment of the jump
        ("2027-03-28", 2 * 60, "2027-03-28T01:00:00Z"),
        ("2027-03-28", 3 * 60, "2027-03-28T01:00:00Z"),
        ("2027-03-28", 60 + 59, "2027-03-28T00:59:00Z"),
        ("2026-10-25", 2 * 60 + 30, "2026-10-25T00:30:00Z"),  # exists twice: the first
        ("2026-10-25", 3 * 60, "2026-10-25T02:00:00Z"),
        ("2026-10-24", 24 * 60 + 150, "2026-10-25T00:30:00Z"),
    ],
)
def test_a_local_time_is_the_first_instant_at_which_the_clock_shows_it_or_later(
    day: str, minute: int, expected: str
) -> None:
    assert instant_of(date.fromisoformat(day), minute, zone_of(PARIS)) == parse_iso(expected)


def test_a_night_is_eleven_hours_in_spring_and_thirteen_in_autumn() -> None:
    roster = Roster(weekly=(weekly(),))
    lengths = [
        one.to_at - one.from_at for at in (SPRING, AUTUMN, SPRING + DAY) for one in stretches(roster, None, at, at + 1)
    ]
    assert lengths == [11 * HOUR, 13 * HOUR, 12 * HOUR]


def test_two_shifts_that_meet_at_an_hour_that_does_not_exist_leave_no_hole() -> None:
    early = weekly(uid="a", begins=0, ends=150, days=0)
    late = weekly(uid="b", person="ben", begins=150, ends=0, days=1)
    for change in (SPRING, AUTUMN):
        assert gaps(Roster(weekly=(early, late)), ["nurse"], change - DAY, change + DAY) == ()


def test_a_shift_inside_the_hour_that_does_not_exist_is_none() -> None:
    roster = Roster(weekly=(weekly(begins=125, ends=175, days=0),))
    assert stretches(roster, None, SPRING - 3 * HOUR, SPRING + 3 * HOUR) == []


def test_rosters_of_two_organisations_serve_one_site() -> None:
    days = weekly(uid="d", begins=8 * 60, ends=20 * 60, days=0, roster="day", organisation="hospital")
    nights = weekly(uid="n", person="ben", roster="night", organisation="network")
    away = Substitution("ana", "cho", SPRING, SPRING + 12 * HOUR, roster="night")
    shared = Roster(weekly=(days, nights), substitutions=(away,))
    assert gaps(shared, ["nurse"], SPRING, SPRING + 7 * DAY) == ()
    found = [on_call(shared, "nurse", SPRING + hours * HOUR)[0] for hours in (0, 8)]
    assert [(one.person, one.organisation) for one in found] == [("ben", "network"), ("ana", "hospital")]


def test_a_substitute_stands_in_for_the_time_said_and_may_be_replaced() -> None:
    begin = parse_iso("2027-01-10T19:00:00Z")
    first = Substitution("ana", "ben", begin + HOUR, begin + 5 * HOUR)
    second = Substitution("ben", "cho", begin + 2 * HOUR, begin + 3 * HOUR)
    roster = Roster(weekly=(weekly(),), substitutions=(first, second))
    found = [(one.person, one.substitute_for, (one.to_at - one.from_at) // HOUR)
             for one in stretches(roster, "nurse", begin, begin + 12 * HOUR)]  # fmt: skip
    assert found == [("ana", None, 1), ("ben", "ana", 1), ("cho", "ana", 1), ("ben", "ana", 2), ("ana", None, 7)]


def test_of_two_substitutions_of_one_person_the_one_entered_later_counts_and_a_swap_stays_a_swap() -> None:
    at = parse_iso("2027-01-10T20:00:00Z")
    span = (at - HOUR, at + HOUR)
    twice = (Substitution("ana", "ben", *span), Substitution("ana", "cho", *span))
    assert [one.person for one in on_call(Roster(weekly=(weekly(),), substitutions=twice), "nurse", at)] == ["cho"]
    swap = (Substitution("ana", "ben", *span), Substitution("ben", "ana", *span))
    assert [one.person for one in on_call(Roster(weekly=(weekly(),), substitutions=swap), "nurse", at)] == ["ben"]


def test_whoever_is_called_first_has_the_lowest_rank_and_stands_there_once() -> None:
    at = parse_iso("2027-01-10T20:00:00Z")
    second = weekly(uid="2", person="ben", rank=1)
    again = weekly(uid="3", person="ana", rank=2)
    found = on_call(Roster(weekly=(again, second, weekly())), "nurse", at)
    assert [(one.person, one.order) for one in found] == [("ana", 0), ("ben", 1)]


def test_somebody_who_cannot_be_on_call_here_is_nobody() -> None:
    at = parse_iso("2027-01-10T20:00:00Z")
    roster = Roster(weekly=(weekly(),), absent=frozenset({"ana"}))
    assert on_call(roster, "nurse", at) == ()
    assert [gap.to_at - gap.from_at for gap in gaps(roster, ["nurse"], at, at + DAY)] == [DAY]


def test_an_empty_roster_is_one_gap_a_role() -> None:
    found = gaps(Roster(), ["nurse", "physician", "nurse"], 0, DAY)
    assert [(gap.role, gap.from_at, gap.to_at) for gap in found] == [("nurse", 0, DAY), ("physician", 0, DAY)]


def test_shifting_all_times_by_four_weeks_away_from_clock_changes_changes_nothing() -> None:
    at = parse_iso("2027-01-10T20:00:00Z")
    roster = Roster(weekly=(weekly(weekdays=(1, 3), begins=600, ends=900, days=0, every=2),))
    early, later = (gaps(roster, ["nurse"], start, start + 14 * DAY) for start in (at, at + 28 * DAY))
    assert [(gap.from_at + 28 * DAY, gap.to_at + 28 * DAY) for gap in early] == [
        (gap.from_at, gap.to_at) for gap in later
    ]
