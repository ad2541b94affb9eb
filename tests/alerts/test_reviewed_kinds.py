"""Sequences around rules on several samples, severities that change with time and new plans that once hid a danger.

Each is one patient's story, in minutes.
"""

from typing import Any

import pytest

from alerts import loading
from alerts.core import telling
from alerts.core.lateness import needs_history
from alerts.core.refill import History, load, remember
from alerts.core.samples import samples
from alerts.core.state import new_state
from alerts.core.ticking import next_due
from alerts.engine import step
from alerts.isolation import Guarded, Watch
from alerts.protocol.library import library, shipped_texts
from alerts.protocol.plan import Library
from alerts.scores.live import CODES, points
from domain.alerts import Action, AlertEvent, Input, Pause, PauseSet, PlanSet, Tick
from domain.values import Given, Intake, Origin, Reading, Reason, Rejected, Report
from domain.vocabulary import (
    CONSCIOUSNESS,
    HEART_RATE,
    MEASURES,
    NEUTROPHILS,
    OXYGEN_FLOW,
    RESPIRATORY_RATE,
    SPO2,
    SYSTOLIC,
    TEMPERATURE,
)  # fmt: skip
from tests.alerts.play import START, at, reading

DAY = 24 * 60
COUNTING = """
id = "counting"
version = "1"
title = { fr = "Essai", en = "Trial" }
sign_off = "for tests"
extends = "vital-signs"

[[rule]]
id = "often-low"
kind = "count"
codes = ["59408-5"]
within_min = 1440
where = { up_to = 93 }
title = { fr = "Souvent bas", en = "Often low" }
criterion = [{ name = "often", severity = "high", from = 6, source = "test", status = "D" }]
"""
LIBRARY: Library = library({**shipped_texts(), "counting": COUNTING})
NORMAL = {
    RESPIRATORY_RATE: 16,
    SPO2: 97,
    OXYGEN_FLOW: 0,
    SYSTOLIC: 120,
    HEART_RATE: 80,
    CONSCIOUSNESS: 0,
    TEMPERATURE: 37,
}


class Story:
    """One patient, stepped message by message; history comes back as the service reads it."""

    def __init__(self, plan: dict[str, Any], texts: Library = LIBRARY) -> None:
        self.library, self.plan, self.planned_at = texts, plan, 0
        self.state = new_state("P1", "s", plan, texts, set_at=0, watched_from=START)
        self.events: list[AlertEvent] = []
        self.stored: list[Reading] = []

    def feed(self, *inputs: Input) -> list[AlertEvent]:
        late = needs_history(self.state, inputs)
        if late is not None:
            self.state = remember(self.state, self._around(late), at=0)
        self.state, said = step(self.state, inputs, self.library)
        self.events += said
        for found in inputs:
            self.stored += samples(found)
            if isinstance(found, PlanSet):
                self.plan, self.planned_at = found.plan, found.at
        return said

    def vitals(self, minute: float, **extra: Any) -> list[AlertEvent]:
        values = {**NORMAL, **extra.pop("values", {})}
        return self.feed(*(reading(minute, v, code=c, seq=round(minute * 60)) for c, v in values.items()))

    def act(self, action: str, minute: float, rule: str) -> None:
        self.feed(Action("a", "P1", self.state.alerts[rule].id, action, "dr", "physician", at(minute), "because"))

    def kinds(self, rule: str) -> list[str]:
        return [event.kind for event in self.events if event.alert.rule == rule]

    def restart(self, *, after: float) -> None:
        """Load the patient from the alerts and from what was measured after that minute."""
        state = new_state("P1", "s", self.plan, self.library, set_at=self.planned_at, watched_from=START)
        opened = {event.alert.id: event.alert for event in self.events}.values()
        rows = [row for row in self.stored if row.measured_at > at(after)]
        self.state = load(state, History(rows), open_alerts=list(opened), closed_alerts=[], number=len(opened))

    def _of(self, code: str) -> list[Reading]:
        return sorted((row for row in self.stored if row.code == code), key=lambda row: row.measured_at)

    def _around(self, since: int) -> History:
        found: list[Reading] = []
        whole = set()
        for code in {row.code for row in self.stored}:
            of = self._of(code)
            before = [row for row in of if row.measured_at < since]
            if code in MEASURES:
                before = before[-loading.LOOKBACK :]
            found += [*before, *(row for row in of if row.measured_at >= since)]
            if len(before) < loading.LOOKBACK:
                whole.add(code)
        return History(found, frozenset({*whole, *(code for code in MEASURES if not self._of(code))}))


