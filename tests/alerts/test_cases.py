"""Files of rule cases are read strictly: a fault names file, line, field, and the words that are known."""

import contextlib
import json
from pathlib import Path

import pytest
import typer.testing
from hypothesis import given
from hypothesis import strategies as st

from alerts.protocol.library import shipped
from alerts.trial.case_lines import (
    Act,
    Battery,
    Dose,
    LineFault,
    Measured,
    Nothing,
    Paused,
    Says,
    Treated,
    expectation,
    happens,
)
from alerts.trial.cases import CaseFault, Said, differences, read
from domain.instants import DAY, HOUR, MINUTE, iso
from vigie.cli import app
from vigie.rule_cases import check, run

EIGHT = 8 * HOUR
WORDS = ["day", "1", "08:00", "temperature", "38", "pause", "ward", "-", "to", "never", "once", "until", "nothing"]
GOOD = """\
title: Fever
protocol: chemo-aplasia
readings:
  - 08:00 temperature axillary 38.4
expect:
  - 08:00 fever opened high
"""


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("08:00 temperature axillary 38.4", Measured(EIGHT, "8310-5", 38.4, "Cel", "axillary")),
        ("8:00 temperature 38,4", Measured(EIGHT, "8310-5", 38.4, "Cel")),
        ("08:00 temperature oral 101.3 [degF] by nurse measured 07:00",
         Measured(EIGHT, "8310-5", 101.3, "[degF]", "oral", "nurse", 7 * HOUR)),
        ("08:00 consciousness V", Measured(EIGHT, "80288-4", "V", "")),
        ("day 2 08:00 lab neutrophils 0.3", Measured(EIGHT + DAY, "26499-4", 0.3, "10*9/L")),
        ("08:00 says rigors 2", Says(EIGHT, "rigors", None, 2)),
        ("08:00 says pain severity 3", Says(EIGHT, "pain", "severity", 3)),
        ("08:00 says ice number 8", Says(EIGHT, "ice", None, None, 8)),
        ("08:00 taken paracetamol 1000 mg", Dose(EIGHT, "taken", "paracetamol", 1000, "mg")),
        ("08:00 skipped capecitabine", Dose(EIGHT, "skipped", "capecitabine", None, None)),
        ("08:00 given antibiotic ceftriaxone 2 g", Treated(EIGHT, "antibiotic", "ceftriaxone", 2, "g")),
        ("08:00 battery 8", Battery(EIGHT, 8)),
        ("08:00 close fever", Act(EIGHT, "close", "fever", None)),
        ("08:00 snooze fever until 08:30", Act(EIGHT, "snooze", "fever", EIGHT + 30 * MINUTE)),
        ("pause ward 08:00-16:00", Paused(EIGHT, "ward", 16 * HOUR)),
        ("pause leave 08:00 to day 3 08:00", Paused(EIGHT, "leave", EIGHT + 2 * DAY)),
        ("pause death 08:00", Paused(EIGHT, "death", None)),
        ("nothing until day 2 08:00", Nothing(EIGHT + DAY)),
    ],
)  # fmt: skip
def test_a_line_is_read(text: str, line: object) -> None:
    assert happens(text) == line


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("08:00 temprature 38", "'temprature': expected what happens, one of temperature, heart-rate"),
        ("25:00 temperature 38", "'25:00': expected a time"),
        ("08.00 temperature 38", "'08.00': expected a time"),
        ("08:00 temperature warm", "'warm': expected a value, or where it was measured (oral, axilla"),
        ("08:00 temperature 38.4 today", "'today': expected the end of the line"),
        ("08:00 temperature", "expected a value"),
        ("08:00 temperature nan", "'nan': expected a value"),
        ("08:00 lab sugar 3", "'sugar': expected a laboratory value, one of neutrophils"),
        ("08:00 says pain 5", "'5': expected a grade from 0 to 4"),
        ("08:00 says pain worst 3", "'worst': expected a grade from 0 to 4, or one of frequency"),
        ("08:00 given tea ceylon", "'tea': expected a kind of treatment, one of antibiotic"),
        ("08:00 consciousness Z", "'Z': expected a letter, one of A, C, V, P, U"),
        ("pause holiday 08:00-09:00", "'holiday': expected a kind of pause, one of ward"),
        ("pause ward 08:00", "'ward': expected the end of the pause"),
        ("pause ward 10:00-08:00", "pause: expected an end after its beginning"),
        ("nothing", "'nothing': expected nothing until 20:00"),
        ("day 0 08:00 battery 3", "'0': expected the number of the day"),
        ("08:00 snooze fever for 10", "'for': expected until"),
        ("", "expected a time"),
    ],
)  # fmt: skip
def test_a_line_that_cannot_be_read_says_which_word(text: str, said: str) -> None:
    with pytest.raises(LineFault) as caught:
        happens(text)
    assert said in str(caught.value)


