"""`vigie serve` with a rule that runs away: `python -m tests.flow.runaway_hub serve`. Only tests start it.

The rule `fever` uses half a minute of processor time for a patient named `runaway`, and is itself for everybody else.
"""

import time

from alerts.core import streams
from alerts.rules import fold
from alerts.rules.fold import State
from alerts.rules.level import LevelRule
from domain.values import Reading
from vigie.cli import app

RULE, PATIENT, SECONDS = "fever", "runaway", 30.0


def advance(rule: LevelRule, state: State, reading: Reading, value: float, *, counts: bool = True) -> State:
    """What the rule does: for one patient nothing useful, for long."""
    if rule.id == RULE and reading.patient == PATIENT:
        began = time.thread_time()
        while time.thread_time() - began < SECONDS:
            pass
    return fold.advance(rule, state, reading, value, counts=counts)


if __name__ == "__main__":
    setattr(streams, "advance", advance)  # noqa: B010 - a name of its own that it does not export
    app()
