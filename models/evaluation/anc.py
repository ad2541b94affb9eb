"""Figures of the forecast of the neutrophil count: exactness, speed, honesty on simulated people, one real person.

Every row of the goals of the model, from fixed seeds. Simulated people come from the published model (`anc_people`).
"""

import csv
import resource
import time
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from models.anc import VERSION, forecast
from models.anc.course import lay_out, reading
from models.anc.curves import People, Solve, read, solve
from models.anc.exposure import Input
from models.anc.library import DRUGS
from models.anc.values import Request
from models.evaluation import anc_lymphoma, anc_pictures, anc_published, anc_wander
from models.evaluation.anc_people import CLOUD, Outcome, Scenario, in_processes, limit, outcome, requests, simulated
from models.evaluation.figure import (
    NO_GOAL,
    Ask,
    Figure,
    Found,
    Goal,
    Measured,
    Sources,
    Told,
    absent,
    at_least,
    at_most,
    between,
    figure,
)
from models.evaluation.intervals import bootstrap, mean, share

__all__ = ["CARD", "VERSION", "figures"]

Numbers = NDArray[np.float64]
CARD = "anc-forecast.md"
MODEL = "anc"
COVERED = between(0.87, 0.93)
MANY = 2000  # of 600 people the calibration error of a perfect forecast is itself 0.02 to 0.03
BASE = (
    Scenario("counts on days 0 and 7, residual 0.424", MANY, (0.0, 7.0), 0.424),
    Scenario("counts on days 0 and 7, residual 0.25", MANY, (0.0, 7.0), 0.25),
    Scenario("counts on days 0 and 7, residual 0.424, 135 mg", MANY, (0.0, 7.0), 0.424, mg=135.0),
)
HOME = Scenario("home counts on days 5, 7, 9, residual 0.25", 600, (5.0, 7.0, 9.0), 0.25, new_day=12.0)
BEFORE = Scenario("the same and before the dose (day 0)", 600, (0.0, 5.0, 7.0, 9.0), 0.25, new_day=12.0)
NEXT = (
    Scenario("next cycle after one with 5 counts, 24 % between cycles", 400, (0.0, 5.0, 8.0, 11.0, 15.0, 21.0), 0.424,
             cycles=2, between=0.24, new_day=29.0),
    Scenario("next cycle after one with 5 counts, none between cycles", 200, (0.0, 5.0, 8.0, 11.0, 15.0, 21.0), 0.424,
             cycles=2, new_day=29.0),
)  # fmt: skip
BRIER = {0.424: (0.130, "MAP 0.199"), 0.25: (0.090, "MAP 0.130")}
SPEED_PEOPLE, CROWD, COMPILED_PEOPLE = 150, 1000, 50
BINS = 10


def _ask(name: str, goal: Goal = NO_GOAL, baseline: str = "") -> Ask:
    return Ask(MODEL, VERSION, name, goal, baseline)


def figures(sources: Sources, told: Told) -> Found:
    """All of them; pictures at the end."""
    yield _exactness(sources)
    yield _objective(sources)
    yield from _speed(sources.seed, told)
    outcomes = [outcome(scenario, sources.seed + n, told) for n, scenario in enumerate((*BASE, HOME, *NEXT))]
    for found in outcomes:
        yield from _honesty(found, sources.seed)
    yield from _home(outcomes[len(BASE)], sources.seed)
    yield from _home(outcome(BEFORE, sources.seed + len(BASE), told), sources.seed)
    yield _alarms(outcomes)
    yield _wandering(sources)
    results = _lymphoma_results(sources, told)
    yield from _lymphoma(results, sources.seed)
    yield from anc_pictures.pictures(outcomes, results)


def _exactness(sources: Sources) -> Figure:
    ask = _ask("curve, largest relative error against a tight-tolerance one", at_most(1e-3), "1.5e-3 (1 h RK4)")
    path = sources.data / "neutrophil_refs/friberg_typical_docetaxel_reference.csv"
    if not path.exists():
        return absent(ask, "data/neutrophil_refs")
    lines = [line for line in path.read_text().splitlines() if not line.startswith("#")]
    rows = [(float(row["time_h"]), float(row["anc_1e9_per_L"])) for row in csv.DictReader(lines)]
    hours, anc = np.array(rows).T
    drug = DRUGS["docetaxel"]
    course = lay_out((Input(0.0, 1.0, 180.0, drug),), (), float(hours[-1]))
    ones = np.ones(1, np.float32)
    person = People(ones[None] * np.float32(4 / 84.2), ones[None] * np.float32(19.27 / drug.slope),
                    ones * np.float32(0.1445), ones)  # fmt: skip
    found = 5.22 * np.exp(read(reading(course, hours), solve(course, person))[:, 0].astype(float))
    return figure(
        ask, Measured(float(np.abs(found / anc - 1).max())), of=f"{len(hours)} times", note="single precision"
    )


