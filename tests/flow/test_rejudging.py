"""What was refused is judged again on a real service: after an assignment, many at once, once, and by its own owner."""

from collections.abc import Iterator, Mapping
from uuid import uuid4

import psycopg
import pytest

from domain.instants import DAY, MINUTE, SECOND, moment
from domain.questionnaire import Book
from ingest import rejudging
from ingest.registry import Device as Worn
from ingest.service import IngestService
from ingest.writer import Tools
from storage import actions, inbox
from storage.connection import connect
from tests.flow.ingest_support import Device, Wiring, count, real_now, register, running, until
from tests.ingest.support import RecordingDecider, payload
from tests.support.broker import Broker


@pytest.fixture
def decider() -> RecordingDecider:
    return RecordingDecider()


@pytest.fixture
def service(database_url: str, broker: Broker, decider: RecordingDecider) -> Iterator[IngestService]:
    register(database_url, {"d1": "P1"})
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO device (id, site, created_at) VALUES ('shelf', 's1', now() - interval '2 days')")
    with running(Wiring(database_url, decider), broker) as found:
        yield found


def assign(url: str, device: str, patient: str) -> None:
    """As a nurse does who had forgotten it."""
    with psycopg.connect(url) as conn:
        conn.execute("INSERT INTO wearing VALUES (%s, %s, %s)", (device, patient, moment(real_now() - DAY)))


def ask(url: str, ids: list[int], site: str = "s1") -> str:
    """File the wish of a person."""
    body = {"refusal": ids[0], "alike": False, "refusals": ids}
    with connect(url) as conn:
        wish = actions.Wish(site, "", "rejudge", body, "nurse1", "nurse", str(uuid4()), real_now())
        action = actions.insert(conn, wish)
        actions.announce(conn, action)
    return str(action)


