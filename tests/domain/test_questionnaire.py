"""Branches, sums and the judging of answers: a questionnaire as values."""

import pytest

from domain.answering import wrong
from domain.questionnaire import Branch, Condition, Grade, Question, Questionnaire, Words, asked, totals

W = Words("oui", "yes")
TWO = (Grade(0, W), Grade(1, W))


def condition(code: str, op, value: float) -> Condition:
    return Condition(code, op, value)


def question(code: str, kind="grade", **more) -> Question:
    item, attribute = code.split(".")
    grades = more.pop("grades", TWO if kind == "grade" else ())
    return Question(item=item, attribute=attribute, kind=kind, text=W, grades=grades, **more)


def questionnaire(*questions: Question) -> Questionnaire:
    return Questionnaire(
        id="x", version="1", name="daily", title=W, recall_h=24, licence="l", source="s", protocols=("oral-therapy",),
        questions=questions,
    )  # fmt: skip


GATED = questionnaire(
    question("symptoms.presence"),
    question("nausea.severity", section=(Branch((condition("symptoms.presence", "=", 1),)),)),
    question(
        "where.text",
        "text",
        longest=5,
        section=(Branch((condition("symptoms.presence", "=", 1),)),),
        when=(Branch((condition("nausea.severity", "!=", 0),)),),
    ),
    question("bleeding.presence", drugs=("ibrutinib",)),
)


def shown(given, **more) -> list[str]:
    return [each.code for each in asked(GATED, given, **more)]


def test_a_section_opens_with_its_answer_and_a_question_with_its_own():
    assert shown({}) == ["symptoms.presence"]
    assert shown({"symptoms.presence": 0}) == ["symptoms.presence"]
    assert shown({"symptoms.presence": 1}) == ["symptoms.presence", "nausea.severity"]
    assert shown({"symptoms.presence": 1, "nausea.severity": 2})[-1] == "where.text"
    assert "where.text" not in shown({"symptoms.presence": 1, "nausea.severity": 0})


def test_what_was_there_last_time_is_asked_again_whatever_its_section_says_its_own_branch_holds():
    assert shown({"symptoms.presence": 0}, open_items=("nausea.severity", "where.text")) == [
        "symptoms.presence", "nausea.severity",
    ]  # fmt: skip


def test_what_hangs_on_an_open_question_comes_with_it():
    open_items = ("nausea.severity",)
    assert shown({"symptoms.presence": 0, "nausea.severity": 2}, open_items=open_items)[-1] == "where.text"
    assert "where.text" not in shown({"symptoms.presence": 0, "nausea.severity": 0}, open_items=open_items)


def test_a_question_on_a_drug_is_for_who_takes_it():
    assert "bleeding.presence" in shown({}, drugs=("imatinib", "ibrutinib"))
    assert "bleeding.presence" not in shown({}, drugs=("imatinib",))


@pytest.mark.parametrize(
    ("op", "value", "given", "met"),
    [
        ("exists", 1, 0, True), ("exists", 1, None, False), ("exists", 0, None, True), ("=", 2, 2, True),
        ("=", 2, 3, False),
        ("!=", 2, 3, True), ("!=", 2, None, False), (">", 2, 3, True), (">", 2, 2, False), ("<", 2, 1, True),
        (">=", 2, 2, True), ("<=", 2, 2, True), ("<=", 2, 3, False), (">", 0, "text", False),
    ],
)  # fmt: skip
def test_each_operator_says_nothing_of_what_was_not_answered(op, value, given, met):
    found = questionnaire(
        question("a.number", "number"), question("b.presence", when=(Branch((condition("a.number", op, value),)),))
    )
    answers = {} if given is None else {"a.number": given}
    assert (len(asked(found, answers)) == 2) is met


def test_any_of_several_conditions_is_enough_where_it_says_so():
    of = (condition("a.presence", "=", 1), condition("b.presence", "=", 1))
    for enough, count in ((True, 3), (False, 2)):
        found = questionnaire(
            question("a.presence"), question("b.presence"), question("c.presence", when=(Branch(of, enough),))
        )
        assert len(asked(found, {"a.presence": 1, "b.presence": 0})) == count


def test_a_sum_is_known_when_all_its_parts_are_and_is_not_asked():
    parts = ("a.number", "b.number")
    found = questionnaire(*(question(code, "number") for code in parts), question("ice.number", "number", sum_of=parts))
    assert totals(found, {"a.number": 4, "b.number": 3}) == {"ice.number": 7}
    assert totals(found, {"a.number": 4}) == {}
    assert totals(found, {"a.number": 4, "b.number": "x"}) == {}
    assert [each.code for each in asked(found, {})] == list(parts)


JUDGED = questionnaire(
    question("pain.severity", grades=tuple(Grade(g, W) for g in range(4))),
    question("ice.number", "number", low=0, high=10),
    question("other.text", "text", longest=10),
)


@pytest.mark.parametrize(
    ("item", "attribute", "sent", "field", "says"),
    [
        ("pain", "severity", {"grade": 3}, None, ""),
        ("pain", None, {"grade": 0}, None, ""),
        ("pain", "severity", {"grade": 4}, ".g", "one of 0, 1, 2, 3 for pain.severity"),
        ("pain", "frequency", {"grade": 1}, ".a", "of item pain in x@1: severity"),
        ("pian", "severity", {"grade": 1}, ".i", "an item of x@1: pain, ice, other"),
        ("pain", "severity", {"number": 2.0}, ".g", "a grade in g, and nothing else, for pain.severity"),
        ("pain", "severity", {"grade": 1, "text": "aie"}, ".g", "a grade in g, and nothing else, for pain.severity"),
        ("ice", "number", {"number": 10.0}, None, ""),
        ("ice", None, {"number": 11.0}, ".n", "0 to 10 for ice.number"),
        ("ice", "number", {"number": -0.5}, ".n", "0 to 10 for ice.number"),
        ("other", None, {"text": "0123456789"}, None, ""),
        ("other", "text", {"text": "0123456789a"}, ".s", "at most 10 characters for other.text, got 11"),
        ("other", "text", {"text": "<script>"}, None, ""),
    ],
)
def test_an_answer_is_judged_against_its_version_and_the_fault_names_field_and_what_was_expected(
    item, attribute, sent, field, says
):
    found = wrong(JUDGED, item, attribute, **sent)
    assert (field, says) == (None, "") if found is None else (found.field, found.expected) == (field, says)
    assert (found is not None and found.why == "unknown") is (field in (".i", ".a"))
