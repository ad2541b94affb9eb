"""The nouns of a protocol's life: a version of its text, who signed it, who moved it. Frozen values.

`alerts.protocol.life` owns the moves, `storage.protocols` the rows.
"""

from msgspec import Struct

from domain.instants import Micros


class Act(Struct, frozen=True):
    """Who does something to a protocol, in which role, when, and why. `role` of the command line: operator."""

    actor: str
    role: str
    at: Micros
    reason: str | None = None


class Signature(Struct, frozen=True):
    """One role's signature of one digest."""

    role: str
    actor: str
    digest: str
    at: Micros


class Version(Struct, frozen=True):
    """One version of a protocol, whole: its exact text and those of what it extends, so that it can be proved later.

    `digest`: sha256 over `bases` and `text`, as `protocol.reading` makes it. `bases`: (id, text), the root first.
    `asked`: roles whose signatures it needs. `state`: as decided; what it is at a moment: `protocol_life.state_at`.
    Active in [active_from, retired_at); without `active_from` it never was.
    """

    id: str
    version: str
    origin: str  # "site": drafted here; "shipped": came with the hub
    text: str
    digest: str
    asked: tuple[str, ...]
    state: str
    drafted: Act
    bases: tuple[tuple[str, str], ...] = ()
    signatures: tuple[Signature, ...] = ()
    active_from: Micros | None = None
    retired_at: Micros | None = None

    @property
    def ref(self) -> str:
        """How people name it: ID@VERSION."""
        return f"{self.id}@{self.version}"


class Move(Struct, frozen=True):
    """One move of a version. `effective_at`: from when it counts, where that is not the moment it was made."""

    kind: str
    before: str | None
    after: str
    act: Act
    effective_at: Micros | None = None
