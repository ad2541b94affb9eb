"""Sums of points over `tables/points.csv`: an item gets the points of the first of its rows that is true. Pure.

Callers: qsofa, sirs, mascc, cisne, girerd. An item whose inputs are missing has no points, and then there is no total.
"""

import operator
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache

from msgspec import Struct

from alerts.scores.tables import rows
from alerts.scores.values import Part, Score, band, earned, join, lacking

Known = Decimal | str
_SIGNS: dict[str, Callable[[Decimal, Decimal], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


class Row(Struct, frozen=True):
    """One criterion: `input operator limit` gives `points`, where `condition` holds."""

    item: str
    input: str
    condition: tuple[str, str] | None
    operator: str
    limit: str
    points: int

    def met(self, inputs: Mapping[str, Known | None]) -> bool:
        """Whether the criterion is true of known inputs."""
        value = inputs.get(self.input)
        if value is None or (self.condition is not None and inputs.get(self.condition[0]) != self.condition[1]):
            return False
        if isinstance(value, str):
            return self.operator == "is" and value == self.limit
        return self.operator != "is" and _SIGNS[self.operator](value, Decimal(self.limit))


@cache
def items(score: str) -> dict[str, tuple[Row, ...]]:
    """Item -> its criteria, in the order of the table."""
    found: dict[str, tuple[Row, ...]] = {}
    for row in rows("points"):
        if row["score"] == score:
            name, _, value = row["condition"].partition("=")
            condition = (name, value) if name else None
            made = Row(row["item"], row["input"], condition, row["operator"], row["limit"], int(row["points"]))
            found[made.item] = (*found.get(made.item, ()), made)
    return found


@cache
def words(score: str, name: str) -> frozenset[str]:
    """The words of an input that the table lists."""
    return frozenset(r.limit for rs in items(score).values() for r in rs if r.input == name and r.operator == "is")


def summed(
    score: str, version: str, inputs: Mapping[str, Known | None], *, optional: frozenset[str] = frozenset()
) -> Score:
    """The score of known inputs. `optional`: inputs that may be absent because they were not measured."""
    missing = tuple(name for name, value in inputs.items() if value is None and name not in optional)
    parts = tuple(Part(item, _points(criteria, inputs, missing)) for item, criteria in items(score).items())
    known = sum(part.points for part in parts if part.points is not None)
    total = None if missing else known
    return Score(
        score, version, parts, total, known, None if total is None else band(score, total), missing,
        join(earned(parts), lacking(missing)),
    )  # fmt: skip


def _points(criteria: tuple[Row, ...], inputs: Mapping[str, Known | None], missing: tuple[str, ...]) -> int | None:
    for row in criteria:
        if row.met(inputs):
            return row.points
    used = {name for row in criteria for name in (row.input, *(row.condition or ())[:1])}
    return None if used & set(missing) else 0
