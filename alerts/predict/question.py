"""What the early warning's process is asked. Pure: shared by the service and the process."""

from msgspec import Struct

from domain.instants import Micros


class Question(Struct, frozen=True):
    """(code, value, measured at) of a patient's vital signs, and when the model alarmed before."""

    at: Micros
    readings: list[tuple[str, float, Micros]]
    alarms: list[Micros]


class Moved(Struct, frozen=True):
    """How far one watched input has moved from the training. `answer`: within, outside (from `limit` on) or unknown."""

    what: str
    answer: str
    value: float | None
    limit: float
