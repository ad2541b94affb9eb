"""What the patient's page draws, as JSON: points, limits, NEWS2 with its parts. Pure; computes nothing clinical."""

from typing import Any

from alerts.chart_desk import Limit, News2
from clinician_ui.views import iso_or_none, measure_name, site_name, value_text
from domain.instants import SECOND, iso
from domain.vocabulary import MEASURES
from storage.series import Point


def point_json(point: Point) -> dict[str, Any]:
    """One point of a series."""
    return {
        "at": iso(point.at),
        "value": point.value,
        "body_site": site_name(point.body_site),
        "quality": point.quality,
        "by": point.by,
        "device": point.device,
        "received_at": iso(point.received_at),
    }


def limit_json(limit: Limit) -> dict[str, Any]:
    """One limit of a chart."""
    return {
        "code": limit.code,
        "rule": limit.rule,
        "severity": limit.severity,
        "side": limit.side,
        "edge": limit.edge,
        "text": limit.text,
        "gate": limit.gate,
    }


def news2_json(score: News2 | None) -> dict[str, Any] | None:
    """NEWS2 with its parts; None where no rule of the patient uses it."""
    if score is None:
        return None
    parts = [
        {
            "code": part.code,
            "name": measure_name(part.code),
            "value": part.value,
            "text": None if part.value is None else value_text(part.code, part.value),
            "unit": MEASURES[part.code].unit,
            "measured_at": iso_or_none(part.measured_at),
            "points": part.points,
            "assumed": part.assumed,
        }
        for part in score.parts
    ]
    return {
        "at_least": score.at_least,
        "complete": not score.missing,
        "scale": score.scale,
        "max_age_s": score.max_age // SECOND,
        "parts": parts,
    }
