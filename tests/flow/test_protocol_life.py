"""The life of a protocol on a real database: command line, console, and what the database itself refuses."""

import json
import re
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest
from typer.testing import CliRunner, Result

from alerts.protocol import desk, life, shelf
from alerts.protocol.library import library, shipped_texts
from domain.instants import DAY, HOUR, iso
from domain.protocols import Act
from storage import audit, connection, protocols, registry
from tests.flow import console_world as world
from vigie.cli import app

NAME = "vital-signs"
STDIN = "--password-stdin"
SIGNERS = {"prescriber": "pre1", "physician": "doc1", "pharmacist": "pha1"}


def new_text(version: str, name: str = NAME) -> str:
    """The shipped text with another number and one more line."""
    return re.sub(r'(?m)^version = ".*"$', f'version = "{version}"', shipped_texts()[name]) + f"\n# {version}\n"


def act(at: int | None = None, role: str = "physician") -> Act:
    """Somebody."""
    return Act(SIGNERS.get(role, "x"), role, world.now() if at is None else at, "as agreed")


def signed(conn: psycopg.Connection[Any], version: str, name: str = NAME, over: tuple[str, ...] = ()) -> str:
    """A version drafted and signed by all; its ID@VERSION."""
    made = desk.draft(conn, "new.toml", new_text(version, name), act=act(), over=over)
    for role in made.asked:
        desk.sign(conn, made.ref, act=act(role=role), digest=made.digest)
    return made.ref


