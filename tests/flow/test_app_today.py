"""Today in the app: what is due, whom to call, whether anybody watches, advice, receipts; and the circle of care."""

from psycopg.types.json import Jsonb

from domain.instants import HOUR, MINUTE, iso, moment
from storage import connection
from tests.flow.app_world import PASSWORD, App, Ingest, both, enrol, rows, ward
from tests.flow.console_world import now

PLAN = {
    "protocol": "oral-therapy",
    "timezone": "Europe/Paris",
    "oral": [{"drug": "capecitabine", "dose_mg": 1500, "times": ["00:00", "12:00"], "start": "2020-01-01"}],
}


def _run(url: str, statement: str, *parameters) -> None:
    with connection.connect(url) as conn:
        conn.execute(statement, parameters)


def _plan(url: str, patient: str, body: dict) -> None:
    _run(url, "INSERT INTO plan VALUES (%s, 1, %s, 'doc1', now() - interval '2 days')", patient, Jsonb(body))


def _on_call(url: str, person: str, role: str, number: str | None) -> None:
    with connection.connect(url) as conn:
        conn.execute("INSERT INTO organisation VALUES ('had', 'HAD', now()) ON CONFLICT DO NOTHING")
        conn.execute("INSERT INTO roster VALUES ('r1', 'had', 'R', 'Europe/Paris', now()) ON CONFLICT DO NOTHING")
        conn.execute("INSERT INTO roster_serves VALUES ('r1', NULL, 'ward') ON CONFLICT DO NOTHING")
        conn.execute(
            """INSERT INTO shift (roster, uid, role, person, from_at, to_at, set_by, set_at)
               VALUES ('r1', %s, %s, %s, %s, %s, 'test', now())""",
            (person, role, person, moment(now() - HOUR), moment(now() + HOUR)),
        )
        if number:
            conn.execute("INSERT INTO contact VALUES (%s, NULL, NULL, %s, 'test', now())", (person, number))


