"""The shadow report of a site out of what is stored: a model's alarms against what happened. For the command."""

from typing import Any

from psycopg import Connection

from alerts.predict.mode_desk import EARLY_WARNING
from alerts.predict.shadow import HORIZON, Report, Scored, report
from domain.instants import Micros
from storage import risk_scores

LEFT_OUT = ("early-warning", "forecast-grade4", "forecast-late-recovery", "forecast-surprise")


def shadow_report(conn: Connection[Any], site: str, *, start: Micros, end: Micros) -> Report:
    """Scores in [start, end), events up to the horizon after it, so that the last alarms have their time too."""
    found = risk_scores.scores(conn, site, EARLY_WARNING, start=start, end=end)
    scored = [Scored(row.patient, row.scored_at, row.status, row.alarm) for row in found]
    happened = risk_scores.happened(conn, [site], start=start, end=end + HORIZON, left_out=LEFT_OUT)
    return report(site, scored, happened)
