"""Response times of a shift: from the opening to a console, to a person, to an act; what was not reached is missing."""

from alerts.responses import responses
from domain.figures import Answered
from domain.instants import MINUTE, Micros

T0 = 1_772_319_600_000_000


def one(severity: str = "high", *after: Micros | None, site: str = "paris") -> Answered:
    """An alert with its three marks so long after its opening."""
    delivered, seen, acted = (None if each is None else T0 + each for each in (*after, None, None, None)[:3])
    return Answered(site, severity, T0, delivered, seen, acted)


def test_a_row_a_severity_with_what_was_not_reached() -> None:
    found = [one("high", 0, MINUTE, 3 * MINUTE), one("high", MINUTE, 9 * MINUTE), one("high"), one("low", MINUTE)]
    high, medium, low = responses("paris", [*found, one("high", 0, 0, 0, site="lyon")])
    assert (high.severity, high.n) == ("high", 3)
    assert [(each.n, each.missing) for each in high.spreads.values()] == [(3, 1), (3, 1), (3, 2)]
    assert (high.spreads["seen"].median, high.spreads["seen"].p90) == (MINUTE, 9 * MINUTE)
    assert (medium.n, medium.spreads["acted"].median, medium.spreads["acted"].missing) == (0, None, 0)
    assert (low.n, low.spreads["delivered"].median, low.spreads["acted"].missing) == (1, MINUTE, 1)


def test_a_clock_that_was_set_back_makes_no_negative_time() -> None:
    assert responses("paris", [one("high", -MINUTE)])[0].spreads["delivered"].median == 0
