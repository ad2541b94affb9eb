"""Virtual patients: each scenario is a course of illness and a schedule of messages with their ground truth. Pure.

`story` is the way in. Messages are in the order of measurement; faults and sending come after.
"""

from dataclasses import dataclass
from random import Random
from typing import Any

from device_sim import oral
from device_sim.behaviour import BEHAVIOURS
from device_sim.physiology import Vitals, person, ramp, sensed, vitals_at
from device_sim.steps import Message, Step, Steps
from device_sim.truth import Observer, Subject
from domain.instants import HOUR, SECOND, Micros
from domain.units import convert
from domain.vocabulary import (
    DIASTOLIC,
    HEART_RATE,
    MEASURES,
    NEUTROPHILS,
    RESPIRATORY_RATE,
    SPO2,
    SYSTOLIC,
    TEMPERATURE,
    WEIGHT,
)

SCENARIOS = ("stable", "febrile_neutropenia", "desaturation", "dehydration", "drawer", "battery_death", "oral")
AMBIENT = 21.5

# dialect -> code -> (unit, decimals); what is not named is sent in the canonical unit.
DIALECTS: dict[str, dict[str, tuple[str, int]]] = {
    "metric": {},
    "fahrenheit": {TEMPERATURE: ("[degF]", 1), WEIGHT: ("[lb_av]", 1)},
    "kilopascal": {SYSTOLIC: ("kPa", 2), DIASTOLIC: ("kPa", 2), SPO2: ("1", 2)},
}
_DECIMALS = {TEMPERATURE: 1, WEIGHT: 1}
_FIELDS = {
    TEMPERATURE: "temperature",
    HEART_RATE: "heart_rate",
    RESPIRATORY_RATE: "respiratory_rate",
    SPO2: "spo2",
    SYSTOLIC: "systolic",
    DIASTOLIC: "diastolic",
    WEIGHT: "weight",
}


@dataclass(frozen=True, slots=True)
class Scenario:
    """`onset_s`: when illness begins, s of hub time after the start (or before). `artefacts`: share of messages.

    `behaviour`: of a patient on oral treatment (scenario `oral`), from the onset on; before it everybody is adherent.
    """

    name: str
    onset_s: float = 3600.0
    every_s: int = 300
    cuff_every: int = 3  # a blood pressure in each n-th message
    weigh_every: int = 72
    dialect: str = "metric"
    body_site: str | None = "axilla"
    artefacts: float = 0.0
    behaviour: str = "adherent"

    def __post_init__(self) -> None:
        if self.name not in SCENARIOS:
            raise ValueError(f"scenario: expected one of {', '.join(SCENARIOS)}, got {self.name!r}")
        if self.dialect not in DIALECTS:
            raise ValueError(f"dialect: expected one of {', '.join(DIALECTS)}, got {self.dialect!r}")
        if self.behaviour not in BEHAVIOURS:
            raise ValueError(f"behaviour: expected one of {', '.join(BEHAVIOURS)}, got {self.behaviour!r}")
        if self.every_s < 1:
            raise ValueError(f"every_s: expected at least 1 second, got {self.every_s}")


_FEVER = Vitals(temperature=2.6, heart_rate=16, respiratory_rate=2)
_SHOCK = Vitals(heart_rate=26, respiratory_rate=5, spo2=-1, systolic=-46, diastolic=-24)
_LUNGS = Vitals(heart_rate=14, respiratory_rate=3, spo2=-10)
_DRY = Vitals(temperature=0.2, heart_rate=42, systolic=-50, diastolic=-16, weight=-3.2)
_NOTHING = Vitals()


def shift(name: str, hours: float) -> Vitals:
    """How far illness has moved the values, hours after its onset."""
    match name:
        case "febrile_neutropenia":
            return _NOTHING.plus(_FEVER, ramp(hours, 2.0)).plus(_SHOCK, ramp(hours - 1.5, 6.0))
        case "desaturation":
            return _NOTHING.plus(_LUNGS, ramp(hours, 3.0))
        case "dehydration":
            return _NOTHING.plus(_DRY, ramp(hours, 16.0))
        case _:
            return _NOTHING


