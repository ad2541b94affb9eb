"""What is expected of words and instants a person gives with an action. Pure; called by the routes of actions."""

import unicodedata

from domain.alerts import Alert
from domain.instants import MINUTE, Micros

# Minutes an alert may be snoozed at most, by severity; the engine holds to the protocol's own. Needs clinical sign-off.
SNOOZE_MINUTES = {"high": 60, "medium": 240, "low": 1440}
# Letters for Unicode that nobody can see: the fillers of Korean syllables.
_UNSEEN = "\u115f\u1160"


def says_something(text: str | None) -> bool:
    """Whether there is at least one letter or digit that can be seen."""
    plain = unicodedata.normalize("NFKC", text or "")
    return any(letter.isalnum() and letter not in _UNSEEN for letter in plain)


def snooze_fault(alert: Alert, until: Micros | None, now: Micros) -> str | None:
    """What is expected of the instant at which a snoozed alert comes back; None when it will do."""
    minutes = SNOOZE_MINUTES[alert.severity]
    if until is None or not now < until <= now + minutes * MINUTE:
        return f"an instant to come, at most {minutes} min away for an alert of severity {alert.severity}"
    return None
