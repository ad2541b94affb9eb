"""Figures over the caller's sites: aplasia clock, alert budget, yield; and the clock and the look of one alert."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Response

from alerts import aplasia_clock
from alerts.budget import Bin, Budget, Stretch, Yield
from clinician_ui import figures_views as views
from clinician_ui.access import Caller, Verb, alert_in_circle, may
from clinician_ui.figures import bins_of, budgets_of, clocks, month_of, responses_of, stretch_fault, yields_of
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import iso
from storage import answer_channels, audit, marks
from storage.answer_channels import Channel
from web.bodies import Instant
from web.problems import bad_field

router = APIRouter(prefix="/api", tags=["figures"])
Seer = Annotated[Caller, Depends(Allowed(Verb.SEE))]
Reader = Annotated[Caller, Depends(Allowed(Verb.FIGURES))]

# What a file's columns are when it has no row.
NO_BIN = views.bin_json(Bin("", 0, 0, 0, 0))
NO_BUDGET = views.budget_json(Budget("", 0, 0, None, 0.0, 0, 0, None, 0.0, None))
NO_CHANNEL = views.channel_json(Channel("", "", "", 0, 0))
NO_YIELD = views.yield_json(Yield("", "", 0, 0, 0, None, None))


@router.post("/alerts/{alert}/seen")
def seen(alert: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """The person has the alert's panel in front of them. Doing it twice changes nothing; the look is on record."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        found, _ = alert_in_circle(conn, caller, alert)
        first = marks.seen(conn, found.id, who=caller.username, at=now)
        if first:
            audit.append(conn, audit.Look(now, caller.username, "seen", f"alert:{found.id}"))
    return {"alert": found.id, "first": first}


@router.get("/alerts/{alert}/clock")
def clock(alert: str, caller: Seer, deps: GivenDeps) -> dict[str, Any]:
    """The seven marks of one alert. `counts`: whether its rule is one whose clock is in the figures."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        found, site = alert_in_circle(conn, caller, alert)
        audit.append(conn, audit.Look(now, caller.username, "looked", f"alert:{found.id}", {"what": "clock"}))
        rows = marks.of_alert(conn, found.id)
    clocks_found = views.clocks_of(rows) or [
        aplasia_clock.clock(found.id, found.patient, site, rule=found.rule, marks=())
    ]
    return {
        "now": iso(now),
        "target": views.TARGET,
        "counts": found.rule in aplasia_clock.RULES,
        **views.clock_json(clocks_found[0], now),
    }


@router.get("/figures/aplasia-clock")
def month(month: str, caller: Reader, deps: GivenDeps) -> dict[str, Any]:
    """A month of clocks by site. The clocks themselves, which name patients, only to those who may see patients."""
    try:
        stretch = month_of(month)
    except ValueError as error:
        raise bad_field("month", str(error).removeprefix("expected ")) from error
    now = deps.clock()
    with deps.pool.connection() as conn:
        detail = {"what": "aplasia-clock", "month": month, "sites": list(caller.sites)}
        audit.append(conn, audit.Look(now, caller.username, "figures", "sites", detail))
        found = clocks(conn, caller.sites, stretch)
    sites = [
        aplasia_clock.figure(site, [each for each in found if each.site == site], now=now) for site in caller.sites
    ]
    shown = found if may(caller.role, Verb.SEE) else []
    return {
        "now": iso(now),
        "month": month,
        "from": iso(stretch.start),
        "to": iso(stretch.end),
        "target": views.TARGET,
        "rules": list(aplasia_clock.RULES),
        "sites": [views.figure_json(each) for each in sites],
        "clocks": [views.clock_json(each, now) for each in shown],
        "titles": views.titles_json(each.rule for each in shown),
    }


def _stretch(start: Annotated[Instant, Query(alias="from")], end: Annotated[Instant, Query(alias="to")]) -> Stretch:
    stretch = Stretch(start, end)
    fault = stretch_fault(stretch)
    if fault is not None:
        raise bad_field("to", fault)
    return stretch


GivenStretch = Annotated[Stretch, Depends(_stretch)]


@router.get("/figures/budget")
def alert_budget(caller: Reader, deps: GivenDeps, stretch: GivenStretch) -> dict[str, Any]:
    """Alerts a console in ten minutes by site, the shares of priorities, and what became of each rule's alerts."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        detail = {"what": "budget", "from": iso(stretch.start), "to": iso(stretch.end), "sites": list(caller.sites)}
        audit.append(conn, audit.Look(now, caller.username, "figures", "sites", detail))
        bins = bins_of(conn, caller.sites, stretch)
        sites = budgets_of(conn, caller.sites, stretch, found=bins, now=now)
        rules = yields_of(conn, caller.sites, stretch, now=now)
    return {
        "now": iso(now),
        "from": iso(stretch.start),
        "to": iso(stretch.end),
        "reference": views.REFERENCE,
        "sites": [views.budget_json(each) for each in sites],
        "rules": [views.yield_json(each) for each in rules],
        "titles": views.titles_json(each.rule for each in rules),
        "bins": [views.bin_json(each) for each in bins],
    }


@router.get("/figures/shift")
def shift(caller: Reader, deps: GivenDeps, stretch: GivenStretch) -> dict[str, Any]:
    """A shift by site: how fast its alerts were delivered, seen and acted on, the alert budget, each rule's yield."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        detail = {"what": "shift", "from": iso(stretch.start), "to": iso(stretch.end), "sites": list(caller.sites)}
        audit.append(conn, audit.Look(now, caller.username, "figures", "sites", detail))
        bins = bins_of(conn, caller.sites, stretch)
        budgets = budgets_of(conn, caller.sites, stretch, found=bins, now=now)
        answered = responses_of(conn, caller.sites, stretch)
        rules = yields_of(conn, caller.sites, stretch, now=now)
    return {
        "now": iso(now),
        "from": iso(stretch.start),
        "to": iso(stretch.end),
        "reference": views.REFERENCE,
        "titles": views.titles_json(each.rule for each in rules),
        "sites": [
            {
                "responses": [views.responses_json(each) for each in answered[budget.site]],
                "budget": views.budget_json(budget),
                "rules": [views.yield_json(each) for each in rules if each.site == budget.site],
                "site": budget.site,
            }
            for budget in budgets
        ],
    }


@router.get("/figures/answers")
def answers(caller: Reader, deps: GivenDeps, stretch: GivenStretch) -> dict[str, Any]:
    """Rounds of answers by channel and by who answered, of each site: the telephone counts like the app."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        detail = {"what": "answers", "from": iso(stretch.start), "to": iso(stretch.end), "sites": list(caller.sites)}
        audit.append(conn, audit.Look(now, caller.username, "figures", "sites", detail))
        rows = answer_channels.counts(conn, caller.sites, stretch.start, stretch.end)
    return {
        "now": iso(now),
        "from": iso(stretch.start),
        "to": iso(stretch.end),
        "channels": [views.channel_json(each) for each in rows],
    }


@router.get("/figures/budget.csv", response_class=Response)
def budget_file(
    caller: Reader, deps: GivenDeps, stretch: GivenStretch, what: Literal["bins", "sites", "rules"] = "bins"
) -> Response:
    """The same as a file: ten minutes, sites or rules."""
    answer = alert_budget(caller, deps, stretch)
    empty = {"bins": NO_BIN, "sites": NO_BUDGET, "rules": NO_YIELD}[what]
    headers = {"Content-Disposition": f'attachment; filename="vigie-{what}.csv"'}
    return Response(views.csv_text(answer[what], empty), media_type="text/csv; charset=utf-8", headers=headers)
