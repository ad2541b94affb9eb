"""Who is in the demo: patients, their devices, what happens to them, and their care plans. Pure.

The wiring registers patients, devices and plans with the hub, then writes the fleet file with `device_entry`.
Most virtual patients stay well; the first fever comes within half an hour of hub time, the others one after the other.
"""

from dataclasses import dataclass, field
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from device_sim import recordings
from device_sim.truth import APLASIA_PROTOCOLS
from domain.instants import DAY, MINUTE, Micros, iso, moment
from domain.vocabulary import HEART_RATE, NEUTROPHILS, TEMPERATURE

SITE = "demo"
AGO = 7 * DAY  # since docetaxel
VIRTUAL_CADENCE = {TEMPERATURE: 600, HEART_RATE: 600}
REPLAY_CADENCE = {HEART_RATE: 7200}

# What happens in each group of 40 virtual patients: (scenario, s of hub time until illness begins).
_EVENTFUL: tuple[tuple[str, float], ...] = (
    ("febrile_neutropenia", -3000),
    ("desaturation", -1200),
    ("drawer", 5400),
    ("febrile_neutropenia", 3600),
    ("dehydration", -14400),
    ("battery_death", 9000),
    ("febrile_neutropenia", 9000),
)
# Faults of some devices whose patients are well: (place in the group, faults).
_FAULTY: dict[int, list[dict[str, Any]]] = {
    10: [{"kind": "duplicates", "rate": 0.2}],
    12: [{"kind": "late", "rate": 0.1, "by_s": 900}],
    14: [{"kind": "shuffled", "block": 3}],
    16: [{"kind": "skewed", "ahead_s": 5400, "deaf": True}],
    18: [{"kind": "clock_1970", "after_s": 1800, "deaf": False}],
    21: [{"kind": "garbage", "rate": 0.05}],
    24: [{"kind": "outage", "after_s": 3600, "for_s": 700}],
}
# Who takes an oral drug: place in the group -> behaviour, from the beginning on.
_ORAL: dict[int, str] = {
    26: "adherent", 27: "over_taker", 28: "toxic", 29: "vomiter", 30: "stopper", 31: "forgetful",
    32: "weekend_forgetter", 33: "off_taker",
}  # fmt: skip
# Whose chemotherapy and counts were entered, so that there is a forecast: place in the group -> counts on days 0 and 5.
_COUNTED: dict[int, tuple[float, float]] = {0: (5.1, 0.9), 8: (4.4, 0.95), 20: (6.2, 0.85)}
_PROFILES = ("CAUTIOUS_HOME", "IDSA_NCCN", "FR_38_5", "ESMO_2016")
_DIALECTS = ("metric", "fahrenheit", "metric", "kilopascal")
_BODY_SITES = ("axilla", "tympanic", "oral")


@dataclass(frozen=True, slots=True)
class PatientSpec:
    """One patient of the demo with one device. `plan` is a care plan as `vigie plan set` takes it."""

    patient: str
    device: str
    site: str
    plan: dict[str, Any]
    seed: int
    scenario: dict[str, Any] | None = None
    recording: str | None = None
    faults: list[dict[str, Any]] = field(default_factory=list)
    entries: dict[str, Any] | None = None  # what a nurse has entered before the demo begins


def demo_fleet(virtual: int, replayed: int, seed: int, *, start: Micros) -> list[PatientSpec]:
    """The demo's patients. `start`: hub time at which the demo begins (plans have dates).

    Raises ValueError when more replayed patients are wanted than there are recordings.
    """
    rng = Random(seed)
    names = sorted(recordings.load())
    if replayed > len(names):
        raise ValueError(f"replayed: expected at most {len(names)} recordings, got {replayed}")
    chosen = rng.sample(names, replayed)
    well = [_virtual(number, seed, start) for number in range(virtual)]
    return well + [_replayed(number, name, seed=seed) for number, name in enumerate(chosen)]


def device_entry(spec: PatientSpec, password: str) -> dict[str, Any]:
    """The entry of a fleet file for one patient, with the password of the device's broker account."""
    does = {"recording": spec.recording} if spec.recording else {"scenario": spec.scenario}
    return {
        "device": spec.device,
        "site": spec.site,
        "patient": spec.patient,
        "username": spec.device,
        "password": password,
        "protocol": spec.plan["protocol"],
        "cadence": spec.plan["cadence"],
        "oral": spec.plan.get("oral", []),
        "timezone": spec.plan["timezone"],
        "seed": spec.seed,
        "faults": spec.faults,
        **does,
    }