@given(st.text(max_size=40) | st.lists(st.sampled_from(WORDS)))
def test_any_line_is_read_or_a_fault(text: str | list[str]) -> None:
    for reads in (happens, expectation):
        with contextlib.suppress(LineFault):
            reads(text if isinstance(text, str) else " ".join(text))


def test_expectations_are_read() -> None:
    found = expectation("day 2 08:00 fever opened high")
    assert (found.how, found.at, found.width, found.rule, found.severity) == (
        "at",
        EIGHT + DAY,
        MINUTE,
        "fever",
        "high",
    )
    assert expectation("08:00:10 fever opened").width == MINUTE // 60
    assert expectation("never spo2").kind == ""
    assert expectation("nothing else").how == "nothing else"
    for wrong in ("08:00 fever", "once fever", "fever opened", "08:00 fever opend", "08:00 fever opened urgent"):
        with pytest.raises(LineFault, match="expected"):
            expectation(wrong)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("readings", "reading"), "file.yaml: line 3: reading: expected each of title, protocol, plan"),
        (("title: Fever\n", ""), "file.yaml: line 1: title: expected in every case"),
        (("title: Fever", "title: { de: Fieber }"), "line 1: title: expected a sentence, or en and fr"),
        (("protocol:", "title:"), "line 2: title: expected each of"),
        (("- 08:00 temperature axillary 38.4", "08:00 temperature"), "line 4: readings: expected a list"),
        (("- 08:00 temperature axillary 38.4", "- { at: 1 }"), "line 4: readings: expected a line of words"),
        (("axillary 38.4", "armpit 38.4"), "line 4: readings: '08:00 temperature armpit 38.4': 'armpit': expected"),
        (("fever opened", "fever open"), "line 6: expect: '08:00 fever open high': 'open': expected what becomes"),
        (("38.4\n", "38.4\n  - 07:00 heart-rate 90\n"), "line 5: readings: '07:00 heart-rate 90': expected a time not"),
        (("protocol: chemo-aplasia", "plan: { protocol: x }"), "line 2: plan: expected the care plan without"),
        (("protocol: chemo-aplasia", "starts: soon"), "line 2: starts: expected a date"),
        (("title: Fever", "title: &a Fever"), "expected no & and no *"),
        (("title: Fever", "title: [Fever"), "file.yaml: expected YAML"),
        (("title: Fever", "title: !!python/object:os.system x"), None),
    ],
)  # fmt: skip
def test_a_file_that_cannot_be_read_says_where(change: tuple[str, str], said: str | None) -> None:
    text = GOOD.replace(*change)
    assert text != GOOD
    if said is None:
        assert read("file.yaml", text)[0].title == "x"  # a tag is only a tag: nothing is made of it
        return
    with pytest.raises(CaseFault) as caught:
        read("file.yaml", text)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            ("fever opened", "tachycardia opened"),
            "'tachycardia': expected a rule of the protocol, one of ",
        ),
        (("chemo-aplasia", "aplasia"), "plan: protocol: expected one of"),
        (("protocol: chemo-aplasia", "plan: { limits: { '8867-4': { high: 900 } } }"), "limits.8867-4.high: expected"),
    ],
)
def test_what_the_protocol_does_not_know_is_refused(change: tuple[str, str], said: str) -> None:
    [case] = read("file.yaml", GOOD.replace(*change))
    with pytest.raises(CaseFault) as caught:
        check(case, shipped())
    assert said in str(caught.value)


