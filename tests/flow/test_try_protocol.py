"""`vigie protocol try --against history`: everything that is stored, under the plans that were valid at the time."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer.testing

from domain.instants import DAY, HOUR, MINUTE, Micros
from domain.values import Given, Intake, Origin, Reading, Reason, Rejected, Report
from domain.vocabulary import HEART_RATE, TEMPERATURE
from storage import audit, messages, readings, recorded, registry
from storage.connection import Connection, connect
from storage.messages import RejectedRow
from vigie.cli import app

NEW = Path(__file__).parents[2] / "docs/examples/calmer.toml"
START: Micros = 1_790_000_000_000_000 // DAY * DAY


def reading(patient: str, hour: float, code: str, value: float, **more: Any) -> Reading:
    at = START + round(hour * HOUR)
    return Reading(patient, code, value, at, at, origin=Origin(f"d-{patient}", "b", round(hour * 60)), **more)


@pytest.fixture
def stored(database_url: str) -> str:
    """P1 fast for a moment; P2 watched by vital-signs until the plan of hour 10 says chemo-aplasia; P3 treated."""
    origin = Origin("d-P3", "b", 9000)
    at = START + 5 * HOUR
    with connect(database_url) as conn:
        registry.add_site(conn, "s1", "Site", START)
        for patient in ("P1", "P2", "P3"):
            registry.add_patient(conn, patient, "s1", START)
        registry.add_plan(conn, "P2", {"protocol": "vital-signs"}, set_by="doc", set_at=START)
        registry.add_plan(conn, "P2", {"protocol": "chemo-aplasia"}, set_by="doc", set_at=START + 10 * HOUR)
        readings.insert(conn, [
            *(reading("P1", hour, HEART_RATE, value) for hour, value in ((0, 80), (1, 115), (2, 80), (3, 80))),
            *(reading("P2", hour, TEMPERATURE, value) for hour, value in ((1, 38.4), (11, 36.8), (12, 38.4))),
            reading("P3", 4, TEMPERATURE, 38.5), reading("P3", 4.5, TEMPERATURE, 36.9, quality="clock"),
        ])  # fmt: skip
        messages.insert_reports(conn, [Report("P3", "daily", "rigors", None, 2, None, None, at, at, "patient", origin)])
        messages.insert_intakes(
            conn, [Intake("P3", "paracetamol", None, at, None, 1000, "taken", at, at, "patient", origin)]
        )
        messages.insert_given(conn, [
            Given("P3", "antibiotic", "ceftriaxone", START + hour * HOUR, START + hour * HOUR, 2, "g", "nurse",
                  Origin("person", "c", hour)) for hour in (6, 14, 22)
        ])  # fmt: skip
        refused = Rejected(Reason.IMPLAUSIBLE, "obs[0].v", "x", b"{}", at, "t", "s1", "d-P3", "P3", "b", 9001)
        messages.insert_rejected(conn, [RejectedRow(refused, b"0" * 32, b"{}")])
    return database_url


def tried(url: str, *more: str) -> dict[str, Any]:
    runner = typer.testing.CliRunner(env={"VIGIE_DATABASE_URL": url})
    result = runner.invoke(app, ["protocol", "try", str(NEW), "--against", "history", "--json", *more])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.output)
    return found


def test_what_is_stored_is_played_under_the_plans_of_its_time(stored: str) -> None:
    found = tried(stored, "--to", "2026-09-22T15:00:00Z", "--jobs", "2")
    counts = {rule["rule"]: (rule["now"], rule["new"], rule["lost"]) for rule in found["rules"]}
    assert found["patients"] == 3
    assert counts["heart-rate"] == (1, 0, 1)
    assert counts["fever"] == (2, 2, 0)
    assert counts["rigors"] == (1, 1, 0)
    assert counts["unusable-reading"] == (1, 1, 0)
    assert counts["clock"] == (1, 1, 0)
    [any_rule] = [one for one in found["seen"] if one["rule"] == "any clinical rule"]
    assert (any_rule["kind"], any_rule["events"], any_rule["now"]["found"]) == ("antibiotic", 1, 1)
    assert any_rule["now"]["median"] == 2.0
    with connect(stored) as conn:
        assert [row.look.subject for row in audit.rows(conn) if row.look.action == "protocol.try"] == [
            "protocol:chemo-aplasia-calmer"
        ]


def test_inputs_come_in_order_of_receipt_and_no_later_than_asked(stored: str) -> None:
    with connect(stored) as conn:
        found = list(recorded.inputs(conn, "P3", until=START + 6 * HOUR + MINUTE))
    assert [type(one).__name__ for one in found] == ["Reading", "Reading", "Report", "Intake", "Rejected", "Given"]
    assert [one.received_at for one in found] == sorted(one.received_at for one in found)


def test_nobody_recorded_is_no_fault(database_url: str) -> None:
    assert tried(database_url)["patients"] == 0


def test_a_site_is_no_patient(database_url: str) -> None:
    with connect(database_url) as conn:
        registry.add_site(conn, "s1", "Site", START)
        assert patients_of(conn) == []


def patients_of(conn: Connection) -> list[str]:
    return [one.patient for one in recorded.patients(conn, since=0, until=START + DAY)]
