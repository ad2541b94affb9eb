"""An ingest service as a process of its own (`python -m`) that kills itself at a named point."""

import os
import signal
import sys
import threading

from ingest.holder import this_process
from ingest.service import IngestService, Plan
from ingest.subscriber import bulk_url, link
from tests.flow.ingest_support import Wiring
from tests.ingest.support import RecordingDecider


class Dying(Wiring):
    """Kills its process when it has passed the point that often."""

    def __init__(self, url: str, point: str, times: int) -> None:
        super().__init__(url, RecordingDecider(remember=False))
        self._point = point
        self._left = times

    def crash(self, point: str) -> None:
        if point == self._point:
            self._left -= 1
            if self._left == 0:
                os.kill(os.getpid(), signal.SIGKILL)


def main(database: str, broker: str, point: str, times: str, version: str) -> None:
    wiring = Dying(database, point, int(times))
    live, bulk = (link(url, version=int(version)) for url in (broker, bulk_url(broker)))
    service = IngestService(Plan("g1", this_process(), live, bulk), wiring)
    service.start()
    threading.Event().wait()


if __name__ == "__main__":
    main(*sys.argv[1:])
