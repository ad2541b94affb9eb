"""An intake recorded by mistake, from the app to the database and back: today, history, measures, export, restart."""

import itertools
from typing import Any

from psycopg.types.json import Jsonb

from alerts.protocol.library import shipped
from alerts.service import Owner
from domain.instants import DAY, HOUR, iso, moment
from domain.retracting import retracted
from domain.values import Intake, Origin, Retraction
from storage import answers, connection, exports, messages, retractions
from tests.flow.app_world import App, Ingest, both, enrol, rows, until, ward
from tests.flow.console_world import now

DRUG = {"drug": "capecitabine", "dose_mg": 1500, "times": ["00:00", "12:00"], "start": "2020-01-01"}
PLAN = {"protocol": "oral-therapy", "timezone": "UTC", "oral": [DRUG]}


def _due() -> int:
    """The dose whose time it is."""
    return now() // (12 * HOUR) * (12 * HOUR)


def _item(app: App) -> dict[str, Any]:
    due = app.get("/today", patient="P1").json()["due"]
    [item] = [each for each in due if each["kind"] == "intake" and each["due_at"] == iso(_due())]
    return item


def _rules(url: str) -> list[tuple[Any, ...]]:
    return rows(url, "SELECT state, disproved, reason_en FROM alert WHERE rule = 'extra-dose'")


def test_a_dose_tapped_twice_is_taken_back_and_everything_follows(database_url: str) -> None:
    url = database_url
    ward(url)
    with connection.connect(url) as conn:
        conn.execute("INSERT INTO plan VALUES ('P1', 1, %s, 'doc1', %s)", (Jsonb(PLAN), moment(now() - 2 * DAY)))
    _, code = enrol(url, "patient", "P1")
    with both(url) as hub, Ingest(url):
        app = hub.phone()
        device = app.claim(code).json()["patients"][0]["device"]
        dose = {"drug": "capecitabine", "state": "taken", "due": iso(_due()), "mg": 1500}
        app.send("P1", [app.message(int=[dose]), app.message(int=[{**dose, "state": "extra"}])])
        assert [row[:2] for row in _rules(url)] == [("open", False)]
        item = _item(app)
        assert item["too_many"] is True
        assert [(each["seq"], each["i"], each["state"]) for each in item["said"]] == [(1, 0, "taken"), (2, 0, "extra")]

        mistake = {"k": "retract", "boot": app.boot, "from": 2, "why": "<b>twice</b>"}
        refused = app.send("P1", app.message(ev=[mistake, {"k": "retract", "why": "no number"}])).json()["refused"]
        assert [(each["path"], each["reason"]) for each in refused] == [("ev[1]", "malformed")]
        [(state, disproved, reason)] = _rules(url)
        assert (state, disproved) == ("open", True)
        assert "retracted, said to be recorded by mistake by the patient on" in reason
        assert reason.endswith('"<b>twice</b>"')
        item = _item(app)
        assert (item["state"], item["too_many"], len(item["said"])) == ("done", False, 1)

        span = {"patient": "P1", "code": "intakes", "from": iso(now() - DAY)}
        history = app.get("/history", **span).json()
        assert [each["retracted"] and each["retracted"]["by"] for each in history["intakes"]] == ["patient", None]
        assert history["cut"] is False
        early = app.get("/history", **span, to=iso(now() - HOUR * 23)).json()
        assert early["intakes"] == []
        with hub.client_of("nurse1") as nurse:
            found = nurse.get("/api/patients/P1/adherence?days=2").json()
            assert [each["retracted"]["why"] for each in found["retracted"]] == ["<b>twice</b>"]
            assert found["drugs"][0]["extra"] == 0
            first = {"device": device, "boot": app.boot, "seq": 1}
            answer = nurse.post("/api/patients/P1/entries", json={"retract": [first], "channel": "telephone"})
            assert answer.json()["refused"] == [], answer.text
            until(lambda: rows(url, "SELECT by, channel FROM retraction WHERE of_seq = 1") == [("nurse", "telephone")])
            bad = nurse.post("/api/patients/P1/entries", json={"retract": [{**first, "seq": 0}]})
            assert (bad.status_code, "retract[0].seq" in bad.text) == (422, True)
        item = _item(app)
        assert (item["state"] in ("due", "late"), item["said"]) == (True, [])
    with connection.connect(url) as conn:
        exported = list(exports.rows(conn, "P1", "intakes"))
        assert [(row["seq"], row["retracted_by"]) for row in exported] == [(1, "nurse"), (2, "patient")]
    _reads_back(url)


def _reads_back(url: str) -> None:
    owner = Owner(shipped(), lambda: connection.connect(url))
    owner.load(now())
    state = owner.states["P1"]
    assert state.oral is not None
    assert state.oral.intakes == ()
    assert [one.of.seq for one in state.retractions] == [2, 1]
    assert state.alerts["extra-dose"].disproved


def test_what_is_read_leaves_out_what_the_engine_leaves_out(plain_database_url: str) -> None:
    """The rule of who may take what back stands in Python and in SQL."""
    ward(plain_database_url)
    speakers = ("device", "patient", "caregiver", "nurse", "physician", "prescriber")
    at, said, back = now(), [], []
    for n, (by, other) in enumerate(itertools.product(speakers, speakers), start=1):
        said.append(Intake("P1", "imatinib", None, at, None, None, "taken", at, at, by, Origin("box", "b", n)))
        back.append(Retraction("P1", Origin("box", "b", n), 0, at, at, other, Origin("app", "r", n)))
    strangers = Retraction("P2", Origin("box", "b", 100), 0, at, at, "nurse", Origin("app", "r", 100))
    kept = Intake("P1", "imatinib", None, at, None, None, "taken", at, at, "patient", Origin("box", "b", 100))
    with connection.connect(plain_database_url) as conn:
        messages.insert_intakes(conn, [*said, kept])
        retractions.insert(conn, [*back, strangers])
        read = answers.intakes(conn, ["P1"], at - HOUR, each=100)
    wanted = [one for one in said if retracted(one, back) is None]
    assert {one.origin for one in read} == {one.origin for one in (*wanted, kept)}
    assert 0 < len(wanted) < len(said)
