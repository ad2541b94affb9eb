"""What the shipped protocols promise beyond their rule cases: bounds, groups, context, devices, phases, signers."""

import pytest

from alerts.core.verdict import finding
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import shipped
from alerts.protocol.life import DEFAULT_SIGNERS
from alerts.protocol.plan import check_plan
from alerts.protocol.reading import TECHNICAL, codes_of, criteria_of
from domain.alerts import DeviceNote
from domain.instants import HOUR
from domain.values import Given, Intake, Origin
from domain.vocabulary import HEART_RATE, SPO2, SYSTOLIC, TEMPERATURE, WEIGHT
from tests.alerts.play import Play, at, reading

OF_PATIENTS = sorted(shipped().protocols.keys() - {"site-watch"})
WINDOW_SHUT = {"aplasia": None}


def taken(minute: float, drug: str) -> Intake:
    return Intake(
        "P1", drug, None, at(minute), 1, None, "taken", at(minute), at(minute), "patient", Origin("d", "b", 1)
    )


@pytest.mark.parametrize("name", OF_PATIENTS)
@pytest.mark.parametrize(
    ("code", "side", "edge", "beyond"),
    [
        (HEART_RATE, "high", 131, 132),
        (HEART_RATE, "low", 40, 39),
        ("9279-1", "high", 25, 26),
        ("9279-1", "low", 8, 7),
        (SPO2, "low", 83, 82),
        (SYSTOLIC, "low", 90, 89),
        (SYSTOLIC, "high", 220, 221),
        (TEMPERATURE, "high", 39.1, 39.2),
        (TEMPERATURE, "low", 35.0, 34.9),
    ],
)
def test_a_limit_may_go_to_the_edge_of_three_points_and_no_further(
    name: str, code: str, side: str, edge: float, beyond: float
) -> None:
    assert check_plan({"protocol": name, "limits": {code: {side: edge}}}, shipped()) == []
    [fault] = check_plan({"protocol": name, "limits": {code: {side: beyond}}}, shipped())
    assert fault.startswith(f"limits.{code}.{side}: expected ")
    assert "NEWS2" in fault


@pytest.mark.parametrize("name", OF_PATIENTS)
def test_who_agrees_in_advance_must_sign(name: str) -> None:
    assert shipped().protocols[name].signers == DEFAULT_SIGNERS


@pytest.mark.parametrize("name", OF_PATIENTS)
def test_what_is_said_is_said_in_both_languages_and_danger_has_advice(name: str) -> None:
    protocol = shipped().protocols[name]
    for each in (*protocol.rules, *protocol.answers):
        for said in (each.title, each.advice, getattr(each, "ask", None)):
            assert said is None or (said.fr.strip() and said.en.strip() and said.fr != said.en) or each.id == "news2"
    for answer in protocol.answers:
        assert answer.advice is not None, answer.id
    assert all(protocol_rule.ask is None or protocol_rule.ask.fr.endswith("?") for protocol_rule in protocol.rules)


def test_the_fever_of_cytokine_release_stands_in_front_of_the_plain_one() -> None:
    compiled = compile_plan({"protocol": "bispecific-crs"}, shipped())
    group, place = compiled.cause("crs-fever")
    assert compiled.cause("fever") == (group, place + 1)
    assert compiled.cause("consciousness")[0] == compiled.cause("icans.confusion")[0] == "icans"


@pytest.mark.parametrize("name", OF_PATIENTS)
def test_devices_are_one_group_and_vital_signs_another(name: str) -> None:
    compiled = compile_plan({"protocol": name}, shipped())
    devices = ("battery", "clock", "unusable-reading", "quarantine-burst", "data-lost", "silence.8310-5")
    assert {compiled.cause(rule)[0] for rule in devices} == {"technical"}
    assert compiled.cause("news2") == ("vital-signs", 0)
    assert set(devices[:3]) <= set(TECHNICAL)


def test_readings_a_device_dropped_are_told_and_stay_until_a_person_closes_it() -> None:
    play = Play().feed(
        DeviceNote("P1", "therm-1", "dropped", 12.0, at(0)), DeviceNote("P1", "therm-1", "boot", 1, at(60))
    )
    alert = play.state.alerts["data-lost"]
    assert (alert.category, alert.severity, alert.state, alert.condition_to) == ("technical", "medium", "open", None)


