"""Reasons that say something, and snoozes that end in time."""

import msgspec
import pytest

from alerts.protocol.library import shipped
from clinician_ui.spoken import SNOOZE_MINUTES, says_something, snooze_fault
from domain.instants import MINUTE
from tests.flow.console_world import an_alert


@pytest.mark.parametrize("text", ["vu", "7", "é", "看", " x ", "①"])
def test_one_letter_or_digit_is_enough(text: str) -> None:
    assert says_something(text)


@pytest.mark.parametrize("text", [None, "", " \n", "\u200b", "\u200b\u2060\ufeff", "\u3164", "\uffa0", "...", "\u00ad"])
def test_what_nobody_can_see_says_nothing(text: str | None) -> None:
    assert not says_something(text)


@pytest.mark.parametrize(("severity", "minutes"), [("high", 60), ("medium", 240), ("low", 1440)])
def test_a_snooze_ends_in_time(severity: str, minutes: int) -> None:
    alert = msgspec.structs.replace(an_alert("P1"), severity=severity)
    now = 1_000 * MINUTE
    assert snooze_fault(alert, now + minutes * MINUTE, now) is None
    assert snooze_fault(alert, now + 1, now) is None
    for until in (None, now, now - 1, now + minutes * MINUTE + 1):
        assert snooze_fault(alert, until, now) is not None


def test_the_bounds_are_those_of_the_protocols() -> None:
    for protocol in shipped().protocols.values():
        found = protocol.defaults
        bounds = {"high": found.snooze_high_min, "medium": found.snooze_medium_min, "low": found.snooze_low_min}
        assert bounds == SNOOZE_MINUTES
