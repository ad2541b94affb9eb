"""The services of the predictive models put together: what they are told of, the processes they ask. Wiring only.

Called by the hub.
"""

import threading
from collections.abc import Callable, Mapping, Sequence

from alerts.predict import forecasting, scoring, watching
from alerts.predict.isolated import Isolated
from domain.alerts import Input
from domain.instants import MINUTE
from storage.connection import connect
from vigie.clock import Clock
from vigie.settings import Settings

FORECAST = "alerts.predict.tasks:anc_forecast"
DRIFT = "alerts.predict.early_warning_task:drift"
EARLY_WARNING = "alerts.predict.early_warning_task:early_warning"


class Modelling:
    """What waits for the models. `told` hears of every input that is stored: it only takes notes."""

    def __init__(self, speed: float = 1.0) -> None:
        self.forecasts = forecasting.Waiting()
        # where the hub's clock runs faster (the demo), a patient is scored once a real minute
        self.fresh = scoring.Fresh(max(scoring.EVERY, round(MINUTE * speed)))

    def told(self, inputs: Mapping[str, Sequence[Input]]) -> None:
        """Called by the owner of the patients' states after a commit."""
        self.forecasts.told(inputs)
        self.fresh.told(inputs)


def start_models(
    settings: Settings,
    clock: Clock,
    sites: Sequence[str],
    modelling: Modelling,
    *,
    stop: threading.Event,
    crash: Callable[[str], None],
    metrics: watching.Metrics,
) -> list[threading.Thread]:
    """The services of this process, started; they end with `stop`."""
    given = forecasting.Forecasting(
        connect=lambda: connect(settings.database_url, application_name="vigie-forecasts"),
        clock=clock.now,
        ask=lambda: Isolated(FORECAST).ask,
        sites=tuple(sites),
        zone=settings.timezone,
        crash=crash,
        counted=lambda status: _count_forecast(metrics, status),
    )
    watched = watching.Watching(
        connect=lambda: connect(settings.database_url, application_name="vigie-model-watch"),
        clock=clock.now,
        metrics=metrics,
        drift=Isolated(DRIFT, answers_within=60.0).ask,
        sites=tuple(sites),
        zone=settings.timezone,
    )
    scored = scoring.Scoring(
        connect=lambda: connect(settings.database_url, application_name="vigie-early-warning"),
        clock=clock.now,
        ask=lambda: Isolated(EARLY_WARNING).ask,
        sites=tuple(sites),
        counted=lambda mode, status: _count_score(metrics, mode, status),
    )
    return [
        *forecasting.start(given, modelling.forecasts, stop),
        scoring.start(scored, modelling.fresh, stop),
        watching.start(watched, stop),
    ]


def _count_score(metrics: watching.Metrics, mode: str, status: str) -> None:
    if status == "failed":
        metrics.failures.labels("early-warning").inc()
    else:
        metrics.scores.labels(mode, status).inc()


def _count_forecast(metrics: watching.Metrics, status: str) -> None:
    if status == "failed":
        metrics.failures.labels("anc-forecast").inc()
    else:
        metrics.forecasts.labels(status).inc()
