"""Comparing two protocols: what is one alert, which are the same, what was told of known events."""

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from alerts.trial.compare import ANY, Episode, Known, Played, Span, compare, episodes, lead, matches
from domain.instants import DAY, HOUR
from domain.vocabulary import HEART_RATE
from tests.alerts.play import OPEN, START, Play, at, reading

WATCHED = START // DAY * DAY


def alert(
    rule: str, start: float, end: float | None, *, told: float | None = None, category: str = "clinical"
) -> Episode:
    """Hours after the beginning of the day."""
    first, to = WATCHED + round(start * HOUR), None if end is None else WATCHED + round(end * HOUR)
    return Episode(rule, category, "high", first, to, first if told is None else WATCHED + round(told * HOUR))


def played(now: list[Episode], new: list[Episode], *known: Known, patient: str = "P1", days: float = 2) -> Played:
    return Played(patient, days, tuple(now), tuple(new), known)


def test_a_stretch_of_a_condition_is_one_alert() -> None:
    story = Play(OPEN).feed(
        reading(0, 135, code=HEART_RATE), reading(30, 80, code=HEART_RATE, seq=2),
        reading(50, 80, code=HEART_RATE, seq=3),
        reading(90, 112, code=HEART_RATE, seq=4), reading(100, 140, code=HEART_RATE, seq=5),
    )  # fmt: skip
    assert story.kinds("heart-rate")[:3] == ["opened", "cleared", "recurred"]
    first, second = episodes(story.events)
    assert (first.rule, first.from_at, first.to_at, first.told_at) == ("heart-rate", at(0), at(50), at(0))
    assert (second.from_at, second.to_at, second.severity) == (at(90), None, "high")
    late = compare([played([first, second], [first, second])], Span(), since=at(60)).total
    assert (late.now, late.new, late.gained) == (1, 1, 0)


def test_pending_is_no_alert_and_late_data_move_its_beginning() -> None:
    story = Play(OPEN).feed(reading(0, 38.1))
    assert story.kinds("fever") == ["pending"]
    assert episodes(story.events) == ()
    story.feed(reading(200, 39.0, seq=2), reading(180, 38.9, received=210, seq=3))
    [one] = episodes(story.events)
    assert one.from_at <= at(180)
    assert one.told_at == at(200)


def test_overlapping_alerts_of_one_rule_are_the_same() -> None:
    now = [alert("a", 0, 1), alert("a", 5, 6), alert("b", 0, None)]
    new = [alert("a", 0.5, 5.2), alert("b", 3, 4), alert("c", 0, 1)]
    assert matches(now, new) == {0: 0, 2: 1}
    found = compare([played(now, new)], Span())
    by_rule = {rule.rule: (rule.now, rule.new, rule.gained, rule.lost) for rule in found.rules}
    assert by_rule == {"a": (2, 1, 0, 1), "b": (1, 1, 0, 0), "c": (0, 1, 1, 0)}
    assert (found.total.now, found.total.new, found.total.gained, found.total.lost) == (3, 3, 1, 1)
    assert found.total.now_a_day == 1.5


def test_patients_are_never_mixed() -> None:
    found = compare([played([alert("a", 0, 1)], []), played([], [alert("a", 0, 1)], patient="P2")], Span())
    assert (found.total.gained, found.total.lost, found.patients, found.patient_days) == (1, 1, 2, 4)


def test_lead_time_is_from_the_first_alert_to_the_event() -> None:
    known = Known("sepsis", WATCHED + 10 * HOUR)
    now = [alert("fever", 2, 3), alert("heart-rate", 8, 9), alert("silence.8310-5", 1, 2, category="technical")]
    found = compare([played(now, [alert("heart-rate", 8, 9)], known)], Span())
    seen = {one.rule: (one.now.median, one.new.median, one.new.sensitivity) for one in found.seen}
    assert seen == {ANY: (8.0, 2.0, 1.0), "fever": (8.0, None, 0.0), "heart-rate": (2.0, 2.0, 1.0)}


def test_an_alert_long_before_or_after_tells_of_nothing() -> None:
    known = Known("sepsis", WATCHED + 10 * HOUR)
    span = Span(2 * HOUR, HOUR)
    for hour, found in ((7.9, 0), (8, 1), (11, 1), (11.1, 0)):
        [seen, *_] = compare([played([], [alert("fever", hour, None)], known)], span).seen
        assert seen.new.found == found


def test_quartiles() -> None:
    assert lead([], 0).sensitivity is None
    assert lead([], 4).sensitivity == 0
    assert (lead([3.0], 2).lower, lead([3.0], 2).upper, lead([3.0], 2).sensitivity) == (3.0, 3.0, 0.5)
    found = lead([1.0, 2.0, 3.0, 4.0, 5.0], 5)
    assert (found.lower, found.median, found.upper) == (2.0, 3.0, 4.0)


def test_nothing_recorded_is_no_fault() -> None:
    found = compare([], Span())
    assert (found.patients, found.total.now, found.days, found.seen) == (0, 0, (), ())


def test_every_day_between_is_shown() -> None:
    found = compare([played([alert("a", 0, 1), alert("a", 72, 73)], [])], Span())
    assert [(day.now, day.new) for day in found.days] == [(1, 0), (0, 0), (0, 0), (1, 0)]


@st.composite
def sides(draw: st.DrawFn) -> list[Episode]:
    found = []
    for _ in range(draw(st.integers(0, 6))):
        start = draw(st.integers(0, 20))
        end = draw(st.none() | st.integers(0, 10))
        found.append(alert(draw(st.sampled_from("ab")), start, None if end is None else start + end))
    return found


@given(sides(), sides())
def test_the_counts_add_up(now: list[Episode], new: list[Episode]) -> None:
    found = compare([played(now, new)], Span()).total
    assert found.now - found.lost == found.new - found.gained == len(matches(now, new))
    same = compare([played(now, now)], Span()).total
    assert (same.gained, same.lost) == (0, 0)


def test_late_data_may_disprove_an_alert_and_prove_it_again() -> None:
    [opened] = [event for event in Play(OPEN).feed(reading(0, 39.0)).events if event.kind == "opened"]
    disproved = structs.replace(opened, kind="disproved", at=at(5), alert=structs.replace(opened.alert, disproved=True))
    again = structs.replace(opened, kind="revised", at=at(9))
    assert [one.to_at for one in episodes([opened, disproved])] == [at(5)]
    assert [(one.told_at, one.to_at) for one in episodes([opened, disproved, again])] == [(at(0), at(5)), (at(9), None)]
