"""`vigie score` of two files: vectors to the digit, events and asks that cannot be used, the command."""

import csv
import io
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from tests.alerts.scores.test_vectors import VECTORS, same
from vigie.asked_file import answers, read_events
from vigie.asked_names import ASKED
from vigie.commands.score import score as command
from vigie.score_file import UnusableFile

app = typer.Typer()
app.command()(command)

FILES = {
    "refill_adherence": ("adherence_refill_synthetic_events", "adherence_refill_synthetic_cma"),
    "refill_episodes": ("adherence_refill_synthetic_events", "adherence_refill_synthetic_episodes"),
    "dosing_adherence": ("adherence_dosing_events", "adherence_dosing_expected"),
}
SUPPLIES = "patient_id,date,per_day,drug,duration_days\n"
CMA = "patient_id,cma,scenario,options\n"
OPENINGS = "case_id,seq,local_time,tablets_or_openings\n"
DOSING = f"{','.join(ASKED['dosing_adherence'].shapes[0].needs)}\n"


def asked(name: str, events: str, ask: str) -> list[dict[str, str]]:
    found = read_events(name, io.StringIO(events, newline=""))
    header, *lines = answers(name, found, io.StringIO(ask, newline=""))
    return [dict(zip(header, line, strict=True)) for line in lines]


def vectors(name: str) -> tuple[str, list[dict[str, str]]]:
    events, expected = ((VECTORS / f"{file}.csv").read_text(encoding="utf-8") for file in FILES[name])
    return events, list(csv.DictReader(io.StringIO(expected)))


