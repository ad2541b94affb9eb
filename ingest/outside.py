"""What the wiring gives to the ingest service: connections, decider, questionnaires, clock. No code of its own."""

from collections.abc import Mapping
from typing import Protocol

import psycopg

from domain.instants import Micros
from domain.questionnaire import Book
from ingest.decider import Decider
from ingest.owner import Conn


class Outside(Protocol):
    """What the wiring gives."""

    def connect(self) -> Conn:
        """A new database connection. Raises psycopg.OperationalError."""

    def load_decider(self, conn: psycopg.Connection[object]) -> Decider:
        """The decider with its states, read after the lease was taken: nobody else writes them any more."""

    def books(self, _: Conn, /) -> Mapping[str, Book]:
        """The questionnaires of each site; under the empty name those of a site without its own."""
        return {}

    def now(self) -> Micros:
        """The hub's clock."""

    def crash(self, point: str) -> None:
        """For tests: after_parse, before_commit, after_commit."""
