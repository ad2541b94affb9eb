"""The hub on PostgreSQL with a streaming replica: the primary is killed under load, and the replica promoted.

`sync`: a commit waits for the replica. Nothing that a device was told is stored may be missing. `async`: the replica
is cut off two seconds before the kill, so that it lacks what was confirmed meanwhile. The hub must notice, begin again
from what is there, and its ledger must list exactly what is gone. In both the former primary is started again before
the end: it takes writes, and must get none. python -m bench.failover [--mode sync async] [--patients 120]
"""

import argparse
import json
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql

from bench import setting
from bench.replica import Pair
from storage import ledger
from tests.flow import hub_oracle
from tests.flow.hub_world import Trial, aplasia, spec
from vigie import oracle

DATABASE, READY_WITHIN, LOOK_EVERY, BEHIND = "vigie_test", 60.0, 0.02, 2.0


def measure(folder: Path, *, synchronous: bool, patients: int = 120, seconds: float = 15.0) -> dict[str, Any]:
    """One life of a hub. AssertionError when a promise is broken."""
    with _load(folder, patients, synchronous=synchronous) as (pair, trial):
        time.sleep(seconds)
        if not synchronous:
            pair.cut_off()
            time.sleep(BEHIND)
        with psycopg.connect(pair.one.url_of(DATABASE), autocommit=True) as conn:
            before = _messages(conn)
        killed = time.monotonic()
        pair.kill9()
        promoted = pair.promote()
        with psycopg.connect(pair.other.url_of(DATABASE), autocommit=True) as conn:
            there = _messages(conn)
            restarted = _storing_again(trial, conn, there)
            storing = time.monotonic() - killed
        pair.one.start()
        with psycopg.connect(pair.one.url_of(DATABASE), autocommit=True) as conn:
            former = _marks(conn)
            time.sleep(seconds)
            assert _marks(conn) == former, "the former primary was written to"
        sums = trial.end_fleet()
        assert sums["unacked"] == 0
        broken, found = hub_oracle.count(trial), _lost(trial)
        checked = hub_oracle.check(trial) if synchronous else None
    return {
        "mode": "sync" if synchronous else "async", "patients": patients, "stored_before": before,
        "on_the_replica": there, "promotion_s": round(promoted, 2), "kill_to_storing_s": round(storing, 2),
        "hub_began_again": restarted, "sent": broken.sent, "lost": broken.lost, "listed": found, "twice": broken.twice,
        "alerts_expected": broken.truths, "alerts_missing": broken.missed,
        "events_checked": None if checked is None else checked["events"],
    }  # fmt: skip


@contextmanager
def _load(folder: Path, patients: int, *, synchronous: bool) -> Iterator[tuple[Pair, Trial]]:
    """A pair, a hub that names both, a fleet that sends two messages a second each; everything is ended afterwards."""
    pair = Pair(folder / "pair")
    trial = Trial(folder, database_url=pair.url_of(DATABASE))
    world = trial.world
    try:
        (folder / "pair").mkdir(mode=0o711)
        pair.start(synchronous=synchronous)
        with psycopg.connect(pair.one.url, autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(DATABASE)))
        world.start_services()
        at = world.clock.now()
        fevers = [spec(f"fever{n}", "febrile_neutropenia", onset_s=-3000.0 + 600 * n, **aplasia(at)) for n in range(8)]
        trial.register([*fevers, *(spec(f"load{number}", "stable") for number in range(patients - len(fevers)))])
        world.start_hub()
        world.wait_until_ready(READY_WITHIN)
        trial.start_fleet()
        yield pair, trial
    finally:
        world.close()
        pair.stop()


def _messages(conn: psycopg.Connection[Any]) -> int:
    row = conn.execute("SELECT count(*) FROM message").fetchone()
    return 0 if row is None else int(row[0])


def _marks(conn: psycopg.Connection[Any]) -> list[tuple[Any, ...]]:
    """Everything that a hub changes, however little it does."""
    return conn.execute(
        "SELECT count(*), (SELECT max(seen_at) FROM lease), (SELECT max(id) FROM audit) FROM message"
    ).fetchall()


def _storing_again(trial: Trial, conn: psycopg.Connection[Any], there: int) -> bool:
    """Wait until more is stored on the new primary. True: the hub had to begin again, started as a supervisor does."""
    end, restarted = time.monotonic() + READY_WITHIN, False
    while _messages(conn) <= there:
        hub = trial.world.hub
        if hub is not None and hub.poll() is not None:
            trial.world.start_hub()
            restarted = True
        if time.monotonic() > end:
            raise TimeoutError(f"nothing was stored within {READY_WITHIN:.0f} s of the promotion")
        time.sleep(LOOK_EVERY)
    return restarted


def _lost(trial: Trial) -> int:
    """How many messages the ledger lists as missing: exactly those that were sent and are not there."""
    with trial.world.connect() as conn:
        files = trial.folder / "ledger.jsonl", trial.folder / "truth.jsonl"
        truth = set(oracle.compare(conn, *files, upto=trial.world.clock.now()).lost)
        listed = {
            f"{each.device}/{each.boot}/{number}"
            for each in ledger.missing(conn)
            for number in range(each.first, each.last + 1)
        }
    assert listed == truth, f"listed and not gone: {listed - truth}; gone and not listed: {truth - listed}"
    return len(listed)


def main() -> None:
    """Print one JSON object a mode."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mode", nargs="+", choices=("sync", "async"), default=["sync", "async"])
    options.add_argument("--patients", type=int, default=120, help="at least 8: each sends two messages a second")
    options.add_argument(
        "--seconds", type=float, default=15.0, help="before the kill, and with the former primary back"
    )
    given = options.parse_args()
    for mode in given.mode:
        with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
            Path(folder).chmod(0o711)
            found = measure(Path(folder), synchronous=mode == "sync", patients=given.patients, seconds=given.seconds)
            print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
