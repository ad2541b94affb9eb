"""`python -m tests.faults.soak [--minutes 120] [--seed 1]`: one hub through hours of mild faults. `make soak`.

The hub is never killed: its memory is what is looked at. Broker and database are, links break, processes stand still.
The hub's clock runs 120 times as fast: two hours are ten days of each patient. Status 1 when a promise was broken or
the memory grew.
"""

import argparse
import statistics
import sys
import threading
from time import monotonic

from msgspec import Struct
from rich.console import Console as Terminal

from bench import setting
from tests.faults.laboratory import Judged, Laboratory, dice_of, kept_if_it_fails, laboratory
from tests.faults.nemesis import FAULTS

EVERY = 60.0  # s from one fault to the next
LOOK = 5.0  # s from one look at the memory to the next
SETTLED = 600.0  # s after which memory counts
AROUND = 120.0  # s over which the median is taken, at both ends
GROWTH = 0.05
HARSH = ("kill hub", "store lost", "floods", "clock")  # what ends the hub or cannot be taken for mild
MILD = tuple(name for name in FAULTS if not any(word in name for word in HARSH))


class Memory(Struct, frozen=True):
    """Resident memory of the hub in MB: (seconds since the start, MB)."""

    samples: tuple[tuple[float, float], ...]

    def median(self, since: float, until: float) -> float:
        """Over a stretch of time. ValueError when nothing was seen in it."""
        found = [mb for at, mb in self.samples if since <= at <= until]
        if not found:
            raise ValueError(f"no sample between {since:.0f} and {until:.0f} s: expected a run longer than that")
        return statistics.median(found)

    def growth(self) -> float:
        """From the two minutes after it has settled to the last two, as a share."""
        end = self.samples[-1][0]
        return self.median(end - AROUND, end) / self.median(SETTLED, SETTLED + AROUND) - 1


def soak(lab: Laboratory, minutes: float, seed: int, terminal: Terminal) -> tuple[Memory, Judged]:
    """One mild fault a minute; memory all the while; everything compared at the end."""
    dice, began = dice_of(seed), monotonic()
    lab.begin()
    hub = lab.trial.world.hub
    assert hub is not None
    samples: list[tuple[float, float]] = []
    over = threading.Event()

    def look() -> None:
        while not over.wait(LOOK):
            samples.append((monotonic() - began, setting.rss_mb(hub.pid)))

    looking = threading.Thread(target=look, daemon=True)
    looking.start()
    end, bag = began + 60 * minutes, list[str]()
    while (now := monotonic()) < end:
        bag = bag or dice.sample(MILD, len(MILD))
        name = bag.pop()
        with FAULTS[name](lab, dice):
            pass
        tried = lab.recover(name)
        assert hub.poll() is None, "the hub ended during a mild fault"
        last = samples[-1][1] if samples else 0.0
        terminal.print(
            f"{(now - began) / 60:5.1f} min  {last:6.1f} MB  {name}: storing again after {tried.recovered_s} s"
        )
        over.wait(max(0.0, min(now + EVERY, end) - monotonic()))
    over.set()
    looking.join()
    return Memory(tuple(samples)), lab.judge()


def main() -> int:
    """Exit status 0, 1 (a promise was broken, or memory grew by more than 5 % after ten minutes)."""
    parser = argparse.ArgumentParser(prog="tests.faults.soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=120.0)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if asked.minutes * 60 < SETTLED + 2 * AROUND:
        parser.error(f"--minutes: expected at least {(SETTLED + 2 * AROUND) / 60:.0f}, memory counts after ten")
    terminal = Terminal(width=130)
    with kept_if_it_fails("vigie-soak-", terminal) as folder:
        with laboratory(folder) as lab:
            memory, judged = soak(lab, asked.minutes, asked.seed, terminal)
        growth, broken = memory.growth(), judged.broken
        first, end = memory.median(SETTLED, SETTLED + AROUND), memory.samples[-1][0]
        last = memory.median(end - AROUND, end)
        rows = (
            f"{asked.minutes:.0f} min, {len(judged.tried)} faults, seed {asked.seed}: hub {first:.1f} MB after ten "
            f"minutes, {last:.1f} MB at the end, growth {growth:+.1%} (wanted at most {GROWTH:.0%})",
            f"{broken.sent:,} messages, {broken.truths} truths, {judged.frames:,} event frames: {broken.lost} lost, "
            f"{broken.twice} twice, {broken.missed} missed; frames {judged.frames_missing} missing, "
            f"{judged.frames_twice} twice",
        )
        for row in rows:
            terminal.print(row)
        counts = (broken.lost, broken.twice, broken.missed, judged.frames_missing, judged.frames_twice)
        assert not any(counts), "a promise was broken"
    return 0 if growth <= GROWTH else 1


if __name__ == "__main__":
    sys.exit(main())