@pytest.fixture
def url(plain_database_url: str) -> str:
    """A database with the hospital of the console's tests and the people who sign."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        others = {
            "pre1": "prescriber",
            "pha1": "pharmacist",
            "doc2": "physician",
            "co1": "coordinator",
            "aud1": "auditor",
        }
        for name, role in others.items():
            world.add_user(conn, name, role, "paris", "lyon")
    return plain_database_url


class Vigie:
    """Runs commands."""

    def __init__(self, url: str) -> None:
        self.settings = {"VIGIE_DATABASE_URL": url}

    def __call__(self, *words: str, stdin: str | None = None) -> Result:
        return CliRunner().invoke(app, list(words), input=stdin, env=self.settings)

    def good(self, *words: str, stdin: str | None = None) -> str:
        result = self(*words, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout


@pytest.fixture
def vigie(url: str) -> Vigie:
    return Vigie(url)


def test_what_ships_is_in_force_and_said_to_be_unsigned(vigie: Vigie) -> None:
    found = json.loads(vigie.good("protocol", "list", "--json"))
    assert {row["id"] for row in found} == set(shipped_texts())
    assert all(row["in_force"] and not row["signed"] and row["standing"] == shelf.DEFAULT for row in found)
    assert "project default, not signed" in vigie.good("protocol", "list")


def test_from_a_file_to_what_watches_patients_by_the_command_line(vigie: Vigie, url: str, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_text(new_text("9.1.0"), encoding="utf-8")
    assert "can be used" in vigie.good("protocol", "check", str(file))
    said = vigie.good("protocol", "draft", str(file), "--reason", "after the meeting of the unit")
    [digest] = re.findall(r"digest ([0-9a-f]{64})", said)
    ref = f"{NAME}@9.1.0"
    early = vigie("protocol", "activate", ref, "--from", "now")
    assert (early.exit_code, "draft" in early.stderr) == (1, True)
    for name in SIGNERS.values():
        words = ("protocol", "sign", ref, "--as", name, "--digest", digest, "--password-stdin")
        vigie.good(*words, stdin=world.PASSWORD + "\n")
    vigie.good("protocol", "activate", ref, "--from", "now", "--reason", "decided on Monday")
    with connection.connect(url) as conn:
        texts = protocols.active_texts(conn, world.now())
        assert audit.verify(conn) is None
        assert [row.look.action for row in audit.rows(conn)][-5:] == [
            "protocol.drafted", "protocol.signed-in-part", "protocol.signed-in-part", "protocol.signed",
            "protocol.activated",
        ]  # fmt: skip
    assert texts == {NAME: file.read_text(encoding="utf-8")}
    assert library(texts).protocols[NAME].digest == digest
    shown = json.loads(vigie.good("protocol", "show", NAME, "--json"))
    assert (shown["version"], shown["state"], shown["in_force"], shown["digest"]) == ("9.1.0", "active", True, digest)
    assert [move["kind"] for move in shown["moves"]] == [
        "drafted",
        "signed-in-part",
        "signed-in-part",
        "signed",
        "activated",
    ]
    assert shown["text"] in vigie.good("protocol", "show", ref)
    vigie.good("protocol", "retire", ref, "--reason", "wrong")
    assert json.loads(vigie.good("protocol", "show", NAME, "--json"))["standing"] == shelf.DEFAULT


def test_what_ships_can_be_signed_as_it_is(vigie: Vigie, url: str) -> None:
    came = next(version for version in shelf.shipped_versions().values() if version.id == NAME)
    with connection.connect(url) as conn:
        for role in came.asked:
            desk.sign(conn, came.ref, act=act(role=role), digest=came.digest)
    vigie.good("protocol", "activate", came.ref, "--from", "now")
    [row] = [row for row in json.loads(vigie.good("protocol", "list", "--json")) if row["id"] == NAME]
    assert (row["origin"], row["state"], row["signed"], row["in_force"]) == ("shipped", "active", True, True)


@pytest.mark.parametrize(("words", "stdin", "status", "named"), [
    (("sign", "{ref}", "--as", "doc1", "--digest", "0" * 64, STDIN), world.PASSWORD, 1, "digest: expected"),
    (("sign", "{ref}", "--as", "doc1", "--digest", "{digest}", STDIN), "wrong", 1, "is wrong"),
    (("sign", "{ref}", "--as", "nobody", "--digest", "{digest}", STDIN), "x", 1, "password is wrong"),
    (("sign", "{ref}", "--as", "nurse1", "--digest", "{digest}", STDIN), world.PASSWORD, 1, "may not sign"),
    (("sign", "{ref}", "--as", "doc1", "--digest", "{digest}"), None, 2, "--password-stdin: expected"),
    (("sign", "x@1", "--as", "doc1", "--digest", "{digest}", STDIN), world.PASSWORD, 1, "version: expected"),
    (("activate", "{ref}", "--from", "tomorrow"), None, 2, "--from: expected"),
    (("activate", "{ref}", "--from", "2020-01-01"), None, 1, "from: expected"),
    (("activate", "x@1", "--from", "now"), None, 1, "version: expected one that exists"),
    (("retire", "x@1"), None, 1, "version: expected one that exists"),
    (("show", "x"), None, 1, "protocol: expected one of"),
    (("compare", NAME, "absent.toml"), None, 2, "FILE.toml: No such file"),
    (("draft", "absent.toml"), None, 2, "FILE.toml: No such file"),
])  # fmt: skip
def test_every_refusal_names_its_field(
    vigie: Vigie, url: str, words: tuple[str, ...], stdin: str | None, *, status: int, named: str
) -> None:
    with connection.connect(url) as conn:
        made = desk.draft(conn, "new.toml", new_text("9.1.0"), act=act())
    line = [word.format(ref=made.ref, digest=made.digest) for word in words]
    result = vigie("protocol", *line, stdin=None if stdin is None else stdin + "\n")
    assert (result.exit_code, named in result.stderr) == (status, True), result.output
    with connection.connect(url) as conn:
        assert shelf.books(conn)[made.ref].signatures == ()


@pytest.mark.parametrize(("edit", "named"), [
    (("up_to = 91", "up_two = 91"), "up_two"),
    (("up_to = 91", 'up_to = "91"'), "up_to"),
    (("[defaults]", "[defaults"), "bad.toml:{line}: "),
    (("[defaults]", "extend = 'x'\n[defaults]"), "bad.toml:{line}: extend: Object contains unknown field"),
    (("[defaults]", "extends = 'x'\n[defaults]"), "bad.toml:{line}: extends: expected one of"),
    (('code = "59408-5"', 'code = "1-1"'), "1-1"),
])  # fmt: skip
def test_a_file_that_cannot_be_used_is_refused_with_its_name_and_place(
    vigie: Vigie, tmp_path: Path, edit: tuple[str, str], named: str
) -> None:
    file = tmp_path / "bad.toml"
    file.write_text(new_text("9.1.0").replace(*edit, 1), encoding="utf-8")
    for command in ("check", "draft"):
        result = vigie("protocol", command, str(file))
        assert result.exit_code == 2, result.output
        assert f"{file}" in result.stderr
        line = shipped_texts()[NAME].splitlines().index("[defaults]") + 1
        assert named.format(line=line) in result.stderr


def test_two_versions_are_compared_number_by_number(vigie: Vigie, tmp_path: Path) -> None:
    file = tmp_path / "new.toml"
    file.write_text(new_text("9.1.0").replace("up_to = 91", "up_to = 90"), encoding="utf-8")
    answer = json.loads(vigie.good("protocol", "compare", NAME, str(file), "--json"))
    [change] = answer["changes"]
    assert (change["part"], change["before"], change["after"], answer["to"]["version"]) == (
        "rule spo2",
        91,
        90,
        "9.1.0",
    )
    assert "91 -> 90" in vigie.good("protocol", "compare", NAME, str(file))


def test_an_escalation_to_a_role_nobody_holds_is_refused(url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever the escalation calls: with the roles of the protocol, and with one nobody has."""
    with connection.connect(url) as conn:
        assert protocols.sites_without(conn, "nurse", world.now()) == []
        assert protocols.sites_without(conn, "advanced-nurse", world.now()) == ["lyon", "paris"]
        assert protocols.sites_without(conn, "physician", world.now()) == []
        ref = signed(conn, "9.1.0")
        monkeypatch.setattr(life, "escalation_roles", lambda _: ("nurse", "advanced-nurse"))
        with pytest.raises(life.Refused, match="nobody is advanced-nurse at lyon, paris"):
            desk.activate(conn, [ref], act=act(), from_at=world.now() + HOUR)
        world.add_user(conn, "apn1", "advanced-nurse", "paris", "lyon")
        assert desk.activate(conn, [ref], act=act(), from_at=world.now() + HOUR)


