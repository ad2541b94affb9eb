"""Who is told what, on which channel, and when the next thing happens: the pure core of the delivery loop.

No clock, no database, no socket: the loop (`notifier`) gives what is known and does what is answered. Each
person has a lane of channels in the order of preference; a lane moves on when a try fails for good or at its deadline.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, Protocol
from uuid import UUID, uuid5

import msgspec
from msgspec import Struct

from domain.instants import MINUTE, SECOND, Micros

State = Literal["queued", "sent", "delivered", "failed", "cancelled", "given-up"]
CHANNELS = ("console", "web-push", "sms", "voice", "email", "webhook")
ENDPOINTS = frozenset({"webhook"})  # for the whole step, not for each person
RECEIPTS = frozenset({"web-push"})  # accepted is not enough: without a receipt the next channel follows
NOBODY = "none"  # the channel of the row that says that nobody was found
DEADLINE: Micros = 30 * SECOND
LIFE: Micros = 30 * MINUTE  # a try that keeps failing is repeated this long
SHORTEST_WAIT, LONGEST_WAIT = SECOND, MINUTE
_IDS = UUID("6f2d3f0a-52a5-5d0e-9f0b-3f6f64656c76")


class OnCall(Protocol):
    """Somebody on call (domain.oncall.OnCall)."""

    @property
    def person(self) -> str:
        """The account's name."""

    @property
    def order(self) -> int:
        """0: called first."""


class Person(Struct, frozen=True):
    """Somebody to tell. `note`: why them, when it was not their turn. `order`: 0 first; a later one when it failed."""

    name: str | None
    role: str
    note: str = ""
    order: int = 0


class Step(Struct, frozen=True):
    """One row of the outbox, as far as planning cares. `name`: the alert's and the time it was due."""

    id: int
    how: tuple[str, ...]
    at: Micros
    open: bool = True
    superseded: bool = False
    name: str = ""


class Known(Struct, frozen=True):
    """A delivery of the step as it stands."""

    id: UUID
    person: str | None
    role: str
    channel: str
    state: State
    at: Micros
    deadline_at: Micros
    start_at: Micros
    changed_at: Micros


class Attempt(Struct, frozen=True):
    """A delivery to add: queued, or failed at once with the reason."""

    id: UUID
    person: str | None
    role: str
    channel: str
    state: State
    due_at: Micros
    deadline_at: Micros
    detail: str = ""


class Change(Struct, frozen=True):
    """A queued delivery that is not to be tried any more."""

    id: UUID
    state: State
    detail: str


class Planned(Struct, frozen=True):
    """What to do now. `outcome`: the step is over. `unreached`: nothing of it could be delivered so far."""

    attempts: tuple[Attempt, ...] = ()
    changes: tuple[Change, ...] = ()
    outcome: Literal["delivered", "cancelled", "given-up"] | None = None
    unreached: bool = False
    next_at: Micros | None = None


class Lane(Struct, frozen=True):
    """One person's channels: what to add and change, and whether anything is left to wait for."""

    attempts: tuple[Attempt, ...] = ()
    changes: tuple[Change, ...] = ()
    reached: bool = False
    exhausted: bool = False
    next_at: Micros | None = None


def attempt_id(step: int, person: str | None, channel: str, *, name: str = "") -> UUID:
    """The same for every try of one channel to one person in one step.

    Never that of another step: a gateway drops an id it has seen. Numbers begin again after a restore, names do not.
    """
    return uuid5(_IDS, f"{step}\n{name}\n{person if person is not None else ''}\n{channel}")


def choose(
    who: Sequence[str], on_call: Mapping[str, Sequence[OnCall]], accounts: Mapping[str, Sequence[str]]
) -> tuple[Person, ...]:
    """Everybody on call for the first role of `who` that has somebody; else every account with one of the roles."""
    for place, role in enumerate(who):
        note = f"nobody on call for {', '.join(who[:place])}" if place else ""
        found = {one.person: Person(one.person, role, note, one.order) for one in reversed(on_call.get(role, ()))}
        if found:
            return tuple(sorted(found.values(), key=lambda one: (one.order, one.name)))
    note = f"nobody on call for {', '.join(who) or 'any role'}: every account of the site with the role"
    found = {name: Person(name, role, note) for role in reversed(who) for name in accounts.get(role, ())}
    return tuple(found[name] for name in sorted(found))


def plan_attempts(
    step: Step,
    people: Sequence[Person],
    *,
    obstacles: Mapping[str | None, Mapping[str, str]],
    history: Sequence[Known],
    now: Micros,
) -> Planned:
    """The next deliveries of one step. `obstacles`: person -> channel -> why it cannot be used for them.

    Those called first are told first, all of one order at once; those of the next order when nobody was reached.
    """
    if not step.open:
        return Planned(outcome="cancelled")
    told = _told(history)
    lanes = [_lane(step, one, obstacles=obstacles, history=history, now=now) for one in told]
    while all(lane.exhausted and not lane.reached for one, lane in zip(told, lanes, strict=True) if one.name):
        following = _next_order(step, people, told)
        if not following:
            break
        begun = step if not told else msgspec.structs.replace(step, at=now)
        lanes += [_lane(begun, one, obstacles=obstacles, history=history, now=now) for one in following]
        told = [*told, *following]
    start = () if any(one.name is not None for one in told) or _only_endpoints(step) else (_nobody(step, now),)
    return _joined(start if not history else (), lanes, superseded=step.superseded)


