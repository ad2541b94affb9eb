"""The questionnaires that ship: valid FHIR, all that rules look at can be answered, all that is asked is looked at."""

import json
import re

import pytest
from fhir.resources.R4B.questionnaire import Questionnaire as Oracle

from alerts.asking import for_protocol
from alerts.core.codes import QUESTIONNAIRE
from alerts.protocol.library import shipped as library
from alerts.protocol.reading import codes_of
from alerts.questionnaire_files import shipped, shipped_texts
from domain.questionnaire import Question, Words

PROTOCOLS = sorted(each.id for each in library().protocols.values() if each.rules)
FILES = sorted(shipped_texts())


def asked_of(protocol: str) -> dict[str, Question]:
    return {q.code: q for each in for_protocol(shipped(), protocol) for q in each.questions}


def looked_at(protocol: str) -> set[str]:
    """Codes of answers that a rule of the protocol looks at."""
    rules = library().protocols[protocol].rules
    return {code.removeprefix("answer:") for rule in rules for code in codes_of(rule) if code.startswith("answer:")}


def alarming(protocol: str) -> list[tuple[str, tuple[str, ...], int]]:
    return [(each.id, each.items, each.from_grade) for each in library().protocols[protocol].answers]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_symptom_that_a_rule_looks_at_can_be_answered(protocol):
    answerable = asked_of(protocol)
    assert answerable
    assert looked_at(protocol) - set(answerable) == set()
    for rule, items, from_grade in alarming(protocol):
        of_rule = [question for question in answerable.values() if question.item in items]
        assert of_rule, f"{rule}: none of {items} is asked"
        assert any(grade.g >= from_grade for question in of_rule for grade in question.grades), rule


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_whatever_is_graded_is_looked_at_by_a_rule_or_opens_another_question(protocol):
    """A patient who answers believes that somebody looks."""
    answerable = asked_of(protocol)
    opening = {c.code for q in answerable.values() for b in (*q.section, *q.when) for c in b.of}
    summed = {code for q in answerable.values() for code in q.sum_of}
    by_item = {item for _, items, _ in alarming(protocol) for item in items}
    seen = looked_at(protocol) | opening | summed
    assert [
        q.code for q in answerable.values() if q.kind != "text" and q.code not in seen and q.item not in by_item
    ] == []


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_grade_at_which_a_rule_alerts_can_be_given(protocol):
    answerable = asked_of(protocol)
    for rule in library().protocols[protocol].rules:
        if rule.__struct_config__.tag == "symptom":
            for item in rule.items:
                highest = max(grade.g for grade in answerable[f"{item}.{rule.attribute}"].grades)
                assert highest >= rule.severe_from, (rule.id, item)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_questionnaire_whose_silence_is_watched_is_asked_as_often_in_that_phase(protocol):
    by_name = {each.name: each for each in for_protocol(shipped(), protocol)}
    for stream in library().protocols[protocol].streams:
        if stream.code.startswith(QUESTIONNAIRE):
            name = stream.code.removeprefix(QUESTIONNAIRE)
            rounds = {each.phase: each.every_min for each in by_name[name].rounds}
            assert rounds.get(stream.gate, rounds.get("always")) == stream.cadence_min


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_the_phases_of_a_round_are_those_of_its_protocols(protocol):
    known = {"always", "inside-window", "outside-window", *(p.id for p in library().protocols[protocol].phases)}
    assert {r.phase for each in for_protocol(shipped(), protocol) for r in each.rounds} <= known


@pytest.mark.parametrize("file", FILES)
def test_each_file_is_a_fhir_r4_questionnaire_to_a_reader_that_shares_nothing_with_ours(file):
    text = shipped_texts()[file]
    found = Oracle.model_validate_json(text)
    assert json.loads(found.model_dump_json(by_alias=True, exclude_none=True))["item"][0] == json.loads(text)["item"][0]


@pytest.mark.parametrize("file", FILES)
def test_each_file_keeps_the_invariants_of_fhir_that_its_structure_does_not_say(file):
    """que-0 to que-13 as far as this subset can break them (hl7.org/fhir/R4/questionnaire.html#invs)."""
    tree = json.loads(shipped_texts()[file])
    assert re.fullmatch(r"[A-Z]([A-Za-z0-9_]){0,254}", tree["name"])  # que-0
    assert file == f"{tree['id']}.json"
    items = list(_walk(tree["item"]))
    links = [item["linkId"] for item in items]
    assert len(links) == len(set(links))  # que-2
    for item in items:
        group, display = item["type"] == "group", item["type"] == "display"
        assert ("item" in item) is group  # que-1
        assert not (display and ({"code", "required", "readOnly", "maxLength"} & set(item)))  # que-3, 6, 9
        assert ("answerOption" in item) is (item["type"] == "choice")  # que-5
        assert "maxLength" not in item or item["type"] in ("text", "string")  # que-10
        assert len(item.get("enableWhen", ())) < 2 or "enableBehavior" in item  # que-12
        assert all(when["question"] in links for when in item.get("enableWhen", ()))


def _walk(items):
    for item in items:
        yield item
        yield from _walk(item.get("item", ()))


def test_every_text_is_in_both_languages_and_different():
    same = [
        (each.id, words.fr)
        for each in shipped()
        for words in (
            each.title, *(() if each.intro is None else (each.intro,)), *(q.text for q in each.questions),
            *(grade.text for q in each.questions for grade in q.grades),
        )
        if words.fr == words.en
    ]  # fmt: skip
    assert same == []


# Answer scales of instruments that may not be adapted, as their public descriptions print them.
FORBIDDEN = (
    ("none", "mild", "moderate", "severe", "very severe"),
    ("never", "rarely", "occasionally", "frequently", "almost constantly"),
    ("not at all", "a little bit", "somewhat", "quite a bit", "very much"),
    ("not at all", "a little", "quite a bit", "very much"),
)


def test_no_scale_is_that_of_a_licensed_instrument():
    scales = {tuple(g.text.en.lower() for g in q.grades) for each in shipped() for q in each.questions}
    assert not scales & set(FORBIDDEN)
    assert all("PRO-CTCAE" in each.licence for each in shipped())


def test_the_first_answer_of_every_scale_is_nothing_and_grades_rise():
    for each in shipped():
        for question in each.questions:
            if question.grades:
                assert [g.g for g in question.grades] == list(range(len(question.grades)))
                assert isinstance(question.grades[0].text, Words)
