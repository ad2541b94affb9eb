// Every sentence of the page in French and English, and which language is on. Words of alerts come from the hub.

const WORDS = {
  title: ["Vigie", "Vigie"],
  signIn: ["Se connecter", "Sign in"], username: ["Identifiant", "User name"], password: ["Mot de passe", "Password"],
  signInLead: ["Console de télésurveillance, hospitalisation à domicile", "Telemonitoring console, hospital at home"],
  notDevice: ["Ce logiciel n'est pas un dispositif médical certifié.", "This software is not a certified medical device."],
  newPassword: ["Choisissez votre mot de passe", "Choose your password"],
  newPasswordLead: ["Le mot de passe reçu ne sert qu'une fois.", "The password you were given works once only."],
  current: ["Mot de passe reçu", "Password received"], fresh: ["Nouveau mot de passe", "New password"],
  freshHint: ["12 caractères au moins", "At least 12 characters"], save: ["Enregistrer", "Save"],
  logout: ["Se déconnecter", "Sign out"], workList: ["Patients", "Patients"], quarantine: ["Quarantaine", "Quarantine"],
  live: ["En direct", "Live"], connecting: ["Connexion…", "Connecting…"], notLive: ["PAS EN DIRECT", "NOT LIVE"],
  frozenSince: ["PAS EN DIRECT depuis {0}", "NOT LIVE since {0}"],
  frozenDo: ["Ce qui est affiché peut être faux. À faire\u00a0: recharger la page\u00a0; appeler le numéro de l'HAD{0}\u00a0; utiliser la liste imprimée.",
    "What is shown may be wrong. What to do: reload the page; call the HAD number{0}; use the printed list."],
  reload: ["Recharger", "Reload"],
  unstored: ["MESURES NON ENREGISTRÉES", "READINGS NOT STORED"],
  unstoredSince: ["Les mesures ne sont plus enregistrées depuis {0}", "Readings are not being stored since {0}"],
  unstoredDo: ["Aucune nouvelle alerte ne peut venir. À faire\u00a0: surveiller les patients autrement\u00a0; prévenir l'exploitant. En cause\u00a0: {0}.",
    "No new alert can come. What to do: watch the patients by other means; call the operator. Cause: {0}."],
  part_ingest: ["réception des mesures", "ingest of readings"], part_database: ["base de données", "database"],
  part_former: ["base de données (seul un ancien serveur principal répond)", "database (only a former primary server answers)"],
  part_broker: ["courtier MQTT", "MQTT broker"],
  nowIs: ["maintenant", "now"], lastIs: ["dernière valeur", "last value"], uncorrected: ["non corrigée", "not corrected"],
  startShift: ["Prendre la garde", "Start shift"], soundOn: ["Son actif", "Sound on"],
  noSound: ["Son impossible : cette console ne peut pas sonner", "No sound: this console cannot ring"],
  shiftHint: ["Active le son et joue un essai", "Turns sound on and plays a test"],
  high: ["Élevée", "High"], medium: ["Moyenne", "Medium"], low: ["Faible", "Low"], none: ["Aucune alerte", "No alert"],
  clinical: ["Clinique", "Clinical"], technical: ["Technique", "Technical"], adherence: ["Observance", "Adherence"],
  open: ["À prendre en charge", "Unattended"], acknowledged: ["Prise en charge", "Acknowledged"],
  pending: ["En cours de confirmation", "Being confirmed"], closed: ["Close", "Closed"], snoozed: ["En veille jusqu'à {0}", "Snoozed until {0}"],
  sHigh: ["élev.", "high"], sMedium: ["moyen.", "medium"], sLow: ["faibles", "low"], sAck: ["prises", "ackn."], sTech: ["techn.", "techn."], sPatients: ["suivis", "in all"],
  cHigh: ["élevées à prendre en charge", "high, unattended"], cMedium: ["moyennes à prendre en charge", "medium, unattended"],
  cLow: ["faibles à prendre en charge", "low, unattended"], cAck: ["prises en charge", "acknowledged"],
  cTech: ["techniques ouvertes", "technical, open"], cPatients: ["patients suivis", "patients followed"],
  severity: ["Gravité", "Severity"], patient: ["Patient", "Patient"], why: ["Motif", "Reason"], values: ["Dernières valeurs", "Latest values"],
  contact: ["Contact", "Contact"], since: ["depuis {0}", "for {0}"], ago: ["il y a {0}", "{0} ago"], never: ["jamais", "never"],
  more: ["+ {0} alerte", "+ {0} alert"], moreMany: ["+ {0} alertes", "+ {0} alerts"], by: ["par {0}", "by {0}"], assignedTo: ["confiée à {0}", "assigned to {0}"],
  device: ["appareil", "device"], patientBy: ["patient", "patient"], nurse: ["infirmier", "nurse"], caregiver: ["aidant", "caregiver"], physician: ["médecin", "physician"],
  "advanced-nurse": ["infirmier en pratique avancée", "advanced practice nurse"], pharmacist: ["pharmacien", "pharmacist"], prescriber: ["prescripteur", "prescriber"],
  coordinator: ["coordinateur", "coordinator"], operator: ["exploitant", "operator"], auditor: ["auditeur", "auditor"],
  question: ["douteux", "doubtful"], clock: ["horloge fausse", "clock wrong"],
  late: ["Tardive", "Late"], lateHelp: ["données arrivées en retard", "data arrived late"],
  disproved: ["Infirmée", "Disproved"], disprovedHelp: ["des données plus récentes la contredisent", "newer data contradict it"],
  cleared: ["Condition terminée", "Condition over"], latched: ["Reste ouverte jusqu'à clôture", "Stays until closed"],
  orderHeld: ["Ordre figé, {0} à déplacer : réordonner", "Order held, {0} to move: sort again"],
  empty: ["Aucun patient dans votre cercle de soins.", "No patient in your circle of care."],
  noSee: ["Votre rôle ({0}) ne voit pas les patients. La quarantaine vous est ouverte.", "Your role ({0}) sees no patients. Quarantine is open to you."],
  close_: ["Fermer", "Close"], acknowledge: ["Prendre en charge", "Acknowledge"], assignMe: ["Me la confier", "Assign to me"],
  comment: ["Commenter", "Comment"], snooze: ["Mettre en veille", "Snooze"], closeAlert: ["Clore", "Close alert"], reopen: ["Rouvrir", "Reopen"],
  entryBegun: ["commencée", "begun"], reason: ["Motif", "Reason"], reasonNeeded: ["Un motif est nécessaire.", "A reason is needed."], outcome: ["Issue", "Outcome"], commentText: ["Commentaire", "Comment"],
  until: ["Jusqu'à", "Until"], send: ["Valider", "Confirm"], cancel: ["Annuler", "Cancel"],
  recorded: ["Enregistré, en attente du hub…", "Recorded, waiting for the hub…"],
  first: ["{0} a été plus rapide{1}. L'alerte a changé : relisez-la.", "{0} was first{1}. The alert has changed: read it again."],
  movedOn: ["Changée pendant que vous écrivez : {0} ({1}).", "Changed while you write: {0} ({1})."], keepAsComment: ["Garder en commentaire", "Keep as comment"],
  noHub: ["le hub ne répond pas ; réessayez, ou appelez le numéro de l'HAD", "the hub does not answer; try again, or call the HAD number"], noTime: ["le hub n'a pas répondu à temps ; réessayez, rien ne sera fait deux fois", "the hub did not answer in time; try again, nothing is done twice"], notHub: ["la réponse n'est pas celle du hub ; rechargez la page", "the answer is not the hub's; reload the page"],
  failed: ["Non enregistré : {0}", "Not recorded: {0}"], refusedAction: ["Action refusée par le hub", "Action refused by the hub"],
  evidence: ["Preuves", "Evidence"], value: ["Valeur", "Value"], corrected: ["corrigée", "corrected"], limit: ["Limite", "Limit"],
  measured: ["Mesurée", "Measured"], source: ["Source", "Source"], measure: ["Mesure", "Measure"],
  protocol: ["Protocole", "Protocol"], criterion: ["critère", "criterion"], rule: ["règle", "rule"], version: ["version", "version"],
  history: ["Historique", "History"], noHistory: ["Rien encore.", "Nothing yet."], others: ["Autres alertes du patient", "Other alerts of this patient"],
  escalation: ["Escalade", "Escalation"], escStep: ["étape {0}", "step {0}"], escNext: ["prochaine à {0}", "next at {0}"],
  opened: ["Ouverte", "Opened"], condition: ["Condition depuis", "Condition since"], over: ["terminée à {0}", "over at {0}"],
  devices: ["Appareils", "Devices"], battery: ["batterie", "battery"], online: ["en ligne", "online"], offline: ["hors ligne", "offline"],
  given: ["Traitements donnés", "Treatments given"], phone: ["Téléphone", "Phone"], plan: ["Plan", "Plan"],
  assignee: ["Confiée à", "Assigned to"], enter: ["Saisir", "Enter"], enterTitle: ["Saisie pour {0}", "Entry for {0}"], lab: ["Mesures et résultats", "Measurements and results"],
  treatment: ["Traitement donné", "Treatment given"], kind: ["Type", "Kind"], name: ["Nom", "Name"], amount: ["Quantité", "Amount"], unit: ["Unité", "Unit"], time: ["Date et heure", "Date and time"],
  addLine: ["Ajouter une mesure", "Add a measurement"], remove: ["Retirer", "Remove"], bodySite: ["Site", "Body site"],
  stored: ["Enregistré : {0}.", "Stored: {0}."], entryRecorded: ["Enregistré ; le hub le traitera.", "Recorded; the hub will take it."],
  needValue: ["un nombre est attendu", "expected a number"], needName: ["un nom est attendu", "expected a name"], needTime: ["une date et heure sont attendues", "expected a date and time"],
  antibiotic: ["Antibiotique", "Antibiotic"], chemotherapy: ["Chimiothérapie", "Chemotherapy"], gcsf: ["G-CSF", "G-CSF"], transfusion: ["Transfusion", "Transfusion"], antipyretic: ["Antipyrétique", "Antipyretic"], corticoid: ["Corticoïde", "Corticosteroid"],
  qLead: ["Messages refusés : gardés entiers, montrés à une personne, jamais jetés en silence.", "Refused messages: kept whole, shown to a person, never silently dropped."],
  qEmpty: ["Aucun message refusé.", "No refused message."], qSeen: ["Marquer comme vu", "Mark as seen"], qSeenBy: ["vu par {0}", "seen by {0}"], qUnseenOnly: ["Non vus seulement", "Unseen only"],
  expected: ["attendu", "expected"], unrouted: ["sans patient", "no patient"], truncated: ["tronqué, {0} octets en tout", "truncated, {0} bytes in all"],
  theme: ["Thème clair ou sombre", "Light or dark theme"], language: ["English", "Français"],
  patients: ["Patients", "Patients"], refused_: ["refusé", "refused"], refusedMany: ["refusés", "refused"], expired: ["Votre session est terminée. Reconnectez-vous.", "Your session has ended. Sign in again."],
  demo: ["Démonstration : données simulées", "Demonstration: simulated data"], noPoints: ["Pas de mesure sur la période.", "No reading in this period."], chart: ["Courbe de {0}, 24 h", "{0}, 24 h"],
  actions: ["Actions", "Actions"], noValues: ["Aucune valeur", "No values"], loading: ["Chargement…", "Loading…"], system: ["système", "system"],
};

