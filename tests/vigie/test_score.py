"""`vigie score`: columns in and out, rows that cannot be scored, files and names that cannot be used."""

import csv
import io
import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

from vigie.commands.score import score as command
from vigie.score_cells import Cells
from vigie.score_file import UnusableFile, plain, score
from vigie.score_names import NAMES
from vigie.score_pairs import pairs

app = typer.Typer()
app.command()(command)

SHAPES = [(name, shape) for name, shapes in NAMES.items() for shape in shapes]
QSOFA = "id,resp_rate,gcs,systolic_mmHg,exp_score\n"


def scored(name: str, text: str) -> list[dict[str, str]]:
    header, *lines = score(name, io.StringIO(text, newline=""))
    return [dict(zip(header, line, strict=True)) for line in lines]


def run(tmp_path: Path, name: str, content: bytes) -> tuple[int, str, str]:
    file = tmp_path / "cases.csv"
    file.write_bytes(content)
    done = CliRunner().invoke(app, [name, str(file)])
    return done.exit_code, done.stdout, done.stderr


def test_the_input_columns_come_first_as_they_were(tmp_path: Path) -> None:
    text = QSOFA + '"a, ""b""\nc",22,14,100,3\n'
    status, out, _ = run(tmp_path, "qsofa", b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    assert status == 0
    header, line = csv.reader(io.StringIO(out, newline=""))
    assert header == [
        "id",
        "resp_rate",
        "gcs",
        "systolic_mmHg",
        "exp_score",
        "got_score",
        "got_positive_ge2",
        "got_why",
    ]
    assert [line[0].replace("\r", ""), *line[1:7]] == ['a, "b"\nc', "22", "14", "100", "3", "3", "yes"]


@pytest.mark.parametrize(
    ("cells", "says"),
    [
        ("x,,15,100,", "missing or unusable: respiratory rate"),
        ("x,abc,15,100,", "resp_rate: expected a number, got 'abc'"),
        ("x,20,16,100,", "gcs: expected a whole number from 3 to 15, got '16'"),
        ("x,20,15,1e9,", "systolic_mmHg: expected 0 to 375"),
        ("x,20,15", "row: expected 5 cells, got 3"),
        ("x,NaN,15,100,", "resp_rate: expected a number"),
        ("x,1e999999999,15,100,", "resp_rate: expected a number"),
        ('x,"20,5",15,100,', "resp_rate: expected a number"),
    ],
)
def test_a_row_that_cannot_be_scored_says_why_and_the_others_are_scored(tmp_path: Path, cells: str, says: str) -> None:
    status, out, _ = run(tmp_path, "qsofa", f"{QSOFA}{cells}\n\nlast,22,14,100,3\n".encode())
    assert status == 0
    bad, good = csv.DictReader(io.StringIO(out))
    assert (bad["got_score"], bad["got_positive_ge2"]) == ("", "")
    assert says in bad["got_why"]
    assert (good["id"], good["got_score"], good["got_positive_ge2"]) == ("last", "3", "yes")


def test_words_are_read_whatever_their_case_and_space() -> None:
    [row] = scored(
        "astct_crs",
        "temp_C,hypotension,number_of_pressors_excl_vasopressin,oxygen,context\n 38.5 , YES ,0, High_Flow_7 ,No\n",
    )
    assert row["got_grade"] == "3"


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("nothing", b"a\n", "NAME: expected one of news2, qsofa"),
        ("qsofa", b"resp_rate,gcs\n", "missing column systolic_mmHg"),
        ("ctcae", b"ctcae_version,term\n", "missing column input"),
        ("qsofa", b"", "expected a header"),
        ("qsofa", b"gcs,gcs\n", "got twice: gcs"),
        ("qsofa", b"\xff\xfe\x00", "expected UTF-8 text"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_with_status_2(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    status, out, err = run(tmp_path, name, content)
    assert status == 2
    assert says in err
    assert "got_" not in out


def test_no_file_is_refused(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["qsofa", str(tmp_path / "none.csv")])
    assert done.exit_code == 2
    assert "expected a file" in done.stderr


def test_no_bar_is_drawn_where_nobody_looks(tmp_path: Path) -> None:
    assert run(tmp_path, "qsofa", f"{QSOFA}x,20,15,120,0\n".encode())[2] == ""


def test_an_unknown_name_lists_the_names() -> None:
    with pytest.raises(UnusableFile, match="febrile_neutropenia_anc"):
        list(score("x", io.StringIO("a\n")))


WORDS = st.sampled_from(
    [
        "",
        "?",
        "abc",
        "-1",
        "0",
        "1",
        "3",
        "5",
        "15",
        "92.5",
        "101",
        "1e999",
        "NaN",
        "yes",
        "NO ",
        "air",
        "A",
        "low_flow_6",
        "high_flow_x",
        "5.0",
        "6",
        "Anemia",
        "Fever",
        "Hyponatremia",
        "Weight loss",
        "QTc prolonged",
        "g/L",
        "10*9/L",
        "FSI",
        "P",
        "trastuzumab",
        "bp=99/60,1",
        "hr=88 irregular",
        "unanswered",
        "temp_C=40.1",
        "value=3;unit=g/dL",
        "temperature",
        "[degF]",
        "Cel",
        "\x00",
        "=1+1",
        "normal",
        "unknown",
    ]
)


@settings(max_examples=60)
@given(shape=st.sampled_from(SHAPES), cells=st.lists(st.one_of(WORDS, st.text(max_size=8)), max_size=10))
def test_whatever_the_cells_every_row_has_its_answer(shape: tuple[str, object], cells: list[str]) -> None:
    name, columns = shape
    out = io.StringIO(newline="")
    csv.writer(out).writerows([columns.needs, cells, ["1"] * len(columns.needs)])  # type: ignore[attr-defined]
    rows = scored(name, out.getvalue())
    assert 1 <= len(rows) <= 2
    for row in rows:
        unsaid = [column for column, value in row.items() if column.startswith("got_") and value == ""]
        assert "got_why" not in unsaid or set(unsaid) <= {"got_why", "got_reasons"}


def test_a_blank_laboratory_limit_is_not_zero() -> None:
    header = "ctcae_version,term,value,unit,lln,uln,baseline,baseline_state\n"
    [row] = scored("ctcae", header + "5.0,Anemia,139,g/L,,,,\n")
    assert row["got_grade"] == "not gradable"
    assert "LLN" in row["got_why"]


@pytest.mark.parametrize(
    ("inputs", "outcome", "reasons"),
    [
        ("fever_chills_unwell=no; oedema=unanswered", "incomplete", ""),
        ("unanswered", "incomplete", ""),
        ("", "incomplete", ""),
        ("oedema=perhaps", "incomplete", ""),
        ("bp=abc", "incomplete", ""),
        ("hr=fast", "incomplete", ""),
        ("weight_now=heavy", "incomplete", ""),
        ("cough=new", "administer", ""),
        ("bp=99/70,98/70; dyspnoea=more", "call_hospital", "low_bp|dyspnoea"),
        ("surprise=yes", "incomplete", ""),
        ("temp_C=38.2", "call_hospital", "fever_chills_unwell"),
        ("hr=80 irregular; known_chronic=yes", "administer", ""),
    ],
)
def test_a_home_visit(inputs: str, outcome: str, reasons: str) -> None:
    [row] = scored("home_administration", f'drug,inputs\ntrastuzumab,"{inputs}"\n')
    assert (row["got_outcome"], row["got_reasons"]) == (outcome, reasons)
    assert outcome != "incomplete" or row["got_why"]


def test_a_device_code_must_agree_with_its_parts() -> None:
    [row] = scored("mdc_to_loinc", "mdc_code,partition,term_code\n150364,2,1\n")
    assert row["got_loinc"] == ""
    assert "partition x 65536" in row["got_why"]


def test_numbers_are_printed_in_full() -> None:
    [row] = scored("shock_index", "heart_rate,systolic_mmHg\n70,120\n")
    assert row["got_si"].startswith("0.58333333")
    [row] = scored("unit_conversions", "quantity,value,ucum_from,ucum_to\ncell count,75,10*9/L,/uL\n")
    assert row["got_value"] == "75000"
    assert plain(Cells({"a": "1e40"}).number("a") or 0) == "1" + "0" * 40  # type: ignore[arg-type]
    assert pairs(" A = 1 ;; b") == {"a": "1", "b": ""}


def test_a_term_of_words_needs_the_grade_a_clinician_chose() -> None:
    rows = scored("ctcae", "ctcae_version,term,input\n5.0,Nausea,temp_C=38\n5.0,nausea,grade=2\n5.0,Nausea,grade=4\n")
    assert [row["got_grade"] for row in rows] == ["not gradable", "2", "not gradable"]
    assert [row["got_why"].rpartition(": ")[2] for row in rows[::2]] == ["missing grade", "1, 2, 3"]


def test_a_bar_is_drawn_for_whoever_watches_and_not_into_the_answer(tmp_path: Path) -> None:
    file = tmp_path / "cases.csv"
    file.write_text(f"{QSOFA}x,20,15,120,0\n")
    ours, theirs = pty.openpty()
    called = "from vigie.commands.score import score; from pathlib import Path; score('qsofa', Path('cases.csv'))"
    done = subprocess.run(
        [sys.executable, "-c", called], cwd=tmp_path, stdout=subprocess.PIPE, stderr=theirs, check=True
    )
    os.close(theirs)
    assert b"qsofa" in os.read(ours, 4096)
    os.close(ours)
    assert done.stdout.decode().splitlines()[1].startswith("x,20,15,120,0,0,no")
