"""A patient's day: what opened, lasted and was done; the same rows give the same facts, and what is missing is said."""

import msgspec
import pytest

from alerts.oral.doses import Standing
from alerts.oral.expected import Expected
from alerts.oral.matching import Matched
from alerts.synthesis.facts import synthesise
from domain.instants import DAY, HOUR, MINUTE
from domain.synthesis import Act, Tally, read_synthesis
from tests.flow.console_world import an_alert
from tests.support.synthesis import END, START, event, everything, found, report

NOON = START + 12 * HOUR


def test_the_same_rows_looked_at_later_are_the_same_synthesis() -> None:
    alert = an_alert("P1", at=NOON)
    rows = {"events": [event(alert, "opened", NOON)], "reports": [report(NOON, grade=2)]}
    first, later = synthesise(found(**rows)), synthesise(found(**rows, upto=END + 9 * DAY))
    assert first.digest == later.digest
    assert synthesise(found(**rows | {"reports": [report(NOON, grade=3)]})).digest != first.digest


def test_it_is_read_back_as_it_was_kept() -> None:
    made = everything()
    stored = msgspec.json.decode(msgspec.json.encode(msgspec.to_builtins(made)))
    assert read_synthesis(stored) == made
    assert read_synthesis(stored).digest == made.digest


def test_an_alert_stands_as_it_stood_at_the_end_of_the_day() -> None:
    alert = an_alert("P1", at=NOON)
    made = synthesise(
        found(
            events=[
                event(alert, "opened", NOON),
                event(alert, "acknowledged", NOON + HOUR, state="acknowledged", acknowledged_by="doc1", actor="doc1",
                      note="calling"),
                event(alert, "closed", END + HOUR, state="closed", actor="doc1", note="over"),
            ]
        )
    )  # fmt: skip
    [line] = made.alerts
    assert (line.state, line.new, line.holder) == ("acknowledged", True, "doc1")
    assert [(act.kind, act.actor, act.text) for act in made.acts] == [("acknowledged", "doc1", "calling")]


@pytest.mark.parametrize(
    ("moves", "shown"),
    [
        ([("opened", START - DAY, "open")], [("open", False)]),  # unattended from the day before: still there
        ([("opened", START - DAY, "open"), ("closed", START - HOUR, "closed")], []),
        ([("opened", START - DAY, "open"), ("closed", NOON, "closed")], [("closed", False)]),
        ([("opened", START - DAY, "open"), ("closed", NOON, "closed"), ("reopened", NOON + HOUR, "open")],
         [("open", True)]),
        ([("opened", END + 1, "open")], []),
        ([("pending", NOON, "pending")], []),
    ],
)  # fmt: skip
def test_which_alerts_are_of_the_day(moves: list[tuple[str, int, str]], shown: list[tuple[str, bool]]) -> None:
    alert = an_alert("P1", at=START - DAY)
    made = synthesise(found(events=[event(alert, kind, at, state=state) for kind, at, state in moves]))
    assert [(line.state, line.new) for line in made.alerts] == shown


def test_a_flood_of_technical_alerts_is_one_line_a_rule_and_hides_no_other() -> None:
    flood = [
        event(an_alert("P1", n, at=NOON, category="technical", severity="low", rule="gap"), "opened", NOON + n)
        for n in range(2, 60)
    ]
    closed = event(flood[0].alert, "closed", NOON + HOUR, state="closed")
    fever = event(an_alert("P1", 1, at=NOON), "opened", NOON)
    made = synthesise(found(events=[fever, *flood, closed]))
    assert [line.severity for line in made.alerts] == ["high"]
    assert [(line.rule, line.count, line.left) for line in made.technical] == [("gap", 58, 57)]


def test_the_highest_grade_of_each_question_beside_that_of_the_day_before() -> None:
    made = synthesise(
        found(
            reports=[
                report(NOON, grade=1), report(NOON + HOUR, grade=3), report(NOON + 2 * HOUR, grade=2),
                report(START - HOUR, grade=1),
                report(START - HOUR, "pain", grade=2),
                report(START - HOUR, "fatigue", grade=0),  # absent before, not asked again: nothing to tell
                report(NOON, "cough", grade=0),
                report(NOON, "stools", number=4), report(NOON + HOUR, "stools", number=6),
                report(NOON, "comment", text="chute"), report(END + HOUR, "comment", text="demain"),
            ]
        )
    )  # fmt: skip
    assert [(line.name.en, line.grade, line.before, line.at) for line in made.symptoms] == [
        ("Nausea", 3, 1, NOON + HOUR),
        ("Cough", 0, None, NOON),
        ("Pain elsewhere", None, 2, None),
    ]
    assert [(line.name.en, line.number) for line in made.figures] == [("stools", 6)]
    assert [line.text for line in made.words] == ["chute"]


def test_a_measure_that_was_expected_and_did_not_come_is_said() -> None:
    none = {code: Tally(code, 0, 0, None, None, None, None, None, None, 0, None, None, None, None)
            for code in ("8310-5", "8867-4")}  # fmt: skip
    made = synthesise(found(tallies=list(none.values()), expected=frozenset({"8310-5"})))
    assert [(line.code, line.count) for line in made.trends] == [("8310-5", 0)]


def test_a_dose_nobody_reported_is_not_called_missed_by_the_patient() -> None:
    dose = Expected("capecitabine", "capecitabine", NOON, found().day, 0, "Europe/Paris", 1500, 3)
    made = synthesise(found(doses=[(Matched(dose), Standing("missed"))]))
    [line] = made.doses
    assert (line.state, line.at, line.by, line.why) == ("missed", None, None, None)


def test_of_today_only_what_is_known_by_now_is_told() -> None:
    acts = [Act(NOON - MINUTE, "doc1", "plan"), Act(NOON + MINUTE, "doc1", "plan")]
    made = synthesise(found(upto=NOON, acts=acts, reports=[report(NOON + 1, grade=4)]))
    assert (made.whole, made.upto, len(made.acts), made.symptoms) == (False, NOON, 1, ())


def test_nothing_of_the_input_is_changed_and_a_day_of_nothing_is_blank() -> None:
    empty = synthesise(found())
    assert empty.blank
    assert not everything().blank
