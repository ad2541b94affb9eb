"""Somebody to call, for benchmarks and tests of escalation: a roster, addresses, and a protocol whose steps are near.

The protocol is drafted, signed and activated at the desk, as a site does it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date

from alerts.escalation import roster_desk
from alerts.escalation.oncall.calendar import Entries
from alerts.protocol import desk
from alerts.protocol.library import shipped_texts
from clinician_ui.first_account import NewUser, add_user
from domain.instants import Micros, moment
from domain.oncall import Weekly
from domain.protocols import Act
from storage import roster_edits, rosters
from storage.connection import Connection
from storage.roster_edits import By

ZONE = "Europe/Paris"
Step = tuple[float, str, tuple[str, ...]]  # minutes, role, channels


def with_steps(name: str, steps: Sequence[Step]) -> str:
    """A shipped protocol as another version, whose high alerts escalate so; others ring at the console alone."""
    text = re.sub(r'(?m)^version = ".*"$', 'version = "900.1"', shipped_texts()[name], count=1)
    rows = ", ".join(_step(*step) for step in steps)
    medium = _step(0, "nurse", ("console",))
    words = f'high = [{rows}]\nmedium = [{medium}]\nsource = "choice of this project"\nstatus = "D"\n'
    text, found = re.subn(r"(?ms)^\[escalation\]\n.*?(?=^\[|\Z)", f"[escalation]\n{words}\n", text)
    return text if found else f"{text}\n[escalation]\n{words}"


def _step(minutes: float, role: str, channels: Sequence[str]) -> str:
    how = ", ".join(f'"{channel}"' for channel in channels)
    return f'{{ after_min = {minutes}, who = ["{role}"], how = [{how}] }}'


def put_in_force(conn: Connection, text: str, *, at: Micros) -> str:
    """Draft, sign by every role it asks for, activate. Its ID@VERSION."""
    made = desk.draft(conn, "own.toml", text, act=Act("operator1", "operator", at))
    for role in made.asked:
        desk.sign(conn, made.ref, act=Act(f"{role}1", role, at), digest=made.digest)
    desk.activate(conn, [made.ref], act=Act("operator1", "operator", at), from_at=at)
    return made.ref


def add_people(conn: Connection, people: Mapping[str, str], site: str, password: str, *, at: Micros) -> None:
    """Accounts (name -> role) with a number and an address each."""
    for place, (name, role) in enumerate(people.items()):
        add_user(conn, NewUser(name, role, password, (site,)), at, actor="bench")
        conn.execute(
            "INSERT INTO contact (account, email, sms, voice, set_by, set_at) VALUES (%s, %s, %s, %s, 'bench', %s)",
            (name, f"{name}@ward.test", f"+336000000{place:02}", f"+331000000{place:02}", moment(at)),
        )


def on_call(conn: Connection, site: str, people: Mapping[str, str], *, at: Micros) -> None:
    """These people (name -> role) without end, in a roster that serves the site."""
    roster_edits.add_organisation(conn, site, site, at)
    roster_edits.run_sites(conn, site, [site])
    roster_edits.add_roster(conn, rosters.RosterRow(site, site, site, ZONE), at)
    roster_edits.serve(conn, site, site=site)
    call(conn, site, people, at=at)


def call(conn: Connection, roster: str, people: Mapping[str, str], *, at: Micros) -> None:
    """Shifts without end into a roster that exists."""
    row = rosters.one(conn, roster)
    if row is None:
        raise RuntimeError(f"roster {roster}: expected one that exists")
    begin = date(2026, 1, 5)
    shifts = tuple(Weekly(name, role, name, ZONE, tuple(range(7)), 0, 0, 1, begin) for name, role in people.items())
    roster_desk.put(conn, row, Entries((), shifts), By("bench", at))
