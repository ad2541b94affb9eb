"""Reading rosters: who serves which site, shifts, substitutions, hand-over notes, contacts. `roster_edits` writes them.

Called by the delivery of notifications, the watch, the console and the command line.
"""

from collections.abc import Sequence
from typing import Any

from msgspec import Struct
from psycopg import Connection
from psycopg.rows import dict_row

from domain.instants import Micros, micros, moment
from domain.oncall import Contacts, Roster, Shift, Substitution, WebPush, Weekly

_BEGINNING: Micros = 0


class RosterRow(Struct, frozen=True):
    """A roster without what stands in it. `sites`: those it serves; `kept_by`: sites whose people may change it."""

    id: str
    organisation: str
    name: str
    timezone: str
    sites: tuple[str, ...] = ()
    kept_by: tuple[str, ...] = ()


class Person(Struct, frozen=True):
    """Somebody who may be on call at one of some sites. `sites`: those of them in the person's circle of care."""

    username: str
    role: str
    email: str | None
    sites: tuple[str, ...]


class SubstitutionRow(Struct, frozen=True):
    """A substitution with who entered it and why."""

    id: int
    substitution: Substitution
    reason: str
    set_by: str
    set_at: Micros


class Receipt(Struct, frozen=True):
    """Who has read a note, and when first."""

    by: str
    at: Micros


class Handover(Struct, frozen=True):
    """One hand-over note. Hostile until escaped."""

    id: int
    roster: str
    shift: str | None
    author: str
    at: Micros
    text: str
    read: tuple[Receipt, ...] = ()


class Changed(Struct, frozen=True):
    """One line of the history: who changed what when, before and after."""

    id: int
    at: Micros
    actor: str
    what: str
    before: Any
    after: Any


_SERVED = """
SELECT r.id, r.organisation, r.name, r.timezone,
       ARRAY(SELECT site FROM roster_serves s WHERE s.roster = r.id AND site IS NOT NULL UNION
             SELECT t.site FROM roster_serves s JOIN territory_site t USING (territory) WHERE s.roster = r.id
             ORDER BY 1),
       ARRAY(SELECT site FROM organisation_site o WHERE o.organisation = r.organisation ORDER BY 1)
FROM roster r
"""


def one(conn: Connection[Any], roster: str) -> RosterRow | None:
    """A roster by its id."""
    row = conn.execute(f"{_SERVED} WHERE r.id = %s", (roster,)).fetchone()
    return None if row is None else _row(row)


def serving(conn: Connection[Any], sites: Sequence[str]) -> list[RosterRow]:
    """The rosters that serve any of these sites, by id."""
    rows = conn.execute(
        f"""{_SERVED} WHERE EXISTS (
                SELECT 1 FROM roster_serves s LEFT JOIN territory_site t USING (territory)
                WHERE s.roster = r.id AND coalesce(s.site, t.site) = ANY (%s)) ORDER BY r.id""",
        (list(sites),),
    )
    return [_row(row) for row in rows]


def for_territory(conn: Connection[Any], territory: str) -> list[RosterRow]:
    """The rosters that serve a territory as such, by id."""
    rows = conn.execute(
        f"{_SERVED} WHERE EXISTS (SELECT 1 FROM roster_serves s WHERE s.roster = r.id AND s.territory = %s) ORDER BY 1",
        (territory,),
    )
    return [_row(row) for row in rows]


def _row(row: Sequence[Any]) -> RosterRow:
    return RosterRow(row[0], row[1], row[2], row[3], tuple(row[4]), tuple(row[5]))


def for_site(conn: Connection[Any], site: str, *, since: Micros = _BEGINNING) -> Roster:
    """Everything that says who is on call for a site. `since`: what ended before is left out."""
    rows = serving(conn, [site])
    names = [row.id for row in rows]
    return Roster(
        shifts=tuple(shifts(conn, names, since=since)),
        weekly=tuple(weekly(conn, names)),
        substitutions=tuple(row.substitution for row in substitutions(conn, names, since=since)),
        absent=_absent(conn, site, names),
    )