def skipped(minute: float, *drugs: str, state: str = "skipped", seq: int = 1) -> list[Input]:
    origin = Origin("app", "b", seq)
    return [
        Intake("P1", drug, at(minute), None, 3, None, state, at(minute), at(minute), "patient", origin, place)
        for place, drug in enumerate(drugs)
    ]


URGENT = {RESPIRATORY_RATE: 22, HEART_RATE: 111, SPO2: 95}  # 2 + 2 + 1
EMERGENCY = {RESPIRATORY_RATE: 26, HEART_RATE: 132, SPO2: 90}


@pytest.mark.parametrize(("done", "then"), [("acknowledge", "worsened"), ("close", "opened")])
def test_a_score_that_time_made_high_still_rings_when_it_gets_worse(done: str, then: str) -> None:
    story = Story({"protocol": "vital-signs"})
    story.vitals(0, values=URGENT)
    story.feed(Tick(at(60)))
    assert story.state.alerts["news2"].severity == "high"
    story.act(done, 61, "news2")
    story.vitals(65, values=URGENT)
    story.vitals(70, values=EMERGENCY)
    story.vitals(75, values=EMERGENCY)
    # the step of the medium alert was due when it became high: it is taken then, by the steps of the higher rank
    assert story.kinds("news2")[:3] == ["opened", "worsened", "escalated"]
    assert story.kinds("news2")[4:] == [then]
    alert = story.state.alerts["news2"]
    assert (alert.state, alert.severity, alert.evidence[-8].value) == ("open", "high", 9)


def test_a_score_that_time_made_high_still_rings_when_it_gets_worse_after_a_restart() -> None:
    story = Story({"protocol": "vital-signs"})
    story.vitals(0, values=URGENT)
    story.feed(Tick(at(60)))
    story.act("acknowledge", 61, "news2")
    story.restart(after=1)  # nothing that made the alert is at hand any more
    story.vitals(70, values=EMERGENCY)
    assert story.kinds("news2") == ["opened", "worsened", "escalated", "acknowledged", "worsened"]


def test_a_severity_that_time_has_lowered_is_not_raised_by_a_new_plan_but_by_a_new_condition() -> None:
    story = Story({"protocol": "oral-therapy"})

    def pain(minute: float, grade: int) -> None:
        story.feed(Report("P1", "daily", "pain", "severity", grade, None, None, at(minute), at(minute), "patient"))

    for day, grade in enumerate((0, 3, 0, 0)):
        pain(day * DAY, grade)
    story.feed(Tick(at(5 * DAY)))
    assert story.state.alerts["symptom.pain"].severity == "low"
    story.feed(PlanSet("P1", {"protocol": "oral-therapy"}, at(5 * DAY + 1)))
    assert story.kinds("symptom.pain") == ["opened", "cleared", "eased"]
    pain(6 * DAY, 3)
    assert story.kinds("symptom.pain")[3:] == ["worsened", "recurred"]
    assert story.state.alerts["symptom.pain"].severity == "medium"


@pytest.mark.parametrize("times", [1, 2])
def test_a_new_plan_does_not_forget_the_items_of_a_score(times: int) -> None:
    story = Story({"protocol": "vital-signs"})
    story.vitals(0, values={SYSTOLIC: 100, RESPIRATORY_RATE: 21})
    for minute in range(1, 30):  # a monitor that sends one item alone
        story.feed(reading(minute, 80, code=HEART_RATE, seq=minute))
    for time in range(times):
        story.feed(PlanSet("P1", {"protocol": "vital-signs"}, at(31 + time)))
    story.feed(reading(40, 131, code=HEART_RATE, seq=40))
    assert story.kinds("news2") == ["opened"]


def test_a_new_protocol_knows_what_was_measured_before_it() -> None:
    story = Story({"protocol": "vital-signs"})
    story.vitals(0, values={TEMPERATURE: 38.4})
    story.feed(PlanSet("P1", {"protocol": "bispecific-crs"}, at(10)))
    story.feed(reading(20, 85, code=SYSTOLIC, seq=20))
    assert story.kinds("crs-hypotension") == ["opened"]


