"""Versions of protocols with their signatures and moves, and the limits of sites. Written by `alerts.protocol.desk`.

Instants are the hub's clock. Nothing here decides whether a move is allowed: `alerts.protocol.life` does.
"""

from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row
from psycopg.types.json import Jsonb

from domain.instants import Micros, micros, moment
from domain.protocols import Act, Move, Signature, Version

_LOCK = 0x7669_6770_726F  # "vigpro"

_VERSIONS = """
SELECT id, version, origin, text, digest, asked, state, drafted_by, drafted_role, drafted_at, draft_reason, bases,
    active_from, retired_at, ARRAY(
        SELECT json_build_object('role', s.role, 'actor', s.actor, 'digest', s.digest,
                                 'at', (extract(epoch FROM s.at) * 1000000)::bigint)
        FROM protocol_signature s WHERE s.protocol = v.id AND s.version = v.version ORDER BY s.at, s.role) AS signatures
FROM protocol_version v ORDER BY id, drafted_at, version
"""

# The texts of what is active at a moment, and those it was signed over; an active version's own text wins.
_ACTIVE = """
SELECT DISTINCT ON (name) name, body FROM (
    SELECT id AS name, text AS body, 0 AS place FROM protocol_version
    WHERE active_from <= %(at)s AND (retired_at IS NULL OR retired_at > %(at)s)
    UNION ALL
    SELECT base.value ->> 0, base.value ->> 1, 1 FROM protocol_version, jsonb_array_elements(bases) AS base
    WHERE active_from <= %(at)s AND (retired_at IS NULL OR retired_at > %(at)s)
) AS found ORDER BY name, place
"""

_REVISION = """
SELECT coalesce((SELECT string_agg(id || '@' || version, ' ' ORDER BY id) FROM protocol_version
                 WHERE active_from <= %(at)s AND (retired_at IS NULL OR retired_at > %(at)s)), '')
    || '/' || coalesce((SELECT string_agg(site || '#' || newest, ' ' ORDER BY site)
                        FROM (SELECT site, max(version) AS newest FROM site_limit GROUP BY site) AS limits), '')
"""


class SiteLimits(Struct, frozen=True):
    """The limits of a site as somebody set them: code -> {"low", "high"}."""

    site: str
    version: int
    limits: dict[str, dict[str, float]]
    act: Act


def lock(conn: Connection[Any]) -> None:
    """One change of protocols at a time, until the caller's transaction ends."""
    conn.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))


def versions(conn: Connection[Any]) -> list[Version]:
    """Every version there is, with its signatures."""
    with conn.cursor(row_factory=dict_row) as cursor:
        return [_version(row) for row in cursor.execute(_VERSIONS).fetchall()]


def _version(row: dict[str, Any]) -> Version:
    return Version(
        id=row["id"],
        version=row["version"],
        origin=row["origin"],
        text=row["text"],
        digest=row["digest"],
        asked=tuple(row["asked"]),
        state=row["state"],
        drafted=Act(row["drafted_by"], row["drafted_role"], micros(row["drafted_at"]), row["draft_reason"]),
        bases=tuple((name, text) for name, text in row["bases"]),
        signatures=tuple(Signature(**found) for found in row["signatures"]),
        active_from=None if row["active_from"] is None else micros(row["active_from"]),
        retired_at=None if row["retired_at"] is None else micros(row["retired_at"]),
    )


