"""A model that hangs, raises or dies is cut off, said, and replaced; the next question is answered."""

from collections.abc import Iterator

import pytest

from alerts.predict.isolated import Isolated, ModelFailed

HERE = "tests.alerts.predict.answers"


@pytest.fixture(params=["hang", "die", "boom"])
def failing(request: pytest.FixtureRequest) -> Iterator[tuple[str, Isolated]]:
    model = Isolated(f"{HERE}:{request.param}", answers_within=0.3)
    yield request.param, model
    model.close()


def test_a_failure_is_said_and_the_next_question_finds_a_model(failing: tuple[str, Isolated]) -> None:
    kind, model = failing
    said = {"hang": "did not answer within 0.3 s and was cut off", "die": "died", "boom": "ValueError: a column"}[kind]
    for _ in range(2):
        with pytest.raises(ModelFailed, match=said):
            model.ask(b"{}")


def test_what_a_model_prints_is_no_answer_and_large_questions_pass() -> None:
    model = Isolated(f"{HERE}:chatty")
    try:
        assert model.ask(b"abc") == b"cba"
        assert model.ask(b"ab" * 200_000) == b"ba" * 200_000
    finally:
        model.close()


def test_a_model_that_cannot_be_imported_is_said() -> None:
    model = Isolated("tests.alerts.predict.nowhere:answer")
    with pytest.raises(ModelFailed, match="died"):
        model.ask(b"{}")
