"""Pictures of the forecast: coverage by scenario, reliability of grade 4, fans of the real lymphoma case."""

from collections.abc import Iterator
from typing import Any

import numpy as np

from models.evaluation.anc_lymphoma import Ahead
from models.evaluation.anc_people import Outcome
from models.evaluation.figure import Picture
from models.evaluation.intervals import share

INK, BAND, MARK = "#1b4965", "#bee3f8", "#b3261e"
FANS = 6


def pictures(outcomes: list[Outcome], results: list[Ahead] | None) -> Iterator[Picture]:
    """All that can be drawn from what was run."""
    yield Picture("anc", "anc-coverage.svg", "Coverage of the 90 % interval of the nadir, by scenario",
                  lambda canvas: _coverage(canvas, outcomes))  # fmt: skip
    yield Picture("anc", "anc-reliability.svg", "Forecast probability of grade 4 against how often it came",
                  lambda canvas: _reliability(canvas, outcomes))  # fmt: skip
    if results:
        yield Picture("anc", "anc-lymphoma.svg", "Forecasts of one real patient on six days, and the counts after",
                      lambda canvas: _fans(canvas, results))  # fmt: skip


def _coverage(canvas: Any, outcomes: list[Outcome]) -> None:
    axes = canvas.subplots()
    for row, found in enumerate(outcomes):
        low, high = found.column("nadir_anc", "p05"), found.column("nadir_anc", "p95")
        inside = (low <= found.truth.nadir) & (found.truth.nadir <= high)
        held = share(int(inside.sum()), int((~np.isnan(low)).sum()))
        axes.plot([held.low, held.high], [row, row], color=INK)
        axes.plot([held.value], [row], "o", color=INK)
    axes.axvspan(0.87, 0.93, color=BAND, zorder=0)
    axes.set_yticks(range(len(outcomes)), [found.scenario.name for found in outcomes], fontsize=8)
    axes.set_xlabel("people whose true nadir lies in the 90 % interval (band: the goal)")
    axes.set_xlim(0.75, 1.0)


def _reliability(canvas: Any, outcomes: list[Outcome]) -> None:
    axes = canvas.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for found, mark in zip([each for each in outcomes if each.scenario.cycles == 1], "osD^", strict=False):
        told = ~np.isnan(found.chance())
        chance, happened = found.chance()[told], found.truth.nadir[told] < 0.5
        place = np.minimum((chance * 10).astype(int), 9)
        points = [
            (chance[place == n].mean(), happened[place == n].mean()) for n in range(10) if (place == n).sum() >= 5
        ]
        axes.plot(*np.array(points).T, marker=mark, markersize=4, linewidth=1, label=found.scenario.name)
    axes.set_xlabel("forecast probability of a nadir below 0.5·10⁹/L")
    axes.set_ylabel("share in which it came")
    axes.legend(fontsize=8)


def _fans(canvas: Any, results: list[Ahead]) -> None:
    usable = [each for each in results if each.found.curve]
    chosen = [usable[int(place)] for place in np.linspace(0, len(usable) - 1, FANS)]
    for axes, asked in zip(canvas.subplots(2, 3, sharey=True).ravel(), chosen, strict=True):
        shown = [point for point in asked.found.curve if asked.asked_day <= point.day <= asked.asked_day + 21]
        days = [point.day for point in shown]
        axes.fill_between(days, [p.count_p05 for p in shown], [p.count_p95 for p in shown], color=BAND)
        axes.plot(days, [point.p50 for point in shown], color=INK)
        after = [each for each in results if asked.asked_day < each.day <= asked.asked_day + 21]
        axes.plot([each.day for each in after], [max(each.counted, 0.01) for each in after], ".", color=MARK)
        axes.axvline(asked.asked_day, color="grey", linewidth=1)
        axes.set_yscale("log")
        axes.set_title(f"asked on day {asked.asked_day:.0f}", fontsize=9)
        axes.set_ylim(0.008, 60)