def test_a_new_plan_counts_no_dose_twice() -> None:
    story = Story({"protocol": "oral-therapy"})
    story.feed(*skipped(0, "capecitabine"))
    for time in range(3):
        story.feed(PlanSet("P1", {"protocol": "oral-therapy"}, at(31 + time)))
    assert story.kinds("skipped-doses") == []
    story.feed(*skipped(100, "capecitabine", seq=2))
    assert [event.alert.severity for event in story.events if event.alert.rule == "skipped-doses"] == ["low"]


@pytest.mark.parametrize("times", [1, 2])
def test_a_new_plan_does_not_shorten_a_run(times: int) -> None:
    plan = {"protocol": "chemo-aplasia", "fever_profile": "ESMO_2016"}
    story = Story(plan)
    for minute in range(0, 100, 2):
        story.feed(reading(minute, 38.2, seq=minute))
    for time in range(times):
        story.feed(PlanSet("P1", plan, at(100 + time)))
    story.feed(reading(120, 38.2, seq=120))
    assert story.kinds("fever") == ["pending", "opened"]


def test_doses_and_refusals_of_one_message_count_one_by_one() -> None:
    story = Story({"protocol": "oral-therapy"})
    story.feed(*skipped(0, "capecitabine", "lapatinib", "capecitabine"))
    assert story.state.alerts["skipped-doses"].severity == "medium"
    story.feed(
        *(Rejected(Reason.IMPLAUSIBLE, f"obs[{n}].v", "x", b"", at(5), "t", "s", "dev", "P1", "b", 2) for n in range(5))
    )
    assert story.kinds("quarantine-burst") == ["opened"]


def test_doses_of_one_time_in_two_messages_count_one_by_one() -> None:
    story = Story({"protocol": "oral-therapy"})
    story.feed(*skipped(0, "capecitabine"), *skipped(0, "capecitabine", seq=2))
    assert story.kinds("skipped-doses") == ["opened"]


def test_an_extra_dose_after_the_first_was_dealt_with_is_a_new_alert() -> None:
    story = Story({"protocol": "oral-therapy"})
    story.feed(*skipped(0, "capecitabine", state="extra"))
    story.act("close", 30, "extra-dose")
    story.feed(*skipped(20, "capecitabine", state="taken", seq=2), *skipped(240, "capecitabine", state="extra", seq=3))
    assert story.kinds("extra-dose") == ["opened", "closed", "opened"]


def test_a_dose_that_is_entered_late_judges_the_fever_after_it() -> None:
    story = Story({"protocol": "bispecific-crs", "doses": ["2020-01-01T00:00:00Z"]})
    for minute in range(120):
        story.feed(reading(minute, 38.3 if 30 <= minute < 60 else 37.0, seq=minute))
    assert story.kinds("crs-fever") == []
    story.feed(Given("P1", "chemotherapy", "teclistamab", at(-10), at(121), None, None, "nurse", Origin("app", "b", 5)))
    assert story.kinds("crs-fever") == ["opened", "cleared"]
    assert story.state.alerts["crs-fever"].condition_at == at(30)


def test_the_first_of_many_closed_fevers_never_comes_back() -> None:
    story = Story({"protocol": "chemo-aplasia"})
    for number in range(40):
        begins = number * 600
        story.feed(reading(begins, 38.6, seq=begins))
        story.act("close", begins + 5, "fever")
        story.feed(reading(begins + 10, 37.0, seq=begins + 1), reading(begins + 40, 37.0, seq=begins + 2))
    assert story.kinds("fever") == ["opened", "closed"] * 40


def test_a_late_reading_does_not_thin_out_what_a_count_remembers() -> None:
    """A late temperature has the pulse and the saturation read back too, and not as far as a count of a day looks."""
    story = Story({"protocol": "counting"})
    for minute in range(1000):
        story.feed(reading(minute, 90 if minute in (1, 2, 3, 4, 5) else 97, code=SPO2, seq=minute))
    for minute in range(0, 1000, 50):
        story.feed(reading(minute, 37.0, received=1000 + minute / 50, seq=5000 + minute))
    story.feed(reading(1021, 90, code=SPO2, seq=2000))
    assert story.kinds("often-low") == ["opened"]


def test_a_late_reading_does_not_date_a_long_fever_anew() -> None:
    story = Story({"protocol": "chemo-aplasia"})
    for minute in range(700):
        story.feed(reading(minute, 38.6 if minute < 600 else 37.0, seq=minute))
    assert story.kinds("fever") == ["opened", "cleared"]
    story.feed(reading(650.5, 37.0, received=701, seq=1000), reading(720, 38.6, seq=1001))
    assert story.kinds("fever") == ["opened", "cleared", "recurred"]
    assert story.state.alerts["fever"].condition_at == at(0)


