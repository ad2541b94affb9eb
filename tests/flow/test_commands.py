"""The commands of an operator against a real database and a real account folder."""

import csv
import io
import json
import re
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from storage import audit, people
from storage.connection import connect
from tests.support.databases import TIERS, Server
from vigie import broker_files
from vigie.cli import app
from web.tokens import same_password

PLAN = {"protocol": "chemo-aplasia", "fever_profile": "ESMO_2016", "timezone": "Europe/Paris"}


class Vigie:
    """Runs commands with settings of their own."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.accounts = folder
        self._settings = {
            "VIGIE_DATABASE_URL": url,
            "VIGIE_MQTT_URL": "mqtt://vigie-hub:k3jh-98Ab@127.0.0.1:1",
            "VIGIE_BROKER_ACL": f"file:{folder}",
        }

    def __call__(self, *words: str, stdin: str | None = None, **settings: str) -> Result:
        return CliRunner().invoke(app, list(words), input=stdin, env={**self._settings, **settings})

    def good(self, *words: str, stdin: str | None = None) -> str:
        result = self(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def vigie(database_url: str, tmp_path: Path) -> Vigie:
    return Vigie(database_url, tmp_path)


@pytest.fixture
def lyon(vigie: Vigie) -> Vigie:
    """A hub with a site and a patient."""
    vigie.good("site", "add", "lyon")
    vigie.good("patient", "add", "P1", "--site", "lyon")
    return vigie


def _rows(vigie: Vigie, statement: str) -> list[tuple[Any, ...]]:
    with connect(vigie.url) as conn:
        return conn.execute(statement.encode()).fetchall()


def test_migrate_and_doctor(any_server: Server, empty_database_url: str, tmp_path: Path) -> None:
    vigie = Vigie(empty_database_url, tmp_path)
    assert vigie("db", "doctor").exit_code == 1
    assert "applied 0001_tables.sql" in vigie.good("db", "migrate")
    assert ", 0 applied now" in vigie.good("db", "migrate")
    answer = json.loads(vigie.good("db", "doctor", "--json"))
    assert answer["ok"] is True
    assert answer["tier"] in TIERS[any_server.label]
    assert answer["pending"] == []
    assert "ok    fsync: on" in vigie.good("db", "doctor")


def test_a_command_before_the_schema_says_migrate(empty_database_url: str, tmp_path: Path) -> None:
    result = Vigie(empty_database_url, tmp_path)("site", "add", "lyon")
    assert result.exit_code == 1
    assert "vigie db migrate" in result.stderr


def test_a_database_that_is_away_is_a_failure_in_one_line(vigie: Vigie) -> None:
    result = vigie("site", "add", "lyon", VIGIE_DATABASE_URL="postgresql://u:kj34h5@127.0.0.1:1/x_test")
    assert result.exit_code == 1
    assert result.stderr.startswith("vigie: VIGIE_DATABASE_URL: the database cannot be reached")
    assert "kj34h5" not in result.stderr


def test_missing_settings_are_status_2(vigie: Vigie) -> None:
    result = vigie("db", "doctor", VIGIE_DATABASE_URL="")
    assert result.exit_code == 2
    assert result.stderr == (
        "vigie: VIGIE_DATABASE_URL: missing, expected postgresql://user:password@host:port/database\n"
    )


def test_a_device_gets_an_account_topics_and_a_wearer(lyon: Vigie) -> None:
    made = json.loads(lyon.good("device", "add", "pulse-1", "--site", "lyon", "--patient", "P1", "--json"))
    assert (made["device"], made["client_id"], made["username"]) == ("pulse-1", "pulse-1", "pulse-1")
    assert len(made["password"]) >= 32
    assert made["topics"]["publish"][0] == "vigie/1/lyon/pulse-1/obs"
    assert _rows(lyon, "SELECT device, patient, to_at FROM wearing") == [("pulse-1", "P1", None)]
    assert (lyon.accounts / broker_files.PASSWORDS).read_text().startswith("pulse-1:$7$")
    assert made["password"] not in (lyon.accounts / broker_files.PASSWORDS).read_text()
    again = json.loads(lyon.good("device", "add", "pulse-1", "--site", "lyon", "--patient", "P1", "--json"))
    assert again["password"] != made["password"]
    assert len(_rows(lyon, "SELECT 1 FROM wearing")) == 1


def test_a_device_is_worn_by_one_patient_at_a_time(lyon: Vigie) -> None:
    lyon.good("patient", "add", "P2", "--site", "lyon")
    lyon.good("device", "add", "pulse-1", "--site", "lyon", "--patient", "P1")
    refused = lyon("device", "add", "pulse-1", "--site", "lyon", "--patient", "P2")
    assert refused.exit_code == 1
    assert "worn by 'P1'" in refused.stderr
    lyon.good("device", "stop", "pulse-1")
    lyon.good("device", "add", "pulse-1", "--site", "lyon", "--patient", "P2")
    assert lyon("device", "stop", "pulse-9").exit_code == 1


@pytest.mark.parametrize(
    ("words", "status", "named"),
    [
        (("site", "add", "Lyon Sud"), 2, "SITE: expected"),
        (("site", "add", "lyon"), 1, "SITE: 'lyon' exists"),
        (("patient", "add", "P2", "--site", "nowhere"), 1, "--site: no site 'nowhere'"),
        (("patient", "add", "a name", "--site", "lyon"), 2, "PATIENT: expected"),
        (("patient", "add", "P1", "--site", "lyon"), 1, "PATIENT: 'P1' exists"),
        (("device", "add", "Pulse/1", "--site", "lyon", "--patient", "P1"), 2, "DEVICE: expected"),
        (("device", "add", "vigie-hub-bulk", "--site", "lyon", "--patient", "P1"), 2, "the hub's own account"),
        (("device", "add", "d1", "--site", "lyon", "--patient", "P9"), 1, "--patient: expected a patient of 'lyon'"),
        (("ledger", "d9"), 1, "DEVICE: no device 'd9'"),
        (("ledger",), 1, "DEVICE: expected the name of a device, or --missing"),
        (("export", "P9", "--what", "readings"), 1, "PATIENT: no patient 'P9'"),
    ],
)
def test_every_refusal_names_the_field(lyon: Vigie, words: tuple[str, ...], status: int, named: str) -> None:
    result = lyon(*words)
    assert result.exit_code == status, result.output
    assert named in result.stderr
    assert result.stdout == ""


def test_a_person_gets_an_argon2_password_from_standard_input(lyon: Vigie) -> None:
    words = ("user", "add", "nurse.lyon", "--role", "nurse", "--site", "lyon")
    lyon.good(*words, "--password-stdin", stdin="correct horse battery\n")
    with connect(lyon.url) as conn:
        account = people.account_by_name(conn, "nurse.lyon")
    assert account is not None
    assert account.password_hash.startswith("$argon2id$")
    assert same_password(account.password_hash, "correct horse battery")
    assert lyon(*words).exit_code == 2
    assert lyon(*words, "--password-stdin", stdin="short\n").exit_code == 2
    assert lyon(*words, "--password-stdin", stdin="correct horse battery\n").exit_code == 1


def test_a_plan_is_checked_versioned_and_put_into_the_inbox(lyon: Vigie, tmp_path: Path) -> None:
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(PLAN))
    assert lyon.good("plan", "set", "P1", str(file)) == "plan 1 of P1\n"
    assert lyon.good("plan", "set", "P1", str(file)) == "plan 2 of P1\n"
    assert _rows(lyon, "SELECT version, body FROM plan ORDER BY version") == [(1, PLAN), (2, PLAN)]
    assert _rows(lyon, "SELECT kind, patient, site, body FROM action_inbox") == [("plan", "P1", "lyon", PLAN)] * 2
    file.write_text(json.dumps({**PLAN, "fever_profile": "OTHER"}))
    refused = lyon("plan", "set", "P1", str(file))
    assert refused.exit_code == 2
    assert "fever_profile: expected one of" in refused.stderr


_READING = """
    INSERT INTO reading (patient, code, measured_at, received_at, value, quality, by, device, boot, seq, idx)
    VALUES ('P1', '8310-5', '2026-11-22T05:00:00.123Z', '2026-11-22T05:00:01Z', 38.5, 'ok', 'device', 'd', 'b', 1, 0)
