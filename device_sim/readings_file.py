"""The recordings as a readings file for `vigie replay` and `vigie protocol try`, with the known onsets beside it.

python -m device_sim.readings_file READINGS.csv EVENTS.csv
"""

import argparse
import csv
from collections.abc import Iterator
from pathlib import Path

from device_sim.recordings import Recording, load
from domain.instants import DAY, HOUR, SECOND, Micros, iso, parse_iso

START: Micros = parse_iso("2026-11-01T08:00:00Z")
TOGETHER = 8  # stays that begin on the same day
DELAY = 5 * SECOND  # from measuring to receiving
READING_COLUMNS = ("patient", "measured_at", "received_at", "code", "value", "unit")
EVENT_COLUMNS = ("patient", "kind", "at")

Placed = tuple[Recording, Micros]  # a stay and the instant of its hour 0


def placed(recordings: dict[str, Recording]) -> list[Placed]:
    """Stays laid out over some days, in order of name."""
    return [(recordings[name], START + place // TOGETHER * DAY) for place, name in enumerate(sorted(recordings))]


def readings(stays: list[Placed]) -> Iterator[tuple[object, ...]]:
    """One row a value."""
    for stay, begins in stays:
        for hour in sorted(stay.hours):
            at = begins + hour * HOUR
            for seen in stay.hours[hour]:
                yield stay.name, iso(at), iso(at + DELAY), seen["c"], seen["v"], seen["u"]


def onsets(stays: list[Placed]) -> Iterator[tuple[object, ...]]:
    """One row a sepsis, at the hour at which the challenge dates it."""
    for stay, begins in stays:
        if stay.septic_onset_hour is not None:
            yield stay.name, "sepsis", iso(begins + stay.septic_onset_hour * HOUR)


def write(readings_path: Path, events_path: Path) -> None:
    """Both files."""
    stays = placed(load())
    for path, columns, rows in (
        (readings_path, READING_COLUMNS, readings(stays)),
        (events_path, EVENT_COLUMNS, onsets(stays)),
    ):
        with path.open("w", encoding="utf-8", newline="") as sink:
            writer = csv.writer(sink, lineterminator="\n")
            writer.writerow(columns)
            writer.writerows(rows)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m device_sim.readings_file", description=__doc__)
    parser.add_argument("readings", type=Path)
    parser.add_argument("events", type=Path)
    asked = parser.parse_args()
    write(asked.readings, asked.events)


if __name__ == "__main__":
    main()
