"""The app's people: codes that work once, caregivers revoked at once, consent by scope, a second factor, codes."""

import re
from base64 import b32decode
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from domain.instants import DAY, HOUR, MINUTE, iso
from storage import connection
from tests.flow.app_world import PASSWORD, Ingest, ServedBoth, both, enrol, rows, ward
from tests.flow.console_world import now
from web import otp


@dataclass
class World:
    """A served hub with its database; each test takes patients of its own."""

    url: str
    hub: ServedBoth
    made: int = 0

    def patient(self) -> str:
        """A new patient of the ward."""
        self.made += 1
        name = f"Q{self.made}"
        self.run("INSERT INTO patient VALUES (%s, 'ward', now() - interval '2 days')", name)
        return name

    def run(self, statement: str, *parameters: Any) -> None:
        """Change the database behind the hub's back."""
        with connection.connect(self.url) as conn:
            conn.execute(statement, parameters)


@pytest.fixture(scope="module")
def world(embedded_server: Any) -> Iterator[World]:
    with embedded_server.fresh() as url:
        ward(url)
        with both(url) as hub, Ingest(url):
            yield World(url, hub)


def test_a_code_works_once_and_not_late_and_says_what_to_do(world: World) -> None:
    username, code = enrol(world.url, "patient", world.patient())
    first, second = world.hub.phone(), world.hub.phone("another00000000000002")
    weak = first.claim(code, "short")
    assert (weak.status_code, weak.json()["errors"][0]["field"]) == (422, "password")
    assert first.claim(f" {code.lower().replace('-', ' ')} ").json()["person"] == username
    used = second.claim(code)
    assert (used.status_code, used.json()["type"]) == (410, "urn:vigie:code-used")
    assert "nouveau code" in used.json()["said"]["fr"]
    assert second.get("/me").status_code == 401
    _, late = enrol(world.url, "patient", world.patient())
    world.run(
        "UPDATE enrolment_code SET created_at = now() - interval '9 days', expires_at = now() WHERE used_at IS NULL"
    )
    answer = second.claim(late)
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:vigie:code-late")
    assert second.claim("AAAA-AAAA").json()["type"] == "urn:vigie:code-unknown"
    assert second.log_in(username).status_code == 200
    assert second.client.delete("/session").status_code == 204
    assert second.get("/me").status_code == 401


def test_wrong_codes_are_counted_by_address(world: World) -> None:
    phone = world.hub.phone()
    answers = [phone.claim(f"WRNG-{n:04d}").status_code for n in range(25)]
    assert set(answers) == {404, 429}
    assert answers[-1] == 429
    world.run("DELETE FROM login_failure")


def test_a_revoked_caregiver_sees_nothing_of_that_patient_at_once(world: World) -> None:
    mother, father = world.patient(), world.patient()
    _, own = enrol(world.url, "patient", mother)
    helper, code = enrol(world.url, "caregiver", mother, father)
    patient, caregiver = world.hub.phone(), world.hub.phone()
    patient.claim(own)
    assert {each["id"] for each in caregiver.claim(code).json()["patients"]} == {mother, father}
    assert caregiver.temperature(mother, 37.4).json()["upto"] == 1
    version = caregiver.get("/pulse").json()["version"]
    listed = patient.get("/caregivers", patient=mother).json()["caregivers"]
    assert [(each["person"], sorted(each["scopes"])) for each in listed] == [(helper, ["answer", "be_told", "see"])]
    assert caregiver.client.delete(f"/caregivers/{helper}", params={"patient": mother}).status_code == 403
    assert patient.client.delete(f"/caregivers/{helper}", params={"patient": mother}).status_code == 200
    begun = now()
    pulse = caregiver.get("/pulse").json()
    assert pulse["patients"] == [father]
    assert pulse["version"] != version
    assert caregiver.get("/today", patient=mother).status_code == 404
    assert caregiver.temperature(mother, 37.5).status_code == 404
    assert caregiver.get("/today", patient=father).status_code == 200
    assert now() - begun < 5_000_000
    with world.hub.client_of("nurse1") as nurse:
        path = f"/api/patients/{father}/persons/{helper}/revocation"
        assert nurse.post(path, json={"reason": "asked by the family"}).status_code == 200
    assert caregiver.get("/pulse").status_code == 401
    decided = rows(world.url, "SELECT scope, decision FROM consent WHERE patient = %s ORDER BY id", mother)
    assert decided[-3:] == [("answer", "withdrawn"), ("see", "withdrawn"), ("be_told", "withdrawn")]


