"""Supplies and what is asked of them: CMA1 to CMA9 and treatment episodes. Wiring only; caller: `vigie.asked_names`."""

import re
from datetime import date
from decimal import Decimal
from fractions import Fraction

from models.adherence.cma import MEASURES, course, measure
from models.adherence.episodes import FOLLOWED_FOR, Episode, episodes
from models.adherence.supply import CarryOver, Supply, Window
from vigie.asked_events import DAYS, Line, day_of, faults_of, needed, said, unanswered, whole, word
from vigie.score_cells import Cells
from vigie.score_rows import Answer

UNDEFINED = "undefined"
_SCENARIO = re.compile(r"FUW(\d{1,5})-(\d{1,5})_OW(\d{1,5})-(\d{1,5})", re.ASCII)
_LEAST = Fraction(1, 1_000_000)
_OPTIONS = {
    "carry over any drug": CarryOver(),
    "ignore dose change": CarryOver(),
    "carry over same drug only": CarryOver(drugs="same"),
    "adjust leftover for dose change": CarryOver(doses="adjusted"),
}


def in_words(ask: Cells, lines: tuple[Line, ...]) -> list[Answer]:
    """One CMA; windows as `FUW0-365_OW90-270`, options in words. Day 0 is the first supply."""
    found = _SCENARIO.fullmatch(ask.text("scenario").upper())
    if found is None:
        ask.wrong("scenario", "windows in days such as FUW0-365_OW90-270")
    carry = _carry(ask)
    if found is None or carry is None:
        return unanswered()
    days = [int(day) for day in found.groups()]
    return _measured(ask, lines, (Window(*days[:2]), Window(*days[2:])), carry=carry)


def in_columns(ask: Cells, lines: tuple[Line, ...]) -> list[Answer]:
    """One CMA; windows and options in columns."""
    start = whole(ask, "ow_start_day", low=0)
    days = whole(ask, "ow_duration_days", low=1)
    followed_for = whole(ask, "fuw_duration_days", low=1)
    drugs = word(ask, "carry_over", ("any drug", "same drug"))
    doses = word(ask, "dose_change_considered", ("yes", "no"))
    if start is None or days is None or followed_for is None or drugs is None or doses is None:
        return unanswered()
    carry = CarryOver("any" if drugs == "any drug" else "same", "adjusted" if doses == "yes" else "ignored")
    return _measured(ask, lines, (Window(0, followed_for), Window(start, start + days)), carry=carry)


def in_episodes(ask: Cells, lines: tuple[Line, ...]) -> list[Answer]:
    """The treatment episodes, one answer each; followed for 365 days unless a column `fuw_duration_days` says more."""
    gap = needed(ask, "permissible_gap_days", "a number of days from 0", low=DAYS[0], high=DAYS[1])
    switch = word(ask, "switch_starts_new_episode", ("yes", "no"))
    followed_for = whole(ask, "fuw_duration_days", low=1) if ask.text("fuw_duration_days") else FOLLOWED_FOR
    if gap is None or switch is None or followed_for is None:
        return unanswered()
    supplies, why = _supplies(lines, unread=frozenset())
    if not supplies:
        return unanswered(why)
    first = min(supply.day for supply in supplies)
    window = Window(first, first + followed_for)
    found = episodes(supplies, window, permissible_gap=gap, switch="new" if switch == "yes" else "same")
    return [(_episode(one), why) for one in found]


def _episode(one: Episode) -> dict[str, str | int | bool | Decimal | None]:
    return {
        "episode": one.number,
        "start": date.fromordinal(one.start).isoformat(),
        "end": date.fromordinal(int(one.end)).isoformat(),
        "duration_days": exact(one.lasts_for),
        "end_gap_days": int(one.end_gap),
    }


def _carry(ask: Cells) -> CarryOver | None:
    """Options in words, separated by commas; what is not said is the first of each pair."""
    drugs, doses = [], []
    for option in ask.text("options").split(","):
        found = _OPTIONS.get(" ".join(option.casefold().split()))
        if found is None:
            ask.wrong("options", f"{' or '.join(_OPTIONS)}, separated by commas")
            return None
        drugs.append(found.drugs)
        doses.append(found.doses)
    return CarryOver("same" if "same" in drugs else "any", "adjusted" if "adjusted" in doses else "ignored")


def _measured(ask: Cells, lines: tuple[Line, ...], days: tuple[Window, Window], *, carry: CarryOver) -> list[Answer]:
    name = word(ask, "cma", tuple(MEASURES))
    if name is None:
        return unanswered()
    unread = frozenset(["drug"] * (carry.drugs == "any") + ["per_day"] * (carry.doses == "ignored"))
    supplies, why = _supplies(lines, unread=unread)
    if not supplies:
        return unanswered(why)
    first = min(supply.day for supply in supplies)
    follow_up, observed = (Window(first + window.start, first + window.end) for window in days)
    found = course(supplies, follow_up, observed, carry=carry)
    if isinstance(found, str):
        return unanswered(found)
    value = measure(name, found)
    if value is None:
        return [({"value": UNDEFINED}, "; ".join(filter(None, [why, f"{name} is undefined for these supplies"])))]
    return [({"value": exact(value)}, why)]


def _supplies(lines: tuple[Line, ...], *, unread: frozenset[str]) -> tuple[list[Supply], str]:
    """The supplies, or none and why; `unread`: columns that nothing depends on."""
    if not lines:
        return [], "no supply of this patient_id in the events"
    found, faults = [], []
    for line in lines:
        cells = line.cells()
        supply = _supply(cells)
        found += [supply] if supply is not None else []
        faults += faults_of(line, cells, unread)
    return ([], said(faults)) if faults else (found, "")


def _supply(cells: Cells) -> Supply | None:
    day = day_of(cells, "date")
    lasts_for = needed(cells, "duration_days", "a number of days above 0", low=_LEAST, high=DAYS[1])
    per_day = needed(cells, "per_day", "a daily dose above 0", low=_LEAST, high=Fraction(1_000_000))
    drug = cells.text("drug")
    if not drug:
        cells.wrong("drug", "a name")
    if day is None or lasts_for is None:
        return None
    return Supply(day.toordinal(), drug, per_day or Fraction(1), lasts_for)


def exact(value: Fraction) -> Decimal:
    """As decimal digits: 28 significant ones."""
    return Decimal(value.numerator) / Decimal(value.denominator)
