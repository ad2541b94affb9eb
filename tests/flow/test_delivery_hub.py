"""A whole hub: `vigie serve` tells whoever is on call by the rosters, killed or not, and says how late it was."""

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner, Result

from domain.instants import HOUR, moment
from storage.connection import connect
from storage.people import account_by_name
from tests.flow import console_world, delivery_world
from tests.flow.hub_world import trial
from tests.support.gateways import Gateway, gateway, mail_server
from vigie.cli import app
from vigie.clock import real_now
from vigie.embedded.postgres import EmbeddedPostgres

pytestmark = pytest.mark.one_server


def _people(url: str) -> None:
    delivery_world.ward(url)
    now = real_now()
    with connect(url) as conn:
        conn.execute("INSERT INTO organisation VALUES ('had', 'HAD', now())")
        conn.execute("INSERT INTO roster VALUES ('nights', 'had', 'Nights', 'Europe/Paris', now())")
        conn.execute("INSERT INTO roster_serves VALUES ('nights', NULL, 'paris')")
        conn.execute(
            """INSERT INTO shift (roster, uid, role, person, from_at, to_at, set_by, set_at)
               VALUES ('nights', 'u1', 'nurse', 'nurse2', %s, %s, 'test', now())""",
            (moment(now - HOUR), moment(now + HOUR)),
        )
        for name, number in (("nurse1", "+33612345671"), ("nurse2", "+33612345672")):
            conn.execute("INSERT INTO contact VALUES (%s, NULL, %s, NULL, 'test', now())", (name, number))


def test_a_hub_killed_while_it_sends_tells_whoever_is_on_call_again(
    any_postgres: EmbeddedPostgres, service_folder: Path
) -> None:
    with trial(service_folder, speed=1.0, postgres=any_postgres) as running, gateway() as server:
        world = running.world
        _people(world.database_url)
        more = {"VIGIE_SMS_URL": f"{server.url}/sms", "VIGIE_SMS_HEADERS": '{"Authorization": "Bearer abc"}'}

        def start(**crash: str) -> None:
            argv = [sys.executable, "-m", "vigie", "serve"]
            world.hub = world.spawn(argv, "hub.log", world.env | more | crash)

        start(VIGIE_CRASH_AT="delivery_sent")
        world.wait_until_ready()
        name = delivery_world.alert(world.database_url, rule="fever")
        delivery_world.step(world.database_url, name, real_now())
        assert world.hub is not None
        assert world.hub.wait(20) == 137
        start()
        world.wait_until_ready()
        delivery_world.World.until(_Rows(world.database_url), lambda: _states(world.database_url) == ["sent"])
        first, second = server.got
        assert first.json()["id"] == second.json()["id"]
        assert first.json()["to"] == "+33612345672", "nurse2 is on call"
        assert "Vigie paris : alerte haute, P1" in first.json()["text"]
        assert "Bearer abc" not in running.hub_log
        metrics = httpx.get(f"{world.url}/metrics").text
        assert 'vigie_deliveries_total{channel="sms",outcome="sent"} 1.0' in metrics
        late = json.loads(_command(world.database_url)("notify", "lateness", "--json").stdout)
        assert [(row["channel"], row["count"]) for row in late["channels"]] == [("sms", 1), ("all", 1)]


class _Rows(delivery_world.World):
    """The rows alone, for waiting."""

    def __init__(self, url: str) -> None:
        self.url = url


def _states(url: str) -> list[str]:
    return [row["state"] for row in delivery_world.fetch(url, "SELECT state FROM delivery")]


def _command(url: str, **settings: str) -> Callable[..., Result]:
    env = {"VIGIE_DATABASE_URL": url, **settings}
    return lambda *words: CliRunner().invoke(app, list(words), env=env)


