"""`vigie organisation add`, `vigie territory add`, `vigie roster import`, `export`, `now`."""

import re
import sys
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from alerts.escalation import roster_desk
from alerts.escalation.oncall.calendar import Entries, Into, read, write
from alerts.escalation.oncall.roster import gaps, on_call
from clinician_ui.oncall_views import gap_json, on_call_json
from domain.instants import DAY, iso
from domain.oncall import ROLES
from domain.wall_clock import zone_of
from storage import people, registry, roster_edits, rosters
from storage.connection import Connection
from storage.roster_edits import By, Change
from storage.rosters import RosterRow
from vigie.commands.shell import (
    AsJson,
    EnvFile,
    fail,
    hub_now,
    operator,
    print_json,
    record,
    refuse,
    settings_of,
    transaction,
)  # fmt: skip

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
MAX_FILE = 4 * 1024 * 1024
organisation = typer.Typer(help="Organisations that keep rosters.", no_args_is_help=True)
territory = typer.Typer(help="Territories: named lists of sites.", no_args_is_help=True)
roster = typer.Typer(help="Rosters: who is on call.", no_args_is_help=True)
Sites = Annotated[list[str], typer.Option("--site", help="May be given several times.")]
Title = Annotated[str | None, typer.Option(help="Name shown to people; the id without.")]
Site = Annotated[str | None, typer.Option("--site", help="The site that is served.")]
Territory = Annotated[str | None, typer.Option("--territory", help="The territory that is served.")]
Named = Annotated[str | None, typer.Option("--roster", help="Which roster, where several serve it; a new one's name.")]
Keeper = Annotated[str | None, typer.Option("--organisation", help="Who keeps a new roster.")]


@organisation.callback()
@territory.callback()
def _group() -> None:
    """Keep `add` a word of its own although it is the only one."""


@organisation.command("add")
def add_organisation(
    name: Annotated[str, typer.Argument(metavar="ORGANISATION")],
    site: Sites = [],  # noqa: B006 - typer copies it
    title: Title = None,
    env_file: EnvFile = None,
) -> None:
    """A new organisation, or more sites for one: those it runs itself, whose people keep its rosters."""
    _checked(name, "ORGANISATION")
    settings = settings_of(env_file)
    at = hub_now(settings)
    with transaction(settings) as conn:
        _known_sites(conn, site)
        if not roster_edits.add_organisation(conn, name, title or name, at) and not site:
            fail(f"ORGANISATION: {name!r} exists already")
        roster_edits.run_sites(conn, name, site)
        _kept(conn, Change("organisation.add", f"organisation:{name}", None, {"sites": site}), at)


@territory.command("add")
def add_territory(
    name: Annotated[str, typer.Argument(metavar="TERRITORY")],
    site: Sites,
    title: Title = None,
    env_file: EnvFile = None,
) -> None:
    """A new territory, or more sites for one."""
    _checked(name, "TERRITORY")
    settings = settings_of(env_file)
    at = hub_now(settings)
    with transaction(settings) as conn:
        _known_sites(conn, site)
        roster_edits.add_territory(conn, name, title or name, at)
        roster_edits.extend_territory(conn, name, site)
        _kept(conn, Change("territory.add", f"territory:{name}", None, {"sites": site}), at)


@roster.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="FILE.ics")],
    role: Annotated[str | None, typer.Option(help=f"Of events that name none: {', '.join(ROLES)}.")] = None,
    *, site: Site = None, territory: Territory = None, named: Named = None, organisation: Keeper = None,
    timezone: Annotated[str, typer.Option(help="Of a new roster.")] = "Europe/Paris", env_file: EnvFile = None,
) -> None:  # fmt: skip
    """Put every event of a calendar into a roster, in place of what stood under the same UID; or none of them."""
    payload = _payload(file)
    if role is not None and role not in ROLES:
        refuse(f"--role: expected one of {', '.join(ROLES)}, got {role!r}")
    try:
        zone_of(timezone)
    except ValueError as error:
        refuse(f"--timezone: {error}")
    settings = settings_of(env_file)
    by = By(operator(), hub_now(settings))
    with transaction(settings) as conn:
        wanted = _Wanted(conn, site, territory, named)
        row = wanted.served(by) or wanted.made(organisation, timezone, by)
        done = roster_desk.put(conn, row, _entries(conn, row, payload, role=role), by)
        detail = {"put": done.put, "removed": done.removed}
        record(conn, "roster.import", f"roster:{row.id}", at=by.at, detail=detail)
    typer.echo(f"roster {row.id}: {done.put} put, {done.removed} taken out")


def _entries(conn: Connection, row: RosterRow, payload: bytes, *, role: str | None) -> Entries:
    """What the file holds; refuses naming every event and property that cannot be used."""
    names = roster_desk.names_of(rosters.people_at(conn, row.sites))
    found = read(payload, Into(ZoneInfo(row.timezone), names, role))
    faults = found if isinstance(found, tuple) else roster_desk.calendar_faults(conn, row, found)
    if isinstance(found, tuple) or faults:
        refuse("\n".join(f"FILE.ics: {fault}" for fault in faults))
    return found


@roster.command("export")
def export(
    *, site: Site = None, territory: Territory = None, named: Named = None, env_file: EnvFile = None
) -> None:  # fmt: skip
    """A roster as a calendar on standard output: what `import` reads."""
    settings = settings_of(env_file)
    at = hub_now(settings)
    with transaction(settings) as conn:
        row = _Wanted(conn, site, territory, named).found()
        if row is None:
            fail("--roster: no roster serves that; make one with `vigie roster import`")
        stood = rosters.of_roster(conn, row.id)
        record(conn, "roster.export", f"roster:{row.id}", at=at)
    sys.stdout.write(write(stood.shifts, stood.weekly, name=row.name, stamp=at).decode())


