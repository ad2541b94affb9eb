"""Replay of real recordings (Challenge 2019, see recordings/README.md): loading with checks, and re-timing."""

import csv
import gzip
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from device_sim.steps import Step, Steps
from device_sim.truth import Observer, Subject, Truth
from domain.instants import HOUR, Micros, iso
from domain.vocabulary import MEASURES

FOLDER = Path(__file__).parent / "recordings"
COLUMNS = ["recording", "hour", "code", "value", "unit"]
INDEX_COLUMNS = ["recording", "hours", "septic_onset_hour"]


class RecordingError(Exception):
    """The recordings cannot be used; the text names the file, the place and what was expected."""


@dataclass(frozen=True, slots=True)
class Recording:
    """One real stay. `hours`: hour -> observations as sent. `septic_onset_hour`: None when never septic."""

    name: str
    length: int
    septic_onset_hour: int | None
    hours: dict[int, list[dict[str, Any]]]


def load(folder: Path = FOLDER) -> dict[str, Recording]:
    """Every recording of a folder by name."""
    index = _rows(folder / "recordings.csv", INDEX_COLUMNS)
    hours: dict[str, dict[int, list[dict[str, Any]]]] = {row["recording"]: {} for _, row in index}
    sheet = folder / "vitals.csv.gz"
    for line, row in _rows(sheet, COLUMNS):
        name, hour, entry = _observation(sheet, line, row)
        if name not in hours:
            raise RecordingError(f"{sheet}, line {line}, recording: expected a name of recordings.csv, got {name!r}")
        hours[name].setdefault(hour, []).append(entry)
    return {row["recording"]: _recording(folder, row, hours[row["recording"]]) for _, row in index}


def _recording(folder: Path, row: dict[str, str], hours: dict[int, list[dict[str, Any]]]) -> Recording:
    name, onset = row["recording"], row["septic_onset_hour"]
    if not hours:
        raise RecordingError(f"{folder / 'vitals.csv.gz'}: expected values of recording {name!r}, found none")
    return Recording(name, int(row["hours"]), int(onset) if onset else None, hours)


def _observation(sheet: Path, line: int, row: dict[str, str]) -> tuple[str, int, dict[str, Any]]:
    where = f"{sheet}, line {line}"
    measure = MEASURES.get(row["code"])
    if measure is None:
        raise RecordingError(f"{where}, code: expected a code of the vocabulary, got {row['code']!r}")
    if row["unit"] not in measure.units:
        raise RecordingError(f"{where}, unit: expected one of {', '.join(measure.units)}, got {row['unit']!r}")
    try:
        hour, value = int(row["hour"]), float(row["value"])
    except ValueError as error:
        raise RecordingError(f"{where}: expected a whole hour and a number: {error}") from error
    sent = int(value) if value.is_integer() else value
    return row["recording"], hour, {"c": measure.code, "v": sent, "u": row["unit"]}


def _rows(path: Path, columns: list[str]) -> list[tuple[int, dict[str, str]]]:
    try:
        content = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
        reader = csv.DictReader(io.StringIO(content.decode()))
    except (OSError, EOFError, UnicodeDecodeError) as error:
        raise RecordingError(f"{path}: expected a readable file of recordings: {error}") from error
    if reader.fieldnames != columns:
        raise RecordingError(f"{path}: expected the columns {','.join(columns)}, got {reader.fieldnames}")
    return list(enumerate(reader, start=2))


def replay(recording: Recording, subject: Subject, *, start: Micros, interval: Micros = HOUR) -> Steps:
    """Recorded hour h is measured and sent at start + h * interval. Silence follows its end."""
    observer = Observer(subject)
    last = max(recording.hours)
    for hour in sorted(recording.hours):
        at = start + hour * interval
        message = {"by": "device", "obs": recording.hours[hour]}
        truths = observer.observe(message, at)
        if hour == last:
            truths += observer.silence(list(observer.measured_at))
        yield Step(at=at, message=message, measured_at=at, truths=tuple(truths))


def septic_onset(recording: Recording, subject: Subject, *, start: Micros, interval: Micros = HOUR) -> Iterator[Truth]:
    """The onset of sepsis as the challenge dates it: information, no rule is expected to say it."""
    if recording.septic_onset_hour is not None:
        onset = start + recording.septic_onset_hour * interval
        yield {"patient": subject.patient, "device": subject.device, "kind": "sepsis", "onset": iso(onset),
               "expected_rules": [], "recording": recording.name}  # fmt: skip
