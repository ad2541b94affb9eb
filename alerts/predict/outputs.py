"""From a forecast to what is stored and shown of it, and to what the engine is told. Pure.

The engine hears four things: a risk that may open the window, the two risks that rules look at, and a surprise. What
is not known is said as `refused` with the reason, and so is UNKNOWN there.
"""

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import msgspec

from alerts.predict.request import Asked
from domain.alerts import ModelOutput, Said
from domain.instants import DAY, Micros, moment
from models.anc import VERSION
from models.anc.values import CurvePoint, Forecast, Quantiles

NO_COUNT = "no count of this treatment yet: the forecast is that of any patient"


def body(forecast: Forecast, *, ms: float) -> dict[str, Any]:
    """The object of the interface, section 9, with more of what the model says. Days are those of the request."""
    return {
        "id": forecast.id,
        "status": forecast.status,
        "why": forecast.why,
        "why_fr": forecast.why_fr,
        "version": forecast.version,
        "parameters": forecast.parameters,
        "cycle_from_day": forecast.cycle_from_day,
        "nadir": {"anc": quantiles(forecast.nadir_anc), "day": quantiles(forecast.nadir_day)},
        "p_grade3": forecast.p_grade3,
        "p_grade4": forecast.p_grade4,
        "first_day_below_0_5": quantiles(forecast.first_day_below_0_5),
        "recovery_day": quantiles(forecast.recovery_day),
        "days_below_0_5": quantiles(forecast.days_below_0_5),
        "curve": [_point(point) for point in forecast.curve],
        "next_count_best_day": forecast.next_count_best_day,
        "surprise": forecast.surprise,
        "sampling": None if forecast.sampling is None else msgspec.to_builtins(forecast.sampling),
        "ms": round(ms, 1),
    }


def quantiles(found: Quantiles | None) -> dict[str, float | None] | None:
    """Or None when the forecast does not say."""
    return None if found is None else {"p05": found.p05, "p50": found.p50, "p95": found.p95}


def _point(point: CurvePoint) -> dict[str, float]:
    found: dict[str, float] = msgspec.to_builtins(point)
    return found


def refused(asked: Asked, *, why: Said | None = None) -> Forecast:
    """No forecast: what is missing to ask for one, or `why` there was no answer."""
    said = list(asked.missing) if why is None else [why]
    reason, reason_fr = "; ".join(each.en for each in said), " ; ".join(each.fr for each in said)
    return Forecast(asked.patient, "refused", reason, reason_fr, VERSION)


def outputs(forecast: Forecast, asked: Asked, *, at: Micros, zone: str) -> tuple[ModelOutput, ...]:
    """What the engine is told. `at`: when the forecast was made; `zone`: in which the sentence says its days."""
    start = asked.day_zero_at
    risk = None if forecast.p_grade4 is None else 100.0 * forecast.p_grade4
    personal = forecast.status != "prior_only"
    first, nadir = forecast.first_day_below_0_5, forecast.nadir_day
    opens = None if first is None or first.p05 is None or start is None else start + round(first.p05 * DAY)
    holds = None if nadir is None or nadir.p95 is None or start is None else start + round(nadir.p95 * DAY)
    late, why_late = _late(forecast, asked)
    why, why_risk = forecast.why or "no forecast", forecast.why or "no forecast"
    if not personal:
        late, why_late, why_risk = None, NO_COUNT, NO_COUNT
    said = sentence(forecast, asked, zone)
    return (
        _output(asked, "anc-window", risk, why, at=at, said=said, opens_at=opens, holds_until=holds),
        _output(asked, "anc-grade4", risk if personal else None, why_risk, at=at, said=said),
        _output(asked, "anc-late-recovery", late, why_late, at=at, said=said),
        _output(asked, "anc-surprise", _surprise(forecast), why, at=at, said=said),
    )


def _output(asked: Asked, model: str, value: float | None, why: str, *, at: Micros, **more: Any) -> ModelOutput:
    if value is None:
        return ModelOutput(asked.patient, model, VERSION, "refused", None, at, at, why)
    return ModelOutput(asked.patient, model, VERSION, "ready", round(value, 2), at, at, **more)


def _late(forecast: Forecast, asked: Asked) -> tuple[float | None, str]:
    """The risk, in percent, that the count is below 1.0 on the day of the next planned dose or after it."""
    if forecast.p_grade4 is None:
        return None, forecast.why or "no forecast"
    if asked.next_dose_at is None:
        return None, "the plan names no next dose"
    day = asked.day(asked.next_dose_at)
    recovered = None if day is None else forecast.p_recovered_by(day)
    if recovered is None:
        return None, "the next dose of the plan lies beyond the forecast"
    return 100.0 * (1.0 - recovered), ""


def _surprise(forecast: Forecast) -> float | None:
    if forecast.status == "surprised":
        return 1.0
    return 0.0 if forecast.surprise is not None else None


def sentence(forecast: Forecast, asked: Asked, zone: str) -> Said:
    """Nadir, its day, the best day for the next count, and that it is a model that speaks."""
    fr, en = [], []
    if forecast.nadir_anc is not None and forecast.nadir_anc.p50 is not None:
        low = f"{forecast.nadir_anc.p50:.1f}"
        day = _date(asked, None if forecast.nadir_day is None else forecast.nadir_day.p50, zone)
        fr.append(f"nadir prévu {low.replace('.', ',')} G/L" + (f" vers le {day:%d/%m}" if day else ""))
        en.append(f"nadir forecast {low} G/L" + (f" about {day:%d/%m}" if day else ""))
    best = _date(asked, forecast.next_count_best_day, zone)
    if best is not None:
        fr.append(f"prochaine numération la plus utile le {best:%d/%m}")
        en.append(f"next count worth most on {best:%d/%m}")
    if forecast.status == "surprised":
        fr.append(forecast.why_fr)
        en.append(forecast.why)
    fr.append("prévision d'un modèle, pas une mesure")
    en.append("forecast of a model, not a measurement")
    return Said(", ".join(fr), ", ".join(en))


def _date(asked: Asked, day: float | None, zone: str) -> datetime | None:
    if day is None or asked.day_zero_at is None:
        return None
    return moment(asked.day_zero_at + round(day * DAY)).replace(tzinfo=UTC).astimezone(ZoneInfo(zone))
