"""Writing rosters, contacts and hand-over notes. Nothing is deleted: a row is removed by somebody at some time.

Called by `alerts.escalation.roster_desk`, which checks first and keeps the history, and by the console for contacts.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.types.json import Jsonb

from domain.instants import Micros, moment
from domain.oncall import Contacts, Shift, Substitution, WebPush, Weekly
from storage.rosters import Handover, RosterRow


class By(Struct, frozen=True):
    """Who does it, and when."""

    name: str
    at: Micros


class Change(Struct, frozen=True):
    """One line of the history. `before`, `after`: the value as JSON, None: there was or is none."""

    what: str
    subject: str
    before: Any = None
    after: Any = None


def record(conn: Connection[Any], change: Change, by: By) -> None:
    """Keep who changed what when."""
    conn.execute(
        "INSERT INTO oncall_change (at, actor, what, subject, before, after) VALUES (%s, %s, %s, %s, %s, %s)",
        (moment(by.at), by.name, change.what, change.subject, _json(change.before), _json(change.after)),
    )


def _json(value: Any) -> Jsonb | None:
    return None if value is None else Jsonb(value)


def add_organisation(conn: Connection[Any], organisation: str, name: str, at: Micros) -> bool:
    """A new organisation. False: the id is taken."""
    done = conn.execute(
        "INSERT INTO organisation (id, name, created_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (organisation, name, moment(at)),
    )
    return done.rowcount == 1


def run_sites(conn: Connection[Any], organisation: str, sites: Sequence[str]) -> None:
    """The organisation runs these sites itself."""
    conn.execute(
        "INSERT INTO organisation_site (organisation, site) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (organisation, list(sites)),
    )


def add_territory(conn: Connection[Any], territory: str, name: str, at: Micros) -> bool:
    """A new territory. False: the id is taken."""
    done = conn.execute(
        "INSERT INTO territory (id, name, created_at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (territory, name, moment(at)),
    )
    return done.rowcount == 1


def extend_territory(conn: Connection[Any], territory: str, sites: Sequence[str]) -> None:
    """These sites belong to the territory."""
    conn.execute(
        "INSERT INTO territory_site (territory, site) SELECT %s, unnest(%s::text[]) ON CONFLICT DO NOTHING",
        (territory, list(sites)),
    )


def add_roster(conn: Connection[Any], roster: RosterRow, at: Micros) -> bool:
    """A new roster that serves nothing yet. False: the id is taken."""
    done = conn.execute(
        """INSERT INTO roster (id, organisation, name, timezone, created_at) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT DO NOTHING""",
        (roster.id, roster.organisation, roster.name, roster.timezone, moment(at)),
    )
    return done.rowcount == 1


def serve(conn: Connection[Any], roster: str, *, territory: str | None = None, site: str | None = None) -> None:
    """The roster serves this territory, or this site, from now on."""
    conn.execute(
        "INSERT INTO roster_serves (roster, territory, site) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        (roster, territory, site),
    )


def lock(conn: Connection[Any], roster: str) -> None:
    """One writer at a time, until the caller's transaction ends."""
    conn.execute("SELECT 1 FROM roster WHERE id = %s FOR UPDATE", (roster,))


