"""The engine alone: readings a second on one core, `chemo-aplasia` over 1,000 patients, three values a message.

python -m bench.step
"""

import json
import random
import time
from typing import Any

from alerts.engine import step
from alerts.library import shipped
from alerts.state import PatientState, new_state
from bench import setting
from domain.values import Origin, Reading
from domain.vocabulary import HEART_RATE, SPO2, TEMPERATURE

PATIENTS, ROUNDS = 1000, 60
_STREAMS = ((TEMPERATURE, 37.0, 0.3), (HEART_RATE, 80.0, 8.0), (SPO2, 97.0, 0.8))
START = 1_795_000_000_000_000


def measure() -> dict[str, Any]:
    """Readings a second and microseconds a message."""
    rng, library = random.Random(1), shipped()
    states = {f"p-{number}": _state(f"p-{number}") for number in range(PATIENTS)}
    batches = [_message(patient, turn, rng) for turn in range(ROUNDS) for patient in states]
    events = 0
    start = time.perf_counter()
    for readings in batches:
        patient = readings[0].patient
        states[patient], said = step(states[patient], readings, library)
        events += len(said)
    spent = time.perf_counter() - start
    count = len(batches) * len(_STREAMS)
    return {
        "readings_per_s": round(count / spent),
        "us_per_message": round(spent / len(batches) * 1e6, 1),
        "events": events,
    }


def _state(patient: str) -> PatientState:
    return new_state(patient, setting.SITE, setting.PLAN, shipped(), set_at=0, watched_from=START)


def _message(patient: str, turn: int, rng: random.Random) -> list[Reading]:
    at, origin = START + turn * 60_000_000, Origin(patient, "bench", turn + 1)
    return [
        Reading(patient, code, round(rng.gauss(mean, spread), 1), at, at, origin=origin, index=place)
        for place, (code, mean, spread) in enumerate(_STREAMS)
    ]


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
