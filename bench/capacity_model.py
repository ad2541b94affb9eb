"""What a hub needs for so many patients at such a cadence: a linear model, its fit, and what is exhausted first. Pure.

Processor, in cores: constant + per message + per batch + per patient + per message of many patients, each for hub,
database and broker. Messages of 20 ms are one batch, so batches grow with the rate and level off; a message costs more
where few of the patients fit the processor's cache. Memory of the hub: constant + per patient.
Each ingest group has constants and batches of its own.
"""

from collections.abc import Mapping, Sequence

import numpy as np
from msgspec import Struct
from scipy.optimize import nnls

from ingest.buffer import BATCH, GATHER_FOR

PARTS = ("hub", "database", "broker")
VALUES = 3  # a message
MOST_GROUPS = 10_000
# Bytes that a reading keeps, its share of message and rollups included: the disk table of docs/operators.md.
TIERS = {"plain": 359.9, "apache": 357.1, "community": 138.3}
LEAST = 0.02  # cores: of less than that nobody cares how well it is foretold
MANY = 2000.0  # patients at which half of what "many" adds to a message is reached
ONE_THREAD = 0.8  # of a core: what one ingest group may be given, so that a burst does not wait


class Load(Struct, frozen=True):
    """`patients` of which each sends `a_day` messages of three values a day."""

    patients: int
    a_day: float

    @property
    def rate(self) -> float:
        """Messages a second."""
        return self.patients * self.a_day / 86_400


class Seen(Struct, frozen=True):
    """One measured run: cores of each part, MB of the hub, bytes a message on the network and a reading on disk."""

    patients: int
    rate: float
    cores: dict[str, float]
    hub_mb: float
    network: float
    disk: float


class Model(Struct, frozen=True):
    """`cores`: for each part the factors of `terms`. `memory`: MB, MB a patient. `network`, `disk`: bytes."""

    cores: dict[str, tuple[float, ...]]
    memory: tuple[float, float]
    network: float
    disk: float

    def needs(self, load: Load, groups: int = 1) -> "Needs":
        """What that load takes when so many ingest groups share it evenly."""
        terms = terms_of(load.patients, load.rate, groups)
        cores = {part: float(np.dot(terms, self.cores[part])) for part in PARTS}
        return Needs(
            load,
            cores,
            self.memory[0] * groups + self.memory[1] * load.patients,
            self.network * load.rate * 8 / 1e6,
            gb_a_day(load, self.disk),
            groups,
        )

    def groups(self, load: Load) -> int:
        """The fewest ingest groups of which none needs more than ONE_THREAD. ValueError: however many, they do."""
        for groups in range(1, MOST_GROUPS + 1):
            if self.needs(load, groups).cores["hub"] <= groups * ONE_THREAD:
                return groups
        raise ValueError(f"load: {load.patients} patients need more than {MOST_GROUPS} ingest groups")


class Needs(Struct, frozen=True):
    """Cores of each part, MB of all hubs, Mbit/s, GB of disk a day, when so many ingest groups share the work."""

    load: Load
    cores: dict[str, float]
    hub_mb: float
    mbit: float
    gb_a_day: float
    groups: int


class Machine(Struct, frozen=True):
    """What there is. `days`: how many days of readings outside the columnstore the disk must hold."""

    cores: float = 2.0
    memory_mb: float = 8192.0
    mbit: float = 1000.0
    disk_gb: float = 500.0
    days: float = 30.0


def terms_of(patients: int, rate: float, groups: int = 1) -> tuple[float, ...]:
    """Groups, messages and batches a second, patients, messages of many: what the factors are multiplied with."""
    each = rate / groups
    batches = max(each / (1 + GATHER_FOR * each), each / BATCH)
    return float(groups), rate, batches * groups, float(patients), rate * patients / (patients + MANY)


def gb_a_day(load: Load, reading: float) -> float:
    """GB of disk a day, at so many bytes a reading."""
    return reading * VALUES * load.rate * 86_400 / 1e9


def fit(seen: Sequence[Seen]) -> Model:
    """Least squares of the relative errors with no negative factor. ValueError: fewer runs than factors."""
    terms = np.array([terms_of(one.patients, one.rate) for one in seen])
    if len(seen) < terms.shape[1]:
        raise ValueError(f"seen: expected at least {terms.shape[1]} runs, got {len(seen)}")
    scale = terms.max(axis=0)
    cores = {}
    for part in PARTS:
        measured = np.array([one.cores[part] for one in seen])
        weigh = 1 / np.maximum(measured, LEAST)
        found, _ = nnls(terms / scale * weigh[:, None], measured * weigh)
        cores[part] = tuple((found / scale).tolist())
    patients = np.array([[1.0, one.patients] for one in seen])
    memory, _ = nnls(patients / patients.max(axis=0), np.array([one.hub_mb for one in seen]))
    mb, each = (memory / patients.max(axis=0)).tolist()
    sent = [one for one in seen if one.rate]
    weights = [one.rate for one in sent]
    network = float(np.average([one.network for one in sent], weights=weights))
    return Model(cores, (mb, each), network, float(np.average([one.disk for one in sent], weights=weights)))


def shares(needs: Needs, machine: Machine) -> Mapping[str, float]:
    """How much of each thing is used, 1: all of it."""
    return {
        "the hub's one thread": needs.cores["hub"] / needs.groups / ONE_THREAD,
        "cores": sum(needs.cores.values()) / machine.cores,
        "memory": needs.hub_mb / machine.memory_mb,
        "network": needs.mbit / machine.mbit,
        "disk": needs.gb_a_day * machine.days / machine.disk_gb,
    }


def bottleneck(needs: Needs, machine: Machine) -> tuple[str, float]:
    """What is used most, and how much of it."""
    found = shares(needs, machine)
    name = max(found, key=lambda each: found[each])
    return name, found[name]


def over(needs: Needs, machine: Machine) -> list[str]:
    """Everything of which there is too little, the scarcest first."""
    found = shares(needs, machine)
    return sorted((name for name, share in found.items() if share > 1), key=lambda each: -found[each])
