"""The fleet file, the demo's patients and the hub's clock."""

import itertools
import json
from collections import Counter

import msgspec
import pytest

from device_sim import fleet_file
from device_sim.demo import demo_fleet, device_entry
from device_sim.fleet import steps_of
from device_sim.recordings import load
from domain.decode import decode_entries
from domain.instants import HOUR, MINUTE, SECOND, parse_iso

START = parse_iso("2026-11-22T08:00:00Z")
GOOD = {
    "broker": "mqtt://127.0.0.1:1883", "truth": "t", "ledger": "l", "outbox": "o",
    "devices": [{"device": "patch-1", "site": "s1", "patient": "p1", "password": "x", "scenario": "stable"}],
}  # fmt: skip


def read(tmp_path, **change):
    path = tmp_path / "fleet.json"
    path.write_text(json.dumps({**GOOD, **change}))
    return fleet_file.read(path)


def device(**change):
    return [{**GOOD["devices"][0], **change}]


def test_a_fleet_file_is_read(tmp_path):
    fleet = read(tmp_path, clock={"epoch_real": 100.0, "epoch_hub": "2026-11-22T08:00:00Z", "speed": 60})
    clock = fleet_file.hub_clock(fleet.clock)
    assert clock.at(101 * SECOND) == START + MINUTE
    assert clock.real_seconds(MINUTE) == 1.0


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"devices": []}, "length"),
        ({"clock": {"speed": 0}}, r"speed|> 0"),
        ({"devices": device(device="Patch/1")}, r"devices\[0\]"),
        ({"devices": device(scenario=None)}, "expected either scenario or recording"),
        ({"devices": device(scenario="asleep")}, "scenario: expected one of stable"),
        ({"devices": device(scenario={"name": "stable", "moon": 1})}, "scenario: .*moon"),
        ({"devices": device(username="root")}, "username: expected the device's name, got 'root'"),
        ({"devices": device(faults=[{"kind": "rust"}])}, "faults.kind: expected one of"),
        ({"devices": device() * 2}, "expected each device once, got twice: patch-1"),
        ({"nonsense": 1}, "nonsense"),
    ],
)
def test_a_wrong_fleet_file_is_named(tmp_path, change, says):
    with pytest.raises(fleet_file.FleetError, match=says):
        read(tmp_path, **change)


def test_the_demo_has_few_events_spread_in_time_and_the_first_fever_soon():
    specs = demo_fleet(40, 40, 7, start=START)
    assert len({spec.patient for spec in specs}) == len({spec.device for spec in specs}) == 80
    assert len({spec.recording for spec in specs} - {None}) == 40
    stays, onsets, ill = load(), {}, set()
    for spec in specs:
        entry = msgspec.convert(device_entry(spec, "x"), fleet_file.Device)
        steps = itertools.takewhile(lambda step: step.at < START + 5 * HOUR, steps_of(entry, stays, START))
        for step in steps:
            assert step.message is None or {"obs", "int", "rep", "ev"} & step.message.keys()
            for truth in step.truths:
                if spec.scenario:
                    ill.add(spec.patient)
                    onsets.setdefault(truth["kind"], []).append(parse_iso(truth["onset"]) - START)
    assert 6 <= len(ill) <= 16
    assert min(onsets["fever"]) <= 30 * MINUTE
    assert max(Counter(onset // (10 * MINUTE) for onset in itertools.chain(*onsets.values())).values()) <= 4


def test_some_patients_have_chemotherapy_and_counts_entered_that_leave_their_window_open():
    counted = [spec for spec in demo_fleet(40, 40, 7, start=START) if spec.entries]
    assert [spec.patient for spec in counted] == ["demo-v001", "demo-v009", "demo-v021"]
    for spec in counted:
        entered = decode_entries(json.dumps(spec.entries).encode())
        assert not isinstance(entered, list), entered
        assert spec.plan["regimen"] == "docetaxel"
        newest = spec.entries["obs"][-1]
        assert newest["v"] < 1.0
        assert parse_iso(newest["t"]) < START


def test_the_demo_says_how_many_recordings_there_are():
    with pytest.raises(ValueError, match="replayed: expected at most"):
        demo_fleet(0, 1000, 7, start=START)


def test_a_febrile_patient_is_inside_an_open_window():
    febrile = [spec for spec in demo_fleet(40, 0, 7, start=START) if spec.scenario["name"] == "febrile_neutropenia"]
    assert len(febrile) == 3
    for spec in febrile:
        assert spec.plan["protocol"] == "chemo-aplasia"
        assert parse_iso(spec.plan["aplasia"]["from"]) < START < parse_iso(spec.plan["aplasia"]["until"])
        assert spec.plan["cadence"]["8310-5"] == 600
