"""A refused message judged again: only what was refused is stored, as of its own time, and never twice."""

from hashlib import sha256

from msgspec import structs

from domain.instants import DAY, HOUR, Micros
from domain.values import Rejected
from ingest.accept import Accepted, accept
from ingest.registry import Device, Worn
from ingest.rejudge import A_STATUS, TAKEN, Again, again, judge, together
from storage.rejudged import Before, Part, Unit
from tests.ingest.support import DEVICES, NOW, TEMPERATURE, payload

TOPIC = "vigie/1/s1/d1/obs"
LATER: Micros = NOW + 3 * HOUR
WORN = {**DEVICES, "shelf": Device("shelf", "s1", (Worn("P5", NOW - DAY, None),), NOW - DAY)}


def unit(raw: bytes, topic: str = TOPIC) -> Unit:
    """As the quarantine has it: refused by the registry of then."""
    found = accept(raw, topic, received_at=NOW, devices=DEVICES)
    rejected = [found] if isinstance(found, Rejected) else found.rejected
    assert rejected
    parts = tuple(Part(number, one.path) for number, one in enumerate(rejected, 1))
    return Unit(topic, sha256(raw).digest(), raw, NOW, parts)


def judged_again(one: Unit, before: Before | None, devices: dict[str, Device] = WORN) -> Again:
    found = judge(one, devices)
    assert isinstance(found, Accepted), found
    return again(one, found, before, at=LATER)


def kept(one: Unit, *, refused: bool) -> Before:
    return Before(one.sha256, refused)


def test_a_device_that_was_assigned_later_gives_its_readings_at_their_time() -> None:
    one = unit(payload(obs=[TEMPERATURE, {**TEMPERATURE, "v": 39.0}]), "vigie/1/s1/shelf/obs")
    found = judged_again(one, kept(one, refused=True))
    values = [(each.patient, each.value, each.measured_at, each.received_at) for each in found.rows.readings]
    assert values == [("P5", 38.4, NOW, LATER), ("P5", 39.0, NOW, LATER)]
    assert found.rows.inputs["P5"] == found.rows.readings
    assert (found.said, found.revived) == ({1: None}, (("shelf", "7f3a", 1),))
    assert (found.rows.messages, found.rows.devices) == ([], {})


def test_of_a_message_with_one_bad_entry_the_good_ones_are_not_stored_again() -> None:
    raw = payload(obs=[TEMPERATURE, {**TEMPERATURE, "u": "K"}])
    one = unit(raw)
    still = judged_again(one, kept(one, refused=False))
    assert (still.rows.readings, still.revived) == ([], ())
    assert still.said == {1: "unknown_unit: obs[1].u: one of Cel, [degF]"}
    known = accept(payload(obs=[TEMPERATURE, {**TEMPERATURE, "v": 39.0}]), TOPIC, received_at=NOW, devices=DEVICES)
    assert isinstance(known, Accepted)
    # the unit was learned: what is judged today has two good readings under the same bytes
    found = again(one, structs.replace(known, sha256=one.sha256), kept(one, refused=False), at=LATER)
    assert [(each.value, each.index) for each in found.rows.readings] == [(39.0, 1)]
    assert (found.said, found.revived, found.rows.messages) == ({1: None}, (), [])


def test_what_nobody_wore_still_is_refused_still_entry_by_entry_or_whole() -> None:
    one = unit(payload(), "vigie/1/s1/shelf/obs")
    said = judge(one, DEVICES)
    assert said == "unassigned: a device worn by a patient at that time"
    by_entry = Unit(one.topic, one.sha256, one.payload, NOW, (Part(4, "obs[0]"),))
    whole = unit(payload(obs=[TEMPERATURE], ev=[{"k": "battery", "v": 55}]), "vigie/1/s1/shelf/obs")
    for each in (structs.replace(whole, parts=(Part(4, "obs[0]"),)), whole):
        found = judged_again(each, kept(whole, refused=False), DEVICES)
        assert list(found.said.values()) == ["unassigned: a device worn by a patient at that time"]
        assert found.rows.readings == []
    assert by_entry.parts[0].id == 4


