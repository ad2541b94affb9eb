"""Reads the questionnaires that ship beside this file, once. Called by whatever asks or judges answers."""

from functools import cache
from importlib.resources import files

from domain.questionnaire import Questionnaire
from domain.questionnaire_fhir import read

FOLDER = files("alerts") / "questionnaires"


@cache
def shipped() -> tuple[Questionnaire, ...]:
    """All shipped questionnaires. Raises QuestionnaireError naming file, item and field."""
    return tuple(read(name, text) for name, text in shipped_texts().items())


def shipped_texts() -> dict[str, str]:
    """{file name: exact text} of the files that ship."""
    found = sorted((entry for entry in FOLDER.iterdir() if entry.name.endswith(".json")), key=lambda each: each.name)
    return {entry.name: entry.read_text("utf-8") for entry in found}
