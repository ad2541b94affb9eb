"""`vigie person` and `vigie site phone` against a real database."""

import json
from pathlib import Path

import pytest

from storage import audit, people
from storage.connection import connect
from tests.flow.test_commands import Vigie

SECRET = {"VIGIE_SECRET_KEY": "tests-only-Zk3vQ8mW1xY7bN5cR2dFp0", "VIGIE_CONSOLE_URL": "https://hub.example"}


@pytest.fixture
def vigie(plain_database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Vigie:
    for name, value in SECRET.items():
        monkeypatch.setenv(name, value)
    made = Vigie(plain_database_url, tmp_path)
    made.good("site", "add", "lyon")
    made.good("patient", "add", "P1", "--site", "lyon")
    made.good("patient", "add", "P2", "--site", "lyon")
    return made


def test_accounts_codes_consent_and_revocation(vigie: Vigie, tmp_path: Path) -> None:
    svg = tmp_path / "code.svg"
    own = json.loads(vigie.good("person", "add", "--role", "patient", "--patient", "P1", "--svg", str(svg), "--json"))
    assert own["address"] == f"https://hub.example/app/#code={own['code'].replace('-', '')}"
    assert svg.read_text().startswith("<svg")
    assert svg.stat().st_mode & 0o777 == 0o600
    assert vigie("person", "add", "--role", "patient", "--patient", "P1").exit_code == 1
    assert (
        "--scope: expected at least one of" in vigie("person", "add", "--role", "caregiver", "--patient", "P1").output
    )
    helper = json.loads(
        vigie.good("person", "add", "--role", "caregiver", "--patient", "P1", "--scope", "see", "--json")
    )["person"]
    vigie.good("person", "add", "--role", "caregiver", "--patient", "P2", "--person", helper, "--scope", "answer")
    listed = json.loads(vigie.good("person", "list", "--patient", "P1", "--json"))
    assert [(each["person"], each["scopes"]) for each in listed] == [
        (own["person"], ["answer", "see", "be_told"]), (helper, ["see"]),
    ]  # fmt: skip
    again = json.loads(vigie.good("person", "code", own["person"], "--json"))
    assert again["code"] != own["code"]
    vigie.good(
        "person", "consent", "--patient", "P1", "--scope", "follow-up", "--decision", "refused", "--how", "spoken"
    )
    assert (
        "--person: expected"
        in vigie("person", "consent", "--patient", "P1", "--scope", "see", "--decision", "given").output
    )
    vigie.good("person", "revoke", helper, "--patient", "P1", "--reason", "asked by the patient")
    assert vigie("person", "revoke", helper, "--patient", "P1", "--reason", "again").exit_code == 1
    decided = json.loads(vigie.good("person", "consent", "--patient", "P1", "--json"))
    assert [(each["scope"], each["decision"]) for each in decided[:4]] == [
        ("be_told", "withdrawn"), ("see", "withdrawn"), ("answer", "withdrawn"), ("follow-up", "refused"),
    ]  # fmt: skip
    with connect(vigie.url) as conn:
        assert audit.verify(conn) is None
        trail = conn.execute("SELECT string_agg(detail::text || subject, ' ') FROM audit").fetchone()
        assert people.all_sites(conn) == ["lyon"]
    assert trail is not None
    assert own["code"] not in trail[0]


def test_the_number_of_a_site(vigie: Vigie) -> None:
    assert "E.164" in vigie("site", "phone", "--help").output
    assert vigie("site", "phone", "lyon", "01 23").exit_code == 2
    assert vigie("site", "phone", "nowhere", "+33123456789").exit_code == 1
    vigie.good("site", "phone", "lyon", "+33123456789")
    with connect(vigie.url) as conn:
        assert conn.execute("SELECT phone FROM site WHERE id = 'lyon'").fetchall() == [("+33123456789",)]
