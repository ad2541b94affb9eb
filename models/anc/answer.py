"""An ensemble becomes a Forecast with status and reasons, a Forecast the object of interface section 9. Pure."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.anc import summary
from models.anc.curves import Floats
from models.anc.sampling import Ensemble
from models.anc.treatment import DAY_H, Treatment
from models.anc.values import CurvePoint, Forecast, Quantiles, Refused

Numbers = NDArray[np.float64]
VERSION = "anc-1.1.0"
NORMAL_95 = 1.6449  # 95 % of a standard normal number lie below
MOST_ANC = 150.0
"""10⁹/L: a median beyond it is no forecast of a person after chemotherapy. A choice of this project."""
BEYOND = "the model leaves what a person's count can be: no forecast"
BEYOND_FR = "le modèle sort de ce qu'une numération peut être : pas de prévision"
EVERY = 2
"""Of the grid of 6 h, the curve shows each second point."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a forecast beside its ensemble."""

    id: str
    treatment: Treatment
    surprise: float | None
    surprised: bool
    withdrawn: bool


def answered(told: Told, hours: Numbers, cycle_from_h: float, drawn: Ensemble, sd: float) -> Forecast:
    """`hours` of the whole answer; the cycle is judged from 24 h after the last dose."""
    status, why, why_fr = _status(told)
    first = told.treatment.first_day
    head: dict[str, Any] = {
        "id": told.id, "status": status, "why": why, "why_fr": why_fr, "version": VERSION,
        "parameters": told.treatment.population.name, "cycle_from_day": first + cycle_from_h / DAY_H,
        "surprise": told.surprise, "sampling": drawn.sampling,
    }  # fmt: skip
    if told.withdrawn:
        return Forecast(**head)
    if float(np.median(drawn.curves[::8], axis=1).max()) > np.log(MOST_ANC):
        return Forecast(**{**head, "status": "surprised", "why": BEYOND, "why_fr": BEYOND_FR})
    cycle = hours >= cycle_from_h + DAY_H - 1e-6
    return Forecast(
        **head, **_cycle(told, hours[cycle], drawn.curves[cycle], sd), curve=_curve(first, hours, drawn.curves, sd)
    )


def _cycle(told: Told, hours: Numbers, curves: Floats, sd: float) -> dict[str, Any]:
    first = told.treatment.first_day
    lowest = summary.nadirs(hours, curves)
    under, back = summary.crossings(hours, curves, summary.GRADE3)
    deep, _ = summary.crossings(hours, curves, summary.GRADE4)
    grade3 = float((lowest.logs < summary.GRADE3).mean())
    told_back = grade3 >= summary.LEAST_FALLING
    open_hours = hours > max((hour for hour, _ in told.treatment.counts), default=-1.0) + 12.0
    falling = np.where(np.isfinite(back), back, hours[-1]) if told_back else lowest.hours
    best = (
        summary.best_day(hours[open_hours], curves[open_hours], (lowest.logs, falling), sd) if any(open_hours) else None
    )
    rec = summary.recovered(curves)
    return {
        "nadir_anc": _each(summary.quantiles(lowest.logs), np.exp),
        "nadir_day": summary.quantiles(first + lowest.hours / DAY_H),
        "p_grade3": grade3,
        "p_grade4": float((lowest.logs < summary.GRADE4).mean()),
        "first_day_below_0_5": summary.quantiles(first + deep / DAY_H),
        "recovery_day": summary.quantiles(first + back[under < np.inf] / DAY_H) if told_back else NEVER,
        "days_below_0_5": summary.quantiles(summary.hours_below(hours, curves, summary.GRADE4) / DAY_H),
        "next_count_best_day": None if best is None else float(first + hours[open_hours][best] / DAY_H),
        "recovered": tuple(zip((first + hours / DAY_H).tolist(), rec.tolist(), strict=True)),
    }


NEVER = Quantiles(None, None, None)


def _each(found: Quantiles, change: Any) -> Quantiles:
    return Quantiles(*(None if value is None else float(change(value)) for value in (found.p05, found.p50, found.p95)))


def _curve(first: float, hours: Numbers, curves: Floats, sd: float) -> tuple[CurvePoint, ...]:
    """Quantiles of the latent count and of a laboratory count on each half day.

    The spread of a laboratory count is that of the latent one with the residual added in quadrature, on each side.
    """
    at, ordered = hours[::EVERY], np.sort(curves[::EVERY], axis=1)
    rows = [round(level * (curves.shape[1] - 1)) for level in summary.LEVELS]
    low, middle, high = ordered[:, rows].astype(float).T
    wide = NORMAL_95 * sd
    least, most = middle - np.hypot(middle - low, wide), middle + np.hypot(high - middle, wide)
    values = np.exp(np.stack([low, middle, high, least, most], axis=1))
    days = first + at / DAY_H
    return tuple(CurvePoint(day, *row) for day, row in zip(days.tolist(), values.tolist(), strict=True))


def _status(told: Told) -> tuple[str, str, str]:
    """Status and why, in English and French."""
    if told.withdrawn:
        return (
            "surprised",
            f"the newest count does not fit this person and treatment (probability {told.surprise:.1g}): no forecast",
            f"la dernière numération n'est celle ni de la personne ni du traitement (probabilité {told.surprise:.1g}) :"
            " pas de prévision",
        )
    if told.surprised:
        return (
            "surprised",
            f"the newest count was not expected (probability {told.surprise:.1g}): the forecast is widened",
            f"la dernière numération était inattendue (probabilité {told.surprise:.1g}) : prévision élargie",
        )
    if told.treatment.assumed == "class":
        return (
            "prior_only",
            "neither drug nor regimen: the forecast is that of chemotherapy in general",
            "ni médicament ni schéma : la prévision est celle d'une chimiothérapie en général",
        )
    if not told.treatment.counts:
        return (
            "prior_only",
            "no count yet: the forecast is that of the population",
            "pas encore de numération : la prévision est celle de la population",
        )
    if told.treatment.assumed == "regimen":
        return (
            "ready",
            "the kinetics of the regimen are not known: its effect is learnt from the counts alone",
            "cinétique du schéma inconnue : son effet n'est appris que des numérations",
        )
    return "ready", "population and counts agree", "population et numérations concordent"


def refusal(refused: Refused) -> Forecast:
    """The answer to a request that cannot be used."""
    said = f"{refused.field}: expected {refused.expected}"
    said_fr = f"{refused.field} : inutilisable, attendu : {refused.expected}"
    return Forecast(refused.id, "refused", said, said_fr, VERSION, field=refused.field, expected=refused.expected)


RENAMED = ("nadir_anc", "nadir_day", "recovered")


def line(found: Forecast) -> dict[str, Any]:
    """The object of interface section 9, without `ms`."""
    fields = asdict(found)
    nadir = None if found.nadir_anc is None else {"anc": fields["nadir_anc"], "day": fields["nadir_day"]}
    rest = {name: value for name, value in fields.items() if name not in (*RENAMED, "curve")}
    return {**rest, "nadir": nadir, "curve": [asdict(point) for point in found.curve]}
