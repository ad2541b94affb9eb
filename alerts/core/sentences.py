"""The one sentence of an alert, in French and English. Pure text: decides nothing."""

from zoneinfo import ZoneInfo

from alerts.core.codes import named
from alerts.protocol.text import Sentence
from alerts.rules.level import LevelRule, Proof
from domain.alerts import Evidence, Said
from domain.instants import HOUR, MINUTE, Micros, moment
from domain.values import Reading, Reason, Retraction
from domain.vocabulary import ACVPU_LETTERS, BODY_SITES, CONSCIOUSNESS, TEMPERATURE

_UNITS = {
    "Cel": "°C", "mm[Hg]": "mmHg", "/min": "/min", "%": "%", "10*9/L": "G/L", "{grade}": "", "{score}": "", "1": "",
}  # fmt: skip
_CRITERIA = {
    "single": ("une mesure", "one reading"),
    "sustained": ("persistante", "sustained"),
    "hypothermia": ("hypothermie", "hypothermia"),
    "plan-high": ("limite du patient", "patient's own limit"),
    "plan-low": ("limite du patient", "patient's own limit"),
}


def _number(value: float, code: str) -> tuple[str, str]:
    if code == CONSCIOUSNESS:
        letter = ACVPU_LETTERS.get(round(value), "?")
        return letter, letter
    decimals = named(code).decimals
    text = f"{value:.{decimals}f}"
    # one decimal more when rounding would hide which side of a limit it is on
    if abs(float(text) - value) > 1e-9:
        text = f"{value:.{decimals + 1}f}"
    return text.replace(".", ","), text


def _limit(limit: str) -> tuple[str, str]:
    """`≥ 100 mmHg` of `≥ 100 mm[Hg]`. Whole words, and the unit "1" only after a number: it must eat no digit."""
    words = limit.split(" ")
    shown = [word if word == "1" and place < 2 else _UNITS.get(word, word) for place, word in enumerate(words)]
    limit = " ".join(shown).rstrip()
    return limit.replace(".", ","), limit


def level(rule: LevelRule, proof: Proof, criterion: str) -> Said:
    """`Fièvre en aplasie : 38,4 °C (axillaire, corrigé 38,9 °C) ≥ 38,3 °C, une mesure`."""
    reading = proof.reading
    if proof.said is not None:
        return Said(f"{rule.title.fr} : {proof.said.fr}", f"{rule.title.en}: {proof.said.en}")
    unit = _unit(reading.code)
    (fr, en), (limit_fr, limit_en) = _number(reading.value, reading.code), _limit(proof.limit)
    site_fr = site_en = ""
    if reading.body_site is not None and reading.code == TEMPERATURE:
        site_fr, site_en = BODY_SITES[reading.body_site]
        if proof.value != reading.value:
            corrected = _number(proof.value, reading.code)
            site_fr, site_en = (
                f"{site_fr}, corrigé {corrected[0]} {unit}",
                f"{site_en}, corrected {corrected[1]} {unit}",
            )
        site_fr, site_en = f" ({site_fr})", f" ({site_en})"
    name_fr, name_en = _CRITERIA.get(criterion, ("", ""))
    made_fr, made_en = _parts(proof)
    unit = f" {unit}" if unit else ""
    return Said(
        f"{rule.title.fr} : {fr}{unit}{site_fr}, limite {limit_fr}{', ' + name_fr if name_fr else ''}{made_fr}",
        f"{rule.title.en}: {en}{unit}{site_en}, limit {limit_en}{', ' + name_en if name_en else ''}{made_en}",
    )


def _unit(code: str) -> str:
    unit = named(code).unit
    return _UNITS.get(unit, unit)


def _parts(proof: Proof) -> tuple[str, str]:
    """What a derived value was made of: ` (pouls 131 /min, SpO2 90 %)`."""
    if not proof.parts:
        return "", ""
    rows = []
    for part in proof.parts:
        shown, (fr, en), unit = named(part.code), _number(part.value, part.code), _unit(part.code)
        rows.append((f"{_within(shown.fr)} {fr} {unit}".rstrip(), f"{_within(shown.en)} {en} {unit}".rstrip()))
    return f" ({', '.join(row[0] for row in rows)})", f" ({', '.join(row[1] for row in rows)})"


