"""The console sends nothing: it says whether a live console has the alert."""

from alerts.escalation.channels import Failed, Sent, obstacle
from alerts.escalation.channels.console import Console
from domain.instants import SECOND
from tests.alerts.escalation.channels.support import NURSE, a_message


def test_an_attended_console_has_it() -> None:
    answer = Console(lambda message, contact: message.id != "" and contact.person == "nurse1").send(a_message(), NURSE)
    assert isinstance(answer, Sent)
    assert answer.delivered


def test_nobody_there_is_looked_at_again_in_a_second() -> None:
    answer = Console(lambda *_: False).send(a_message(), NURSE)
    assert isinstance(answer, Failed)
    assert (answer.lasting, answer.retry_after) == (False, SECOND)


def test_an_address_that_is_missing_is_named() -> None:
    assert obstacle("sms", NURSE) is None
    assert obstacle("web-push", NURSE) == "no address for web-push"
    assert obstacle("console", NURSE) is None