def story(scenario: Scenario, subject: Subject, *, start: Micros, rng: Random) -> Steps:
    """Everything the device does, in the order of measurement; without end unless the scenario ends it."""
    vitals = _vital_story(scenario, subject, start=start, rng=rng)
    if scenario.name != "oral":
        return vitals
    onset = start + int(scenario.onset_s * SECOND)
    own = Random(f"{rng.random()}")  # what is taken does not depend on how often vital signs are sent
    return oral.merged(vitals, oral.story(scenario.behaviour, subject, start=start, onset=onset, rng=own))


def _vital_story(scenario: Scenario, subject: Subject, *, start: Micros, rng: Random) -> Steps:
    observer, baseline = Observer(subject), person(rng)
    if scenario.name == "febrile_neutropenia":
        yield _step(observer, _count(rng), start)
    onset = start + int(scenario.onset_s * SECOND)
    at, number, in_drawer = start + rng.randrange(scenario.every_s) * SECOND, 0, False
    while True:
        ill_for = at - onset
        if scenario.name == "drawer" and ill_for >= 0:
            yield _step(observer, _drawer(scenario, rng), at, silent=() if in_drawer else _CONTACT)
            in_drawer = True
        elif scenario.name == "battery_death" and ill_for >= 0:
            left = max(1, 20 - int(ill_for / (3 * 60 * SECOND)))
            message = {**_vitals(scenario, baseline, at, rng=rng, number=number, onset=onset), **_battery(left)}
            ends = left <= 2
            yield _step(observer, message, at, silent=tuple(_FIELDS) if ends else ())
            if ends:
                return
        else:
            yield _step(observer, _vitals(scenario, baseline, at, rng=rng, number=number, onset=onset), at)
        at, number = at + scenario.every_s * SECOND, number + 1


_CONTACT = (HEART_RATE, RESPIRATORY_RATE, SPO2, SYSTOLIC)  # what needs a body


def _step(observer: Observer, message: Message, at: Micros, *, silent: tuple[str, ...] = ()) -> Step:
    truths = observer.observe(message, at) + observer.silence(list(silent))
    return Step(at=at, message=message, measured_at=at, truths=tuple(truths))


def _vitals(scenario: Scenario, baseline: Vitals, at: Micros, *, rng: Random, number: int, onset: Micros) -> Message:
    values = sensed(vitals_at(baseline, at, shift(scenario.name, (at - onset) / HOUR)), rng)
    codes = [TEMPERATURE, HEART_RATE, RESPIRATORY_RATE, SPO2]
    codes += [SYSTOLIC, DIASTOLIC] if number % scenario.cuff_every == 0 else []
    codes += [WEIGHT] if number % scenario.weigh_every == 0 else []
    entries = [_entry(scenario, code, getattr(values, _FIELDS[code])) for code in codes]
    if rng.random() < scenario.artefacts:
        _spoil_one(entries, rng)
    return {"by": "device", "obs": entries}


def _entry(scenario: Scenario, code: str, value: float) -> dict[str, Any]:
    """One observation in the unit that this kind of device sends."""
    measure = MEASURES[code]
    value = round(value, _DECIMALS.get(code, 0))
    unit, decimals = DIALECTS[scenario.dialect].get(code, (measure.unit, _DECIMALS.get(code, 0)))
    sent = round(convert(measure.quantity, value, measure.unit, unit), decimals)
    entry: dict[str, Any] = {"c": code, "v": sent if decimals else int(sent), "u": unit}
    if code == TEMPERATURE and scenario.body_site:
        entry["site"] = scenario.body_site
    return entry


def _spoil_one(entries: list[dict[str, Any]], rng: Random) -> None:
    """An artefact of movement or of a lost contact: the pulse read as 0, or counted several times."""
    for entry in entries:
        if entry["c"] == HEART_RATE:
            entry["v"] = rng.choice((0, 255, 290))


def _drawer(scenario: Scenario, rng: Random) -> Message:
    """Nobody wears it: the temperature of the room, no pulse."""
    return {"by": "device", "obs": [_entry(scenario, TEMPERATURE, AMBIENT + rng.gauss(0, 0.2))]}


def _battery(percent: int) -> Message:
    return {"ev": [{"k": "battery", "v": percent}]}


def _count(rng: Random) -> Message:
    """The morning's neutrophil count, read from the laboratory's sheet by a nurse: deep aplasia."""
    return {"by": "nurse", "obs": [{"c": NEUTROPHILS, "v": rng.randrange(40, 400, 10), "u": "/uL"}]}
