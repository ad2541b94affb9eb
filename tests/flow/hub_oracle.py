"""What must be true of the database after any fault: ledger against messages against readings, truth against alerts.

Nothing lost, nothing twice, nothing changed on the way; every alert the fold of its events and true of the readings.
"""

import json
from collections import defaultdict
from itertools import groupby
from typing import Any

import msgspec
from msgspec import Struct

from alerts import lifecycle
from alerts.core.state import PatientState, new_state
from alerts.engine import step
from alerts.protocol.library import shipped
from domain.alerts import AlertEvent
from domain.instants import micros
from domain.values import Reading
from domain.vocabulary import MEASURES
from storage import alerts as alert_rows
from storage import history
from storage.connection import Connection
from tests.flow.hub_world import SITE, Trial
from vigie import oracle


def check(trial: Trial) -> dict[str, int]:
    """Raises AssertionError naming the first promise that is broken. How much was looked at."""
    with trial.world.connect() as conn:
        return judge(conn, trial)


class Broken(Struct, frozen=True):
    """How often each promise was broken: messages lost, rows stored twice, true conditions without an alert."""

    sent: int
    truths: int
    lost: int
    twice: int
    missed: int


def count(trial: Trial) -> Broken:
    """Counts, asserts nothing."""
    with trial.world.connect() as conn:
        verdict = _compared(conn, trial)
        row = conn.execute(
            """SELECT (SELECT count(*) - count(DISTINCT (device, boot, seq)) FROM message)
                    + (SELECT count(*) - count(DISTINCT (device, boot, seq, idx)) FROM reading)"""
        ).fetchone()
    assert row is not None
    return Broken(verdict.sent, verdict.truths, len(verdict.lost), row[0], len(verdict.missed))


def _compared(conn: Connection, trial: Trial) -> oracle.Verdict:
    files = trial.folder / "ledger.jsonl", trial.folder / "truth.jsonl"
    return oracle.compare(conn, *files, upto=trial.world.clock.now())


def judge(conn: Connection, trial: Trial) -> dict[str, int]:
    """The same, of what one connection sees."""
    verdict = _compared(conn, trial)
    assert verdict.lost == ()
    assert verdict.missed == ()
    readings = _readings(conn, trial)
    _refusals(conn, trial)
    events = check_alerts(conn)
    for patient, plan in trial.plans.items():
        _agrees_with_readings(conn, patient, plan)
    return {"sent": verdict.sent, "truths": verdict.truths, "readings": readings, "events": events}


def ledger(trial: Trial) -> list[dict[str, Any]]:
    """The ledger's lines, each message once."""
    rows = [json.loads(row) for row in (trial.folder / "ledger.jsonl").read_text("utf-8").splitlines()]
    return list({(row["device"], row["boot"], row["seq"]): row for row in rows if "seq" in row}.values())


def _readings(conn: Connection, trial: Trial) -> int:
    """Every good message is stored as it was sent, with each of its values once; nothing else is stored."""
    others = ["console", *trial.others]
    good = {(row["device"], row["boot"], row["seq"]): row for row in ledger(trial) if row["kind"] == "good"}
    stored = {
        (device, boot, seq): (bytes(digest).hex(), refused)
        for device, boot, seq, digest, refused in conn.execute(
            "SELECT device, boot, seq, sha256, refused FROM message WHERE device <> ALL (%s)", (others,)
        )
    }
    assert {key: stored.get(key) for key in good} == {key: (row["sha256"], False) for key, row in good.items()}
    counted = {
        (device, boot, seq): (count, distinct, highest)
        for device, boot, seq, count, distinct, highest in conn.execute(
            "SELECT device, boot, seq, count(*), count(DISTINCT idx), max(idx) + 1 FROM reading"
            " WHERE device <> ALL (%s) GROUP BY 1, 2, 3",
            (others,),
        )
    }
    assert counted == {key: (row["obs"],) * 3 for key, row in good.items() if row["obs"]}
    return sum(row["obs"] for row in good.values())


