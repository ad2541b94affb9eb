"""Start of a hub with 1,000 patients and 100,000 stored readings, and its memory.

python -m bench.startup
"""

import json
import tempfile
import time
from pathlib import Path
from typing import Any

from bench import setting
from bench.load import device_names
from domain.instants import HOUR, MINUTE
from domain.values import Origin, Reading
from domain.vocabulary import HEART_RATE, SPO2, TEMPERATURE
from storage import readings as storing
from vigie.embedded.world import World

PATIENTS, READINGS = 1000, 100_000
LONGEST = 300.0  # s
_STREAMS = ((HEART_RATE, 78.0), (SPO2, 97.0), (TEMPERATURE, 36.9))


def measure(folder: Path, *, patients: int = PATIENTS, readings: int = READINGS) -> dict[str, Any]:
    """Seconds from the start of the process to storing, and resident memory then."""
    world = World(folder)
    try:
        world.start_services()
        devices = device_names(patients)
        setting.register(world, devices, at=world.clock.now())
        fill(world, devices, readings // patients)
        start = time.monotonic()
        world.start_hub()
        world.wait_until_ready(LONGEST)
        ready = time.monotonic() - start
        hub = world.hub
        memory = setting.rss_mb(hub.pid) if hub is not None else 0.0
        with world.connect() as conn:
            row = conn.execute("SELECT (SELECT count(*) FROM patient), (SELECT count(*) FROM reading)").fetchone()
    finally:
        world.close()
    loaded, stored = row or (0, 0)
    return {"patients": loaded, "readings": stored, "start_s": round(ready, 2), "hub_rss_mb": round(memory)}


def fill(world: World, devices: list[str], each: int) -> None:
    """The same number of readings for each patient, the last day's."""
    now = world.clock.now()
    with world.connect() as conn:
        for device in devices:
            rows = []
            for place in range(each):
                code, value = _STREAMS[place % len(_STREAMS)]
                at = now - 20 * HOUR + place * 10 * MINUTE
                rows.append(Reading(f"p-{device}", code, value, at, at, origin=Origin(device, "fill", place + 1)))
            storing.insert(conn, rows)
        conn.commit()
        conn.execute("ANALYZE reading")


def main() -> None:
    """Print one JSON object."""
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        print(json.dumps(measure(Path(folder)), indent=1))


if __name__ == "__main__":
    main()