def test_consent_and_refusal_are_kept_by_scope_with_version_time_and_who(world: World) -> None:
    name = world.patient()
    username, own = enrol(world.url, "patient", name)
    helper, code = enrol(world.url, "caregiver", name)
    patient, caregiver = world.hub.phone(), world.hub.phone()
    patient.claim(own)
    caregiver.claim(code)
    asked = {"patient": name, "version": "1"}
    given = patient.client.post("/consents", json={**asked, "scope": "follow-up", "decision": "given"}).json()
    assert (given["decision"], given["by"], given["by_role"], given["version"]) == ("given", username, "patient", "1")
    wish = {**asked, "scope": "see", "decision": "withdrawn", "person": helper}
    assert caregiver.client.post("/consents", json=wish).status_code == 403
    assert patient.client.post("/consents", json=wish).status_code == 200
    stretch = {"code": "8310-5", "from": iso(now() - HOUR)}
    denied = caregiver.get("/history", patient=name, **stretch)
    assert (denied.status_code, denied.json()["type"]) == (403, "urn:vigie:scope")
    assert caregiver.get("/today", patient=name).status_code == 200
    old = patient.client.post("/consents", json={**asked, "version": "0", "scope": "reminders", "decision": "refused"})
    assert (old.status_code, old.json()["errors"][0]["field"]) == (422, "version")
    listed = patient.get("/consents", patient=name).json()
    assert [(each["scope"], each["decision"]) for each in listed["consents"]][:2] == [
        ("see", "withdrawn"), ("follow-up", "given"),
    ]  # fmt: skip
    assert {each["scope"] for each in listed["texts"]} >= {"follow-up", "reminders", "answer", "see", "be_told"}
    with pytest.raises(Exception, match="append-only"):
        world.run("DELETE FROM consent")


def test_a_patient_asks_a_caregiver_in_and_the_caregiver_only_has_what_was_given(world: World) -> None:
    name = world.patient()
    _, own = enrol(world.url, "patient", name)
    patient, caregiver = world.hub.phone(), world.hub.phone()
    patient.claim(own)
    made = patient.client.post("/caregivers", json={"patient": name, "scopes": ["answer"]})
    assert made.status_code == 201
    assert made.json()["qr"].startswith("<svg")
    [person] = caregiver.claim(made.json()["code"]).json()["patients"]
    assert (person["id"], person["scopes"], person["by"]) == (name, ["answer"], "caregiver")
    other = world.patient()
    joined = {"patient": other, "scopes": ["see"], "person": made.json()["person"]}
    assert patient.client.post("/caregivers", json=joined).status_code == 404
    assert caregiver.client.post("/caregivers", json={"patient": name, "scopes": ["see"]}).status_code == 403


def test_a_second_factor_is_asked_for_and_each_code_counts_once(world: World) -> None:
    username, code = enrol(world.url, "patient", world.patient())
    phone, thief = world.hub.phone(), world.hub.phone("thief000000000000001")
    phone.claim(code)
    begun = phone.client.post("/me/second-factor", json={"password": PASSWORD}).json()
    secret = b32decode(begun["secret"] + "=" * (-len(begun["secret"]) % 8))
    assert begun["qr"].startswith("<svg")
    assert thief.log_in(username).status_code == 200
    step = otp.step_of(now())
    assert phone.client.put("/me/second-factor", json={"otp": otp.code_at(secret, step)}).status_code == 200
    refused = thief.log_in(username)
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:vigie:otp")
    assert thief.log_in(username, otp=otp.code_at(secret, step)).status_code == 401
    assert thief.log_in(username, otp=otp.code_at(secret, step + 1)).json()["second_factor"] is True
    guesses = [thief.log_in(username, otp=f"{n:06d}").status_code for n in range(12)]
    assert guesses[-1] == 429
    world.run("DELETE FROM login_failure")
    stored = rows(world.url, "SELECT otp_secret FROM app_account WHERE username = %s", username)[0][0]
    assert secret not in bytes(stored)


