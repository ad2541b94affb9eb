// The sentences of the patient's page, in French and English; added to the page's words.

import { addWords } from "../words.js";

addWords({
  file: ["Dossier", "File"], fileTitle: ["Dossier de {0}", "File of {0}"], backToList: ["Retour à la liste", "Back to the list"],
  course: ["Cycle et fenêtre d'aplasie", "Cycle and aplasia window"], dayOfCycle: ["jour {0} du cycle", "day {0} of the cycle"], noCycle: ["Le plan ne donne pas de début de cycle.", "The plan gives no start of cycle."],
  windowOpen: ["Fenêtre d'aplasie ouverte", "Aplasia window open"], windowShut: ["Fenêtre d'aplasie fermée", "Aplasia window closed"], windowSince: ["depuis le {0}", "since {0}"], windowAlways: ["sans début connu", "no known beginning"],
  expectedEnd: ["fin attendue le {0}", "expected end {0}"], overdueCount: ["numération en retard", "count overdue"], lastCount: ["Dernière numération", "Last count"], noCount: ["aucune numération", "no count"], colon: ["\u00a0:", ":"],
  countUnknown: ["Aucune numération depuis l'ouverture : traiter comme neutropénique.", "No count since it opened: treat as neutropenic."],
  today: ["maintenant", "now"], vitals: ["Constantes", "Vital signs"], stretch: ["Durée affichée", "Time shown"], zoomHint: ["Glisser pour agrandir ; double-clic pour revenir.", "Drag to zoom in; double click to return."], earlier: ["Plus tôt", "Earlier"], later: ["Plus tard", "Later"],
  r_6h: ["6 h", "6 h"], r_24h: ["24 h", "24 h"], r_3d: ["3 j", "3 d"], r_7d: ["7 j", "7 d"], r_30d: ["30 j", "30 d"], r_90d: ["90 j", "90 d"],
  noneInStretch: ["aucune mesure sur cette durée", "no reading in this time"], lastOf: ["dernière {0} ({1})", "last {0} ({1})"], spread: ["de {0} à {1}", "from {0} to {1}"], nReadings: ["{0} mesures affichées", "{0} readings shown"],
  lg_late: ["arrivée plus de 15 min après la mesure", "arrived more than 15 min after it was measured"], lg_question: ["douteuse, ou horloge fausse", "doubtful, or clock wrong"], lg_gap: ["trait interrompu : pas de mesure", "broken line: no reading"], lg_limit: ["limite de la règle", "limit of the rule"],
  showTable: ["Valeurs en tableau", "Values as a table"], whenMeasured: ["Mesurée le", "Measured"],
  news2: ["NEWS2", "NEWS2"], news2Whole: ["{0} points", "{0} points"], news2Whole1: ["1 point", "1 point"], news2AtLeast: ["au moins {0} points", "at least {0} points"], news2AtLeast1: ["au moins 1 point", "at least 1 point"], news2Missing: ["non connu : {0}", "not known: {0}"], news2Age: ["valeurs de moins de {0}", "values younger than {0}"], news2None: ["Aucune règle NEWS2 pour ce patient.", "No NEWS2 rule for this patient."],
  points: ["Points", "Points"], item: ["Élément", "Item"], assumed: ["selon le plan, non mesuré", "as the plan says, not measured"], unknown: ["non connu", "not known"], scale2: ["échelle SpO₂ 2", "SpO₂ scale 2"],
  counts: ["Neutrophiles et doses", "Neutrophils and doses"], symptoms: ["Symptômes déclarés, 28 jours", "Reported symptoms, 28 days"], noSymptoms: ["Aucune réponse sur 28 jours.", "No answer in 28 days."], worstOfDay: ["la plus forte réponse du jour, de 0 à 4", "the highest answer of the day, 0 to 4"],
  noAnswer: ["pas de réponse", "no answer"], comments: ["Commentaires", "Comments"], alertsOfPatient: ["Alertes", "Alerts"], noAlertsEver: ["Aucune alerte.", "No alert."], planOfPatient: ["Plan et protocole", "Plan and protocol"], notFound: ["Ce patient n'est pas dans votre cercle de soins.", "This patient is not in your circle of care."],
  wholePlan: ["Plan complet", "Whole plan"], openAlert: ["Voir dans la liste", "Show in the list"], dose: ["dose", "dose"],
});
