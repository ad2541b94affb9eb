"""What a rule may look at, by code: the measures of the vocabulary and what people, devices and models say. Pure.

`answer:ITEM.ATTRIBUTE` the grade of an answer · `taken:KIND` and `given:KIND` a treatment (1 each) · `intake:STATE` an
oral dose (1 each) · `device:rejected`, `device:dropped` (1 each) · `model:NAME` · `rule:ID` the value of a rule's own.
"""

from msgspec import Struct

from domain.vocabulary import MEASURES

GIVEN = ("antibiotic", "chemotherapy", "gcsf", "transfusion", "antipyretic", "corticoid")
INTAKES = ("taken", "skipped", "vomited", "extra")
TAKEN = ("antipyretic", "corticoid", "gcsf")
DEVICE = ("rejected", "dropped")
QUESTIONNAIRE = "questionnaire:"


class Named(Struct, frozen=True):
    """How a code is shown."""

    fr: str
    en: str
    unit: str
    decimals: int


def known(code: str) -> bool:
    """Whether a rule may look at it."""
    kind, _, name = code.partition(":")
    match kind:
        case "answer":
            return bool(name.strip(".")) and name.count(".") == 1
        case "taken":
            return name in TAKEN
        case "given":
            return name in GIVEN
        case "intake":
            return name in INTAKES
        case "device":
            return name in DEVICE
        case "model":
            return bool(name)
        case _:
            return code in MEASURES


def named(code: str) -> Named:
    """Names and unit; of what is no measure the name on the wire stands for both languages."""
    measure = MEASURES.get(code)
    if measure is not None:
        return Named(measure.fr, measure.en, measure.unit, measure.decimals)
    if code.startswith("model:") and code[6:] in MODELS:
        return MODELS[code[6:]]
    kind, _, name = code.partition(":")
    fr, en = _KINDS.get(kind, ("", ""))
    shown = name.removesuffix(".severity").replace(".", " ").replace("-", " ")
    decimals = 2 if kind == "model" else 0
    return Named(f"{fr}{shown}", f"{en}{shown}", _UNITS.get(kind, "1"), decimals)


# The outputs of the models that ship. `alerts.predict.outputs` makes them.
MODELS = {
    "anc-window": Named("Risque de neutropénie de grade 4", "Risk of grade 4 neutropenia", "%", 0),
    "anc-grade4": Named("Risque de neutropénie de grade 4", "Risk of grade 4 neutropenia", "%", 0),
    "anc-late-recovery": Named("Risque de remontée tardive", "Risk of late recovery", "%", 0),
    "anc-surprise": Named("Numération inattendue", "Unexpected count", "1", 0),
    "early-warning": Named("Alarme de l'alerte précoce", "Alarm of the early warning", "1", 0),
}
_KINDS = {
    "answer": ("réponse ", "answer "),
    "taken": ("pris : ", "taken: "),
    "given": ("administré : ", "given: "),
    "intake": ("prise ", "dose "),
    "device": ("appareil : ", "device: "),
    "model": ("modèle ", "model "),
    "rule": ("", ""),
}
_UNITS = {"answer": "{grade}", "rule": "{score}"}
