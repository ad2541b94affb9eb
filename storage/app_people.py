"""Accounts of patients, caregivers and shared tablets: links to patients, codes, sessions, their devices.

Digests only: a code, a token or a password never reaches this module. Instants are real time. Called by the app, the
console and the command line.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection

from domain.instants import Micros, micros, moment


class Account(Struct, frozen=True):
    """One account of the app. `password_hash` None: its code was not used yet. `otp_secret`: encrypted."""

    id: int
    username: str
    role: str
    site: str
    language: str
    password_hash: str | None
    otp_secret: bytes | None
    otp_on: bool
    otp_step: int
    disabled: bool


class Code(Struct, frozen=True):
    """An enrolment code as it stands."""

    account: int
    expires_at: Micros
    used: bool
    withdrawn: bool


class AppSession(Struct, frozen=True):
    """A session that is alive. `account` or `staff` is set; a member of the staff has sites, the others links."""

    digest: bytes
    account: int | None
    staff: int | None
    username: str
    role: str
    language: str
    install: str
    otp_on: bool
    sites: tuple[str, ...]
    expires_at: Micros


class Link(Struct, frozen=True):
    """For which patient an account stands now, with the scopes in force."""

    patient: str
    site: str
    relation: str
    from_at: Micros
    scopes: tuple[str, ...]


class Linked(Struct, frozen=True):
    """An account that stands for a patient, as the patient and the team see it."""

    account: int
    username: str
    role: str
    relation: str
    from_at: Micros
    claimed: bool
    last_seen_at: Micros | None
    scopes: tuple[str, ...]


_ACCOUNT = """
SELECT id, username, role, site, language, password_hash, otp_secret, otp_on, otp_step, disabled_at IS NOT NULL
FROM app_account
"""
# A patient's own account and a tablet need no decision of scope; a caregiver has what the patient gave last.
_SCOPES = """
CASE link.relation WHEN 'self' THEN ARRAY['answer', 'see', 'be_told'] WHEN 'resident' THEN ARRAY['answer', 'see']
ELSE ARRAY(SELECT scope FROM (SELECT DISTINCT ON (scope) scope, decision FROM consent
                              WHERE consent.patient = link.patient AND consent.account = link.account
                              ORDER BY scope, consent.id DESC) AS newest
           WHERE decision = 'given' ORDER BY scope) END
"""


def by_name(conn: Connection[Any], username: str) -> Account | None:
    """The account of that exact name."""
    return _account(conn.execute(f"{_ACCOUNT} WHERE username = %s", (username,)).fetchone())


def by_id(conn: Connection[Any], account: int) -> Account | None:
    """One account."""
    return _account(conn.execute(f"{_ACCOUNT} WHERE id = %s", (account,)).fetchone())


def _account(row: Sequence[Any] | None) -> Account | None:
    if row is None:
        return None
    secret = None if row[6] is None else bytes(row[6])
    return Account(row[0], row[1], row[2], row[3], row[4], row[5], secret, row[7], row[8], row[9])


def add(conn: Connection[Any], account: Account, *, by: str, at: Micros) -> int | None:
    """A new account without a password (id and the rest are ignored). None when the name is taken, by staff too."""
    row = conn.execute(
        """INSERT INTO app_account (username, role, site, language, created_by, created_at)
           SELECT %(name)s, %(role)s, %(site)s, %(language)s, %(by)s, %(at)s
           WHERE NOT EXISTS (SELECT 1 FROM account WHERE lower(username) = %(name)s)
           ON CONFLICT (username) DO NOTHING RETURNING id""",
        {"name": account.username, "role": account.role, "site": account.site, "language": account.language, "by": by,
         "at": moment(at)},
    ).fetchone()  # fmt: skip
    return None if row is None else int(row[0])


def claim(conn: Connection[Any], account: int, password_hash: str, *, language: str, at: Micros) -> None:
    """The password that its person chose. An earlier second factor ends: whoever needs a new code may have lost it."""
    conn.execute(
        """UPDATE app_account SET password_hash = %s, language = %s, claimed_at = %s, otp_secret = NULL, otp_on = false
           WHERE id = %s""",
        (password_hash, language, moment(at), account),
    )


def set_password(conn: Connection[Any], account: int, password_hash: str) -> None:
    """Replace the password's hash."""
    conn.execute("UPDATE app_account SET password_hash = %s WHERE id = %s", (password_hash, account))


def set_language(conn: Connection[Any], account: int, language: str) -> None:
    """What the person reads."""
    conn.execute("UPDATE app_account SET language = %s WHERE id = %s", (language, account))


