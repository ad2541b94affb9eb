"""Who is on call: shifts, weekly shifts, substitutions, the roster of a site; how people are reached. Frozen values.

Made by `storage.rosters` and `alerts.escalation.oncall.calendar`, resolved by `alerts.escalation.oncall.roster`.
"""

from datetime import date

from msgspec import Struct

from domain.instants import Micros

ROLES = ("physician", "nurse", "advanced-nurse", "pharmacist", "prescriber", "coordinator", "operator")


class Shift(Struct, frozen=True):
    """Somebody on call once, from an instant up to another. `rank` 0: called first."""

    uid: str
    role: str
    person: str
    from_at: Micros
    to_at: Micros
    rank: int = 0
    roster: str = ""
    organisation: str = ""


class Weekly(Struct, frozen=True):
    """Somebody on call every `every` weeks by the wall clock of `timezone`.

    `weekdays`: 0 Monday to 6 Sunday, of the beginning. `begins`, `ends`: minutes of the day; `days`: date of the end
    minus date of the beginning. `first`, `last`: between which dates it may begin; `without`: dates left out.
    """

    uid: str
    role: str
    person: str
    timezone: str
    weekdays: tuple[int, ...]
    begins: int
    ends: int
    days: int
    first: date
    every: int = 1
    last: date | None = None
    without: tuple[date, ...] = ()
    rank: int = 0
    roster: str = ""
    organisation: str = ""


class Substitution(Struct, frozen=True):
    """`person` is replaced by `by` from an instant up to another. `role` None: whatever they are on call as."""

    person: str
    by: str
    from_at: Micros
    to_at: Micros
    role: str | None = None
    roster: str = ""


class Roster(Struct, frozen=True):
    """Everything that says who is on call for a site: rosters of one organisation or of several.

    `substitutions` in the order in which they were entered: the later one counts. `absent`: people who cannot be on
    call here (account closed, or the site is not in their circle of care).
    """

    shifts: tuple[Shift, ...] = ()
    weekly: tuple[Weekly, ...] = ()
    substitutions: tuple[Substitution, ...] = ()
    absent: frozenset[str] = frozenset()

    @property
    def entries(self) -> tuple[Shift | Weekly, ...]:
        """Single and weekly shifts."""
        return (*self.shifts, *self.weekly)


class OnCall(Struct, frozen=True):
    """One person on call at a moment, since and until when, and for whom they stand in. `order` 0: called first."""

    person: str
    role: str
    organisation: str
    since: Micros
    until: Micros
    substitute_for: str | None
    order: int


class Stretch(Struct, frozen=True):
    """One person on call from an instant up to another, substitutions applied. `shift`: the uid it comes from."""

    person: str
    role: str
    organisation: str
    from_at: Micros
    to_at: Micros
    substitute_for: str | None
    rank: int
    shift: str


class Gap(Struct, frozen=True):
    """Nobody on call in a role from an instant up to another."""

    role: str
    from_at: Micros
    to_at: Micros


class WebPush(Struct, frozen=True):
    """One browser that may be pushed to."""

    endpoint: str
    p256dh: str
    auth: str


class Contacts(Struct, frozen=True):
    """How one person is reached. Telephone numbers in E.164."""

    email: str | None = None
    sms: str | None = None
    voice: str | None = None
    webpush: tuple[WebPush, ...] = ()
