"""Takes a small, fixed choice of real recordings out of the Challenge 2019 file. Run by hand, once:

    python -m device_sim.extract_recordings PATH/vitals_hourly.parquet device_sim/recordings

The choice is a rule, not a hand: 24 to 60 hours, few gaps, the first patients in order of number that fit.
"""

import csv
import gzip
import io
import math
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

# column -> (LOINC, UCUM, decimals)
COLUMNS: dict[str, tuple[str, str, int]] = {
    "HR": ("8867-4", "/min", 0),
    "O2Sat": ("59408-5", "%", 0),
    "Temp": ("8310-5", "Cel", 1),
    "SBP": ("8480-6", "mm[Hg]", 0),
    "DBP": ("8462-4", "mm[Hg]", 0),
    "Resp": ("9279-1", "/min", 0),
    "WBC": ("6690-2", "10*9/L", 1),
    "Platelets": ("777-3", "10*9/L", 0),
    "Creatinine": ("14682-9", "mg/dL", 2),
}
VITALS = ("HR", "O2Sat", "SBP", "DBP", "Resp")
SEPTIC, OTHERS = 18, 30
LABEL_LEAD = 6  # the label rises six hours before onset

Rows = list[dict[str, Any]]


def patients(path: Path) -> Iterator[tuple[int, Rows]]:
    """(number, hourly rows) of each patient, in the order of the file."""
    import pyarrow.parquet as parquet  # only this script needs it

    table = parquet.read_table(path, columns=["pid", "ICULOS", "SepsisLabel", *COLUMNS])
    number: int | None = None
    rows: Rows = []
    for row in table.to_pylist():
        if row["pid"] != number and rows:
            yield int(rows[0]["pid"]), rows
            rows = []
        number = row["pid"]
        rows.append(row)
    if rows:
        yield int(rows[0]["pid"]), rows


def onset(rows: Rows) -> int | None:
    """Index of the hour of septic onset, None when never septic."""
    first = next((i for i, row in enumerate(rows) if row["SepsisLabel"] == 1), None)
    return None if first is None else min(first + LABEL_LEAD, len(rows) - 1)


def fits(rows: Rows) -> bool:
    """Long enough, with pulse, saturation, pressure and respiration nearly every hour and a temperature every four."""
    if not 24 <= len(rows) <= 60:
        return False
    shares = {name: sum(has(row[name]) for row in rows) / len(rows) for name in (*VITALS, "Temp")}
    start = onset(rows)
    return min(shares[name] for name in VITALS) >= 0.8 and shares["Temp"] >= 0.25 and (start is None or start >= 12)


def has(value: float | None) -> bool:
    """Whether something was recorded."""
    return value is not None and math.isfinite(value)


def choose(path: Path) -> dict[int, Rows]:
    """The first patients that fit, as many of each kind as wanted."""
    chosen: dict[int, Rows] = {}
    left = {True: SEPTIC, False: OTHERS}
    for number, rows in patients(path):
        septic = onset(rows) is not None
        if left[septic] and fits(rows):
            chosen[number] = rows
            left[septic] -= 1
        if not any(left.values()):
            break
    return chosen


def write(chosen: dict[int, Rows], folder: Path) -> None:
    """`vitals.csv.gz` (recording, hour, code, value, unit) and `recordings.csv`; the same bytes at each run."""
    values, index = io.StringIO(), io.StringIO()
    sheet, list_ = csv.writer(values, lineterminator="\n"), csv.writer(index, lineterminator="\n")
    sheet.writerow(["recording", "hour", "code", "value", "unit"])
    list_.writerow(["recording", "hours", "septic_onset_hour"])
    for number, rows in sorted(chosen.items()):
        name, start = f"cinc-{number}", onset(rows)
        list_.writerow([name, len(rows), "" if start is None else start])
        for hour, row in enumerate(rows):
            sheet.writerows([name, hour, *cell] for cell in cells(row))
    (folder / "recordings.csv").write_text(index.getvalue())
    packed = gzip.compress(values.getvalue().encode(), compresslevel=9, mtime=0)
    (folder / "vitals.csv.gz").write_bytes(packed)


def cells(row: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(code, value, unit) of what one hour recorded."""
    for name, (code, unit, decimals) in COLUMNS.items():
        if has(row[name]):
            yield code, f"{row[name]:.{decimals}f}", unit


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit("usage: python -m device_sim.extract_recordings VITALS_HOURLY.parquet FOLDER")
    write(choose(Path(sys.argv[1])), Path(sys.argv[2]))
