"""The doses of an oral plan as the lapse model takes them, and what it says of the next two. Pure.

A dose nobody reported, held or inside a pause is unknown to the model, never missed. Callers: `alerts.adherence_desk`.
"""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

import numpy as np

from alerts.oral.doses import OPEN, TAKEN, Standing, State
from alerts.oral.expected import Expected
from alerts.oral.matching import Matched
from domain.instants import moment
from models.adherence.lapse import Dose, Due, Lapse, Outcome, Prior, lapse_risk

DICE = 20260101  # the same doses give the same answer


def lapse_of(rows: Sequence[tuple[Matched, Standing]], coming: Sequence[Expected], prior: Prior) -> Lapse:
    """Of one drug. `rows`: its doses until now, in order; `coming`: those after now, held ones left out."""
    past = [(row.dose, standing.state) for row, standing in rows if standing.state not in OPEN]
    still = [row.dose for row, standing in rows if standing.state in OPEN and row.dose.held is None]
    history = [_dose(dose, state) for dose, state in past]
    following = [Due(*_clock(dose)) for dose in (*still, *coming)][:2]
    if len(following) < 2:
        known = sum(dose.outcome != "unknown" for dose in history)
        return Lapse(None, None, None, None, known, "expected two doses to come, the plan has fewer", prior.version)
    return lapse_risk(history, (following[0], following[1]), prior, np.random.default_rng(DICE))


def _dose(dose: Expected, state: State) -> Dose:
    return Dose(*_clock(dose), _outcome(state))


def _outcome(state: State) -> Outcome:
    if state in TAKEN:
        return "taken"
    return "missed" if state == "skipped" else "unknown"


def _clock(dose: Expected) -> tuple[int, int]:
    """Hour and weekday on the patient's wall clock."""
    at = moment(dose.due_at).astimezone(ZoneInfo(dose.zone))
    return at.hour, at.weekday()
