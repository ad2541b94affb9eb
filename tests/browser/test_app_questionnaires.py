"""The app and the hub open the same questions: both readers of every questionnaire that ships, on the same answers."""

import json
import random
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from domain.questionnaire import Questionnaire, Value, asked, completed, needed, totals
from domain.questionnaire_fhir import read
from tests.browser.support.fake_app_hub import FakeHub, served

FILES = sorted((Path(__file__).parents[2] / "alerts" / "questionnaires").glob("*.json"))
BOTH = """async ([resource, cases]) => {
  const { read, asked, entries, needed, completed } = await import("/app/questionnaire.js");
  const found = read(resource);
  return {
    name: found.name, ref: found.ref, recall: found.recallHours,
    texts: found.questions.map((each) => [each.code, each.kind, each.text.fr, each.text.en, each.required, each.grades.length]),
    cases: cases.map(([given, turn]) => [
      asked(found, given, turn).map((each) => each.code),
      Object.fromEntries(entries(found, given, { turn }).filter((each) => !("g" in each) && !("s" in each)).map((each) => [`${each.i}.${each.a}`, each.n])),
      needed(found, given, turn), completed(found, given, turn),
    ]),
  };
}"""  # noqa: E501


def _answers(found: Questionnaire, dice: random.Random) -> dict[str, Value]:
    """Some answers, each one of those that can be given."""
    given: dict[str, Value] = {}
    for question in found.questions:
        if question.sum_of or dice.random() < 0.3:
            continue
        if question.kind == "grade":
            given[question.code] = dice.choice(question.grades).g
        elif question.kind == "number":
            given[question.code] = dice.randint(int(question.low or 0), int(question.high or 5))
        else:
            given[question.code] = "words"
    return given


def _turn(found: Questionnaire, dice: random.Random) -> dict[str, list[str]]:
    drugs = sorted({drug for question in found.questions for drug in question.drugs})
    return {
        "ask": [code for code in found.codes if dice.random() < 0.2],
        "drugs": [drug for drug in drugs if dice.random() < 0.5],
    }


def _sums(found: Questionnaire, given: Mapping[str, Value], shown: list[str]) -> dict[str, Any]:
    """Numbers of the message: those answered and shown, and the sums that can be said."""
    numbers = {q.code: given[q.code] for q in found.questions if q.kind == "number" and q.code in given}
    return {code: value for code, value in numbers.items() if code in shown} | totals(found, given)


@pytest.mark.parametrize("file", FILES, ids=lambda each: each.stem)
def test_the_app_asks_what_the_hub_would_ask(browser: Browser, file: Path) -> None:
    text = file.read_text()
    found, dice = read(file.name, text), random.Random(file.stem)
    cases = [(_answers(found, dice), _turn(found, dice)) for _ in range(60)]
    with served(FakeHub()) as hub:
        page = browser.new_page()
        page.goto(f"{hub.url}/app/")
        app = page.evaluate(BOTH, [json.loads(text), cases])
        page.close()
    assert (app["name"], app["ref"], app["recall"]) == (found.name, found.ref, found.recall_h)
    assert app["texts"] == [[q.code, q.kind, q.text.fr, q.text.en, q.required, len(q.grades)] for q in found.questions]
    for (given, turn), (shown, sums, wants, whole) in zip(cases, app["cases"], strict=True):
        wanted = asked(found, given, drugs=turn["drugs"], open_items=turn["ask"])
        assert shown == [question.code for question in wanted]
        assert sums == _sums(found, given, shown)
        assert wants == list(needed(found, given, drugs=turn["drugs"]))
        assert whole == completed(found, given, drugs=turn["drugs"])
