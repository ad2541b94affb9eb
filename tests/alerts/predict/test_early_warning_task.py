"""The process of the early warning with the shipped file: a score with its reasons, or what is missing for one."""

import msgspec
import pytest

from alerts.predict import early_warning_task
from alerts.predict.early_warning_task import drift, early_warning
from alerts.predict.question import Moved, Question
from domain.instants import HOUR, Micros
from models.early_warning.values import Refused, Score

AT: Micros = 1_795_000_000_000_000
ILL = {"8867-4": 125.0, "59408-5": 91.0, "8310-5": 38.9, "8480-6": 95.0, "8462-4": 55.0, "9279-1": 26.0}


def asked(values: dict[str, float], *, alarms: list[Micros] | None = None, until: int = 0) -> Score:
    readings = [(code, value, AT - hour * HOUR) for hour in range(until, 24) for code, value in values.items()]
    return msgspec.json.decode(early_warning(msgspec.json.encode(Question(AT, readings, alarms or []))), type=Score)


def test_an_ill_person_has_a_risk_with_reasons_and_one_alarm() -> None:
    found = asked(ILL)
    assert (found.status, found.alarm) == ("ready", True)
    assert 0 < (found.risk or 0) < 1
    assert all(each.said.fr and each.said.en for each in found.reasons)
    again = asked(ILL, alarms=[AT - HOUR])
    assert (again.risk, again.alarm) == (found.risk, False)


def test_too_little_and_too_old_are_unknown_and_say_why() -> None:
    for found in (asked({"8867-4": 80.0}), asked(ILL, until=20), asked({})):
        assert (found.risk, found.alarm) == (None, False)
        assert found.status != "ready"
        assert found.why.fr


def test_a_refused_file_answers_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(early_warning_task, "_model", Refused("sha256", "aa", "bb"))
    with pytest.raises(ValueError, match="the trained file: sha256: expected aa, got bb"):
        asked(ILL)


def test_inputs_far_from_the_training_have_moved_and_few_say_nothing() -> None:
    row = list(asked(ILL).watched)
    found = msgspec.json.decode(drift(msgspec.json.encode([row] * 300)), type=list[Moved])
    assert {each.answer for each in found} >= {"outside"}
    few = msgspec.json.decode(drift(msgspec.json.encode([row] * 3)), type=list[Moved])
    assert {each.answer for each in few} == {"unknown"}