@roster.command("now")
def now(
    site: Annotated[str, typer.Argument(metavar="SITE")], as_json: AsJson = False, env_file: EnvFile = None
) -> None:
    """Who is on call for a site, and who will be missing within a day. Status 1 when somebody is missing now."""
    settings = settings_of(env_file)
    at = hub_now(settings)
    with transaction(settings) as conn:
        if not registry.has_site(conn, site):
            fail(f"SITE: no site {site!r}")
        record(conn, "oncall", f"site:{site}", at=at)
        found = rosters.for_site(conn, site, since=at)
        roles = [role for role in ROLES if any(one.role == role for one in found.entries)]
        called = {role: on_call(found, role, at) for role in roles}
        known = rosters.contacts(conn, [one.person for some in called.values() for one in some])
    missing = gaps(found, roles, at, at + DAY)
    if as_json:
        answer = {role: [on_call_json(one, known) for one in some] for role, some in called.items()}
        print_json({"site": site, "now": iso(at), "on_call": answer, "gaps": [gap_json(gap) for gap in missing]})
    else:
        lines = [f"{role}: {one.person} until {iso(one.until)}" for role, some in called.items() for one in some]
        lines += [f"{gap.role}: nobody from {iso(gap.from_at)} to {iso(gap.to_at)}" for gap in missing]
        typer.echo("\n".join(lines) or f"nobody: no shift of any roster serves {site}")
    if not roles or any(gap.from_at <= at for gap in missing):
        raise typer.Exit(1)


class _Wanted:
    """Which roster is meant: by its name, or by what it serves."""

    def __init__(self, conn: Connection, site: str | None, territory: str | None, named: str | None) -> None:
        if (site is None) == (territory is None) and named is None:
            refuse("--site, --territory: expected one of them, or --roster")
        if site is not None:
            _known_sites(conn, [site])
        if territory is not None and rosters.territory_sites(conn, territory) is None:
            fail(f"--territory: no territory {territory!r}; make it with `vigie territory add`")
        self.conn, self.site, self.territory, self.named = conn, site, territory, named

    def found(self) -> RosterRow | None:
        """The one that exists; None when there is none. Fails when several could be meant."""
        if self.named is not None:
            return rosters.one(self.conn, self.named)
        served = self.territory
        rows = rosters.for_territory(self.conn, served) if served else rosters.serving(self.conn, [self.site or ""])
        if len(rows) > 1:
            fail(f"--roster: expected one of {', '.join(row.id for row in rows)}")
        return rows[0] if rows else None

    def served(self, by: By) -> RosterRow | None:
        """The one that exists, which from now on serves what was said: so it is shared with another's site."""
        row = self.found()
        if row is None or self.named is None or (self.site is None and self.territory is None):
            return row
        roster_edits.serve(self.conn, row.id, territory=self.territory, site=None if self.territory else self.site)
        after = rosters.one(self.conn, row.id)
        if after is not None and after.sites != row.sites:
            change = Change("roster.serve", f"roster:{row.id}", {"sites": row.sites}, {"sites": after.sites})
            roster_edits.record(self.conn, change, by)
        return after

    def made(self, organisation: str | None, timezone: str, by: By) -> RosterRow:
        """A new one that serves what was said, kept by the organisation."""
        name = self.named or self.site or self.territory or ""
        _checked(name, "--roster")
        if self.site is None and self.territory is None:
            fail(f"--roster: no roster {name!r}; say --site or --territory for a new one")
        keeper = self._keeper(organisation)
        roster_edits.add_roster(self.conn, RosterRow(name, keeper, name, timezone), by.at)
        roster_edits.serve(self.conn, name, territory=self.territory, site=None if self.territory else self.site)
        roster_edits.record(self.conn, Change("roster.add", f"roster:{name}", None, {"organisation": keeper}), by)
        row = rosters.one(self.conn, name)
        if row is None:
            fail(f"--roster: {name!r} could not be made")
        return row

    def _keeper(self, organisation: str | None) -> str:
        known = rosters.organisations(self.conn)
        if organisation is None and len(known) == 1:
            return known[0]
        if organisation not in known:
            said = "missing" if organisation is None else repr(organisation)
            fail(
                f"--organisation: expected one of {', '.join(known) or 'those of `vigie organisation add`'}, got {said}"
            )
        return organisation


def _payload(file: Path) -> bytes:
    try:
        payload = file.read_bytes()
    except OSError as error:
        refuse(f"FILE.ics: {error.strerror}: {file}")
    if len(payload) > MAX_FILE:
        refuse(f"FILE.ics: expected at most {MAX_FILE} bytes, got {len(payload)}")
    return payload


def _checked(name: str, field: str) -> None:
    if not NAME.fullmatch(name):
        refuse(f"{field}: expected lower-case letters, digits and hyphens, at most 63, got {name!r}")


def _known_sites(conn: Connection, sites: list[str]) -> None:
    known = people.all_sites(conn)
    for name in sites:
        if name not in known:
            fail(f"--site: no site {name!r}; make it with `vigie site add`")


def _kept(conn: Connection, change: Change, at: int) -> None:
    roster_edits.record(conn, change, By(operator(), at))
    record(conn, change.what, change.subject, at=at, detail=change.after)
