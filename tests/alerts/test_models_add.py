"""Promise 7: a model may open an alert or the window, or raise a rank. It never closes, lowers or delays anything."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.core.lateness import needs_history
from alerts.core.refill import History, load
from alerts.core.state import PatientState
from alerts.core.verdict import Verdict, finding
from alerts.engine import step
from alerts.protocol.library import library, shipped, shipped_texts
from alerts.protocol.reading import ProtocolError
from domain.alerts import SEVERITIES, Input, ModelOutput, Said, Tick
from domain.instants import Micros, iso
from domain.values import Reading, Reason, Rejected
from domain.vocabulary import NEUTROPHILS, TEMPERATURE
from tests.alerts.play import Play, at, fresh, reading
from tests.alerts.test_engine_properties import series

SHUT = {"protocol": "chemo-aplasia", "fever_profile": "CAUTIOUS_HOME", "aplasia": None}
BY_PLAN = SHUT | {"aplasia": {"from": iso(at(200)), "until": iso(at(400))}}
AFTER_GRAFT = {"protocol": "post-transplant-aplasia", "aplasia": None}
PLANS = [SHUT, BY_PLAN, AFTER_GRAFT, {"protocol": "chemo-aplasia", "cadence": {TEMPERATURE: 3600}}]
MODELS = ("anc-grade4", "anc-late-recovery", "anc-surprise", "early-warning")


def output(minute: float, value: float | None = 80.0, *, model: str = "anc-grade4", **fields: object) -> ModelOutput:
    status = "ready" if value is not None else "refused"
    found = ModelOutput("P1", model, "1", status, value, at(minute), at(minute))
    return msgspec.structs.replace(found, **fields)


@st.composite
def outputs(draw: st.DrawFn) -> list[ModelOutput]:
    minutes = draw(st.lists(st.integers(0, 600), min_size=1, max_size=8))
    return [
        output(
            minute + 0.5,
            draw(st.sampled_from([None, 0.0, 1.0, 19.0, 20.0, 55.0, 99.0])),
            model=draw(st.sampled_from(MODELS)),
            opens_at=draw(st.sampled_from([None, at(minute - 300), at(minute), at(minute + 60)])),
            holds_until=draw(st.sampled_from([None, at(minute + 120), at(5000)])),
        )
        for minute in minutes
    ]


def refused(minute: int) -> Rejected:
    return Rejected(Reason.IMPLAUSIBLE, "obs[0].v", "a value", b"", at(minute), "t", "s", "d", "P1")


def by_receipt(found: Input) -> Micros:
    return found.at if isinstance(found, Tick) else found.received_at  # type: ignore[union-attr]


def escalated(play: Play) -> dict[tuple[str, int], Micros]:
    """When each step of each rule's alert was first taken."""
    found: dict[tuple[str, int], Micros] = {}
    for event in play.events:
        if event.kind == "escalated":
            found.setdefault((event.alert.rule, event.alert.escalation.step), event.at)
    return found


def at_least(without: Play, with_model: Play) -> None:
    """Everything that is said without the model is said with it: as early, as high, and not ended."""
    known, more = without.state, with_model.state
    told = escalated(with_model)
    for (rule, number), when in escalated(without).items():
        raised = SEVERITIES.index(more.alerts[rule].severity) > SEVERITIES.index(known.alerts[rule].severity)
        # one that was raised is told anew, by the steps of its new rank
        assert raised or told[rule, number] <= when, (rule, number)
    for rule, alert in known.alerts.items():
        other = more.alerts[rule]
        assert SEVERITIES.index(other.severity) >= SEVERITIES.index(alert.severity), rule
        assert other.condition_at <= alert.condition_at, rule
        if alert.state != "pending":
            assert other.state == "open", rule
            assert other.opened_at <= alert.opened_at, rule
            assert alert.disproved or not other.disproved, rule
            assert alert.condition_to is not None or other.condition_to is None, rule
    assert more.known_window == known.known_window
    for minute in range(-60, 1300, 10):
        assert more.window.is_open(at(minute)) or not known.window.is_open(at(minute))


