"""The watch over models on a real database: rows, withdrawal with an alert, figures by HTTP and in the metrics."""

from collections.abc import Iterator

import msgspec
import pytest
from prometheus_client import CollectorRegistry, generate_latest

from alerts.predict import watching
from alerts.predict.question import Moved
from alerts.predict.watch import SPAN
from alerts.predict.watching import Metrics, Watching
from domain.instants import DAY, HOUR, MINUTE, Micros, moment
from storage import risk_scores
from storage.connection import Connection, connect
from tests.flow.console_world import add_site, add_user, now, served
from tests.flow.test_early_warning import switch
from tests.flow.test_forecasting import owner, rows, step

NOW: Micros = 1_795_000_000_000_000
UPTO = watching.night(NOW, "Europe/Paris")


@pytest.fixture
def conn(plain_database_url: str) -> Iterator[Connection]:
    """Twenty patients at paris scored for ten days with a risk of 5 %, nothing happened; lyon without scores."""
    with connect(plain_database_url) as found:
        for site in ("paris", "lyon"):
            add_site(found, site)
        for number in range(20):
            found.execute(
                "INSERT INTO patient (id, site, created_at) VALUES (%s, 'paris', %s)",
                (f"P{number}", moment(NOW - 40 * DAY)),
            )
            for hours in range(0, 240, 12):
                at = UPTO - 12 * DAY + hours * HOUR
                who = (f"P{number}", "paris", "early-warning", "ew-1", "on")
                watched = {"watched": [80.0, 37.0]}
                risk_scores.insert(found, risk_scores.Row(*who, at, at, "ready", 0.05, False, watched))
        add_user(found, "doc1", "physician", "paris")
        add_user(found, "aud1", "auditor", "paris")
        add_user(found, "pha1", "pharmacist", "paris")
        found.commit()
        yield found


def unmoved(_: bytes) -> bytes:
    return msgspec.json.encode([Moved("drift HR", "within", 0.1, 0.25), Moved("drift Temp", "outside", 0.3, 0.25)])


def given(url: str, registry: CollectorRegistry) -> Watching:
    return Watching(connect=lambda: connect(url), clock=lambda: NOW, metrics=Metrics(registry), drift=unmoved)


def test_the_night_falls_once_a_day_at_three() -> None:
    assert UPTO <= NOW < UPTO + DAY + HOUR
    assert watching.night(UPTO, "Europe/Paris") == UPTO
    assert watching.night(UPTO - MINUTE, "Europe/Paris") == UPTO - DAY
    assert (moment(UPTO).hour, moment(UPTO).minute) == (2, 0)  # 03:00 in Paris, in winter


def test_a_model_that_left_its_band_is_withdrawn_says_so_and_stays_withdrawn(
    conn: Connection, plain_database_url: str
) -> None:
    switch(conn, "on", at=NOW - 20 * DAY)
    registry = CollectorRegistry()
    watch = given(plain_database_url, registry)
    assert watching.look(conn, watch, upto=UPTO) == ["paris"]
    assert watching.look(conn, watch, upto=UPTO) == []
    found = rows(conn, "SELECT what, n, value, verdict, from_at FROM model_watch ORDER BY what")
    since = moment(UPTO - SPAN)
    assert found == [
        ("alarm_budget", 400, 0.0, "inside", since),
        ("calibration", 400, 0.0, "outside", since),
        ("drift", 400, 0.3, "outside", since),
    ]
    assert rows(conn, "SELECT mode, by_watch FROM model_mode ORDER BY number") == [("on", False), ("shadow", True)]
    engine = owner(plain_database_url)
    step(conn, engine)
    alert = engine.states["site.paris"].alerts["model-withdrawn"]
    assert (alert.category, alert.severity) == ("technical", "medium")
    assert alert.reason.en.endswith("0 events observed where 20 were expected in 30 days (band 0.5 to 2)")
    text = generate_latest(registry).decode()
    assert 'vigie_model_mode{model="early-warning",site="paris"} 1.0' in text
    assert 'vigie_model_watch_outside{model="early-warning",site="paris",what="calibration"} 1.0' in text
    assert watching.look(conn, watch, upto=UPTO + DAY) == []
    assert rows(conn, "SELECT count(*) FROM model_mode") == [(2,)]


def test_in_shadow_the_watch_only_writes(conn: Connection, plain_database_url: str) -> None:
    assert watching.look(conn, given(plain_database_url, CollectorRegistry()), upto=UPTO) == []
    assert rows(conn, "SELECT count(*) FROM model_mode") == [(0,)]
    assert rows(conn, "SELECT count(*) FROM action_inbox") == [(0,)]


def test_the_models_are_listed_with_mode_counts_and_watch(conn: Connection, plain_database_url: str) -> None:
    switch(conn, "on", at=NOW - 20 * DAY)
    watching.look(conn, given(plain_database_url, CollectorRegistry()), upto=UPTO)
    for number, mode in enumerate(("on", "shadow", "shadow")):
        at = now() - HOUR
        who = (f"P{number}", "paris", "early-warning", "ew-2", mode)
        risk_scores.insert(conn, risk_scores.Row(*who, at, at, "ready", 0.2, True, {}))
    conn.commit()
    with served(plain_database_url) as console, console.client("aud1") as client:
        found = {each["model"]: each for each in client.get("/api/models").json()["models"]}
        [site] = found["early-warning"]["sites"]
        assert (site["mode"], site["by_watch"], site["site"]) == ("shadow", True, "paris")
        said = {"version": "ew-2", "status": "ready", "n": 3, "alarms": 1, "shadow_alarms": 2}
        assert said in site["said"], "an alarm of the shadow is no alarm that anybody heard"
        assert {each["what"]: each["verdict"] for each in site["watch"]} == {
            "calibration": "outside", "alarm_budget": "inside", "drift": "outside",
        }  # fmt: skip
        assert found["anc-forecast"]["version"] == "anc-1.1.0"
        with console.client("pha1") as other:
            assert other.get("/api/models").status_code == 403
