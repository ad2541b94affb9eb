"""The one table of roles and verbs, written out: a change to it is a change here."""

import pytest

from clinician_ui.access import TABLE, Caller, Verb, may, require
from web.problems import Problem

SEE, ENTER, ACK, SNOOZE, ASSIGN, COMMENT = "see", "enter", "acknowledge", "snooze", "assign", "comment"
CLOSE, REOPEN, QUARANTINE, UNROUTED = "close", "reopen", "quarantine", "unrouted"
FIGURES = "figures"

EXPECTED = {
    "physician": {SEE, ENTER, ACK, SNOOZE, ASSIGN, COMMENT, CLOSE, REOPEN, QUARANTINE, FIGURES},
    "advanced-nurse": {SEE, ENTER, ACK, SNOOZE, ASSIGN, COMMENT, CLOSE, REOPEN, QUARANTINE, FIGURES},
    "nurse": {SEE, ENTER, ACK, SNOOZE, ASSIGN, COMMENT, QUARANTINE, FIGURES},
    "coordinator": {SEE, ASSIGN, COMMENT, QUARANTINE, FIGURES},
    "pharmacist": {SEE, ENTER, COMMENT},
    "prescriber": {SEE, ENTER, COMMENT},
    "operator": {QUARANTINE, UNROUTED, FIGURES},
    "auditor": {FIGURES},
}

# Protocols, pauses, the limits of sites, rosters and administration, by verb.
BY_VERB = {
    "review": {"physician", "advanced-nurse", "nurse"},
    "pause": {"physician", "advanced-nurse", "nurse", "coordinator"},
    "sheet": {"physician", "advanced-nurse", "nurse", "coordinator"},
    "protocol-see": {"physician", "prescriber", "pharmacist", "nurse", "advanced-nurse", "coordinator", "auditor"},
    "protocol-sign": {"physician", "prescriber", "pharmacist"},
    "protocol-activate": {"physician", "coordinator"},
    "site-limits": {"physician"},
    "roster": {"physician", "coordinator"},
    "accounts": {"operator"},
    "devices": {"operator", "coordinator", "nurse", "advanced-nurse", "physician"},
    "health": {"operator", "coordinator", "auditor"},
    "enrol": {"physician", "prescriber", "nurse", "advanced-nurse", "coordinator"},
}
for _verb, _roles in BY_VERB.items():
    for _role in _roles:
        EXPECTED[_role].add(_verb)


def caller(role: str, *, must_change: bool = False) -> Caller:
    """Somebody of that role."""
    return Caller(1, "x", role, ("paris",), b"", must_change)


def test_every_role_of_the_interface_is_in_the_table() -> None:
    assert {role: {verb.value for verb in verbs} for role, verbs in TABLE.items()} == EXPECTED


@pytest.mark.parametrize("verb", list(Verb))
@pytest.mark.parametrize("role", [*EXPECTED, "visitor"])
def test_require_follows_the_table(role: str, verb: Verb) -> None:
    if verb.value in EXPECTED.get(role, set()):
        require(caller(role), verb)
        return
    assert not may(role, verb)
    with pytest.raises(Problem) as refused:
        require(caller(role), verb)
    assert refused.value.status == 403


def test_nothing_is_permitted_before_a_one_time_password_is_replaced() -> None:
    with pytest.raises(Problem) as refused:
        require(caller("physician", must_change=True), Verb.SEE)
    assert refused.value.kind == "urn:vigie:must-change"