"""


def test_an_export_is_every_row_in_either_format(lyon: Vigie) -> None:
    with connect(lyon.url) as conn:
        conn.execute(_READING)
    rows = list(csv.DictReader(io.StringIO(lyon.good("export", "P1", "--what", "readings", "--format", "csv"))))
    line = json.loads(lyon.good("export", "P1", "--what", "readings", "--format", "jsonl"))
    assert rows[0]["measured_at"] == line["measured_at"] == "2026-11-22T05:00:00.123Z"
    assert float(rows[0]["value"]) == line["value"] == 38.5
    assert list(rows[0]) == list(line)


@pytest.mark.parametrize("what", ["readings", "intakes", "reports", "alerts", "deliveries"])
def test_an_empty_export_still_has_its_head(lyon: Vigie, what: str) -> None:
    head = lyon.good("export", "P1", "--what", what, "--format", "csv").strip().split(",")
    assert "patient" in head
    assert all(name.isidentifier() for name in head)
    assert lyon.good("export", "P1", "--what", what, "--format", "jsonl") == ""


def test_what_an_operator_does_is_on_the_audit_trail(lyon: Vigie) -> None:
    lyon.good("export", "P1", "--what", "alerts")
    with connect(lyon.url) as conn:
        assert [row.look.action for row in audit.rows(conn)] == ["site.add", "patient.add", "patient.export"]
        assert audit.verify(conn) is None


def test_the_ledger_says_what_is_missing(lyon: Vigie) -> None:
    with connect(lyon.url) as conn:
        for seq in (1, 2, 5):
            conn.execute(
                "INSERT INTO message (device, boot, seq, sha256, received_at) VALUES ('d1', 'b', %s, '', now())", (seq,)
            )
        conn.execute("INSERT INTO dropped VALUES ('d1', 'b', 3, 3, 'outbox full', now())")
    answer = json.loads(lyon.good("ledger", "d1", "--json"))
    boot = answer["boots"][0]
    assert (boot["first"], boot["last"], boot["stored"], boot["rejected"]) == (1, 5, 3, 0)
    assert boot["dropped"] == [{"from": 3, "to": 3, "why": "outbox full"}]
    assert boot["missing"] == [[4, 4]]
    assert "MISSING 4 to 4" in lyon.good("ledger", "d1")
    assert "d1 b: MISSING 4 to 4" in lyon.good("ledger", "--missing")
    missing = json.loads(lyon.good("ledger", "--missing", "--json"))["missing"]
    assert {"device": "d1", "boot": "b", "first": 4, "last": 4} in missing


def test_the_hub_s_own_accounts_in_the_broker(vigie: Vigie) -> None:
    said = vigie("broker", "accounts")
    assert (said.exit_code, said.stdout.split()) == (0, ["vigie-hub", "vigie-hub-bulk"]), said.output
    assert {"vigie-hub", "vigie-hub-bulk"} <= set(
        re.findall(r"^user (\S+)", (vigie.accounts / "acl").read_text(), re.M)
    )
    assert vigie("broker", "accounts").exit_code == 0, "again renews them"
    refused = vigie("broker", "accounts", VIGIE_BROKER_ACL="dynsec")
    assert (refused.exit_code, "expected file: or rabbitmq:" in refused.output) == (2, True)
    away = vigie("broker", "accounts", VIGIE_BROKER_ACL="rabbitmq:http://admin:8sdf7-JKh3@127.0.0.1:1")
    assert (away.exit_code, "cannot be reached" in away.output) == (1, True)
