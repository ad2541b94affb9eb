"""Rosters as a browser sees them. Computes nothing clinical."""

from collections.abc import Mapping, Sequence
from typing import Any

from clinician_ui.views import iso_or_none
from domain.instants import iso
from domain.oncall import Contacts, Gap, OnCall, Shift, Stretch, Weekly
from storage.rosters import Changed, Handover, RosterRow, SubstitutionRow


def on_call_json(one: OnCall, known: Mapping[str, Contacts]) -> dict[str, Any]:
    """Somebody on call now, with the number at which a colleague calls them."""
    reached = known.get(one.person, Contacts())
    return {
        "person": one.person,
        "organisation": one.organisation,
        "since": iso(one.since),
        "until": iso(one.until),
        "substitute_for": one.substitute_for,
        "order": one.order,
        "voice": reached.voice or reached.sms,
    }


def stretch_json(one: Stretch) -> dict[str, Any]:
    """Somebody on call from … to …, substitutions applied."""
    return {
        "role": one.role,
        "person": one.person,
        "organisation": one.organisation,
        "from": iso(one.from_at),
        "to": iso(one.to_at),
        "substitute_for": one.substitute_for,
        "rank": one.rank,
        "shift": one.shift,
    }


def gap_json(gap: Gap) -> dict[str, Any]:
    """Nobody on call from … to …."""
    return {"role": gap.role, "from": iso(gap.from_at), "to": iso(gap.to_at)}


def roster_json(row: RosterRow) -> dict[str, Any]:
    """A roster without what stands in it."""
    return {
        "id": row.id, "organisation": row.organisation, "name": row.name, "timezone": row.timezone,
        "sites": list(row.sites),
    }  # fmt: skip


def shift_json(one: Shift | Weekly) -> dict[str, Any]:
    """A shift as it is put."""
    head = {"uid": one.uid, "role": one.role, "person": one.person, "rank": one.rank}
    if isinstance(one, Shift):
        return {**head, "from": iso(one.from_at), "to": iso(one.to_at)}
    pattern = {
        "weekdays": list(one.weekdays), "begins": clock(one.begins), "ends": clock(one.ends), "days": one.days,
        "every": one.every, "first": one.first.isoformat(), "last": one.last.isoformat() if one.last else None,
        "without": [day.isoformat() for day in one.without], "timezone": one.timezone,
    }  # fmt: skip
    return {**head, "weekly": pattern}


def clock(minutes: int) -> str:
    """Minutes of the day as HH:MM."""
    return f"{minutes // 60:02}:{minutes % 60:02}"


def substitution_json(row: SubstitutionRow) -> dict[str, Any]:
    """A substitution, why, and who entered it."""
    found = row.substitution
    return {
        "id": row.id, "person": found.person, "by": found.by, "role": found.role, "from": iso(found.from_at),
        "to": iso(found.to_at), "reason": row.reason, "set_by": row.set_by, "set_at": iso(row.set_at),
    }  # fmt: skip


def handover_json(note: Handover) -> dict[str, Any]:
    """A hand-over note."""
    return {
        "id": note.id, "roster": note.roster, "shift": note.shift, "author": note.author, "at": iso_or_none(note.at),
        "text": note.text,
        "read": [{"by": one.by, "at": iso(one.at)} for one in note.read],
    }  # fmt: skip


def change_json(one: Changed) -> dict[str, Any]:
    """One line of the history."""
    return {
        "id": one.id,
        "at": iso(one.at),
        "by": one.actor,
        "what": one.what,
        "before": one.before,
        "after": one.after,
    }


def contacts_json(found: Contacts) -> dict[str, Any]:
    """One's own contacts. The keys of a browser stay here."""
    endpoints: Sequence[str] = [push.endpoint for push in found.webpush]
    return {"email": found.email, "sms": found.sms, "voice": found.voice, "web_push": list(endpoints)}
