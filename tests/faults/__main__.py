"""`python -m tests.faults [--trials 300] [--seed 1]`: random faults on whole hubs, and what was lost. `make faults`.

Each hub lives through twenty faults, then everything is compared. Prints a row a fault as it goes, then the figures
with their upper 95 % bounds. Status 1 when a promise was broken.
"""

import argparse
import statistics
import sys
from collections import defaultdict
from pathlib import Path

from rich.console import Console as Terminal
from rich.table import Table

from tests.faults.laboratory import FAKETIME, Judged, dice_of, kept_if_it_fails, laboratory, upper_bound
from tests.faults.nemesis import FAULTS

A_HUB = 20  # faults before everything is compared


def run(folder: Path, trials: int, seed: int, only: str, terminal: Terminal) -> list[Judged]:
    """As many faults, every kind about as often."""
    dice = dice_of(seed)
    names = [name for name in FAULTS if only in name]
    if FAKETIME is None:
        terminal.print("[bold]clocks are left alone: libfaketime is not installed (apt-get install faketime)[/bold]")
    order = [name for _ in range(-(-trials // len(names))) for name in dice.sample(names, len(names))][:trials]
    judged = []
    for begin in range(0, len(order), A_HUB):
        with laboratory(folder, clocks=True) as lab:
            lab.begin()
            for number, name in enumerate(order[begin : begin + A_HUB], begin + 1):
                with FAULTS[name](lab, dice):
                    pass
                tried = lab.recover(name)
                terminal.print(f"{number}/{trials}  {name}: storing again after {tried.recovered_s} s")
            judged.append(lab.judge())
        found = judged[-1].broken
        terminal.print(f"compared: {found.sent} messages, {found.truths} truths, {judged[-1].events} events")
    return judged


def report(judged: list[Judged], seed: int, terminal: Terminal) -> bool:
    """The tables; whether every promise was kept."""
    back = defaultdict(list)
    for one in judged:
        for tried in one.tried:
            back[tried.fault].append(tried.recovered_s)
    table = Table("fault", "times", "storing again, median", "longest", title=f"Faults, seed {seed}")
    for name, seconds in sorted(back.items()):
        table.add_row(name, str(len(seconds)), f"{statistics.median(seconds):.1f} s", f"{max(seconds):.1f} s")
    terminal.print(table)
    trials = sum(len(seconds) for seconds in back.values())
    broken = [one.broken for one in judged]
    sent, truths = sum(one.sent for one in broken), sum(one.truths for one in broken)
    lost, again, missed = (sum(getattr(one, name) for one in broken) for name in ("lost", "twice", "missed"))
    bad = sum(len(one.tried) for one in judged if one.broken.lost)
    missing, twice = sum(one.frames_missing for one in judged), sum(one.frames_twice for one in judged)
    frames = sum(one.frames for one in judged)
    figures = Table("promise", "broken", "of", "upper 95 % bound")
    for what, broken, of in (
        ("faults of hubs that lost something", bad, trials),
        ("messages lost", lost, sent),
        ("messages or values stored twice", again, sent),
        ("true conditions without an alert", missed, truths),
        ("event frames a console missed", missing, frames + missing),
        ("event frames a console had twice", twice, frames),
    ):
        figures.add_row(what, str(broken), f"{of:,}", f"{upper_bound(broken, of):.2e}")
    terminal.print(figures)
    return not any((lost, again, missed, missing, twice))


def main() -> int:
    """Exit status 0, 1 (a promise was broken)."""
    parser = argparse.ArgumentParser(prog="tests.faults", description=__doc__)
    parser.add_argument("--trials", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--only", default="", help="faults whose name contains this")
    asked = parser.parse_args()
    terminal = Terminal(width=130)
    with kept_if_it_fails("vigie-faults-", terminal) as folder:
        judged = run(folder, asked.trials, asked.seed, asked.only, terminal)
    return 0 if report(judged, asked.seed, terminal) else 1


if __name__ == "__main__":
    sys.exit(main())
