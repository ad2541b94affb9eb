"""The aplasia clock: the first of each mark counts, what is missing is missing, 60 min is within, a µs more is not."""

from hypothesis import given
from hypothesis import strategies as st

from alerts import aplasia_clock as clocks
from alerts.aplasia_clock import MARKS, TARGET, Clock, MarkAt
from alerts.protocol.library import shipped
from domain.instants import DAY, MINUTE, SECOND, Micros

T0 = 1_772_319_600_000_000


def a_clock(site: str = "paris", **after: Micros) -> Clock:
    """A clock whose marks were reached so long after T0."""
    reached = [(name, MarkAt(T0 + taken, "nurse1", "x")) for name, taken in after.items()]
    return clocks.clock("P1-1", "P1", site, rule="fever", marks=reached)


def test_the_hour_is_within_and_a_microsecond_more_is_not() -> None:
    assert clocks.verdict(a_clock(signal=0, antibiotic=TARGET), T0) == "within"
    assert clocks.verdict(a_clock(signal=0, antibiotic=TARGET + 1), T0) == "over"
    assert clocks.verdict(a_clock(signal=0), T0 + TARGET) == "running"
    assert clocks.verdict(a_clock(signal=0), T0 + TARGET + 1) == "missing"
    assert clocks.verdict(a_clock(opened=0), T0) == "missing"
    assert clocks.verdict(a_clock(opened=0, antibiotic=1), T0) == "missing"


def test_an_antibiotic_before_the_signal_or_days_after_answers_something_else() -> None:
    assert "antibiotic" not in a_clock(signal=0, antibiotic=-1).marks
    assert "antibiotic" in a_clock(signal=0, antibiotic=3 * DAY).marks
    assert "antibiotic" not in a_clock(signal=0, antibiotic=3 * DAY + 1).marks


def test_the_first_of_each_mark_counts_in_any_order() -> None:
    marks = [("seen", MarkAt(T0 + 9, "doc1", "panel")), ("seen", MarkAt(T0 + 5, "nurse1", "panel")),
             ("signal", MarkAt(T0, None, "x"))]  # fmt: skip
    for order in (marks, marks[::-1]):
        found = clocks.clock("a", "P1", "paris", rule="fever", marks=order)
        assert found.marks["seen"].who == "nurse1"


def test_steps_are_all_seven_and_say_how_long_each_took() -> None:
    found = clocks.steps(a_clock(signal=0, received=2 * SECOND, opened=3 * SECOND, acted=10 * MINUTE))
    assert [step.mark for step in found] == list(MARKS)
    assert [step.since_signal for step in found] == [0, 2 * SECOND, 3 * SECOND, None, None, 10 * MINUTE, None]
    assert [step.since_before for step in found][-2] == 10 * MINUTE - 3 * SECOND
    assert all(step.reached is None for step in found if step.since_signal is None)


def test_two_clocks_that_disagree_give_nought_and_never_less() -> None:
    found = clocks.steps(a_clock(signal=0, received=-5, opened=3))
    assert (found[1].since_signal, found[1].since_before, found[2].since_before) == (0, 0, 3)


def test_no_clock_is_none_and_not_nought_percent() -> None:
    found = clocks.figure("paris", [], now=T0)
    assert (found.n, found.share) == (0, None)
    assert found.spreads["antibiotic"] == clocks.Spread(0, 0, None, None)


def test_what_is_missing_lowers_the_share_and_what_is_running_is_left_out() -> None:
    all_kinds = [a_clock(signal=0, antibiotic=MINUTE), a_clock(signal=0, antibiotic=2 * TARGET), a_clock(signal=0)]
    late = T0 + DAY
    assert clocks.figure("paris", all_kinds, now=late).share == 1 / 3
    assert clocks.figure("paris", all_kinds, now=T0 + MINUTE).share == 1 / 2
    assert clocks.figure("paris", [a_clock(signal=0)], now=T0).share is None
    spread = clocks.figure("paris", all_kinds, now=late).spreads["antibiotic"]
    assert (spread.n, spread.missing, spread.median, spread.p90) == (3, 1, MINUTE, 2 * TARGET)


TAKEN = st.one_of(st.none(), st.integers(0, 2 * DAY))


@given(st.lists(TAKEN), st.integers(0, 3 * DAY))
def test_every_clock_is_counted_once_and_an_unknown_one_is_never_good(
    taken: list[Micros | None], later: Micros
) -> None:
    found = [a_clock(signal=0) if each is None else a_clock(signal=0, antibiotic=each) for each in taken]
    figure = clocks.figure("paris", found, now=T0 + later)
    assert figure.within + figure.over + figure.missing + figure.running == figure.n == len(taken)
    assert figure.within == sum(each is not None and each <= TARGET for each in taken)
    without = clocks.figure("paris", [each for each in found if "antibiotic" in each.marks], now=T0 + 3 * DAY)
    with_all = clocks.figure("paris", found, now=T0 + 3 * DAY)
    if without.share is not None:
        assert (with_all.share or 0) <= without.share


@given(st.lists(st.integers(0, DAY), min_size=1), st.integers(1, 100))
def test_a_quantile_is_a_measured_value_that_enough_do_not_pass(values: list[int], percent: int) -> None:
    ordered = sorted(values)
    found = clocks.quantile(ordered, percent)
    assert found in ordered
    assert sum(each <= found for each in ordered) * 100 >= percent * len(ordered)


def test_the_rules_of_the_protocols_that_shout_danger_are_on_the_clock() -> None:
    protocols = shipped().protocols.values()
    known = {rule.id for protocol in protocols for rule in protocol.rules}
    known |= {answer.id for protocol in protocols for answer in getattr(protocol, "answers", ())}
    assert {"fever", "hypothermia", "rigors", "unwell"} <= known & set(clocks.RULES)
