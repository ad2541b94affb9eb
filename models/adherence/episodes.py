"""Treatment episodes from supplies: a gap longer than permitted, or a switch of drug, ends one. Pure; exact fractions.

Source: AdhereR 0.8.1 (table clinical/06, status V): leftover is carried to the same drug only and adjusted to a changed
dose; the gap at the end of the last episode is part of it while shorter than permitted. Caller: `vigie score`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from models.adherence.supply import CarryOver, Span, Supply, Window, ordered, spans

CARRY = CarryOver("same", "adjusted")
FOLLOWED_FOR = 365  # days; the follow-up window of the vectors, which an ask may change


@dataclass(frozen=True)
class Episode:
    """`start` and `end`: days; `end_gap`: the days without supply after it, or for the last one at its end."""

    number: int
    start: int
    lasts_for: Fraction
    end_gap: Fraction

    @property
    def end(self) -> Fraction:
        """The day after its last."""
        return self.start + self.lasts_for


def episodes(
    supplies: Iterable[Supply], follow_up: Window, *, permissible_gap: Fraction, switch: Literal["new", "same"]
) -> tuple[Episode, ...]:
    """The episodes of one person; `switch`: whether another drug starts a new one. None without a supply."""
    followed = tuple(one for one in ordered(supplies) if follow_up.start <= one.day <= follow_up.end)
    groups = _groups(spans(followed, follow_up.end, CARRY), permissible_gap, switch)
    found = []
    for number, (first, last) in enumerate(groups, 1):
        open_end = number == len(groups) and last.gap < permissible_gap
        days = last.end - first.supply.day - (0 if open_end else last.gap)
        found.append(Episode(number, first.supply.day, days, last.gap))
    return tuple(found)


def _groups(found: tuple[Span, ...], permissible_gap: Fraction, switch: str) -> list[tuple[Span, Span]]:
    """First and last span of each episode."""
    groups: list[tuple[Span, Span]] = []
    for place, span in enumerate(found):
        before = found[place - 1]
        switched = switch == "new" and span.supply.drug != before.supply.drug
        if place == 0 or before.gap > permissible_gap or switched:
            groups.append((span, span))
        else:
            groups[-1] = (groups[-1][0], span)
    return groups
