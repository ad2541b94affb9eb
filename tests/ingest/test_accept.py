"""Every reason of the interface, every clock, and: nothing that a device can send makes `accept` raise."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from msgspec import structs

from domain.alerts import ClockFault, DeviceNote
from domain.instants import DAY, HOUR, MINUTE, Micros, iso
from domain.values import Origin, Reason, Rejected
from ingest.accept import Accepted, Gone, accept
from ingest.batch import Item
from ingest.buffer import LIVE, Delivery
from ingest.oddities import cleared, conflict, presence
from ingest.registry import Device, Worn
from tests.ingest.support import DEVICES, NOW, TEMPERATURE, message, payload

TOPIC = "vigie/1/s1/d1/obs"


def judged(raw: bytes, topic: str = TOPIC, *, at: Micros = NOW) -> Accepted | Rejected:
    return accept(raw, topic, received_at=at, devices=DEVICES)


def good(raw: bytes, topic: str = TOPIC, *, at: Micros = NOW) -> Accepted:
    found = judged(raw, topic, at=at)
    assert isinstance(found, Accepted), found
    return found


def observed(**entry: Any) -> list[tuple[str, str]]:
    found = judged(payload(obs=[TEMPERATURE, {**TEMPERATURE, **entry}]))
    assert isinstance(found, Accepted)
    assert len(found.readings) == 1
    return [(one.reason.value, one.path) for one in found.rejected]


def test_a_plain_reading() -> None:
    one = good(payload(obs=[{**TEMPERATURE, "site": "axillary", "method": "ir"}], toff=-1.5)).readings[0]
    assert (one.patient, one.code, one.value, one.body_site, one.method) == ("P2", "8310-5", 38.4, "axilla", "ir")
    assert one.measured_at == NOW + 1_500_000
    assert (one.quality, one.sent, one.index) == ("ok", None, 0)


def test_units_and_synonyms_are_brought_to_one_form_and_the_original_is_kept() -> None:
    one = good(payload(obs=[{"c": "8328-7", "v": 101.12, "u": "[degF]"}])).readings[0]
    assert (one.code, one.body_site, one.sent) == ("8310-5", "axilla", "8328-7 101.12 [degF]")
    assert one.value == pytest.approx(38.4)


@pytest.mark.parametrize(
    ("entry", "reason", "path"),
    [
        ({"c": "1-1"}, "unknown_code", "obs[1].c"),
        ({"u": "K"}, "unknown_unit", "obs[1].u"),
        ({"u": ""}, "unknown_unit", "obs[1].u"),
        ({"v": 29.9}, "implausible", "obs[1].v"),
        ({"v": 43.1}, "implausible", "obs[1].v"),
        ({"v": 1e308, "u": "[degF]"}, "implausible", "obs[1].v"),
        ({"v": None}, "malformed", "obs[1].v"),
        ({"v": "38"}, "malformed", "obs[1].v"),
        ({"v": True}, "malformed", "obs[1].v"),
        ({"c": "80288-4", "v": None, "u": ""}, "malformed", "obs[1].s"),
        ({"c": "80288-4", "v": 1, "u": ""}, "malformed", "obs[1].s"),
        ({"c": "80288-4", "v": None, "s": "A", "u": "%"}, "unknown_unit", "obs[1].u"),
        ({"t": iso(NOW - 5 * DAY + HOUR)}, "unassigned", "obs[1]"),
    ],
)
def test_a_bad_entry_is_refused_by_itself(entry: dict[str, Any], reason: str, path: str) -> None:
    assert observed(**entry) == [(reason, path)]


def test_values_beyond_any_number_are_not_finite() -> None:
    raw = payload(obs=[TEMPERATURE, {**TEMPERATURE, "v": 7}]).replace(b'"v":7', b'"v":1e400')
    assert [one.reason for one in good(raw).rejected] == [Reason.NOT_FINITE]
    raw = raw.replace(b"1e400", b"1" + b"0" * 400)
    assert [one.reason for one in good(raw).rejected] == [Reason.NOT_FINITE]
    flow = payload(obs=[TEMPERATURE, {"c": "59408-5", "v": 1e308, "u": "1"}])
    assert [one.reason for one in good(flow).rejected] == [Reason.NOT_FINITE]


def test_bounds_are_inclusive_and_unusual_values_are_questioned() -> None:
    values = (30.0, 33.9, 34.0, 42.0, 42.1, 43.0)
    readings = good(payload(obs=[{**TEMPERATURE, "v": value} for value in values])).readings
    assert [one.quality for one in readings] == ["question", "question", "ok", "ok", "question", "question"]


def test_consciousness_is_a_letter() -> None:
    readings = good(payload(obs=[{"c": "80288-4", "s": letter} for letter in "ACVPU"])).readings
    assert [one.value for one in readings] == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(
    ("topic", "more", "path"),
    [
        ("vigie/1/s1/nobody/obs", {}, ""),
        ("vigie/1/s2/d1/obs", {}, ""),
        (TOPIC, {"site": "s2"}, "site"),
        (TOPIC, {"device": "d2"}, "device"),
        ("elsewhere", {}, ""),
    ],
)
def test_topic_account_and_content_must_agree(topic: str, more: dict[str, Any], path: str) -> None:
    refused = judged(payload(5, **more), topic)
    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.path, refused.patient) == (Reason.IDENTITY, path, None)
    assert topic == "elsewhere" or (refused.boot, refused.seq) == ("7f3a", 5)


@pytest.mark.parametrize(
    ("raw", "reason", "numbered"),
    [
        (b"", "malformed", False),
        (b"\xff\xfe", "malformed", False),
        (b"[]", "malformed", False),
        (b"[" * 5000, "malformed", False),
        (b'{"v":1}', "malformed", False),
        (payload(3, obs=[]), "malformed", True),
        (payload(3).replace(b'"v":1,', b'"v":2,', 1), "malformed", True),
        (payload(3, by="robot"), "malformed", True),
        (payload(3, rep=[{"q": "d", "i": "x", "s": "y" * 70_000}]), "too_large", False),
        (payload(3).replace(b'"t":"2026', b'"t":"soon'), "malformed", True),
    ],
)
def test_a_message_that_cannot_be_read_is_refused_whole(raw: bytes, reason: str, *, numbered: bool) -> None:
    refused = judged(raw)
    assert isinstance(refused, Rejected)
    assert (refused.reason.value, refused.patient, refused.raw) == (reason, "P2", raw)
    assert (refused.seq is not None) == numbered


def test_worn_by_nobody_is_one_refusal() -> None:
    refused = judged(payload(obs=[TEMPERATURE, TEMPERATURE], t=NOW - 5 * DAY + HOUR))
    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.path, refused.patient) == (Reason.UNASSIGNED, "", None)
    shelf = judged(payload(), "vigie/1/s1/shelf/obs")
    assert isinstance(shelf, Rejected)
    assert (shelf.reason, shelf.patient) == (Reason.UNASSIGNED, None)


def test_late_data_belong_to_who_wore_the_device_then() -> None:
    assert good(payload(t=NOW - 6 * DAY)).readings[0].patient == "P1"


@pytest.mark.parametrize(
    ("t", "toff"),
    [
        (NOW + 10 * MINUTE + 1000, 0),
        (NOW - 11 * DAY, 0),
        (NOW, -601),
        (NOW, 1e300),
        (NOW, -1e305),
        (NOW, 10 * 86400 + 1),
    ],
)
def test_a_wrong_clock_costs_no_reading(t: Micros, toff: float) -> None:
    found = good(payload(t=t, toff=toff))
    one = found.readings[0]
    assert (one.measured_at, one.quality, one.patient) == (NOW, "clock", "P2")
    assert [(fault.patient, fault.device) for fault in found.faults] == [("P2", "d1")]
    assert iso(found.faults[0].claimed_at)


@pytest.mark.parametrize("t", ["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00"])
def test_years_that_no_other_clock_can_hold(t: str) -> None:
    found = good(msgspec.json.encode({**message(), "t": t}))
    assert isinstance(found.faults[0], ClockFault)
    assert iso(found.faults[0].claimed_at)
    dose = {"drug": "c", "state": "taken", "due": t, "at": t}
    taken = good(payload(int=[dose])).intakes[0]
    assert iso(taken.due_at or 0)
    assert taken.taken_at == NOW


def test_ten_minutes_ahead_is_still_right() -> None:
    assert good(payload(t=NOW + 10 * MINUTE)).readings[0].quality == "ok"


def test_an_entry_has_a_time_of_its_own_and_is_repaired_too() -> None:
    readings = good(payload(obs=[TEMPERATURE, {**TEMPERATURE, "t": iso(NOW - HOUR)}], toff=2)).readings
    assert [one.measured_at for one in readings] == [NOW - 2_000_000, NOW - HOUR - 2_000_000]


def test_answers_and_doses() -> None:
    found = good(
        payload(
            rep=[
                {"q": "daily", "i": "pain", "a": "severity", "g": 2},
                {"q": "daily", "i": "x"},
                {"q": "d", "i": "t", "g": 5},
            ],
            by="patient",
            int=[
                {"drug": "cape", "due": iso(NOW - HOUR), "at": iso(NOW - MINUTE), "n": 3, "state": "taken"},
                {"drug": "cape", "state": "skipped"},
                {"drug": "cape", "state": "eaten"},
                {"drug": "cape", "state": "taken", "n": -1},
            ],
        )
    )  # fmt: skip
    assert [(one.item, one.grade, one.by) for one in found.reports] == [("pain", 2, "patient")]
    assert [(one.state, one.taken_at, one.measured_at) for one in found.intakes] == [
        ("taken", NOW - MINUTE, NOW - MINUTE),
        ("skipped", None, NOW),
    ]
    assert sorted((one.reason.value, one.path) for one in found.rejected) == [
        ("implausible", "int[3].n"),
        ("malformed", "int[2].state"),
        ("malformed", "rep[1]"),
        ("malformed", "rep[2].g"),
    ]


def test_what_the_device_says_of_itself() -> None:
    events = [
        {"k": "boot", "prev": "77aa", "last": 412},
        {"k": "battery", "v": 12},
        {"k": "dropped", "boot": "77aa", "from": 40, "to": 52, "why": "outbox full"},
        {"k": "dropped", "from": 9, "to": 3},
        {"k": "battery", "v": 140},
        {"k": "ack?"},
        {"k": "shaken"},
    ]
    found = good(payload(ev=events))
    assert found.link is not None
    assert (found.link.prev, found.link.last, found.asks, found.battery) == ("77aa", 412, True, 12)
    assert list(found.dropped) == [Gone("77aa", 40, 52, "outbox full")]
    assert [note.kind for note in found.notes] == ["boot", "battery", "dropped", "shaken"]
    assert isinstance(found.notes[1], DeviceNote)
    assert [one.path for one in found.rejected] == ["ev[3]", "ev[4].v"]


def test_text_that_no_database_can_hold_is_refused_by_its_path() -> None:
    found = good(payload(rep=[{"q": "d", "i": "a", "s": "fine"}, {"q": "d", "i": "a", "s": "x\x00y"}]))
    assert [one.path for one in found.rejected] == ["rep[1].s"]


@given(st.binary(max_size=300))
def test_any_bytes(raw: bytes) -> None:
    assert isinstance(judged(raw), Rejected)


_letters = st.sampled_from(["a", "1", "é", "\x00", "\ud800", "\U0001f600", '"', "\\", "/"])
_leaf: st.SearchStrategy[Any] = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(_letters, max_size=8),
    st.sampled_from(["8310-5", "Cel", "%", "A", "boot", "dropped", "7f3a", "0001-01-01T00:00:00+23:59", iso(NOW)]),
)  # fmt: skip
_NAMES = "v boot seq t toff by site device obs rep int ev c u s k q i a g n drug state due at from to last prev"
_keys = st.sampled_from(_NAMES.split())
_json = st.recursive(
    _leaf, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_keys, inner, max_size=6), max_leaves=25
)


@settings(max_examples=400)
@given(st.dictionaries(_keys, _json, max_size=6), st.sampled_from(["d1", "shelf", "far", "x"]))
@example({"seq": "\ud800"}, "d1")  # half a letter, which UTF-8 cannot say
def test_any_message_with_anything_in_it(changes: dict[str, Any], device: str) -> None:
    raw = json.dumps({**message(), **changes}).encode("utf-8", "surrogatepass")
    found = judged(raw, f"vigie/1/s1/{device}/obs")
    for one in found.readings if isinstance(found, Accepted) else ():
        assert DEVICES[device].first_at <= one.measured_at <= NOW + 10 * MINUTE  # type: ignore[operator]


def test_a_refused_entry_is_of_who_wore_the_device_at_that_time() -> None:
    bad = {"c": "8310-5", "v": 99, "u": "Cel"}
    for when, patient in ((NOW, "P2"), (NOW - 6 * DAY, "P1"), (NOW + DAY, "P2")):
        assert [one.patient for one in good(payload(obs=[TEMPERATURE, bad], t=when)).rejected] == [patient]
    found = good(payload(obs=[TEMPERATURE, {**TEMPERATURE, "t": iso(NOW - 5 * DAY + HOUR)}]))
    assert [(one.reason, one.patient) for one in found.rejected] == [(Reason.UNASSIGNED, None)]


def test_a_conflict_is_of_who_wore_the_device_at_its_time() -> None:
    for when, patient in ((NOW, "P2"), (NOW - 6 * DAY, "P1"), (NOW + DAY, "P2")):
        raw = payload(t=when)
        item = Item(Delivery(raw, TOPIC, 1, 1, 1, LIVE, NOW), judged(raw))
        assert conflict(item, ("d1", "7f3a", 1)).patient == patient


def test_a_status_that_cannot_be_read_is_of_the_wearer_and_a_cleared_one_is_nothing() -> None:
    status = Delivery(b"{}", "vigie/1/s1/d1/st", 1, 1, 1, LIVE, NOW)
    refused = presence(status, DEVICES)
    assert isinstance(refused, Rejected)
    assert (refused.reason, refused.site, refused.device, refused.patient) == (Reason.MALFORMED, "s1", "d1", "P2")
    assert cleared(structs.replace(status, payload=b""))
    assert not cleared(status)
    assert not cleared(structs.replace(status, payload=b"", topic=TOPIC))


def _app(kind: str) -> dict[str, Device]:
    worn = (Worn("P1", NOW - DAY, None),)
    return {"app-1": Device("app-1", "s1", worn, NOW - DAY, "caregiver", kind == "tablet")}


def test_whoever_enters_is_said_by_the_account_and_never_by_the_message() -> None:
    for said in ("device", "nurse", "patient"):
        found = accept(payload(by=said), "vigie/1/s1/app-1/obs", received_at=NOW, devices=_app("app"))
        assert isinstance(found, Accepted)
        assert [reading.by for reading in found.readings] == ["caregiver"]


def test_a_shared_device_must_say_how_it_was_checked_who_is_measured() -> None:
    for ev in ([], [{"k": "identity"}], [{"k": "identity", "why": "guess"}]):
        body = payload(obs=[TEMPERATURE], ev=ev)
        found = accept(body, "vigie/1/s1/app-1/obs", received_at=NOW, devices=_app("tablet"))
        assert isinstance(found, Rejected)
        assert (found.reason, found.path, found.patient, found.seq) == (Reason.IDENTITY, "ev", "P1", 1)
    body = payload(obs=[TEMPERATURE], ev=[{"k": "identity", "why": "wristband"}])
    good = accept(body, "vigie/1/s1/app-1/obs", received_at=NOW, devices=_app("tablet"))
    assert isinstance(good, Accepted)
    assert (good.identity, len(good.readings), list(good.notes)) == ("wristband", 1, [])
    plain = accept(body, "vigie/1/s1/app-1/obs", received_at=NOW, devices=_app("app"))
    assert isinstance(plain, Accepted)
    assert plain.identity is None


def test_a_device_takes_back_what_it_said_itself_and_a_person_what_a_box_said() -> None:
    own = {"k": "retract", "boot": "7f3a", "from": 12, "v": 1, "why": "refilled"}
    found = good(payload(ev=[own, {**own, "device": "box-9"}]))
    [taken] = found.retractions
    assert (taken.of, taken.of_index, taken.by, taken.why) == (Origin("d1", "7f3a", 12), 1, "device", "refilled")
    assert taken.patient == "P2"  # who wore it at the time of the message
    assert [(one.path, one.reason) for one in found.rejected] == [("ev[1].device", "identity")]
    assert not found.notes
    other = accept(
        payload(ev=[{**own, "device": "box-9"}]), "vigie/1/s1/app-1/obs", received_at=NOW, devices=_app("app")
    )
    assert isinstance(other, Accepted)
    assert [(one.of.device, one.by) for one in other.retractions] == [("box-9", "caregiver")]


@pytest.mark.parametrize(
    ("entry", "path"),
    [
        ({"boot": "7f3a"}, "ev[0]"),
        ({"from": 3}, "ev[0]"),
        ({"boot": "7f3a", "from": 0}, "ev[0].from"),
        ({"boot": "7f3a", "from": 3, "v": 0.5}, "ev[0].v"),
        ({"boot": "7f3a", "from": 3, "v": -1}, "ev[0].v"),
        ({"boot": "7f3a", "from": 3, "v": 500}, "ev[0].v"),
    ],
)
def test_a_retraction_that_names_no_entry_is_refused_by_its_field(entry: dict[str, Any], path: str) -> None:
    found = good(payload(ev=[{"k": "retract", **entry}]))
    assert [one.path for one in found.rejected] == [path]
    assert not found.retractions


def test_what_is_taken_back_comes_before_what_is_said_instead() -> None:
    found = good(payload(int=[{"drug": "imatinib", "state": "taken"}], ev=[{"k": "retract", "boot": "b", "from": 1}]))
    assert [type(value).__name__ for _, value in found.other_inputs()] == ["Retraction", "Intake"]
