"""What is signed and active is what judges patients, from its moment on, with the limits of the site and the pauses."""

from typing import Any

import psycopg
import pytest

from alerts import pause_desk
from alerts.protocol import desk, shelf
from alerts.protocol.library import shipped, shipped_texts
from alerts.service import Owner
from domain.alerts import Alert
from domain.instants import DAY, HOUR, MINUTE, Micros, moment
from domain.protocols import Act
from domain.values import Reading
from domain.vocabulary import HEART_RATE, NEUTROPHILS
from storage import connection, pauses, registry
from tests.flow import console_world as world


def act(role: str, at: Micros) -> Act:
    """Somebody."""
    return Act(f"{role}1", role, at)


def own_text() -> str:
    """The shipped vital signs with another bound of the heart rate: 131 becomes 121."""
    text = shipped_texts()["vital-signs"]
    assert text.count("from = 131") == 1
    assert text.count("from = 111") == 1
    return text.replace("from = 131", "from = 121").replace('version = "1', 'version = "77.1', 1)


def sign_all(conn: psycopg.Connection[Any], text: str, at: Micros) -> str:
    """Drafted and signed; its ID@VERSION."""
    made = desk.draft(conn, "own.toml", text, act=act("operator", at))
    for role in made.asked:
        desk.sign(conn, made.ref, act=act(role, at), digest=made.digest)
    return made.ref


def beats(owner: Owner, per_minute: float, at: Micros, patient: str = "P1") -> list[Alert]:
    """The alerts of the heart rate after one reading of it."""
    decided = owner.decide({patient: [Reading(patient, HEART_RATE, per_minute, at, at)]}, at=at)
    decided.adopt()
    return [event.alert for _, event in decided.events if event.alert.rule == "heart-rate"]


@pytest.fixture
def url(plain_database_url: str) -> str:
    """The hospital, whose patients follow `vital-signs`."""
    world.hospital(plain_database_url)
    with connection.connect(plain_database_url) as conn:
        world.add_user(conn, "coord1", "coordinator", "paris", "lyon")
        for name in ("doc2", "nurse3"):
            world.add_user(conn, name, "physician" if name == "doc2" else "nurse", "paris", "lyon")
        for patient in ("P1", "P2", "L1"):
            registry.add_plan(conn, patient, {"protocol": "vital-signs"}, set_by="doc1", set_at=world.now() - DAY)
    return plain_database_url


def an_owner(url: str, at: Micros) -> Owner:
    owner = Owner(shipped(), lambda: connection.connect(url))
    owner.load(at)
    return owner


def renew(owner: Owner, url: str, at: Micros) -> None:
    """What the hub does at each step."""
    with connection.connect(url) as conn:
        decided = owner.actions(conn, at=at)
        if decided is not None:
            decided.write(conn)
            decided.adopt()


def test_a_signed_version_judges_from_its_moment_on_in_a_running_hub(url: str) -> None:
    now = world.now()
    owner = an_owner(url, now)
    [before] = beats(owner, 125, now)
    assert (before.severity, before.protocol_digest) == ("medium", shipped().protocols["vital-signs"].digest)
    with connection.connect(url) as conn:
        ref = sign_all(conn, own_text(), now)
        digest = shelf.books(conn)[ref].digest
        desk.activate(conn, [ref], act=act("physician", now), from_at=now + HOUR)
    renew(owner, url, now + 30 * MINUTE)
    [still] = beats(owner, 125, now + 30 * MINUTE, "P2")
    assert (still.severity, still.protocol_version) == ("medium", before.protocol_version)
    renew(owner, url, now + HOUR + MINUTE)
    [after] = beats(owner, 125, now + HOUR + MINUTE, "L1")
    assert (after.severity, after.protocol, after.protocol_version[:4]) == ("high", "vital-signs", "77.1")
    assert after.protocol_digest == digest
    restarted = an_owner(url, now + HOUR + 2 * MINUTE)
    assert restarted.states["P1"].compiled.protocol.digest == digest


