"""What people call answers: the items of the questionnaires that ship in a word or two, and the set that was answered.

The question itself stands in the questionnaire; an item of an imported one has no name here.
"""

from collections.abc import Sequence

from domain.questionnaire import Questionnaire, Words

ITEMS: dict[str, Words] = {
    "abdominal-pain": Words("Mal au ventre", "Belly pain"),
    "appetite": Words("Perte d'appétit", "Loss of appetite"),
    "beside": Words("Quelqu'un à côté", "Somebody beside"),
    "breathlessness": Words("Essoufflement", "Breathlessness"),
    "bruising": Words("Bleus", "Bruises"),
    "catheter-flushed": Words("Cathéter rincé", "Catheter flushed"),
    "confusion": Words("Confusion", "Confusion"),
    "constipation": Words("Constipation", "Constipation"),
    "cough": Words("Toux", "Cough"),
    "diarrhoea": Words("Diarrhée", "Diarrhoea"),
    "fatigue": Words("Fatigue", "Fatigue"),
    "focal-weakness": Words("Faiblesse d'un côté", "Weakness of one side"),
    "hand-foot": Words("Mains et pieds", "Hands and feet"),
    "handwriting": Words("Écriture", "Handwriting"),
    "ice": Words("Total ICE", "ICE total"),
    "ice-attention": Words("ICE : attention", "ICE: attention"),
    "ice-command": Words("ICE : geste", "ICE: command"),
    "ice-naming": Words("ICE : objets", "ICE: naming"),
    "ice-orientation": Words("ICE : orientation", "ICE: orientation"),
    "ice-writing": Words("ICE : phrase", "ICE: writing"),
    "mouth-sores": Words("Bouche ou gorge", "Mouth or throat"),
    "nausea": Words("Nausées", "Nausea"),
    "nosebleeds": Words("Saignement de nez", "Nosebleeds"),
    "numbness": Words("Fourmillements", "Numbness"),
    "other": Words("Autre chose", "Anything else"),
    "pain": Words("Douleur ailleurs", "Pain elsewhere"),
    "pain-place": Words("Lieu de la douleur", "Place of the pain"),
    "rash": Words("Peau", "Skin"),
    "rigors": Words("Frissons", "Shivering"),
    "rigors-after-flush": Words("Frissons après rinçage", "Shivering after a flush"),
    "seizure": Words("Convulsion", "Seizure"),
    "sleepiness": Words("Somnolence", "Sleepiness"),
    "speech": Words("Parole", "Speech"),
    "symptoms": Words("Un symptôme", "Any symptom"),
    "unwell": Words("État général", "General state"),
    "vomiting": Words("Vomissements", "Vomiting"),
}
SETS = {"daily": Words("Questions du jour", "Questions of the day")}  # what several questionnaires share
_ATTRIBUTES = {
    "frequency": Words("fréquence", "frequency"),
    "interference": Words("gêne", "interference"),
    "amount": Words("quantité", "amount"),
}
_PLAIN = ("severity", "presence", "number", "text", "")  # what is understood without a word


def answer_name(item: str, attribute: str | None, question: Words | None = None) -> Words:
    """The name of one answer. `question`: how it was asked, for an item without a name; else its code."""
    if item not in ITEMS and question is not None:
        return question
    named = ITEMS.get(item, Words(item, item))
    if attribute is None or attribute in _PLAIN:
        return named
    more = _ATTRIBUTES.get(attribute, Words(attribute, attribute))
    return Words(f"{named.fr} ({more.fr})", f"{named.en} ({more.en})")


def set_name(name: str, version: str | None, known: Sequence[Questionnaire]) -> Words:
    """The title of what was answered. `name`, `version`: the wire's `q` and `qv`; `known`: the older version first."""
    titles = {each.ref: each.title for each in known}
    if version in titles:
        return titles[version]
    of_id = [each.title for each in known if version is not None and each.id == version.partition("@")[0]]
    of_name = {each.title for each in known if each.name == name}
    if of_id or len(of_name) == 1:
        return (of_id or list(of_name))[-1]
    return SETS.get(name, Words(f"Questionnaire « {name} »", f"Questionnaire “{name}”"))
