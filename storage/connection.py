"""Opening connections: UTC, named, never autocommit; with several servers, to the one that takes writes.

Called by the services, the command line and the tests; everything else in `storage` is given a connection.
"""

from typing import Any

import psycopg
from psycopg.rows import TupleRow
from psycopg_pool import ConnectionPool

from storage.servers import OneOfSeveral

Connection = psycopg.Connection[TupleRow]
Pool = ConnectionPool[Connection]

CONNECT_SECONDS = 5
# A server that vanished without a word is noticed within seconds, not when TCP gives up.
_ALIVE: dict[str, Any] = {
    "keepalives_idle": 5, "keepalives_interval": 2, "keepalives_count": 3, "tcp_user_timeout": 10_000,
}  # fmt: skip
WAIT_SECONDS = 5.0


def connect(url: str, *, application_name: str = "vigie") -> Connection:
    """One connection in UTC, not autocommit. Raises psycopg.OperationalError within five seconds."""
    return OneOfSeveral.connect(
        url,
        autocommit=False,
        application_name=application_name,
        options="-c timezone=UTC",
        connect_timeout=CONNECT_SECONDS,
        **_ALIVE,
    )


def pool(url: str, size: int, *, application_name: str = "vigie") -> Pool:
    """A pool of at most `size` connections, opened at once in the background; each is checked before it is lent.

    Waiting for a connection ends after five seconds with psycopg_pool.PoolTimeout. The caller closes the pool.
    """
    return ConnectionPool(
        url,
        connection_class=OneOfSeveral,
        min_size=1,
        max_size=size,
        open=True,
        check=ConnectionPool.check_connection,
        timeout=WAIT_SECONDS,
        reconnect_timeout=float("inf"),
        name=application_name,
        kwargs={
            "autocommit": False,
            "application_name": application_name,
            "options": "-c timezone=UTC",
            "connect_timeout": CONNECT_SECONDS,
            **_ALIVE,
        },
    )