def without_answers(rows: list[dict[str, str]]) -> str:
    out = io.StringIO(newline="")
    columns = [column for column in rows[0] if not column.startswith("exp_")]
    writer = csv.DictWriter(out, columns, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


@pytest.mark.parametrize("name", ASKED)
def test_every_vector_is_equal_to_the_digit(name: str) -> None:
    events, expected = vectors(name)
    found = asked(name, events, without_answers(expected))
    assert len(found) == len(expected)
    for want, got in zip(expected, found, strict=True):
        for column in (column for column in want if column.startswith("exp_")):
            assert same(want[column], got[f"got_{column[4:]}"]), (want, column, got)
        assert got["got_why"] == "" or "undefined" in got.values()


@pytest.mark.parametrize("name", ASKED)
def test_shuffled_and_repeated_events_change_nothing(name: str) -> None:
    events, expected = vectors(name)
    header, *lines = events.splitlines()
    turned = "\n".join([header, *reversed(lines), *lines[::3], ""])
    assert asked(name, turned, without_answers(expected)) == asked(name, events, without_answers(expected))


def test_windows_and_options_may_be_columns() -> None:
    supplies = SUPPLIES + "p,2024-01-01,1,a,28\np,2024-02-10,2,a,28\n"
    options = '"Carry over same drug only,adjust leftover for dose change"'
    [words] = asked("refill_adherence", supplies, f"{CMA}p,cma7,fuw0-100_ow10-90,{options}\n")
    columns = "patient_id,cma,ow_start_day,ow_duration_days,fuw_duration_days,carry_over,dose_change_considered\n"
    [cells] = asked("refill_adherence", supplies, columns + "p,CMA7,10,80,100,same drug,yes\n")
    assert words["got_value"] == cells["got_value"] == "0.575"


@pytest.mark.parametrize(
    ("ask", "says"),
    [
        ("p,CMA10,FUW0-365_OW0-180,ignore dose change", "cma: expected one of CMA1"),
        ("p,,FUW0-365_OW0-180,ignore dose change", "cma: expected one of CMA1"),
        ("p,CMA1,FUW0-365,ignore dose change", "scenario: expected windows in days such as FUW0-365_OW90-270"),
        ("p,CMA1,FUW0-90_OW0-180,ignore dose change", "expected an observation window inside the follow-up"),
        ("p,CMA1,FUW0-90_OW50-50,ignore dose change", "expected an observation window of at least one day"),
        ("p,CMA1,FUW0-365_OW0-180,carry everything", "options: expected carry over any drug"),
        ("p,CMA1,FUW0-365_OW0-180,", "options: expected carry over any drug"),
        ("q,CMA1,FUW0-365_OW0-180,ignore dose change", "no supply of this patient_id"),
        (",CMA1,FUW0-365_OW0-180,ignore dose change", "no supply of this patient_id"),
        ("p,CMA1", "row: expected 4 cells, got 2"),
    ],
)
def test_an_ask_that_cannot_be_answered_is_empty_and_says_why(ask: str, says: str) -> None:
    good = "p,CMA2,FUW0-365_OW0-180,ignore dose change\n"
    bad, fine = asked("refill_adherence", SUPPLIES + "p,2024-01-01,1,a,28\n", f"{CMA}{ask}\n{good}")
    assert bad["got_value"] == ""
    assert says in bad["got_why"]
    assert fine["got_value"].startswith("0.1555555")


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("p,2024-02-30,1,a,28", "event line 3: date: expected a date such as 2025-03-01, got '2024-02-30'"),
        ("p,01/02/2024,1,a,28", "event line 3: date: expected a date"),
        ("p,2024-02-01,1,a,", "event line 3: duration_days: expected a number of days above 0, got ''"),
        ("p,2024-02-01,1,a,-28", "event line 3: duration_days: expected a number of days above 0, got '-28'"),
        ("p,2024-02-01,1,a,NaN", "event line 3: duration_days: expected a number, got 'NaN'"),
        ("p,2024-02-01,1,a,1e999", "event line 3: duration_days: expected a number of days above 0"),
        ("p,2024-02-01,1", "event line 3: row: expected 5 cells, got 3"),
    ],
)
def test_an_event_that_cannot_be_read_leaves_its_patient_unanswered_and_no_other(event: str, says: str) -> None:
    supplies = f"{SUPPLIES}p,2024-01-01,1,a,28\n{event}\nq,2024-01-01,1,a,28\n"
    asks = "".join(f"{one},CMA2,FUW0-365_OW0-180,ignore dose change\n" for one in "pq")
    bad, fine = asked("refill_adherence", supplies, CMA + asks)
    assert bad["got_value"] == ""
    assert says in bad["got_why"]
    assert fine["got_value"].startswith("0.1555555")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("carry over any drug", ""),
        ("carry over same drug only", "drug: expected a name"),
        ("adjust leftover for dose change", "per_day: expected a daily dose above 0"),
    ],
)
def test_a_blank_that_nothing_depends_on_costs_nothing(options: str, says: str) -> None:
    [row] = asked("refill_adherence", f"{SUPPLIES}p,2024-01-01,,,28\n", f"{CMA}p,CMA2,FUW0-365_OW0-180,{options}\n")
    assert says in row["got_why"]
    assert (row["got_value"] == "") == bool(says)


def test_an_event_of_nobody_is_named_in_every_answer() -> None:
    [row] = asked(
        "refill_adherence",
        f"{SUPPLIES}p,2024-01-01,1,a,28\n ,2024-01-01,1,a,28\n",
        f"{CMA}p,CMA2,FUW0-365_OW0-180,ignore dose change\n",
    )
    assert row["got_value"]
    assert "event line 3: patient_id: expected a name" in row["got_why"]


def test_an_episode_without_supply_has_one_empty_row() -> None:
    asks = "patient_id,permissible_gap_days,switch_starts_new_episode\np,14,perhaps\np,-1,yes\nz,14,yes\n"
    rows = asked("refill_episodes", SUPPLIES + "p,2024-01-01,1,a,28\n", asks)
    assert [row["got_episode"] for row in rows] == ["", "", ""]
    assert "expected one of yes, no" in rows[0]["got_why"]
    assert "expected a number of days from 0" in rows[1]["got_why"]
    assert "no supply" in rows[2]["got_why"]


