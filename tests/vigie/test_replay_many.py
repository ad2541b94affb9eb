"""A replay on many processes prints what one process prints; what cannot be played is said by name."""

import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distributed import LocalCluster
from hypothesis import given
from hypothesis import strategies as st

from alerts.trial.replay_many import Failed, Task, merged, ordered, packed, run, unpacked
from bench.replay import write
from domain.instants import HOUR, MINUTE, iso
from vigie.replay_file import Options, UnusableFile, replay, rows_of
from vigie.replay_rows import header, reader

START = 1_795_000_000_000_000 // HOUR * HOUR
HEAD = "patient,measured_at,received_at,code,value,unit,body_site,method,by"


def story(path: Path, *, patients: int, rows: int, seed: int = 1) -> Path:
    """Rows of many patients: some hot, some late, some from a clock that is ahead, some refused, some quoted."""
    dice, lines = random.Random(seed), [HEAD]
    for _ in range(rows):
        patient, at = f"P{dice.randrange(patients)}", START + dice.randrange(2000) * MINUTE
        measured = at - dice.choice([0, 0, 0, 40, -60]) * MINUTE
        code, unit, value = dice.choice(
            [("8310-5", "Cel", dice.uniform(36, 39.5)), ("8867-4", "/min", dice.uniform(50, 140)),
             ("59408-5", "%", dice.uniform(45, 100)), ("80288-4", "", dice.choice("AACVP")), ("nope", "x", 1.0)]
        )  # fmt: skip
        shown = value if isinstance(value, str) else f"{value:.1f}"
        by = dice.choice(["device", '"nurse"', "patient", ""])
        lines.append(f"{patient},{iso(measured)},{iso(at)},{code},{shown},{unit},axillary,,{by}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_any_number_of_processes_prints_the_same_bytes(tmp_path: Path) -> None:
    path = story(tmp_path / "r.csv", patients=9, rows=600)
    alone = list(replay(path, None, Options(verdicts=True, jobs=1)))
    assert list(replay(path, None, Options(verdicts=True, jobs=3))) == alone
    kinds = {json.loads(text)["event"] for text in alone}
    assert {"opened", "rejected", "verdict", "escalated"} <= kinds
    events = [found for text in alone if (found := json.loads(text))["event"] != "verdict"]
    assert [found["at"] for found in events] == sorted(found["at"] for found in events)


def test_a_cluster_prints_the_same_bytes(tmp_path: Path) -> None:
    path = story(tmp_path / "r.csv", patients=5, rows=200)
    with LocalCluster(
        n_workers=1, threads_per_worker=1, processes=False, protocol="tcp://", host="127.0.0.1",
        dashboard_address="127.0.0.1:0", worker_dashboard_address="127.0.0.1:0", local_directory=str(tmp_path),
    ) as cluster:  # fmt: skip
        found = list(replay(path, None, Options(cluster=cluster.scheduler_address)))
        assert found == list(replay(path, None))
        path.write_text(HEAD + "\nP1,yesterday,yesterday,8867-4,80,/min\n")
        with pytest.raises(UnusableFile, match="line 2: measured_at, received_at"):
            list(replay(path, None, Options(cluster=cluster.scheduler_address)))


def test_the_clock_of_every_patient_stops_at_the_last_row_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    early, late = iso(START), iso(START + 20 * HOUR)
    rows = [f"P1,{early},{early},8310-5,37.0,Cel", f"P2,{late},{late},8867-4,80,/min"]
    path.write_text("\n".join([HEAD, *rows]) + "\n")
    found = [json.loads(text) for text in replay(path, None)]
    assert ("P1", "silence.8310-5", "opened") in {(one["patient"], one["rule"], one["event"]) for one in found}


@pytest.mark.parametrize("jobs", [1, 2])
def test_the_first_unusable_row_is_the_one_that_is_named(tmp_path: Path, jobs: int) -> None:
    at, path = iso(START), tmp_path / "r.csv"
    rows = [f"P{n},{at},{at},8867-4,80,/min" for n in range(20)]
    rows[11], rows[5] = f"P11,{at}x,{at},8867-4,80,/min", f"P5,then,{at},8867-4,80,/min"
    path.write_text("\n".join([HEAD, *rows]))
    with pytest.raises(UnusableFile, match="line 7: measured_at"):
        list(replay(path, None, Options(jobs=jobs)))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("patient,code\n", "header: expected the columns measured_at, received_at, value, unit as well"),
        ("", "header: expected the columns"),
        (HEAD + "\n ,{at},{at},8867-4,80,/min\n", "line 2: patient: expected an id"),
        (HEAD + '\n"P1,{at},{at},8867-4,80,/min\n', "line 2: expected one row a line"),
        (HEAD + "\nP1\n", "line 2: measured_at, received_at: expected ISO 8601"),
        (
            HEAD + "\nP1,{at},2026-11-22T08:00:00,8867-4,80,/min\n",
            "line 2: measured_at, received_at: expected an offset",
        ),
    ],
)
def test_what_is_no_readings_file_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "r.csv"
    path.write_text(content.replace("{at}", iso(START)))
    with pytest.raises(UnusableFile, match=said):
        list(replay(path, None))