def _refusals(conn: Connection, trial: Trial) -> None:
    """Every bad message is in quarantine once a fault, with the reason that was meant."""
    found: dict[str, set[str]] = defaultdict(set)
    for digest, reason in conn.execute("SELECT sha256, reason FROM rejected"):
        found[bytes(digest).hex()].add(reason)
    bad = [row for row in ledger(trial) if row["kind"] == "bad"]
    assert [row for row in bad if row["reason"] not in found.get(row["sha256"], ())] == []
    twice = conn.execute(
        "SELECT device, boot, seq, path FROM rejected GROUP BY 1, 2, 3, 4, topic, sha256 HAVING count(*) > 1"
    )
    assert twice.fetchall() == []
    assert found.keys() == {row["sha256"] for row in bad}


def check_alerts(conn: Connection) -> int:
    """Every alert is the fold of its events, has its deadlines as rows, and is the only open one of its rule."""
    _one_open(conn)
    _timers(conn)
    return _events(conn)


def _events(conn: Connection) -> int:
    """Each alert's events are legal moves, numbered without hole, and the alert is as the last one left it."""
    rows = conn.execute("SELECT alert, kind, version, state, at, body FROM alert_event ORDER BY id").fetchall()
    told: dict[str, AlertEvent] = {}
    for alert, kind, version, state, at, body in rows:
        event = msgspec.convert(body, AlertEvent)
        assert (event.alert.id, event.kind, event.alert.version, event.alert.state) == (alert, kind, version, state)
        assert event.at == micros(at)
        if kind == "refused":
            continue
        before = told.get(alert)
        assert version == (1 if before is None else before.alert.version + 1), (alert, kind, version)
        assert lifecycle.allowed(None if before is None else before.alert.state, kind), (alert, before, kind)
        told[alert] = event
    names = {row[0] for row in conn.execute("SELECT id FROM alert")}
    assert names == set(told)
    for name, event in told.items():
        assert alert_rows.by_id(conn, name) == event.alert
    return len(rows)


def _one_open(conn: Connection) -> None:
    twice = conn.execute("SELECT patient, rule FROM alert WHERE state <> 'closed' GROUP BY 1, 2 HAVING count(*) > 1")
    assert twice.fetchall() == []


def _timers(conn: Connection) -> None:
    """The deadlines kept as rows are those of the alerts that are not closed."""
    kept = set(conn.execute("SELECT patient, rule, kind, due_at FROM timer").fetchall())
    due = conn.execute(
        "SELECT patient, rule, 'escalation', escalation_next_at FROM alert"
        " WHERE state <> 'closed' AND escalation_next_at IS NOT NULL"
        " UNION ALL SELECT patient, rule, 'snooze', snoozed_until FROM alert"
        " WHERE state <> 'closed' AND snoozed_until IS NOT NULL"
    ).fetchall()
    assert kept == set(due)


def recomputed(conn: Connection, patient: str, plan: dict[str, Any]) -> PatientState:
    """The engine over everything that is stored of a patient, in the order of measurement."""
    row = conn.execute("SELECT created_at FROM patient WHERE id = %s", (patient,)).fetchone()
    assert row is not None
    since = micros(row[0])
    state = new_state(patient, SITE, plan, shipped(), set_at=since, watched_from=since)
    stored = history.around(conn, patient, sorted(MEASURES), since=0, before=0, most=1_000_000)
    for _, message in groupby(sorted(stored, key=_of_message), key=lambda found: _of_message(found)[:4]):
        state, _ = step(state, list(message), shipped())
    return state


def _of_message(found: Reading) -> tuple[Any, ...]:
    """Time, message, place in it: values of one message and time are judged together."""
    origin = found.origin
    assert origin is not None
    return (found.measured_at, origin.device, origin.boot, origin.seq, found.index)


def _agrees_with_readings(conn: Connection, patient: str, plan: dict[str, Any]) -> None:
    """Promise 4: the conditions alerted live are those of the whole data, whatever order they came in.

    Only what somebody closed may be missing; here the tests close nothing of these patients.
    """
    state = recomputed(conn, patient, plan)
    # a refusal without a readable number has no identity: delivered again, it counts again
    ruled = {rule.id for rule in state.compiled.levels if set(rule.codes) <= set(MEASURES)}
    live = {
        rule: micros(at)
        for rule, at in conn.execute(
            "SELECT rule, condition_at FROM alert WHERE patient = %s AND state <> 'pending' AND NOT disproved",
            (patient,),
        )
        if rule in ruled
    }
    whole = {
        rule: alert.condition_at
        for rule, alert in state.alerts.items()
        if rule in ruled and alert.state != "pending" and not alert.disproved
    }
    assert live == whole, patient
