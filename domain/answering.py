"""One answer judged against the version of the questionnaire it names. Pure; called by ingest.

A version that is not known judges nothing: an answer is never lost because the hub is older than the app.
"""

from collections.abc import Iterable
from typing import Literal

from msgspec import Struct

from domain.questionnaire import DEFAULT_ATTRIBUTE, Question, Questionnaire


class Wrong(Struct, frozen=True):
    """Why an answer is none of the version it names: the wire's field (`.i`, `.g` ...) and what was expected."""

    why: Literal["unknown", "kind", "range"]
    field: str
    expected: str


def wrong(
    questionnaire: Questionnaire,
    item: str,
    attribute: str | None,
    *,
    grade: int | None = None,
    number: float | None = None,
    text: str | None = None,
) -> Wrong | None:
    """What is wrong with one answer to this version; None when it is one of its answers.

    Whether its branch was open is not judged: what somebody answered is worth more than the question's turn.
    """
    known = {question.code: question for question in questionnaire.questions}
    of_item = [question for question in questionnaire.questions if question.item == item]
    if not of_item:
        items = dict.fromkeys(question.item for question in known.values())
        return Wrong("unknown", ".i", f"an item of {questionnaire.ref}: {_some(items)}")
    if attribute is None:
        sent = "g" if grade is not None else "n" if number is not None else "s"
        attribute = DEFAULT_ATTRIBUTE[sent]
    question = known.get(f"{item}.{attribute}")
    if question is None:
        return Wrong("unknown", ".a", f"of item {item} in {questionnaire.ref}: {_some(q.attribute for q in of_item)}")
    return _value_fault(question, grade, number, text)


def _value_fault(question: Question, grade: int | None, number: float | None, text: str | None) -> Wrong | None:
    sent = {"g": grade is not None, "n": number is not None, "s": text is not None}
    field = {"grade": "g", "number": "n", "text": "s"}[question.kind]
    if [name for name, there in sent.items() if there] != [field]:
        return Wrong("kind", f".{field}", f"a {question.kind} in {field}, and nothing else, for {question.code}")
    if grade is not None and grade not in {each.g for each in question.grades}:
        return Wrong("range", ".g", f"one of {_some(str(each.g) for each in question.grades)} for {question.code}")
    if number is not None and not _within(question, number):
        return Wrong("range", ".n", f"{_span(question)} for {question.code}")
    if text is not None and question.longest is not None and len(text) > question.longest:
        return Wrong("range", ".s", f"at most {question.longest} characters for {question.code}, got {len(text)}")
    return None


def _within(question: Question, number: float) -> bool:
    return (question.low is None or number >= question.low) and (question.high is None or number <= question.high)


def _span(question: Question) -> str:
    if question.low is None:
        return f"at most {question.high:g}"
    return f"at least {question.low:g}" if question.high is None else f"{question.low:g} to {question.high:g}"


def _some(words: Iterable[str]) -> str:
    """The first words of a list, enough to see what was meant."""
    found = list(words)
    return ", ".join(found[:12]) + (" ..." if len(found) > 12 else "")
