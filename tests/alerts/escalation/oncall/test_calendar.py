"""Calendars: what is written is read back; what a calendar program writes is understood; faults are named."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.escalation.oncall.calendar import Entries, Fault, Into, canonical, read, write, write_stretches
from alerts.escalation.oncall.roster import occurrences, stretches
from domain.instants import DAY, HOUR, SECOND, iso, parse_iso
from domain.oncall import ROLES, Roster, Shift, Weekly

PARIS = "Europe/Paris"
NAMES = {"ana": "ana", "ana@hospital.example": "ana", "ben": "ben", "o'neil@x.example": "cho"}
INTO = Into(ZoneInfo(PARIS), NAMES, "nurse")
STAMP = parse_iso("2026-11-01T00:00:00Z")
FAR = parse_iso("2027-12-01T00:00:00Z")


def calendar(*events: str) -> bytes:
    """Events, each given as its lines, in a calendar."""
    body = "".join(f"BEGIN:VEVENT\n{event.strip()}\nEND:VEVENT\n" for event in events)
    return f"BEGIN:VCALENDAR\nVERSION:2.0\nPRODID:-//t//t//EN\n{body}END:VCALENDAR\n".replace("\n", "\r\n").encode()


def one(event: str) -> Shift | Weekly:
    """The only event of a calendar."""
    found = read(calendar(event), INTO)
    assert isinstance(found, Entries), found
    return (*found.shifts, *found.weekly)[0]


def times(shift: Shift) -> tuple[str, str]:
    """Beginning and end as text."""
    return iso(shift.from_at), iso(shift.to_at)


uids = st.text(st.characters(codec="utf-8", categories=("L", "N", "P", "S")), min_size=1, max_size=120)
seconds = st.integers(STAMP // SECOND, FAR // SECOND)
shifts = st.builds(
    lambda uid, role, begin, length, rank: Shift(uid, role, "ana", begin * SECOND, (begin + length) * SECOND, rank),
    uids, st.sampled_from(ROLES), seconds, st.integers(1, 10**6), st.integers(0, 99),
)  # fmt: skip


@st.composite
def weeklies(draw: st.DrawFn) -> Weekly:
    days = draw(st.integers(0, 31))
    begins = draw(st.integers(0, 1438))
    first = date(2026, 10, 1) + timedelta(days=draw(st.integers(0, 200)))
    made = Weekly(
        uid=draw(uids), role=draw(st.sampled_from(ROLES)), person="ben",
        timezone=draw(st.sampled_from((PARIS, "UTC", "Europe/London", "America/Martinique", "Pacific/Noumea"))),
        weekdays=tuple(draw(st.sets(st.integers(0, 6), min_size=1))), begins=begins,
        ends=draw(st.integers(0 if days else begins + 1, 1439)), days=days, first=first, every=draw(st.integers(1, 53)),
        without=tuple(first + timedelta(days=gone) for gone in draw(st.sets(st.integers(0, 90), max_size=5))),
        last=draw(st.none() | st.integers(0, 500).map(lambda later: first + timedelta(days=later))),
        rank=draw(st.integers(0, 99)),
    )  # fmt: skip
    found = canonical(made)
    return made if found is None else found


@settings(max_examples=30, deadline=None)
@given(st.lists(shifts, max_size=4), st.lists(weeklies(), max_size=3))
def test_what_is_written_is_read_back(some: list[Shift], patterns: list[Weekly]) -> None:
    once = list({one.uid: one for one in some}.values())
    weekly = [found for found in patterns if canonical(found)]
    weekly = list({one.uid: one for one in weekly if one.uid not in {shift.uid for shift in once}}.values())
    if once or weekly:
        assert read(write(once, weekly, name="a; b", stamp=STAMP), INTO) == Entries(tuple(once), tuple(weekly))


@settings(max_examples=15, deadline=None)
@given(weeklies())
def test_the_canonical_pattern_has_the_same_occurrences(pattern: Weekly) -> None:
    found = canonical(pattern)
    span = (parse_iso("2026-09-01T00:00:00Z"), FAR)
    assert list(occurrences(pattern, *span)) == ([] if found is None else list(occurrences(found, *span)))


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("DTSTART:20261105T190000Z\nDTEND:20261106T070000Z", ("2026-11-05T19:00:00Z", "2026-11-06T07:00:00Z")),
        ("DTSTART;TZID=Europe/Paris:20261105T200000\nDTEND;TZID=Europe/Paris:20261106T080000",
         ("2026-11-05T19:00:00Z", "2026-11-06T07:00:00Z")),
        ("DTSTART;TZID=Romance Standard Time:20261105T200000\nDURATION:PT12H",
         ("2026-11-05T19:00:00Z", "2026-11-06T07:00:00Z")),
        ("DTSTART:20261105T200000\nDTEND:20261106T080000", ("2026-11-05T19:00:00Z", "2026-11-06T07:00:00Z")),
        ("DTSTART;VALUE=DATE:20261105", ("2026-11-04T23:00:00Z", "2026-11-05T23:00:00Z")),
        ("DTSTART;VALUE=DATE:20261105\nDTEND;VALUE=DATE:20261112", ("2026-11-04T23:00:00Z", "2026-11-11T23:00:00Z")),
        ("DTSTART;VALUE=DATE:20261024\nDURATION:P2D", ("2026-10-23T22:00:00Z", "2026-10-25T23:00:00Z")),
        ("DTSTART;TZID=Europe/Paris:20261025T003000\nDURATION:PT4H", ("2026-10-24T22:30:00Z", "2026-10-25T02:30:00Z")),
        ("DTSTART;TZID=Europe/Paris:20270328T023000\nDTEND:20270328T060000Z",
         ("2027-03-28T01:00:00Z", "2027-03-28T06:00:00Z")),
    ],
)  # fmt: skip
def test_a_single_event(lines: str, expected: tuple[str, str]) -> None:
    found = one(f"UID:1\nSUMMARY:Ana\n{lines}")
    assert isinstance(found, Shift)
    assert (times(found), found.person, found.role) == (expected, "ana", "nurse")


NIGHT = "UID:n\nSUMMARY:ana\nDTSTART;TZID=Europe/Paris:20261102T200000\nDTEND;TZID=Europe/Paris:20261103T080000"


@pytest.mark.parametrize(
    ("lines", "begins"),
    [
        ("RRULE:FREQ=WEEKLY;COUNT=3", ["11-02", "11-09", "11-16"]),
        ("RRULE:FREQ=WEEKLY;BYDAY=MO,WE;COUNT=3", ["11-02", "11-04", "11-09"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;WKST=MO;UNTIL=20261130T190000Z", ["11-02", "11-16", "11-30"]),
        ("RRULE:FREQ=WEEKLY;INTERVAL=2;UNTIL=20261130T185900Z", ["11-02", "11-16"]),
        ("RRULE:FREQ=WEEKLY;UNTIL=20261109", ["11-02", "11-09"]),
        ("RRULE:FREQ=DAILY;COUNT=3", ["11-02", "11-03", "11-04"]),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE;TZID=Europe/Paris:20261109T200000", ["11-02", "11-16"]),
        ("RRULE:FREQ=WEEKLY;COUNT=3\nEXDATE:20261109T190000Z\nEXDATE;VALUE=DATE:20261116", ["11-02"]),
    ],
)
def test_a_repeating_event(lines: str, begins: list[str]) -> None:
    found = one(f"{NIGHT}\n{lines}")
    assert isinstance(found, Weekly)
    spans = list(occurrences(found, STAMP, FAR))
    assert [iso(begin) for begin, _ in spans] == [f"2026-{day}T19:00:00Z" for day in begins]
    assert {end - begin for begin, end in spans} == {12 * HOUR}


def test_an_all_day_event_that_repeats_follows_the_roster_s_own_days() -> None:
    found = one("UID:w\nSUMMARY:ana\nDTSTART;VALUE=DATE:20261019\nDTEND;VALUE=DATE:20261026\nRRULE:FREQ=WEEKLY;COUNT=1")
    assert isinstance(found, Weekly)
    [(begin, end)] = occurrences(found, parse_iso("2026-10-20T00:00:00Z"), FAR)
    assert end - begin == 7 * DAY + HOUR  # the week in which the clocks go back


def test_one_occurrence_may_be_otherwise_or_not_at_all() -> None:
    moved = """UID:n
