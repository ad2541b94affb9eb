"""Oral treatment on a real database: the calendar for people, and what the owner of the states reads back at start."""

from typing import Any

import pytest

from alerts.protocol.library import shipped
from alerts.service import Owner
from domain.instants import DAY, HOUR, SECOND, Micros, iso, micros, moment
from domain.values import Intake, Origin
from storage import connection, messages, registry
from tests.flow import console_world as world

pytestmark = pytest.mark.flow
HOSTILE = "<script>alert(1)</script>"


def _yesterday() -> Micros:
    """Yesterday at 06:00 UTC: the hour of the plan."""
    now = moment(world.now())
    return micros(now.replace(hour=6, minute=0, second=0, microsecond=0)) - DAY


def taken(at: Micros, seq: int, state: str = "taken", **fields: Any) -> Intake:
    return Intake(
        "P1", fields.pop("drug", "Imatinib 400 mg"), None, at, None, None, state, at, at, fields.pop("by", "patient"),
        Origin("app", "b", seq), **fields,
    )  # fmt: skip


@pytest.fixture
def url(plain_database_url: str) -> str:
    """P1 takes imatinib once a day; took it twice yesterday, and something else."""
    world.hospital(plain_database_url)
    drug = {"drug": "imatinib", "dose_mg": 400, "times": ["06:00"]}
    plan = {"protocol": "oral-therapy", "timezone": "UTC", "oral": [drug]}
    with connection.connect(plain_database_url) as conn:
        registry.add_plan(conn, "P1", plan, set_by="doc1", set_at=_yesterday() - 3 * DAY)
        rows = [
            taken(_yesterday(), 1),
            taken(_yesterday() + HOUR, 2),
            taken(_yesterday() - DAY, 3, "skipped", why=HOSTILE),
            taken(_yesterday() + 2 * HOUR, 4, drug="Glivec"),
        ]
        messages.insert_intakes(conn, rows)
    return plain_database_url


def test_the_calendar_says_each_dose_with_who_said_it(url: str) -> None:
    with world.served(url) as console, console.client("doc1") as client:
        found = client.get("/api/patients/P1/adherence?days=10").json()
        [drug] = found["drugs"]
        assert (drug["drug"], drug["extra"], drug["taking_pct"]["low"] < drug["taking_pct"]["high"]) == (
            "imatinib", 1, True,
        )  # fmt: skip
        states = {row["due_at"]: row for row in found["doses"]}
        day = states[iso(_yesterday())]
        assert (day["state"], [event["kind"] for event in day["events"]]) == ("taken", ["dose", "extra"])
        left_out = states[iso(_yesterday() - DAY)]
        assert (left_out["state"], left_out["skipped"][0]["why"]) == ("skipped", HOSTILE)
        assert [each["drug"] for each in found["not_in_plan"]] == ["Glivec"]
        assert client.get("/api/patients/P1/adherence?days=0").status_code == 422
    with connection.connect(url) as conn:
        looks = conn.execute("SELECT detail FROM audit WHERE action = 'looked' AND subject = 'patient:P1'").fetchall()
    assert {"what": "adherence", "days": 10} in [row[0] for row in looks]


def test_another_circle_sees_nothing(url: str) -> None:
    with world.served(url) as console, console.client("nurse2") as client:
        there, nowhere = (client.get(f"/api/patients/{name}/adherence") for name in ("P1", "none"))
        assert (there.status_code, there.json()) == (404, nowhere.json())


def test_a_start_reads_the_intakes_back_and_goes_on_where_it_was(url: str) -> None:
    owner = Owner(shipped(), lambda: connection.connect(url))
    at = world.now()
    owner.load(at)
    memory = owner.states["P1"].oral
    assert memory is not None
    assert len(memory.intakes) == 4
    assert memory.tracks["extra-dose"].current is not None
    # one more today: the second of yesterday is known, today's first is not one too many
    decided = owner.decide({"P1": [taken(at, 9)]}, at=at + SECOND)
    assert [e.alert.rule for _, e in decided.events if e.kind == "opened" and e.alert.rule == "extra-dose"] == []
    decided.adopt()
    decided = owner.decide({"P1": [taken(at + SECOND, 10)]}, at=at + 2 * SECOND)
    found = [e.alert for _, e in decided.events if e.alert.rule in ("extra-dose", "intake-not-due")]
    assert [alert.severity for alert in found][:1] == ["high"]
