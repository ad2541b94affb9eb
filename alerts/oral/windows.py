"""The times that intakes are judged by, as a protocol says them. Pure; `alerts.protocol.text` reads the section."""

from msgspec import Struct

from domain.instants import MINUTE, Micros


class IntakesText(Struct, frozen=True, forbid_unknown_fields=True):
    """`[intakes]` of a protocol, in minutes. `late_min`: after the due time an intake is late, and a dose nobody
    reported is asked about, once; `asked_min`: so long after that it counts as not reported. `early_min`: before the
    due time a dose may be taken. `same_min`: a box and a person within so long speak of one intake. `over_percent`:
    more than the day's dose by so much is too much (tablets cannot be cut to the milligram). A plan may have its own
    `late_min` and `asked_min`."""

    late_min: float = 120
    asked_min: float = 240
    early_min: float = 60
    same_min: float = 120
    over_percent: float = 10
    source: str = (
        "choices of this project: no window verified; clinical table 06 gives windows per drug, most from memory"
    )
    status: str = "D"


class Windows(Struct, frozen=True):
    """The same as durations."""

    late_for: Micros
    asked_for: Micros
    early_for: Micros
    same_for: Micros
    over: float


def windows(text: IntakesText) -> Windows:
    """The section as durations."""
    late, asked, early, same = (
        round(value * MINUTE) for value in (text.late_min, text.asked_min, text.early_min, text.same_min)
    )
    return Windows(late, asked, early, same, 1 + text.over_percent / 100)
