"""People as the lapse model takes them to be: its interval is checked against what is true. Called by evaluation."""

import numpy as np

from models.adherence.lapse import LOOK_BACK, RECENCIES, Dose, Due, Outcome, Prior, cell, lapse_risk, recency_of

DOSES = 120


def simulated(prior: Prior, dice: np.random.Generator) -> tuple[list[Dose], tuple[Due, Due], float]:
    """One person's doses, twice a day, the next two, and the true chance that both are missed."""
    rates = np.array(prior.rates)
    person = dice.beta(rates * prior.weight_of_others, (1 - rates) * prior.weight_of_others)
    spread = np.ones((len(RECENCIES), 4, 2)) * prior.weight_of_person
    cells = dice.beta(spread * person[:, None, None], spread * (1 - person)[:, None, None])
    outcomes: list[Outcome] = []
    for place in range(DOSES):
        recency = recency_of(outcomes[-LOOK_BACK:])
        missed = dice.random() < cells[cell(_due(place), recency or 0)]
        outcomes.append("missed" if missed else "taken")
    last = recency_of(outcomes) or 0
    following = (_due(DOSES), _due(DOSES + 1))
    true = cells[cell(following[0], last)] * cells[cell(following[1], min(max(last, 1) + 1, len(RECENCIES) - 1))]
    doses = [Dose(_due(place).hour, _due(place).weekday, outcome) for place, outcome in enumerate(outcomes)]
    return doses, following, float(true)


def _due(place: int) -> Due:
    return Due(8 if place % 2 == 0 else 20, place // 2 % 7)


def covered(prior: Prior, people: int, seed: int) -> int:
    """For how many of these people the true chance lay in the 95 % interval."""
    dice = np.random.default_rng(seed)
    inside = 0
    for _ in range(people):
        doses, following, true = simulated(prior, dice)
        found = lapse_risk(doses, following, prior, dice)
        inside += found.low is not None and found.high is not None and found.low <= true <= found.high
    return inside
