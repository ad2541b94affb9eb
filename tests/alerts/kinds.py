"""A protocol with one rule of every kind, and random series for each of them."""

import random
from typing import Any

from alerts.core.oral_memory import MARGIN
from alerts.core.refill import History, load, remember
from alerts.core.samples import samples
from alerts.core.state import PatientState, new_state
from alerts.protocol.library import library, shipped_texts
from alerts.protocol.plan import Library
from alerts.rules.level import Track
from domain.alerts import AlertEvent, Input, ModelOutput
from domain.instants import Micros
from domain.values import Intake, Origin, Reading, Report
from domain.vocabulary import (
    CONSCIOUSNESS,
    HEART_RATE,
    MEASURES,
    OXYGEN_FLOW,
    RESPIRATORY_RATE,
    SPO2,
    SYSTOLIC,
    TEMPERATURE,
    WEIGHT,
)
from tests.alerts.play import START, at

TEXT = """
id = "kinds"
version = "1"
title = { fr = "Essai", en = "Trial" }
sign_off = "for tests"
extends = "vital-signs"

[[rule]]
id = "sustained"
kind = "level"
code = "8310-5"
title = { fr = "Longue", en = "Long" }
criterion = [{ name = "long", severity = "high", from = 38.0, hold_min = 60, source = "test", status = "D" }]

[[rule]]
id = "score"
kind = "score"
score = "news2"
max_age_min = 240
source = "test"
status = "D"
title = { fr = "NEWS2", en = "NEWS2" }
criterion = [
  { name = "seven", severity = "high", from = 7, source = "test", status = "D" },
  { name = "five", severity = "medium", from = 5, source = "test", status = "D" },
]

[[rule]]
id = "trend"
kind = "trend"
code = "8310-5"
window_min = 360
part_min = 30
at_least = 4
per_min = 60
source = "test"
status = "D"
title = { fr = "Monte", en = "Rising" }
criterion = [{ name = "rising", severity = "medium", from = 0.3, source = "test", status = "D" }]

[[rule]]
id = "change"
kind = "change"
code = "29463-7"
window_min = 2880
part_min = 60
apart_min = 240
at_least = 3
against = "median"
source = "test"
status = "D"
title = { fr = "Poids", en = "Weight" }
criterion = [{ name = "gain", severity = "medium", from = 2, source = "test", status = "D" }]

[[rule]]
id = "count"
kind = "count"
codes = ["intake:skipped"]
within_min = 1440
title = { fr = "Oublis", en = "Missed" }
category = "adherence"
criterion = [{ name = "three", severity = "medium", from = 3, source = "test", status = "D" }]

[[rule]]
id = "symptom"
kind = "symptom"
items = { pain = { fr = "Douleur", en = "Pain" } }
severe_from = 3
severe = "high"
very_severe_from = 4
rise = 2
worsening = "medium"
source = "test"
status = "D"
title = { fr = "Symptôme", en = "Symptom" }

[[rule]]
id = "together"
kind = "combination"
needs = 2
severity = "high"
source = "test"
status = "D"
title = { fr = "Ensemble", en = "Together" }
of = [
  { code = "8310-5", from = 38.0, max_age_min = 120, source = "test", status = "D" },
  { code = "8480-6", up_to = 100, max_age_min = 120, source = "test", status = "D" },
  { code = "8867-4", from = 110, max_age_min = 60, source = "test", status = "D" },
]

[[rule]]
id = "model"
kind = "model"
model = "early-warning"
title = { fr = "Modèle", en = "Model" }
criterion = [{ name = "risk", severity = "medium", from = 0.3, source = "test", status = "D" }]
"""
WATCHES = ("missed", "stopped", "over", "double", "weekly", "hold", "off", "unplanned", "skipped")
TEXT += "".join(
    f"""
[[rule]]
id = "oral-{watch}"
kind = "oral"
watch = "{watch}"
{"within_min = 2880" if watch == "skipped" else ""}
category = "adherence"
title = {{ fr = "Prises", en = "Intakes" }}
criterion = [
  {{ name = "two", severity = "high", from = 2, source = "test", status = "D" }},
  {{ name = "one", severity = "medium", above = 0, source = "test", status = "D" }},
]
"""
    for watch in WATCHES
)
_HOLD = {"from": "2020-01-01", "until": None, "reason": "test", "ordered_by": "Dr Roy"}
PLAN = {
    "protocol": "kinds",
    "oral": [
        {"drug": "capecitabine", "dose_mg": 1500, "times": ["04:00", "10:00", "16:00", "22:00"], "tablets": 3},
        {"drug": "imatinib", "dose_mg": 400, "times": ["08:00"]},
        {"drug": "nilotinib", "dose_mg": 400, "times": ["08:00"], "holds": [_HOLD]},
        {"drug": "dasatinib", "dose_mg": 100, "times": ["08:00"], "start": "2027-01-01"},
        {"drug": "methotrexate", "dose_mg": 15, "times": ["08:00"], "weekdays": ["mon", "wed"]},
    ],
}
LIBRARY: Library = library({**shipped_texts(), "kinds": TEXT})
# rule id of an alert -> the inputs that matter to it, by name of the generator below
RULES = {
    "sustained": ("temperature",),
    "score": ("vitals",),
    "trend": ("temperature",),
    "change": ("weight",),
    "count": ("doses",),
    "symptom.pain": ("pain",),
    "together": ("temperature", "pulse", "pressure"),
    "model": ("risk",),
    **{f"oral-{watch}": ("stops",) if watch == "stopped" else ("intakes",) for watch in WATCHES},
}
VITALS = {
    TEMPERATURE: (35.5, 40.0), HEART_RATE: (60, 140), SPO2: (88, 99), RESPIRATORY_RATE: (12, 28), SYSTOLIC: (85, 140),
    OXYGEN_FLOW: (0, 2), CONSCIOUSNESS: (0, 1),
}  # fmt: skip


