"""A small dose of the laboratory, one fault of each family; the whole of it is `make faults`."""

from pathlib import Path

import pytest

from tests.faults.laboratory import dice_of, laboratory, upper_bound
from tests.faults.nemesis import FAULTS
from tests.faults.soak import GROWTH, MILD, Memory

pytestmark = pytest.mark.flow
DOSE = (
    "kill hub, broker and database",
    "link hub-database: cut",
    "link hub-broker: half-open",
    "one device floods",
    "link devices-broker: refuse",
    "link hub-database: twice",
    "broker stands still",
)


def test_after_every_fault_nothing_is_lost_nothing_is_twice_and_consoles_saw_each_event(service_folder: Path) -> None:
    dice = dice_of(7)
    with laboratory(service_folder) as lab:
        lab.begin()
        for name in DOSE:
            with FAULTS[name](lab, dice):
                pass
            lab.recover(name)
        judged = lab.judge()
    assert judged.broken.sent > 5000
    assert judged.broken.truths > 0
    assert (judged.broken.lost, judged.broken.twice, judged.broken.missed) == (0, 0, 0)
    assert judged.frames > 0
    assert (judged.frames_missing, judged.frames_twice) == (0, 0)


def test_the_bound_of_a_rate_narrows_with_the_trials_and_widens_with_what_was_seen() -> None:
    assert upper_bound(0, 0) == 1.0
    assert upper_bound(0, 300) == pytest.approx(0.00994, abs=1e-5)
    assert upper_bound(0, 300) < upper_bound(1, 300) < upper_bound(1, 30)


def test_growth_of_memory_is_counted_after_it_has_settled() -> None:
    early = tuple((float(at), 100.0 + at) for at in range(0, 600, 5))
    flat = tuple((float(at), 800.0) for at in range(600, 3600, 5))
    assert Memory(early + flat).growth() == 0.0
    leak = tuple((float(at), 800.0 + (at - 600) / 10) for at in range(600, 3600, 5))
    assert Memory(early + leak).growth() > GROWTH
    with pytest.raises(ValueError, match="expected a run longer"):
        Memory(early).growth()


def test_no_mild_fault_ends_the_hub() -> None:
    assert "kill broker" in MILD
    assert not any("hub" in name for name in MILD if name.startswith("kill"))