def of_roster(conn: Connection[Any], roster: str) -> Roster:
    """What stands in one roster, whoever may see what."""
    found = tuple(row.substitution for row in substitutions(conn, [roster], since=_BEGINNING))
    return Roster(tuple(shifts(conn, [roster], since=_BEGINNING)), tuple(weekly(conn, [roster])), found)


def shifts(conn: Connection[Any], rosters: Sequence[str], *, since: Micros) -> list[Shift]:
    """Single shifts of these rosters that end after an instant, in order."""
    rows = conn.execute(
        """SELECT uid, role, person, from_at, to_at, rank, roster, organisation
           FROM shift JOIN roster ON roster.id = roster
           WHERE roster = ANY (%s) AND to_at > %s AND removed_at IS NULL ORDER BY from_at, roster, uid""",
        (list(rosters), moment(since)),
    )
    return [
        Shift(uid, role, person, micros(from_at), micros(to_at), *rest)
        for uid, role, person, from_at, to_at, *rest in rows
    ]


def weekly(conn: Connection[Any], rosters: Sequence[str]) -> list[Weekly]:
    """Weekly shifts of these rosters, in order."""
    with conn.cursor(row_factory=dict_row) as cursor:
        rows = cursor.execute(
            """SELECT uid, role, person, w.timezone, weekdays, begins, ends, days, first_day AS first, every,
                      last_day AS last, without, rank, roster, organisation
               FROM weekly_shift w JOIN roster ON roster.id = roster
               WHERE roster = ANY (%s) AND removed_at IS NULL ORDER BY first_day, roster, uid""",
            (list(rosters),),
        ).fetchall()
    return [Weekly(**{**row, "weekdays": tuple(row["weekdays"]), "without": tuple(row["without"])}) for row in rows]


def substitutions(conn: Connection[Any], rosters: Sequence[str], *, since: Micros) -> list[SubstitutionRow]:
    """Substitutions of these rosters that end after an instant, in the order in which they were entered."""
    rows = conn.execute(
        """SELECT id, person, by_person, from_at, to_at, role, roster, reason, set_by, set_at FROM substitution
           WHERE roster = ANY (%s) AND to_at > %s AND removed_at IS NULL ORDER BY id""",
        (list(rosters), moment(since)),
    )
    return [
        SubstitutionRow(
            row[0], Substitution(row[1], row[2], micros(row[3]), micros(row[4]), row[5], row[6]), row[7], row[8],
            micros(row[9]),
        )
        for row in rows
    ]  # fmt: skip


def _absent(conn: Connection[Any], site: str, rosters: Sequence[str]) -> frozenset[str]:
    """People of these rosters who cannot log in any more, or may not see the site."""
    rows = conn.execute(
        """SELECT person FROM (SELECT person FROM shift WHERE roster = ANY (%(rosters)s) AND removed_at IS NULL
                               UNION SELECT person FROM weekly_shift
                                     WHERE roster = ANY (%(rosters)s) AND removed_at IS NULL
                               UNION SELECT by_person FROM substitution
                                     WHERE roster = ANY (%(rosters)s) AND removed_at IS NULL) AS named
           WHERE NOT EXISTS (SELECT 1 FROM account JOIN account_site ON account_site.account = account.id
                             WHERE username = person AND site = %(site)s AND disabled_at IS NULL)""",
        {"rosters": list(rosters), "site": site},
    )
    return frozenset(row[0] for row in rows)


def people_at(conn: Connection[Any], sites: Sequence[str]) -> list[Person]:
    """Active accounts that have any of these sites in their circle of care, by name."""
    rows = conn.execute(
        """SELECT username, role, email, array_agg(site ORDER BY site)
           FROM account JOIN account_site ON account_site.account = account.id
           LEFT JOIN contact ON contact.account = username
           WHERE site = ANY (%s) AND disabled_at IS NULL GROUP BY username, role, email ORDER BY username""",
        (list(sites),),
    )
    return [Person(row[0], row[1], row[2], tuple(row[3])) for row in rows]


