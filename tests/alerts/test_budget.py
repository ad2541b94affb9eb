"""The alert budget: counted by ten minutes and console, shares of priorities, yield; nothing divides by zero."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts import budget
from alerts.budget import ACTED_WITHIN, BIN, Stretch
from domain.figures import Call, Opening
from domain.instants import DAY, HOUR, MINUTE, Micros

T0 = 1_772_319_600_000_000
DAY_ONE = Stretch(T0, T0 + DAY)


def calls(*ats: Micros, severity: str = "low", site: str = "paris") -> list[Call]:
    """Calls so long after T0."""
    return [Call(site, severity, T0 + at) for at in ats]


def test_ten_minutes_begin_at_round_times_and_hold_their_first_moment() -> None:
    found = budget.bins(calls(0, BIN - 1, BIN, severity="high"))
    assert [(each.at - T0, each.high) for each in found] == [(0, 2), (BIN, 1)]


def test_steady_is_one_and_ten_is_a_flood() -> None:
    for many, steady, flood in ((1, 0, 0), (2, 1, 0), (9, 1, 0), (10, 1, 1)):
        found = budget.bins(calls(*range(many)))
        said = budget.budget("paris", found, DAY_ONE, patient_days=1.0)
        assert (said.over_steady, said.floods) == (steady, flood), many


def test_attended_consoles_share_the_load_and_none_counts_as_one() -> None:
    twelve = calls(*range(12))
    for consoles, load in ((None, 12), (0, 12), (1, 12), (2, 6), (3, 4)):
        known = {} if consoles is None else {("paris", T0): consoles}
        [found] = budget.bins(twelve, known)
        assert found.load == load
        assert budget.budget("paris", [found], DAY_ONE, patient_days=1.0).floods == (load >= 10)


def test_no_alert_is_none_and_not_nought_percent() -> None:
    said = budget.budget("paris", [], DAY_ONE, patient_days=0.0)
    assert (said.calls, said.shares, said.per_patient_day, said.mean, said.most) == (0, None, None, 0.0, 0.0)
    assert budget.budget("paris", [], Stretch(T0, T0), patient_days=5.0).mean is None
    assert budget.yields([], now=T0) == []


def test_shares_are_of_all_calls_whatever_the_consoles() -> None:
    found = budget.bins([*calls(0, severity="high"), *calls(1, 2, 3)], {("paris", T0): 4})
    said = budget.budget("paris", found, DAY_ONE, patient_days=2.0)
    assert said.shares == {"high": 0.25, "medium": 0.0, "low": 0.75}
    assert said.per_patient_day == 2.0


def opening(at: Micros, acted_at: Micros | None, rule: str = "fever") -> Opening:
    """An alert opened so long after T0 and acted on so long after T0."""
    return Opening("paris", rule, "high", T0 + at, None if acted_at is None else T0 + acted_at)


@pytest.mark.parametrize(
    ("acted_at", "now", "acted", "undecided", "share"),
    [
        (5 * MINUTE, HOUR, 1, 0, 1.0),
        (ACTED_WITHIN, 2 * DAY, 1, 0, 1.0),
        (ACTED_WITHIN + 1, 2 * DAY, 0, 0, 0.0),
        (None, ACTED_WITHIN, 0, 1, None),
        (None, ACTED_WITHIN + 1, 0, 0, 0.0),
    ],
)
def test_acted_on_in_time_not_in_time_or_still_open(
    acted_at: Micros | None, now: Micros, acted: int, undecided: int, share: float | None
) -> None:
    [found] = budget.yields([opening(0, acted_at)], now=T0 + now)
    assert (found.opened, found.acted, found.undecided, found.share) == (1, acted, undecided, share)


def test_the_busiest_rule_comes_first_and_its_delay_is_a_measured_one() -> None:
    found = budget.yields(
        [opening(0, MINUTE, "a"), opening(0, 3 * MINUTE, "b"), opening(0, 9 * MINUTE, "b"), opening(0, None, "b")],
        now=T0 + 2 * DAY,
    )
    assert [(each.rule, each.opened, each.median) for each in found] == [("b", 3, 3 * MINUTE), ("a", 1, MINUTE)]


@given(st.lists(st.tuples(st.integers(0, DAY - 1), st.sampled_from(("high", "medium", "low")))), st.integers(0, 5))
def test_no_call_is_lost_or_counted_twice(rows: list[tuple[Micros, str]], consoles: int) -> None:
    found = budget.bins([Call("paris", severity, T0 + at) for at, severity in rows])
    assert sum(each.total for each in found) == len(rows)
    shared = budget.bins([Call("paris", severity, T0 + at) for at, severity in rows],
                         {("paris", each.at): consoles for each in found})  # fmt: skip
    said = budget.budget("paris", shared, DAY_ONE, patient_days=1.0)
    assert said.calls == len(rows)
    assert said.floods <= said.over_steady <= said.bins == 144
    assert said.shares is None if not rows else abs(sum((said.shares or {}).values()) - 1) < 1e-9
