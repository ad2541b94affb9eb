"""What goes into a score and comes out: exact numbers within possible bounds, points, grades, sentences. Pure.

Bounds: `tables/inputs.csv`. A value outside them, NaN or an unknown word is missing, never zero and never normal.
"""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import cache

from msgspec import Struct

from alerts.scores.tables import rows
from domain.alerts import Said

Number = Decimal | float | int


class InputKind(Struct, frozen=True):
    """One input: names, unit, inclusive bounds. `low` is None for an input that is a word."""

    name: str
    fr: str
    en: str
    unit: str
    low: Decimal | None
    high: Decimal | None
    whole: bool


class Part(Struct, frozen=True, gc=False):
    """Points of one item; None when it cannot be said."""

    name: str
    points: int | None


class Score(Struct, frozen=True):
    """A sum of points. `total` and `band` are None as long as an input is missing; `at_least` is what is sure."""

    score: str
    version: str
    parts: tuple[Part, ...]
    total: int | None
    at_least: int
    band: str | None
    missing: tuple[str, ...]
    why: Said


class Grade(Struct, frozen=True):
    """A grade. None when it cannot be said; `at_least` is what is sure."""

    score: str
    version: str
    grade: int | None
    at_least: int
    missing: tuple[str, ...]
    why: Said
    parts: tuple[Part, ...] = ()


@cache
def kinds() -> dict[str, InputKind]:
    """Every input by name."""
    return {row["name"]: _kind(row) for row in rows("inputs")}


def _kind(row: dict[str, str]) -> InputKind:
    low, high = (Decimal(row[edge]) if row[edge] else None for edge in ("low", "high"))
    return InputKind(row["name"], row["fr"], row["en"], row["unit"], low, high, row["whole"] == "yes")


def exact(value: Number | None) -> Decimal | None:
    """The number as its digits read (38.05 is 38.05, not the binary neighbour); None when not finite."""
    if value is None:
        return None
    try:
        number = value if isinstance(value, Decimal) else Decimal(str(value))
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def usable(name: str, value: Number | None) -> Decimal | None:
    """The number when it is one that this input can have, else None."""
    number, kind = exact(value), kinds()[name]
    if number is None or kind.low is None or kind.high is None:
        return None
    if not kind.low <= number <= kind.high or (kind.whole and number != number.to_integral_value()):
        return None
    return number


def half_up(value: Decimal, step: Decimal) -> Decimal:
    """Rounded to a multiple of 1, 0.1 ...; a half goes up."""
    return value.quantize(step, rounding=ROUND_HALF_UP)


def lacking(names: Iterable[str]) -> Said:
    """`manque : pouls`, `missing: pulse`; empty when nothing is missing."""
    found = [kinds()[name] for name in names]
    if not found:
        return Said("", "")
    return Said(
        "manque ou inutilisable : " + ", ".join(kind.fr for kind in found),
        "missing or unusable: " + ", ".join(kind.en for kind in found),
    )


def earned(parts: Iterable[Part]) -> Said:
    """`pouls 2, température 1`: the items that gave points."""
    found = [(kinds()[part.name], part.points) for part in parts if part.points]
    return Said(", ".join(f"{k.fr} {n}" for k, n in found), ", ".join(f"{k.en} {n}" for k, n in found))


def absent(**inputs: object) -> tuple[str, ...]:
    """Names of the inputs that are None, in order."""
    return tuple(name for name, value in inputs.items() if value is None)


def join(*said: Said) -> Said:
    """Sentences one after the other."""
    return Said("; ".join(s.fr for s in said if s.fr), "; ".join(s.en for s in said if s.en))


@cache
def bands(score: str) -> tuple[tuple[Decimal, Decimal | None, str], ...]:
    """Bands of a score as (from inclusive, below, name)."""
    return tuple(
        (Decimal(row["from"]), Decimal(row["below"]) if row["below"] else None, row["band"])
        for row in rows("bands")
        if row["score"] == score
    )


def band(score: str, total: Decimal | int) -> str:
    """The band a total falls in. Totals start at 0."""
    return next(name for low, below, name in bands(score) if total >= low and (below is None or total < below))
