"""Two files scored together: events (supplies, openings) and what is asked of them, one ask a row. Wiring only.

An ask that cannot be answered says why and never stops the others; a file without its columns is refused whole.
"""

import csv
from collections.abc import Iterator
from typing import TextIO

from vigie.asked_events import MOST_SENTENCES, Events, Line
from vigie.asked_names import ASKED, Asked
from vigie.score_cells import Cells
from vigie.score_file import LONGEST_CELL, WHY, UnusableFile, header_of, padded, shape_of, text_of


def answers(name: str, events: Events, ask: TextIO) -> Iterator[list[str]]:
    """The lines of the answer, header first. `ask`: opened with newline=''; identical rows are answered once."""
    asked = asked_of(name)
    reader = csv.reader(ask)
    header = header_of(reader)
    shape = shape_of(asked.shapes, header)
    yield [*header, *(f"got_{output}" for output in shape.gives), WHY]
    seen = set()
    for cells in reader:
        row = tuple(padded(cells, len(header)))
        if not cells or row in seen:
            continue
        seen.add(row)
        asking = _cells(header, cells)
        for given, why in shape.answer(asking, events.of(asking.text(asked.key))):
            sentences = "; ".join((*asking.faults, *filter(None, [why]), *events.astray))
            yield [*row, *(text_of(given.get(output)) for output in shape.gives), sentences]


def asked_of(name: str) -> Asked:
    """A score of two files by its name."""
    if name not in ASKED:
        raise UnusableFile(f"NAME: expected one of {', '.join(ASKED)}, got {name!r}")
    return ASKED[name]


def read_events(name: str, source: TextIO) -> Events:
    """The events by the key both files share, identical rows once; a row without a key is named in every answer.

    `source`: opened with newline=''.
    """
    asked = asked_of(name)
    csv.field_size_limit(LONGEST_CELL)
    reader = csv.reader(source)
    header = header_of(reader)
    lacking = [column for column in asked.events if column not in header]
    if lacking:
        raise UnusableFile(f"line 1: missing column {', '.join(lacking)}: expected {','.join(asked.events)}")
    found: dict[str, list[Line]] = {}
    astray, seen = [], set()
    for cells in reader:
        row = tuple(padded(cells, len(header)))
        if not any(cell.strip() for cell in cells) or (row in seen and len(cells) == len(header)):
            continue
        seen.add(row)
        row_fault = "" if len(cells) == len(header) else f"row: expected {len(header)} cells, got {len(cells)}"
        line = Line(reader.line_num, dict(zip(header, row, strict=True)), row_fault)
        key = line.row[asked.key].strip()
        if key:
            found.setdefault(key, []).append(line)
        else:
            astray.append(f"event line {line.number}: {asked.key}: expected a name, got ''")
    return Events({key: tuple(lines) for key, lines in found.items()}, tuple(astray[:MOST_SENTENCES]))


def _cells(header: list[str], cells: list[str]) -> Cells:
    row = Cells(dict(zip(header, padded(cells, len(header)), strict=True)))
    if len(cells) != len(header):
        row.faults.append(f"row: expected {len(header)} cells, got {len(cells)}")
    return row