@settings(max_examples=150, deadline=None)
@given(st.sampled_from(PLANS), series(most=30), outputs(), st.lists(st.integers(0, 600), max_size=3))
def test_adding_any_output_of_a_model_removes_lowers_and_delays_nothing(
    plan: dict[str, object], rows: list[Reading], said: list[ModelOutput], refusals: list[int]
) -> None:
    ticks = [Tick(at(minute)) for minute in range(0, 1200, 60)]
    inputs: list[Input] = sorted([*rows, *ticks, *map(refused, refusals)], key=by_receipt)
    without, with_model = Play(plan), Play(plan)
    waiting = sorted(said, key=by_receipt)
    for found in inputs:
        while waiting and by_receipt(waiting[0]) <= by_receipt(found):
            with_model.feed(waiting.pop(0))
        without.feed(found)
        with_model.feed(found)
        at_least(without, with_model)


def test_a_forecast_opens_the_window_early_and_fever_counts_from_then_on() -> None:
    play = Play(SHUT).feed(output(10, 35.0, opens_at=at(100), holds_until=at(5000)))
    assert not play.state.window.is_open(at(99))
    assert play.state.window.is_open(at(100))
    play.feed(reading(50, 38.6), reading(120, 38.6, seq=2))
    assert play.state.alerts["fever"].condition_at == at(120)
    assert play.state.alerts["fever-outside-window"].condition_at == at(50)
    assert not play.state.alerts["fever-outside-window"].disproved


def test_a_window_that_was_foretold_outlasts_any_number_of_forecasts_that_say_less() -> None:
    """Made anew with each count, dose and G-CSF: forty in a long aplasia."""
    play = Play(SHUT).feed(output(10, 35.0, opens_at=at(100), holds_until=at(5000)))
    for minute in range(110, 150):
        play.feed(output(minute, 5.0, opens_at=at(minute), holds_until=at(3000)))
    assert play.state.window.intervals == ((at(100), None),)


def test_what_was_judged_before_the_forecast_stays_judged() -> None:
    play = Play(SHUT).feed(reading(5, 38.6), output(10, 35.0, opens_at=at(-1000)))
    assert play.state.window.intervals == ((at(10), None),)
    assert "fever" not in play.state.alerts


def test_a_forecast_below_the_limit_of_the_protocol_or_without_one_opens_nothing() -> None:
    assert Play(SHUT).feed(output(10, 19.9, opens_at=at(20))).state.window.intervals == ()
    vital = {"protocol": "vital-signs"}
    assert Play(vital).feed(output(10, 90.0, opens_at=at(20))).state.window.intervals == ()


def test_a_forecast_opened_window_closes_by_a_recovered_count_and_not_by_one_before_the_nadir() -> None:
    opened = output(10, 35.0, opens_at=at(20), holds_until=at(3 * 1440))
    early = reading(1440, 2.5, code=NEUTROPHILS)
    low, back = reading(2 * 1440, 0.8, code=NEUTROPHILS, seq=2), reading(2.5 * 1440, 1.4, code=NEUTROPHILS, seq=3)
    play = Play(SHUT).feed(opened, early)
    assert play.state.window.is_open(at(2000))
    play.feed(low, back)
    assert play.state.window.intervals == ((at(20), at(2.5 * 1440)),)
    play.feed(output(2.6 * 1440, 3.0, opens_at=None), output(2.7 * 1440, None))
    assert play.state.window.intervals == ((at(20), at(2.5 * 1440)),)


def test_a_later_forecast_that_says_less_or_nothing_shortens_nothing() -> None:
    play = Play(SHUT).feed(output(10, 60.0, opens_at=at(20), holds_until=at(5000)))
    before = play.state.window
    play.feed(output(30, 1.0, opens_at=at(900)), output(40, None), output(50, 60.0, opens_at=at(700)))
    assert play.state.window == before


def test_the_sentence_says_what_the_model_says_of_itself() -> None:
    beside = Said("nadir vers le 24/11, prévision d'un modèle", "nadir about 24 Nov, forecast of a model")
    play = Play(SHUT).feed(output(10, 62.0, said=beside))
    reason = play.state.alerts["forecast-grade4"].reason
    assert reason.fr == "Aplasie prévue : 62 %, limite ≥ 50 %; nadir vers le 24/11, prévision d'un modèle"
    assert reason.en == "Aplasia forecast: 62 %, limit ≥ 50 %; nadir about 24 Nov, forecast of a model"


