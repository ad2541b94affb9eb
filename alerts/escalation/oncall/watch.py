"""What the watch says of a site: nobody on call within a day, no attended console. Pure; `watch_service` asks.

A note is told to the engine when it is new, says something else, or was said long ago; the engine makes it an alert.
"""

from collections.abc import Sequence
from datetime import tzinfo
from typing import Any

from msgspec import Struct

from alerts.escalation.oncall.roster import gaps
from domain.alerts import Said
from domain.instants import HOUR, Micros, moment
from domain.oncall import Gap, Roster

NOBODY, UNATTENDED = "nobody-on-call", "no-attended-console"
KINDS = (NOBODY, UNATTENDED)
# Choices of this project (status D), to be signed like every other number.
AHEAD: Micros = 24 * HOUR
SOON: Micros = HOUR  # a gap that begins within this time is high, a later one medium
AGAIN: Micros = HOUR  # what goes on holding is told again, so that an alert closed by mistake does come back

_FR = {
    "physician": "médecin", "nurse": "infirmier", "advanced-nurse": "infirmier en pratique avancée",
    "pharmacist": "pharmacien", "prescriber": "prescripteur", "coordinator": "coordinateur", "operator": "opérateur",
}  # fmt: skip
_DAYS_FR = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_DAYS_EN = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")


class Note(Struct, frozen=True):
    """What is so at a site, as the engine is told it."""

    kind: str
    holds: bool
    severity: str
    said: Said
    criterion: str

    def body(self) -> dict[str, Any]:
        """The body of its row in the inbox."""
        return {"kind": self.kind, "holds": self.holds, "severity": self.severity, "fr": self.said.fr,
                "en": self.said.en, "criterion": self.criterion}  # fmt: skip


def nobody_on_call(roster: Roster, roles: Sequence[str], at: Micros, *, zone: tzinfo) -> Note:
    """Whether a role that escalation names has nobody within the next 24 h, and from when."""
    first = _first_of_each(gaps(roster, roles, at, at + AHEAD))
    if not first:
        fr, en = "Une astreinte est prévue pour chaque rôle", "Somebody is on call in every role"
        return Note(NOBODY, False, "medium", Said(fr, en), "gap")
    severity = "high" if min(gap.from_at for gap in first) <= at + SOON else "medium"
    fr = "; ".join(_gap_fr(gap, at, zone) for gap in first)
    en = "; ".join(_gap_en(gap, at, zone) for gap in first)
    return Note(NOBODY, True, severity, Said(f"Personne d'astreinte : {fr}", f"Nobody on call: {en}"), "gap")


def unreadable_roster() -> Note:
    """What is not known is said: a roster that cannot be resolved counts as one with nobody."""
    fr = "Le tableau d'astreinte du site ne peut pas être lu : prévenir l'exploitant"
    return Note(NOBODY, True, "high", Said(fr, "The site's roster cannot be read: call the operator"), "unreadable")


def _first_of_each(found: Sequence[Gap]) -> list[Gap]:
    first: dict[str, Gap] = {}
    for gap in found:
        first.setdefault(gap.role, gap)
    return list(first.values())


def _gap_fr(gap: Gap, at: Micros, zone: tzinfo) -> str:
    role = _FR.get(gap.role, gap.role)
    if gap.from_at <= at:
        start = "en ce moment"
    else:
        shown = moment(gap.from_at).astimezone(zone)
        start = f"à partir de {_DAYS_FR[shown.weekday()]} {shown:%d/%m} à {shown:%H:%M}"
    if gap.to_at >= at + AHEAD:
        return f"{role}, {start}"
    shown = moment(gap.to_at).astimezone(zone)
    return f"{role}, {start}, jusqu'à {_DAYS_FR[shown.weekday()]} {shown:%H:%M}"


def _gap_en(gap: Gap, at: Micros, zone: tzinfo) -> str:
    if gap.from_at <= at:
        start = "now"
    else:
        shown = moment(gap.from_at).astimezone(zone)
        start = f"from {_DAYS_EN[shown.weekday()]} {shown:%d/%m} {shown:%H:%M}"
    if gap.to_at >= at + AHEAD:
        return f"{gap.role}, {start}"
    shown = moment(gap.to_at).astimezone(zone)
    return f"{gap.role}, {start}, until {_DAYS_EN[shown.weekday()]} {shown:%H:%M}"


def attended_console(minutes: float) -> Note:
    """A console of the site answers its beats and its alarm can be heard."""
    fr, en = "Une console est ouverte et surveillée", "A console is open and attended"
    return Note(UNATTENDED, False, "medium", Said(fr, en), f"{minutes:g} min")


def no_attended_console(minutes: float) -> Note:
    """None has, for so many minutes."""
    fr = f"Aucune console surveillée (ouverte, sonnerie active) depuis au moins {minutes:g} min"
    en = f"No attended console (open, its alarm unlocked) for at least {minutes:g} min"
    return Note(UNATTENDED, True, "high", Said(fr, en), f"{minutes:g} min")


def worth_telling(note: Note, last: dict[str, Any] | None, last_at: Micros, at: Micros) -> bool:
    """Whether the engine does not know it yet. `last`: the body told last, None: nothing was."""
    if last is None:
        return note.holds
    if not note.holds:
        return bool(last.get("holds"))
    return note.body() != last or at - last_at >= AGAIN
