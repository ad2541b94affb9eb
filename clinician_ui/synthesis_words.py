"""The words of the daily synthesis in French and English. Pure; used by `synthesis_text` and `synthesis_pdf`."""

import re

LANGUAGES = ("fr", "en")
_PLACE = re.compile(r"\{(\d)\}")

UNITS = {
    "Cel": "°C", "mm[Hg]": "mmHg", "10*9/L": "G/L", "umol/L": "µmol/L", "{steps}": "", "{score}": "", "{grade}": "",
    "kg/m2": "kg/m²", "1": "",
}  # fmt: skip

# fmt: off
WORDS: dict[str, tuple[str, str]] = {
    "title": ("Synthèse du jour", "Daily synthesis"),
    "until": ("situation à {0}", "as known at {0}"),
    "whole": ("journée terminée", "the day is over"),
    "automatic": ("Synthèse automatique : relue par personne.", "Automatic synthesis: reviewed by nobody."),
    "reviewed": ("Relue par {0} ({1}) le {2}.", "Reviewed by {0} ({1}) on {2}."),
    "changed": (
        "Une version précédente a été relue par {0} ; des données arrivées depuis l'ont changée.",
        "An earlier version was reviewed by {0}; data that came since have changed it."),
    "version": ("version {0}", "version {0}"), "draft": ("non conservée", "not kept"),
    "page": ("page {0}", "page {0}"), "last-page": ("fin de la synthèse", "end of the synthesis"),
    "leftwards": ("Texte écrit de droite à gauche : à relire dans la console.",
                  "Text written from right to left: read it again in the console."),
    "printed": ("Document établi le {0} à partir des données de Vigie. Heures de {1}.",
                "Made on {0} from the data of Vigie. Times of {1}."),
    "not-device": ("Ce logiciel n'est pas un dispositif médical certifié.",
                   "This software is not a certified medical device."),
    # sections
    "course": ("Situation", "Situation"), "alerts": ("Alertes", "Alerts"),
    "actions": ("Actions et décisions", "Actions and decisions"),
    "trends": ("Constantes et biologie", "Vital signs and laboratory"),
    "doses": ("Traitements", "Treatments"), "symptoms": ("Symptômes et réponses", "Symptoms and answers"),
    "tomorrow": ("Prévu pour demain, {0}", "Planned for tomorrow, {0}"),
    "none-alerts": ("Aucune alerte ce jour.", "No alert that day."),
    "none-actions": ("Aucune action enregistrée.", "No action recorded."),
    "none-trends": ("Aucune mesure, ce jour ni la veille.", "No reading, that day or the day before."),
    "none-doses": ("Aucun traitement prévu ni enregistré.", "No treatment due or recorded."),
    "none-symptoms": ("Aucune réponse ce jour.", "No answer that day."),
    "none-tomorrow": ("Rien de prévu dans le plan.", "Nothing planned."),
    "none-course": ("Rien n'est connu de la situation.", "Nothing is known of the situation."),
    # situation
    "protocol": ("Protocole : {0}", "Protocol: {0}"), "regimen": ("traitement : {0}", "regimen: {0}"),
    "cycle-day": ("Jour {0} du cycle", "Day {0} of the cycle"),
    "before-cycle": ("{0} j avant le début du cycle", "{0} d before the cycle begins"),
    "no-cycle": ("Le plan ne donne pas de début de cycle.", "The plan gives no start of cycle."),
    "window-open": ("Fenêtre d'aplasie ouverte", "Aplasia window open"),
    "window-closed": ("Fenêtre d'aplasie fermée", "Aplasia window closed"),
    "window-none": ("Protocole sans fenêtre d'aplasie", "Protocol without an aplasia window"),
    "window-unknown": ("Fenêtre d'aplasie inconnue : le plan ne peut pas être utilisé.",
                       "Aplasia window unknown: the plan cannot be used."),
    "since": ("depuis le {0}", "since {0}"), "ends": ("fin attendue le {0}", "expected end {0}"),
    "overdue": ("numération en retard", "count overdue"),
    "uncounted": ("aucune numération depuis l'ouverture", "no count since it opened"),
    # alerts
    "high": ("Élevée", "High"), "medium": ("Moyenne", "Medium"), "low": ("Faible", "Low"),
    "adherence": ("observance", "adherence"), "technical": ("technique", "technical"),
    "left-open": ("à prendre en charge en fin de journée", "unattended at the end of the day"),
    "left-acknowledged": ("prise en charge, non close", "acknowledged, not closed"),
    "left-closed": ("close", "closed"),
    "now-open": ("à prendre en charge", "unattended"),
    "older": ("ouverte avant ce jour", "opened before that day"), "late": ("tardive", "late"),
    "disproved": ("contredite par des données arrivées ensuite", "disproved by data that came later"),
    "holder": ("par {0}", "by {0}"),
    "technical-count": ("alertes : {0}, non closes : {1}", "alerts: {0}, not closed: {1}"),
    # actions
    "acknowledged": ("prend en charge", "acknowledged"), "snoozed": ("met en veille", "snoozed"),
    "assigned": ("confie", "assigned"), "commented": ("commente", "commented"), "closed": ("clôt", "closed"),
    "reopened": ("rouvre", "reopened"), "plan": ("modifie le plan", "set the plan"),
    "pause": ("met en pause", "set a pause"), "pause-revoked": ("lève une pause", "revoked a pause"),
    "note": ("note", "noted"), "note-corrects": ("note, et corrige une note", "noted, correcting a note"),
    "transfer": ("confie le patient", "handed the patient over"),
    "retracted": ("retire une prise notée par erreur", "took back an intake noted by mistake"),
    "ward": ("service hospitalier", "hospital ward"), "day-hospital": ("hôpital de jour", "day hospital"),
    "leave": ("permission", "leave"), "death": ("décès", "death"), "end": ("fin de surveillance", "end of monitoring"),
    # trends
    "range": ("de {0} à {1}", "from {0} to {1}"), "last": ("dernière {0} à {1}", "last {0} at {1}"),
    "readings": ("{0} mesures", "{0} readings"), "reading": ("1 mesure", "1 reading"),
    "doubtful": ("douteuses : {0}", "doubtful: {0}"),
    "day-before": ("la veille {0}", "the day before {0}"),
    "no-reading": ("aucune mesure ce jour", "no reading that day"),
    "earlier": ("avant ce jour : {0} le {1}", "before that day: {0} on {1}"),
    "change": ("{0} depuis {1} le {2}", "{0} since {1} on {2}"),
    # doses
    "s-taken": ("pris", "taken"), "s-late": ("pris en retard", "taken late"), "s-skipped": ("non pris", "left out"),
    "s-vomited": ("vomi", "vomited"), "s-missed": ("non rapporté", "not reported"),
    "s-asked": ("non rapporté, demandé", "not reported, asked about"), "s-due": ("à prendre", "due now"),
    "s-later": ("à venir", "still to come"), "s-on hold": ("suspendu", "on hold"), "s-away": ("pause", "paused"),
    "at": ("à {0}", "at {0}"), "too-many": ("plus d'une prise", "more than one intake"),
    "stray-extra": ("prise en plus", "extra intake"),
    "stray-hold": ("pris pendant une suspension", "taken while on hold"),
    "stray-not-due": ("pris alors que rien n'était prévu", "taken when none was due"),
    "stray-dose": ("pris", "taken"), "stray-unplanned": ("pris, hors du plan", "taken, not in the plan"),
    "tablets": ("unités : {0}", "units: {0}"), "given": ("administré", "given"),
    "antibiotic": ("Antibiotique", "Antibiotic"), "chemotherapy": ("Chimiothérapie", "Chemotherapy"),
    "gcsf": ("G-CSF", "G-CSF"), "transfusion": ("Transfusion", "Transfusion"),
    "antipyretic": ("Antipyrétique", "Antipyretic"), "corticoid": ("Corticoïde", "Corticosteroid"),
    # symptoms
    "grade": ("{0} sur 4", "{0} of 4"), "was": ("la veille {0}", "{0} the day before"),
    "was-none": ("pas de réponse la veille", "no answer the day before"),
    "not-answered": ("pas de réponse ce jour", "no answer that day"), "wrote": ("a écrit", "wrote"),
    # tomorrow
    "plan-unusable": (
        "Le plan ne peut pas être utilisé : rien n'est attendu.",
        "The plan cannot be used: nothing is expected."),
    "paused": ("Pause ({0}) jusqu'au {1}, par {2}", "Pause ({0}) until {1}, by {2}"),
    "paused-open": ("Pause ({0}), par {1}", "Pause ({0}), by {1}"),
    "held": ("suspendu", "on hold"),
    "every": ("toutes les {0}", "every {0}"),
    "measure": ("Mesure : {0}", "Measure: {0}"),
    "questionnaire": ("Questionnaire : {0}", "Questionnaire: {0}"),
    # who says so
    "by-device": ("appareil", "device"), "by-patient": ("patient", "patient"), "by-caregiver": ("aidant", "caregiver"),
    "by-nurse": ("infirmier", "nurse"),
    "by-physician": ("médecin", "physician"),
    "by-pharmacist": ("pharmacien", "pharmacist"),
    "by-prescriber": ("prescripteur", "prescriber"),
    "by-advanced-nurse": ("infirmier de pratique avancée", "advanced nurse"),
    "by-coordinator": ("coordinateur", "coordinator"),
}
# fmt: on


def word(key: str, lang: str, *given: object) -> str:
    """A sentence, with what was given in its places; a key that is unknown stands for itself."""
    text = WORDS.get(key, (key, key))[LANGUAGES.index(lang)]
    return _PLACE.sub(lambda found: str(given[int(found[1])]), text) if key in WORDS and given else text


def by_word(by: str, lang: str) -> str:
    """Who says so."""
    return word(f"by-{by}", lang) if f"by-{by}" in WORDS else by
