"""`vigie predict early-warning`: the live score over a file of hourly rows. Parquet in and out, rows in their order."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from domain.alerts import Said
from models.early_warning.model import Model
from models.early_warning.scoring import follow
from models.early_warning.values import Numbers, Score, from_hours, moments
from models.evaluation.early_warning_records import NoParquet, columns_of, inputs_of

LONGEST_H = 100_000  # an hour beyond is no hour of a stay
__all__ = ["NoParquet", "predict", "write"]
Told = Callable[[int, int], None]


def predict(model: Model, source: Path, *, budget: float, told: Told) -> list[Score]:
    """The score of every row of a file. ValueError names what cannot be read; NoParquet where pyarrow is missing."""
    columns = columns_of(source)
    inputs, hour, person = inputs_of(columns), columns["ICULOS"], columns["pid"]
    nowhere = Score(
        "unknown", None, False, (), model.version, Said("pid ou ICULOS illisible", "pid or ICULOS: expected")
    )
    scores = [nowhere] * len(hour)
    people = list(_people(person, hour))
    for number, rows in enumerate(people):
        found = follow(model, from_hours(hour[rows], inputs[rows]), moments(hour[rows]).tolist(), budget=budget)
        for row, one in zip(rows.tolist(), found, strict=True):
            scores[row] = one
        told(number + 1, len(people))
    return scores


def _people(person: Numbers, hour: Numbers) -> Iterator[NDArray[np.intp]]:
    """The rows of each person in order of their hours, without those that name neither."""
    with np.errstate(invalid="ignore"):
        there = np.flatnonzero(~np.isnan(person) & (np.abs(hour) <= LONGEST_H))
    order = there[np.lexsort((hour[there], person[there]))]
    starts = np.flatnonzero(np.diff(person[order], prepend=np.nan) != 0)
    yield from (np.split(order, starts[1:]) if len(order) else ())


def write(source: Path, out: Path, scores: list[Score]) -> None:
    """The answer beside the `pid` and `ICULOS` of the file; it appears whole or not at all."""
    import pyarrow
    import pyarrow.parquet

    asked: Any = pyarrow.parquet.read_table(source, columns=["pid", "ICULOS"])
    answer = {
        "pid": asked["pid"],
        "ICULOS": asked["ICULOS"],
        "risk": pyarrow.array([one.risk for one in scores], pyarrow.float64()),
        "alarm": pyarrow.array([one.alarm for one in scores], pyarrow.bool_()),
        "status": [one.status for one in scores],
        "top_reasons": ["; ".join(reason.said.en for reason in one.reasons) for one in scores],
        "top_reasons_fr": [" ; ".join(reason.said.fr for reason in one.reasons) for one in scores],
        "why": [one.why.en for one in scores],
        "why_fr": [one.why.fr for one in scores],
        "model_version": [one.model_version for one in scores],
    }
    text = ("status", "top_reasons", "top_reasons_fr", "why", "why_fr", "model_version")
    table = pyarrow.table({k: pyarrow.array(v, pyarrow.string()) if k in text else v for k, v in answer.items()})
    partial = out.with_name(f".{out.name}.part")
    try:
        pyarrow.parquet.write_table(table, partial)
        partial.replace(out)
    finally:
        partial.unlink(missing_ok=True)