def _objective(sources: Sources) -> Figure:
    ask = _ask("objective function of DDMODEL00000224, distance from the published", at_most(0.01), "-3.998")
    if sources.published is None or not anc_published.files_are_in(sources.published):
        return absent(ask, "--published DIR with its control file and data set")
    found = anc_published.objective(anc_published.published_run(sources.published))
    return figure(ask, Measured(abs(found - anc_published.PUBLISHED)), of="20 counts", note=f"{found:.4f}")


def _speed(seed: int, told: Told) -> Iterator[Figure]:
    """Processor time of one thread, which other work on the machine stretches less than the clock on the wall."""
    scenario = Scenario("speed", SPEED_PEOPLE, (0.0, 7.0), 0.424)
    asked, _ = requests(scenario, simulated(scenario, seed), seed)
    forecast(asked[0])
    times, of = _timed(asked), f"{len(asked)} people, two counts"
    told("speed", len(asked), len(asked))
    yield figure(_ask("one forecast, median (ms of processor)", at_most(25), "5000 (LSODA)"),
                 bootstrap(lambda some: float(np.median(some)), times, seed=seed), of=of)  # fmt: skip
    yield figure(_ask("one forecast, 99th percentile (ms of processor)", at_most(50)),
                 bootstrap(lambda some: float(np.quantile(some, 0.99)), times, seed=seed), of=of)  # fmt: skip
    crowd = Scenario("1000 people", CROWD, (0.0, 7.0), 0.424)
    asked, _ = requests(crowd, simulated(crowd, seed), seed)
    start, before = time.perf_counter(), _processor_of_children()
    done = sum(1 for _ in in_processes(asked))
    spent_s, wall_s = (_processor_of_children() - before) / 2, time.perf_counter() - start
    yield figure(_ask("1000 people on two cores (s of processor on each)", at_most(60)), Measured(spent_s),
                 of=f"{done} people", note=f"start of the processes included; {wall_s:.0f} s on the wall")  # fmt: skip

    yield _compiled(asked[:COMPILED_PEOPLE], seed)


def _compiled(asked: list[Request], seed: int) -> Figure:
    ask = _ask("one forecast by compiled curves, median (ms of processor)")
    if find_spec("numba") is None:
        return absent(ask, "the package numba: pip install 'vigie[compiled]'")
    fast = import_module("models.anc.compiled").solve
    forecast(asked[0], solve=fast)
    return figure(ask, bootstrap(lambda some: float(np.median(some)), _timed(asked, solve=fast), seed=seed),
                  of=f"{len(asked)} people, two counts", note="once compiled; one person after the other")  # fmt: skip


def _timed(asked: list[Request], *, solve: Solve = solve) -> Numbers:
    """Milliseconds of processor of each."""
    spent = []
    for each in asked:
        start = time.thread_time()
        forecast(each, solve=solve)
        spent.append((time.thread_time() - start) * 1000)
    return np.array(spent)


def _wandering(sources: Sources) -> Figure:
    ask = _ask("largest relative difference of the shipped wandering of counts from a refit", at_most(0.02))
    path = sources.data / anc_wander.FILE
    if not path.exists():
        return absent(ask, "data/mimic3_demo")
    people = anc_wander.series(path)
    apart = np.abs(anc_wander.refit(people) / np.array(anc_wander.SHIPPED) - 1)
    return figure(
        ask, Measured(float(apart.max())), of=f"{sum(len(each) for each, _ in people)} counts of {len(people)} people"
    )


