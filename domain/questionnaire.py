"""A questionnaire as values: its questions and branches. Pure; no file format here.

`domain.questionnaire_fhir` reads one from FHIR, `domain.answering` judges answers, `alerts.asking` says when it is due.
An answer is known by its code, ITEM.ATTRIBUTE: what the wire calls `i` and `a`, and what rules call `answer:CODE`.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

from msgspec import Struct

Kind = Literal["grade", "number", "text"]
Operator = Literal["exists", "=", "!=", ">", "<", ">=", "<="]
Value = int | float | str


class Words(Struct, frozen=True):
    """One text in both languages."""

    fr: str
    en: str


class Grade(Struct, frozen=True):
    """One answer that can be chosen."""

    g: int
    text: Words


class Condition(Struct, frozen=True):
    """What another answer must be. `exists`: value 1 answered, 0 not. Of what is not answered nothing else holds."""

    code: str
    op: Operator
    value: float


class Branch(Struct, frozen=True):
    """When a question is asked: all of these conditions, or with `enough` any one of them."""

    of: tuple[Condition, ...]
    enough: bool = False


class Question(Struct, frozen=True, kw_only=True):
    """One question. `when`: every branch must hold; `section`: those of the groups around it. `drugs`: asked only of
    who takes one of these. `sum_of`: not asked, the sum of these answers. `low`, `high`: of a number, inclusive.
    `longest`: characters of a text."""

    item: str
    attribute: str
    kind: Kind
    text: Words
    grades: tuple[Grade, ...] = ()
    low: float | None = None
    high: float | None = None
    longest: int | None = None
    required: bool = False
    when: tuple[Branch, ...] = ()
    section: tuple[Branch, ...] = ()
    drugs: tuple[str, ...] = ()
    sum_of: tuple[str, ...] = ()

    @property
    def code(self) -> str:
        """ITEM.ATTRIBUTE."""
        return f"{self.item}.{self.attribute}"


class Round(Struct, frozen=True):
    """How often it is asked in a phase of the protocol (`always` or its id), and where that comes from."""

    phase: str
    every_min: int
    source: str
    status: str


class Questionnaire(Struct, frozen=True, kw_only=True):
    """One version of a set of questions. `name`: the wire's `q`. `protocols`: whose patients are asked. `recall_h`: the
    stretch that the questions are about."""

    id: str
    version: str
    name: str
    title: Words
    recall_h: int
    licence: str
    source: str
    protocols: tuple[str, ...]
    questions: tuple[Question, ...]
    rounds: tuple[Round, ...] = ()
    intro: Words | None = None

    @property
    def ref(self) -> str:
        """ID@VERSION: the wire's `qv`."""
        return f"{self.id}@{self.version}"

    @property
    def codes(self) -> tuple[str, ...]:
        """What can be answered, in order."""
        return tuple(question.code for question in self.questions)


DEFAULT_ATTRIBUTE = {"g": "severity", "n": "number", "s": "text"}  # of an answer that names none, as rules read it

Book = Mapping[str, Questionnaire]  # by ID@VERSION


def book(*sets: Iterable[Questionnaire]) -> dict[str, Questionnaire]:
    """Questionnaires by ID@VERSION; a later one of the same reference stands."""
    return {each.ref: each for one in sets for each in one}


def asked(
    questionnaire: Questionnaire,
    given: Mapping[str, Value],
    *,
    drugs: Sequence[str] = (),
    open_items: Sequence[str] = (),
) -> tuple[Question, ...]:
    """The questions to show for what was answered so far. `given`: code -> value. `open_items`: codes asked whatever
    their section says (a symptom that was there last time, every symptom at the baseline), with what hangs on them."""
    return tuple(
        question
        for question in questionnaire.questions
        if not question.sum_of
        and (not question.drugs or any(drug in question.drugs for drug in drugs))
        and (_open(question, open_items) or all(_holds(branch, given) for branch in question.section))
        and all(_holds(branch, given) for branch in question.when)
    )


def needed(questionnaire: Questionnaire, given: Mapping[str, Value], *, drugs: Sequence[str] = ()) -> tuple[str, ...]:
    """The codes without which it is not completed: the required questions that its branches open for what was answered
    so far; of a set that requires nothing, the graded ones."""
    open_now = asked(questionnaire, given, drugs=drugs)
    if any(question.required for question in questionnaire.questions):
        return tuple(question.code for question in open_now if question.required)
    return tuple(question.code for question in open_now if question.kind == "grade")


def completed(questionnaire: Questionnaire, given: Mapping[str, Value], *, drugs: Sequence[str] = ()) -> bool:
    """Whether these answers are the whole of it; a few of them are not."""
    return bool(given) and all(code in given for code in needed(questionnaire, given, drugs=drugs))


def _open(question: Question, open_items: Sequence[str]) -> bool:
    about = {condition.code for branch in question.when for condition in branch.of}
    return question.code in open_items or (bool(about) and about.issubset(open_items))


def _holds(branch: Branch, given: Mapping[str, Value]) -> bool:
    held = (_met(condition, given.get(condition.code)) for condition in branch.of)
    return any(held) if branch.enough else all(held)


def _met(condition: Condition, found: Value | None) -> bool:
    if condition.op == "exists":
        return (found is not None) == bool(condition.value)
    if found is None or isinstance(found, str):
        return False
    wanted = condition.value
    match condition.op:
        case "=":
            return found == wanted
        case "!=":
            return found != wanted
        case ">":
            return found > wanted
        case "<":
            return found < wanted
        case ">=":
            return found >= wanted
        case "<=":
            return found <= wanted


def totals(questionnaire: Questionnaire, given: Mapping[str, Value]) -> dict[str, float]:
    """The sums that can be said: each only when all its parts were answered. Not knowing one is not knowing the sum."""
    found = {}
    for question in questionnaire.questions:
        parts = [given.get(code) for code in question.sum_of]
        numbers = [float(part) for part in parts if isinstance(part, int | float)]
        if parts and len(numbers) == len(parts):
            found[question.code] = sum(numbers)
    return found