_ROSTER = """
INSERT INTO organisation VALUES ('hospital', 'Hospital', now());
INSERT INTO territory VALUES ('north', 'North', now());
INSERT INTO territory_site VALUES ('north', 'lyon');
INSERT INTO roster VALUES ('nights', 'hospital', 'Nights', 'Europe/Paris', now());
INSERT INTO roster_serves VALUES ('nights', 'north', NULL);
INSERT INTO shift (roster, uid, role, person, from_at, to_at, set_by, set_at)
VALUES ('nights', 'a', 'advanced-nurse', 'apn1', now(), now() + interval '8 h', 'x', now())
"""


def test_a_shift_to_come_holds_a_role_for_the_sites_of_its_roster(url: str) -> None:
    with connection.connect(url) as conn:
        world.add_user(conn, "apn1", "nurse", "lyon")
        assert protocols.sites_without(conn, "advanced-nurse", world.now()) == ["lyon", "paris"]
        conn.execute(_ROSTER.encode())
        assert protocols.sites_without(conn, "advanced-nurse", world.now()) == ["paris"]
        assert protocols.sites_without(conn, "advanced-nurse", world.now() + DAY) == ["lyon", "paris"]
        conn.execute("UPDATE account SET disabled_at = now() WHERE username = 'apn1'")
        assert protocols.sites_without(conn, "advanced-nurse", world.now()) == ["lyon", "paris"]


def test_two_who_sign_in_one_role_at_once_are_one_signature(console: world.Served, url: str) -> None:
    with connection.connect(url) as conn:
        made = desk.draft(conn, "new.toml", new_text("9.1.0"), act=act())
    start = threading.Barrier(2)

    def press(name: str) -> int:
        with console.client(name) as client:
            start.wait(20)
            return client.post(f"/api/protocols/{made.ref}/signatures", json={"digest": made.digest}).status_code

    with ThreadPoolExecutor(2) as both:
        assert sorted(both.map(press, ("doc1", "doc2"))) == [201, 409]
    with connection.connect(url) as conn:
        assert len(shelf.books(conn)[made.ref].signatures) == 1


