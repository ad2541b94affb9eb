"""The chart of one patient: 90 days at one reading a minute, 800 points, from the rollups and as stored.

python -m bench.chart [--server plain|timescaledb]     medians, ms; other patients' readings lie between
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench import setting
from domain.instants import DAY, MINUTE, Micros, moment
from domain.vocabulary import HEART_RATE
from storage import migrate, rollup, series, tiers
from storage.connection import Connection, connect
from tests.support import timescale
from vigie.embedded.postgres import EmbeddedPostgres

DAYS, PATIENTS, POINTS = 90, 5, 800
# In the order of arrival, as a hub stores them: a patient's rows lie among those of the others.
_FILL = """
INSERT INTO reading (patient, code, measured_at, received_at, value, quality, by, device, boot, seq, idx)
SELECT 'P' || p, %s, at, at + interval '2 seconds',
       70 + 15 * sin(extract(epoch FROM at) / 9000 + p) + (random() * 8)::int, 'ok', 'device', 'd' || p, 'b',
       extract(epoch FROM at)::bigint, 0
FROM generate_series(%s::timestamptz, %s::timestamptz, interval '1 minute') AS at CROSS JOIN generate_series(1, %s) AS p
"""
_POLICIES = """
SELECT job_id FROM timescaledb_information.jobs
WHERE hypertable_name = 'reading' AND proc_name IN ('policy_compression', 'policy_columnstore')
"""


def measure(postgres: EmbeddedPostgres, *, days: int = DAYS) -> dict[str, Any]:
    """Median ms of a chart's query: as stored, in the columnstore where there is one, and with the rollups."""
    now = time.time_ns() // 1000
    with connect(postgres.url) as conn:
        migrate.migrate(conn)
        for day in range(days):
            start = now - (days - day) * DAY
            conn.execute(_FILL, (HEART_RATE, moment(start), moment(start + DAY - MINUTE), PATIENTS))
            conn.commit()
        _settle(conn)
        found: dict[str, Any] = {"tier": tiers.tier(conn), "readings": days * 1440, "stored_ms": _ms(conn, now, days)}
        if found["tier"] == "community":
            conn.commit()
            conn.autocommit = True
            for (job,) in conn.execute(_POLICIES).fetchall():
                conn.execute("CALL run_job(%s)", (job,))
            conn.autocommit = False
            found["columnstore_ms"] = _ms(conn, now, days)
        begun = time.monotonic()
        while rollup.roll(conn, now):
            conn.commit()
        found["rolled_up_in_s"] = round(time.monotonic() - begun, 1)
        _settle(conn)
        found |= {"rolled_ms": _ms(conn, now, days), "points": len(_chart(conn, now, days)())}
        found["week_ms"] = _ms(conn, now, 7)
    return found


def _settle(conn: Connection) -> None:
    conn.commit()
    conn.autocommit = True
    conn.execute("VACUUM ANALYZE")
    conn.autocommit = False


def _chart(conn: Connection, now: Micros, days: int) -> Callable[[], list[series.Point]]:
    span = series.Span("P2", HEART_RATE, now - days * DAY, now, POINTS)
    return lambda: series.points(conn, span)


def _ms(conn: Connection, now: Micros, days: int, *, times: int = 15) -> float:
    chart, took = _chart(conn, now, days), list[float]()
    for _ in range(times):
        begun = time.perf_counter()
        chart()
        took.append((time.perf_counter() - begun) * 1000)
    return round(statistics.median(took), 1)


def on_plain() -> dict[str, Any]:
    """On the embedded server."""
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "pg") as postgres:
            return measure(postgres)


def on_timescaledb() -> dict[str, Any]:
    """On the TimescaleDB of the tests, or the one that VIGIE_TEST_TIMESCALEDB_ROOT names."""
    with timescale.own_postgres() as postgres:
        postgres.start()
        return measure(postgres)


def main() -> None:
    """Print what was found."""
    parser = argparse.ArgumentParser(prog="bench.chart", description=__doc__)
    parser.add_argument("--server", choices=("plain", "timescaledb"), default="plain")
    measured = on_timescaledb if parser.parse_args().server == "timescaledb" else on_plain
    print(json.dumps(measured(), indent=1))


if __name__ == "__main__":
    main()
