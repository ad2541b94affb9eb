"""What a change of a protocol would have done: recorded patients played under the protocols in use and under a new one.

Wiring of `alerts.trial.replay_many`, `alerts.replay` and `alerts.trial.compare`. Called by `vigie protocol try`.
"""

import heapq
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

from msgspec import Struct

from alerts.protocol.library import library
from alerts.protocol.plan import Library, check_plan, with_site
from alerts.protocol.reading import ProtocolError, read
from alerts.replay import Recording
from alerts.trial import replay_many
from alerts.trial.compare import Comparison, Known, Played, Span, compare, episodes
from alerts.trial.replay_many import Task
from domain.alerts import AlertEvent, ClockFault, Input, PauseSet, PlanSet
from domain.instants import DAY, HOUR, Micros
from domain.values import Reading
from storage import pauses, protocols, recorded
from storage.connection import Connection, connect
from storage.recorded import PlanVersion
from vigie.replay_file import plans_of, rows_of, silent_until
from vigie.replay_rows import UnusableFile
from vigie.replay_split import split

COURSE: Micros = 72 * HOUR  # an antibiotic given so long after the one before begins a new course (status D)
DEFAULT = "chemo-aplasia"
A_TASK = 25  # patients of the database that one process plays


class Wish(Struct, frozen=True):
    """What is compared. `texts`: active texts over the shipped ones. `instead_of`: whose patients a new id takes."""

    new: str  # text of the new protocol
    texts: dict[str, str] = {}
    instead_of: str | None = None
    since: Micros = 0
    until: Micros | None = None
    known: dict[str, tuple[Known, ...]] | None = None  # None: courses of antibiotics, where they are stored
    span: Span = Span()
    jobs: int = 1
    cluster: str | None = None  # a Dask scheduler's address; its workers must reach the database
    told: Callable[[int, int], None] = lambda _done, _of: None

    @property
    def id(self) -> str:
        """Id of the new protocol. Raises ProtocolError."""
        return read("the new protocol", self.new).id


class Both(Struct, frozen=True):
    """What a process must know (it is sent to it)."""

    texts: dict[str, str]
    new_id: str
    new: str
    instead_of: str | None
    since: Micros

    def libraries(self) -> tuple[Library, Library]:
        """The protocols in use, and those with the new one. Raises ProtocolError."""
        return library(self.texts), library({**self.texts, self.new_id: self.new})


class Life(Struct, frozen=True):
    """One patient's record: inputs in order of receipt; plans by when they begin, one at the beginning."""

    patient: str
    begins: Micros
    ends: Micros
    inputs: Sequence[tuple[Micros, Input]]
    plans: Sequence[PlanVersion]
    known: tuple[Known, ...] = ()


def against_file(wish: Wish, readings: Path, context: Path | None) -> Comparison:
    """Over a readings file of `vigie replay`. Raises UnusableFile, ProtocolError, Failed."""
    both, plans = _both(wish), plans_of(context)
    known = wish.known or {}
    with tempfile.TemporaryDirectory(prefix="vigie-try-") as folder:
        found = split(readings, Path(folder), least=wish.jobs, told=lambda _: None)
        ends = found.last if wish.until is None else min(found.last, wish.until)
        tasks = [
            Task(
                piece.patients,
                (both, str(piece.path), str(readings), found.columns, ends,
                 {name: plans[name] for name in piece.patients if name in plans},
                 {name: known[name] for name in piece.patients if name in known}),
            )
            for piece in found.pieces
        ]  # fmt: skip
        return _compared(wish, tasks, try_file)


def against_history(wish: Wish, url: str, *, until: Micros) -> Comparison:
    """Over the database. Raises ProtocolError, UnusableFile (a plan), Failed, psycopg.Error."""
    both = _both(wish)
    with closing(connect(url, application_name="vigie-try")) as conn:
        watched = recorded.patients(conn, since=wish.since, until=until)
        conn.rollback()
    tasks = []
    for start in range(0, len(watched), A_TASK):
        some = watched[start : start + A_TASK]
        known = None if wish.known is None else {one.patient: wish.known.get(one.patient, ()) for one in some}
        tasks.append(Task(tuple(one.patient for one in some), (both, url, some, until, known)))
    return _compared(wish, tasks, try_history)


def active_texts(conn: Connection, at: Micros) -> dict[str, str]:
    """What is in force at the site now."""
    return protocols.active_texts(conn, at)


def _both(wish: Wish) -> Both:
    both = Both(wish.texts, wish.id, wish.new, wish.instead_of, wish.since)
    now, _ = both.libraries()
    if wish.instead_of is not None and wish.instead_of not in now.protocols:
        known = ", ".join(sorted(now.protocols))
        raise ProtocolError(f"--instead-of: expected one of {known}, got {wish.instead_of!r}")
    return both


def _compared(wish: Wish, tasks: Sequence[Task], work: Callable[[Any], list[Played]]) -> Comparison:
    played: list[Played] = []
    wish.told(0, len(tasks))
    for done, (_, answer) in enumerate(_answers(wish, tasks, work), start=1):
        played += answer
        wish.told(done, len(tasks))
    return compare(played, wish.span, since=wish.since)


def _answers(wish: Wish, tasks: Sequence[Task], work: Callable[[Any], list[Played]]) -> replay_many.Answers:
    if wish.cluster is None:
        return replay_many.run(tasks, work, jobs=wish.jobs, preload=(__name__,))
    from vigie import replay_cluster  # only then: it needs dask.distributed

    return replay_cluster.over(tasks, work, wish.cluster, prepare=_with_rows if work is try_file else _as_it_is)


