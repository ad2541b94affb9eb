"""Whether an ingest service stores, and what is away when it does not. A value; made by the service."""

from msgspec import Struct


class Health(Struct, frozen=True):
    """For `/readyz`: storing only when everything is there and batches get done.

    `failure`: why the service has stopped for good. `waiting`: who holds the lease that it waits for.
    """

    storing: bool
    database: bool
    live: bool
    bulk: bool
    failure: str | None
    waiting: str | None = None