def dose(events: str, ask: str) -> dict[str, str]:
    [row] = asked("dosing_adherence", OPENINGS + events, f"{DOSING}{ask}\n")
    return row


def test_the_order_of_seq_tells_the_two_passes_of_a_repeated_hour_apart() -> None:
    ask = "c,2,1,2025-10-26,1,00:00,all,2"
    assert dose("c,1,2025-10-26T02:40,1\nc,2,2025-10-26T02:30,1\n", ask)["got_intervals_in_window"] == "1"  # 50 min
    assert dose("c,2,2025-10-26T02:30,1\nc,1,2025-10-26T02:40,1\n", ask)["got_intervals_in_window"] == "1"
    assert dose("c,1,2025-10-26T02:30,1\nc,2,2025-10-26T02:40,1\n", ask)["got_intervals_in_window"] == "0"
    offsets = "c,1,2025-10-26T02:30+02:00,1\nc,2,2025-10-26T02:30+01:00,1\n"
    assert dose(offsets, ask)["got_intervals_in_window"] == "1"


def test_a_zone_of_its_own_and_days_as_ranges() -> None:
    ask = f"{DOSING.strip()},timezone\n" + 'c,2,12,2025-03-01,7,00:00,"1-2;5",6,America/Martinique\n'
    [row] = asked("dosing_adherence", OPENINGS + "c,1,2025-03-02T03:30Z,2\n", ask)
    assert (row["got_doses_taken"], row["got_correct_days"], row["got_longest_run_days_without_dose"]) == (
        "2",
        "5",
        "2",
    )


@pytest.mark.parametrize(
    ("ask", "empty", "says"),
    [
        ("c,1,24,,7,00:00,all,7", 9, "observed_from: expected a date"),
        ("c,1,24,2025-03-01,0,00:00,all,7", 9, "days_observed: expected a whole number from 1"),
        ("c,1,24,2025-03-01,7.5,00:00,all,7", 9, "days_observed: expected a whole number from 1"),
        ("c,1,24,2025-03-01,7,24:00,all,7", 9, "day_boundary: expected hh:mm"),
        ('c,1,24,2025-03-01,7,00:00,"1,8",7', 9, "due_days: expected all, or days from 1 to 7"),
        ("c,1,24,2025-03-01,7,00:00,,7", 9, "due_days: expected all, or days"),
        ("c,,24,2025-03-01,7,00:00,all,7", 3, "prescribed_per_day: expected a number of doses from 0"),
        ("c,x,24,2025-03-01,7,00:00,all,5", 3, "prescribed_per_day: expected a number, got 'x'"),
        ("c,1,,2025-03-01,7,00:00,all,7", 2, "prescribed_interval_h: expected hours above 0"),
        ("c,1,24,2025-03-01,7,00:00,all,", 1, "prescribed_doses: expected a number of doses from 0"),
    ],
)
def test_a_cell_that_cannot_be_used_costs_what_needs_it_and_is_named(ask: str, empty: int, says: str) -> None:
    row = dose("c,1,2025-03-01T08:00,1\nc,2,2025-03-02T08:00,1\n", ask)
    assert sum(value == "" for column, value in row.items() if column.startswith("got_")) == empty
    assert says in row["got_why"]


@pytest.mark.parametrize(
    ("event", "says"),
    [
        ("c,1,2025-03-01T08:00,", "event line 2: tablets_or_openings: expected a number from 0, got ''"),
        ("c,1,2025-03-01T08:00,-1", "event line 2: tablets_or_openings: expected a number from 0"),
        ("c,1,8 o'clock,1", "event line 2: local_time: expected a date and time such as 2025-03-01T08:00"),
        ("c,1,2025-03-01,1", "event line 2: local_time"),
        ("c,1,2025-02-29T08:00,1", "event line 2: local_time"),
    ],
)
def test_an_opening_that_cannot_be_read_leaves_its_case_unanswered(event: str, says: str) -> None:
    row = dose(f"{event}\n", "c,1,24,2025-03-01,7,00:00,all,7")
    assert {row[f"got_{name}"] for name in ASKED["dosing_adherence"].shapes[0].gives} == {""}
    assert says in row["got_why"]