def test_a_site_s_limit_counts_for_its_patients_alone(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        desk.set_limits(conn, "paris", {HEART_RATE: {"high": 105}}, act=act("physician", now))
    owner = an_owner(url, now)
    [alert] = beats(owner, 108, now)
    assert (alert.criterion, alert.severity) == ("plan-high", "high")
    assert beats(owner, 108, now, "L1") == []


def test_a_pause_rests_the_rules_and_they_resume_by_themselves(url: str) -> None:
    now = world.now()
    owner = an_owner(url, now)
    with connection.connect(url) as conn:
        wish = pauses.Set("P1", "ward", now - MINUTE, now + HOUR, "surgery")
        pause_desk.put(conn, wish, act=act("physician", now))
    renew(owner, url, now + MINUTE)
    assert beats(owner, 150, now + 2 * MINUTE) == []
    assert len(beats(owner, 150, now + 2 * MINUTE, "P2")) == 1
    assert len(beats(owner, 150, now + HOUR)) == 1


def lower_fever(conn: psycopg.Connection[Any], now: Micros) -> None:
    """A version in which a heart rate of 105 is too high, active from an hour on."""
    text = shipped_texts()["vital-signs"]
    ref = sign_all(conn, text.replace("from = 111", "from = 101").replace('version = "1', 'version = "78.1', 1), now)
    desk.activate(conn, [ref], act=act("physician", now), from_at=now + HOUR)


def told(owner: Owner, url: str, at: Micros) -> list[str]:
    """Patients whose heart rate alerts once the hub has looked at what people did."""
    with connection.connect(url) as conn:
        decided = owner.actions(conn, at=at)
        if decided is None:
            return []
        decided.write(conn)
        decided.adopt()
        return sorted(event.alert.patient for _, event in decided.events if event.alert.rule == "heart-rate")


def stored_beat(conn: psycopg.Connection[Any], patient: str, per_minute: float, at: Micros) -> None:
    """A reading that was judged and stored."""
    conn.execute(
        """INSERT INTO reading (patient, code, value, measured_at, received_at, quality, by, device, boot, seq, idx)
           VALUES (%s, %s, %s, %s, %s, 'ok', 'device', 'd', 'b', 1, 0)""",
        (patient, HEART_RATE, per_minute, moment(at), moment(at)),
    )


def test_a_protocol_that_becomes_active_while_the_hub_is_away_judges_what_is_there(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        lower_fever(conn, now)
        stored_beat(conn, "P1", 105, now)
    owner = an_owner(url, now + HOUR)
    assert told(owner, url, now + HOUR) == ["P1"]
    assert told(an_owner(url, now + HOUR + MINUTE), url, now + HOUR + MINUTE) == []


def test_new_rules_whose_commit_failed_come_again(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        lower_fever(conn, now)
        stored_beat(conn, "P1", 105, now)
    owner = an_owner(url, now)
    assert told(owner, url, now) == []
    with connection.connect(url) as conn:
        assert owner.actions(conn, at=now + HOUR + MINUTE) is not None  # and the database goes away
    found = [told(owner, url, now + HOUR + MINUTE + n) for n in range(1, 6)]
    assert [each for each in found if each] == [["P1"]]


def test_a_dose_of_long_ago_is_known_after_a_restart(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        conn.execute(
            """INSERT INTO given (patient, kind, name, given_at, received_at, by, device, boot, seq, idx)
               VALUES ('P1', 'chemotherapy', 'teclistamab', %s, %s, 'nurse', 'd', 'b', 1, 0)""",
            (moment(now - 30 * DAY), moment(now - 30 * DAY)),
        )
    assert an_owner(url, now).states["P1"].doses == (now - 30 * DAY,)


def test_more_counts_than_a_stream_keeps_are_known_after_a_restart(url: str) -> None:
    now = world.now()
    with connection.connect(url) as conn:
        for day in range(10):
            conn.execute(
                """INSERT INTO reading (patient, code, value, measured_at, received_at, quality, by, device, boot,
                       seq, idx) VALUES ('P1', %s, 1.5, %s, %s, 'ok', 'device', 'lab', 'b', %s, 0)""",
                (NEUTROPHILS, moment(now - day * DAY), moment(now - day * DAY), day + 1),
            )
    assert len(an_owner(url, now).states["P1"].counts) == 10
