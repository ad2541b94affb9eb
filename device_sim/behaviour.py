"""How a simulated patient on oral treatment behaves: takes, forgets, doubles, vomits, takes in an off week. Pure.

Shares are chosen to show every kind of event, not fitted to anybody.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from device_sim.doses import Slot
from domain.instants import DAY, MINUTE, Micros

if TYPE_CHECKING:
    from random import Random

Act = Literal["take", "forget", "double", "vomit", "skip"]


@dataclass(frozen=True, slots=True)
class Behaviour:
    """Shares of the doses that are forgotten, of Saturdays' and Sundays' too, doubled, vomited, left out on purpose; of
    the times without a dose at which one is taken all the same. `late_min`: how far from the time at most. `answers`:
    share of the days with an answer. `toxic`: grades rise from the onset on."""

    forgets: float = 0.0
    forgets_weekend: float = 0.0
    doubles: float = 0.0
    vomits: float = 0.0
    skips: float = 0.0
    takes_off: float = 0.0
    late_min: int = 20
    answers: float = 1.0
    toxic: bool = False


BEHAVIOURS: dict[str, Behaviour] = {
    "adherent": Behaviour(),
    "forgetful": Behaviour(forgets=0.3, late_min=90, answers=0.7),
    "over_taker": Behaviour(doubles=1.0),
    "weekend_forgetter": Behaviour(forgets_weekend=1.0),
    "stopper": Behaviour(forgets=1.0, answers=0.5),
    "vomiter": Behaviour(vomits=0.5),
    "off_taker": Behaviour(takes_off=1.0),
    "toxic": Behaviour(skips=0.2, toxic=True),
}


def act(behaviour: Behaviour, slot: Slot, *, ill: bool, rng: "Random") -> Act | None:
    """What becomes of one slot; None: nothing was due, nothing was taken. Before the onset everybody is adherent."""
    if slot.kind != "due":
        return "take" if ill and rng.random() < behaviour.takes_off else None
    if not ill:
        return "take"
    forgets = behaviour.forgets_weekend if slot.weekday >= 5 and behaviour.forgets_weekend else behaviour.forgets
    drawn = rng.random()
    for name, share in (
        ("forget", forgets), ("double", behaviour.doubles), ("vomit", behaviour.vomits), ("skip", behaviour.skips),
    ):  # fmt: skip
        if drawn < share:
            return name  # type: ignore[return-value]
        drawn -= share
    return "take"


def taken_at(behaviour: Behaviour, slot: Slot, rng: "Random") -> Micros:
    """When a dose is taken: on time, or late."""
    return slot.at + rng.randrange(0, behaviour.late_min + 1) * MINUTE


# Symptoms of a toxic course by whole days since the onset (the last row stands for ever): nausea, diarrhoea, fatigue.
_COURSE = ((1, 0, 1), (2, 1, 2), (3, 2, 2), (3, 3, 3), (4, 3, 3))


def grades(behaviour: Behaviour, since_onset: Micros) -> tuple[int, int, int]:
    """(nausea, diarrhoea, fatigue) of one day."""
    if not behaviour.toxic or since_onset < 0:
        return (0, 0, 0)
    return _COURSE[min(since_onset // DAY, len(_COURSE) - 1)]
