"""The part of the sign-off page on questionnaires: how often what is asked, every question in both languages. Pure."""

from collections.abc import Iterable

import msgspec

from domain.burden import SECONDS
from domain.questionnaire import Question, Questionnaire

Row = tuple[str, ...]

LEAD = (
    "The words are choices of this project (status `D`), as is which question stands for which rule. The estimate of\n"
    f"the burden counts {SECONDS['grade']} s a choice, {SECONDS['number']} s a number, {SECONDS['text']} s a text "
    "(status `D`).\n"
)
ROUNDS: Row = ("questionnaire", "phase", "every, min", "source", "status")
QUESTIONS: Row = ("questionnaire", "answer", "English", "French")


def rounds(questionnaires: Iterable[Questionnaire]) -> list[Row]:
    """How often each is asked in which phase."""
    return [
        (f"`{each.ref}`", one.phase, f"{one.every_min}", one.source, one.status)
        for each in questionnaires
        for one in each.rounds
    ]


def questions(questionnaires: Iterable[Questionnaire]) -> list[Row]:
    """Every question with its answers; one that several questionnaires share stands once."""
    holders: dict[Row, list[str]] = {}
    for each in questionnaires:
        for question in each.questions:
            row = (question.code, _said(question, "en"), _said(question, "fr"))
            holders.setdefault(row, []).append(each.ref)
    return [(", ".join(f"`{ref}`" for ref in refs), *row) for row, refs in holders.items()]


def _said(question: Question, language: str) -> str:
    words = msgspec.structs.asdict(question.text)[language]
    choices = [f"{grade.g} {msgspec.structs.asdict(grade.text)[language]}" for grade in question.grades]
    return f"{words} [{'; '.join(choices)}]" if choices else f"{words}"
