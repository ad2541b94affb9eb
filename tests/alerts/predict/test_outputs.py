"""What the engine is told of a forecast, and what it is not."""

from typing import Any

import pytest

from alerts.predict.outputs import NO_COUNT, body, outputs, refused
from alerts.predict.request import Asked
from domain.alerts import ModelOutput, Said
from domain.instants import DAY
from models.anc.values import Forecast, Quantiles, Request
from tests.alerts.predict.answers import forecast
from tests.alerts.predict.test_request import NOW, T0

ASKED = Asked("P1", Request("P1", "docetaxel", None, ()), T0, T0 + 15 * DAY)


def told(found: Forecast, asked: Asked = ASKED) -> dict[str, ModelOutput]:
    return {each.model: each for each in outputs(found, asked, at=NOW, zone="Europe/Paris")}


def values(found: Forecast, asked: Asked = ASKED) -> dict[str, float | None]:
    return {name: each.value for name, each in told(found, asked).items()}


def test_a_ready_forecast_says_risk_lateness_and_no_surprise() -> None:
    assert values(forecast()) == {
        "anc-window": 62.0, "anc-grade4": 62.0, "anc-late-recovery": 20.0, "anc-surprise": 0.0,
    }  # fmt: skip
    window = told(forecast())["anc-window"]
    assert (window.opens_at, window.holds_until) == (T0 + round(5.5 * DAY), T0 + round(9.5 * DAY))
    assert told(forecast())["anc-grade4"].opens_at is None


def test_the_sentence_says_nadir_day_best_next_count_and_that_it_is_no_measurement() -> None:
    said = told(forecast())["anc-grade4"].said
    assert said == Said(
        "nadir prévu 0,4 G/L vers le 26/11, prochaine numération la plus utile le 25/11, "
        "prévision d'un modèle, pas une mesure",
        "nadir forecast 0.4 G/L about 26/11, next count worth most on 25/11, forecast of a model, not a measurement",
    )


def test_of_any_patient_it_opens_the_window_and_no_alert() -> None:
    found = told(_prior())
    assert {name: each.value for name, each in found.items()} == {
        "anc-window": 62.0, "anc-grade4": None, "anc-late-recovery": None, "anc-surprise": None,
    }  # fmt: skip
    assert found["anc-grade4"].why == NO_COUNT


def _prior() -> Forecast:
    ready = forecast(surprise=None)
    fields = {name: getattr(ready, name) for name in Forecast.__dataclass_fields__}
    return Forecast(**(fields | {"status": "prior_only"}))


@pytest.mark.parametrize(
    ("next_dose", "changes", "why"),
    [
        (None, {}, "the plan names no next dose"),
        (T0 + 40 * DAY, {}, "the next dose of the plan lies beyond the forecast"),
        (T0 + 15 * DAY, {"p_grade4": None, "nadir_anc": None}, "no forecast"),
    ],
)
def test_what_cannot_be_said_of_the_next_dose_is_unknown(next_dose: Any, changes: Any, why: str) -> None:
    found = told(forecast(**changes), Asked("P1", ASKED.request, T0, next_dose))["anc-late-recovery"]
    assert (found.status, found.value, found.why) == ("refused", None, why)


def test_a_refusal_is_unknown_everywhere_with_its_reason() -> None:
    asked = Asked("P1", None, None, None, (Said("rien", "no dose"), Said("ni ça", "no count")))
    found = told(refused(asked), asked)
    assert {each.status for each in found.values()} == {"refused"}
    assert found["anc-grade4"].why == "no dose; no count"


def test_a_surprise_is_said_also_when_the_forecast_is_withdrawn() -> None:
    withdrawn = Forecast("P1", "surprised", "a count of 9 was not expected", "inattendue", "v", surprise=0.001)
    assert values(withdrawn) == {
        "anc-window": None, "anc-grade4": None, "anc-late-recovery": None, "anc-surprise": 1.0,
    }  # fmt: skip


def test_the_body_is_the_object_of_the_interface() -> None:
    found = body(forecast(nadir_day=Quantiles(7.0, 8.0, None)), ms=12.34)
    assert found["nadir"] == {"anc": {"p05": 0.1, "p50": 0.4, "p95": 0.9}, "day": {"p05": 7.0, "p50": 8.0, "p95": None}}
    assert {"id", "status", "why", "p_grade3", "p_grade4", "recovery_day", "days_below_0_5"} <= set(found)
    assert found["curve"][0] == {
        "day": 0.0, "p05": 1.0, "p50": 2.0, "p95": 3.0, "count_p05": 0.5, "count_p95": 4.0,
    }  # fmt: skip
    assert (found["next_count_best_day"], found["ms"]) == (7.0, 12.3)