def test_text_that_is_not_utf8_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "r.csv"
    for row in (b"P\xff,%s,%s,8867-4,80,/min\n", b"P1,%s,%s,8867-4,80,/min,\xff\n"):
        path.write_bytes(HEAD.encode() + b"\n" + row.replace(b"%s", iso(START).encode()))
        with pytest.raises(UnusableFile, match="expected UTF-8 text"):
            list(replay(path, None))


def test_columns_in_any_order_quotes_and_line_ends_say_the_same(tmp_path: Path) -> None:
    path = story(tmp_path / "r.csv", patients=3, rows=80)
    expected = list(replay(path, None))
    table = [line.replace('"', "").split(",") for line in path.read_text().splitlines()]
    turned = [",".join(f'"{cell}"' for cell in reversed(row)) for row in table]
    path.write_bytes(b"\xef\xbb\xbf" + "\r\n".join([*turned, "", ""]).encode())
    assert list(replay(path, None)) == expected


@given(st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abc"), st.text("x \u2028é", max_size=3)), max_size=20))
def test_pieces_merge_into_the_order_of_the_whole(lines: list[tuple[int, str, str]]) -> None:
    pieces = [ordered([line for line in lines if line[1] in names]) for names in ("a", "bc")]
    packs = [unpacked(packed(piece)) for piece in pieces]
    assert list(merged(packs)) == [text for _, _, text in ordered(lines)]


def test_what_is_remembered_of_a_value_is_what_was_judged() -> None:
    read = reader(header(HEAD, "f"), "f")
    at = iso(START)
    first = read(f"P1,{at},{at},8310-5,101.3,[degF],axilla,,nurse", 2)[1][3]
    again = read(f"P2,{at},{iso(START + MINUTE)},8310-5,101.3,[degF],axilla,,nurse", 3)[1][3]
    assert (first.patient, again.patient) == ("P1", "P2")
    assert (first.value, first.body_site, first.by, first.sent) == (again.value, "axilla", "nurse", again.sent)
    assert again.received_at - first.received_at == MINUTE


def test_rows_of_one_time_and_source_are_one_message() -> None:
    at, later = iso(START), iso(START + MINUTE)
    lines = [
        f"2,P1,{at},{at},8867-4,80,/min\n", f"3,P1,{at},{at},9279-1,16,/min\n",
        f"4,P1,{at},{at},59408-5,97,%,,,nurse\n", f"5,P1,{at},{later},8310-5,37.0,Cel\n",
        f"6,P2,{at},{at},8867-4,80,/min\n",
    ]  # fmt: skip
    rows = rows_of(lines, header(HEAD, "f"), "f")
    origins = [(row[3].origin.device, row[3].origin.seq, row[3].index) for row in rows["P1"]]  # type: ignore[union-attr]
    assert origins == [("file", 1, 0), ("file", 1, 1), ("nurse", 3, 0), ("file", 4, 0)]
    assert [row[3].origin.seq for row in rows["P2"]] == [5]  # type: ignore[union-attr]


def refusing(_: Any) -> None:
    raise ValueError("no")


def failing(_: Any) -> None:
    raise RuntimeError("broken")


def dying(payload: str) -> None:
    if payload == "b":
        os.kill(os.getpid(), signal.SIGKILL)


def test_a_process_that_fails_names_its_patients() -> None:
    tasks = [Task(("P1", "P2"), "a"), Task(("P3",), "b")]
    with pytest.raises(Failed, match=r"patients P3: could not be played: its process ended with status -9"):
        list(run(tasks, dying, jobs=2))
    with pytest.raises(Failed, match=r"patients (P1, P2|P3): could not be played: RuntimeError: broken"):
        list(run(tasks, failing, jobs=2))
    with pytest.raises(ValueError, match="no"):
        list(run(tasks, refusing, jobs=2))


@contextlib.contextmanager
def command(*arguments: str) -> Iterator[subprocess.Popen[str]]:
    argv = [sys.executable, "-m", "vigie", "replay", *arguments]
    process = subprocess.Popen(
        argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a test run in the background ignores it
    )  # fmt: skip
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def test_ctrl_c_ends_every_process_and_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    write(tmp_path / "long.csv", patients=60, days=45, every=10)
    with command(str(tmp_path / "long.csv"), "--jobs", "2") as process:
        _until(lambda: list(tmp_path.glob("vigie-replay-*/*.out")), within=60)
        os.killpg(process.pid, signal.SIGINT)
        said = process.communicate(timeout=20)[1]
        assert process.returncode == 130
        assert said == "vigie: interrupted, nothing was finished\n"
        assert [path.name for path in tmp_path.glob("vigie-replay-*")] == []


def _until(condition: Any, *, within: float) -> None:
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)
