"""Figures read from the database and counted: one function a question. Used by the console's routes and the command."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from psycopg import Connection

from alerts import aplasia_clock, budget
from alerts.aplasia_clock import Clock
from alerts.budget import Bin, Budget, Stretch, Yield
from alerts.responses import Responses, responses
from clinician_ui.figures_views import clocks_of
from domain.instants import DAY, Micros, micros, moment
from storage import figures, marks

ZONE = ZoneInfo("Europe/Paris")  # months begin at midnight of the people who read them
LONGEST: Micros = 400 * DAY
YEARS = range(2000, 2101)


def month_of(text: str) -> Stretch:
    """YYYY-MM as a stretch. Raises ValueError that says what was expected."""
    try:
        first = datetime.strptime(text, "%Y-%m").replace(tzinfo=ZONE)
        if first.year not in YEARS:
            raise ValueError(first.year)
        after = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
        return Stretch(micros(first), micros(after))
    except (ValueError, OverflowError) as error:
        raise ValueError("expected a month such as 2026-11") from error


def stretch_fault(stretch: Stretch) -> str | None:
    """What is wrong with a stretch, None when nothing is."""
    if stretch.end <= stretch.start:
        return "an instant after from"
    if not all(moment(at).year in YEARS for at in (stretch.start, stretch.end)):
        return f"instants from {YEARS[0]} to {YEARS[-1]}"
    return "at most 400 days after from" if stretch.end - stretch.start > LONGEST else None


def clocks(conn: Connection[Any], sites: Sequence[str], stretch: Stretch) -> list[Clock]:
    """The clocks of alerts opened in the stretch."""
    found = marks.between(conn, sites, aplasia_clock.RULES, start=stretch.start, end=stretch.end)
    return clocks_of(found)


def bins_of(conn: Connection[Any], sites: Sequence[str], stretch: Stretch) -> list[Bin]:
    """The ten minutes in which alerts came."""
    calls = figures.calls(conn, sites, budget.CALLS, start=stretch.start, end=stretch.end)
    attended = figures.attended(conn, sites, start=stretch.start - budget.BIN, end=stretch.end)
    return budget.bins(calls, attended)


def budgets_of(
    conn: Connection[Any], sites: Sequence[str], stretch: Stretch, *, found: Sequence[Bin], now: Micros
) -> list[Budget]:
    """A row a site, a site without any alert too. Time that has not come yet is not counted."""
    gone = Stretch(stretch.start, max(stretch.start, min(stretch.end, now)))
    watched = figures.watched(conn, sites, start=gone.start, end=gone.end)
    return [
        budget.budget(site, [each for each in found if each.site == site], gone,
                      patient_days=budget.patient_days(watched.get(site, 0)))
        for site in sites
    ]  # fmt: skip


def yields_of(conn: Connection[Any], sites: Sequence[str], stretch: Stretch, *, now: Micros) -> list[Yield]:
    """A row a site and rule."""
    return budget.yields(figures.openings(conn, sites, start=stretch.start, end=stretch.end), now=now)


def responses_of(conn: Connection[Any], sites: Sequence[str], stretch: Stretch) -> dict[str, tuple[Responses, ...]]:
    """By site: a row a severity."""
    found = figures.answered(conn, sites, start=stretch.start, end=stretch.end)
    return {site: responses(site, found) for site in sites}
