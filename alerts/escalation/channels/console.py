"""The console: nothing is sent, the feed has the alert already. Delivered when an attended console got it."""

from collections.abc import Callable

from msgspec import Struct

from alerts.escalation.channels import Contact, Failed, Message, Sent
from domain.instants import SECOND

Attended = Callable[[Message, Contact], bool]


class Console(Struct, frozen=True):
    """`attended`: whether a live feed of this person, or of the role at the site, was seen since the step was due."""

    attended: Attended

    def send(self, message: Message, contact: Contact) -> Sent | Failed:
        """Look whether it was shown; until then look again every second."""
        if self.attended(message, contact):
            return Sent("an attended console has it", delivered=True)
        return Failed("no attended console of this person or role", retry_after=SECOND)
