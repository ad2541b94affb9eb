"""The forecast over HTTP: the object of the interface, or refused with why; walls and record as its neighbours."""

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from alerts.window_desk import window_now
from domain.instants import DAY, iso
from domain.vocabulary import NEUTROPHILS
from storage import registry
from storage.connection import Connection, connect
from tests.flow.console_world import Served, add_patient, add_reading, add_site, add_user, now, served
from tests.flow.test_forecasting import add_given, owner, service, step, work

AT = now()
START = AT - 4 * DAY


@pytest.fixture(scope="module")
def world(embedded_server: Any) -> Iterator[tuple[Served, Connection]]:
    """P1 with a forecast, P2 with a regimen and no dose, P3 without treatment; another circle."""
    with embedded_server.fresh() as url, connect(url) as conn:
        for site in ("paris", "lyon"):
            add_site(conn, site)
        for patient, site in (("P1", "paris"), ("P2", "paris"), ("P3", "paris"), ("L1", "lyon")):
            add_patient(conn, patient, site)
        for name, role in (("doc1", "physician"), ("op1", "operator")):
            add_user(conn, name, role, "paris")
        plan = {"protocol": "chemo-aplasia", "aplasia": None}
        by_regimen = plan | {"regimen": "docetaxel", "cycle_start": "2026-11-18"}
        dated = {"P1": plan | {"doses": [iso(START + 15 * DAY)]}, "P2": by_regimen}
        for patient, body in dated.items():
            registry.add_plan(conn, patient, body, set_by="t", set_at=START)
        add_given(conn, "P1", "chemotherapy", "docetaxel", START, 150.0)
        add_reading(conn, "P1", NEUTROPHILS, 2.5, at=START + 3 * DAY)
        conn.commit()
        work(service(url, at=AT))
        step(conn, owner(url, AT), AT)
        with served(url) as console:
            yield console, conn


def got(world: tuple[Served, Connection], patient: str, user: str = "doc1") -> httpx.Response:
    with world[0].client(user) as client:
        return client.get(f"/api/patients/{patient}/forecast")


def test_a_forecast_is_the_object_of_the_interface_with_its_age_and_its_counts(world: Any) -> None:
    found = got(world, "P1").json()
    assert (found["id"], found["status"], found["p_grade4"]) == ("P1", "ready", 0.52)
    assert found["nadir"]["day"] == {"p05": 7.0, "p50": 8.0, "p95": 9.5}
    assert found["counts"] == [{"at": iso(START + 3 * DAY), "anc": 2.5}]
    assert (found["made_at"], found["day_zero_at"], found["cause"]) == (iso(AT), iso(START), "count")
    assert (found["current"], found["concerned"]) == (True, True)
    assert found["p_late_recovery"] == pytest.approx(0.2)
    assert [dose["amount"] for dose in found["doses"]] == [150.0]


def test_without_a_dose_it_is_refused_and_says_what_to_enter(world: Any) -> None:
    found = got(world, "P2").json()
    assert (found["status"], found["p_grade4"], found["curve"]) == ("refused", None, [])
    assert "enter its name and its amount in mg" in found["why"]
    assert "saisir le nom et la quantité en mg" in found["why_fr"]
    assert got(world, "P3").json()["concerned"] is False


@pytest.mark.parametrize(
    ("patient", "user", "status"),
    [("L1", "doc1", 404), ("nobody", "doc1", 404), ("site.paris", "doc1", 404), ("P1", "op1", 403)],
)
def test_the_walls_are_those_of_its_neighbours(world: Any, patient: str, user: str, status: int) -> None:
    assert got(world, patient, user).status_code == status


def test_each_look_is_on_record(world: Any) -> None:
    conn = world[1]
    query = "SELECT count(*) FROM audit WHERE subject = 'patient:P1' AND detail ->> 'what' = 'forecast'"
    before = conn.execute(query).fetchone()[0]
    conn.commit()
    got(world, "P1")
    assert conn.execute(query).fetchone()[0] == before + 1
    conn.commit()


def test_the_window_says_that_a_forecast_opened_it_and_the_feed_that_there_is_one(world: Any) -> None:
    console, conn = world
    with console.client("doc1") as client:
        window = client.get("/api/patients/P1").json()["window"]
        assert (window["open"], window["opened_by"]) == (False, None)
        found = client.get("/api/snapshot").json()
        assert any(alert["rule"] == "forecast-grade4" for alert in found["alerts"])
    rows = conn.execute("SELECT kind, patient, body ->> 'status' FROM feed_note ORDER BY id").fetchall()
    conn.commit()
    assert rows == [("forecast.changed", "P1", "ready"), ("forecast.changed", "P2", "refused")]
    later = AT + 2 * DAY
    opened = window_now(conn, "P1", "paris", {"protocol": "chemo-aplasia", "aplasia": None}, at=later)
    assert opened is not None
    assert (opened.open, opened.opened_by, opened.since) == (True, "forecast", START + round(5.5 * DAY))
