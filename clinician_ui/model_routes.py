"""The models of the caller's sites: whether they speak, since when and why, what they said, how their watch stands."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends

from alerts.predict.mode_desk import EARLY_WARNING
from clinician_ui.access import Caller, Verb
from clinician_ui.sessions import Allowed, GivenDeps
from domain.instants import DAY, iso, micros
from models.anc import VERSION
from storage import audit, model_modes, model_watch
from storage.connection import Connection

router = APIRouter(prefix="/api", tags=["models"])
Looker = Annotated[Caller, Depends(Allowed(Verb.FIGURES))]


@router.get("/models")
def models(caller: Looker, deps: GivenDeps) -> dict[str, Any]:
    """By model and site; counts of the last 24 hours, no patient in them. In shadow a score is shown to no one."""
    now, sites = deps.clock(), list(caller.sites)
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(now, caller.username, "models", "sites", {"sites": sites}))
        forecasts = model_watch.forecasts_said(conn, sites)
        warning = _early_warning(conn, sites, now - DAY)
    return {
        "now": iso(now),
        "models": [
            {
                "model": "anc-forecast",
                "version": VERSION,
                "sites": [{"site": site, "mode": "on", "said": said_json(forecasts, site)} for site in sites],
            },
            {"model": EARLY_WARNING, "sites": warning},
        ],
    }


def _early_warning(conn: Connection, sites: list[str], since: int) -> list[dict[str, Any]]:
    modes = model_modes.current(conn, sites, EARLY_WARNING)
    said = model_watch.risks_said(conn, sites, EARLY_WARNING, since)
    watched = model_watch.newest(conn, sites, EARLY_WARNING)
    return [
        {
            "site": site,
            **mode_json(modes.get(site)),
            "said": said_json(said, site),
            "watch": [look_json(each) for each in watched if each.site == site],
        }
        for site in sites
    ]


def mode_json(mode: model_modes.Mode | None) -> dict[str, Any]:
    """How a model stands at a site; without a decision it is in shadow."""
    if mode is None:
        return {"mode": model_modes.DEFAULT, "by": None, "reason": None, "since": None, "by_watch": False}
    return {
        "mode": mode.mode,
        "by": mode.actor,
        "reason": mode.reason,
        "since": iso(micros(mode.set_at)),
        "by_watch": mode.by_watch,
    }


def said_json(said: list[model_watch.Said], site: str) -> list[dict[str, Any]]:
    """What a model said at a site, counted; alarms of the shadow, which nobody heard, apart."""
    return [
        {
            "version": each.version,
            "status": each.status,
            "n": each.n,
            "alarms": each.alarms,
            "shadow_alarms": each.shadow_alarms,
        }
        for each in said
        if each.site == site
    ]


def look_json(look: model_watch.Look) -> dict[str, Any]:
    """One look of the watch."""
    return {
        "what": look.what,
        "from": iso(look.from_at),
        "to": iso(look.to_at),
        "version": look.version,
        "n": look.n,
        "value": look.value,
        "low": look.low,
        "high": look.high,
        "verdict": look.verdict,
        "detail": look.detail,
    }