def test_values_refused_in_one_beside_what_the_device_said_of_itself() -> None:
    one = unit(payload(obs=[TEMPERATURE], ev=[{"k": "battery", "v": 5}]), "vigie/1/s1/shelf/obs")
    assert [part.path for part in one.parts] == [""]
    found = judged_again(one, kept(one, refused=False))
    assert [each.value for each in found.rows.readings] == [38.4]
    assert list(found.rows.inputs) == ["P5"]  # of the battery of then nothing is told now
    assert len(found.rows.inputs["P5"]) == 1


def test_a_device_that_was_registered_later_and_an_entry_that_is_refused_by_itself_now() -> None:
    raw = payload(
        obs=[TEMPERATURE, {**TEMPERATURE, "u": "K"}], ev=[{"k": "dropped", "from": 3, "to": 4, "why": "full"}]
    )
    one = unit(raw, "vigie/1/s1/new/obs")
    new = {"new": Device("new", "s1", (Worn("P6", NOW - DAY, None),), NOW - DAY)}
    found = judged_again(one, kept(one, refused=True), new)
    assert [each.patient for each in found.rows.readings] == ["P6"]
    assert [(each.from_seq, each.to_seq) for each in found.rows.dropped] == [(3, 4)]
    assert [row.rejected.path for row in found.rows.rejected] == ["obs[1].u"]
    assert (found.said, found.revived) == ({1: None}, (("new", "7f3a", 1),))


def test_nothing_good_in_it_stays_refused_and_is_no_stored_message() -> None:
    one = unit(payload(obs=[{**TEMPERATURE, "u": "K"}]), "vigie/1/s1/new/obs")
    new = {"new": Device("new", "s1", (Worn("P6", NOW - DAY, None),), NOW - DAY)}
    found = judged_again(one, kept(one, refused=True), new)
    assert (found.said, found.revived) == ({1: "unknown_unit: obs[0].u: one of Cel, [degF]"}, ())
    fresh = judged_again(one, None, new)
    assert [(row.seq, row.refused) for row in fresh.rows.messages] == [(1, True)]


def test_other_content_under_its_number_is_a_conflict_and_what_was_sent_again_is_not_stored_twice() -> None:
    one = unit(payload(), "vigie/1/s1/shelf/obs")
    assert judged_again(one, Before(b"other", refused=False)).said == {1: TAKEN}
    identity = structs.replace(one, parts=(Part(1, "site"),))
    found = judged_again(identity, kept(one, refused=False))
    assert (found.rows.readings, found.said) == ([], {1: None})


def test_a_status_and_garbage_are_not_stored() -> None:
    assert judge(Unit("vigie/1/s1/d1/st", b"", b"{}", NOW, (Part(1, ""),)), DEVICES) == A_STATUS
    assert str(judge(Unit(TOPIC, b"", b"\xff{", NOW, (Part(1, ""),)), DEVICES)).startswith("malformed: ")


def test_several_are_one_transaction_in_their_order() -> None:
    units = [unit(payload(seq, t=NOW + seq), "vigie/1/s1/shelf/obs") for seq in (1, 2)]
    units[1] = structs.replace(units[1], parts=(Part(2, ""),))
    both = together([judged_again(each, kept(each, refused=True)) for each in units])
    assert [each.origin.seq for each in both.rows.readings if each.origin] == [1, 2]
    assert both.rows.inputs["P5"] == both.rows.readings
    assert (both.said, [key[2] for key in both.revived]) == ({1: None, 2: None}, [1, 2])


def test_refused_by_entry_then_worn_by_nobody_then_worn_again_loses_nothing() -> None:
    bad, gone = {**TEMPERATURE, "u": "K"}, {"k": "dropped", "from": 5, "to": 6, "why": "full"}
    raw = payload(obs=[TEMPERATURE, bad], ev=[gone])
    one = Unit("vigie/1/s1/shelf/obs", sha256(raw).digest(), raw, NOW, (Part(1, "obs[1].u", "unknown_unit"),))
    unworn = judged_again(one, kept(one, refused=False), DEVICES)
    assert list(unworn.said) == [1]
    assert unworn.rows.rejected == []  # no refusal of the whole beside those of its entries


def test_bytes_that_were_unreadable_and_are_stored_under_their_number_are_not_stored_twice() -> None:
    raw = payload()
    one = Unit("vigie/1/s1/d1/bulk", sha256(raw).digest(), raw, NOW, (Part(1, "", "malformed"),))
    found = judged_again(one, kept(one, refused=False), DEVICES)
    assert (found.rows.readings, found.said) == ([], {1: None})
