"""Browsers of the app that may be reminded, and every reminder: decided, sent, shown. Called by the app."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment
from domain.oncall import WebPush


class Wishes(Struct, frozen=True):
    """What an account wants of reminders: minutes of the day between which it is quiet."""

    on: bool
    quiet_from: int
    quiet_to: int


class Reminded(Struct, frozen=True):
    """An account that can be reminded: when it was, when something was last sent under it, and its patients."""

    account: int
    username: str
    wishes: Wishes
    sent: tuple[Micros, ...]
    last_message_at: Micros | None
    patients: tuple[str, ...]


def add_push(conn: Connection[Any], account: int, browser: WebPush, at: Micros, *, install: str) -> None:
    """Remind in this browser; whoever had it before is not reminded there any more. `install`: of the app in it."""
    conn.execute(
        """INSERT INTO app_push (account, endpoint, p256dh, auth, created_at, install) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (endpoint) DO UPDATE SET account = excluded.account, p256dh = excluded.p256dh,
               auth = excluded.auth, created_at = excluded.created_at, install = excluded.install""",
        (account, browser.endpoint, browser.p256dh, browser.auth, moment(at), install),
    )


def drop_install(conn: Connection[Any], install: str, *, but: int | None = None) -> None:
    """Remind nobody in this installation any more, or nobody but the account that is signed in there now."""
    conn.execute("DELETE FROM app_push WHERE install = %s AND account IS DISTINCT FROM %s", (install, but))


def drop_push(conn: Connection[Any], endpoint: str, account: int | None = None) -> bool:
    """Remind there no more; `account`: only if it is theirs."""
    done = conn.execute(
        "DELETE FROM app_push WHERE endpoint = %(endpoint)s AND (%(account)s::bigint IS NULL OR account = %(account)s)",
        {"endpoint": endpoint, "account": account},
    )
    return done.rowcount == 1


def drop_all(conn: Connection[Any], account: int) -> None:
    """Remind this account nowhere any more: whoever needed a new code may have lost the telephone."""
    conn.execute("DELETE FROM app_push WHERE account = %s", (account,))


def browsers(conn: Connection[Any], account: int) -> list[WebPush]:
    """The browsers of an account, in the order in which they came."""
    rows = conn.execute("SELECT endpoint, p256dh, auth FROM app_push WHERE account = %s ORDER BY id", (account,))
    return [WebPush(*row) for row in rows]


def wishes(conn: Connection[Any], account: int) -> Wishes:
    """What an account wants."""
    row = conn.execute(
        "SELECT reminders_on, quiet_from, quiet_to FROM app_account WHERE id = %s", (account,)
    ).fetchone()
    if row is None:
        raise RuntimeError("app_account: the account has gone")
    return Wishes(*row)


def set_wishes(conn: Connection[Any], account: int, wanted: Wishes) -> None:
    """What it wants from now on."""
    conn.execute(
        "UPDATE app_account SET reminders_on = %s, quiet_from = %s, quiet_to = %s WHERE id = %s",
        (wanted.on, wanted.quiet_from, wanted.quiet_to, account),
    )


# A patient's own reminders need that they did not refuse them; a caregiver's need the scope be_told.
_REMINDED = """
SELECT a.id, a.username, a.reminders_on, a.quiet_from, a.quiet_to,
       ARRAY(SELECT sent_at FROM reminder WHERE account = a.id AND sent_at > %(since)s ORDER BY sent_at),
       (SELECT max(sent_at) FROM app_device WHERE owner = a.username),
       ARRAY(SELECT patient FROM app_link AS link WHERE account = a.id AND to_at IS NULL AND (
                 (relation = 'self' AND 'given' = coalesce(
                     (SELECT decision FROM consent WHERE consent.patient = link.patient AND account IS NULL
                      AND scope = 'reminders' ORDER BY id DESC LIMIT 1), 'given'))
                 OR (relation = 'caregiver' AND 'given' =
                     (SELECT decision FROM consent WHERE consent.patient = link.patient AND account = a.id
                      AND scope = 'be_told' ORDER BY id DESC LIMIT 1)))
             ORDER BY patient) AS patients
FROM app_account a
WHERE a.reminders_on AND a.disabled_at IS NULL AND EXISTS (SELECT 1 FROM app_push WHERE account = a.id)
ORDER BY a.id
"""


def reminded(conn: Connection[Any], now: Micros) -> list[Reminded]:
    """Every account that has a browser and wants reminders, with what was sent within 36 hours."""
    rows = conn.execute(_REMINDED, {"since": moment(now) - timedelta(hours=36)}).fetchall()
    return [
        Reminded(
            row[0], row[1], Wishes(row[2], row[3], row[4]), tuple(micros(at) for at in row[5]),
            None if row[6] is None else micros(row[6]), tuple(row[7]),
        )
        for row in rows
        if row[7]
    ]  # fmt: skip


def add(conn: Connection[Any], reminder: UUID, account: int, *, waiting: int, at: Micros) -> None:
    """One that was decided; it counts as sent, so that a crash never makes two of it."""
    conn.execute(
        "INSERT INTO reminder (id, account, at, waiting, sent_at) VALUES (%s, %s, %s, %s, %s)",
        (reminder, account, moment(at), waiting, moment(at)),
    )


def note(conn: Connection[Any], reminder: UUID, detail: str) -> None:
    """What the push services answered."""
    conn.execute("UPDATE reminder SET detail = %s WHERE id = %s", (detail[:500], reminder))


def shown(conn: Connection[Any], reminder: UUID, at: Micros) -> bool:
    """Its service worker has shown it; False for one that nobody sent."""
    done = conn.execute("UPDATE reminder SET shown_at = coalesce(shown_at, %s) WHERE id = %s", (moment(at), reminder))
    return done.rowcount == 1


def counts(conn: Connection[Any], sites: Sequence[str], start: Micros, end: Micros) -> tuple[int, int]:
    """How many were sent and shown of accounts of these sites."""
    row = conn.execute(
        """SELECT count(*), count(shown_at) FROM reminder JOIN app_account ON app_account.id = account
           WHERE site = ANY (%s) AND reminder.at >= %s AND reminder.at < %s""",
        (list(sites), moment(start), moment(end)),
    ).fetchone()
    return (0, 0) if row is None else (int(row[0]), int(row[1]))
