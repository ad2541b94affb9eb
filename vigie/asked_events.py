"""The events an ask is about, as lines of a file, and cells that must be there and within bounds. Wiring only."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from vigie.score_cells import Cells
from vigie.score_rows import Answer

MOST_SENTENCES = 5
_DATE = re.compile(r"(19|20|21)\d\d-\d\d-\d\d", re.ASCII)
DAYS = (Fraction(0), Fraction(36_525))  # a century


@dataclass(frozen=True)
class Line:
    """One row of the events, with its line in the file and what is wrong with the row as a whole."""

    number: int
    row: Mapping[str, str]
    fault: str = ""

    def cells(self) -> Cells:
        """Its cells, to be read once."""
        cells = Cells(self.row)
        if self.fault:
            cells.faults.append(self.fault)
        return cells


@dataclass(frozen=True)
class Events:
    """The events by key, each row once, and what is said of rows that belong to nobody."""

    lines: Mapping[str, tuple[Line, ...]]
    astray: tuple[str, ...]

    def of(self, key: str) -> tuple[Line, ...]:
        """Those of one key; none is an empty tuple."""
        return self.lines.get(key, ())


def unanswered(why: str = "") -> list[Answer]:
    """No answer but a sentence; without one, the faults of the ask say why."""
    return [({}, why)]


def said(faults: list[str]) -> str:
    """A few sentences of many."""
    more = len(faults) - MOST_SENTENCES
    return "; ".join([*faults[:MOST_SENTENCES], *([f"and {more} more"] if more > 0 else [])])


def faults_of(line: Line, cells: Cells, unread: frozenset[str] = frozenset()) -> list[str]:
    """What is wrong with one event, without what is wrong in columns that nothing depends on."""
    return [f"event line {line.number}: {fault}" for fault in cells.faults if fault.partition(":")[0] not in unread]


def needed(cells: Cells, column: str, expected: str, *, low: Fraction, high: Fraction) -> Fraction | None:
    """A number from `low` to `high` that must be there; else None and a fault. `expected` says the bounds."""
    before = len(cells.faults)
    number = cells.number(column)
    if number is not None and low <= number <= high:
        return Fraction(number)
    if len(cells.faults) == before:
        cells.wrong(column, expected)
    return None


def whole(cells: Cells, column: str, *, low: int) -> int | None:
    """A whole number of days that must be there, at most a century."""
    expected = f"a whole number from {low} to {DAYS[1]}"
    number = needed(cells, column, expected, low=Fraction(low), high=DAYS[1])
    if number is not None and number.denominator != 1:
        cells.wrong(column, expected)
        return None
    return None if number is None else int(number)


def day_of(cells: Cells, column: str) -> date | None:
    """A date that must be there."""
    text = cells.text(column)
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    cells.wrong(column, "a date such as 2025-03-01")
    return None


def word(cells: Cells, column: str, allowed: tuple[str, ...]) -> str | None:
    """A word that must be there."""
    before = len(cells.faults)
    found = cells.word(column, allowed)
    if found is None and len(cells.faults) == before:
        cells.wrong(column, f"one of {', '.join(allowed)}")
    return found