def test_doses_outside_the_observed_days_are_said() -> None:
    row = dose("c,1,2025-02-28T08:00,2\n", "c,1,24,2025-03-01,7,00:00,all,7")
    assert (row["got_doses_taken"], row["got_why"]) == ("0", "2 doses outside the observed days are not counted")


WORDS = st.sampled_from(
    ["", "p", "x", "0", "1", "-1", "14", "1e999", "NaN", "yes", "CMA9", "FUW0-365_OW0-365", "all",
     "carry over any drug",
     "2024-01-01", "2024-13-01", "2024-01-01T08:00", "00:00", "Mars/Base", "9999-12-31", "\x00", "=1+1"]
)  # fmt: skip


@settings(max_examples=80)
@given(name=st.sampled_from(sorted(ASKED)), cells=st.lists(st.one_of(WORDS, st.text(max_size=6)), max_size=24))
def test_whatever_the_cells_every_ask_has_its_answer_or_a_sentence(name: str, cells: list[str]) -> None:
    score = ASKED[name]
    for shape in score.shapes:
        events, ask = io.StringIO(newline=""), io.StringIO(newline="")
        csv.writer(events).writerows([score.events, cells[:5], cells[5:10]])
        csv.writer(ask).writerows([shape.needs, cells[10:], cells[:8]])
        for row in asked(name, events.getvalue(), ask.getvalue()):
            unsaid = {column for column, value in row.items() if column.startswith("got_") and value == ""}
            assert "got_why" not in unsaid or unsaid == {"got_why"}


def run(tmp_path: Path, *arguments: str) -> tuple[int, str, str]:
    (tmp_path / "events.csv").write_text(SUPPLIES + "p,2024-01-01,1,a,28\n")
    (tmp_path / "ask.csv").write_text(CMA + "p,CMA2,FUW0-365_OW0-180,ignore dose change\n")
    done = CliRunner().invoke(app, [argument.format(folder=tmp_path) for argument in arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command_answers_the_rows_of_the_ask(tmp_path: Path) -> None:
    status, out, err = run(tmp_path, "refill_adherence", "{folder}/events.csv", "--ask", "{folder}/ask.csv")
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "patient_id,cma,scenario,options,got_value,got_why"
    assert out.splitlines()[1].startswith("p,CMA2,FUW0-365_OW0-180,ignore dose change,0.15555555")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("refill_adherence", "{folder}/events.csv"), "--ask: expected ASK.csv with refill_adherence"),
        (("qsofa", "{folder}/events.csv", "--ask", "{folder}/ask.csv"), "--ask: expected no --ask with qsofa"),
        (("refill_adherence", "{folder}/events.csv", "--ask", "{folder}/no.csv"), "no.csv: expected a file"),
        (("refill_adherence", "{folder}/ask.csv", "--ask", "{folder}/ask.csv"), "missing column date, per_day, drug"),
        (("refill_adherence", "{folder}/events.csv", "--ask", "{folder}/events.csv"), "missing column cma, scenario"),
    ],
)
def test_wrong_usage_is_refused_with_status_2(tmp_path: Path, arguments: tuple[str, ...], says: str) -> None:
    status, out, err = run(tmp_path, *arguments)
    assert status == 2
    assert says in err
    assert out == ""


def test_an_unknown_score_lists_the_names() -> None:
    with pytest.raises(UnusableFile, match="dosing_adherence"):
        read_events("x", io.StringIO("a\n"))
