"""A refusal said to the person who entered it, in both languages: what, why, what to do. Pure."""

import re
from typing import Any

from domain.vocabulary import MEASURES, canonical

_PART = re.compile(r"(obs|rep|int|ev)\[(\d+)\](.*)")
_SUBJECTS = {
    "rep": {"fr": "Une réponse", "en": "An answer"},
    "int": {"fr": "Une prise", "en": "A dose"},
    "ev": {"fr": "Une information de l'appareil", "en": "A note of the app"},
    "": {"fr": "Votre envoi", "en": "What you sent"},
}
_UNITS = {"Cel": "°C", "/min": "/min", "mm[Hg]": "mmHg", "kg": "kg", "%": "%"}
_WHY = {
    "implausible": {"fr": "n'est pas possible ({expected})", "en": "is not possible ({expected})"},
    "not_finite": {"fr": "n'est pas un nombre", "en": "is not a number"},
    "unknown_code": {"fr": "n'est pas connue de l'hôpital", "en": "is not known to the hospital"},
    "laboratory": {
        "fr": "ne se saisit pas ici : elle vient du laboratoire ou d'un soignant",
        "en": "is not entered here: it comes from the laboratory or a professional",
    },
    "unknown_unit": {"fr": "n'a pas une unité connue", "en": "has no known unit"},
    "too_large": {"fr": "est trop long", "en": "is too long"},
    "identity": {
        "fr": "ne dit pas de qui il s'agit, et comment cela a été vérifié",
        "en": "does not say whose it is, and how that was checked",
    },
    "unassigned": {"fr": "n'est attribué à personne à cette heure-là", "en": "belongs to nobody at that time"},
    "conflict": {
        "fr": "porte le numéro d'un autre envoi déjà reçu",
        "en": "has the number of something else that was received before",
    },
    "malformed": {"fr": "n'a pas pu être lu", "en": "could not be read"},
    "text": {
        "fr": "contient un caractère qui ne peut pas être gardé, ou plus de 10 000 caractères",
        "en": "contains a character that cannot be kept, or more than 10,000 characters",
    },
}
_NEXT = {
    "fr": " : pas pris en compte. Votre équipe le voit ; le reste est reçu. Vérifiez et saisissez de nouveau.",
    "en": ": not taken. Your team can see it; the rest was received. Check and enter it again.",
}


def refused(path: str, reason: str, expected: str, *, message: dict[str, Any]) -> dict[str, str]:
    """The sentence of one refusal. `message`: as it was sent, as far as it could be read."""
    part = _PART.match(path)
    kind, place, leaf = (part[1], int(part[2]), part[3]) if part else ("", 0, "")
    subject = _measured(message, place) if kind == "obs" else _SUBJECTS[kind]
    text = reason == "malformed" and (leaf == ".s" or "U+0000" in expected)
    reason = "laboratory" if reason == "unknown_code" and "laboratory" in expected else reason
    why = _WHY["text" if text else reason if reason in _WHY else "malformed"]
    return {
        language: f"{subject[language]} {why[language].format(expected=_span(expected, language))}{_NEXT[language]}"
        for language in ("fr", "en")
    }


def _measured(message: dict[str, Any], place: int) -> dict[str, str]:
    entries = message.get("obs")
    entry = entries[place] if isinstance(entries, list) and place < len(entries) else None
    code = entry.get("c") if isinstance(entry, dict) else None
    known = canonical(code, None) if isinstance(code, str) else None
    if known is None:
        return {"fr": "Une mesure", "en": "A measurement"}
    measure = MEASURES[known[0]]
    return {"fr": f"Mesure « {measure.fr} »", "en": f"Measurement “{measure.en}”"}


def _span(expected: str, language: str) -> str:
    """`30 to 43 Cel` as people write it."""
    words = [_UNITS.get(word, word) for word in expected.split(" ")]
    text = " ".join(words)
    if language == "en":
        return f"expected {text}"
    french = text.replace(" to ", " à ").replace("at least", "au moins").replace("at most", "au plus")
    return f"attendu {french}".replace(".", ",")