def _told(history: Sequence[Known]) -> list[Person]:
    """Those the rows say, whoever is on call by now."""
    seen = {row.person: row.role for row in history if row.channel != NOBODY}
    return [Person(name, role) for name, role in seen.items()]


def _next_order(step: Step, people: Sequence[Person], told: Sequence[Person]) -> list[Person]:
    names = {person.name for person in told}
    left = [] if _only_endpoints(step) else [person for person in people if person.name not in names]
    first = min((person.order for person in left), default=0)
    beside = [Person(None, "")] if ENDPOINTS & set(step.how) and None not in names else []
    return [*(person for person in left if person.order == first), *beside]


def _only_endpoints(step: Step) -> bool:
    return bool(step.how) and set(step.how) <= ENDPOINTS


def _nobody(step: Step, now: Micros) -> Attempt:
    said = "nobody on call and no account"
    return Attempt(attempt_id(step.id, None, NOBODY, name=step.name), None, "", NOBODY, "given-up", step.at, now, said)


def _of(person: Person, history: Iterable[Known]) -> dict[str, Known]:
    return {row.channel: row for row in history if row.person == person.name and row.channel != NOBODY}


def _lane(
    step: Step,
    person: Person,
    *,
    obstacles: Mapping[str | None, Mapping[str, str]],
    history: Sequence[Known],
    now: Micros,
) -> Lane:
    return _walk(step, person, obstacles=obstacles.get(person.name, {}), history=_of(person, history), now=now)


def _walk(
    step: Step, person: Person, *, obstacles: Mapping[str, str], history: Mapping[str, Known], now: Micros
) -> Lane:
    if any(_settled(row) for row in history.values()):
        left = tuple(Change(row.id, "cancelled", "reached on another channel") for row in _queued(history))
        return Lane(changes=left, reached=True, exhausted=True)
    added: list[Attempt] = []
    due = step.at
    for channel in _channels(step, person):
        row = history.get(channel)
        if row is None and channel in obstacles:
            added.append(_attempt(step, person, channel, due_at=due, now=now, obstacle=obstacles[channel]))
        elif row is None and channel == NOBODY:
            added.append(_attempt(step, person, channel, due_at=due, now=now, obstacle="the step names no channel"))
        elif row is None:
            added.append(_attempt(step, person, channel, due_at=due, now=now))
            return Lane(tuple(added), next_at=added[-1].deadline_at)
        elif row.state in ("queued", "sent") and now < row.deadline_at:
            return Lane(tuple(added), next_at=row.deadline_at)
        else:
            due = max(due, row.deadline_at if row.state in ("queued", "sent") else row.changed_at)
    return _at_the_end(step, tuple(added), history, now)


def _channels(step: Step, person: Person) -> list[str]:
    wanted = [channel for channel in dict.fromkeys(step.how) if (channel in ENDPOINTS) == (person.name is None)]
    return wanted or [NOBODY]  # a step that names no channel


def _attempt(
    step: Step, person: Person, channel: str, *, due_at: Micros, now: Micros, obstacle: str | None = None
) -> Attempt:
    detail = "; ".join(words for words in (person.note, obstacle) if words)
    state: State = "queued" if obstacle is None else "failed"
    name = attempt_id(step.id, person.name, channel, name=step.name)
    return Attempt(name, person.name, person.role, channel, state, due_at, max(due_at, now) + DEADLINE, detail)


def _at_the_end(step: Step, added: tuple[Attempt, ...], history: Mapping[str, Known], now: Micros) -> Lane:
    """Every channel had its time: what was accepted counts, what still fails is repeated while the step lives."""
    left = _queued(history)
    if any(row.state == "sent" for row in history.values()):
        return Lane(added, tuple(Change(row.id, "cancelled", "reached on another channel") for row in left), True, True)
    ends_at = min((row.at for row in left), default=now) + LIFE
    if left and not step.superseded and now < ends_at:
        return Lane(added, exhausted=True, next_at=ends_at)  # whatever a try brings is looked at when it is recorded
    why = "a later step has begun" if step.superseded else "could not be delivered in time"
    return Lane(added, tuple(Change(row.id, "given-up", why) for row in left), exhausted=True)


def _joined(start: tuple[Attempt, ...], lanes: Sequence[Lane], *, superseded: bool) -> Planned:
    attempts = start + tuple(attempt for lane in lanes for attempt in lane.attempts)
    changes = tuple(change for lane in lanes for change in lane.changes)
    reached = any(lane.reached for lane in lanes)
    unreached = not reached and not superseded and all(lane.exhausted for lane in lanes)
    waits = [lane.next_at for lane in lanes if lane.next_at is not None]
    if waits:
        return Planned(attempts, changes, None, unreached, min(waits))
    return Planned(attempts, changes, "delivered" if reached else "given-up", unreached)


def _settled(row: Known) -> bool:
    return row.state == "delivered" or (row.state == "sent" and row.channel not in RECEIPTS)


def _queued(history: Mapping[str, Known]) -> list[Known]:
    return [row for row in history.values() if row.state == "queued"]


def wait_after(tries: int, asked: Micros | None = None) -> Micros:
    """How long to wait after that many tries: as asked, else twice as long each time; between 1 s and 1 min.

    Whoever asks for a second each time gets it as often as a deadline lasts, then a minute.
    """
    if tries > DEADLINE // SECOND:
        return LONGEST_WAIT
    wanted = asked if asked is not None else SHORTEST_WAIT << min(max(tries - 1, 0), 6)
    return min(max(wanted, SHORTEST_WAIT), LONGEST_WAIT)
