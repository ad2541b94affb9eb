"""The alert budget: alerts a console in ten minutes, their priorities, and which rules are worth it. Pure.

Nothing divides by zero: a figure of no alerts is None ("none"), never 0 %. Called by the console and `vigie figures`.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from domain.figures import Call, Opening
from domain.instants import DAY, HOUR, MINUTE, Micros

BIN: Micros = 10 * MINUTE
STEADY = 1  # alerts a console in ten minutes that one person can follow
FLOOD = 10  # alerts a console in ten minutes that nobody can
SHARES = {"high": 5, "medium": 15, "low": 80}  # % of alerts by priority
SOURCE = "EEMUA 191 and ISA-18.2, alarms of process plants, read in secondary sources"
STATUS = "V2"  # that they are the measure for a telemonitoring console is a choice of this project (D)

# A rule's alert was worth it when a person acknowledged, assigned, snoozed or closed it (with a reason) within this
# time of its opening. Choice of this project (D).
ACTED_WITHIN: Micros = 24 * HOUR

# A rate a patient-day is said from this many on; of less it would be a number without meaning.
LEAST_PATIENT_DAYS = 1.0

# Events that put an alert (again) in front of a person.
CALLS = ("opened", "worsened", "recurred", "woken")


class Stretch(Struct, frozen=True):
    """From inclusive, to exclusive."""

    start: Micros
    end: Micros


class Bin(Struct, frozen=True):
    """Ten minutes of one site in which alerts came. `consoles`: attended then, None when that is not known."""

    site: str
    at: Micros
    high: int
    medium: int
    low: int
    consoles: int | None = None

    @property
    def total(self) -> int:
        """All of them."""
        return self.high + self.medium + self.low

    @property
    def load(self) -> float:
        """Alerts a console: shared among those attended then; none, or not known, counts as one."""
        return self.total / max(self.consoles or 1, 1)


class Budget(Struct, frozen=True):
    """A site's stretch against the figures. Shares and rates None: no alert, or no patient, to speak of."""

    site: str
    calls: int
    bins: int  # how many ten minutes the stretch has
    mean: float | None  # alerts a ten minutes; None without a whole bin
    most: float  # the fullest ten minutes, a console
    over_steady: int
    floods: int
    shares: dict[str, float] | None
    patient_days: float
    per_patient_day: float | None


class Yield(Struct, frozen=True):
    """What became of one rule's alerts. `undecided`: nobody acted yet and there is still time; they are left out."""

    site: str
    rule: str
    opened: int
    acted: int
    undecided: int
    share: float | None
    median: Micros | None  # from opening to the first act, of those acted on


def bins(calls: Sequence[Call], consoles: Mapping[tuple[str, Micros], int] | None = None) -> list[Bin]:
    """The ten minutes in which something came, in order. `consoles`: attended ones by (site, start of the bin)."""
    counted: dict[tuple[Micros, str], Counter[str]] = defaultdict(Counter)
    for call in calls:
        counted[call.at - call.at % BIN, call.site][call.severity] += 1
    known = consoles or {}
    return [
        Bin(site, at, found["high"], found["medium"], found["low"], known.get((site, at)))
        for (at, site), found in sorted(counted.items())
    ]


def budget(site: str, found: Sequence[Bin], stretch: Stretch, *, patient_days: float) -> Budget:
    """One site's bins (of that site) against the figures."""
    calls, spans = sum(each.total for each in found), (stretch.end - stretch.start) // BIN
    return Budget(
        site=site,
        calls=calls,
        bins=spans,
        mean=sum(each.load for each in found) / spans if spans else None,
        most=max((each.load for each in found), default=0.0),
        over_steady=sum(each.load > STEADY for each in found),
        floods=sum(each.load >= FLOOD for each in found),
        shares=_shares(found, calls),
        patient_days=patient_days,
        per_patient_day=calls / patient_days if patient_days >= LEAST_PATIENT_DAYS else None,
    )


def _shares(found: Sequence[Bin], calls: int) -> dict[str, float] | None:
    if not calls:
        return None
    return {name: sum(getattr(each, name) for each in found) / calls for name in SHARES}


def yields(openings: Sequence[Opening], *, now: Micros) -> list[Yield]:
    """One row a site and rule, the busiest first."""
    grouped: dict[tuple[str, str], list[Opening]] = defaultdict(list)
    for opening in openings:
        grouped[opening.site, opening.rule].append(opening)
    rows = [_yield(site, rule, found, now) for (site, rule), found in grouped.items()]
    return sorted(rows, key=lambda row: (-row.opened, row.site, row.rule))


def _yield(site: str, rule: str, openings: Sequence[Opening], now: Micros) -> Yield:
    taken = sorted(each.acted_at - each.at for each in openings if each.acted_at is not None and _in_time(each))
    undecided = sum(not _in_time(each) and now - each.at <= ACTED_WITHIN for each in openings)
    decided = len(openings) - undecided
    return Yield(site, rule, len(openings), len(taken), undecided, len(taken) / decided if decided else None,
                 taken[(len(taken) - 1) // 2] if taken else None)  # fmt: skip


def _in_time(opening: Opening) -> bool:
    return opening.acted_at is not None and opening.acted_at - opening.at <= ACTED_WITHIN


def patient_days(overlap: Micros) -> float:
    """Summed time under watch as days."""
    return overlap / DAY
