"""What is drawn beside a patient's values, for people to read: the limits in force, and NEWS2 with its parts.

The limits and the score of the rules that run for the patient (`alerts.protocol.compiled`), over stored values.
"""

import math
from typing import Any

from msgspec import Struct
from psycopg import Connection

from alerts.protocol.compiled import Compiled
from alerts.rules.level import LevelRule
from alerts.rules.source import Score
from alerts.scores.live import news2_parts
from domain.instants import Micros
from domain.vocabulary import MEASURES
from storage import history

RANKS = {1: "low", 2: "medium", 3: "high"}


class Limit(Struct, frozen=True):
    """One edge of a rule on a measure: values at or beyond it are met. `text`: the limit in words, `≥ 38.0 °C`."""

    code: str
    rule: str
    severity: str
    side: str  # low or high
    edge: float
    text: str
    gate: str


class Part(Struct, frozen=True):
    """One item of NEWS2. `points` None: not known. `assumed`: what the plan says, nothing was measured."""

    code: str
    value: float | None
    measured_at: Micros | None
    points: int | None
    assumed: bool


class News2(Struct, frozen=True):
    """NEWS2 over values not older than `max_age`. `at_least` is the whole score when nothing is missing."""

    parts: tuple[Part, ...]
    at_least: int
    missing: tuple[str, ...]
    scale: int
    max_age: Micros


def limits(compiled: Compiled) -> list[Limit]:
    """The edges of every rule that looks at one measure alone, the worst first."""
    found = [
        Limit(rule.code, rule.id, RANKS[each.rank], side, edge, each.limit, rule.gate)
        for rule in compiled.levels
        if rule.source is None and rule.code in MEASURES
        for each in rule.criteria
        for side, edge in (("low", each.high), ("high", each.low))
        if math.isfinite(edge)
    ]
    ranks = list(RANKS.values())
    return sorted(found, key=lambda one: (one.code, -ranks.index(one.severity), one.side, one.edge))


def news2(conn: Connection[Any], patient: str, compiled: Compiled, *, at: Micros) -> News2 | None:
    """The score as the patient's rule sees it; None under a protocol without that rule."""
    source = next((found for found in map(_news2_of, compiled.levels) if found is not None), None)
    if source is None:
        return None
    since = at - source.max_age
    newest = {
        row.code: row for row in history.newest(conn, [patient], source.codes, each=1) if row.measured_at >= since
    }
    assumed = source.assumed or (None,) * len(source.codes)
    values = [
        newest[code].value if code in newest else given for code, given in zip(source.codes, assumed, strict=True)
    ]
    parts = tuple(
        Part(
            code,
            value,
            newest[code].measured_at if code in newest else None,
            points,
            value is not None and code not in newest,
        )
        for code, value, points in zip(source.codes, values, news2_parts(values, source.scale), strict=True)
    )
    missing = tuple(part.code for part in parts if part.points is None)
    return News2(parts, sum(part.points or 0 for part in parts), missing, source.scale, source.max_age)


def _news2_of(rule: LevelRule) -> Score | None:
    return rule.source if isinstance(rule.source, Score) and rule.source.name == "news2" else None