def test_the_console_makes_codes_for_its_own_patients_and_counts_the_telephone(world: World) -> None:
    name = world.patient()
    path = f"/api/patients/{name}/enrolment-codes"
    with world.hub.client_of("nurse1") as nurse, world.hub.client_of("far1") as far:
        assert far.post(path, json={}).status_code == 404
        made = nurse.post(path, json={"role": "patient", "language": "en"})
        assert made.status_code == 201, made.text
        answer = made.json()
        assert re.fullmatch(r"https://hub\.example/app/#code=[A-Z0-9]{8}", answer["address"])
        assert "script" not in answer["qr"]
        assert nurse.post(path, json={}).status_code == 409
        again = nurse.post(path, json={"person": answer["person"]}).json()
        phone = world.hub.phone()
        assert phone.claim(answer["code"]).status_code == 410
        assert phone.claim(again["code"]).json()["person"] == answer["person"]
        assert nurse.post(path, json={"role": "caregiver"}).json()["errors"][0]["field"] == "scopes"
        phone.send(name, phone.message(rep=[{"q": "daily", "i": "pain", "a": "severity", "g": 1}]))
        spoken = {"rep": [{"q": "daily", "i": "pain", "a": "severity", "g": 2}], "channel": "telephone"}
        assert nurse.post(f"/api/patients/{name}/entries", json=spoken).json()["stored"] == 1
        stretch = {"from": iso(now() - DAY), "to": iso(now() + MINUTE)}
        found = nurse.get("/api/figures/answers", params=stretch).json()["channels"]
        counted = {(each["channel"], each["by"]): each["rounds"] for each in found}
        assert counted == {("app", "patient"): 1, ("telephone", "nurse"): 1}
        persons = nurse.get(f"/api/patients/{name}/persons").json()
        assert [(each["person"], each["claimed"]) for each in persons["persons"]] == [(answer["person"], True)]
        told = {"scope": "follow-up", "decision": "refused", "version": "1", "how": "spoken"}
        assert nurse.post(f"/api/patients/{name}/consents", json=told).status_code == 201
        assert far.get(f"/api/patients/{name}/persons").status_code == 404
    trail = {row[0] for row in rows(world.url, "SELECT action FROM audit WHERE subject = %s", f"patient:{name}")}
    assert {"app account made", "consent", "persons"} <= trail


def test_no_name_is_both_a_patients_and_a_professionals(world: World) -> None:
    username, _ = enrol(world.url, "patient", world.patient())
    with world.hub.client_of("nurse1") as nurse:
        assert nurse.get("/api/me").json()["username"] == "nurse1"
    phone = world.hub.phone()
    assert phone.log_in("nurse1").json()["role"] == "nurse"
    assert phone.client.post("/me/second-factor", json={"password": PASSWORD}).status_code == 403
    assert phone.client.post("/consents", json={
        "patient": "P1", "scope": "follow-up", "decision": "given", "version": "1",
    }).status_code == 403  # fmt: skip
    console = phone.client.post(f"{world.hub.url}/api/session", json={"username": username, "password": PASSWORD})
    assert console.status_code == 401


def test_another_spelling_of_a_name_is_not_another_ten_tries(world: World) -> None:
    username, code = enrol(world.url, "patient", world.patient())
    phone = world.hub.phone()
    phone.claim(code)
    spellings = [username, username.upper(), username.capitalize()] * 5
    answers = [phone.log_in(name, password="le jardin est fleuri").status_code for name in spellings]
    assert set(answers[:10]) == {401}
    assert set(answers[10:]) == {429}
    world.run("DELETE FROM login_failure")


def test_a_changed_password_of_a_professional_ends_the_visit_in_the_app_too(world: World) -> None:
    phone = world.hub.phone("visit000000000000001")
    assert phone.log_in("nurse1").status_code == 200
    with world.hub.client_of("nurse1") as nurse:
        for old, new in ((PASSWORD, "un autre jardin 43"), ("un autre jardin 43", PASSWORD)):
            assert nurse.post("/api/me/password", json={"current": old, "new": new}).status_code == 200
    assert phone.get("/me").status_code == 401