def series(rule: str, dice: random.Random, count: int = 24) -> list[Input]:
    """Inputs of two days for one rule, in measured order, received when measured."""
    found: list[Input] = []
    minute = 0
    for number in range(count):
        minute += dice.choice([0, 10, 30, 60, 120])
        found += _one(dice.choice(RULES[rule]), minute, number + 1, dice)
    return found


def _one(name: str, minute: int, seq: int, dice: random.Random) -> list[Input]:
    now, origin = at(minute), Origin("dev", "b", seq)
    pick = {
        "temperature": (TEMPERATURE, 37.0, 39.0), "pulse": (HEART_RATE, 80, 130), "pressure": (SYSTOLIC, 80, 130),
        "weight": (WEIGHT, 68.0, 74.0),
    }.get(name)  # fmt: skip
    if pick is not None:
        return [Reading("P1", pick[0], round(dice.uniform(*pick[1:]), 1), now, now, origin=origin)]
    if name == "vitals":
        some = dice.sample(sorted(VITALS), dice.randint(1, 7))
        return [
            Reading("P1", code, float(round(dice.uniform(*VITALS[code]))), now, now, origin=origin, index=place)
            for place, code in enumerate(some)
        ]
    if name == "doses":
        state = dice.choice(["taken", "skipped"])
        return [Intake("P1", "capecitabine", now, now, 3, None, state, now, now, "patient", origin)]
    if name in ("intakes", "stops"):
        some, often = ["Capécitabine", "imatinib", "nilotinib", "dasatinib", "methotrexate", "autre"], ["taken"] * 2
        if name == "stops":
            some, often = some[:2], ["skipped"] * 6
        drug, state = dice.choice(some), dice.choice([*often, "skipped", "vomited", "extra"])
        by = dice.choice(["device", "patient", "caregiver"])
        return [Intake("P1", drug, None, now, dice.choice([None, 3.0, 6.0]), None, state, now, now, by, origin)]
    if name == "pain":
        grade = dice.choice([0, 1, 1, 2, 3, 4])
        return [Report("P1", "daily", "pain", "severity", grade, None, None, now, now, "patient", origin)]
    return [ModelOutput("P1", "early-warning", "1", "ready", round(dice.random() / 2, 2), now, now)]


def state(later: Micros = 0) -> PatientState:
    """P1 of whom nothing is known, watched from the start or `later`."""
    return new_state("P1", "s", PLAN, LIBRARY, set_at=0, watched_from=START + later)


def rows(inputs: list[Input]) -> list[Reading]:
    """Inputs as stored samples."""
    return [sample for found in inputs for sample in samples(found)]


def recalled(before: PatientState, inputs: list[Input]) -> PatientState:
    """The state with stored samples put back."""
    found = rows(inputs)
    whole = frozenset({*MEASURES, *(row.code for row in found)})
    intakes = [each for each in inputs if isinstance(each, Intake)]
    first = min((each.measured_at for each in intakes), default=START)
    return remember(before, History(found, whole, intakes=intakes, intakes_from=first - MARGIN), at=0)


def reloaded(inputs: list[Input], events: list[AlertEvent]) -> PatientState:
    """A fresh state, loaded from what is stored."""
    found = rows(inputs)
    last = {event.alert.id: event.alert for event in events}
    return load(
        state(),
        History(
            found,
            frozenset({*MEASURES, *(row.code for row in found)}),
            intakes=[each for each in inputs if isinstance(each, Intake)],
        ),
        open_alerts=[alert for alert in last.values() if alert.state != "closed"],
        closed_alerts=[],
        number=len(last),
    )


def episodes(found: PatientState, rule: str) -> list[tuple[Any, ...]]:
    """The condition episodes of a rule as a person would compare them."""
    [level] = [each for each in found.compiled.levels if each.id == rule]
    if level.intakes is not None:
        assert found.oral is not None
        return _told(found.oral.tracks[rule])
    stream = found.streams.get(level.stream)
    if stream is None:
        return []
    return _told(stream.track(level))


def _told(track: Track) -> list[tuple[Any, ...]]:
    return [(e.condition_at, e.criterion, e.rank, e.raised_at, e.last_met_at, e.cleared_at) for e in track.episodes]
