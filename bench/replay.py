"""A replay of a whole file: seconds and rows a second, on as many processes as asked.

python -m bench.replay [--patients 850 --days 30 --every 10 --jobs N]
"""

import argparse
import json
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Any

from domain.instants import DAY, MINUTE, iso
from vigie.replay_file import Options, cores, replay

START = 1_795_000_000_000_000 // DAY * DAY
# code, unit, mean, spread, decimals; a patient has one of them, as a patch or a watch sends it
_STREAMS = (("8310-5", "Cel", 36.9, 0.35, 1), ("8867-4", "/min", 84.0, 9.0, 0), ("59408-5", "%", 96.5, 1.0, 0))


def write(path: Path, *, patients: int, days: int, every: int) -> int:
    """A file of one reading a patient every so many minutes, in order of receipt. How many rows it has."""
    dice, rows = random.Random(1), 0
    streams = [_STREAMS[number % len(_STREAMS)] for number in range(patients)]
    with path.open("w", encoding="utf-8") as sink:
        sink.write("patient,measured_at,received_at,code,value,unit\n")
        for at in range(START, START + days * DAY, every * MINUTE):
            measured, received = iso(at), iso(at + 5_000_000)
            for number, (code, unit, mean, spread, decimals) in enumerate(streams):
                value = min(dice.gauss(mean, spread), 100.0) if unit == "%" else dice.gauss(mean, spread)
                sink.write(f"P{number:04d},{measured},{received},{code},{value:.{decimals}f},{unit}\n")
                rows += 1
    return rows


def measure(*, patients: int, days: int, every: int = 10, jobs: int | None = None) -> dict[str, Any]:
    """Seconds from the file to the last line, and rows a second."""
    with tempfile.TemporaryDirectory(prefix="vigie-bench-") as folder:
        path = Path(folder) / "readings.csv"
        rows = write(path, patients=patients, days=days, every=every)
        begun, busy, used = time.perf_counter(), _busy(), cores() if jobs is None else jobs
        events = sum(1 for _ in replay(path, None, Options(jobs=used)))
        spent, busy = time.perf_counter() - begun, _busy() - busy
        megabytes = round(path.stat().st_size / 1e6)
    return {
        "rows": rows, "file_mb": megabytes, "jobs": used, "events": events, "seconds": round(spent, 1),
        "own_cpu_seconds": round(busy, 1), "rows_per_s": round(rows / spent),
    }  # fmt: skip


def _busy() -> float:
    """Processor seconds of this process; those of the workers are not known before their server ends."""
    found = os.times()
    return found.user + found.system


def main() -> None:
    """Print the figures as one JSON object."""
    parser = argparse.ArgumentParser(prog="bench.replay", description=__doc__)
    parser.add_argument("--patients", type=int, default=850)
    parser.add_argument("--days", type=int, default=30)
    parser.add_argument("--every", type=int, default=10, help="minutes between two readings")
    parser.add_argument("--jobs", type=int, default=None)
    asked = parser.parse_args()
    print(json.dumps(measure(patients=asked.patients, days=asked.days, every=asked.every, jobs=asked.jobs), indent=1))


if __name__ == "__main__":
    main()
