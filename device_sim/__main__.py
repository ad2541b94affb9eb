"""`python -m device_sim FLEET.json`: run a fleet, print one JSON summary. SIGTERM and Ctrl-C end it cleanly."""

import json
import signal
import sys
import threading
from pathlib import Path

from device_sim import fleet, fleet_file
from device_sim.outbox import OutboxError
from device_sim.recordings import RecordingError


def main(arguments: list[str]) -> int:
    """Exit status 0, 1 (could not run), 2 (wrong usage or fleet file)."""
    if len(arguments) != 1:
        print("usage: python -m device_sim FLEET.json", file=sys.stderr)
        return 2
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    try:
        summary = fleet.run(fleet_file.read(Path(arguments[0])), stop.is_set)
    except fleet_file.FleetError as error:
        print(error, file=sys.stderr)
        return 2
    except (OutboxError, RecordingError, OSError) as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(summary), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
