"""The demo's roster: everybody of the demo is on call all the time, so that escalation calls somebody. Demo only."""

from collections.abc import Sequence

from alerts.escalation import roster_desk
from alerts.escalation.oncall.calendar import Entries
from domain.instants import Micros
from domain.oncall import Weekly
from domain.wall_clock import local_date, zone_of
from storage import roster_edits, rosters
from storage.connection import Connection
from storage.roster_edits import By

ZONE = "Europe/Paris"


def everybody_on_call(conn: Connection, site: str, people: Sequence[tuple[str, str]], *, at: Micros) -> None:
    """An organisation, a roster that serves the site, and one shift without end a person (name, role)."""
    first = local_date(at, zone_of(ZONE))
    roster_edits.add_organisation(conn, site, "Démonstration", at)
    roster_edits.run_sites(conn, site, [site])
    roster_edits.add_roster(conn, rosters.RosterRow(site, site, "Démonstration", ZONE), at)
    roster_edits.serve(conn, site, site=site)
    row = rosters.one(conn, site)
    if row is None:
        raise RuntimeError(f"roster {site}: expected the one just made")
    days = tuple(range(7))
    shifts = tuple(Weekly(name, role, name, ZONE, days, 0, 0, 1, first) for name, role in people)
    roster_desk.put(conn, row, Entries((), shifts), By("vigie demo", at))