def outcome(url: str, action: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute(
            "SELECT detail FROM action_inbox WHERE id = %s::uuid AND done_at IS NOT NULL", (action,)
        ).fetchone()
    return row and row[0]


def refused(url: str) -> list[int]:
    with psycopg.connect(url) as conn:
        return [row[0] for row in conn.execute("SELECT id FROM rejected ORDER BY id").fetchall()]


def test_forgotten_and_assigned_later_three_hundred_readings_are_stored_once(
    service: IngestService, database_url: str, broker: Broker, decider: RecordingDecider
) -> None:
    device = Device(broker, "shelf")
    begun = real_now() - 300 * MINUTE
    for seq in range(1, 301):
        device.send(payload(seq, t=begun + seq * MINUTE))
    until(lambda: len(refused(database_url)) == 300)
    ids = refused(database_url)
    first = ask(database_url, ids[:10])
    until(lambda: outcome(database_url, first))
    assert outcome(database_url, first) == {"stored": 0, "refused": 10}
    assert count(database_url, "SELECT count(*) FROM rejected WHERE again_said LIKE 'unassigned%'") == 10
    assign(database_url, "shelf", "P1")
    one, two = ask(database_url, ids), ask(database_url, ids[::-1])
    until(lambda: outcome(database_url, one) and outcome(database_url, two))
    assert outcome(database_url, one) == {"stored": 300, "refused": 0}
    assert outcome(database_url, two) == {"stored": 0, "refused": 0}
    asked = "SELECT count(*), count(DISTINCT (boot, seq)), max(received_at - measured_at) > '4 h' FROM reading"
    assert count(database_url, asked) == (300, 300, True)
    assert count(database_url, "SELECT count(*) FROM message WHERE refused") == 0
    inputs = [value.measured_at for _, value in decider.adopted if hasattr(value, "measured_at")]
    assert len(inputs) == 300
    assert inputs == sorted(inputs)  # as they came, so that an episode is one
    device.close()


def test_what_arrives_meanwhile_is_not_held_up(service: IngestService, database_url: str, broker: Broker) -> None:
    shelf, live = Device(broker, "shelf"), Device(broker, "d1")
    for seq in range(1, 1501):
        shelf.send(payload(seq, t=real_now() - DAY + seq * SECOND))
    until(lambda: len(refused(database_url)) == 1500)
    assign(database_url, "shelf", "P1")
    action = ask(database_url, refused(database_url))
    live.send(payload(1, t=real_now()))
    until(lambda: b'"upto":1' in (live.last("ack") or b""), within=5)
    done = outcome(database_url, action)
    until(lambda: outcome(database_url, action), within=60)
    assert outcome(database_url, action) == {"stored": 1500, "refused": 0}
    assert done is None, "the live message was acknowledged before the old ones were done"
    for each in (shelf, live):
        each.close()


class Counting(Wiring):
    """How often the registry was read: the questionnaires come with it each time."""

    reads = 0

    def books(self, _: object, /) -> Mapping[str, Book]:
        self.reads += 1
        return {}


def test_an_action_of_many_cycles_reads_the_registry_once(
    database_url: str, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    cycles: list[str] = []

    def apply(tools: Tools, action: inbox.Waiting, devices: Mapping[str, Worn]) -> bool:
        cycles.append(action.id)
        return applied(tools, action, devices)

    applied = rejudging.apply
    monkeypatch.setattr(rejudging, "apply", apply)
    monkeypatch.setattr(rejudging, "A_CYCLE", 0.001)
    monkeypatch.setattr(rejudging, "AT_ONCE", 5)
    monkeypatch.setattr("ingest.service.REGISTRY_EVERY", 3600.0)  # what is read besides, with or without an action
    register(database_url, {"shelf": "P1"})
    with psycopg.connect(database_url) as conn:
        conn.execute("DELETE FROM wearing")
    wiring = Counting(database_url, RecordingDecider())
    with running(wiring, broker):
        device = Device(broker, "shelf")
        for seq in range(1, 101):
            device.send(payload(seq, t=real_now() - DAY + seq * SECOND))
        until(lambda: len(refused(database_url)) == 100)
        ids, before = refused(database_url), wiring.reads
        first = ask(database_url, ids)
        until(lambda: outcome(database_url, first))
        assert (cycles.count(first) > 5, wiring.reads - before) == (True, 1)
        assign(database_url, "shelf", "P1")
        second = ask(database_url, ids)
        until(lambda: outcome(database_url, second))
        assert outcome(database_url, second) == {"stored": 100, "refused": 0}
        assert (cycles.count(second) > 5, wiring.reads - before) == (True, 2)
        device.close()


def test_a_mistake_of_the_decider_stores_it_without_a_decision(
    service: IngestService, database_url: str, broker: Broker, decider: RecordingDecider
) -> None:
    device = Device(broker, "shelf")
    device.send(payload(1, t=real_now()))
    until(lambda: refused(database_url))
    assign(database_url, "shelf", "P1")
    decider.broken_for = "P1"
    action = ask(database_url, refused(database_url))
    until(lambda: outcome(database_url, action))
    assert outcome(database_url, action) == {"stored": 1, "refused": 0}
    assert count(database_url, "SELECT count(*) FROM reading") == 1
    device.close()


def test_what_belongs_to_another_owner_is_left_to_it(database_url: str) -> None:
    """Two ingest groups: each takes what people did to the patients of its own sites, and nothing of the other's."""
    register(database_url, {"d1": "P1"})
    register(database_url, {"d2": "P2"}, site="s2")
    for site in ("s1", "s2"):
        ask(database_url, [1], site)
    with connect(database_url) as conn:
        sites = [
            [row.site for row in inbox.waiting(conn, ("rejudge",), 9, sites=mine)] for mine in (("s2",), ("s1",), ())
        ]
    assert sites == [["s2"], ["s1"], ["s1", "s2"]]


def test_a_service_of_one_site_leaves_the_wishes_of_another(database_url: str, broker: Broker) -> None:
    register(database_url, {"d1": "P1"})
    register(database_url, {"d2": "P2"}, site="s2")
    with running(Wiring(database_url, RecordingDecider()), broker, sites=("s1",)):
        theirs, mine = ask(database_url, [1], "s2"), ask(database_url, [1], "s1")
        until(lambda: outcome(database_url, mine))
        assert outcome(database_url, theirs) is None