def test_a_rule_that_is_off_keeps_what_it_said() -> None:
    story = Story({"protocol": "chemo-aplasia", "aplasia": {"from": "2020-01-01T00:00:00Z"}})
    story.feed(reading(0, 37.0, seq=1), reading(1, 38.6, seq=2), reading(3, 38.6, seq=3))
    story.state.muted = frozenset({"fever"})
    story.feed(reading(2, 38.5, received=4, seq=4), reading(5, 1.4, code=NEUTROPHILS, device="lab"))
    assert story.kinds("fever") == ["opened"]


@pytest.mark.parametrize(("saturation", "least"), [(80.0, 3), (85.0, 2), (87.0, 1), (90.0, 0), (97.0, 0)])
def test_a_saturation_on_scale_2_counts_at_least_what_it_would_with_or_without_oxygen(
    saturation: float, least: int
) -> None:
    values = tuple(saturation if code == SPO2 else None for code in CODES["news2"])
    total, missing = points("news2", values, 2)
    assert total == least
    assert OXYGEN_FLOW in missing


def test_a_count_of_measures_is_read_back_over_its_whole_time() -> None:
    state = new_state("P1", "s", {"protocol": "counting"}, LIBRARY, set_at=0, watched_from=START)
    [rule] = [each for each in state.compiled.levels if each.id == "often-low"]
    assert rule.memory == DAY * 60_000_000


def test_a_failure_in_what_a_rule_says_is_that_rule_s_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(moves: Any, rule: Any, *rest: Any) -> dict[str, Any]:
        if rule.id == "fever":
            raise ZeroDivisionError
        return {}

    monkeypatch.setattr(telling, "_shown", failing)
    state = new_state("P1", "s", {"protocol": "bispecific-crs"}, LIBRARY, set_at=0, watched_from=START)
    state, said = Guarded(Watch()).step(state, [reading(0, 38.6)], LIBRARY, at=at(0))
    assert state.muted == {"fever"}
    assert sorted(event.alert.rule for event in said) == ["crs-fever", "engine-fault"]


def test_a_month_of_short_pauses_does_not_hide_a_silence() -> None:
    story = Story({"protocol": "oral-therapy"})  # silent after two days
    story.feed(reading(0, 36.8))
    days = [(day * DAY + 480, day * DAY + 600) for day in range(30)]
    pauses = tuple(
        Pause(str(start), "day-hospital", at(start), at(end), "radiotherapy", "dr", at(0)) for start, end in days
    )
    story.feed(PauseSet("P1", pauses, at(1)))
    due = next_due(story.state)
    assert due is not None
    assert at(2 * DAY) < due <= at(5 * DAY)
    story.feed(Tick(due))
    assert f"silence.{TEMPERATURE}" in story.state.alerts


@pytest.mark.parametrize("done", [None, "close"])
@pytest.mark.parametrize("every", [1, 3, 7])
def test_a_late_sample_does_not_shorten_a_condition_longer_than_what_is_put_back(every: int, done: str | None) -> None:
    """Pressure is measured less often, so its samples that are put back reach further than those of the rest."""
    story = Story({"protocol": "vital-signs"})

    def minute(now: int, values: dict[str, float], received: int) -> None:
        whole = {code: value for code, value in {**NORMAL, **values}.items() if code != SYSTOLIC or now % every == 0}
        story.feed(*(reading(now, v, code=c, seq=now + 1, received=received) for c, v in whole.items()))

    begins, late = 30, 30 + loading.LOOKBACK + 6 * 60 + 40  # what a score may be made of is six hours old at most
    for now in range(late + 40):
        if now != late:
            minute(now, URGENT if now >= begins else {}, now)
    if done is not None:
        story.act(done, late + 40, "news2")
    told = len(story.kinds("news2"))
    minute(late, URGENT, late + 40)
    minute(late + 41, URGENT, late + 41)
    [stream] = [each for each in story.state.streams.values() if each.rules[0].id == "news2"]
    current = stream.track(stream.rules[0]).current
    assert current is not None
    assert current.condition_at == at(begins)
    assert len(story.kinds("news2")) == told, "it is the same condition: nothing to tell"
