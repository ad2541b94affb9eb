"""The engine alone, `chemo-aplasia` with NEWS2 over 1,000 patients: readings a second on one core, bytes a patient.

Three values a message (a usual oximeter and thermometer), and all seven items of NEWS2; garbage is collected as in the
hub. `python -m bench.step`
"""

import gc
import json
import random
import time
import tracemalloc
from typing import Any

from alerts.core.state import PatientState, new_state
from alerts.engine import step
from alerts.protocol.library import shipped
from bench import setting
from domain.values import Origin, Reading
from domain.vocabulary import CONSCIOUSNESS, HEART_RATE, OXYGEN_FLOW, RESPIRATORY_RATE, SPO2, SYSTOLIC, TEMPERATURE
from vigie import allocator

PATIENTS, ROUNDS = 1000, 40
WEIGHED_ROUNDS = 15  # after which a patient's memory is full
_THREE = ((TEMPERATURE, 37.0, 0.3), (HEART_RATE, 80.0, 8.0), (SPO2, 97.0, 0.8))
_SEVEN = (
    *_THREE,
    (RESPIRATORY_RATE, 16.0, 2.0),
    (SYSTOLIC, 120.0, 8.0),
    (OXYGEN_FLOW, 0.0, 0.0),
    (CONSCIOUSNESS, 0.0, 0.0),
)
START = 1_795_000_000_000_000
Streams = tuple[tuple[str, float, float], ...]


def measure() -> dict[str, Any]:
    """Readings a second for both kinds of message, and what a patient weighs in memory."""
    return {"three_values": speed(_THREE), "news2_complete": speed(_SEVEN), "bytes_a_patient": _weight()}


def speed(streams: Streams = _THREE, *, patients: int = PATIENTS, rounds: int = ROUNDS) -> dict[str, Any]:
    """Readings a second on one core, and microseconds a message, over so many patients in turn."""
    rng, library = random.Random(1), shipped()
    states = {f"p-{number}": _state(f"p-{number}") for number in range(patients)}
    batches = [_message(patient, turn, streams, rng) for turn in range(rounds) for patient in states]
    events = 0
    allocator.calm()
    start = time.perf_counter()
    for readings in batches:
        patient = readings[0].patient
        states[patient], said = step(states[patient], readings, library)
        events += len(said)
    spent = time.perf_counter() - start
    count = len(batches) * len(streams)
    return {
        "readings_per_s": round(count / spent),
        "us_per_message": round(spent / len(batches) * 1e6, 1),
        "events": events,
    }


def _weight() -> int:
    """Bytes of Python objects a patient, all seven items: the states, and the part in what they share."""
    rng, library = random.Random(1), shipped()
    tracemalloc.start()
    states = {f"p-{number}": _state(f"p-{number}") for number in range(PATIENTS)}
    for turn in range(WEIGHED_ROUNDS):
        for patient in states:
            states[patient], _ = step(states[patient], _message(patient, turn, _SEVEN, rng), library)
    gc.collect()
    weight = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    return round(weight / PATIENTS)


def _state(patient: str) -> PatientState:
    return new_state(patient, setting.SITE, setting.PLAN, shipped(), set_at=0, watched_from=START)


def _message(patient: str, turn: int, streams: Streams, rng: random.Random) -> list[Reading]:
    at, origin = START + turn * 60_000_000, Origin(patient, "bench", turn + 1)
    return [
        Reading(patient, code, float(round(rng.gauss(mean, spread), 1)), at, at, origin=origin, index=place)
        for place, (code, mean, spread) in enumerate(streams)
    ]


if __name__ == "__main__":
    print(json.dumps(measure(), indent=1))
