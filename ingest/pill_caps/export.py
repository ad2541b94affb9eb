"""What an export of a pill cap holds: openings, rows that were refused, rows that are no opening. Frozen values."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo

from domain.instants import Micros


@dataclass(frozen=True)
class Row:
    """One row of a sheet by its headings; cells without the space around them. `line`: in the file, from 1."""

    line: int
    cells: Mapping[str, str]

    def __getitem__(self, heading: str) -> str:
        return self.cells.get(heading, "")


@dataclass(frozen=True)
class Refused:
    """One row that is not taken in, with the field that is wrong and what was expected. Line 0: the file as a whole."""

    line: int
    field: str
    expected: str
    got: str

    def __str__(self) -> str:
        where = f"line {self.line}: " if self.line else ""
        return f"{where}{self.field}: expected {self.expected}, got {self.got[:80]!r}"


@dataclass(frozen=True)
class Opening:
    """One opening, or one intake that a cap recorded."""

    at: Micros
    line: int


@dataclass(frozen=True)
class LeftOut:
    """A row that says something else than an opening: a reminder, a missed dose, a test. `what`: in its own words."""

    line: int
    what: str


Read = Opening | Refused | LeftOut


@dataclass(frozen=True)
class Brand:
    """One kind of export: the headings that tell it, those that name the patient, and the reader of its rows."""

    name: str
    headings: frozenset[str]
    patient: tuple[str, ...]
    read: Callable[[Sequence[Row], tzinfo], list[Read]]
    zoned: bool = True


@dataclass(frozen=True)
class Export:
    """A file that was read. `openings` ordered, each moment once; `duplicates`: rows that said the same again."""

    brand: str
    openings: tuple[Opening, ...]
    refused: tuple[Refused, ...]
    left_out: Mapping[str, int]
    duplicates: int
    remarks: tuple[str, ...]
