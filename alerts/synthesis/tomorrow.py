"""What the plan in force asks of the next day: doses, measures, questionnaires, the phase and a pause. Pure.

Asked at noon of that day by the clock of the patient. Called by `alerts.synthesis_desk`.
"""

from collections.abc import Sequence
from datetime import date

from msgspec import Struct

from alerts.asking import Stay, inside, turns
from alerts.oral.expected import Expected, Versions
from domain.alerts import Pause, Said
from domain.instants import Micros
from domain.synthesis import Course, NextDose, NextMeasure, NextQuestions, Rest, Tomorrow
from domain.values import Report
from domain.vocabulary import MEASURES


class Ahead(Struct, frozen=True):
    """The next day and what is known for it. `stays`: as it is known, and with the window that models foretell (they
    add, and take nothing away); the first asks the questionnaires."""

    day: date
    start: Micros
    noon: Micros
    end: Micros
    course: Course
    stays: tuple[Stay, ...]
    plans: Versions
    pauses: Sequence[Pause] = ()
    answers: Sequence[Report] = ()


def tomorrow(ahead: Ahead) -> Tomorrow:
    """What is asked; nothing at home during a pause, except that doses are shown with it."""
    pause = next((each for each in ahead.pauses if each.covers(ahead.noon)), None)
    doses = tuple(_dose(each) for each in ahead.plans.doses(ahead.start, ahead.end))
    rest = None if pause is None else Rest(pause.kind, pause.until, pause.reason, pause.actor)
    if not ahead.stays:
        return Tomorrow(ahead.day, False, ahead.course, rest, doses)
    asked = rest is None
    return Tomorrow(
        ahead.day, True, ahead.course, rest, doses,
        tuple(expected(ahead.stays, ahead.noon)) if asked else (), _questions(ahead) if asked else (),
    )  # fmt: skip


def expected(stays: Sequence[Stay], at: Micros) -> list[NextMeasure]:
    """Measures expected at a moment, each as often as the busiest phase asks."""
    found: dict[str, Micros] = {}
    for stay in stays:
        for silence in stay.compiled.silences:
            if silence.code in MEASURES and inside(stay, silence.gate, at):
                every = silence.after // 2
                found[silence.code] = min(every, found.get(silence.code, every))
    return [NextMeasure(code, found[code]) for code in MEASURES if code in found]


def _dose(each: Expected) -> NextDose:
    held = None if each.held is None else " · ".join(part for part in (each.held.reason, each.held.ordered_by) if part)
    return NextDose(each.drug, each.due_at, each.dose_mg, each.tablets, held)


def _questions(ahead: Ahead) -> tuple[NextQuestions, ...]:
    due = [turn for turn in turns(ahead.stays[0], ahead.answers, ahead.noon) if not turn.done]
    titles = ((turn.questionnaire.title, turn.every_min) for turn in due)
    return tuple(NextQuestions(Said(title.fr, title.en), every) for title, every in titles)
