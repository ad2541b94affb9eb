"""The figures of the early warning: five folds of whole people, each scored, calibrated and budgeted by the other four.

Definitions stand in docs/models/early-warning.md. Called by `python -m models`.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from time import process_time
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.early_warning import files
from models.early_warning.alarms import BUDGET, alarms, threshold
from models.early_warning.calibration import risk
from models.early_warning.scoring import score
from models.early_warning.values import Numbers, Refused, from_hours
from models.early_warning.values import moments as instants
from models.evaluation import early_warning_news2 as news2
from models.evaluation.early_warning_fit import (
    FOLDS,
    REFRACTORY,
    VERSION,
    Fitted,
    budgeted,
    calibrated,
    classifier,
    cross_fit,
    followed,
)
from models.evaluation.early_warning_records import (
    FILE,
    Made,
    NoParquet,
    Records,
    columns_of,
    known,
    made,
    piece,
    records,
)
from models.evaluation.figure import (
    NO_GOAL,
    Ask,
    Figure,
    Found,
    Goal,
    Measured,
    Picture,
    Sources,
    Told,
    absent,
    at_least,
    at_most,
    between,
    figure,
)  # fmt: skip
from models.evaluation.intervals import share
from models.evaluation.ranking import auroc, average_precision, measured, ranked

CARD = "early-warning.md"
MODEL = "early_warning"
BUDGETS = (0.05, 0.1, 0.25, 0.5, 0.75)
WINDOWS_H = (12, 24, 48)
BINS = 10
KEPT_FOLD = 0  # its people were left out when features and settings of this version were compared
CLOCKED = 300  # scores whose time is taken


@dataclass(frozen=True, slots=True)
class Unseen:
    """What people got from fits, calibrations and thresholds that had not seen them; `alarms`: rows, by budget."""

    fitted: Fitted
    risk: Numbers
    alarms: dict[float, NDArray[np.intp]]


def figures(sources: Sources, told: Told) -> Found:
    """Every figure and picture, or what is missing."""
    path = sources.data / FILE
    try:
        if not path.exists():
            raise NoParquet(FILE)
        found = records(columns_of(path))
    except NoParquet as missing:
        yield from (absent(ask, str(missing)) for ask in ASKS.values())
        return
    over = _bars(told)
    rows = made(found, known(found), lambda some: over(piece, some, "early warning: features"))
    fitted = cross_fit(found, rows, sources.seed, lambda some: over(classifier, some, "early warning: folds"))
    unseen = _unseen(found, fitted)
    yield from _ranking(found, unseen, sources.seed, told)
    yield from _alarming(found, unseen)
    yield from _beside(found, rows, unseen, sources.seed)
    yield from _calibration(found, unseen)
    yield from _live(found)
    yield from _pictures(found, unseen)


def _bars(told: Told) -> Any:
    def over(do: Any, some: Sequence[Any], what: str) -> Iterator[Any]:
        for number, each in enumerate(some):
            yield do(each)
            told(what, number + 1, len(some))

    return over


def _unseen(found: Records, fitted: Fitted) -> Unseen:
    """Fold by fold: calibration and threshold come from the out-of-fold log-odds of the four other folds."""
    risks = np.full(len(fitted.raw), np.nan)
    rang: dict[float, list[NDArray[np.intp]]] = {budget: [] for budget in BUDGETS}
    for number in range(FOLDS):
        own, others = fitted.fold == number, fitted.fold != number
        risks[own] = risk(calibrated(found, fitted.raw, others), fitted.raw[own])
        curve, rows = budgeted(found, fitted.raw, others), followed(found, fitted.raw, own)
        places = np.flatnonzero(own & found.before)
        for budget, parts in rang.items():
            parts.append(places[alarms(rows, threshold(curve, budget), REFRACTORY)])
    return Unseen(fitted, risks, {budget: np.sort(np.concatenate(parts)) for budget, parts in rang.items()})


def _ranking(found: Records, unseen: Unseen, seed: int, told: Told) -> Iterator[Figure]:
    raw, everywhere = unseen.fitted.raw, np.zeros(len(unseen.fitted.raw))
    scored = ~np.isnan(raw)
    before, soon, labelled = scored & found.before, found.soon, found.label > 0
    air = before & np.isnan(found.inputs[:, -2:]).all(axis=1)
    kinds = (
        ("tm", auroc, before, soon, found.hour), ("auroc", auroc, before, soon, everywhere),
        ("ap", average_precision, before, soon, everywhere), ("auroc_label", auroc, scored, labelled, everywhere),
        ("ap_label", average_precision, scored, labelled, everywhere),
        ("tm_label", auroc, scored, labelled, found.hour),
        ("tm_air", auroc, air, soon, found.hour),
        ("tm_kept", auroc, before & (unseen.fitted.fold == KEPT_FOLD), soon, found.hour),
    )  # fmt: skip
    for number, (name, statistic, rows, positive, group) in enumerate(kinds):
        kept = ranked(raw[rows], positive[rows], found.person[rows], group=group[rows])
        yield figure(ASKS[name], measured(statistic, kept, seed), of=_counted(found, rows, positive))
        told("early warning: intervals", number + 1, len(kinds))
    lowest = np.where(scored, raw, np.nanmin(raw) - 1)[found.before]
    kept = ranked(lowest, soon[found.before], found.person[found.before], group=found.hour[found.before])
    yield figure(ASKS["tm_all"], measured(auroc, kept, seed), of=_counted(found, found.before, soon))
    yield figure(ASKS["scored"], Measured(float(scored.mean())), of=f"{len(scored)} rows")


def _counted(found: Records, rows: NDArray[np.bool_], positive: NDArray[np.bool_]) -> str:
    return f"{rows.sum()} rows, {len(np.unique(found.person[rows & positive]))} people with an onset"


def _alarming(found: Records, unseen: Unseen) -> Iterator[Figure]:
    rows = unseen.alarms[BUDGET]
    septic = np.unique(found.person[~found.quiet])
    leads = _first_leads(found, rows)
    of = f"{len(septic)} people with an onset"
    yield figure(ASKS["sensitivity"], share(len(leads), len(septic)), of=of)
    for hours in WINDOWS_H:
        late = rows[~found.quiet[rows] & (found.onset[rows] - found.hour[rows] <= hours)]
        yield figure(ASKS[f"sensitivity_{hours}"], share(len(np.unique(found.person[late])), len(septic)), of=of)
    yield figure(ASKS["lead"], Measured(float(np.median(list(leads.values())))), of=f"{len(leads)} people")
    yield figure(ASKS["realised"], _rate(found, rows), of=f"{_days(found):.0f} patient-days without an onset")
    ends = [_rate(found, unseen.alarms[budget]).value / budget for budget in BUDGETS]
    yield figure(ASKS["realised_worst"], Measured(max(ends, key=lambda r: abs(r - 1))), of=f"{len(BUDGETS)} budgets")


def _beside(found: Records, made: Made, unseen: Unseen, seed: int) -> Iterator[Figure]:
    """NEWS2 on the same rows, and at the alarm load that the model really made."""
    raw = news2.total(made)
    rows = ~np.isnan(raw) & found.before
    kept = ranked(raw[rows], found.soon[rows], found.person[rows], group=found.hour[rows])
    yield figure(ASKS["news2_tm"], measured(auroc, kept, seed), of=_counted(found, rows, found.soon))
    other = news2.at_load(found, raw, _rate(found, unseen.alarms[BUDGET]).value)
    of = f"{len(np.unique(found.person[~found.quiet]))} people with an onset"
    yield figure(ASKS["news2_sensitivity"], other.ever, of=of, note=other.between)
    yield figure(ASKS["news2_sensitivity_12"], other.last_12h, of=of, note=other.between)


def _first_leads(found: Records, rows: NDArray[np.intp]) -> dict[int, float]:
    """Hours from the first alarm to the onset, of each person with both."""
    first: dict[int, float] = {}
    for row in rows[~found.quiet[rows]].tolist():
        first.setdefault(int(found.person[row]), float(found.onset[row] - found.hour[row]))
    return first


def _days(found: Records) -> float:
    return float(found.quiet.sum()) / 24


def _rate(found: Records, rows: NDArray[np.intp]) -> Measured:
    """False alarms per patient-day with a Poisson interval."""
    false, days = int(found.quiet[rows].sum()), _days(found)
    half = 1.96 * np.sqrt(false)
    return Measured(false / days, float(false - half) / days, float(false + half) / days)


def _calibration(found: Records, unseen: Unseen) -> Iterator[Figure]:
    rows = found.before & ~np.isnan(unseen.risk)
    said, happened = unseen.risk[rows], found.soon[rows].astype(float)
    bins = _bins(said, happened)
    error = sum(n * abs(p - h) for n, p, h in bins) / len(said)
    yield figure(ASKS["ece"], Measured(float(error)), of=f"{len(said)} rows in {BINS} bands of equal size")
    yield figure(ASKS["ratio"], Measured(float(happened.sum() / said.sum())), of=f"{len(said)} rows")


def _bins(said: Numbers, happened: Numbers) -> list[tuple[int, float, float]]:
    """Rows, mean risk said and share that happened, of bands with the same number of rows."""
    parts = np.array_split(np.argsort(said, kind="stable"), BINS)
    return [(len(part), float(said[part].mean()), float(happened[part].mean())) for part in parts if len(part)]


def _live(found: Records) -> Iterator[Figure]:
    """Processor time of one score by the function of the hub, of the shipped file."""
    model = files.load()
    if isinstance(model, Refused):
        yield absent(ASKS["ms"], f"trained file refused: {model.field}")
        return
    ends = np.flatnonzero(np.diff(found.person, append=-1))[:CLOCKED]
    took = []
    for end in ends.tolist():
        rows = slice(int(np.searchsorted(found.person, found.person[end])), end + 1)
        observations, at = from_hours(found.hour[rows], found.inputs[rows]), int(instants(found.hour[end : end + 1])[0])
        began = process_time()
        score(model, observations, at)
        took.append((process_time() - began) * 1000)
    low, middle, high = np.quantile(took, (0.025, 0.5, 0.975))
    note = "processor time; interval: of single scores; depends on the machine"
    yield figure(ASKS["ms"], Measured(float(middle), float(low), float(high)), of=f"{len(took)} scores", note=note)


def _pictures(found: Records, unseen: Unseen) -> Iterator[Picture]:
    rows = found.before & ~np.isnan(unseen.risk)
    bins = _bins(unseen.risk[rows], found.soon[rows].astype(float))
    septic = len(np.unique(found.person[~found.quiet]))
    points = [(_rate(found, rang).value, len(_first_leads(found, rang)) / septic) for rang in unseen.alarms.values()]
    said = "Risk said and share that happened"
    yield Picture(MODEL, "early-warning-reliability.svg", said, lambda canvas: _reliability(canvas, bins))
    yield Picture(MODEL, "early-warning-alarms.svg", "Alarms against sensitivity", lambda canvas: _load(canvas, points))


def _reliability(canvas: Any, bins: list[tuple[int, float, float]]) -> None:
    axes = canvas.subplots()
    top = max(max(p, h) for _, p, h in bins)
    axes.plot([0, top], [0, top], linestyle="--", color="grey")
    axes.plot([p for _, p, _ in bins], [h for _, _, h in bins], marker="o")
    axes.set(xlabel="risk that was said", ylabel="share with an onset within 12 h", title="Reliability, unseen people")


def _load(canvas: Any, points: list[tuple[float, float]]) -> None:
    axes = canvas.subplots()
    axes.plot(*zip(*points, strict=True), marker="o")
    axes.set(
        xlabel="false alarms per patient-day", ylabel="people with an onset who had an alarm before it",
        title="Alarms per day against sensitivity, unseen people",
    )  # fmt: skip


def _ask(name: str, goal: Goal = NO_GOAL, baseline: str = "") -> Ask:
    return Ask(MODEL, VERSION, name, goal, baseline)


_TIMED, _AT = "AUROC among rows of the same hour", "0.59"
_AUROC, _PRECISION, _PAIR = "0.790; NEWS2-like 0.695", "0.068; NEWS2-like 0.034", "0.727; NEWS2-like 0.660"
_SOON, _LABEL = "onset within 12 h, rows before onset", "label of the Challenge, every row"
ASKS: dict[str, Ask] = {
    "tm": _ask(f"{_TIMED}, {_SOON}", at_least(0.73), _PAIR),
    "auroc": _ask(f"AUROC, {_SOON}", at_least(0.79), _AUROC),
    "ap": _ask(f"average precision, {_SOON}", at_least(0.068), _PRECISION),
    "auroc_label": _ask(f"AUROC, {_LABEL}", at_least(0.79), _AUROC),
    "ap_label": _ask(f"average precision, {_LABEL}", at_least(0.068), _PRECISION),
    "tm_label": _ask(f"{_TIMED}, {_LABEL}"),
    "tm_air": _ask(f"{_TIMED}, {_SOON}, neither oxygen nor ventilation in that hour"),
    "tm_all": _ask(f"{_TIMED}, {_SOON}, rows that cannot be scored counted as the lowest risk"),
    "tm_kept": _ask(f"{_TIMED}, {_SOON}, people whom no choice of this version has seen"),
    "scored": _ask("share of rows that can be scored"),
    "sensitivity": _ask("sensitivity at 0.25 false alarms per patient-day: an alarm before onset", at_least(0.59), _AT),
    **{
        f"sensitivity_{hours}": _ask(f"sensitivity at the same budget: an alarm in the {hours} h before onset")
        for hours in WINDOWS_H
    },
    "news2_tm": _ask(f"NEWS2 without consciousness: {_TIMED}, {_SOON}", NO_GOAL, "0.660"),
    "news2_sensitivity": _ask("NEWS2 at the alarm load of the model: an alarm before onset", NO_GOAL, "about 0.4"),
    "news2_sensitivity_12": _ask("NEWS2 at the alarm load of the model: an alarm in the 12 h before onset"),
    "lead": _ask("hours from the first alarm to onset, median", NO_GOAL, "13"),
    "realised": _ask("false alarms per patient-day at a budget of 0.25", between(0.20, 0.30)),
    "realised_worst": _ask("realised / budgeted false alarms, worst of the budgets", between(0.8, 1.2)),
    "ece": _ask("expected calibration error of the risk"),
    "ratio": _ask("onsets that happened / that the risk expected"),
    "ms": _ask("one score, median ms of one core", at_most(20)),
}
