"""The story of a patient on oral treatment: a pill box that sees intakes, and answers once a day. Pure.

Merged by time with the vital signs of the same patient. Whatever a person does is told by the device that sees it: the
box says `device`, answers and what only a person knows (vomited, left out on purpose) say `patient`.
"""

import heapq
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from device_sim.behaviour import BEHAVIOURS, Act, Behaviour, act, grades, taken_at
from device_sim.doses import Slot, slots
from device_sim.oral_truth import OralObserver
from device_sim.steps import Message, Step, Steps
from device_sim.truth import Subject, Truth
from domain.instants import DAY, MINUTE, Micros, iso

if TYPE_CHECKING:
    from random import Random

QUESTIONNAIRE, VERSION = "daily", "oral-daily@1.0.0"
FIRST_ANSWER = 60 * MINUTE  # after the start, and every day at that hour
ALIVE: Message = {"ev": [{"k": "battery", "v": 80}]}  # a box that nobody opens says that it is there
ITEMS = ("nausea.severity", "diarrhoea.frequency", "fatigue.severity")


def story(behaviour: str, subject: Subject, *, start: Micros, onset: Micros, rng: "Random") -> Steps:
    """Intakes and answers in order of time, without end; what is asked does not depend on what is taken."""
    how, observer = BEHAVIOURS[behaviour], OralObserver(subject)
    doses = _doses(how, subject, observer, start=start, onset=onset, rng=rng)
    return heapq.merge(_sorted(doses), _answers(how, observer, start=start, onset=onset, rng=rng), key=_at)


def merged(*parts: Steps) -> Steps:
    """Stories of one device as one, by time."""
    return heapq.merge(*parts, key=_at)


def _at(step: Step) -> Micros:
    return step.at


def _sorted(steps: Steps) -> Steps:
    """Late intakes may pass the next slot's: steps are held back until nothing can come before them."""
    held: list[tuple[Micros, int, Step]] = []
    for number, step in enumerate(steps):
        heapq.heappush(held, (step.at, number, step))
        while held and held[0][0] <= step.measured_at - 3 * 60 * MINUTE:
            yield heapq.heappop(held)[2]
    while held:
        yield heapq.heappop(held)[2]


def _doses(
    how: Behaviour, subject: Subject, observer: OralObserver, *, start: Micros, onset: Micros, rng: "Random"
) -> Steps:
    for slot in slots(subject.oral, subject.zone, start):
        done = act(how, slot, ill=slot.at >= onset, rng=rng)
        if done is None:
            yield _step(slot.at, ALIVE, [])
        else:
            yield from _dose(slot, done, observer, at=taken_at(how, slot, rng))


def _dose(slot: Slot, done: Act, observer: OralObserver, *, at: Micros) -> Iterator[Step]:
    again = at + 10 * MINUTE
    truths = observer.dose(slot, done, again if done in ("double", "vomit") else at)
    match done:
        case "forget":
            yield _step(slot.at, ALIVE, truths)
        case "skip":
            yield _step(at, _intake(slot, "skipped", at, by="patient"), truths)
        case "double":
            yield _step(at, _intake(slot, "taken", at), [])
            yield _step(again, _intake(slot, "taken", again), truths)
        case "vomit":
            yield _step(at, _intake(slot, "taken", at), [])
            yield _step(again, _intake(slot, "vomited", at, by="patient"), truths)
        case _:
            yield _step(at, _intake(slot, "taken", at), truths)


def _intake(slot: Slot, state: str, at: Micros, *, by: str = "device") -> Message:
    entry: dict[str, Any] = {"drug": slot.drug, "state": state, "at": iso(at)}
    if slot.kind == "due":
        entry["due"] = iso(slot.at)
    if state != "skipped":
        entry |= {"n": slot.tablets, "mg": slot.mg}
    return {"by": by, "int": [entry]}


def _answers(how: Behaviour, observer: OralObserver, *, start: Micros, onset: Micros, rng: "Random") -> Steps:
    day = 0
    while True:
        at = start + FIRST_ANSWER + day * DAY + rng.randrange(0, 60) * MINUTE
        found = grades(how, at - onset)
        if rng.random() < how.answers:
            graded = dict(zip(ITEMS, found, strict=True))
            yield _step(at, _report(graded), observer.answers(graded, at))
        day += 1


def _report(graded: dict[str, int]) -> Message:
    """What the app sends: with nothing to tell, three answers; else also the symptoms."""
    troubled = any(graded.values())
    given = {"rigors.presence": 0, "unwell.severity": 1 if troubled else 0, "symptoms.presence": int(troubled)}
    given |= graded if troubled else {}
    rows = []
    for code, grade in given.items():
        item, _, attribute = code.partition(".")
        rows.append({"q": QUESTIONNAIRE, "qv": VERSION, "i": item, "a": attribute, "g": grade})
    return {"by": "patient", "rep": rows}


def _step(at: Micros, message: Message, truths: list[Truth]) -> Step:
    return Step(at=at, message=message, measured_at=at, truths=tuple(truths))
