"""What is known of a condition from before the samples at hand, as the state a fold begins with. Pure."""

from msgspec import structs

from alerts.rules.level import LevelRule, Track, start
from domain.instants import Micros


def seed(rule: LevelRule, known: Track | None, oldest: Micros | None) -> Track:
    """The part of what is known that lies before the oldest sample."""
    track = start(rule)
    if known is None:
        return track
    if oldest is None:
        return structs.replace(known, runs=known.runs or track.runs)
    finished = tuple(episode for episode in known.finished if episode.end < oldest)
    current = known.current if known.current is not None and known.current.condition_at < oldest else None
    if current is None:  # one that began before the oldest sample and was over after it: the samples end it again
        spanning = [episode for episode in known.finished if episode.condition_at < oldest <= episode.end]
        current = structs.replace(spanning[-1], cleared_at=None) if spanning else None
    runs = tuple(
        run if run is not None and run.first.reading.measured_at < oldest else None for run in known.runs or track.runs
    )
    return structs.replace(track, runs=runs, current=current, finished=finished)
