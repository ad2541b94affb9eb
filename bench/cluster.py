"""The hub against three RabbitMQ nodes of which one is killed under load, changed in nothing but its settings.

`hub`: the node that the hub is connected to, `another` than that, `frozen`: the hub's stands still and says nothing,
as a machine without power, `majority`: two at once. Afterwards the oracle of the fault tests: nothing lost, nothing
twice, no alert missing. python -m bench.cluster [--patients 120] [--seconds 20] [--loss hub another]
"""

import argparse
import json
import re
import tempfile
import threading
import time
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

from bench import setting
from bench.rabbit import NAMES, RabbitCluster
from tests.flow import hub_oracle
from tests.flow.hub_world import Trial, spec, ward
from vigie.broker_rabbitmq import RabbitAccounts
from vigie.embedded.child import EmbeddedError
from vigie.embedded.world import World

READY_WITHIN = 60.0
LOOK_EVERY = 0.05
# which of the nodes are lost, the hub's own first
LOSSES = {"hub": (0,), "another": (1,), "frozen": (0,), "majority": (0, 2)}


class ClusterWorld(World):
    """The world of benches and fault tests, on a cluster of brokers."""

    def __init__(self, folder: Path, *, speed: float) -> None:
        super().__init__(folder, speed=speed)
        self.cluster = RabbitCluster(folder / "rabbit")
        self.broker = self.cluster  # type: ignore[assignment]
        self.settings["VIGIE_MQTT_VERSION"] = "3.1.1"

    @property
    def accounts(self) -> RabbitAccounts:  # type: ignore[override]
        """Made by the management of a node that runs."""
        return self.cluster.ways

    def start_services(self) -> None:
        """As everywhere; the hub is told how accounts are made."""
        super().start_services()
        self.settings["VIGIE_BROKER_ACL"] = f"rabbitmq:{self.cluster.management}"


class Watch(threading.Thread):
    """Looks at what is stored all the time: when it grew, and by how much."""

    def __init__(self, trial: Trial) -> None:
        super().__init__(daemon=True)
        self._trial = trial
        self._ended = threading.Event()
        self.seen: list[tuple[float, int]] = []

    def run(self) -> None:
        """Until told to stop."""
        with self._trial.world.connect() as conn:
            conn.autocommit = True
            while not self._ended.wait(LOOK_EVERY):
                row = conn.execute("SELECT count(*) FROM message").fetchone()
                count = 0 if row is None else int(row[0])
                if not self.seen or count > self.seen[-1][1]:
                    self.seen.append((time.monotonic(), count))

    def stop(self) -> None:
        """End it."""
        self._ended.set()
        self.join()

    def stored(self) -> int:
        """Messages by now."""
        return self.seen[-1][1] if self.seen else 0

    def rate(self, since: float, until: float) -> float:
        """Messages stored a second in this time."""
        inside = [one for one in self.seen if since <= one[0] <= until]
        return (inside[-1][1] - inside[0][1]) / (until - since) if len(inside) > 1 else 0.0

    def longest_pause(self, since: float, until: float) -> tuple[float, float]:
        """The longest time in which nothing was stored: when it ended, and how long it was, s."""
        times = [since, *(at for at, _ in self.seen if since <= at <= until), until]
        longest, ended = max((later - earlier, later) for earlier, later in pairwise(times))
        return ended, longest


