"""Which advice was given to whom: written when the app is told it the first time, read by the console. Append-only."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment


class Given(Struct, frozen=True):
    """What the app of this account was told beside an alert, by language, and when."""

    person: str
    role: str
    text: dict[str, str]
    at: Micros


def give(conn: Connection[Any], account: int, texts: Mapping[str, dict[str, str]], at: Micros) -> None:
    """Texts by alert. What was written before stays."""
    rows = [(alert, account, Jsonb(text), moment(at)) for alert, text in texts.items()]
    with conn.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO advice_given (alert, account, text, at) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING", rows
        )


def of_alert(conn: Connection[Any], alert: str) -> list[Given]:
    """Who was told, the first one first."""
    rows = conn.execute(
        """SELECT username, role, text, at FROM advice_given JOIN app_account ON app_account.id = account
           WHERE alert = %s ORDER BY at, username""",
        (alert,),
    )
    return [Given(person, role, text, micros(at)) for person, role, text, at in rows]
