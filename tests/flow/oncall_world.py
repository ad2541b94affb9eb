"""Rosters for tests: two organisations, one shared site."""

from datetime import date
from typing import Any

import psycopg

from alerts.escalation import roster_desk
from alerts.escalation.oncall.calendar import Entries
from domain.instants import Micros
from domain.oncall import Shift, Weekly
from storage import roster_edits, rosters
from storage.roster_edits import By

PARIS = "Europe/Paris"


def add_roster(conn: psycopg.Connection[Any], name: str, organisation: str, *sites: str, at: Micros) -> None:
    """A roster of an organisation that runs the first of the sites it serves."""
    roster_edits.add_organisation(conn, organisation, organisation, at)
    roster_edits.run_sites(conn, organisation, sites[:1])
    roster_edits.add_roster(conn, rosters.RosterRow(name, organisation, name, PARIS), at)
    for site in sites:
        roster_edits.serve(conn, name, site=site)


def put(conn: psycopg.Connection[Any], roster: str, *shifts: Shift | Weekly, at: Micros) -> None:
    """Shifts, as somebody at the desk puts them."""
    row = rosters.one(conn, roster)
    assert row is not None
    single = tuple(one for one in shifts if isinstance(one, Shift))
    weekly = tuple(one for one in shifts if isinstance(one, Weekly))
    roster_desk.put(conn, row, Entries(single, weekly), By("desk", at))


def always(person: str, role: str, uid: str = "always") -> Weekly:
    """On call without end."""
    return Weekly(uid, role, person, PARIS, tuple(range(7)), 0, 0, 1, date(2026, 1, 5))