def measure(
    folder: Path, *, patients: int = 120, seconds: float = 20.0, losses: Sequence[str] = ("hub", "another")
) -> dict[str, Any]:
    """The losses in one life of a hub. AssertionError when a promise is broken."""
    trial = Trial(folder)
    world = trial.world = ClusterWorld(folder, speed=trial.world.clock.speed)
    try:
        world.start_services()
        at = world.clock.now()
        trial.register([*ward(at), *(spec(f"load{number}", "stable") for number in range(patients - len(ward(at))))])
        world.start_hub()
        world.wait_until_ready(READY_WITHIN)
        trial.start_fleet()
        watch = Watch(trial)
        watch.start()
        _wait_for_load(watch, patients)
        trials = {}
        for loss in losses:
            hub_first = sorted(NAMES, key=lambda name: name != _node_of_the_hub(trial))
            trials[loss] = _try(world, watch, [hub_first[place] for place in LOSSES[loss]], seconds, loss=loss)
        watch.stop()
        sums = trial.end_fleet()
        broken = hub_oracle.count(trial)
        checked = hub_oracle.check(trial)
        assert sums["unacked"] == 0
    finally:
        world.close()
    return {
        "patients": patients, "trials": trials, "sent": broken.sent, "lost": broken.lost, "twice": broken.twice,
        "alerts_expected": broken.truths, "alerts_missing": broken.missed, "events_checked": checked["events"],
        "sent_again": sums["duplicates_sent"],
    }  # fmt: skip


def _try(world: ClusterWorld, watch: Watch, lost: list[str], seconds: float, *, loss: str) -> dict[str, float]:
    """Lose, leave it so for a while, start again, wait until the cluster is whole."""
    cluster, began = world.cluster, time.monotonic()
    time.sleep(seconds)
    struck = time.monotonic()
    for name in lost:
        (cluster.freeze if loss == "frozen" else cluster.kill9)(name)
    time.sleep(seconds)
    back = time.monotonic()
    for name in lost:
        if loss == "frozen":
            cluster.kill9(name)
        cluster.restart(name)
    cluster.wait_for(len(NAMES))
    whole = time.monotonic()
    all_restarted = not _ready_again(world)
    time.sleep(seconds)
    end = time.monotonic()
    majority = len(lost) < len(NAMES) / 2
    ended, pause = watch.longest_pause(struck, back if majority else end)
    return {
        "before_per_s": round(watch.rate(began, struck), 1),
        "longest_pause_before_s": round(watch.longest_pause(began, struck)[1], 2),
        "without_per_s": round(watch.rate(struck, back), 1),
        **({"kill_to_storing_s": round(pause, 2)} if majority else {"restart_to_storing_s": round(ended - back, 2)}),
        "all_had_to_be_restarted": all_restarted,
        "restart_to_whole_s": round(whole - back, 1),
        "longest_pause_after_restart_s": round(watch.longest_pause(back, end)[1], 2),
        "afterwards_per_s": round(watch.rate(whole, end), 1),
    }


def _ready_again(world: ClusterWorld) -> bool:
    """Wait until the hub stores. False: it did only after every node had been ended and started again."""
    try:
        world.wait_until_ready(READY_WITHIN)
    except EmbeddedError:
        for name in NAMES:
            world.cluster.kill9(name)
        for name in NAMES:
            world.cluster.restart(name)
        world.cluster.wait_for(len(NAMES))
        world.wait_until_ready(READY_WITHIN)
        return False
    return True


def _wait_for_load(watch: Watch, patients: int) -> None:
    end = time.monotonic() + READY_WITHIN
    while watch.stored() < 5 * patients:
        if time.monotonic() > end:
            raise TimeoutError(f"{watch.stored()} messages were stored within {READY_WITHIN:.0f} s: no load")
        time.sleep(0.2)


def _node_of_the_hub(trial: Trial) -> str:
    """Where the hub's live session is, by its log."""
    port = int(re.findall(r"hub-all-live\b.*\bnode\W+127\.0\.0\.1:(\d+)", trial.hub_log)[-1])
    cluster = trial.world.broker
    return next(name for name, its in cluster.ports.items() if its == port)  # type: ignore[attr-defined]


def main() -> None:
    """Print one JSON object."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--patients", type=int, default=120, help="at least 20: each sends two messages a second")
    options.add_argument("--seconds", type=float, default=20.0, help="before, during and after each loss")
    options.add_argument("--loss", nargs="+", choices=LOSSES, default=["hub", "another"], help="one after the other")
    given = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="vigie-bench-", dir=setting.FOLDER) as folder:
        Path(folder).chmod(0o711)
        found = measure(Path(folder), patients=given.patients, seconds=given.seconds, losses=given.loss)
        print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