def test_the_former_version_goes_on_until_the_day_of_the_next(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        first, second = signed(conn, "9.1.0"), signed(conn, "9.2.0")
        desk.activate(conn, [first], act=act(now), from_at=now)
        before = protocols.revision(conn, now)
        desk.activate(conn, [second], act=act(now), from_at=now + DAY)
        assert "# 9.1.0" in protocols.active_texts(conn, now + DAY - 1)[NAME]
        assert "# 9.2.0" in protocols.active_texts(conn, now + DAY)[NAME]
        assert protocols.revision(conn, now) == before != protocols.revision(conn, now + DAY)
        desk.retire(conn, [second], act=act(now + HOUR))
        assert "# 9.1.0" in protocols.active_texts(conn, now + 2 * DAY)[NAME]


def test_a_protocol_that_extends_another_moves_together_with_it(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        top = signed(conn, "9.1.0", "chemo-aplasia")
        desk.activate(conn, [top], act=act(now), from_at=now)
        assert protocols.active_texts(conn, now)[NAME] == shipped_texts()[NAME]
        base = signed(conn, "9.1.0")
        with pytest.raises(life.Refused, match="signed over another text"):
            desk.activate(conn, [base], act=act(now), from_at=now)
        newer = signed(conn, "9.2.0", "chemo-aplasia", over=(base,))
        desk.activate(conn, [base, newer], act=act(now), from_at=now + HOUR)
        texts = protocols.active_texts(conn, now + HOUR)
        assert library(texts).protocols["chemo-aplasia"].digest == shelf.books(conn)[newer].digest


ACTIVE = "UPDATE protocol_version SET state = 'active', active_from = now()"


def test_the_database_itself_refuses_what_must_not_be(database_url: str) -> None:
    now = world.now()
    with connection.connect(database_url) as conn:
        first, second = signed(conn, "9.1.0"), signed(conn, "9.2.0")
        draft = desk.draft(conn, "new.toml", new_text("9.3.0"), act=act())
        conn.commit()
        desk.activate(conn, [first], act=act(now), from_at=now)
        conn.commit()
        statements = [
            (f"{ACTIVE} WHERE version = '9.2.0'", "protocol_one_active"),
            (f"{ACTIVE} WHERE version = '9.3.0'", "every signature"),
            ("UPDATE protocol_version SET text = 'x' WHERE version = '9.1.0'", "never edited"),
            ("DELETE FROM protocol_version WHERE version = '9.3.0'", "never edited"),
            ("UPDATE protocol_signature SET actor = 'x'", "append-only"),
            ("DELETE FROM protocol_move", "append-only"),
        ]  # fmt: skip
        for statement, named in statements:
            with pytest.raises(psycopg.errors.IntegrityError, match=named):
                conn.execute(statement.encode())
            conn.rollback()
        with pytest.raises(psycopg.errors.ForeignKeyViolation):
            conn.execute(
                "INSERT INTO protocol_signature VALUES (%s, '9.3.0', 'physician', 'doc1', %s, now())", (NAME, "0" * 64)
            )
        conn.rollback()
        assert shelf.books(conn)[draft.ref].state == "draft"
        assert second in shelf.books(conn)


@pytest.fixture
def console(url: str) -> Iterator[world.Served]:
    with world.served(url) as found:
        yield found


def test_the_way_to_active_on_the_console(console: world.Served, url: str) -> None:
    with connection.connect(url) as conn:
        made = desk.draft(conn, "new.toml", new_text("9.1.0"), act=act())
    for name in SIGNERS.values():
        with console.client(name) as client:
            assert client.get(f"/api/protocols/{made.ref}").json()["text"] == new_text("9.1.0")
            answer = client.post(f"/api/protocols/{made.ref}/signatures", json={"digest": made.digest})
            assert answer.status_code == 201, answer.text
    assert answer.json()["state"] == "signed"
    with console.client("doc1") as client:
        again = client.post(f"/api/protocols/{made.ref}/signatures", json={"digest": made.digest})
        assert (again.status_code, again.json()["errors"][0]["field"]) == (409, made.ref)
        activated = client.post("/api/protocols/activations", json={"versions": [made.ref], "from": None})
        assert activated.status_code == 201, activated.text
        assert client.get(f"/api/protocols/{NAME}").json()["standing"].startswith("active since")
        rows = client.get("/api/protocols").json()["protocols"]
        assert {row["id"]: row["standing"] for row in rows if row["in_force"]}["chemo-aplasia"] == shelf.DEFAULT
        came = next(row["version"] for row in rows if row["id"] == NAME and row["origin"] == "shipped")
        compared = client.get("/api/protocols/compare", params={"from": f"{NAME}@{came}", "to": made.ref}).json()
        assert compared["changes"] == []
        retired = client.post("/api/protocols/retirements", json={"versions": [made.ref], "reason": "wrong"})
        assert retired.status_code == 201


def test_a_second_physician_and_another_digest_are_refused(console: world.Served, url: str) -> None:
    with connection.connect(url) as conn:
        made = desk.draft(conn, "new.toml", new_text("9.1.0"), act=act())
    path = f"/api/protocols/{made.ref}/signatures"
    with console.client("doc1") as client:
        other = client.post(path, json={"digest": "0" * 64})
        assert (other.status_code, other.json()["errors"][0]["field"]) == (409, "digest")
        assert client.post(path, json={"digest": "short"}).status_code == 422
        assert client.post(path, json={"digest": made.digest}).status_code == 201
        absent = client.post("/api/protocols/x@1/signatures", json={"digest": made.digest})
        assert absent.status_code == 404
        unsigned = client.post("/api/protocols/activations", json={"versions": [made.ref]})
        assert unsigned.status_code == 409
    with console.client("doc2") as client:
        answer = client.post(path, json={"digest": made.digest})
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (409, "role")


@pytest.mark.parametrize(("name", "statuses"), [
    ("nurse1", (200, 403, 403)), ("op1", (403, 403, 403)), ("aud1", (200, 403, 403)), ("co1", (200, 403, 409)),
    ("pha1", (200, 404, 403)),
])  # fmt: skip
def test_who_may_see_sign_and_activate(console: world.Served, name: str, statuses: tuple[int, int, int]) -> None:
    with console.client(name) as client:
        answers: list[httpx.Response] = [
            client.get("/api/protocols"),
            client.post("/api/protocols/x@1/signatures", json={"digest": "0" * 64}),
            client.post("/api/protocols/activations", json={"versions": ["x@1"]}),
        ]
    assert tuple(answer.status_code for answer in answers) == statuses


def test_limits_of_a_site_have_bounds_and_a_history(vigie: Vigie, url: str, tmp_path: Path) -> None:
    file = tmp_path / "limits.json"
    for limits in ({"8867-4": {"high": 125}}, {"8867-4": {"high": 130, "low": 45}}):
        file.write_text(json.dumps(limits))
        vigie.good("site", "limits", "paris", str(file), "--reason", "agreed")
    with connection.connect(url) as conn:
        assert protocols.site_limits(conn) == {"paris": {"8867-4": {"high": 130, "low": 45}}}
    shown = json.loads(vigie.good("site", "limits", "paris"))
    assert [row["version"] for row in shown["history"]] == [2, 1]
    for bad, named in (
        ({"8867-4": {"high": 1000}}, "8867-4"), ({"8867-4": {}}, "expected low, high"), ({"x": {"low": 1}}, "x"),
        ({"8867-4": {"low": 90, "high": 80}}, "8867-4"), ([], "expected an object"),
    ):  # fmt: skip
        file.write_text(json.dumps(bad))
        result = vigie("site", "limits", "paris", str(file))
        assert (result.exit_code, named in result.stderr) == (2, True), result.output
    assert vigie("site", "limits", "nowhere").exit_code == 1
    with connection.connect(url) as conn:
        assert len(protocols.site_limit_history(conn, "paris")) == 2


def set_plan(url: str, patient: str, plan: dict[str, Any]) -> None:
    """A care plan as stored."""
    with connection.connect(url) as conn:
        registry.add_plan(conn, patient, plan, set_by="doc1", set_at=world.now())


def test_limits_that_would_make_a_patient_s_plan_unusable_are_refused(vigie: Vigie, url: str, tmp_path: Path) -> None:
    """A low limit of the site above the patient's own high one: the patient would be left to the default plan."""
    set_plan(url, "P1", {"limits": {"8867-4": {"high": 100}}})
    file = tmp_path / "limits.json"
    file.write_text(json.dumps({"8867-4": {"low": 101}}))
    result = vigie("site", "limits", "paris", str(file))
    assert (result.exit_code, "P1: limits.8867-4: expected low below high" in result.stderr) == (2, True), result.output
    vigie.good("site", "limits", "lyon", str(file))
    with connection.connect(url) as conn:
        assert list(protocols.site_limits(conn)) == ["lyon"]
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps({"limits": {"8867-4": {"high": 100}}}))
    refused = vigie("plan", "set", "L1", str(plan))
    assert (refused.exit_code, "8867-4: expected low below high" in refused.stderr) == (2, True), refused.output


def test_a_change_that_would_leave_a_patient_without_a_usable_plan_is_refused(url: str) -> None:
    """A protocol of the hub's own that a plan follows is not retired under it."""
    now = world.now()
    own = 'id = "own"\nversion = "1"\nextends = "vital-signs"\nsign_off = "x"\ntitle = { fr = "x", en = "x" }\n'
    with connection.connect(url) as conn:
        made = desk.draft(conn, "own.toml", own, act=act())
        for role in made.asked:
            desk.sign(conn, made.ref, act=act(role=role), digest=made.digest)
        desk.activate(conn, [made.ref], act=act(now), from_at=now)
    set_plan(url, "P2", {"protocol": "own"})
    with connection.connect(url) as conn:
        with pytest.raises(life.Refused, match=r"plans: expected every care plan to be usable: P2: protocol: expected"):
            desk.retire(conn, [made.ref], act=act(now + HOUR))
        conn.rollback()
        assert protocols.active_texts(conn, now + HOUR)["own"] == own


def test_limits_of_a_site_on_the_console(console: world.Served) -> None:
    body = {"limits": {"8867-4": {"high": 125}}, "reason": "agreed"}
    with console.client("doc1") as client:
        assert client.put("/api/sites/paris/limits", json=body).json()["limits"] == body["limits"]
        assert client.put("/api/sites/lyon/limits", json=body).status_code == 404
        assert client.put("/api/sites/paris/limits", json={**body, "reason": " \u200b"}).status_code == 422
        ended = client.post("/api/protocols/retirements", json={"versions": [NAME], "reason": "."})
        assert (ended.status_code, ended.json()["errors"][0]["field"]) == (422, "reason")
        wrong = client.put("/api/sites/paris/limits", json={**body, "limits": {"8867-4": {"high": "125"}}})
        assert (wrong.status_code, "8867-4.high" in wrong.text) == (422, True)
    with console.client("nurse1") as client:
        assert client.put("/api/sites/paris/limits", json=body).status_code == 403
        history = client.get("/api/sites/paris/limits").json()["history"]
        assert [(row["by"], row["reason"]) for row in history] == [("doc1", "agreed")]


HALF_A_LETTER = "\\ud800"  # as JSON spells it


@pytest.mark.parametrize("limits", [
    '{"8867-4": {"high": 1' + "0" * 400 + "}}", '{"8867-4": {"high": NaN}}', '{"' + HALF_A_LETTER + '": {"high": 100}}',
])  # fmt: skip
def test_limits_that_no_column_can_keep_are_refused(console: world.Served, limits: str) -> None:
    with console.client("doc1") as client:
        client.headers["content-type"] = "application/json"
        answer = client.put("/api/sites/paris/limits", content=f'{{"limits": {limits}, "reason": "r"}}')
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "limits")


def test_what_cannot_be_written_is_named_and_refused(console: world.Served) -> None:
    with console.client("doc1") as client:
        client.headers["content-type"] = "application/json"
        answer = client.post("/api/protocols/activations", content=f'{{"versions": ["{HALF_A_LETTER}"]}}')
        assert (answer.status_code, answer.json()["errors"][0]["field"]) == (422, "versions[0]")
        answer = client.post("/api/protocols/activations", content=f'{{"{HALF_A_LETTER}": 1}}')
        assert answer.status_code == 422


def test_the_hub_s_clock_dates_the_moves(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        ref = signed(conn, "9.1.0")
        desk.activate(conn, [ref], act=act(now), from_at=now + HOUR)
        moves = protocols.moves(conn, NAME, "9.1.0")
    assert moves[-1].effective_at == now + HOUR
    assert iso(moves[-1].act.at) == iso(now)
