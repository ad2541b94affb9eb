"""How much is asked of a home: questions and minutes a day, from what was answered and from what is due. Pure.

Minutes are measured where the answers of one message carry times of their own (the app's do): from the first to the
last. Elsewhere they are estimated, and said to be. The seconds of an estimate are choices of this project (status D).
"""

from collections.abc import Iterable, Sequence
from datetime import date
from zoneinfo import ZoneInfo

from msgspec import Struct

from domain.instants import MINUTE, SECOND, Micros, moment
from domain.questionnaire import Question
from domain.values import Report

SECONDS = {"grade": 6, "number": 20, "text": 30}
LONGEST: Micros = 30 * MINUTE  # somebody was called away in between: that is no burden


class Day(Struct, frozen=True):
    """What one day asked of a home. `measured`: the share of `rounds` whose minutes were measured, not estimated."""

    day: date
    rounds: int
    questions: int
    minutes: float
    measured: float


def by_day(reports: Iterable[Report], zone: str) -> tuple[Day, ...]:
    """Answers as days of the patient's time zone, in order. Answers given by telephone count as any."""
    days: dict[date, dict[tuple[object, str], list[Report]]] = {}
    for report in reports:
        day = moment(report.measured_at).astimezone(ZoneInfo(zone)).date()
        key = (report.origin if report.origin is not None else report.measured_at, report.questionnaire)
        days.setdefault(day, {}).setdefault(key, []).append(report)
    return tuple(_day(day, list(rounds.values())) for day, rounds in sorted(days.items()))


def _day(day: date, rounds: Sequence[Sequence[Report]]) -> Day:
    times = [_measured(each) for each in rounds]
    minutes = sum(_estimated(each) if took is None else took / MINUTE for each, took in zip(rounds, times, strict=True))
    known = sum(took is not None for took in times)
    return Day(day, len(rounds), sum(len(each) for each in rounds), round(minutes, 2), known / len(rounds))


def _measured(answers: Sequence[Report]) -> Micros | None:
    at = [answer.measured_at for answer in answers]
    took = max(at) - min(at)
    return took if 0 < took <= LONGEST else None


def _estimated(answers: Sequence[Report]) -> float:
    kinds = ("grade" if a.grade is not None else "number" if a.number is not None else "text" for a in answers)
    return sum(SECONDS[kind] for kind in kinds) * SECOND / MINUTE


def minutes_of(questions: Iterable[Question]) -> float:
    """The estimate for questions that are shown; a text may be left empty, so it counts only where it is required."""
    counted = (question for question in questions if question.kind != "text" or question.required)
    return round(sum(SECONDS[question.kind] for question in counted) * SECOND / MINUTE, 2)
