"""The recordings that come with the project, and what the loader says of broken ones."""

import gzip
from pathlib import Path

import pytest

from device_sim import recordings
from device_sim.truth import Subject
from domain.instants import HOUR, MINUTE, iso, parse_iso
from domain.vocabulary import HEART_RATE, MEASURES, SPO2, SYSTOLIC

START = parse_iso("2026-11-22T08:00:00Z")
SUBJECT = Subject("p1", "d1", "vital-signs", {HEART_RATE: 7200})


def test_there_are_at_least_40_real_stays_of_a_day_or_more():
    stays = recordings.load()
    septic = [stay for stay in stays.values() if stay.septic_onset_hour is not None]
    assert len(stays) >= 40
    assert len(septic) >= 15
    assert len(stays) - len(septic) >= 25
    for stay in stays.values():
        assert stay.length >= 24
        assert max(stay.hours) < stay.length
        pulses = [entry for entries in stay.hours.values() for entry in entries if entry["c"] == HEART_RATE]
        assert len(pulses) >= 0.8 * stay.length
        assert {SPO2, SYSTOLIC} <= {entry["c"] for entries in stay.hours.values() for entry in entries}
        assert all(entry["u"] in MEASURES[entry["c"]].units for entries in stay.hours.values() for entry in entries)
    sizes = [path.stat().st_size for path in recordings.FOLDER.iterdir()]
    assert sum(sizes) < 300_000


def test_the_source_is_cited():
    text = (recordings.FOLDER / "README.md").read_text()
    assert "Crit Care Med 2020;48:210-217" in text
    assert "CC BY 4.0" in text


def test_a_replay_is_retimed_and_tells_its_crossings():
    for stay in recordings.load().values():
        steps = list(recordings.replay(stay, SUBJECT, start=START, interval=MINUTE))
        assert [step.at for step in steps] == [START + hour * MINUTE for hour in sorted(stay.hours)]
        assert sum(len(step.message["obs"]) for step in steps) == sum(map(len, stay.hours.values()))
        last = steps[-1].truths
        assert [truth["expected_rules"] for truth in last if truth["kind"] == "silence"] == [["silence.8867-4"]]
        low = [step for step in steps if any(e["c"] == SYSTOLIC and 50 <= e["v"] <= 90 for e in step.message["obs"])]
        told = [
            truth for step in steps for truth in step.truths
            if truth["kind"] == "hypotension" and truth["severity"] == "high"
        ]  # fmt: skip
        assert [truth["onset"] for truth in told][:1] == [iso(step.at) for step in low][:1]


def test_septic_onset_is_information_only():
    stays = recordings.load()
    septic = next(stay for stay in stays.values() if stay.septic_onset_hour is not None)
    (truth,) = recordings.septic_onset(septic, SUBJECT, start=START)
    assert truth["onset"] == iso(START + septic.septic_onset_hour * HOUR)
    assert truth["expected_rules"] == []


def broken(folder: Path, *, rows: str, columns: str = "recording,hour,code,value,unit") -> Path:
    (folder / "recordings.csv").write_text("recording,hours,septic_onset_hour\none,24,\n")
    (folder / "vitals.csv.gz").write_bytes(gzip.compress(f"{columns}\n{rows}".encode()))
    return folder


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ("one,0,0000-0,70,/min\n", "line 2, code: expected a code of the vocabulary, got '0000-0'"),
        ("one,0,8867-4,70,Hz\n", "line 2, unit: expected one of /min"),
        ("one,x,8867-4,70,/min\n", "line 2: expected a whole hour"),
        ("two,0,8867-4,70,/min\n", "line 2, recording: expected a name of recordings.csv, got 'two'"),
        ("", "expected values of recording 'one', found none"),
    ],
)
def test_a_broken_recording_is_named(tmp_path, rows, says):
    with pytest.raises(recordings.RecordingError, match=says):
        recordings.load(broken(tmp_path, rows=rows))


def test_missing_files_and_columns_are_named(tmp_path):
    with pytest.raises(recordings.RecordingError, match=r"recordings\.csv: expected a readable file"):
        recordings.load(tmp_path)
    with pytest.raises(recordings.RecordingError, match="expected the columns recording,hour,code,value,unit"):
        recordings.load(broken(tmp_path, rows="", columns="recording,hour"))
