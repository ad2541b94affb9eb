"""Relative dose intensity: what was delivered against what was planned, with what nobody reported as an interval. Pure.

High adherence and low intensity can go together, because of prescribed reductions and holds (PMC7841266, status V): so
`planned` is the dose before any of them. A dose that nobody reported, or that came up again, may be whole or nothing:
both ends are said, and none is chosen (a choice of this project, D). Callers: `alerts.oral.adherence`, the hub.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

State = Literal["delivered", "none", "unsure", "open"]


@dataclass(frozen=True)
class Planned:
    """One dose of the plan. `planned`: mg before reductions and holds, or 1 where a plan counts in doses.

    `state`: delivered (`amount`, which may be more than planned), none (skipped, on hold), unsure (nobody reported it,
    or vomited: from nothing to `amount`), open (not decided yet: not counted).
    """

    planned: Fraction
    state: State
    amount: Fraction = Fraction(0)


@dataclass(frozen=True)
class Intensity:
    """Shares of the planned dose. `low`: nothing of what is unsure was taken; `high`: all of it.

    `as_reported`: of the doses that are sure alone. None where nothing was planned, or nothing is sure. `doses`,
    `unsure`: how many were counted.
    """

    low: Fraction | None
    high: Fraction | None
    as_reported: Fraction | None
    doses: int
    unsure: int
    why: str


def intensity(doses: Iterable[Planned], beyond: Fraction = Fraction(0)) -> Intensity:
    """Over these doses; `beyond`: what was taken besides them (on days off, during a hold), in the same unit."""
    counted = [dose for dose in doses if dose.state != "open"]
    planned = _sum(dose.planned for dose in counted)
    unsure = [dose for dose in counted if dose.state == "unsure"]
    if not planned:
        return Intensity(None, None, None, len(counted), len(unsure), "nothing was planned, or nothing is decided yet")
    sure = beyond + _sum(dose.amount for dose in counted if dose.state == "delivered")
    most = sure + _sum(dose.amount for dose in unsure)
    reported = planned - _sum(dose.planned for dose in unsure)
    why = f"{len(unsure)} of {len(counted)} doses are not known" if unsure else ""
    return Intensity(
        sure / planned, most / planned, sure / reported if reported else None, len(counted), len(unsure), why
    )


def _sum(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, Fraction(0))
