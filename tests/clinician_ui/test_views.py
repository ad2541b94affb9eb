"""Views are pure: the interface's names, instants with Z, text that cannot deceive."""

import msgspec
import pytest

from clinician_ui import views
from domain.alerts import Alert, AlertEvent, Escalation, Pause
from storage.feed import FeedEvent
from tests.flow.console_world import an_alert

AT = 1_795_326_602_123_000  # 2026-11-22T05:50:02.123Z

# fmt: off
NAMES = {
    "id", "patient", "rule", "protocol", "protocol_version", "category", "severity", "state", "late", "opened_at",
    "condition_from", "condition_to", "reason", "evidence", "assignee", "escalation", "version",
    "clause", "cause", "place",
}
# fmt: on


def test_an_alert_has_the_names_of_the_interface() -> None:
    alert = an_alert("P1", at=AT, condition_to=AT + 60_000_000, escalation=Escalation(1, AT))
    shown = views.alert_json(alert, "paris")
    assert set(shown) >= NAMES
    assert shown["condition_from"] == "2026-11-22T05:50:02.123Z"
    assert shown["condition_to"] == "2026-11-22T05:51:02.123Z"
    assert shown["escalation"] == {"step": 1, "next_at": "2026-11-22T05:50:02.123Z"}
    assert set(shown["reason"]) == {"fr", "en"}
    evidence = shown["evidence"][0]
    assert (evidence["value"], evidence["corrected"], evidence["limit"]) == (38.4, 38.9, "≥ 38.3 Cel")
    assert evidence["body_site"] == {"id": "axilla", "fr": "axillaire", "en": "axilla"}


def test_an_event_is_read_back_from_what_is_stored() -> None:
    event = AlertEvent("acknowledged", AT, an_alert("P1", at=AT), actor="doc1", note="calling", action="a1")
    stored = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(event)))
    frame = views.event_json(FeedEvent(7, "P1-1", "P1", "paris", "acknowledged", AT, stored))
    assert (frame["kind"], frame["actor"], frame["note"], frame["action"]) == (
        "alert.acknowledged",
        "doc1",
        "calling",
        "a1",
    )
    assert frame["alert"] == views.alert_json(event.alert, "paris")


def test_an_alert_says_what_it_is_shown_with_and_the_clause_it_follows() -> None:
    alert = an_alert("P1", at=AT, clause="chemo-aplasia/fever", cause="fever", place=2)
    shown = views.alert_json(alert, "paris")
    assert (shown["clause"], shown["cause"], shown["place"]) == ("chemo-aplasia/fever", "fever", 2)
    frame = views.event_json(_stored("eased", msgspec.structs.replace(alert, severity="medium")))
    assert frame["kind"] == "alert.eased"
    assert (frame["alert"]["cause"], frame["alert"]["severity"]) == ("fever", "medium")


def test_an_alert_stored_before_causes_were_known_is_read() -> None:
    old = msgspec.to_builtins(AlertEvent("opened", AT, an_alert("P1", at=AT)))
    for name in ("clause", "cause", "place"):
        del old["alert"][name]
    shown = views.event_json(FeedEvent(7, "P1-1", "P1", "paris", "opened", AT, old))["alert"]
    assert (shown["clause"], shown["cause"], shown["place"]) == ("", "", 99)


def _stored(kind: str, alert: Alert) -> FeedEvent:
    body = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(AlertEvent(kind, AT, alert))))
    return FeedEvent(7, alert.id, alert.patient, "paris", kind, AT, body)


def test_the_pause_of_now_is_shown_and_no_other() -> None:
    stay = Pause("3", "ward", AT, AT + 10, "surgery", "doc1", AT - 5)
    later = Pause("4", "end", AT + 20, None, "over", "doc1", AT)
    assert views.pause_now_json([stay, later], AT - 1) is None
    now = views.pause_now_json([stay, later], AT)
    assert now is not None
    assert (now["id"], now["kind"], now["reason"], now["by"]) == ("3", "ward", "surgery", "doc1")
    assert views.pause_now_json([stay, later], AT + 10) is None
    endless = views.pause_now_json([stay, later], AT + 20)
    assert endless is not None
    assert endless["until"] is None


def test_a_body_that_cannot_be_read_does_not_stop_the_feed() -> None:
    frame = views.event_json(FeedEvent(7, "P1-1", "P1", "paris", "opened", AT, {"kind": "opened"}))
    assert (frame["alert"], frame["alert_id"]) == (None, "P1-1")


@pytest.mark.parametrize(
    ("code", "value", "text"),
    [
        ("8310-5", 38.4, "38.4"),
        ("8310-5", 37, "37.0"),
        ("8310-5", 38.25, "38.25"),
        ("8867-4", 84, "84"),
        ("26499-4", 0.4, "0.40"),
        ("80288-4", 2.0, "V"),
        ("unknown", 1.5, "1.5"),
        ("8867-4", 100, "100"),
    ],
)
def test_a_value_keeps_the_digits_that_matter(code: str, value: float, text: str) -> None:
    assert views.value_text(code, value) == text


def test_what_came_from_outside_is_made_printable() -> None:
    assert views.printable(b"ok \xc3\xa9") == "ok é"
    assert views.printable(b"\x1b[31m\x00\xff") == "\\u{1b}[31m\\u{0}\\xff"
    assert views.printable("\u202egnp".encode()) == "\\u{202e}gnp"