def _within(name: str) -> str:
    """A name inside a sentence: `saturation (SpO2)`; an abbreviation stays as it is."""
    return name if name[:2].isupper() else name[:1].lower() + name[1:]


_TREATMENTS = {
    "antipyretic": ("antipyrétique", "antipyretic"),
    "corticoid": ("corticoïde", "corticosteroid"),
    "gcsf": ("G-CSF", "G-CSF"),
    "transfusion": ("transfusion", "transfusion"),
    "chemotherapy": ("chimiothérapie", "chemotherapy"),
}
MASKING = ("antipyretic", "corticoid")


def beside(said: Said, notes: tuple[Said, ...]) -> Said:
    """A sentence with what stands beside it."""
    if not notes:
        return said
    return Said("; ".join([said.fr, *(n.fr for n in notes)]), "; ".join([said.en, *(n.en for n in notes)]))


def treatment(kind: str, name: str, ago: Micros) -> Said:
    """`paracétamol il y a 3 h : peut cacher une fièvre` (clinical table 02: antipyretics and corticosteroids)."""
    fr, en = _TREATMENTS[kind]
    span = f"{ago / HOUR:.0f} h" if ago >= HOUR else f"{ago / MINUTE:.0f} min"
    shown = f" ({name[:60]})" if name and name.lower() not in (fr, en, kind) else ""
    hides = (" : peut cacher une fièvre", ": can hide a fever") if kind in MASKING else ("", "")
    return Said(f"{fr}{shown} il y a {span}{hides[0]}", f"{en}{shown} {span} ago{hides[1]}")


def underestimates(site: str) -> Said:
    """A site of measurement that reads low in neutropenic adults (clinical table 02, Dzarr 2009), not corrected."""
    fr, en = BODY_SITES[site]
    return Said(f"mesure {fr} non corrigée : sous-estime", f"{en} reading not corrected: reads low")


def doubtful_patch() -> Said:
    """A patch whose value jumped or is outside its usual range."""
    return Said("patch douteux : confirmer au thermomètre", "doubtful patch: confirm with a thermometer")


def untold(title: Sentence) -> Said:
    """A condition whose sample is no longer at hand."""
    return Said(f"{title.fr} : la condition dure", f"{title.en}: the condition still holds")


def pending(rule: LevelRule, proof: Proof) -> Said:
    """A run that has begun and must last."""
    said = level(rule, proof, "")
    return Said(f"{said.fr}, à confirmer", f"{said.en}, to be confirmed")


def silence(title: Sentence, after: Micros) -> Said:
    """Nothing usable was received for so long."""
    minutes = round(after / MINUTE)
    spans = (f"{minutes} min", f"{minutes} min") if minutes < 120 else (f"{minutes / 60:g} h", f"{minutes / 60:g} h")
    return Said(f"{title.fr}, rien reçu depuis {spans[0]}", f"{title.en}, nothing received for {spans[1]}")


def unusable(reason: Reason, device: str | None) -> Said:
    """A refused value: an artefact, or shock."""
    source = f" ({device})" if device else ""
    return Said(
        f"Mesure inutilisable, appeler le patient{source} : {_REASONS[reason][0]}",
        f"Unusable reading, call the patient{source}: {_REASONS[reason][1]}",
    )


_REASONS = {
    Reason.MALFORMED: ("message illisible", "unreadable message"),
    Reason.TOO_LARGE: ("message trop grand", "message too large"),
    Reason.UNKNOWN_CODE: ("mesure inconnue", "unknown measure"),
    Reason.UNKNOWN_UNIT: ("unité inconnue", "unknown unit"),
    Reason.IMPLAUSIBLE: ("valeur hors du possible", "value outside the possible"),
    Reason.NOT_FINITE: ("valeur non numérique", "not a finite value"),
    Reason.IDENTITY: ("identité contradictoire", "contradictory identity"),
    Reason.UNASSIGNED: ("appareil non attribué", "device worn by nobody"),
    Reason.CONFLICT: ("deux contenus pour un message", "two contents for one message"),
}