const KINDS = {
  pending: ["condition vue", "condition seen"], opened: ["ouverte", "opened"], worsened: ["aggravée", "worsened"], eased: ["atténuée", "eased"], recurred: ["revenue", "recurred"],
  revised: ["révisée", "revised"], disproved: ["infirmée", "disproved"], cleared: ["condition terminée", "condition over"], escalated: ["escalade", "escalated"],
  acknowledged: ["prise en charge", "acknowledged"], snoozed: ["mise en veille", "snoozed"], woken: ["réveillée", "woken"], assigned: ["confiée", "assigned"],
  commented: ["commentaire", "comment"], closed: ["close", "closed"], reopened: ["rouverte", "reopened"], refused: ["action refusée", "action refused"],
};

// The same words as in the sentence of the alert "unusable reading".
const REFUSALS = {
  malformed: ["message illisible", "unreadable message"], too_large: ["message trop grand", "message too large"], unknown_code: ["mesure inconnue", "unknown measure"], unknown_unit: ["unité inconnue", "unknown unit"],
  implausible: ["valeur hors du possible", "value outside the possible"], not_finite: ["valeur non numérique", "not a finite value"], identity: ["identité contradictoire", "contradictory identity"],
  unassigned: ["appareil non attribué", "device worn by nobody"], conflict: ["deux contenus pour un message", "two contents for one message"],
};

