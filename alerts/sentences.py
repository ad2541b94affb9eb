"""The one sentence of an alert, in French and English. Pure text: decides nothing."""

from alerts.protocol import Sentence
from alerts.rules.level import LevelRule, Proof
from domain.alerts import Evidence, Said
from domain.instants import MINUTE, Micros
from domain.values import Reading, Reason
from domain.vocabulary import ACVPU_LETTERS, BODY_SITES, CONSCIOUSNESS, MEASURES

_UNITS = {"Cel": "°C", "mm[Hg]": "mmHg", "/min": "/min", "%": "%", "10*9/L": "G/L"}
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
    text = f"{value:.{MEASURES[code].decimals}f}"
    # one decimal more when rounding would hide which side of a limit it is on
    if abs(float(text) - value) > 1e-9:
        text = f"{value:.{MEASURES[code].decimals + 1}f}"
    return text.replace(".", ","), text


def _limit(limit: str) -> tuple[str, str]:
    for unit, shown in _UNITS.items():
        limit = limit.replace(f" {unit}", f" {shown}")
    return limit.replace(".", ","), limit


def level(rule: LevelRule, proof: Proof, criterion: str) -> Said:
    """`Fièvre en aplasie : 38,4 °C (axillaire, corrigé 38,9 °C) ≥ 38,3 °C, une mesure`."""
    reading = proof.reading
    unit = _UNITS.get(MEASURES[reading.code].unit, MEASURES[reading.code].unit)
    (fr, en), (limit_fr, limit_en) = _number(reading.value, reading.code), _limit(proof.limit)
    site_fr = site_en = ""
    if reading.body_site is not None and reading.code == "8310-5":
        site_fr, site_en = BODY_SITES[reading.body_site]
        if proof.value != reading.value:
            corrected = _number(proof.value, reading.code)
            site_fr, site_en = (
                f"{site_fr}, corrigé {corrected[0]} {unit}",
                f"{site_en}, corrected {corrected[1]} {unit}",
            )
        site_fr, site_en = f" ({site_fr})", f" ({site_en})"
    name_fr, name_en = _CRITERIA.get(criterion, ("", ""))
    return Said(
        f"{rule.title.fr} : {fr} {unit}{site_fr}, limite {limit_fr}{', ' + name_fr if name_fr else ''}",
        f"{rule.title.en}: {en} {unit}{site_en}, limit {limit_en}{', ' + name_en if name_en else ''}",
    )


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


_BY = {
    "patient": ("le patient", "the patient"),
    "caregiver": ("l'aidant", "the caregiver"),
    "nurse": ("l'infirmier", "the nurse"),
}


def answer(title: Sentence, grade: int, by: str) -> Said:
    """What somebody said, and who."""
    fr, en = _BY.get(by, (by, by))
    return Said(f"{title.fr}, grade {grade}, dit par {fr}", f"{title.en}, grade {grade}, said by {en}")


def engine_fault() -> Said:
    """The hub itself failed for this patient."""
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


def evidence(proofs: tuple[Proof, ...]) -> tuple[Evidence, ...]:
    """The values behind an alert."""
    return tuple(
        Evidence(
            code=proof.reading.code,
            value=proof.reading.value,
            unit=MEASURES[proof.reading.code].unit,
            measured_at=proof.reading.measured_at,
            received_at=proof.reading.received_at,
            limit=proof.limit,
            body_site=proof.reading.body_site,
            by=proof.reading.by,
            reading=reference(proof.reading),
            corrected=proof.value if proof.value != proof.reading.value else None,
        )
        for proof in proofs
    )


def reference(reading: Reading) -> str | None:
    """`device/boot/seq/index`: names one stored reading."""
    origin = reading.origin
    return None if origin is None else f"{origin.device}/{origin.boot}/{origin.seq}/{reading.index}"