def test_hours_are_those_of_the_clock_on_the_wall() -> None:
    [case] = read("file.yaml", GOOD)
    assert iso(case.instant(EIGHT)) == "2026-11-22T07:00:00Z"
    assert case.clock(case.instant(EIGHT)) == EIGHT


def test_differences_show_what_there_was_instead() -> None:
    text = GOOD + "  - never spo2\n  - once fever cleared\n  - nothing else\n"
    [case] = read("file.yaml", text)
    opened, other = Said(EIGHT + MINUTE, "fever", "opened", "high"), Said(EIGHT, "spo2", "opened", "medium")
    found = differences(case, [opened, other])
    assert [(one.expected, one.found) for one in found] == [
        ("08:00 fever opened high", (opened,)),
        ("never spo2", (other,)),
        ("once fever cleared", (opened,)),
        ("nothing else", (opened, other)),
    ]
    assert differences(read("file.yaml", GOOD)[0], [Said(EIGHT, "fever", "opened", "high")]) == []


def test_two_events_where_one_is_expected_differ() -> None:
    [case] = read("file.yaml", GOOD)
    twice = [Said(EIGHT, "fever", "opened", "high")] * 2
    assert len(differences(case, twice)) == 1


def test_a_case_that_says_something_else_fails(tmp_path: Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "bad.yaml").write_text(GOOD.replace("opened high", "opened medium"))
    runner = typer.testing.CliRunner()
    assert runner.invoke(app, ["protocol", "test", str(tmp_path / "good.yaml")]).exit_code == 0
    result = runner.invoke(app, ["protocol", "test", str(tmp_path)])
    assert result.exit_code == 1
    assert "1 passed, 1 failed" in result.output
    assert "08:00 fever opened high" in result.output
    [bad, good] = json.loads(runner.invoke(app, ["protocol", "test", str(tmp_path), "--json"]).output)
    assert bad["differences"][0]["found"][0] == "08:00 fever opened high"
    assert good["passed"]
    assert runner.invoke(app, ["protocol", "test", str(tmp_path / "none.yaml")]).exit_code == 2
    (tmp_path / "bad.yaml").write_text("title: x\n")
    result = runner.invoke(app, ["protocol", "test", str(tmp_path)])
    assert result.exit_code == 2
    assert "readings: expected in every case" in result.output


def test_a_draft_is_played_in_the_place_of_its_protocol(tmp_path: Path) -> None:
    case, draft = tmp_path / "case.yaml", tmp_path / "draft.toml"
    case.write_text(
        GOOD.replace("38.4", "39.2").replace("chemo-aplasia", "vital-signs").replace("fever", "temperature")
    )
    shipped_text = (Path(__file__).parents[2] / "alerts/protocols/vital-signs.toml").read_text()
    draft.write_text(shipped_text.replace('severity = "medium", from = 39.1', 'severity = "high", from = 39.1'))
    runner = typer.testing.CliRunner()
    assert runner.invoke(app, ["protocol", "test", str(case)]).exit_code == 1
    assert runner.invoke(app, ["protocol", "test", str(case), "--with", str(draft)]).exit_code == 0
    draft.write_text("id = 1\n")
    assert runner.invoke(app, ["protocol", "test", str(case), "--with", str(draft)]).exit_code == 2


def test_nobody_can_close_what_is_not_there() -> None:
    [case] = read("file.yaml", GOOD.replace("expect:", "  - 08:10 close spo2\nexpect:"))
    with pytest.raises(CaseFault, match="close spo2: expected an alert that is there"):
        run(case, shipped())
