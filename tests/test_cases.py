"""Every rule case of tests/cases says what it should, through the engine that runs live."""

from collections import Counter
from pathlib import Path

import pytest

from alerts.protocol.library import shipped
from alerts.trial.cases import Case
from vigie.rule_cases import check, load, run

CASES = load([Path(__file__).parent / "cases"])


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{Path(case.where).name}-{case.title[:40]}")
def test_case(case: Case) -> None:
    check(case, shipped())
    outcome = run(case, shipped())
    assert not outcome.differences, "\n".join(map(str, (*outcome.differences, *outcome.said)))


def test_the_shipped_protocols_have_cases() -> None:
    counted = Counter(case.plan["protocol"] for case in CASES)
    assert all(counted[name] >= 8 for name in shipped().protocols.keys() - {"site-watch"}), counted
    assert len({case.title for case in CASES}) == len(CASES)


@pytest.mark.parametrize("name", sorted(shipped().protocols.keys() - {"site-watch"}))
def test_every_rule_of_its_own_is_spoken_of_in_a_case(name: str) -> None:
    """Expected to happen, not only never: by a case of the protocol that says it."""
    protocol = shipped().protocols[name]
    said = {found.rule for case in CASES for found in case.expected if found.how in ("at", "once")}
    own = [each.id for each in (*protocol.rules, *protocol.answers) if protocol.clauses[each.id] == name]
    untold = [rule for rule in own if rule not in said and not any(found.startswith(f"{rule}.") for found in said)]
    assert set(untold) <= {"data-lost"}  # no line of a case says that a device dropped something