@pytest.fixture
def answering(database_url: str, tmp_path: Path) -> Any:
    """A command with every channel configured, and what it talks to."""
    with gateway() as server, mail_server() as mails:
        command = _command(
            database_url,
            VIGIE_DATA_DIR=str(tmp_path),
            VIGIE_SMS_URL=server.url,
            VIGIE_VOICE_URL=server.url,
            VIGIE_WEBHOOK_URL=server.url,
            VIGIE_WEBHOOK_SECRET="0123456789abcdef" * 4,
            VIGIE_SMTP_URL=f"smtp://127.0.0.1:{mails.port}",
            VIGIE_MAIL_FROM="vigie@ward.test",
        )
        yield command, server, mails


def test_a_test_message_goes_by_every_channel_and_is_on_record(answering: Any, database_url: str) -> None:
    command, server, mails = answering
    for words in (("sms", "+33612345678"), ("voice", "+33112345678"), ("webhook",), ("email", "a@ward.test")):
        result = command("notify", "test", *words)
        assert result.exit_code == 0, result.output
        assert result.stdout.startswith("sent: ")
    assert len(server.got) == 3
    assert "Essai, aucune alerte" in server.got[0].json()["text"]
    assert len(mails.mails) == 1
    looks = delivery_world.fetch(database_url, "SELECT subject FROM audit ORDER BY id")
    assert [look["subject"] for look in looks] == ["channel:sms", "channel:voice", "channel:webhook", "channel:email"]


def test_a_test_message_that_is_not_taken_is_status_1(answering: Any) -> None:
    command, server, _ = answering
    _refusing(server)
    result = command("notify", "test", "sms", "+33612345678")
    assert (result.exit_code, result.stderr) == (1, "vigie: failed: answered 401, refused\n")
    result = command("notify", "test", "sms", "0612345678")
    assert (result.exit_code, result.stderr) == (1, "vigie: failed: number: expected + and 7 to 15 digits\n")


def _refusing(server: Gateway) -> None:
    server.does = "401"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("fax", "1"), "CHANNEL: expected one of web-push, sms, voice, email, webhook, got 'fax'"),
        (("console", "x"), "CHANNEL: expected one of web-push"),
        (("sms",), "TO: missing, expected a number"),
        (("web-push", "nurse1"), "CHANNEL: web-push is not configured"),
    ],
)
def test_a_test_that_cannot_be_is_refused(answering: Any, words: tuple[str, ...], said: str) -> None:
    result = answering[0]("notify", "test", *words)
    assert result.exit_code == 2
    assert said in result.stderr


def test_keys_are_made_once_and_web_push_needs_a_browser(answering: Any, database_url: str) -> None:
    command = answering[0]
    first = command("notify", "keys")
    assert first.exit_code == 0
    assert len(first.stdout.strip()) == 87
    assert command("notify", "keys").stdout == first.stdout, "another one would end every subscription"
    with connect(database_url) as conn:
        console_world.add_site(conn, "paris")
        console_world.add_user(conn, "nurse1", "nurse", "paris")
        assert account_by_name(conn, "nurse1") is not None
    result = command("notify", "test", "web-push", "nurse1")
    assert (result.exit_code, result.stderr) == (1, "vigie: TO: no browser of an account 'nurse1' is subscribed\n")


def test_lateness_is_a_table_of_begun_and_taken(database_url: str) -> None:
    delivery_world.ward(database_url)
    command = _command(database_url)
    assert command("notify", "lateness").stdout.splitlines()[1].split() == ["all", "0", "-", "-", "-", "-"]
    sms = delivery_world.Fake()
    with delivery_world.notifying(database_url, {"sms": sms}, speed=1.0) as running:
        delivery_world.step(database_url, delivery_world.alert(database_url), real_now())
        running.finished()
    [_, row, everything] = command("notify", "lateness", "--days", "1").stdout.splitlines()
    assert row.split()[:2] == ["sms", "1"]
    assert 0 <= float(row.split()[3]) < 5
    assert everything.split()[1:] == row.split()[1:]
    written = command("export", "P1", "--what", "deliveries")
    assert written.exit_code == 0, written.output
    head, line = written.stdout.splitlines()
    assert dict(zip(head.split(","), line.split(","), strict=True))["person"] == "nurse1"
