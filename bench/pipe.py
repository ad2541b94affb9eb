"""`mosquitto_sub` into COPY, a commit twice a second: the ceiling that ingest is compared with."""

import os
import select
import signal
import subprocess
import sys
import time

import psycopg

EVERY = 0.5  # s between two commits


def main(database_url: str, argv: list[str]) -> None:
    """Copy every line of the subscriber into the table `pipe` until it ends."""
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as sub, psycopg.connect(database_url) as conn:
        signal.signal(signal.SIGTERM, lambda *_: sub.kill())
        if sub.stdout is None:
            return
        source, open_, rest = sub.stdout.fileno(), True, b""
        while open_:
            due = time.monotonic() + EVERY
            with conn.cursor().copy(
                "COPY pipe (line) FROM STDIN WITH (FORMAT csv, DELIMITER E'\\x01', QUOTE E'\\x02')"
            ) as copy:
                while open_ and time.monotonic() < due:
                    if not select.select([source], [], [], max(0.0, due - time.monotonic()))[0]:
                        break
                    block = os.read(source, 1 << 16)
                    open_ = bool(block)
                    whole, newline, tail = (rest + block).rpartition(b"\n")
                    copy.write(whole + newline)
                    rest = tail
            conn.commit()


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