def put_shift(conn: Connection[Any], shift: Shift, by: By) -> None:
    """A single shift under a uid that is free."""
    conn.execute(
        """INSERT INTO shift (roster, uid, role, person, from_at, to_at, rank, set_by, set_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (shift.roster, shift.uid, shift.role, shift.person, moment(shift.from_at), moment(shift.to_at), shift.rank,
         by.name, moment(by.at)),
    )  # fmt: skip


def put_weekly(conn: Connection[Any], shift: Weekly, by: By) -> None:
    """A weekly shift under a uid that is free."""
    conn.execute(
        """INSERT INTO weekly_shift (roster, uid, role, person, timezone, weekdays, begins, ends, days, every,
                                     first_day, last_day, without, rank, set_by, set_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (shift.roster, shift.uid, shift.role, shift.person, shift.timezone, list(shift.weekdays), shift.begins,
         shift.ends, shift.days, shift.every, shift.first, shift.last, list(shift.without), shift.rank, by.name,
         moment(by.at)),
    )  # fmt: skip


def remove_shifts(conn: Connection[Any], roster: str, uids: Sequence[str], by: By) -> int:
    """Take single shifts of these uids, and those that stand for an occurrence of them, out of force."""
    return conn.execute(
        """UPDATE shift SET removed_by = %(by)s, removed_at = %(at)s WHERE roster = %(roster)s AND removed_at IS NULL
               AND (uid = ANY (%(uids)s)
                    OR regexp_replace(uid, '#[0-9]{4}-[0-9]{2}-[0-9]{2}$', '') = ANY (%(uids)s))""",
        {"by": by.name, "at": moment(by.at), "roster": roster, "uids": list(uids)},
    ).rowcount


def remove_weekly(conn: Connection[Any], roster: str, uids: Sequence[str], by: By) -> int:
    """Take weekly shifts of these uids out of force."""
    return conn.execute(
        """UPDATE weekly_shift SET removed_by = %s, removed_at = %s
           WHERE roster = %s AND removed_at IS NULL AND uid = ANY (%s)""",
        (by.name, moment(by.at), roster, list(uids)),
    ).rowcount


def add_substitution(conn: Connection[Any], found: Substitution, reason: str, by: By) -> int:
    """Somebody is replaced. Its number."""
    row = conn.execute(
        """INSERT INTO substitution (roster, role, person, by_person, from_at, to_at, reason, set_by, set_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s) RETURNING id""",
        (found.roster, found.role, found.person, found.by, moment(found.from_at), moment(found.to_at), reason, by.name,
         moment(by.at)),
    ).fetchone()  # fmt: skip
    return 0 if row is None else int(row[0])


def remove_substitution(conn: Connection[Any], roster: str, number: int, by: By) -> bool:
    """Take a substitution out of force. False: there is none of that number."""
    done = conn.execute(
        "UPDATE substitution SET removed_by = %s, removed_at = %s WHERE roster = %s AND id = %s AND removed_at IS NULL",
        (by.name, moment(by.at), roster, number),
    )
    return done.rowcount == 1


def add_handover(conn: Connection[Any], site: str, note: Handover) -> int:
    """A hand-over note (its `id` is ignored). Its number."""
    row = conn.execute(
        """INSERT INTO handover_note (roster, site, shift, author, at, text) VALUES (%s, %s, %s, %s, %s, %s)
           RETURNING id""",
        (note.roster, site, note.shift, note.author, moment(note.at), note.text),
    ).fetchone()
    return 0 if row is None else int(row[0])


def read_handover(conn: Connection[Any], site: str, number: int, *, account: str, at: Micros) -> bool:
    """Somebody has read a note of this site; the first time counts. False: there is no such note."""
    row = conn.execute("SELECT author FROM handover_note WHERE id = %s AND site = %s", (number, site)).fetchone()
    if row is not None and row[0] != account:
        conn.execute(
            "INSERT INTO handover_read (note, account, at) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
            (number, account, moment(at)),
        )
    return row is not None


def set_contacts(conn: Connection[Any], account: str, found: Contacts, by: By) -> None:
    """How somebody is reached by e-mail and telephone; browsers are kept apart."""
    conn.execute(
        """INSERT INTO contact (account, email, sms, voice, set_by, set_at) VALUES (%s, %s, %s, %s, %s, %s)
           ON CONFLICT (account) DO UPDATE SET email = excluded.email, sms = excluded.sms, voice = excluded.voice,
               set_by = excluded.set_by, set_at = excluded.set_at""",
        (account, found.email, found.sms, found.voice, by.name, moment(by.at)),
    )


def add_push(conn: Connection[Any], account: str, push: WebPush, at: Micros) -> None:
    """This browser is pushed to for this account, and for no other."""
    conn.execute(
        """INSERT INTO web_push (account, endpoint, p256dh, auth, created_at) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (endpoint) DO UPDATE SET account = excluded.account, p256dh = excluded.p256dh,
               auth = excluded.auth, created_at = excluded.created_at""",
        (account, push.endpoint, push.p256dh, push.auth, moment(at)),
    )


def drop_push(conn: Connection[Any], account: str, endpoint: str) -> bool:
    """This browser is pushed to no more. False: it was not."""
    done = conn.execute("DELETE FROM web_push WHERE account = %s AND endpoint = %s", (account, endpoint))
    return done.rowcount == 1