def _processor_of_children() -> float:
    """Seconds of processor of the processes that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _honesty(found: Outcome, seed: int) -> Iterator[Figure]:
    scenario, of = found.scenario, f"{found.scenario.people} simulated people"
    told = ~np.isnan(found.chance())
    nadir, goal, before = found.truth.nadir[told], COVERED, "Laplace 0.84 to 0.88"
    if scenario.between:
        goal, before = at_least(0.85), "0.47 when ignored"
    elif scenario.cycles > 1:
        goal, before = NO_GOAL, ""
    inside = (found.column("nadir_anc", "p05")[told] <= nadir) & (nadir <= found.column("nadir_anc", "p95")[told])
    yield figure(_ask(f"coverage of the nadir: {scenario.name}", goal, before), share(int(inside.sum()), len(inside)),
                 of=of)  # fmt: skip
    held = [anc_lymphoma.at(each, scenario.new_day) for each in found.forecasts]
    told_new = zip(held, found.counted, strict=True)
    new = [anc_lymphoma.covers(span, float(anc)) for span, anc in told_new if span]
    goal = at_least(0.85) if scenario.cycles > 1 else COVERED
    yield figure(_ask(f"coverage of a new count on day {scenario.new_day:g}: {scenario.name}", goal),
                 share(sum(new), len(new)), of=of)  # fmt: skip
    if scenario.cycles == 1:
        yield from _grade4(found, found.chance()[told], (nadir < 0.5).astype(float), seed)


def _grade4(found: Outcome, chance: Numbers, happened: Numbers, seed: int) -> Iterator[Figure]:
    scenario, of = found.scenario, f"{len(chance)} people, {happened.mean():.0%} grade 4"
    limit, before = BRIER[scenario.sd]
    two = len(scenario.days) == 2
    yield figure(_ask(f"Brier of grade 4: {scenario.name}", at_most(limit) if two else NO_GOAL, before if two else ""),
                 bootstrap(lambda p, y: float(((p - y) ** 2).mean()), chance, happened, seed=seed), of=of)  # fmt: skip
    yield figure(_ask(f"ECE of grade 4: {scenario.name}", at_most(0.03) if two else NO_GOAL, "0.20" if two else ""),
                 bootstrap(expected_calibration_error, chance, happened, seed=seed), of=of,
                 note="10 bins")  # fmt: skip


def expected_calibration_error(chance: Numbers, happened: Numbers) -> float:
    """Mean distance of chance and share over ten equal bins, weighted by how many are in each."""
    place = np.minimum((chance * BINS).astype(int), BINS - 1)
    gaps = [abs(chance[place == n].mean() - happened[place == n].mean()) * (place == n).mean()
            for n in range(BINS) if (place == n).any()]  # fmt: skip
    return float(sum(gaps))


def _home(found: Outcome, seed: int) -> Iterator[Figure]:
    """Days of nadir and recovery, and how near anybody could come who knew the model of the truth exactly."""
    scenario, truth = found.scenario, found.truth
    asked, _ = requests(scenario, truth, seed=seed + len(BASE))
    best = limit(scenario, truth, asked, seed)
    goals, before = (at_most(0.5), at_most(0.9)), ("1.0", "2.0")
    for place, (what, column) in enumerate((("nadir day", "nadir_day"), ("recovery day", "recovery_day"))):
        apart = np.abs(found.column(column, "p50") - truth.days[place])
        known = apart[~np.isnan(apart)]
        name = f"{what}, mean absolute error (days): {scenario.name}"
        yield figure(_ask(name, goals[place], before[place]), mean(known, seed=seed), of=f"{len(known)} people")
        yield figure(_ask(f"{what}, the least error anybody can have there: {scenario.name}"),
                     mean(best[place], seed=seed), of=f"{len(best[place])} people",
                     note=f"brute force over {CLOUD} people of the model of the truth")  # fmt: skip


def _alarms(outcomes: list[Outcome]) -> Figure:
    said = [each.status == "surprised" for found in outcomes for each in found.forecasts]
    return figure(_ask("called surprised although nothing was wrong", at_most(0.01)), share(sum(said), len(said)),
                  of=f"{len(said)} simulated people")  # fmt: skip


def _lymphoma_results(sources: Sources, told: Told) -> list[anc_lymphoma.Ahead] | None:
    folder = sources.data / "mimic3_demo"
    if not all((folder / name).exists() for name in anc_lymphoma.FILES):
        return None
    return anc_lymphoma.ahead(anc_lymphoma.case(folder), told)


def _lymphoma(results: list[anc_lymphoma.Ahead] | None, seed: int) -> Iterator[Figure]:
    asks = (
        _ask("one real lymphoma patient, 7 days ahead, mean absolute error of log10", at_most(0.45), "0.655 (carried)"),
        _ask("one real lymphoma patient, coverage of counts 7 days ahead", at_least(0.85)),
    )
    if results is None:
        yield from (absent(ask, "data/mimic3_demo") for ask in asks)
        return
    own, carried, covered = anc_lymphoma.errors(results)
    of = f"{len(own)} of {len(results)} counts, one person"
    without = len(results) - len(own)
    yield figure(asks[0], mean(own, seed=seed), of=of,
                 note=f"last value carried {carried.mean():.3f} here; {without} withdrawn; plan known")  # fmt: skip
    yield figure(asks[1], share(sum(covered), len(covered)), of=of)
