"""Reading the FHIR subset: what is refused, by file, item, field and what was expected."""

import copy
import json

import pytest

from domain.questionnaire_fhir import QuestionnaireError, read

GRADES = [{"valueCoding": {"code": str(g), "display": f"degré {g}"}} for g in range(5)]
PLAIN = {
    "resourceType": "Questionnaire", "id": "mine", "version": "2.1", "status": "active", "title": "Mes questions",
    "copyright": "CC0", "extension": [{"url": "urn:vigie:recall-hours", "valueInteger": 168}],
    "publisher": "somebody", "text": {"status": "generated", "div": "<div/>"},
    "item": [
        {"linkId": "pain.severity", "type": "choice", "text": "Mal ?", "answerOption": GRADES},
        {"linkId": "g1", "type": "group", "enableWhen": [
            {"question": "pain.severity", "operator": "!=", "answerCoding": {"code": "0"}}],
         "item": [
            {"linkId": "where", "type": "string", "text": "Où ?", "maxLength": 100},
            {"linkId": "q7", "type": "decimal", "text": "Combien ?",
             "code": [{"system": "urn:vigie:answer", "code": "nrs.number"}],
             "extension": [{"url": "http://hl7.org/fhir/StructureDefinition/minValue", "valueDecimal": 0},
                           {"url": "http://hl7.org/fhir/StructureDefinition/maxValue", "valueDecimal": 10}]},
            {"linkId": "hint", "type": "display", "text": "Merci"}]},
    ],
}  # fmt: skip


def changed(*path, value=None, drop: bool = False) -> str:
    found = copy.deepcopy(PLAIN)
    here = found
    for step in path[:-1]:
        here = here[step]
    if drop:
        del here[path[-1]]
    else:
        here[path[-1]] = value
    return json.dumps(found)


def fault_of(text: str) -> str:
    with pytest.raises(QuestionnaireError) as caught:
        read("mine.json", text)
    return str(caught.value)


def test_a_plain_questionnaire_of_somebody_else_can_be_asked():
    found = read("mine.json", json.dumps(PLAIN))
    assert (found.ref, found.name, found.recall_h, found.licence) == ("mine@2.1", "mine", 168, "CC0")
    assert found.codes == ("pain.severity", "where.text", "nrs.number")
    pain, where, number = found.questions
    assert (len(pain.grades), pain.grades[4].text.en, pain.section) == (5, "degré 4", ())
    assert where.section == number.section
    assert (where.longest, number.low, number.high) == (100, 0, 10)


def test_a_licence_given_beside_it_stands_for_its_own():
    assert read("m.json", changed("copyright", drop=True), licence="agreement 12").licence == "agreement 12"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "mine.json: Input data was truncated"),
        (json.dumps({**PLAIN, "resourceType": "Patient"}), "mine.json: resourceType: Invalid enum value 'Patient'"),
        (changed("version", drop=True), "mine.json: Object missing required field `version`"),
        (changed("id", value="Mine Own"), "mine.json: id: expected lower case letters"),
        (changed("copyright", value=" "), "mine.json: copyright: expected the licence under which"),
        (changed("extension", value=[]), "urn:vigie:recall-hours: expected one valueInteger"),
        (changed("modifierExtension", value=[{"url": "x"}]), "modifierExtension: expected none"),
        (changed("item", value=[]), "item: expected 1 to 200 questions, got 0"),
        (changed("item", 0, "type", value="open-choice"), "item pain.severity: type: Invalid enum value 'open-choice'"),
        (
            changed("item", 0, "answerValueSet", value="#x"),
            "item pain.severity: Object contains unknown field `answerValueSet`",
        ),
        (changed("item", 1, "item", 0, "repeats", value=True), "item where: Object contains unknown field `repeats`"),
        (changed("item", 0, "text", value=""), "item pain.severity: text: expected a text"),
        (
            changed("item", 0, "answerOption", value=GRADES[:1]),
            "item pain.severity: answerOption: expected at least two",
        ),
        (
            changed("item", 0, "answerOption", 0, value={"valueCoding": {"code": "7", "display": "x"}}),
            "item pain.severity: answerOption[0]: expected ordinalValue, or a code, of 0 to 4",
        ),
        (
            changed("item", 0, "answerOption", 0, value={"valueString": "x"}),
            "answerOption[0]: Object contains unknown field",
        ),
        (
            changed("item", 1, "item", 0, "linkId", value="pain.severity"),
            "linkId: expected letters, digits, - . _ and each once",
        ),
        (changed("item", 1, "item", 0, "maxLength", drop=True), "item where: maxLength: expected 1 to 10000"),
        (changed("item", 1, "item", 0, "maxLength", value=10_001), "item where: maxLength: expected 1 to 10000"),
        (changed("item", 1, "item", 1, "extension", value=[]), "item q7: extension: expected minValue and maxValue"),
        (
            changed("item", 1, "item", 1, "code", 0, "code", value="Not Ours"),
            "item q7: code: expected one of the system urn:vigie:answer",
        ),
        (
            changed("item", 1, "item", 1, "code", 0, "code", value="pain.severity"),
            "each answer once, got pain.severity twice",
        ),
        (
            changed("item", 1, "enableWhen", 0, "question", value="nowhere"),
            "item g1: enableWhen: question: expected the linkId",
        ),
        (
            changed("item", 1, "enableWhen", 0, "operator", value=">"),
            "item g1: enableWhen: operator, answerCoding: expected = or !=",
        ),
        (
            changed("item", 1, "enableWhen", 0, "answerCoding", "code", value="9"),
            "answerCoding: expected an option of pain.severity",
        ),
        (
            changed("item", 1, "enableWhen", 0, "question", value="q7"),
            "expected answerCoding of a choice, or answerInteger",
        ),
        (
            changed("item", 0, "enableWhen", value=[{"question": "q7", "operator": ">", "answerInteger": 1}]),
            "item pain.severity: enableWhen: expected a question before it, got nrs.number",
        ),
        (changed("item", 0, "text", value="a\u0000b"), "expected text without U+0000"),
        (changed("title", value="x" * 1_000_001), "expected at most 1000000 characters"),
        ("[" * 100_000, "mine.json: "),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_by_file_item_field_and_what_was_expected(text, says):
    assert says in fault_of(text)


def test_every_fault_is_told_not_the_first_alone():
    found = copy.deepcopy(PLAIN)
    found["copyright"] = ""
    found["item"][0]["text"] = ""
    assert len(fault_of(json.dumps(found)).splitlines()) == 2


def test_several_conditions_say_whether_all_or_any():
    two = [{"question": "pain.severity", "operator": "exists", "answerBoolean": True}] * 2
    assert "enableBehavior: expected all or any" in fault_of(changed("item", 1, "enableWhen", value=two))


def test_words_that_look_like_markup_are_kept_as_they_are():
    text = "<img src=x onerror=alert(1)> \u202e غير"
    assert read("m.json", changed("item", 0, "text", value=text)).questions[0].text.fr == text
