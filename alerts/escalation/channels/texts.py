"""The words of a notification. Pure. Site, opaque id, severity, title, time, link: never a name, never a value.

Every part is cut to a length and loses what cannot be printed, so that nothing in it can pass for a line of ours.
"""

from zoneinfo import ZoneInfo

from msgspec import Struct

from alerts.escalation.channels import Message
from domain.instants import moment

LONGEST_PART, LONGEST_SHORT = 80, 300
SEVERITIES = {"high": ("haute", "high"), "medium": ("moyenne", "medium"), "low": ("basse", "low")}


class Wording(Struct, frozen=True):
    """What the texts need besides the message: where the console is, and the zone in which people read the time."""

    console_url: str = ""
    timezone: str = "Europe/Paris"


def plain(text: str) -> str:
    """One bounded line without anything that cannot be printed."""
    line = "".join(letter if letter.isprintable() else " " for letter in text[: LONGEST_PART * 4])
    return " ".join(line.split())[:LONGEST_PART]


def link(message: Message, wording: Wording) -> str:
    """Where the alert is on the console; empty without VIGIE_CONSOLE_URL."""
    return f"{wording.console_url.rstrip('/')}/#alert/{plain(message.alert)}" if wording.console_url else ""


def clock(message: Message, wording: Wording) -> str:
    """Day and time of the step, in the zone of the readers."""
    return moment(message.at).astimezone(ZoneInfo(wording.timezone)).strftime("%d/%m %H:%M")


def short(message: Message, wording: Wording) -> str:
    """For SMS and web push."""
    severity = SEVERITIES.get(message.severity, (plain(message.severity),) * 2)[0]
    words = f"Vigie {plain(message.site)} : alerte {severity}, {plain(message.patient)}, {plain(message.title_fr)}"
    return f"{words}, {clock(message, wording)}. {link(message, wording)}".strip()[:LONGEST_SHORT]


def spoken(message: Message, wording: Wording) -> str:
    """For a voice: no link, nothing that cannot be said."""
    severity = SEVERITIES.get(message.severity, (plain(message.severity),) * 2)[0]
    patient = f"Patient {' '.join(plain(message.patient))}. "
    said = f"Vigie. Alerte {severity}, site {plain(message.site)}. {patient}{plain(message.title_fr)}. "
    return f"{said}{clock(message, wording)}. Ouvrez la console."[:LONGEST_SHORT]


def subject(message: Message) -> str:
    """Of an e-mail."""
    severity = SEVERITIES.get(message.severity, (plain(message.severity),) * 2)[0]
    return f"[Vigie] {plain(message.site)} : alerte {severity}, {plain(message.patient)}, {plain(message.title_fr)}"


def long(message: Message, wording: Wording) -> str:
    """Body of an e-mail, French then English."""
    fr, en = SEVERITIES.get(message.severity, (plain(message.severity),) * 2)
    site, patient, when = plain(message.site), plain(message.patient), clock(message, wording)
    return "\n".join(
        (
            f"Alerte {fr} : {plain(message.title_fr)}",
            f"Site {site}, patient {patient}, {when} ({wording.timezone})",
            "",
            f"Alert, {en}: {plain(message.title_en)}",
            f"Site {site}, patient {patient}, {when} ({wording.timezone})",
            "",
            link(message, wording),
            "",
        )
    )
