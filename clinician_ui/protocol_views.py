"""Versions of protocols, comparisons and pauses as JSON. Computes nothing clinical. For the routes and `vigie`."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from alerts.protocol.diff import Change
from alerts.protocol.life import missing
from alerts.protocol.shelf import Standing
from domain.instants import Micros, iso, micros
from domain.protocols import Move, Version
from storage.pauses import Row
from storage.protocols import SiteLimits


def standing_json(row: Standing) -> dict[str, Any]:
    """One line of the list. `in_force`: patients are watched by it now; `standing` says it in words."""
    version = row.version
    return {
        "id": version.id,
        "version": version.version,
        "title": row.title,
        "origin": version.origin,
        "state": row.state,
        "standing": row.standing,
        "in_force": row.in_force,
        "signed": not missing(version),
        "digest": version.digest,
        "extends": [name for name, _ in version.bases],
        "asks": list(version.asked),
        "missing": list(missing(version)),
        "signatures": [
            {"role": each.role, "by": each.actor, "at": iso(each.at), "digest": each.digest}
            for each in version.signatures
        ],
        "active_from": _iso(version.active_from),
        "retired_at": _iso(version.retired_at),
    }


def whole_json(row: Standing, moves: Iterable[Move]) -> dict[str, Any]:
    """A version with its exact text, that of what it extends, and every move."""
    return {
        **standing_json(row),
        "text": row.version.text,
        "bases": [{"id": name, "text": text} for name, text in row.version.bases],
        "moves": [
            {"kind": each.kind, "before": each.before, "after": each.after, "by": each.act.actor,
             "role": each.act.role, "at": iso(each.act.at), "reason": each.act.reason, "from": _iso(each.effective_at)}
            for each in moves
        ],
    }  # fmt: skip


def comparison_json(old: Version, new: Version, changes: Sequence[Change]) -> dict[str, Any]:
    """What changes from one version to another."""
    heads = [{"id": each.id, "version": each.version, "digest": each.digest} for each in (old, new)]
    return {"from": heads[0], "to": heads[1], "changes": [msgspec.to_builtins(change) for change in changes]}


def pause_json(row: Row, now: Micros) -> dict[str, Any]:
    """One pause. `state`: to come, now, over, revoked (it never was)."""
    ends = None if row.ends is None else micros(row.ends)
    over = ends is not None and ends <= now
    state = "revoked" if not row.was else "over" if over else "now" if micros(row.from_at) <= now else "to come"
    return {
        "id": row.id,
        "patient": row.patient,
        "kind": row.kind,
        "from": iso(micros(row.from_at)),
        "until": None if row.until is None else iso(micros(row.until)),
        "reason": row.reason,
        "by": row.actor,
        "role": row.role,
        "set_at": iso(micros(row.set_at)),
        "state": state,
        "revoked": None
        if row.revoked_at is None
        else {"by": row.revoked_by, "role": row.revoked_role, "at": iso(micros(row.revoked_at)),
              "reason": row.revoked_reason},
    }  # fmt: skip


def limits_json(row: SiteLimits) -> dict[str, Any]:
    """One version of a site's limits."""
    return {"version": row.version, "limits": row.limits, "by": row.act.actor, "role": row.act.role,
            "at": iso(row.act.at), "reason": row.act.reason}  # fmt: skip


def _iso(at: Micros | None) -> str | None:
    return None if at is None else iso(at)