RECURRENCE-ID;TZID=Europe/Paris:20261109T200000
SUMMARY:ben
DTSTART;TZID=Europe/Paris:20261109T210000
DTEND;TZID=Europe/Paris:20261110T080000"""
    gone = "UID:n\nRECURRENCE-ID:20261116T190000Z\nSTATUS:CANCELLED\nDTSTART:20261116T190000Z"
    found = read(calendar(moved, f"{NIGHT}\nRRULE:FREQ=WEEKLY", gone), INTO)
    assert isinstance(found, Entries)
    assert [(one.uid, one.person, *times(one)) for one in found.shifts] == [
        ("n#2026-11-09", "ben", "2026-11-09T20:00:00Z", "2026-11-10T07:00:00Z")
    ]
    assert found.weekly[0].without == (date(2026, 11, 9), date(2026, 11, 16))


def test_a_cancelled_event_is_named_as_such() -> None:
    found = read(calendar(f"{NIGHT}\nSTATUS:CANCELLED"), INTO)
    assert found == Entries(cancelled=("n",))


def test_people_are_found_by_the_name_given_to_vigie_then_by_attendee_then_by_the_summary() -> None:
    span = "\nDTSTART:20261105T190000Z\nDTEND:20261106T070000Z"
    named = [
        one(f"UID:1{span}\nSUMMARY:night duty\nATTENDEE;CN=Ana:MAILTO:Ana@Hospital.example\nATTENDEE:mailto:other@x.y"),
        one(f"UID:1{span}\nSUMMARY:o'neil@x.example"),
        one(f"UID:1{span}\nSUMMARY:ana\nX-VIGIE-PERSON:ben\nX-VIGIE-ROLE:physician\nX-VIGIE-RANK:2"),
    ]
    assert [shift.person for shift in named] == ["ana", "cho", "ben"]
    assert (named[2].role, named[2].rank) == ("physician", 2)


@pytest.mark.parametrize(
    ("lines", "wrong"),
    [
        ("SUMMARY:ana\nDTSTART:20261105T190000Z\nDTEND:20261106T070000Z", "UID"),
        ("UID:1\nSUMMARY:eve\nDTSTART:20261105T190000Z\nDTEND:20261106T070000Z", "SUMMARY"),
        ("UID:1\nSUMMARY:ana\nATTENDEE:mailto:ana@hospital.example\nATTENDEE:mailto:ben\nDTSTART:20261105T190000Z",
         "ATTENDEE"),
        ("UID:1\nSUMMARY:ana\nX-VIGIE-ROLE:surgeon\nDTSTART:20261105T190000Z\nDTEND:20261106T070000Z", "X-VIGIE-ROLE"),
        ("UID:1\nSUMMARY:ana\nX-VIGIE-RANK:-1\nDTSTART:20261105T190000Z\nDTEND:20261106T070000Z", "X-VIGIE-RANK"),
        ("UID:1\nSUMMARY:ana", "DTSTART"),
        ("UID:1\nSUMMARY:ana\nDTSTART:2026110", "DTSTART"),
        ("UID:1\nSUMMARY:ana\nDTSTART:00010101T000000\nDURATION:P1D", "DTSTART"),
        ("UID:1\nSUMMARY:ana\nDTSTART;TZID=Mars/Base:20261105T190000\nDURATION:P1D", "DTSTART"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20261105T190000Z", "DTEND"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20261105T190000Z\nDTEND:20261105T190000Z", "DTEND"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20261105T190000Z\nDTEND;VALUE=DATE:20261106", "DTEND"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20261105T190000Z\nDURATION:-PT1H", "DURATION"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20261105T190000Z\nDURATION:PT1H\nDTEND:20261106T070000Z", "DURATION"),
        ("UID:1\nSUMMARY:ana\nDTSTART:20261105T190000Z\nDTSTART:20261105T190000Z\nDURATION:PT1H", "DTSTART"),
        (f"{NIGHT}\nRRULE:FREQ=MONTHLY", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=SOMETIMES", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY;BYMONTH=11", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY;BYDAY=1MO", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY;BYDAY=TU", "DTSTART"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY;INTERVAL=2;WKST=SU", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY;COUNT=2;UNTIL=20270101T000000Z", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY;COUNT=0", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY;UNTIL=20261101T000000Z", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY\nRRULE:FREQ=WEEKLY;COUNT=2", "RRULE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY\nRDATE:20261105T190000Z", "RDATE"),
        (f"{NIGHT}\nRRULE:FREQ=WEEKLY\nEXDATE:20261105T190000Z", "EXDATE"),
        (f"{NIGHT}\nRECURRENCE-ID:20261102T190000Z", "RECURRENCE-ID"),
    ],
)  # fmt: skip
def test_a_fault_names_event_property_and_what_was_expected_and_nothing_is_read(lines: str, wrong: str) -> None:
    good = "UID:good\nSUMMARY:ana\nDTSTART:20261105T190000Z\nDTEND:20261106T070000Z"
    found = read(calendar(good, lines), INTO)
    assert isinstance(found, tuple)
    uid = next((line[4:] for line in lines.splitlines() if line.startswith("UID:")), "without UID")
    assert [(fault.uid, fault.property) for fault in found] == [(uid, wrong)]
    assert found[0].expected


def test_every_fault_is_told_at_once() -> None:
    bad = [f"UID:{number}\nSUMMARY:eve\nDTSTART:20261105T190000Z\nDURATION:PT1H" for number in range(3)]
    found = read(calendar(*bad), INTO)
    assert isinstance(found, tuple)
    assert [fault.uid for fault in found] == ["0", "1", "2"]
    assert str(found[0]).startswith("event 0: SUMMARY: expected the user name")


def test_one_uid_twice_is_a_fault() -> None:
    found = read(calendar(NIGHT, NIGHT), INTO)
    assert isinstance(found, tuple)
    assert [fault.property for fault in found] == ["UID"]


@settings(max_examples=50, deadline=None)
@given(st.binary(max_size=80), st.integers(0, 400), st.integers(0, 60))
def test_whatever_comes_is_entries_or_faults(noise: bytes, place: int, dropped: int) -> None:
    good = calendar(f"{NIGHT}\nRRULE:FREQ=WEEKLY;BYDAY=MO;COUNT=4\nEXDATE:20261109T190000Z\nATTENDEE:mailto:ben")
    for payload in (noise, good[:place] + noise + good[place + dropped :]):
        found = read(payload, INTO)
        if not isinstance(found, Entries):
            assert found
            assert all(isinstance(fault, Fault) and fault.expected and str(fault).isprintable() for fault in found)


def test_a_calendar_for_the_eye_has_the_substitutes_in_it() -> None:
    shift = Shift("1", "nurse", "ana", STAMP, STAMP + HOUR)
    found = read(write_stretches(stretches(Roster((shift,)), None, STAMP, FAR), name="x", stamp=STAMP), INTO)
    assert isinstance(found, Entries)
    assert [(one.person, one.from_at, one.to_at) for one in found.shifts] == [("ana", STAMP, STAMP + HOUR)]


def zoned(offset: str, rule: str = "FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU", tzid: str = "Customized Time Zone") -> bytes:
    """A shift from 22:00 to 06:00 in a zone that the file defines."""
    zone = f"BEGIN:VTIMEZONE\nTZID:{tzid}\nBEGIN:STANDARD\nDTSTART:19700101T000000\nTZOFFSETFROM:{offset}\n"
    zone += f"TZOFFSETTO:{offset}\nRRULE:{rule}\nEND:STANDARD\nEND:VTIMEZONE\n"
    event = f"UID:z\nSUMMARY:ana\nDTSTART;TZID={tzid}:20261103T220000\nDTEND;TZID={tzid}:20261104T060000"
    return calendar(event).replace(b"BEGIN:VEVENT", zone.replace("\n", "\r\n").encode() + b"BEGIN:VEVENT")


def test_a_zone_is_the_one_of_its_own_file() -> None:
    """Every calendar of one program calls its zone the same, whatever it says."""
    found = [read(zoned(offset), INTO) for offset in ("+0300", "-0700", "+0300")]
    begins = [iso(one.shifts[0].from_at) for one in found if isinstance(one, Entries)]
    assert begins == ["2026-11-03T19:00:00Z", "2026-11-04T05:00:00Z", "2026-11-03T19:00:00Z"]
    left = calendar("UID:z\nSUMMARY:ana\nDTSTART;TZID=Customized Time Zone:20261103T220000\nDURATION:PT8H")
    assert isinstance(read(left, INTO), tuple), "a zone of another file"


@pytest.mark.parametrize("rule", [
    "FREQ=SECONDLY", "FREQ=MINUTELY", "FREQ=DAILY", "FREQ=YEARLY;BYSECOND=1,2,3", "FREQ=YEARLY;BYDAY=SU",
    "FREQ=YEARLY;BYMONTH=1,2,3", "FREQ=YEARLY;BYYEARDAY=1,2", "FREQ=YEARLY;BYMONTH=10;BYDAY=SU,MO",
])  # fmt: skip
def test_a_zone_whose_rule_would_take_for_ever_is_refused(rule: str) -> None:
    found = read(zoned("+0100", rule, tzid=f"zone of {rule.replace(';', ' ').replace(',', ' ')}"), INTO)
    assert isinstance(found, tuple)
    assert [fault.property for fault in found] == ["VTIMEZONE"]
    assert "FREQ=YEARLY" in found[0].expected


def test_an_exception_in_an_unknown_zone_is_refused() -> None:
    night = "DTSTART;TZID=Europe/Paris:20261102T200000\nDTEND;TZID=Europe/Paris:20261103T080000"
    found = read(calendar(f"UID:n\nSUMMARY:ana\n{night}\nRRULE:FREQ=DAILY\nEXDATE;TZID=Nowhere:20261103T200000"), INTO)
    assert isinstance(found, tuple)
    assert [fault.property for fault in found] == ["EXDATE"]
