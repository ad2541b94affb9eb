"""What a rule is called: words in both languages, never its id, for every rule that there can be."""

import pytest

from alerts.escalation import notifier
from alerts.escalation.oncall import watch
from alerts.predict import mode_desk, scoring
from alerts.protocol.compiled import compile_plan
from alerts.protocol.library import rule_titles, shipped
from alerts.protocol.reading import TECHNICAL
from domain.vocabulary import TEMPERATURE


@pytest.mark.parametrize("name", sorted(shipped().protocols))
def test_every_rule_of_a_protocol_has_a_title(name: str) -> None:
    made = compile_plan({"protocol": name}, shipped())
    rules = [rule.id for rule in (*made.levels, *made.silences, *made.protocol.answers)]
    assert rules or name == "site-watch"  # whose only alert is the hub's own
    for rule in rules:
        found = rule_titles()(rule)
        assert rule not in (found.fr, found.en)
        assert found.fr
        assert found.en


SITE = (mode_desk.WITHDRAWN, scoring.FAULT, notifier.NOTE, watch.NOBODY, watch.UNATTENDED)


@pytest.mark.parametrize(
    "rule", [*TECHNICAL, *SITE, f"silence.{TEMPERATURE}", f"limit.{TEMPERATURE}", "chemo-symptom.mouth-sores"]
)
def test_rules_that_no_protocol_lists_have_one_too(rule: str) -> None:
    found = rule_titles()(rule)
    assert found.fr != found.en
    assert rule not in (found.fr, found.en)


@pytest.mark.parametrize("rule", ["made-up", "limit.made-up", "silence."])
def test_an_unknown_rule_is_called_by_its_id(rule: str) -> None:
    assert rule_titles()(rule).fr == rule_titles()(rule).en == rule
