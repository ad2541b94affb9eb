"""Two protocols over the same recorded patients: alerts gained and lost, known events seen. Pure.

An alert here is a stretch in which a rule's condition held, because nobody closes alerts in a replay. Two stretches
are the same alert when they are of one patient and rule and overlap. Called by `vigie protocol try`.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from statistics import quantiles

from msgspec import Struct, structs

from domain.alerts import SEVERITIES, AlertEvent
from domain.instants import DAY, HOUR, Micros

ANY = "any clinical rule"


class Episode(Struct, frozen=True):
    """One alert of one patient. `told_at`: when it was decided; `to_at` None: it still held at the end."""

    rule: str
    category: str
    severity: str
    from_at: Micros
    to_at: Micros | None
    told_at: Micros


class Known(Struct, frozen=True):
    """Something that is known to have happened to a patient."""

    kind: str
    at: Micros


class Played(Struct, frozen=True):
    """One patient under both protocols. `days`: how long the patient was watched."""

    patient: str
    days: float
    now: tuple[Episode, ...]
    new: tuple[Episode, ...]
    known: tuple[Known, ...] = ()


class Span(Struct, frozen=True):
    """An alert tells of an event when it was opened at most so long before or after it."""

    before: Micros = 48 * HOUR
    after: Micros = 6 * HOUR


class Rule(Struct, frozen=True):
    """How often one rule spoke."""

    rule: str
    now: int
    new: int
    gained: int
    lost: int
    now_a_day: float  # per patient-day
    new_a_day: float


class Lead(Struct, frozen=True):
    """How many events were told of, and how long before (hours; negative: after). None when there are none."""

    found: int
    sensitivity: float | None
    lower: float | None = None
    median: float | None = None
    upper: float | None = None


class Seen(Struct, frozen=True):
    """What a rule, or any clinical one, told of the events of one kind."""

    kind: str
    rule: str
    events: int
    now: Lead
    new: Lead


class Day(Struct, frozen=True):
    """Alerts of one day, UTC. `at`: its first instant."""

    at: Micros
    now: int
    new: int


class Comparison(Struct, frozen=True):
    """The whole of it. `total` is over all rules; a patient without events counts in `patients` alone."""

    patients: int
    patient_days: float
    total: Rule
    rules: tuple[Rule, ...]
    days: tuple[Day, ...]
    seen: tuple[Seen, ...]


def episodes(events: Iterable[AlertEvent]) -> tuple[Episode, ...]:
    """The alerts of one patient. What was only pending is none."""
    holding: dict[str, Episode] = {}
    found: list[Episode] = []
    for event in events:
        alert, rule = event.alert, event.alert.rule
        current = holding.get(rule)
        if current is None and _begins(event):
            begins = max(alert.condition_at, alert.last_met_at) if event.kind == "recurred" else alert.condition_at
            holding[rule] = Episode(rule, alert.category, alert.severity, begins, None, event.at)
        elif current is None:
            continue
        elif event.kind == "worsened":
            worse = max(current.severity, alert.severity, key=SEVERITIES.index)
            holding[rule] = structs.replace(current, severity=worse)
        elif event.kind == "revised" and alert.condition_at < current.from_at:
            holding[rule] = structs.replace(current, from_at=alert.condition_at)
        elif event.kind in ("cleared", "disproved"):
            ended = event.at if alert.condition_to is None else alert.condition_to
            found.append(structs.replace(holding.pop(rule), to_at=max(ended, current.from_at)))
    found += holding.values()
    return tuple(sorted(found, key=lambda one: (one.told_at, one.rule)))


def _begins(event: AlertEvent) -> bool:
    """A condition that begins, begins again, or after late data was there all the same."""
    again = event.kind == "revised" and event.alert.state != "pending" and event.alert.condition_to is None
    return again or event.kind in ("opened", "recurred")


def compare(played: Sequence[Played], span: Span, *, since: Micros = 0) -> Comparison:
    """All patients together; alerts count when told from `since` on. The order does not matter."""
    gained: Counter[str] = Counter()
    lost: Counter[str] = Counter()
    for one in played:
        matched = matches(one.now, one.new)
        lost.update(e.rule for place, e in enumerate(one.now) if place not in matched and e.told_at >= since)
        kept = {*matched.values()}
        gained.update(e.rule for place, e in enumerate(one.new) if place not in kept and e.told_at >= since)
    now, new = (_told(played, side, since) for side in (_now, _new))
    days = sum(one.days for one in played)
    now_rules, new_rules = (Counter(e.rule for e in side) for side in (now, new))
    counts = {rule: (now_rules[rule], new_rules[rule], gained[rule], lost[rule]) for rule in {*now_rules, *new_rules}}
    total = [sum(column) for column in zip(*counts.values(), strict=True)] or [0, 0, 0, 0]
    lines = [_rule(rule, counts[rule], days) for rule in sorted(counts, key=lambda r: (-max(counts[r][:2]), r))]
    return Comparison(
        len(played), round(days, 2), _rule("all rules", total, days), tuple(lines), _days(now, new), _seen(played, span)
    )


def _now(played: Played) -> tuple[Episode, ...]:
    return played.now


def _new(played: Played) -> tuple[Episode, ...]:
    return played.new


def matches(now: Sequence[Episode], new: Sequence[Episode]) -> dict[int, int]:
    """Places of alerts now -> places of the same under the new protocol; each is matched once, in order of time."""
    found: dict[int, int] = {}
    free = sorted(range(len(new)), key=lambda place: new[place].from_at)
    for place in sorted(range(len(now)), key=lambda place: now[place].from_at):
        same = next((other for other in free if _overlap(now[place], new[other])), None)
        if same is not None:
            found[place] = same
            free.remove(same)
    return found


def _overlap(one: Episode, other: Episode) -> bool:
    begins_in_time = other.to_at is None or one.from_at <= other.to_at
    return one.rule == other.rule and begins_in_time and (one.to_at is None or other.from_at <= one.to_at)


def _rule(rule: str, counts: Sequence[int], days: float) -> Rule:
    now, new, gained, lost = counts
    return Rule(rule, now, new, gained, lost, *(round(count / days, 4) if days else 0.0 for count in (now, new)))


def _told(played: Sequence[Played], side: Callable[[Played], Sequence[Episode]], since: Micros) -> list[Episode]:
    return [e for one in played for e in side(one) if e.told_at >= since]


def _days(now: Sequence[Episode], new: Sequence[Episode]) -> tuple[Day, ...]:
    before, after = (Counter(e.told_at // DAY for e in side) for side in (now, new))
    seen = sorted({*before, *after})
    return tuple(Day(day * DAY, before[day], after[day]) for day in (range(seen[0], seen[-1] + 1) if seen else ()))


def _seen(played: Sequence[Played], span: Span) -> tuple[Seen, ...]:
    kinds = sorted({known.kind for one in played for known in one.known})
    clinical = {e.rule for one in played for side in (_now, _new) for e in side(one) if e.category == "clinical"}
    found = []
    for kind in kinds:
        events = sum(known.kind == kind for one in played for known in one.known)
        for rule in (ANY, *sorted(clinical)):
            now, new = (_leads(played, kind, rule, span, new=is_new) for is_new in (False, True))
            if rule == ANY or now or new:
                found.append(Seen(kind, rule, events, lead(now, events), lead(new, events)))
    return tuple(found)


def _leads(played: Sequence[Played], kind: str, rule: str, span: Span, *, new: bool) -> list[float]:
    """Hours from the first alert about each event to the event."""
    found = []
    for one in played:
        told = [e.told_at for e in (one.new if new else one.now) if e.category == "clinical" and rule in (ANY, e.rule)]
        for known in one.known:
            near = [at for at in told if known.at - span.before <= at <= known.at + span.after]
            if known.kind == kind and near:
                found.append((known.at - min(near)) / HOUR)
    return found


def lead(hours: Sequence[float], events: int) -> Lead:
    """Sensitivity, median and quartiles (inclusive method)."""
    sensitivity = round(len(hours) / events, 4) if events else None
    if not hours:
        return Lead(0, sensitivity)
    cuts = quantiles(hours, n=4, method="inclusive") if len(hours) > 1 else [hours[0]] * 3
    return Lead(len(hours), sensitivity, *(round(cut, 2) for cut in cuts))