def set_factor(conn: Connection[Any], account: int, secret: bytes | None, *, step: int | None) -> None:
    """A second factor: with `step` (the period it was last used in) in force, without it waiting; no secret: off."""
    conn.execute(
        """UPDATE app_account SET otp_secret = %(secret)s,
               otp_on = %(secret)s::bytea IS NOT NULL AND %(step)s::bigint IS NOT NULL,
               otp_step = coalesce(%(step)s, 0) WHERE id = %(account)s""",
        {"secret": secret, "step": step, "account": account},
    )


def use_step(conn: Connection[Any], account: int, step: int) -> bool:
    """Mark a period of the second factor as used; False when it, or a later one, was used already."""
    done = conn.execute("UPDATE app_account SET otp_step = %s WHERE id = %s AND otp_step < %s", (step, account, step))
    return done.rowcount == 1


def disable(conn: Connection[Any], account: int, at: Micros) -> None:
    """Nobody logs in to it any more; its sessions end."""
    conn.execute("UPDATE app_account SET disabled_at = coalesce(disabled_at, %s) WHERE id = %s", (moment(at), account))
    end_sessions(conn, account)


# ---- links -----------------------------------------------------------------------------------------------------------


def link(conn: Connection[Any], account: int, patient: str, relation: str, *, by: str, at: Micros) -> bool:
    """The account stands for the patient from now on; False when it does already, or the patient has an own account."""
    done = conn.execute(
        """INSERT INTO app_link (account, patient, relation, from_at, from_by) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT DO NOTHING""",
        (account, patient, relation, moment(at), by),
    )
    return done.rowcount == 1


def unlink(conn: Connection[Any], account: int, patient: str, *, by: str, reason: str, at: Micros) -> bool:
    """From now on it does not; False when it did not. An account that stands for nobody has no session left."""
    done = conn.execute(
        """UPDATE app_link SET to_at = %s, to_by = %s, to_reason = %s WHERE account = %s AND patient = %s
           AND to_at IS NULL""",
        (moment(at), by, reason, account, patient),
    )
    if done.rowcount and not links(conn, account):
        end_sessions(conn, account)
    return done.rowcount == 1


def links(conn: Connection[Any], account: int) -> list[Link]:
    """Every patient the account stands for now, in order."""
    rows = conn.execute(
        f"""SELECT link.patient, patient.site, relation, from_at, {_SCOPES} FROM app_link AS link
            JOIN patient ON patient.id = link.patient
            WHERE link.account = %s AND to_at IS NULL ORDER BY link.patient""",
        (account,),
    ).fetchall()
    return [Link(row[0], row[1], row[2], micros(row[3]), tuple(row[4])) for row in rows]


def linked(conn: Connection[Any], patient: str) -> list[Linked]:
    """Every account that stands for a patient now, in the order in which they came."""
    rows = conn.execute(
        f"""SELECT app_account.id, username, role, relation, from_at, claimed_at IS NOT NULL,
                   (SELECT max(sent_at) FROM app_device
                    WHERE app_device.owner = username AND app_device.patient = link.patient), {_SCOPES}
            FROM app_link AS link JOIN app_account ON app_account.id = link.account
            WHERE link.patient = %s AND to_at IS NULL ORDER BY link.id""",
        (patient,),
    ).fetchall()
    return [_linked(row) for row in rows]


def _linked(row: Sequence[Any]) -> Linked:
    account, username, role, relation, from_at, claimed, last_seen_at, scopes = row
    seen_at = None if last_seen_at is None else micros(last_seen_at)
    return Linked(account, username, role, relation, micros(from_at), claimed, seen_at, tuple(scopes))


# ---- codes -----------------------------------------------------------------------------------------------------------


def add_code(conn: Connection[Any], digest: bytes, account: int, *, by: str, at: Micros, expires_at: Micros) -> None:
    """A new code; those of the account that nobody used yet are withdrawn."""
    conn.execute(
        """UPDATE enrolment_code SET withdrawn_at = %s
           WHERE account = %s AND used_at IS NULL AND withdrawn_at IS NULL""",
        (moment(at), account),
    )
    conn.execute(
        """INSERT INTO enrolment_code (code_digest, account, created_by, created_at, expires_at)
           VALUES (%s, %s, %s, %s, %s)""",
        (digest, account, by, moment(at), moment(expires_at)),
    )


def code(conn: Connection[Any], digest: bytes) -> Code | None:
    """A code, held until the transaction ends: of two who use it at once, one is second."""
    row = conn.execute(
        """SELECT account, expires_at, used_at IS NOT NULL, withdrawn_at IS NOT NULL FROM enrolment_code
           WHERE code_digest = %s FOR UPDATE""",
        (digest,),
    ).fetchone()
    return None if row is None else Code(row[0], micros(row[1]), row[2], row[3])


