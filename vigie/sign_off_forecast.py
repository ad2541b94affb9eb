"""The choices of the neutrophil forecast that wait for a signature, for docs/sign-off.md. Rows of words only."""

from collections.abc import Iterator
from math import expm1, sqrt

from models.anc import course, outlook, prior, residual, treatment, wander
from models.anc.library import GCSF

LEAD = (
    "Values of `models/anc` that no source gives. They shape a forecast, which adds alerts and never takes one away.\n"
    "The parameter sets are quoted with their sources in `models/anc/parameters.csv`.\n"
)
HEAD = ("value", "is", "unit", "source", "status")
Row = tuple[str, str, str, str, str]
OWN = "choice of this project"
WANDERING = "counts of 53 people of the MIMIC-III demo (`models.evaluation.anc_wander`)"


def rows() -> Iterator[Row]:
    """One a value."""
    between = f"{100 * sqrt(expm1(prior.BETWEEN_CYCLES)):.0f}"
    yield "between cycles, on MTT and slope", between, "%", "variability between occasions of the vinflunine set", "D"
    yield "counts are censored below", f"{residual.LIMIT:g}", "10⁹/L", OWN, "D"
    yield "degrees of freedom of the residual", f"{residual.FREEDOM}", "", OWN, "D"
    yield "surprised below a tail probability of", f"{outlook.SURPRISING:g}", "", OWN, "D"
    yield "withdrawn below, when widened", f"{outlook.HOPELESS:g}", "", OWN, "D"
    yield "cycles that are looked at", f"{treatment.MOST_CYCLES}", "", OWN, "D"
    yield "days of treatment that are looked at", f"{treatment.MOST_DAYS}", "", OWN, "D"
    yield "counts that are looked at", f"{treatment.MOST_COUNTS}", "", OWN, "D"
    yield "regimen without kinetics: MTT for each day to the nadir", f"{prior.KPD_MTT_PER_DAY:g}", "h", OWN, "D"
    yield "regimen without kinetics: SD of the log slope", f"{prior.KPD_SLOPE_SD:g}", "", OWN, "D"
    spread = f"{sqrt(prior.KPD_BETWEEN):g}"
    yield "regimen without kinetics: SD of the log slope between cycles", spread, "", OWN, "D"
    yield "regimen without kinetics: counts wander with an SD of the log", f"{wander.SD:g}", "", WANDERING, "D"
    yield "regimen without kinetics: range of that wandering", f"{wander.LENGTH_H:g}", "h", WANDERING, "D"
    yield "regimen without kinetics: SD of the log of a single count", f"{wander.COUNT_SD:g}", "", WANDERING, "D"
    yield "regimen without kinetics: degrees of freedom of both", f"{wander.FREEDOM:g}", "", WANDERING, "D"
    yield "regimen without kinetics: effect of a cycle as docetaxel", f"{treatment.TYPICAL_MG:g}", "mg", OWN, "D"
    yield "G-CSF: level at half of the effect", f"{course.HALF_EFFECT:g}", "peaks", OWN, "D"
    for name, row in GCSF.items():
        for field, unit in (("usual_mg", "mg"), ("time_to_peak_h", "h"), ("transit_fold", ""), ("growth_fold", "")):
            yield f"`{name}` {field}", row[field], unit, row["source"], row["status"]
