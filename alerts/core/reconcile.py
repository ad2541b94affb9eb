"""From the condition episodes of a rule to what its alert must be told. Pure.

Episodes are recomputed and may change with late data; an alert never disappears. The difference is a list of changes:
opened, pending, worsened, recurred, revised, disproved, cleared.
"""

from collections.abc import Sequence

from msgspec import Struct, structs

from alerts.rules.level import Episode, LevelRule, Proof, Track
from domain.alerts import SEVERITIES, Alert
from domain.instants import Micros

KEPT_SETTLED = 32  # more than episodes: one that lasts is closed again and again


class Settled(Struct, frozen=True):
    """A stretch of measured time that a person has dealt with by closing its alert.

    An episode that overlaps it opens nothing new, unless it got worse (`rank`) or holds long after (`rearmed_at`).
    """

    from_at: Micros
    upto: Micros
    rank: int
    closed_at: Micros
    rearmed_at: Micros | None = None


class Change(Struct, frozen=True):
    """One thing to tell the alert. `proofs` and `criterion` are those of the episode it speaks of."""

    kind: str
    condition_at: Micros
    criterion: str
    rank: int
    last_met_at: Micros
    proofs: tuple[Proof, ...]
    condition_to: Micros | None = None


def settle(alert: Alert, closed_at: Micros, stepping: Sequence[LevelRule] = ()) -> Settled:
    """What a closed alert has dealt with. `stepping`: the rules whose severity changes with time."""
    return Settled(alert.condition_at, alert.last_met_at, told_rank(alert, stepping), closed_at)


def told_rank(alert: Alert, stepping: Sequence[LevelRule]) -> int:
    """The rank that samples gave an alert: a severity that time alone has changed hides nothing worse."""
    severity = SEVERITIES.index(alert.severity) + 1
    rule = next((each for each in stepping if each.id == alert.rule), None)
    if rule is None or (rule.step_up is None and rule.step_down is None):
        return severity
    limits = {found.limit for found in alert.evidence}
    return max((criterion.rank for criterion in rule.criteria if criterion.limit in limits), default=severity)


def rearm(settled: tuple[Settled, ...], track: Track, after: Micros) -> tuple[Settled, ...]:
    """Marks the newest stretch that covers an episode which still holds `after` its closing; else the same tuple."""
    current = track.current
    if current is None:
        return settled
    covering = [index for index, stretch in enumerate(settled) if _covers(stretch, current)]
    if not covering:
        return settled
    newest = max(covering, key=lambda index: settled[index].closed_at)
    stretch = settled[newest]
    if stretch.rearmed_at is not None or current.last_met_at < stretch.closed_at + after:
        return settled
    marked = structs.replace(stretch, rearmed_at=current.last_met_at)
    return (*settled[:newest], marked, *settled[newest + 1 :])


def _covers(settled: Settled, episode: Episode) -> bool:
    return episode.condition_at <= settled.upto and episode.end >= settled.from_at


def covered(settled: tuple[Settled, ...], episode: Episode) -> bool:
    """Whether a person has dealt with the episode."""
    return any(_covers(stretch, episode) for stretch in settled)


def live(track: Track, settled: tuple[Settled, ...]) -> list[Episode]:
    """The episodes that an alert must speak of, oldest first."""
    if not settled:
        return list(track.episodes)
    found = []
    for episode in track.episodes:
        by = [stretch for stretch in settled if _covers(stretch, episode)]
        again = max((stretch.rearmed_at for stretch in by if stretch.rearmed_at is not None), default=None)
        if not by:
            found.append(episode)
        elif episode.rank > max(stretch.rank for stretch in by):
            found.append(structs.replace(episode, condition_at=episode.raised_at))
        elif again is not None and episode.end >= again and all(stretch.closed_at < again for stretch in by):
            proofs = episode.proofs if episode.newest is None else (episode.newest,)
            found.append(structs.replace(episode, condition_at=again, proofs=proofs))
    return found


def changes(
    alert: Alert | None, track: Track, settled: tuple[Settled, ...], rule: LevelRule | None = None
) -> list[Change]:
    """What the alert (None: there is none that is not closed) of the rule must be told."""
    if alert is None and track.current is None and not track.finished and not any(track.runs):
        return []
    episodes = live(track, settled)
    if alert is None or alert.state == "pending":
        return _opening(alert, track, episodes)
    return _following(alert, episodes, told_rank(alert, () if rule is None else (rule,)))


def _opening(alert: Alert | None, track: Track, episodes: list[Episode]) -> list[Change]:
    if episodes:
        first, last = episodes[0], episodes[-1]
        opened = change_of("opened", first, rank=max(episode.rank for episode in episodes))
        return [opened] if last.cleared_at is None else [opened, change_of("cleared", last, to=last.cleared_at)]
    run = track.pending
    if run is not None:
        started = run.first.reading.measured_at
        if alert is not None and alert.condition_at == started:
            return []
        return [Change("pending" if alert is None else "revised", started, "pending", 0, run.last_at, (run.first,))]
    if alert is None:
        return []
    return [Change("cleared", alert.condition_at, alert.criterion, 0, alert.last_met_at, ())]


def _following(alert: Alert, episodes: list[Episode], told: int) -> list[Change]:
    if not episodes:
        if alert.disproved:
            return []
        return [Change("disproved", alert.condition_at, alert.criterion, 0, alert.last_met_at, ())]
    found: list[Change] = []
    first, last = episodes[0], episodes[-1]
    moved = (first.condition_at, first.criterion) != (alert.condition_at, alert.criterion)
    if alert.disproved or moved:
        found.append(change_of("revised", first))
    severity, over = SEVERITIES.index(alert.severity) + 1, alert.condition_to
    again = alert.disproved or (over is not None and (last.cleared_at is None or last.condition_at > over))
    worst = max(episodes, key=lambda episode: episode.rank)
    raised = worst.rank > told and (worst.rank > severity or worst.raised_at > alert.last_met_at)
    if raised or (again and last.rank > severity):
        found.append(change_of("worsened", worst, rank=max(worst.rank, severity)))
    if again:
        found.append(change_of("recurred", last))
        over = None
    if last.cleared_at is not None and last.cleared_at != over:
        found.append(
            change_of("cleared" if over is None else "revised", last if over is None else first, to=last.cleared_at)
        )
    return found


def change_of(kind: str, episode: Episode, *, rank: int | None = None, to: Micros | None = None) -> Change:
    """A change that speaks of an episode."""
    return Change(
        kind, episode.condition_at, episode.criterion, rank or episode.rank, episode.last_met_at, episode.proofs, to
    )  # fmt: skip
