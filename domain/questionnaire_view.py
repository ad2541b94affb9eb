"""A questionnaire as the app and the console read it: short keys, both languages. Pure; the FHIR file says the same."""

from typing import Any

import msgspec

from domain.questionnaire import Branch, Question, Questionnaire


def view(questionnaire: Questionnaire) -> dict[str, Any]:
    """`q`, `qv`: to put into each answer (docs/questionnaires.md)."""
    found: dict[str, Any] = {
        "id": questionnaire.id,
        "version": questionnaire.version,
        "q": questionnaire.name,
        "qv": questionnaire.ref,
        "title": msgspec.to_builtins(questionnaire.title),
        "recall_h": questionnaire.recall_h,
        "licence": questionnaire.licence,
        "source": questionnaire.source,
        "questions": [_question(question) for question in questionnaire.questions],
    }
    if questionnaire.intro is not None:
        found["intro"] = msgspec.to_builtins(questionnaire.intro)
    return found


def _question(question: Question) -> dict[str, Any]:
    found: dict[str, Any] = {
        "code": question.code, "i": question.item, "a": question.attribute, "kind": question.kind,
        "text": msgspec.to_builtins(question.text), "required": question.required,
    }  # fmt: skip
    if question.grades:
        found["grades"] = [{"g": grade.g, "fr": grade.text.fr, "en": grade.text.en} for grade in question.grades]
    bounds = {"low": question.low, "high": question.high, "longest": question.longest}
    found |= {name: value for name, value in bounds.items() if value is not None}
    for name, branches in (("section", question.section), ("when", question.when)):
        if branches:
            found[name] = [_branch(branch) for branch in branches]
    if question.drugs:
        found["drugs"] = list(question.drugs)
    if question.sum_of:
        found["sum_of"] = list(question.sum_of)
    return found


def _branch(branch: Branch) -> dict[str, Any]:
    return {"enough": branch.enough, "of": [msgspec.to_builtins(condition) for condition in branch.of]}