def handovers(conn: Connection[Any], site: str, limit: int) -> list[Handover]:
    """The newest hand-over notes of a site, each with who has read it."""
    rows = conn.execute(
        """SELECT id, roster, shift, author, at, text,
                  ARRAY (SELECT account FROM handover_read WHERE note = id ORDER BY handover_read.at, account),
                  ARRAY (SELECT handover_read.at FROM handover_read WHERE note = id ORDER BY handover_read.at, account)
           FROM handover_note WHERE site = %s ORDER BY id DESC LIMIT %s""",
        (site, limit),
    )
    return [
        Handover(number, roster, shift, author, micros(at), text,
                 tuple(Receipt(who, micros(when)) for who, when in zip(readers, times, strict=True)))
        for number, roster, shift, author, at, text, readers, times in rows
    ]  # fmt: skip


def changes(conn: Connection[Any], subject: str, limit: int) -> list[Changed]:
    """What was changed of a roster (`roster:ID`) or of contacts (`account:NAME`), newest first."""
    rows = conn.execute(
        """SELECT id, at, actor, what, before, after FROM oncall_change WHERE subject = %s ORDER BY id DESC LIMIT %s""",
        (subject, limit),
    )
    return [Changed(row[0], micros(row[1]), row[2], row[3], row[4], row[5]) for row in rows]


def contacts(conn: Connection[Any], usernames: Sequence[str]) -> dict[str, Contacts]:
    """How each of these people is reached; everybody asked for is in it."""
    rows = conn.execute(
        "SELECT account, email, sms, voice FROM contact WHERE account = ANY (%s)", (list(usernames),)
    ).fetchall()
    ways = {row[0]: row[1:] for row in rows}
    pushed = _web_push(conn, usernames)
    found: dict[str, Contacts] = {}
    for name in usernames:
        email, sms, voice = ways.get(name, (None, None, None))
        found[name] = Contacts(email, sms, voice, tuple(pushed.get(name, ())))
    return found


def _web_push(conn: Connection[Any], usernames: Sequence[str]) -> dict[str, list[WebPush]]:
    rows = conn.execute(
        "SELECT account, endpoint, p256dh, auth FROM web_push WHERE account = ANY (%s) ORDER BY id", (list(usernames),)
    )
    found: dict[str, list[WebPush]] = {}
    for account, *push in rows:
        found.setdefault(account, []).append(WebPush(*push))
    return found


def has_organisation(conn: Connection[Any], organisation: str) -> bool:
    """Whether it exists."""
    return conn.execute("SELECT 1 FROM organisation WHERE id = %s", (organisation,)).fetchone() is not None


def organisations(conn: Connection[Any]) -> list[str]:
    """Every organisation, by id."""
    return [row[0] for row in conn.execute("SELECT id FROM organisation ORDER BY id")]


def territory_sites(conn: Connection[Any], territory: str) -> tuple[str, ...] | None:
    """The sites of a territory; None when there is no such territory."""
    row = conn.execute(
        """SELECT ARRAY(SELECT t.site FROM territory_site t WHERE t.territory = territory.id ORDER BY 1)
           FROM territory WHERE id = %s""",
        (territory,),
    ).fetchone()
    return None if row is None else tuple(row[0])


def protocols_in_use(conn: Connection[Any]) -> dict[str, set[str | None]]:
    """Site with patients under watch -> the protocols of their plans, None: a plan that names none, or no plan."""
    rows = conn.execute(
        """SELECT DISTINCT site, (SELECT body ->> 'protocol' FROM plan WHERE plan.patient = patient.id
                                  ORDER BY version DESC LIMIT 1)
           FROM patient WHERE ended_at IS NULL AND kind = 'person'"""
    )
    found: dict[str, set[str | None]] = {}
    for site, protocol in rows:
        found.setdefault(site, set()).add(protocol)
    return found
