"""Consent and refusal, one row a decision: which scope, of which text, when, by whom, how. Append-only.

Called by the app, the console and the command line.
"""

from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment

OWN = ("follow-up", "reminders")
CAREGIVER = ("answer", "see", "be_told")
DECISIONS = ("given", "refused", "withdrawn")
HOW = ("app", "paper", "spoken")


class Decision(Struct, frozen=True):
    """What was decided. `account`: the caregiver it is about; None: the patient's own follow-up."""

    patient: str
    account: int | None
    scope: str
    decision: str
    version: str
    how: str


class Decided(Struct, frozen=True):
    """A decision as stored. `person`: the caregiver's user name."""

    scope: str
    person: str | None
    version: str
    decision: str
    how: str
    at: Micros
    by: str
    by_role: str


def record(conn: Connection[Any], decision: Decision, *, by: str, role: str, at: Micros) -> None:
    """Add a decision; it counts from now on."""
    conn.execute(
        """INSERT INTO consent (patient, account, scope, decision, version, how, at, actor, actor_role)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (decision.patient, decision.account, decision.scope, decision.decision, decision.version, decision.how,
         moment(at), by, role),
    )  # fmt: skip


_DECIDED = """
SELECT scope, username, version, decision, how, at, actor, actor_role
FROM consent LEFT JOIN app_account ON app_account.id = consent.account
"""


def history(conn: Connection[Any], patient: str, limit: int = 200) -> list[Decided]:
    """Every decision about a patient, newest first."""
    rows = conn.execute(f"{_DECIDED} WHERE patient = %s ORDER BY consent.id DESC LIMIT %s", (patient, limit))
    return [Decided(row[0], row[1], row[2], row[3], row[4], micros(row[5]), row[6], row[7]) for row in rows]


def in_force(conn: Connection[Any], patient: str, scope: str) -> str | None:
    """The newest decision on a scope of the patient's own; None: nobody asked yet."""
    row = conn.execute(
        """SELECT decision FROM consent WHERE patient = %s AND account IS NULL AND scope = %s
           ORDER BY id DESC LIMIT 1""",
        (patient, scope),
    ).fetchone()
    return None if row is None else str(row[0])