@pytest.mark.parametrize(
    ("said", "minute", "verdict"),
    [
        ([], 10, Verdict.UNKNOWN),
        ([output(0, None, why="no dose")], 10, Verdict.UNKNOWN),
        ([output(0, 10.0)], 10, Verdict.NOT_MET),
        ([output(0, 10.0)], 8 * 1440, Verdict.UNKNOWN),
        ([output(0, 10.0), output(5, None)], 10, Verdict.UNKNOWN),
        ([output(0, 70.0), output(5, None)], 10, Verdict.MET),
    ],
)
def test_refused_or_stale_is_unknown(said: list[ModelOutput], minute: float, verdict: Verdict) -> None:
    state = Play(SHUT).feed(*said).state
    rule = next(rule for rule in state.compiled.levels if rule.id == "forecast-grade4")
    assert finding(state, rule, at(minute)).verdict == verdict


@settings(max_examples=60, deadline=None)
@given(series(most=20), outputs(), st.integers(0, 30))
def test_a_restart_between_any_two_inputs_changes_nothing(
    rows: list[Reading], said: list[ModelOutput], where: int
) -> None:
    inputs = sorted([*rows, *said], key=by_receipt)
    straight = Play(SHUT).feed(*inputs)
    before = Play(SHUT).feed(*inputs[:where])
    state = _again(before, inputs[:where])
    assert (state.window, state.known_window, state.outputs) == (
        before.state.window, before.state.known_window, before.state.outputs,
    )  # fmt: skip
    before.state = state
    assert before.feed(*inputs[where:]).state.alerts == straight.state.alerts


def _again(play: Play, inputs: list[Input]) -> PatientState:
    """As a start does it: what is stored, in order of receipt, and the alerts that are not closed."""
    found = [each for each in inputs if isinstance(each, ModelOutput)]
    samples = [
        Reading("P1", f"model:{o.model}", o.value, o.measured_at, o.received_at, by=f"{o.model} {o.version}")
        for o in found if o.status == "ready" and o.value is not None
    ]  # fmt: skip
    stored = [*dict.fromkeys(play.stored), *samples]
    history = History(stored, frozenset(reading.code for reading in stored), outputs=found)
    alerts = list(play.state.alerts.values())
    return load(fresh(SHUT), history, open_alerts=alerts, closed_alerts=[], number=play.state.number)


def test_an_output_needs_no_history() -> None:
    assert needs_history(fresh(SHUT), [output(10, 80.0, opens_at=at(-1000))]) is None


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('step_up = { after_min = 60, to = "high", source = "s", status = "D" }', "step_up: expected none"),
        ('step_down = { after_min = 60, to = "low", source = "s", status = "D" }', "step_down: expected none"),
        ("max_age_min = 0", "max_age_min: expected more than 0"),
    ],
)
def test_a_model_rule_that_could_lower_or_wait_is_refused(line: str, fault: str) -> None:
    text = f"""
id = "vital-signs"
version = "9"
title = {{ fr = "x", en = "x" }}
sign_off = "x"
[[rule]]
id = "model"
kind = "model"
model = "anc-grade4"
title = {{ fr = "x", en = "x" }}
{line}
criterion = [{{ name = "likely", severity = "low", from = 50, source = "s", status = "D" }}]
"""
    with pytest.raises(ProtocolError, match=fault):
        library(shipped_texts() | {"vital-signs": text})


def test_a_step_with_an_output_changes_no_state_it_was_given() -> None:
    state = fresh(SHUT)
    step(state, [output(10, 80.0, opens_at=at(20))], shipped())
    assert (state.window.intervals, state.outputs, state.foretold) == ((), {}, ())


def test_a_step_that_is_due_when_a_forecast_makes_an_alert_worse_is_not_put_off() -> None:
    plan: dict[str, object] = {"protocol": "chemo-aplasia", "cadence": {TEMPERATURE: 3600}}
    opens = output(119.5, 20.0, opens_at=at(-300))
    without, with_model = Play(plan), Play(plan)
    ticks = [Tick(at(minute)) for minute in (0, 60, 120, 180)]
    for tick in ticks:
        without.feed(tick)
        if tick.at == at(180):
            with_model.feed(opens)
        with_model.feed(tick)
    [when] = [at_ for (rule, step), at_ in escalated(without).items() if rule == f"silence.{TEMPERATURE}" and step == 1]
    assert when == at(180)
    assert with_model.state.alerts[f"silence.{TEMPERATURE}"].severity == "high"
    assert escalated(with_model)[f"silence.{TEMPERATURE}", 1] == at(180)