def clock(device: str) -> Said:
    """A device's clock cannot be right."""
    return Said(
        f"Horloge fausse ({device}) : mesures gardées à l'heure de réception",
        f"Wrong clock ({device}): readings kept at the time of receipt",
    )


def battery(device: str, percent: float) -> Said:
    """A battery that will soon be empty."""
    return Said(
        f"Batterie faible ({device}) : {percent:.0f} %, recharger ou remplacer",
        f"Battery low ({device}): {percent:.0f} %, charge or replace it",
    )


def gap(device: str, missing: float) -> Said:
    """Messages of a device that never came."""
    return Said(
        f"Messages manquants ({device}) : {missing:.0f} depuis plus de 10 min, l'appareil doit les renvoyer",
        f"Messages missing ({device}): {missing:.0f} for more than 10 min, the device must send them again",
    )


def flood(device: str, messages: float) -> Said:
    """A device that sends far more than it can measure."""
    return Said(
        f"L'appareil {device} envoie sans arrêt : plus de {messages:.0f} messages par minute, à débrancher",
        f"Device {device} sends without end: more than {messages:.0f} messages a minute, unplug it",
    )


_BY = {
    "patient": ("le patient", "the patient"),
    "caregiver": ("l'aidant", "the caregiver"),
    "nurse": ("l'infirmier", "the nurse"),
    "physician": ("le médecin", "the physician"),
    "device": ("l'appareil", "the device"),
}


def answer(title: Sentence, grade: int, by: str) -> Said:
    """What somebody said, and who."""
    fr, en = _BY.get(by, (by, by))
    return Said(f"{title.fr}, grade {grade}, dit par {fr}", f"{title.en}, grade {grade}, said by {en}")


def engine_fault(rule: str | None) -> Said:
    """The hub itself failed for this patient, in one rule or as a whole."""
    if rule is not None:
        return Said(
            f"La règle {rule} est en panne pour ce patient : surveiller autrement et prévenir l'exploitant",
            f"The rule {rule} failed for this patient: watch by other means and call the operator",
        )
    return Said(
        "Le système n'a pas pu évaluer ce patient : le surveiller autrement et prévenir l'exploitant",
        "The system could not evaluate this patient: watch by other means and call the operator",
    )


def count_overdue() -> Said:
    """The expected end of the window has come without a recovered count."""
    return Said(
        "Numération attendue : fin prévue de l'aplasie atteinte sans remontée connue, les règles restent actives",
        "Count overdue: expected end of aplasia reached without a recovered count, the rules stay on",
    )


def retracted(found: Retraction, zone: ZoneInfo) -> Said:
    """`prise retirée (saisie par erreur) par le patient, le 22/11 à 08:15`; nobody is told not to look at it."""
    by_fr, by_en = _BY.get(found.by, (found.by, found.by))
    at = moment(found.measured_at).astimezone(zone)
    why = f" : « {found.why[:60]} »" if found.why else ""
    why_en = f': "{found.why[:60]}"' if found.why else ""
    return Said(
        f"prise retirée, dite saisie par erreur par {by_fr} le {at:%d/%m} à {at:%H:%M}{why}",
        f"intake retracted, said to be recorded by mistake by {by_en} on {at.day} {at:%b} at {at:%H:%M}{why_en}",
    )


def evidence(proofs: tuple[Proof, ...]) -> tuple[Evidence, ...]:
    """The values behind an alert; of a derived value also what it was made of."""
    return tuple(
        found
        for proof in proofs
        for found in (
            _evidence(proof.reading, proof.value, proof.limit),
            *(_evidence(part, part.value, None) for part in proof.parts),
        )
    )


def _evidence(reading: Reading, value: float, limit: str | None) -> Evidence:
    return Evidence(
        code=reading.code,
        value=reading.value,
        unit=named(reading.code).unit,
        measured_at=reading.measured_at,
        received_at=reading.received_at,
        limit=limit,
        body_site=reading.body_site,
        by=reading.by,
        reading=reference(reading),
        corrected=value if value != reading.value and not reading.code.startswith("rule:") else None,
    )


def reference(reading: Reading) -> str | None:
    """`device/boot/seq/index`: names one stored reading."""
    origin = reading.origin
    return None if origin is None else f"{origin.device}/{origin.boot}/{origin.seq}/{reading.index}"
