"""Every question that ships has a name of a word or two; an imported one is called as it is asked."""

from alerts.questionnaire_files import shipped
from domain.answer_names import ITEMS, answer_name, set_name
from domain.questionnaire import Words


def test_every_item_that_ships_has_a_name_in_both_languages() -> None:
    items = {question.item for each in shipped() for question in each.questions}
    assert items == set(ITEMS)
    assert all(words.fr and words.en and len(words.fr) <= 24 and len(words.en) <= 24 for words in ITEMS.values())


def test_an_attribute_that_tells_two_answers_apart_is_said() -> None:
    assert answer_name("diarrhoea", "severity") == Words("Diarrhée", "Diarrhoea")
    assert answer_name("diarrhoea", "frequency") == Words("Diarrhée (fréquence)", "Diarrhoea (frequency)")
    assert answer_name("diarrhoea", None).en == "Diarrhoea"


def test_what_has_no_name_is_called_as_it_was_asked_or_by_its_code() -> None:
    asked = Words("Avez-vous soif ?", "Are you thirsty?")
    assert answer_name("thirst", "severity", asked) == asked
    assert answer_name("thirst", "often") == Words("thirst (often)", "thirst (often)")


def test_a_set_is_called_by_its_title_and_by_words_that_are_true_where_several_share_its_name() -> None:
    known = shipped()
    assert set_name("daily", "oral-daily@1.0.0", known).en == "Oral treatment: questions of the day"
    assert set_name("daily", "oral-daily@0.9.0", known).fr == "Traitement oral : questions du jour"
    assert set_name("icans", None, known).fr == "Après une dose : questions neurologiques"
    assert set_name("daily", None, known) == Words("Questions du jour", "Questions of the day")
    assert set_name("spotted", "spotted@1", known).fr == "Questionnaire « spotted »"
