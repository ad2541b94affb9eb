"""What figures are counted from: alerts that came before a person, and what became of them. Frozen values.

Read by `storage.figures`, counted by `alerts.budget` and `alerts.responses`.
"""

from msgspec import Struct

from domain.instants import Micros


class Call(Struct, frozen=True, gc=False):
    """An alert came (again) before somebody."""

    site: str
    severity: str
    at: Micros


class Opening(Struct, frozen=True, gc=False):
    """An alert that opened, and when a person first acted on it."""

    site: str
    rule: str
    severity: str
    at: Micros
    acted_at: Micros | None


class Answered(Struct, frozen=True, gc=False):
    """A clinical alert that opened; when it first stood on a console, was opened by a person, was acted on."""

    site: str
    severity: str
    at: Micros
    delivered_at: Micros | None
    seen_at: Micros | None
    acted_at: Micros | None
