"""Switching a model on, to shadow or off at a site: the row, the audit trail and what the engine is told of it.

A person decides, with a name and a reason. The hub itself may only withdraw, and never switches on.
"""

from typing import Any

from psycopg import Connection

from domain.instants import Micros
from domain.protocols import Act
from storage import actions, audit, model_modes, notes

EARLY_WARNING = "early-warning"
LAPSE = "lapse"  # the risk of a lapse in oral treatment: drawn in the calendar, opens no alert
MODELS = (EARLY_WARNING, LAPSE)  # those that ship in shadow
WATCHED = (EARLY_WARNING,)  # those that the hub may withdraw
MODES = ("off", "shadow", "on")
WITHDRAWN = "model-withdrawn"
ACTOR, ROLE = "hub", "operator"


class Refused(ValueError):
    """A decision that cannot be taken: the field, and what was expected."""


def set_mode(conn: Connection[Any], site: str, model: str, mode: str, *, act: Act) -> None:
    """A person's decision, with `act.reason`. Raises Refused naming the field."""
    if model not in MODELS:
        raise Refused(f"MODEL: expected one of {', '.join(MODELS)}, got {model[:40]!r}")
    if mode not in MODES:
        raise Refused(f"MODE: expected one of {', '.join(MODES)}, got {mode[:40]!r}")
    reason = act.reason or ""
    if not any(letter.isalnum() for letter in reason) or len(reason) > 2000:
        raise Refused("reason: expected a sentence that says why, at most 2000 characters")
    model_modes.lock(conn, site)
    model_modes.insert(conn, model_modes.Decision(site, model, mode, act.actor, act.role, reason, act.at))
    detail = {"model": model, "mode": mode, "reason": reason}
    audit.append(conn, audit.Look(act.at, act.actor, "model.mode", f"site:{site}", detail))
    if model in WATCHED:
        _say(conn, site, model, "", holds=False, at=act.at)


def withdraw(conn: Connection[Any], site: str, model: str, why: tuple[str, str], *, at: Micros) -> bool:
    """The hub takes a model that is on back to shadow and says so; False when it was not on. `why`: French, English."""
    model_modes.lock(conn, site)
    now = model_modes.current(conn, [site], model).get(site)
    if now is None or now.mode != "on":
        return False
    found = model_modes.Decision(site, model, "shadow", ACTOR, ROLE, why[1], at, by_watch=True)
    model_modes.insert(conn, found)
    audit.append(conn, audit.Look(at, ACTOR, "model.withdrawn", f"site:{site}", {"model": model, "reason": why[1]}))
    _say(conn, site, model, why, holds=True, at=at)
    return True


def _say(conn: Connection[Any], site: str, model: str, why: tuple[str, str] | str, *, holds: bool, at: Micros) -> None:
    """A technical alert on the site: from the withdrawal until a person decides. The same said twice is not."""
    last = notes.last(conn, [site], [WITHDRAWN]).get((site, WITHDRAWN))
    if (last is not None and bool(last.body["holds"])) == holds:
        return
    fr, en = why if isinstance(why, tuple) else ("", "")
    body = {
        "kind": WITHDRAWN, "holds": holds, "severity": "medium", "criterion": model,
        "fr": f"Modèle {model} retiré (mode silencieux) : {fr}", "en": f"Model {model} withdrawn to shadow: {en}",
    }  # fmt: skip
    key = f"{WITHDRAWN}:{site}:{0 if last is None else last.position}"
    wish = actions.Wish(site, f"site.{site}", "note", body, ACTOR, ROLE, key, at)
    actions.announce(conn, actions.insert(conn, wish))