def use_code(conn: Connection[Any], digest: bytes, at: Micros) -> None:
    """It was used."""
    conn.execute("UPDATE enrolment_code SET used_at = %s WHERE code_digest = %s", (moment(at), digest))


# ---- sessions --------------------------------------------------------------------------------------------------------


def open_session(conn: Connection[Any], session: AppSession, now: Micros) -> None:
    """Start a session."""
    conn.execute(
        """INSERT INTO app_session (token_sha256, account, staff, install, created_at, expires_at)
           VALUES (%s, %s, %s, %s, %s, %s)""",
        (session.digest, session.account, session.staff, session.install, moment(now), moment(session.expires_at)),
    )


_LIVE = """
SELECT token_sha256, s.account, s.staff, coalesce(a.username, p.username), coalesce(a.role, p.role),
       coalesce(a.language, 'fr'), install, coalesce(a.otp_on, false),
       ARRAY(SELECT site FROM account_site WHERE account_site.account = s.staff ORDER BY site), s.expires_at
FROM app_session s LEFT JOIN app_account a ON a.id = s.account LEFT JOIN account p ON p.id = s.staff
WHERE token_sha256 = %s AND expires_at > %s AND a.disabled_at IS NULL AND p.disabled_at IS NULL
"""


def live_session(conn: Connection[Any], digest: bytes, now: Micros) -> AppSession | None:
    """The session, when it is neither ended, expired nor of a closed account."""
    row = conn.execute(_LIVE, (digest, moment(now))).fetchone()
    if row is None:
        return None
    return AppSession(
        bytes(row[0]), row[1], row[2], row[3], row[4], row[5], row[6], row[7], tuple(row[8]), micros(row[9])
    )


def extend_session(conn: Connection[Any], digest: bytes, expires_at: Micros) -> None:
    """Slide the end of a session."""
    conn.execute("UPDATE app_session SET expires_at = %s WHERE token_sha256 = %s", (moment(expires_at), digest))


def end_session(conn: Connection[Any], digest: bytes) -> None:
    """End one session."""
    conn.execute("DELETE FROM app_session WHERE token_sha256 = %s", (digest,))


def end_sessions(conn: Connection[Any], account: int) -> None:
    """End every session of an account."""
    conn.execute("DELETE FROM app_session WHERE account = %s", (account,))


def drop_expired(conn: Connection[Any], now: Micros) -> None:
    """Delete sessions that have run out."""
    conn.execute("DELETE FROM app_session WHERE expires_at <= %s", (moment(now),))


# ---- devices ---------------------------------------------------------------------------------------------------------


class Speaker(Struct, frozen=True):
    """Who sends for whom from which installation. `kind` of its device: app or tablet. `by`: what its messages say."""

    owner: str
    install: str
    patient: str
    site: str
    kind: str
    by: str


def device_of(conn: Connection[Any], speaker: Speaker) -> str | None:
    """The device under which this installation sends for this patient."""
    row = conn.execute(
        "SELECT device FROM app_device WHERE owner = %s AND install = %s AND patient = %s",
        (speaker.owner, speaker.install, speaker.patient),
    ).fetchone()
    return None if row is None else str(row[0])


def set_speaker(conn: Connection[Any], device: str, by: str) -> None:
    """Who enters on a device from now on: the role of an account may have changed."""
    statement = "UPDATE device SET speaker = %s WHERE id = %s AND speaker IS DISTINCT FROM %s"
    if conn.execute(statement, (by, device, by)).rowcount:
        conn.execute("SELECT pg_notify('vigie_registry', '')")


def add_device(conn: Connection[Any], device: str, speaker: Speaker, at: Micros) -> str:
    """Make it, worn since the patient is in the hub: what was entered offline before the first contact is theirs too.

    The name of the one that counts: two requests at once make one device.
    """
    conn.execute(
        """INSERT INTO device (id, site, kind, created_at, speaker) VALUES (%s, %s, %s, %s, %s)
           ON CONFLICT (id) DO NOTHING""",
        (device, speaker.site, speaker.kind, moment(at), speaker.by),
    )
    conn.execute(
        """INSERT INTO wearing (device, patient, from_at) SELECT %s, id, created_at FROM patient WHERE id = %s
           ON CONFLICT DO NOTHING""",
        (device, speaker.patient),
    )
    conn.execute(
        "INSERT INTO app_device (device, owner, install, patient) VALUES (%s, %s, %s, %s) ON CONFLICT DO NOTHING",
        (device, speaker.owner, speaker.install, speaker.patient),
    )
    conn.execute("SELECT pg_notify('vigie_registry', '')")
    return device
