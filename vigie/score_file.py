"""A file of cases scored row by row (interface, section 8): its columns, then `got_*`, then `got_why`. Wiring only.

A row that cannot be scored says why and never stops the others; a file without the columns is refused whole.
"""

import csv
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import IO, Protocol, TextIO, TypeVar

from vigie.score_cells import Cells
from vigie.score_names import NAMES, Columns
from vigie.score_rows import Value

WHY = "got_why"
LONGEST_CELL = 1 << 24


class UnusableFile(ValueError):
    """The file as a whole, or the name of the score, cannot be used; the message says what was expected."""


def score(name: str, source: TextIO) -> Iterator[list[str]]:
    """The lines of the answer, header first. `source`: opened with newline=''."""
    if name not in NAMES:
        raise UnusableFile(f"NAME: expected one of {', '.join(NAMES)}, got {name!r}")
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(source)
    header = header_of(reader)
    columns = shape_of(NAMES[name], header)
    yield [*header, *(f"got_{output}" for output in columns.gives), WHY]
    for cells in reader:
        if cells:
            yield [*padded(cells, len(header)), *_answered(columns, header, cells)]


def header_of(reader: Iterator[list[str]]) -> list[str]:
    """The names of the columns, each once."""
    header = [cell.strip() for cell in next(reader, [])]
    if not any(header):
        raise UnusableFile("line 1: expected a header with the names of the columns")
    twice = sorted({cell for cell in header if header.count(cell) > 1})
    if twice:
        raise UnusableFile(f"line 1: expected each column once, got twice: {', '.join(twice)}")
    return header


class Shape(Protocol):
    """Columns that a file must have and those it gets."""

    @property
    def needs(self) -> tuple[str, ...]:
        """The columns in."""

    @property
    def gives(self) -> tuple[str, ...]:
        """The columns out, without `got_`."""


AnyShape = TypeVar("AnyShape", bound=Shape)


def shape_of(shapes: Sequence[AnyShape], header: Sequence[str]) -> AnyShape:
    """The shape whose columns are all there; the one that comes nearest is named in the refusal."""
    lacking = [[column for column in shape.needs if column not in header] for shape in shapes]
    nearest = min(range(len(shapes)), key=lambda place: len(lacking[place]))
    if lacking[nearest]:
        expected = " or ".join(",".join(shape.needs) for shape in shapes)
        raise UnusableFile(f"line 1: missing column {', '.join(lacking[nearest])}: expected {expected}")
    return shapes[nearest]


def padded(cells: list[str], width: int) -> list[str]:
    """As many cells as the header has."""
    return (cells + [""] * width)[:width]


def _answered(columns: Columns, header: Sequence[str], cells: list[str]) -> list[str]:
    row = Cells(dict(zip(header, padded(cells, len(header)), strict=True)))
    if len(cells) != len(header):
        row.faults.append(f"row: expected {len(header)} cells, got {len(cells)}")
    answers, why = columns.answer(row)
    return [*(text_of(answers.get(output)) for output in columns.gives), "; ".join((*row.faults, *filter(None, [why])))]


def text_of(value: Value) -> str:
    """A value as it is printed; empty when it cannot be said."""
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return plain(value)
    return str(value)


def plain(value: Decimal) -> str:
    """Decimal notation, 20 significant digits at most, without zeros at the end."""
    text = format(Decimal(f"{value:.20g}"), "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def write(lines: Iterator[list[str]], target: IO[str]) -> None:
    """Every line as CSV."""
    csv.writer(target, lineterminator="\n").writerows(lines)
