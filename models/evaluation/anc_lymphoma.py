"""One real person: lymphoma, deep aplasias, five months of counts (MIMIC-III demo, 40310). Needs data/mimic3_demo.

Counts 7 days ahead. Treatments are orders with dates, not administrations; no kinetics are known
for them and their regimen is in no table: a day on which cytotoxic drugs were ordered is one unit of a regimen of the
lymphoma kind, whatever their number, as the hub takes it (`alerts.predict.request`).
Orders until the day that is forecast are known, as a plan is. Intrathecal drugs, steroids and vincristine are left out.
"""

import csv
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from models.anc.values import Count, Dose, Forecast, Gcsf, Request
from models.evaluation.anc_people import in_processes
from models.evaluation.figure import Told

Numbers = NDArray[np.float64]
FILES = ("case_40310_anc.csv", "case_40310_drugs.csv")
CYTOTOXIC = ("cyclophosphamide", "doxorubicin", "etoposide")
HIGH_METHOTREXATE_MG = 1000.0
GCSF = "filgrastim"
AHEAD_DAYS = 7.0
SPACED_DAYS = 2.0
AROUND_DAYS = 0.75
"""A count so near to the seventh day is compared with it."""
LEAST = 0.05
REGIMEN = "r-chop-21"


@dataclass(frozen=True, slots=True)
class Case:
    """Days since the first cytotoxic order."""

    doses: tuple[Dose, ...]
    gcsf: tuple[Gcsf, ...]
    counts: tuple[Count, ...]


@dataclass(frozen=True, slots=True)
class Ahead:
    """A forecast at `asked_day` of the count on `day`, what was counted, and the last count before."""

    asked_day: float
    day: float
    counted: float
    last: float
    found: Forecast


def case(folder: Path) -> Case:
    """The person as the files tell."""
    orders = list(csv.DictReader((folder / FILES[1]).read_text().splitlines()))
    counts = [(datetime.fromisoformat(row["charttime"]), float(row["ANC"])) for row in _rows(folder / FILES[0])]
    days = sorted({datetime.fromisoformat(row["startdate"]) for row in orders if _is_cytotoxic(row)})
    first = days[0]
    gcsf = {day for row in orders if row["drug"].lower().startswith(GCSF) for day in _days(row, first)}
    return Case(
        tuple(Dose(_since(day, first), 1.0, 1.0) for day in days),
        tuple(Gcsf(day) for day in sorted(gcsf)),
        tuple(Count(_since(at, first), anc) for at, anc in counts if at >= first),
    )


def _rows(path: Path) -> list[dict[str, str]]:
    return [row for row in csv.DictReader(path.read_text().splitlines()) if row["ANC"]]


def _is_cytotoxic(row: dict[str, str]) -> bool:
    name = row["drug"].lower()
    if row["route"] == "IT":
        return False
    if name.startswith("methotrexate"):
        return float(row["dose_val_rx"] or 0) >= HIGH_METHOTREXATE_MG
    return name.startswith(CYTOTOXIC)


def _since(at: datetime, first: datetime) -> float:
    return (at - first).total_seconds() / 86_400


def _days(row: dict[str, str], first: datetime) -> list[float]:
    start, end = (_since(datetime.fromisoformat(row[name]), first) for name in ("startdate", "enddate"))
    return [start + n for n in range(max(1, int(end - start)))]


def ahead(found: Case, told: Told) -> list[Ahead]:
    """Asked at a count, at most every second day, where another count follows about seven days later."""
    pairs = [(now, then) for now in _spaced(found.counts) if (then := _later(found, now)) is not None]
    asked = [
        Request(
            "40310", None, REGIMEN,
            tuple(dose for dose in found.doses if dose.day <= then.day),
            tuple(count for count in found.counts if count.day <= now.day),
            tuple(given for given in found.gcsf if given.day <= then.day),
        )
        for now, then in pairs
    ]  # fmt: skip
    results = []
    for (now, then), answer in zip(pairs, in_processes(asked), strict=True):
        results.append(Ahead(now.day, then.day, then.anc, now.anc, answer))
        told("lymphoma", len(results), len(pairs))
    return results


def _spaced(counts: tuple[Count, ...]) -> list[Count]:
    kept = [counts[0]]
    for count in counts[1:]:
        if count.day - kept[-1].day >= SPACED_DAYS:
            kept.append(count)
    return kept


def _later(found: Case, now: Count) -> Count | None:
    near = [count for count in found.counts if abs(count.day - now.day - AHEAD_DAYS) <= AROUND_DAYS]
    return min(near, key=lambda count: abs(count.day - now.day - AHEAD_DAYS), default=None)


def at(found: Forecast, day: float) -> tuple[float, float, float] | None:
    """`count_p05`, `p50`, `count_p95` on a day, between two points of the curve; None outside it or without one."""
    for left, right in pairwise(found.curve):
        if left.day <= day <= right.day:
            share = (day - left.day) / (right.day - left.day)
            ends = [(left.count_p05, right.count_p05), (left.p50, right.p50), (left.count_p95, right.count_p95)]
            low, middle, high = (float(np.exp((1 - share) * np.log(a) + share * np.log(b))) for a, b in ends)
            return low, middle, high
    return None


def errors(results: list[Ahead]) -> tuple[Numbers, Numbers, list[bool]]:
    """Of log10 with counts below 0.05 held there: of the forecast, of the last value carried; and what was covered."""
    own, carried, covered = [], [], []
    for each in results:
        span = at(each.found, each.day)
        if span is None:
            continue
        middle = span[1]
        own.append(abs(_log(middle) - _log(each.counted)))
        carried.append(abs(_log(each.last) - _log(each.counted)))
        covered.append(covers(span, each.counted))
    return np.array(own), np.array(carried), covered


def covers(span: tuple[float, float, float], anc: float) -> bool:
    """Whether a count lies in the interval; one below 0.05 is taken as 0.05 at its lower end, which is all it says."""
    return span[0] <= max(anc, LEAST) and anc <= span[2]


def _log(anc: float) -> float:
    return float(np.log10(max(anc, LEAST)))