def test_today_says_what_is_due_and_whom_to_call_and_that_nobody_watches(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    _plan(url, "P1", PLAN)
    _, code = enrol(url, "patient", "P1")
    with both(url) as hub:
        app = hub.phone()
        app.claim(code)
        today = app.get("/today", patient="P1").json()
        kinds = {(each["kind"], each.get("code") or each.get("drug") or each["q"]): each for each in today["due"]}
        assert kinds["measure", "8310-5"]["state"] == "late"
        assert kinds["measure", "8310-5"]["last"] is None
        assert kinds["intake", "capecitabine"]["mg"] == 1500
        ahead = today["ahead"]
        assert len(ahead["intakes"]) == 16
        assert (
            {each["drug"] for each in ahead["intakes"]} == {each["drug"] for each in ahead["drugs"]} == {"capecitabine"}
        )
        assert ahead["zones"] == [{"from": None, "timezone": "Europe/Paris"}]
        assert kinds["measure", "8310-5"]["every_min"] > 0
        assert kinds["questionnaire", "daily"]["every_min"] == 1440
        assert kinds["questionnaire", "daily"]["qv"].startswith("oral-daily@")
        assert kinds["questionnaire", "daily"]["questions"] > 1
        resource = app.get("/questionnaires/oral-daily", patient="P1").json()
        assert resource["resourceType"] == "Questionnaire"
        assert today["call"] == {
            "name": "Ward", "role": None, "number": None, "until": None, "emergency": ["15", "112"],
        }  # fmt: skip
        assert today["watched"]["attended"] is False
        assert "Personne n'est d'astreinte" in today["watched"]["said"]["fr"]
        _on_call(url, "doc1", "physician", "+33111111111")
        _on_call(url, "nurse1", "nurse", None)
        called = app.get("/today", patient="P1").json()
        assert (called["call"]["role"], called["call"]["number"]) == ("physician", "+33111111111")
        assert called["watched"]["on_call"] == "nurse"
        assert called["version"] != today["version"]
        assert app.get("/today", patient="P1").json()["version"] == called["version"]


def test_what_is_said_at_once_is_what_the_rules_of_the_plan_say(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    window = {"from": iso(now() - HOUR), "until": iso(now() + 240 * HOUR)}
    body = {
        "protocol": "chemo-aplasia",
        "fever_profile": "IDSA_NCCN",
        "aplasia": window,
        "site_offsets": {"axilla": 0.5},
    }
    _plan(url, "P1", body)
    _, code = enrol(url, "patient", "P1")
    with both(url) as hub:
        app = hub.phone()
        app.claim(code)
        today = app.get("/today", patient="P1").json()
        assert today["phase"]["aplasia"]["open"] is True
        fever = [each for each in today["at_once"] if each["rule"] == "fever"]
        assert {(each["op"], each["limit"], each["again_min"]) for each in fever} == {
            (">=", 38.3, None),
            (">=", 38.0, 60),
        }
        assert all(each["offsets"] == {"axilla": 0.5} and each["text"]["fr"] for each in fever)
        rigors = next(each for each in today["at_once"] if each["rule"] == "rigors")
        assert "rigors" in rigors["answers"]


def test_a_fever_brings_advice_and_a_receipt_that_says_who_read_it(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    _, code = enrol(url, "patient", "P1")
    with both(url) as hub, Ingest(url):
        app = hub.phone()
        app.claim(code)
        app.temperature("P1", 39.3)
        today = app.get("/today", patient="P1").json()
        assert today["advice"][0]["severity"] == "high"
        assert today["advice"][0]["call"] is True
        assert today["advice"][0]["text"]["fr"].startswith("Appelez")
        [receipt] = today["receipts"]
        assert (receipt["seq"], receipt["read_at"], receipt["by"]) == (1, None, "patient")
        before = app.get("/pulse").json()["version"]
        with hub.client_of("nurse1") as nurse:
            stretch = {"code": "8310-5", "from": iso(now() - HOUR), "to": iso(now() + HOUR)}
            assert nurse.get("/api/patients/P1/series", params=stretch).status_code == 200
            [receipt] = app.get("/today", patient="P1").json()["receipts"]
            assert receipt["read_at"] is None  # a page may draw a chart of its own accord
            assert nurse.get("/api/patients/P1").status_code == 200
            told = f"/api/alerts/{today['advice'][0]['alert']}/advice"
            found = nurse.get(told).json()
            again = nurse.get(told).json()
        assert (found["text"], found["accounts"]) == (today["advice"][0]["text"], 1)
        assert [(each["role"], each["text"]) for each in found["told"]] == [("patient", found["text"])]
        assert again["told"] == found["told"], "told once, at its first time"
        [receipt] = app.get("/today", patient="P1").json()["receipts"]
        assert receipt["read_at"] is not None
        assert receipt["read_by_role"] == "nurse"
        app.temperature("P1", 39.4)
        assert app.get("/pulse").json()["version"] != before
        points = app.get("/history", patient="P1", code="8310-5", **{"from": iso(now() - HOUR)}).json()["points"]
        assert [point["value"] for point in points] == [39.3, 39.4]


def test_an_attended_console_is_said_with_the_role_in_front_of_it(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    _, code = enrol(url, "patient", "P1")
    with both(url) as hub, hub.client_of("nurse1"):
        app = hub.phone()
        app.claim(code)
        _run(
            url,
            """INSERT INTO console_presence SELECT token_sha256, 'ward', 'nurse1', %s, true, true FROM session""",
            moment(now() - 20_000_000),
        )
        watched = app.get("/today", patient="P1").json()["watched"]
        assert (watched["attended"], watched["by_role"]) == (True, "nurse")
        _run(url, "UPDATE console_presence SET seen_at = %s", moment(now() - 2 * MINUTE))
        assert app.get("/today", patient="P1").json()["watched"]["attended"] is False


def test_nobody_sees_a_patient_outside_role_and_circle(plain_database_url: str) -> None:
    url = plain_database_url
    ward(url)
    _, own = enrol(url, "patient", "P1")
    _, helping = enrol(url, "caregiver", "P1", scopes=("answer",))
    asked = [
        ("/today", {}), ("/questionnaires/chemo-daily", {}),
        ("/history", {"code": "8310-5", "from": iso(now() - HOUR)}),
        ("/consents", {}), ("/caregivers", {}),
    ]  # fmt: skip
    with both(url) as hub, Ingest(url):
        patient, caregiver, nurse, far = (hub.phone() for _ in range(4))
        patient.claim(own)
        caregiver.claim(helping)
        assert nurse.log_in("nurse1").status_code == far.log_in("far1").status_code == 200
        assert {each["id"] for each in nurse.get("/me").json()["patients"]} == {"P1", "P2"}
        for path, query in asked:
            for stranger, other in (
                (patient, "P2"),
                (caregiver, "P2"),
                (nurse, "X1"),
                (far, "P1"),
                (patient, "P\x001"),
            ):
                answer = stranger.get(path, patient=other, **query)
                assert answer.status_code in (403, 404), (path, other, answer.text)
            assert hub.phone().get(path, patient="P1", **query).status_code == 401
        for stranger, other in ((patient, "P2"), (far, "P1"), (nurse, "X1")):
            assert stranger.temperature(other, 39.0).status_code == 404
        assert caregiver.temperature("P1", 37.0).status_code == 200
        assert caregiver.get("/history", patient="P1", code="8310-5", **{"from": iso(now() - HOUR)}).status_code == 403
        blind = caregiver.get("/today", patient="P1").json()
        assert blind["advice"] == []
        assert all(each.get("last") is None for each in blind["due"])
        assert rows(url, "SELECT DISTINCT patient FROM reading") == [("P1",)]
        looks = rows(url, "SELECT DISTINCT actor, subject FROM audit WHERE action = 'looked in the app'")
        assert {subject for _, subject in looks} == {"patient:P1", "sites"}
        assert {actor for actor, subject in looks if subject == "sites"} == {"nurse1", "far1"}
        page = App(hub.url).client
        with page:
            assert page.get(f"{hub.url}/api/snapshot").status_code == 401
        console = patient.client.get(f"{hub.url}/api/patients/P1")
        assert console.status_code == 401
        assert PASSWORD not in console.text
