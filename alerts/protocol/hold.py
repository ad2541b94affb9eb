"""Whether every patient's plan can still be used when a protocol or the limits of a site change. Reads, writes nothing.

A plan that can no longer be compiled would leave its patient to the default plan: such a change is refused instead.
Called by `alerts.protocol.desk`.
"""

import json
from collections.abc import Sequence
from typing import Any

from psycopg import Connection

from alerts.loading import Rules
from alerts.protocol.plan import check_plan
from storage import history

_JUDGED = ("protocol", "fever_profile", "limits")  # what of a plan a protocol or a site can contradict
NAMED = 5  # patients a refusal names


def left_out(conn: Connection[Any], now: Rules, then: Rules, *, sites: Sequence[str] | None = None) -> str | None:
    """Patients whose plan can be used under `now` and not under `then`, with what was expected; None: nobody."""
    before: dict[str, str | None] = {}
    after: dict[str, str | None] = {}
    found = []
    for row in history.patients(conn, sites=sites):
        plan = row.plan or {}
        fault = _fault(plan, row.site, then, after)
        if fault is not None and _fault(plan, row.site, now, before) is None:
            found.append(f"{row.patient}: {fault}")
    if not found:
        return None
    more = f", and {len(found) - NAMED} more" if len(found) > NAMED else ""
    return "expected every care plan to be usable: " + "; ".join(found[:NAMED]) + more


def _fault(plan: dict[str, Any], site: str, rules: Rules, known: dict[str, str | None]) -> str | None:
    """The first fault of a plan; plans that say the same are judged once."""
    judged = rules.plan(site, {key: plan[key] for key in _JUDGED if key in plan})
    key = json.dumps(judged, sort_keys=True)
    if key not in known:
        known[key] = next(iter(check_plan(judged, rules.library)), None)
    return known[key]
