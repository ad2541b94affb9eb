"""The engine against a second, naive writing of the fever definitions, on random series in any order of arrival.

The reference follows the wording of the vectors: a run restarts at a sample below, duration needs samples, a cap counts
pairs, hypothermia before single before sustained at one minute.
"""

import csv
import random
from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from alerts.protocol.library import shipped
from alerts.replay import Recording
from domain.alerts import AlertEvent
from domain.instants import MINUTE
from domain.values import Origin, Reading
from domain.vocabulary import TEMPERATURE

VECTORS = Path(__file__).parent.parent / "vectors"
START = 1_795_000_000_000_000
VALUES = [35.9, 36.0, 37.0, 37.9, 38.0, 38.0, 38.1, 38.1, 38.2, 38.3, 38.4, 38.5]
with (VECTORS / "febrile_neutropenia_profiles.csv").open(newline="") as source:
    PROFILES = {row["profile"]: row for row in csv.DictReader(source)}

Outcome = tuple[float, str] | None


def beyond(profile: dict[str, str], name: str) -> Callable[[float], bool]:
    limit, inclusive = float(profile[f"{name}_threshold_C"]), profile[f"{name}_inclusive"] == "True"
    return lambda value: value > limit - 1e-6 if inclusive else value > limit + 1e-6


def reference(profile: dict[str, str], rows: list[tuple[int, float]]) -> Outcome:
    """Minute and criterion of the first alert of a series in measured order."""
    single, warm = beyond(profile, "single"), beyond(profile, "sustained")
    window, inclusive = float(profile["window_min"]), profile["window_inclusive"] == "True"
    cap = float(profile["cap_min"] or 0)
    cold = float(profile["hypothermia_below_C"] or 0)
    run: list[int] = []
    for minute, value in rows:
        run = [*run, minute] if warm(value) else []
        if value < cold - 1e-6:
            return minute, "hypothermia"
        if single(value):
            return minute, "single"
        gone = minute - run[0] if len(run) > 1 else -1
        if (cap and any(0 < minute - before <= cap for before in run[:-1])) or (
            not cap and gone >= 0 and (gone >= window if inclusive else gone > window)
        ):
            return minute, "sustained"
    return None


def outcome(name: str, offsets: dict[str, float], readings: list[Reading]) -> Outcome:
    """What the hub's fever alert says once everything has arrived."""
    recording = Recording(shipped(), {"P1": {"fever_profile": name, "site_offsets": offsets}})
    played = recording.play(("P1", reading.received_at, reading) for reading in readings)
    events = [e for e in played if isinstance(e, AlertEvent) and e.alert.rule == "fever"]
    if not any(event.kind == "opened" for event in events) or events[-1].alert.disproved:
        return None
    alert = events[-1].alert
    return ((alert.condition_at - START) / MINUTE, alert.criterion)


def arrival(readings: list[Reading], rng: random.Random) -> list[Reading]:
    """In order, shuffled, or delayed; some of them twice."""
    late = [
        msgspec.structs.replace(r, received_at=r.measured_at + rng.choice([0, 0, 0, 90 * MINUTE])) for r in readings
    ]
    if rng.random() < 0.3:
        rng.shuffle(late)
        end = max(reading.received_at for reading in late)
        late = [msgspec.structs.replace(reading, received_at=end + place) for place, reading in enumerate(late)]
    late += [reading for reading in late if rng.random() < 0.1]
    return sorted(late, key=lambda reading: reading.received_at)


@pytest.mark.parametrize("name", PROFILES)
def test_the_engine_agrees_with_the_wording(name: str) -> None:
    rng = random.Random(name)
    for trial in range(250):
        step = rng.choice([1, 10, 30, 60, 240])
        rows = [(m * step, rng.choice(VALUES)) for m in sorted(rng.sample(range(200), rng.choice([3, 10, 25, 90])))]
        if rng.random() < 0.4:
            rows = [(minute, rng.choice([37.0, 38.0, 38.1])) for minute, _ in rows]
        offsets = {"axilla": 0.5} if rng.random() < 0.5 else {}
        readings = []
        for place, (minute, value) in enumerate(rows, 1):
            site = rng.choice([None, "oral", "axilla"])
            sent = round(value - offsets.get(site or "", 0), 1)
            at = START + minute * MINUTE
            readings.append(Reading("P1", TEMPERATURE, sent, at, at, site, origin=Origin("d", "b", place)))
        expected = reference(PROFILES[name], rows)
        assert outcome(name, offsets, arrival(readings, rng)) == expected, (trial, rows)
