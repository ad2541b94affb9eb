"""One row of a score file as typed values, with what is wrong said by column. Pure; caller: `vigie.score_names`."""

import re
from collections.abc import Iterable, Mapping
from decimal import Decimal

from alerts.scores.values import kinds, usable

# Plain decimal notation; at most three digits of exponent, so that no arithmetic on it can overflow.
_NUMBER = re.compile(r"[+-]?(\d{1,30}(\.\d{0,30})?|\.\d{1,30})([eE][+-]?\d{1,3})?", re.ASCII)
UNKNOWN = frozenset({"", "?", "unknown", "missing", "unanswered", "na", "n/a"})


class Cells:
    """The cells of one row. What cannot be used becomes None and a sentence in `faults`; a blank cell only None."""

    def __init__(self, row: Mapping[str, str]) -> None:
        self._row = row
        self.faults: list[str] = []

    def text(self, column: str) -> str:
        """A cell without the space around it; blank when the column is not there."""
        return self._row.get(column, "").strip()

    def wrong(self, column: str, expected: str) -> None:
        """Say what was expected in a column."""
        self.faults.append(f"{column}: expected {expected}, got {self.text(column)!r}")

    def number(self, column: str, kind: str | None = None) -> Decimal | None:
        """A number; with `kind`, one that this input of a score can have."""
        text = self.text(column)
        if text.casefold() in UNKNOWN:
            return None
        number = parse_number(text)
        if number is None:
            self.wrong(column, "a number")
        elif kind is not None and usable(kind, number) is None:
            self.wrong(column, bounds(kind))
        return number

    def word(self, column: str, allowed: Iterable[str]) -> str | None:
        """One of the words, whatever its case."""
        found, words = self.text(column), {word.casefold(): word for word in allowed}
        if found.casefold() not in words and found.casefold() not in UNKNOWN:
            self.wrong(column, f"one of {', '.join(words.values())}")
        return words.get(found.casefold())

    def flag(self, column: str) -> bool | None:
        """`yes` or `no`."""
        return {"yes": True, "no": False, None: None}[self.word(column, ("yes", "no"))]


def parse_number(text: str) -> Decimal | None:
    """A number in decimal notation with a point, else None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def bounds(kind: str) -> str:
    """`0 to 100 %`, `a whole number from 3 to 15`."""
    found = kinds()[kind]
    return f"{'a whole number from ' if found.whole else ''}{found.low} to {found.high} {found.unit}".strip()
