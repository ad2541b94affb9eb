"""What a rule is called in both languages, for a message or a table: by its id alone, not its values. Pure."""

from collections.abc import Callable, Iterable, Iterator

from alerts.protocol.compiled import silence_title
from alerts.protocol.reading import Protocol
from alerts.protocol.text import Sentence, SymptomText
from domain.vocabulary import MEASURES

# Rules that no protocol names: of devices, of the hub itself, of a whole site.
_OWN = {
    "unusable-reading": Sentence("Mesure inutilisable", "Unusable reading"),
    "clock": Sentence("Horloge fausse", "Wrong clock"),
    "battery": Sentence("Batterie faible", "Battery low"),
    "sequence-gap": Sentence("Messages manquants", "Messages missing"),
    "device-flood": Sentence("Appareil qui envoie sans arrêt", "Device that sends without end"),
    "engine-fault": Sentence("Erreur du système", "Fault of the system"),
    "count-overdue": Sentence("Numération en retard", "Blood count overdue"),
    "nobody-on-call": Sentence("Personne de garde", "Nobody on call"),
    "no-attended-console": Sentence("Aucune console tenue", "No console attended"),
    "delivery-failed": Sentence("Message non remis", "Message not delivered"),
    "early-warning-fault": Sentence("Alerte précoce en panne", "Early warning out of order"),
    "model-withdrawn": Sentence("Modèle retiré", "Model withdrawn"),
}


def titles(protocols: Iterable[Protocol]) -> Callable[[str], Sentence]:
    """The title of a rule of these protocols, of a silence, of a limit of a plan; else its id, in both languages."""
    found = _OWN | {rule: title for protocol in protocols for rule, title in _of(protocol)}

    def title(rule: str) -> Sentence:
        if rule in found:
            return found[rule]
        kind, _, code = rule.partition(".")
        if kind == "silence" and code:
            return silence_title(code, None)
        if kind == "limit" and code in MEASURES:
            return Sentence(MEASURES[code].fr, MEASURES[code].en)
        return Sentence(rule, rule)

    return title


def _of(protocol: Protocol) -> Iterator[tuple[str, Sentence]]:
    for rule in protocol.rules:
        yield rule.id, rule.title
        if isinstance(rule, SymptomText):
            yield from ((f"{rule.id}.{item}", title) for item, title in rule.items.items())
    for answer in protocol.answers:
        yield answer.id, answer.title
    for stream in protocol.streams:
        yield f"silence.{stream.code}", silence_title(stream.code, stream.title)
