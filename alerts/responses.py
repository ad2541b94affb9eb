"""How fast alerts were answered: from their opening to a console, to a person who looked, to the first act. Pure.

What was not reached is counted as missing and never as fast. Called by the console for the shift page.
"""

from collections.abc import Callable, Sequence

from msgspec import Struct

from alerts.aplasia_clock import Spread, quantile
from domain.figures import Answered
from domain.instants import Micros

SEVERITIES = ("high", "medium", "low")
MARKS: dict[str, Callable[[Answered], Micros | None]] = {
    "delivered": lambda one: one.delivered_at,
    "seen": lambda one: one.seen_at,
    "acted": lambda one: one.acted_at,
}


class Responses(Struct, frozen=True):
    """The alerts of one severity at one site: how many opened, and how long after that each mark was reached."""

    site: str
    severity: str
    n: int
    spreads: dict[str, Spread]


def responses(site: str, found: Sequence[Answered]) -> tuple[Responses, ...]:
    """A row a severity, high first, one without any alert too. Others' sites in `found` are left out."""
    return tuple(
        _of(site, severity, [one for one in found if one.site == site and one.severity == severity])
        for severity in SEVERITIES
    )


def _of(site: str, severity: str, found: Sequence[Answered]) -> Responses:
    return Responses(site, severity, len(found), {mark: _spread(found, reached) for mark, reached in MARKS.items()})


def _spread(found: Sequence[Answered], reached: Callable[[Answered], Micros | None]) -> Spread:
    taken = sorted(max(0, at - one.at) for one in found if (at := reached(one)) is not None)
    return Spread(len(found), len(found) - len(taken), quantile(taken, 50), quantile(taken, 90))
