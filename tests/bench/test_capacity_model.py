"""The capacity model: factors that were put in come out, nothing is negative, and the scarcest thing is named."""

import random

import pytest

from bench.capacity_model import ONE_THREAD, PARTS, Load, Machine, Model, Seen, bottleneck, fit, over, terms_of

TRUE = Model(
    {
        "hub": (0.01, 60e-6, 900e-6, 2e-6, 200e-6),
        "database": (0.0, 60e-6, 1500e-6, 0.0, 0.0),
        "broker": (0.0, 30e-6, 0.0, 0.0, 0.0),
    },
    (120.0, 0.03),
    700.0,
    350.0,
)
RUNS = [(200, 0.0), (200, 50.0), (200, 500.0), (200, 2000.0), (2000, 0.0), (2000, 500.0), (8000, 500.0)]


def seen(patients: int, rate: float, noise: float = 0.0) -> Seen:
    """What a run would have shown."""
    chance = random.Random(patients + round(rate))
    terms = terms_of(patients, rate)
    cores = {
        part: sum(term * factor for term, factor in zip(terms, TRUE.cores[part], strict=True))
        * chance.uniform(1 - noise, 1 + noise)
        for part in PARTS
    }
    return Seen(patients, rate, cores, 120 + 0.03 * patients, 700.0 if rate else 0.0, 350.0 if rate else 0.0)


def test_what_was_put_in_comes_out() -> None:
    found = fit([seen(*each) for each in RUNS])
    for part in PARTS:
        assert found.cores[part] == pytest.approx(TRUE.cores[part], rel=1e-6, abs=1e-9)
    assert found.memory == pytest.approx(TRUE.memory)
    assert (found.network, found.disk) == (700.0, 350.0)


def test_noise_of_a_tenth_foretells_a_size_between_within_a_tenth() -> None:
    found = fit([seen(*each, noise=0.1) for each in RUNS])
    load = Load(1000, 86_400)
    for part in PARTS:
        assert found.needs(load).cores[part] == pytest.approx(TRUE.needs(load).cores[part], rel=0.15)
        assert min(found.cores[part]) >= 0


def test_what_a_load_needs() -> None:
    load = Load(100_000, 1440)
    needs = TRUE.needs(load)
    assert load.rate == pytest.approx(1666.7, abs=0.1)
    assert needs.hub_mb == 120 + 3000
    assert needs.mbit == pytest.approx(700 * load.rate * 8 / 1e6)
    assert needs.gb_a_day == pytest.approx(3 * 350 * 100_000 * 1440 / 1e9)


def test_groups_have_batches_of_their_own() -> None:
    one, rate, batches, patients, many = terms_of(1000, 1000.0)
    assert (one, batches) == (1.0, pytest.approx(1000 / 21))
    assert terms_of(1000, 1000.0, 10) == (10.0, rate, pytest.approx(10 * 100 / 3), patients, many)
    assert terms_of(1000, 0.0, 10)[2] == 0


def test_a_batch_is_never_larger_than_the_hub_writes() -> None:
    assert terms_of(1000, 100_000.0)[2] == 200


def test_the_fewest_groups_of_which_none_needs_more_than_a_thread() -> None:
    load = Load(1_000_000, 1440)
    groups = TRUE.groups(load)
    assert TRUE.needs(load, groups).cores["hub"] <= groups * ONE_THREAD
    assert TRUE.needs(load, groups - 1).cores["hub"] > (groups - 1) * ONE_THREAD
    assert TRUE.needs(load, groups).hub_mb == pytest.approx(120 * groups + 30_000)
    assert TRUE.groups(Load(100, 24)) == 1


def test_a_constant_above_a_thread_is_said() -> None:
    greedy = Model(TRUE.cores | {"hub": (1.0, 0.0, 0.0, 0.0, 0.0)}, TRUE.memory, TRUE.network, TRUE.disk)
    with pytest.raises(ValueError, match="more than 10000 ingest groups"):
        greedy.groups(Load(100, 24))


def test_everything_there_is_too_little_of_is_said() -> None:
    load = Load(1_000_000, 1440)
    roomy = Machine(cores=64, memory_mb=1e9, mbit=1e9, disk_gb=1e9)
    assert over(TRUE.needs(load), roomy) == ["the hub's one thread"]
    assert over(TRUE.needs(load, TRUE.groups(load)), roomy) == []
    assert over(TRUE.needs(load), Machine(cores=64, memory_mb=1000, mbit=1e9, disk_gb=1e9))[0] == "memory"


@pytest.mark.parametrize(
    ("machine", "name"),
    [
        (Machine(cores=64, memory_mb=1e9, mbit=1e9, disk_gb=1e9), "the hub's one thread"),
        (Machine(cores=0.1, memory_mb=1e9, mbit=1e9, disk_gb=1e9), "cores"),
        (Machine(cores=64, memory_mb=100, mbit=1e9, disk_gb=1e9), "memory"),
        (Machine(cores=64, memory_mb=1e9, mbit=0.01, disk_gb=1e9), "network"),
        (Machine(cores=64, memory_mb=1e9, mbit=1e9, disk_gb=1), "disk"),
    ],
)
def test_the_scarcest_is_named(machine: Machine, name: str) -> None:
    assert bottleneck(TRUE.needs(Load(100_000, 1440)), machine)[0] == name


def test_too_few_runs_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 5 runs, got 2"):
        fit([seen(*each) for each in RUNS[:2]])
