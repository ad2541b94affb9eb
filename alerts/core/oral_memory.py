"""What the engine remembers of a patient's oral treatment: plans, intakes, the conditions of each rule. Pure values.

`alerts.core.oral` changes it.
"""

from collections.abc import Mapping

from msgspec import Struct

from alerts.oral.expected import Versions
from alerts.protocol.compiled import Compiled
from alerts.rules.level import Track, start
from domain.instants import DAY, Micros
from domain.values import Intake

KEPT: Micros = 35 * DAY  # intakes that are judged again when a late one comes
STRIDE: Micros = 14 * DAY  # forgotten in strides of so much
MARGIN: Micros = 14 * DAY  # before what is judged: runs that began earlier, the neighbours of the first dose
MOST = 1000  # intakes remembered; a box that sends more than that in a month is broken
NEVER: Micros = 1 << 62
AHEAD: Micros = 4 * DAY  # how far the next decision is looked for


class OralMemory(Struct, frozen=True):
    """`intakes`: in one order, those since `since` less `MARGIN`. `base`: the conditions before `since`; `tracks`: now.

    `upto`: the newest moment that was judged; `next_at`: when time alone may change something.
    """

    plans: Versions
    since: Micros
    intakes: tuple[Intake, ...]
    base: Mapping[str, Track]
    tracks: Mapping[str, Track]
    upto: Micros
    next_at: Micros
    pinned_until: Micros = 0


def begun(compiled: Compiled, plans: Versions, *, since: Micros) -> OralMemory | None:
    """The memory of a patient of whom no intake is known; None when no rule looks at intakes."""
    if not compiled.on_intakes:
        return None
    tracks = {rule.id: start(rule) for rule in compiled.on_intakes}
    return OralMemory(plans, since, (), tracks, tracks, since, since if plans.now.entries else NEVER)