def _with_rows(payload: tuple[Any, ...]) -> tuple[Any, ...]:
    """A piece of a file with its rows: a worker elsewhere may share no disk with us."""
    both, source, *rest = payload
    return (both, Path(source).read_bytes(), *rest)


def _as_it_is(payload: Any) -> Any:
    return payload


def try_file(
    payload: tuple[Both, str | bytes, str, tuple[int, ...], Micros, dict[str, Any], dict[str, Any]],
) -> list[Played]:
    """The patients of one piece of a file: its path, or what is in it."""
    both, found_in, name, columns, ends, plans, known = payload
    content = found_in if isinstance(found_in, bytes) else Path(found_in).read_bytes()
    rows = rows_of(iter(content.decode().split("\n")[:-1]), columns, name)
    found = []
    for patient in sorted(rows):
        inputs = [(row[0], one) for row in rows.pop(patient) for one in (row[4], row[3]) if one is not None]
        last = min(ends, inputs[-1][0])  # of a file nobody knows how long a patient was watched
        versions = [PlanVersion(0, plans.get(patient, {}))]
        found.append(Life(patient, inputs[0][0], last, inputs, versions, tuple(known.get(patient, ()))))
    return list(_all(found, both))


def try_history(payload: tuple[Both, str, Sequence[recorded.Watched], Micros, dict[str, Any] | None]) -> list[Played]:
    """Some patients of the database."""
    both, url, watched, until, known = payload
    with closing(connect(url, application_name="vigie-try")) as conn:
        limits = protocols.site_limits(conn)
        lives = (_life(conn, one, until, known, limits=limits.get(one.site, {})) for one in watched)
        return list(_all(lives, both))


def _life(
    conn: Connection,
    one: recorded.Watched,
    until: Micros,
    known: dict[str, Any] | None,
    *,
    limits: dict[str, dict[str, float]],
) -> Life:
    inputs: list[tuple[Micros, Input]] = []
    paused = pauses.current(conn, [one.patient]).get(one.patient, [])
    if paused:
        inputs.append((one.created_at, PauseSet(one.patient, tuple(paused), one.created_at)))
    for found in recorded.inputs(conn, one.patient, until=until):
        if isinstance(found, Reading) and found.quality == "clock" and found.origin is not None:
            fault = ClockFault(one.patient, found.origin.device, found.received_at, found.received_at)
            inputs.append((found.received_at, fault))
        inputs.append((found.received_at, found))
    events = known[one.patient] if known is not None else courses(recorded.antibiotics(conn, one.patient, until=until))
    begins = min([one.created_at, *(at for at, _ in inputs)])
    ends = until if one.ended_at is None else min(until, one.ended_at)
    plans = [PlanVersion(begins, {}), *recorded.plans(conn, one.patient)]
    bodies = [PlanVersion(plan.set_at, with_site(plan.body, limits)) for plan in plans]
    return Life(one.patient, begins, ends, inputs, bodies, tuple(events))


def courses(given: Iterable[Micros]) -> list[Known]:
    """The first dose of each course of antibiotics."""
    found: list[Known] = []
    before: Micros | None = None
    for at in sorted(given):
        if before is None or at - before > COURSE:
            found.append(Known("antibiotic", at))
        before = at
    return found


def _all(lives: Iterable[Life], both: Both) -> Iterator[Played]:
    now, new = both.libraries()
    changes_id = both.new_id not in now.protocols

    def under_new(plan: dict[str, Any]) -> dict[str, Any]:
        concerned = both.instead_of in (None, plan.get("protocol", DEFAULT))
        return {**plan, "protocol": both.new_id} if changes_id and concerned else plan

    for life in lives:
        begins = max(life.begins, both.since)
        if life.ends <= begins:
            continue
        usable = [PlanVersion(one.set_at, _usable(one.body, now)) for one in life.plans]
        turned = [PlanVersion(one.set_at, _fitting(under_new(one.body), new, life.patient)) for one in usable]
        before, after = (episodes(_events(life, plans, found)) for plans, found in ((usable, now), (turned, new)))
        known = tuple(one for one in life.known if begins <= one.at <= life.ends + DAY)
        yield Played(life.patient, (life.ends - begins) / DAY, before, after, known)


def _usable(plan: dict[str, Any], found: Library) -> dict[str, Any]:
    """As the hub does: a plan that cannot be used is replaced by the default one."""
    return {} if check_plan(plan, found) else plan


def _fitting(plan: dict[str, Any], found: Library, patient: str) -> dict[str, Any]:
    for fault in check_plan(plan, found):
        raise UnusableFile(f"patient {patient}: the care plan does not fit the new protocol: {fault}")
    return plan


def _events(life: Life, plans: Sequence[PlanVersion], found: Library) -> Iterator[AlertEvent]:
    """What the engine says of one life under one library, each plan from when it was set."""
    first = [one.body for one in plans if one.set_at <= life.begins]
    later = [one for one in plans if one.set_at > life.begins]
    patient = life.patient
    changes: list[tuple[Micros, Input]] = [(one.set_at, PlanSet(patient, one.body, one.set_at)) for one in later]
    recording = Recording(found, {patient: first[-1]})
    order = heapq.merge(changes, life.inputs, key=lambda row: row[0])
    inputs: list[tuple[str, Micros, Input]] = [(patient, life.begins, silent_until(patient, life.begins))]
    inputs += [(patient, at, one) for at, one in order if at <= life.ends]
    inputs.append((patient, life.ends, silent_until(patient, life.ends)))
    for event in recording.play(inputs):
        if isinstance(event, AlertEvent):
            yield event
