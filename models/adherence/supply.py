"""Supplies of a drug in time: how long each lasts, what is left over, and the days without any. Pure; exact fractions.

Definitions: shared with the published worked example of CMA1 to CMA9 (Vollmer 2012; AdhereR 0.8.1), table clinical/06.
Callers: `models.adherence.cma` and `models.adherence.episodes`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal


@dataclass(frozen=True, order=True)
class Supply:
    """One dispensing. `day`: ordinal of its date; `lasts_for`: days; `per_day`: daily dose, in any one unit."""

    day: int
    drug: str
    per_day: Fraction
    lasts_for: Fraction


@dataclass(frozen=True)
class Window:
    """Days from `start` on, `end` excluded for coverage; a supply dated on `end` still belongs to it."""

    start: int
    end: int

    @property
    def days(self) -> int:
        """How many days it covers."""
        return self.end - self.start

    def holds(self, other: "Window") -> bool:
        """Whether the other window lies inside this one."""
        return self.start <= other.start and other.end <= self.end


@dataclass(frozen=True)
class CarryOver:
    """What happens to supply that is left when the next one comes.

    `drugs`: carried over to any drug, or only to the same one. `doses`: counted in days as it is, or multiplied by
    old daily dose / new daily dose when the dose changes.
    """

    drugs: Literal["any", "same"] = "any"
    doses: Literal["ignored", "adjusted"] = "ignored"


@dataclass(frozen=True)
class Span:
    """From one supply to the next, or to the end of the window. All in days; `gap` is at its end, never negative."""

    supply: Supply
    days: Fraction
    carried_in: Fraction
    gap: Fraction

    @property
    def end(self) -> Fraction:
        """The day the next supply comes, or the window ends."""
        return self.supply.day + self.days

    @property
    def used_up(self) -> Fraction:
        """The day this supply, with what was carried into it, is used up."""
        return self.supply.day + self.supply.lasts_for + self.carried_in


def ordered(supplies: Iterable[Supply]) -> tuple[Supply, ...]:
    """By day; identical rows are one supply, and the order of rows changes nothing."""
    return tuple(sorted(set(supplies)))


def spans(supplies: tuple[Supply, ...], end: int, carry: CarryOver) -> tuple[Span, ...]:
    """One span a supply; `supplies` ordered, none later than `end`. The first one has nothing carried into it."""
    found, left = [], Fraction(0)
    for place, supply in enumerate(supplies):
        following = supplies[place + 1] if place + 1 < len(supplies) else None
        days = Fraction((end if following is None else following.day) - supply.day)
        over = supply.lasts_for + left - days
        found.append(Span(supply, days, left, max(Fraction(0), -over)))
        if following is not None:
            left = max(Fraction(0), over) * _kept(supply, following, carry)
    return tuple(found)


def _kept(old: Supply, new: Supply, carry: CarryOver) -> Fraction:
    if carry.drugs == "same" and old.drug != new.drug:
        return Fraction(0)
    return old.per_day / new.per_day if carry.doses == "adjusted" else Fraction(1)