def test_what_may_hide_a_fever_stands_beside_it_and_delays_nothing() -> None:
    play = Play({"protocol": "chemo-aplasia"}).feed(taken(0, "paracetamol"), reading(60, 38.0, body_site="axilla"))
    alert = play.state.alerts["fever"]
    assert alert.opened_at == at(60)
    assert "paracetamol" in alert.reason.fr
    assert "peut cacher une fièvre" in alert.reason.fr
    assert "sous-estime" in alert.reason.fr


def test_context_is_told_only_where_a_protocol_asks_for_it() -> None:
    told = {rule.id for protocol in shipped().protocols.values() for rule in protocol.rules if rule.context}
    assert told == {"fever", "fever-outside-window", "hypothermia", "crs-fever", "fever-oral"}


def test_a_dose_entered_late_opens_the_phase_for_readings_that_are_here_already() -> None:
    plan = {"protocol": "bispecific-crs", **WINDOW_SHUT, "doses": ["2020-01-01T00:00:00Z"]}
    play = Play(plan).feed(reading(30, 38.2))
    assert "crs-fever" not in play.state.alerts
    given = Given("P1", "chemotherapy", "teclistamab", at(0), at(40), None, None, "nurse", Origin("hub", "b", 2))
    assert play.feed(given).state.alerts["crs-fever"].condition_at == at(30)


def test_weights_of_one_day_are_no_change_between_days() -> None:
    plan = {"protocol": "vital-signs"}
    one_day = Play(plan).feed(reading(0, 80.0, code=WEIGHT), reading(600, 90.0, code=WEIGHT))
    assert one_day.kinds("weight-change") == []
    for value, kinds in ((84.0, []), (84.1, ["opened"]), (76.0, []), (75.9, ["opened"])):
        play = Play(plan).feed(reading(0, 80.0, code=WEIGHT), reading(1440, value, code=WEIGHT))
        assert play.kinds("weight-change") == kinds, value


def test_a_score_with_missing_items_is_unknown_not_normal() -> None:
    play = Play({"protocol": "vital-signs"}).feed(reading(0, 80, code=HEART_RATE), reading(0, 97, code=SPO2))
    [rule] = [rule for rule in play.state.compiled.levels if rule.id == "news2"]
    found = finding(play.state, rule, at(1))
    assert found.verdict == "UNKNOWN"
    assert "missing" in found.why


@pytest.mark.parametrize("name", OF_PATIENTS)
def test_items_of_the_wire_are_spelt_one_way(name: str) -> None:
    """An item of an answer is plain lower-case words joined by hyphens: what devices send must match to the letter."""
    protocol = shipped().protocols[name]
    items = [item for answer in protocol.answers for item in answer.items]
    items += [c.removeprefix("answer:").partition(".")[0] for rule in protocol.rules for c in codes_of(rule)
              if c.startswith("answer:")]  # fmt: skip
    assert items
    assert all(item == item.lower() and item.replace("-", "").isalpha() for item in items)


def test_no_number_of_a_transplant_s_watch_pretends_to_a_source() -> None:
    protocol = shipped().protocols["post-transplant-aplasia"]
    own = [rule for rule in protocol.rules if protocol.clauses[rule.id] == "post-transplant-aplasia"]
    assert {rule.id for rule in own} == {"gvhd", "aplasia-symptom", "weight-loss", "weight-gain"}
    assert all(getattr(rule, "status", "D") == "D" for rule in own)
    sourced = {each.name for rule in own for each in criteria_of(rule) if each.status == "V"}
    assert sourced == {"marked", "loss"}  # CTCAE's edges of weight loss


def test_an_hour_without_anybody_raises_a_fever_outside_the_window() -> None:
    [rule] = [rule for rule in shipped().protocols["chemo-aplasia"].rules if rule.id == "fever-outside-window"]
    assert rule.step_up is not None
    assert rule.step_up.after_min * 60_000_000 == HOUR
    assert rule.step_up.to == "high"
