"""Alarms, dashboard and runbook agree with what the hub measures and says."""

import json
import re
from pathlib import Path

import yaml
from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from alerts.escalation import courier, watch_service
from alerts.predict import watching
from clinician_ui import app
from clinician_ui.deps import Deps
from clinician_ui.feed import FeedMetrics
from ingest.metrics import Metrics
from vigie import rolling
from web import troubles

ROOT = Path(__file__).parents[2]
RULES = yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text())["groups"][0]["rules"]
PANELS = json.loads((ROOT / "deploy/grafana/vigie.json").read_text())["panels"]
SECTIONS = set(re.findall(r"^## (\S+)$", (ROOT / "docs/runbook.md").read_text(), re.MULTILINE))
SUFFIX = re.compile(r"_(bucket|sum|count)$")


def _measured() -> set[str]:
    registry = CollectorRegistry()
    for part in (Metrics, courier.Metrics, watch_service.Metrics, watching.Metrics, rolling.Metrics):
        part(registry)
    nothing: dict[str, object] = {"pool": None, "database_url": "", "clock": None, "wall": None, "secret_key": b""}
    deps = Deps(**nothing, registry=registry)  # type: ignore[arg-type]
    FeedMetrics(deps)
    app._count(FastAPI(), deps)
    return {
        name + ("_total" if family.type == "counter" else "") for family in registry.collect() for name in [family.name]
    }


def _used(expression: str) -> set[str]:
    return {SUFFIX.sub("", name) for name in re.findall(r"vigie_\w+", expression)}


def test_every_alarm_measures_what_the_hub_has() -> None:
    known = _measured()
    for rule in RULES:
        assert _used(rule["expr"]) <= known, rule["alert"]
    shown = [target["expr"] for panel in PANELS for target in panel["targets"]]
    assert shown
    for expression in shown:
        assert _used(expression) <= known, expression


def test_no_metric_of_the_source_is_forgotten_here() -> None:
    made = re.compile(r"\b(Counter|Gauge|Histogram)\(\s*\"(vigie_\w+)\"")
    found = {
        name.removesuffix("_total") + "_total" if kind == "Counter" else name
        for package in ("alerts", "clinician_ui", "ingest", "patient_ui", "storage", "vigie", "web")
        for path in (ROOT / package).rglob("*.py")
        for kind, name in made.findall(path.read_text())
    }
    assert found == _measured()


def test_everything_that_is_measured_is_on_the_dashboard() -> None:
    shown = {name for panel in PANELS for target in panel["targets"] for name in _used(target["expr"])}
    assert _measured() <= shown
    assert len({panel["id"] for panel in PANELS}) == len(PANELS)


def test_the_runbook_has_a_section_for_every_alarm_and_every_trouble_and_no_other() -> None:
    named = {rule["annotations"]["runbook"].partition("#")[2] for rule in RULES} | troubles.SECTIONS
    assert named == SECTIONS