def insert_version(conn: Connection[Any], version: Version) -> None:
    """A new draft. Raises UniqueViolation when the version exists."""
    conn.execute(
        """INSERT INTO protocol_version
               (id, version, origin, text, bases, digest, asked, state, drafted_by, drafted_role, drafted_at,
                draft_reason)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (version.id, version.version, version.origin, version.text, Jsonb(version.bases), version.digest,
         list(version.asked), version.state, version.drafted.actor, version.drafted.role, moment(version.drafted.at),
         version.drafted.reason),
    )  # fmt: skip


def update_state(conn: Connection[Any], version: Version) -> None:
    """Where a version stands now. Raises ExclusionViolation when two of one protocol would be active together."""
    conn.execute(
        "UPDATE protocol_version SET state = %s, active_from = %s, retired_at = %s WHERE id = %s AND version = %s",
        (version.state, _moment(version.active_from), _moment(version.retired_at), version.id, version.version),
    )


def insert_signature(conn: Connection[Any], version: Version, signature: Signature) -> None:
    """One role's signature. Raises ForeignKeyViolation on another digest, UniqueViolation when the role has signed."""
    conn.execute(
        "INSERT INTO protocol_signature (protocol, version, role, actor, digest, at) VALUES (%s, %s, %s, %s, %s, %s)",
        (version.id, version.version, signature.role, signature.actor, signature.digest, moment(signature.at)),
    )


def insert_move(conn: Connection[Any], version: Version, move: Move) -> None:
    """One move of a version."""
    conn.execute(
        """INSERT INTO protocol_move
               (protocol, version, kind, before, after, actor, role, at, reason, effective_at)
           VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        (version.id, version.version, move.kind, move.before, move.after, move.act.actor, move.act.role,
         moment(move.act.at), move.act.reason, _moment(move.effective_at)),
    )  # fmt: skip


def moves(conn: Connection[Any], protocol: str, version: str) -> list[Move]:
    """Every move of a version, in order."""
    rows = conn.execute(
        """SELECT kind, before, after, actor, role, at, reason, effective_at FROM protocol_move
           WHERE protocol = %s AND version = %s ORDER BY id""",
        (protocol, version),
    ).fetchall()
    return [
        Move(kind, before, after, Act(actor, role, micros(at), reason), None if day is None else micros(day))
        for kind, before, after, actor, role, at, reason, day in rows
    ]


def active_texts(conn: Connection[Any], at: Micros) -> dict[str, str]:
    """{protocol id: exact text} of what is active at a moment, and of what that was signed over."""
    return dict(conn.execute(_ACTIVE, {"at": moment(at)}).fetchall())


def revision(conn: Connection[Any], at: Micros) -> str:
    """Changes whenever `active_texts` or `site_limits` do: cheap to ask at each tick."""
    row = conn.execute(_REVISION, {"at": moment(at)}).fetchone()
    if row is None:
        raise RuntimeError("protocol_version: SELECT returned no row")
    return str(row[0])


_WITHOUT = """
WITH watched AS (SELECT DISTINCT site FROM patient WHERE ended_at IS NULL AND kind = 'person'),
served AS (
    SELECT s.roster, coalesce(s.site, t.site) AS site
    FROM roster_serves s LEFT JOIN territory_site t ON t.territory = s.territory),
shifts AS (
    SELECT roster, role, person FROM shift WHERE removed_at IS NULL AND to_at > %(at)s
    UNION ALL
    SELECT roster, role, person FROM weekly_shift
    WHERE removed_at IS NULL AND (last_day IS NULL OR last_day >= %(at)s::date)),
open AS (
    SELECT username, role, site FROM account JOIN account_site ON account_site.account = account.id
    WHERE disabled_at IS NULL)
SELECT id FROM site
WHERE (id IN (SELECT site FROM watched) OR NOT EXISTS (SELECT 1 FROM watched))
  AND NOT EXISTS (SELECT 1 FROM open WHERE open.site = site.id AND open.role = %(role)s)
  AND NOT EXISTS (
      SELECT 1 FROM shifts JOIN served USING (roster) JOIN open ON open.username = person AND open.site = served.site
      WHERE served.site = site.id AND shifts.role = %(role)s)
ORDER BY id
"""


def sites_without(conn: Connection[Any], role: str, at: Micros) -> list[str]:
    """Sites with patients (every site while none has any) where nobody has the role and no shift to come is of it.

    Somebody without an open account for the site counts for nothing, on a roster either.
    """
    return [row[0] for row in conn.execute(_WITHOUT, {"role": role, "at": moment(at)}).fetchall()]


def site_limits(conn: Connection[Any]) -> dict[str, dict[str, dict[str, float]]]:
    """{site: {code: {"low", "high"}}} as they are now."""
    rows = conn.execute("SELECT DISTINCT ON (site) site, body FROM site_limit ORDER BY site, version DESC").fetchall()
    return dict(rows)


def add_site_limits(conn: Connection[Any], site: str, limits: dict[str, dict[str, float]], *, act: Act) -> int:
    """The next version of a site's limits; the version. The caller holds `lock`."""
    row = conn.execute(
        """INSERT INTO site_limit (site, version, body, actor, role, reason, set_at)
           SELECT %(site)s, coalesce(max(version), 0) + 1, %(body)s, %(actor)s, %(role)s, %(reason)s, %(at)s
           FROM site_limit WHERE site = %(site)s RETURNING version""",
        {"site": site, "body": Jsonb(limits), "actor": act.actor, "role": act.role, "reason": act.reason,
         "at": moment(act.at)},
    ).fetchone()  # fmt: skip
    if row is None:
        raise RuntimeError("site_limit: INSERT returned no row")
    return int(row[0])


def site_limit_history(conn: Connection[Any], site: str) -> list[SiteLimits]:
    """Every version of a site's limits, newest first."""
    rows = conn.execute(
        "SELECT site, version, body, actor, role, set_at, reason FROM site_limit WHERE site = %s ORDER BY version DESC",
        (site,),
    ).fetchall()
    return [SiteLimits(row[0], row[1], row[2], Act(row[3], row[4], micros(row[5]), row[6])) for row in rows]


def _moment(at: Micros | None) -> Any:
    return None if at is None else moment(at)
