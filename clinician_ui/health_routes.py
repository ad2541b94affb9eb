"""The hub's own health for those who run it: what the doctor says, queues and their age, versions. No patient in it."""

from typing import Annotated, Any

import msgspec
from fastapi import APIRouter, Depends

from clinician_ui.access import Caller, Verb
from clinician_ui.sessions import Allowed, GivenDeps
from clinician_ui.views import iso_or_none
from domain.instants import iso
from storage import audit, doctor, estate

router = APIRouter(prefix="/api", tags=["operations"])
Looker = Annotated[Caller, Depends(Allowed(Verb.HEALTH))]
# Of this process, where ingest runs in it too; an own process of ingest has them on its own /metrics.
SHOWN = (
    "vigie_ingest_storing",
    "vigie_ingest_lag_seconds_sum",
    "vigie_ingest_lag_seconds_count",
    "vigie_ingest_lag_seconds",
    "vigie_ingest_acks_waiting",
    "vigie_broker_publish_dropped",
)


@router.get("/health")
def health(caller: Looker, deps: GivenDeps) -> dict[str, Any]:
    """Parts that are away, tier, migrations, checks, queues with the age of their oldest, the newest sign of life."""
    now = deps.clock()
    with deps.pool.connection() as conn:
        audit.append(conn, audit.Look(now, caller.username, "health", "hub"))
        diagnosis = doctor.diagnose(conn)
        queues = estate.queues(conn)
        last = estate.last_received(conn)
    values = {name: deps.registry.get_sample_value(name) for name in SHOWN}
    return {
        "now": iso(now),
        "version": deps.hub.version,
        "away": deps.ready(),
        "last_received_at": iso_or_none(last),
        "queues": [
            {"name": each.name, "waiting": each.waiting, "oldest_at": iso_or_none(each.oldest_at)} for each in queues
        ],
        "database": msgspec.to_builtins(diagnosis),
        "metrics": {name: value for name, value in values.items() if value is not None},
    }