def _virtual(number: int, seed: int, start: Micros) -> PatientSpec:
    place = number % 40
    name, onset_s = _EVENTFUL[place] if place < len(_EVENTFUL) else ("stable", 0.0)
    faults = _FAULTY.get(place, [])
    # Garbage inside an aplasia window is an alert by itself: its devices are worn by others.
    aplasia = name in ("febrile_neutropenia", "drawer") or (name == "stable" and number % 2 == 0)
    scenario = {
        "name": name,
        "onset_s": onset_s + 60 * (number // 40),
        "dialect": _DIALECTS[number % len(_DIALECTS)],
        "body_site": _BODY_SITES[number % len(_BODY_SITES)],
    }
    behaviour = _ORAL.get(place)
    if behaviour is not None:
        scenario |= {"name": "oral", "onset_s": 0.0, "behaviour": behaviour}
        plan = _oral_plan(behaviour, start)
    else:
        plan = _aplasia_plan(number, start) if aplasia else _vital_plan(VIRTUAL_CADENCE)
    tag = f"v{number + 1:03d}"
    entries = _entries(_COUNTED[place], start) if place in _COUNTED else None
    return PatientSpec(
        f"demo-{tag}", f"patch-{tag}", SITE, plan, seed + number, scenario=scenario, faults=faults, entries=entries
    )


def _replayed(number: int, name: str, *, seed: int) -> PatientSpec:
    tag = f"r{number + 1:03d}"
    plan = _vital_plan(REPLAY_CADENCE)
    return PatientSpec(f"demo-{tag}", f"monitor-{tag}", SITE, plan, seed + 10_000 + number, recording=name)


def _aplasia_plan(number: int, start: Micros) -> dict[str, Any]:
    """Docetaxel a week ago, the window open since yesterday."""
    return {
        "protocol": APLASIA_PROTOCOLS[0],
        "fever_profile": _PROFILES[number % len(_PROFILES)],
        "regimen": "docetaxel",
        "cycle_start": moment(start - AGO).date().isoformat(),
        "aplasia": {"from": iso(start - DAY), "until": iso(start + 10 * DAY)},
        "cadence": dict(VIRTUAL_CADENCE),
        "timezone": "Europe/Paris",
    }


def _entries(counts: tuple[float, float], start: Micros) -> dict[str, Any]:
    """Docetaxel of the plan as it was given, and two counts: none that would close the window."""
    given = start - AGO
    return {
        "given": [{"k": "chemotherapy", "name": "docetaxel", "at": iso(given), "amount": 150, "unit": "mg"}],
        "obs": [
            {"c": NEUTROPHILS, "v": anc, "u": "10*9/L", "t": iso(given + day * DAY)}
            for day, anc in zip((0, 5), counts, strict=True)
        ],
    }


def _oral_plan(behaviour: str, start: Micros) -> dict[str, Any]:
    """Capecitabine twice a day, the first dose 75 minutes after the beginning, so that a short demo has some; who takes
    it in the off week is in it."""
    local = moment(start + 75 * MINUTE).astimezone(ZoneInfo("Europe/Paris"))
    times = sorted({f"{(local.hour + more) % 24:02}:{local.minute:02}" for more in (0, 12)})
    began = (start - (16 if behaviour == "off_taker" else 2) * DAY) // DAY * DAY
    entry = {
        "drug": "capecitabine", "dose_mg": 1500, "tablets": 3, "times": times, "food": "after_meal",
        "cycle": {"on": 14, "off": 7, "start": moment(began).date().isoformat()},
    }  # fmt: skip
    return {
        "protocol": "oral-therapy", "cadence": dict(VIRTUAL_CADENCE), "timezone": "Europe/Paris", "oral": [entry]
    }  # fmt: skip


def _vital_plan(cadence: dict[str, int]) -> dict[str, Any]:
    return {"protocol": "vital-signs", "cadence": dict(cadence), "timezone": "Europe/Paris"}
