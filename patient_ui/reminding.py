"""Whether to remind somebody now: a calm policy. Pure.

Every number is a choice of this project (status D): quiet from 21:00 to 08:00, at most two a day, three hours apart,
none soon after something was sent. People may make it quieter, never louder.
"""

from datetime import tzinfo

from domain.instants import HOUR, MINUTE, Micros, moment
from domain.wall_clock import local_date
from storage.app_reminders import Reminded, Wishes

QUIET_FROM, QUIET_TO = 21 * 60, 8 * 60  # minutes of the day
A_DAY = 2
APART: Micros = 3 * HOUR
AFTER_SENDING: Micros = 30 * MINUTE
WORDS = {
    "fr": {"title": "Rappel", "body": "Quelque chose vous attend dans l'application."},
    "en": {"title": "Reminder", "body": "Something is waiting for you in the app."},
}


def may_remind(person: Reminded, at: Micros, zone: tzinfo) -> str | None:
    """Why not now; None when it may be."""
    local = moment(at).astimezone(zone)
    if is_quiet(local.hour * 60 + local.minute, person.wishes):
        return "quiet hours"
    today = [sent for sent in person.sent if local_date(sent, zone) == local.date()]
    if len(today) >= A_DAY:
        return f"{A_DAY} were sent today"
    if any(at - sent < APART for sent in person.sent):
        return "one was sent a short time ago"
    if person.last_message_at is not None and at - person.last_message_at < AFTER_SENDING:
        return "something was sent a short time ago"
    return None


def is_quiet(minute: int, wishes: Wishes) -> bool:
    """Whether a minute of the day lies in the quiet hours, of the policy or of the person."""
    return any(_within(minute, *span) for span in ((QUIET_FROM, QUIET_TO), (wishes.quiet_from, wishes.quiet_to)))


def _within(minute: int, start: int, end: int) -> bool:
    """Across midnight where the end comes first; nothing where both are one."""
    return start <= minute < end if start < end else (minute >= start or minute < end) and start != end


def is_waiting(item: dict[str, object]) -> bool:
    """Whether something of today is worth a reminder."""
    return item["state"] in ("due", "late")
