"""The training data of the early warning: rows of people, their onsets, the features of every row. Reads parquet."""

import hashlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.early_warning.features import FEATURES, of_windows
from models.early_warning.fitness import Range, judge, moments
from models.early_warning.values import PLAUSIBLE, VITALS, Numbers, Times, from_hours, on_oxygen
from models.early_warning.values import moments as instants

FILE = "cinc2019/vitals_hourly.parquet"
HORIZON_H = 12
LABEL_BEFORE_H = 6  # SepsisLabel is 1 from 6 h before onset
PEOPLE = 200  # people of one piece of work
STALE_SHARE = 0.995  # of the rows with anything in 48 h: the age of their newest value is not stale
Whole = NDArray[np.int64]
Piece = tuple[Whole, Numbers, Numbers, Range]


class NoParquet(Exception):
    """pyarrow is not installed."""


@dataclass(frozen=True, slots=True)
class Records:
    """Rows in order of person and hour. `inputs` (n, 9); `onset`: its hour, infinite without; `label` as published."""

    person: Whole
    hour: Numbers
    inputs: Numbers
    onset: Numbers
    label: Numbers

    @property
    def at(self) -> Times:
        """Moments in µs since the person's first hour: differences alone matter."""
        return instants(self.hour)

    @property
    def before(self) -> NDArray[np.bool_]:
        """Rows before the onset."""
        return self.hour < self.onset

    @property
    def soon(self) -> NDArray[np.bool_]:
        """Rows whose person has the onset within the next 12 h."""
        return self.before & (self.onset - self.hour <= HORIZON_H)

    @property
    def quiet(self) -> NDArray[np.bool_]:
        """Rows of people without an onset."""
        return np.isinf(self.onset)


@dataclass(frozen=True, slots=True)
class Made:
    """Features of every row, and whether it can be scored."""

    features: NDArray[np.float32]
    usable: NDArray[np.bool_]


def columns_of(path: Path) -> dict[str, Numbers]:
    """The columns of a file as numbers. ValueError names a column that is missing or not of numbers."""
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError as error:
        raise NoParquet("expected the package pyarrow: pip install 'vigie[models]'") from error
    try:
        table: Any = pyarrow.parquet.read_table(path)
    except pyarrow.ArrowInvalid as error:
        raise ValueError(f"{path}: expected a parquet file") from error
    missing = [name for name in ("pid", "ICULOS", *VITALS) if name not in table.column_names]
    if missing:
        raise ValueError(f"{path}: {missing[0]}: expected this column (as of the Challenge 2019)")
    kept = [name for name in ("pid", "ICULOS", *VITALS, "FiO2", "EtCO2", "SepsisLabel") if name in table.column_names]
    return {name: _people_of(table[name]) if name == "pid" else _numbers(name, table[name]) for name in kept}


def _people_of(column: Any) -> Numbers:
    """A number for each person, whatever a file calls them; NaN where it names nobody."""
    codes = column.combine_chunks().dictionary_encode().indices
    return np.asarray(codes.to_numpy(zero_copy_only=False), float)


def _numbers(name: str, column: Any) -> Numbers:
    try:
        return np.asarray(column.to_numpy(), float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{name}: expected a column of numbers, got {column.type}") from error


def inputs_of(columns: dict[str, Numbers]) -> Numbers:
    """The inputs (n, 9) of rows; oxygen from the fraction breathed in. Columns that are absent are not measured."""
    absent = np.full(len(columns["pid"]), np.nan)
    oxygen = on_oxygen(columns.get("FiO2", absent))
    return np.column_stack([*(columns[name] for name in VITALS), oxygen, columns.get("EtCO2", absent)])


def records(columns: dict[str, Numbers]) -> Records:
    """Rows in order, with the hour of onset of each person."""
    order = np.lexsort((columns["ICULOS"], columns["pid"]))
    _, person = np.unique(columns["pid"][order], return_inverse=True)
    hour, label = columns["ICULOS"][order], columns["SepsisLabel"][order]
    first = np.full(person.max() + 1, np.inf)
    np.minimum.at(first, person, np.where(label > 0, hour, np.inf))
    return Records(person, hour, inputs_of(columns)[order], first[person] + LABEL_BEFORE_H, label)


def known(found: Records) -> Range:
    """What the records hold: the span of each vital sign, and the age of the newest value that is still usual."""
    spans = {name: plausible_span(name, found.inputs[:, place]) for place, name in enumerate(VITALS)}
    seen = (~np.isnan(found.inputs[:, : len(VITALS)])).any(axis=1)
    newest = np.maximum.accumulate(np.where(seen, np.arange(len(found.hour)), -1))
    same = (newest >= 0) & (found.person[newest] == found.person)
    age = found.hour[same] - found.hour[newest[same]]
    lows, highs = ({name: span[side] for name, span in spans.items()} for side in (0, 1))
    return Range(lows, highs, float(np.ceil(np.quantile(age, STALE_SHARE))))


def pieces(found: Records, spans: Range) -> Iterator[Piece]:
    """Some people at a time: person, hour, inputs, and what can be scored."""
    last = int(found.person.max()) + 1
    for begin in range(0, last, PEOPLE):
        rows = slice(*np.searchsorted(found.person, (begin, begin + PEOPLE)))
        yield found.person[rows], found.hour[rows], found.inputs[rows], spans


def piece(work: Piece) -> Made:
    """Features of some people: each person's rows by the function that is used live."""
    person, hour, inputs, spans = work
    made = [_person(hour[rows], inputs[rows], spans) for rows in _people(person)]
    return Made(np.concatenate([one.features for one in made]), np.concatenate([one.usable for one in made]))


def _people(person: Whole) -> Iterator[slice]:
    starts = np.flatnonzero(np.diff(person, prepend=-1))
    for begin, end in zip(starts, [*starts[1:], len(person)], strict=True):
        yield slice(begin, end)


def _person(hour: Numbers, inputs: Numbers, spans: Range) -> Made:
    found = moments(from_hours(hour, inputs), instants(hour))
    usable = np.array([status == "ready" for status, _ in judge(found, spans)])
    return Made(of_windows(found.windows), usable)


def made(found: Records, spans: Range, over: Callable[[Sequence[Any]], Iterator[Made]]) -> Made:
    """Features of every row. `over`: how the pieces are worked on, here or on a cluster, in order."""
    parts = list(over(list(pieces(found, spans))))
    features = np.concatenate([part.features for part in parts])
    if features.shape[1] != len(FEATURES):
        raise RuntimeError("a worker makes other features: expected the same version of the code")
    return Made(features, np.concatenate([part.usable for part in parts]))


def sha256(path: Path) -> str:
    """The digest of a file."""
    with path.open("rb") as source:
        return hashlib.file_digest(source, "sha256").hexdigest()


def plausible_span(name: str, values: Numbers) -> tuple[float, float]:
    """Lowest and highest plausible value of an input in the training."""
    low, high = PLAUSIBLE[name]
    kept = values[(values >= low) & (values <= high)]
    return float(kept.min()), float(kept.max())
