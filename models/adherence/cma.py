"""The supply measures CMA1 to CMA9. Pure; exact fractions; None where the measure is undefined, never 0.

Sources: Vollmer 2012 and AdhereR 0.8.1 (table clinical/06, status V). Callers: `vigie score refill_adherence`, the hub.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from models.adherence.supply import CarryOver, Span, Supply, Window, ordered, spans


@dataclass(frozen=True)
class Course:
    """One person's supplies of the follow-up, the window that is observed, and what is carried over."""

    supplies: tuple[Supply, ...]
    follow_up: Window
    observed: Window
    carry: CarryOver


def course(supplies: Iterable[Supply], follow_up: Window, observed: Window, *, carry: CarryOver) -> Course | str:
    """The course, or in a sentence why there is none."""
    if observed.days <= 0:
        return "expected an observation window of at least one day"
    if not follow_up.holds(observed):
        return "expected an observation window inside the follow-up window"
    followed = tuple(one for one in ordered(supplies) if follow_up.start <= one.day <= follow_up.end)
    if not followed:
        return "no supply in the follow-up window"
    return Course(followed, follow_up, observed, carry)


def measure(name: str, of: Course) -> Fraction | None:
    """One of `MEASURES`; None when it is undefined for this course."""
    return MEASURES[name](of)


def _inside(of: Course) -> tuple[Supply, ...]:
    return tuple(one for one in of.supplies if of.observed.start <= one.day <= of.observed.end)


def _cma1(of: Course) -> Fraction | None:
    inside = _inside(of)
    if not inside or inside[-1].day == inside[0].day:
        return None
    return sum((one.lasts_for for one in inside[:-1]), Fraction(0)) / (inside[-1].day - inside[0].day)


def _cma2(of: Course) -> Fraction | None:
    inside = _inside(of)
    if not inside or inside[0].day == of.observed.end:
        return None
    return sum((one.lasts_for for one in inside), Fraction(0)) / (of.observed.end - inside[0].day)


def _capped(value: Fraction | None) -> Fraction | None:
    return None if value is None else min(value, Fraction(1))


def _cma3(of: Course) -> Fraction | None:
    return _capped(_cma1(of))


def _cma4(of: Course) -> Fraction | None:
    return _capped(_cma2(of))


def _cma5(of: Course) -> Fraction | None:
    found = spans(_inside(of), of.observed.end, of.carry)
    return _covered(found[:-1])


def _cma6(of: Course) -> Fraction | None:
    return _covered(spans(_inside(of), of.observed.end, of.carry))


def _covered(found: tuple[Span, ...]) -> Fraction | None:
    """The part of the days of these spans, from the first supply on, that had a supply."""
    days = sum((span.days for span in found), Fraction(0))
    return 1 - sum((span.gap for span in found), Fraction(0)) / days if days else None


def _cma7(of: Course) -> Fraction | None:
    return _covered_from(of, Fraction(of.observed.start))


def _covered_from(of: Course, start: Fraction) -> Fraction | None:
    """The part of the observed days from `start` on that had a supply, with what was carried in from before."""
    end = of.observed.end
    if start >= end:
        return None
    seen = tuple(one for one in of.supplies if one.day <= end)
    before = max(Fraction(0), seen[0].day - start) if seen else end - start
    gaps = (max(Fraction(0), min(span.gap, span.end - start)) for span in spans(seen, end, of.carry))
    return 1 - (before + sum(gaps, Fraction(0))) / (end - start)


def _cma8(of: Course) -> Fraction | None:
    seen = tuple(one for one in of.supplies if one.day <= of.observed.end)
    earlier = [span.used_up for span in spans(seen, of.observed.end, of.carry) if span.supply.day < of.observed.start]
    return _covered_from(of, max([Fraction(of.observed.start), *earlier]))


def _cma9(of: Course) -> Fraction | None:
    days = Fraction(0)
    for span in spans(of.supplies, of.follow_up.end, of.carry):
        seen = min(span.end, Fraction(of.observed.end)) - max(span.supply.day, of.observed.start)
        if seen > 0:
            days += seen * (1 - span.gap / span.days)
    return days / of.observed.days


MEASURES: Mapping[str, Callable[[Course], Fraction | None]] = {
    "CMA1": _cma1,
    "CMA2": _cma2,
    "CMA3": _cma3,
    "CMA4": _cma4,
    "CMA5": _cma5,
    "CMA6": _cma6,
    "CMA7": _cma7,
    "CMA8": _cma8,
    "CMA9": _cma9,
}
