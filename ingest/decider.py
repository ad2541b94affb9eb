"""The seam to whatever decides: inputs in, a decision that can be written and then adopted out. No logic here."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

import psycopg

from domain.alerts import Input
from domain.instants import Micros


class Decision(Protocol):
    """What follows from some inputs; nothing has happened yet."""

    def write(self, conn: psycopg.Connection[Any]) -> None:
        """Alert rows, events and timers into the caller's transaction. May be called again after a rollback."""

    def adopt(self) -> None:
        """Swap the new states in: called once, after the commit."""

    @property
    def event_count(self) -> int:
        """How many alert events `write` writes."""


class Decider(Protocol):
    """Owner of the patients' states. Every call is pure in effect until `Decision.adopt`."""

    def decide(self, inputs: Mapping[str, Sequence[Input]], *, at: Micros) -> Decision:
        """Step patients; patient id -> its inputs in the order of arrival."""

    def next_tick(self, at: Micros) -> Decision | None:
        """Time passing; None when nothing is due."""

    def actions(self, conn: psycopg.Connection[Any], *, at: Micros) -> Decision | None:
        """People's actions waiting in the inbox, alerts and plans; None when there are none."""
