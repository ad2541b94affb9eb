"""Promise 4: 10,000 shuffled, duplicated, late sequences give the same condition episodes as the sequence in order."""

import random

import pytest
from msgspec import structs

from domain.alerts import Input
from tests.alerts import kinds
from tests.alerts.test_rule_kinds import groups, play

EACH = 10_000 // len(kinds.RULES)


def received(message: list[Input], at: int) -> list[Input]:
    return [structs.replace(found, received_at=at) for found in message]  # type: ignore[type-var,misc]


@pytest.mark.parametrize("rule", kinds.RULES)
def test_any_arrival_gives_the_episodes_of_the_order(rule: str) -> None:
    dice = random.Random(rule)
    with_episodes = 0
    for _ in range(EACH):
        messages = groups(kinds.series(rule, dice, count=dice.randint(4, 14)))
        last = max(found.measured_at for message in messages for found in message)  # type: ignore[union-attr]
        expected = kinds.episodes(play(messages)[0], rule)
        with_episodes += bool(expected)
        arriving = [message for message in messages if rule == "count" or dice.random() < 0.7]
        arriving = arriving + messages if rule != "count" else messages
        dice.shuffle(arriving)
        late = [received(message, last + place) for place, message in enumerate(arriving)]
        assert kinds.episodes(play(late)[0], rule) == expected
    assert with_episodes > EACH / 20  # most series would prove nothing if none of them met anything