const QUICK = {
  acknowledge: [["J'appelle le patient", "Infirmier envoyé", "Antibiotique prescrit", "Vu, surveillance rapprochée"], ["Calling the patient", "Nurse on the way", "Antibiotic ordered", "Seen, watching closely"]],
  close: [["Résolu, patient stable", "Traité à domicile", "Patient hospitalisé", "Mesure erronée"], ["Resolved, patient stable", "Treated at home", "Patient admitted", "Wrong measurement"]],
};

function remembered() {
  try { return localStorage.getItem("vigie.lang"); } catch { return null; }
}
let lang = remembered() ?? ((navigator.language || "fr").toLowerCase().startsWith("fr") ? "fr" : "en");
if (lang !== "fr" && lang !== "en") lang = "fr";

const place = () => (lang === "fr" ? 0 : 1);
export const language = () => lang;
/** Sentences of a part of the page, kept in its own file: {key: [French, English]}. */
export const addWords = (more) => Object.assign(WORDS, more);
export function setLanguage(next) {
  lang = next;
  document.documentElement.lang = next;
  try { localStorage.setItem("vigie.lang", next); } catch { /* a browser that keeps nothing */ }
}
/** A sentence in the present language, {0} {1} replaced. */
export const t = (key, ...given) => (WORDS[key] ? WORDS[key][place()] : key).replace(/\{(\d)\}/g, (_, n) => given[Number(n)] ?? "");
export const eventWord = (kind) => (KINDS[kind] ? KINDS[kind][place()] : kind);
export const refusalWord = (reason) => (REFUSALS[reason] ? REFUSALS[reason][place()] : reason);
export const quickReasons = (action) => (QUICK[action] ? QUICK[action][place()] : []);
/** {fr, en} from the hub in the present language. */
export const said = (both) => (both ? both[lang] ?? both.en ?? "" : "");
export const sourceWord = (by) => (by === "patient" ? t("patientBy") : t(by ?? "device"));
const UNITS = { Cel: "°C", "/min": "/min", "mm[Hg]": "mmHg", "10*9/L": "G/L", "umol/L": "µmol/L", "10*6/L": "/mm³", "[degF]": "°F", "{steps}": "", "{score}": "" };
export const unitWord = (unit) => UNITS[unit] ?? unit ?? "";
/** A number or a limit as people of this language write it: 38,4 in French; UCUM units in plain ones. */
export function figure(text) {
  const plain = String(text ?? "").replace(/\b(10\*9\/L|umol\/L|Cel)\b|mm\[Hg\]/g, (unit) => UNITS[unit] ?? unit);
  const tied = plain.replace(/([≥≤<>]) (?=\d)/g, "$1\u00a0").replace(/(\d) (?=[°%])/g, "$1\u00a0");
  return lang === "fr" ? tied.replace(/(\d)\.(\d)/g, "$1,$2").replace(/ (?=[:;!?](\s|$))/g, "\u00a0") : tied;
}
/** What the hub says that it expected: a range in the present language; other sentences are as the hub has them. */
export const expectedWords = (text) => `${t("expected")} ${figure(lang === "fr" ? String(text).replace(/(\d) to (\d)/g, "$1 à $2") : text)}`;
document.documentElement.lang = lang;
