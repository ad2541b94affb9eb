// The sentences of the figures page and of the aplasia clock, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  figures: ["Chiffres", "Figures"], figuresLead: ["Ce que la console demande aux soignants, et le temps jusqu'à l'antibiotique.", "What the console asks of its people, and the time to the antibiotic."],
  month: ["Mois", "Month"], before: ["Précédent", "Previous"], after: ["Suivant", "Next"], ofSite: ["Site", "Site"],
  clockTitle: ["Horloge de l'aplasie", "Aplasia clock"], budgetTitle: ["Charge d'alertes", "Alert budget"], yieldTitle: ["Rendement des règles", "Yield of the rules"],
  m_signal: ["Signal", "Signal"], m_received: ["Reçu", "Received"], m_opened: ["Ouverte", "Opened"], m_delivered: ["Affichée", "Delivered"], m_seen: ["Vue", "Seen"], m_acted: ["Prise en charge", "Acted on"], m_antibiotic: ["Antibiotique", "Antibiotic"],
  missing: ["manque", "missing"], notYet: ["pas encore", "not yet"], oneHour: ["1 h", "1 h"],
  v_within: ["Antibiotique dans l'heure ({0})", "Antibiotic within the hour ({0})"], v_over: ["Antibiotique après l'heure ({0})", "Antibiotic after the hour ({0})"],
  v_running: ["{0} depuis le signal, antibiotique pas encore enregistré", "{0} since the signal, antibiotic not recorded yet"],
  v_missing: ["Heure dépassée : aucun antibiotique enregistré", "The hour is over: no antibiotic recorded"],
  s_within: ["dans l'heure", "within the hour"], s_over: ["après l'heure", "after the hour"], s_missing: ["sans antibiotique", "no antibiotic"], s_running: ["heure en cours", "hour running"],
  clockLead: ["Du premier signal (heure de la mesure) à l'antibiotique. Un repère qui manque compte comme manquant, jamais comme bon. Objectif : 60 min après l'arrivée (Cancer Nursing Practice 2023 e1835 ; JNCCN 2014;12:1569), comptées ici dès le signal à domicile : choix de ce projet, à valider.", "From the first signal (time of the measurement) to the antibiotic. A mark that is missing counts as missing, never as good. Target: 60 min of presentation (Cancer Nursing Practice 2023 e1835; JNCCN 2014;12:1569), counted here from the signal at home: a choice of this project, to be signed off."],
  noClock: ["Aucune alerte de fièvre ou de danger ouverte ce mois-ci.", "No fever or danger alert opened this month."], clocksHidden: ["Votre rôle voit les chiffres, pas les patients.", "Your role sees figures, not patients."],
  episodes: ["alertes", "alerts"], shareHour: ["dans l'heure", "within the hour"], median: ["médiane", "median"], p90: ["90e centile", "90th percentile"], noDose: ["sans antibiotique", "without antibiotic"],
  budgetLead: ["Alertes par console et par 10 min. Repères : 1 en régime établi, 10 est une avalanche ; priorités 5 / 15 / 80 % (EEMUA 191, ISA-18.2 : alarmes industrielles).", "Alerts per console and 10 min. References: 1 when steady, 10 is a flood; priorities 5 / 15 / 80 % (EEMUA 191, ISA-18.2: alarms of process plants)."],
  alertsInMonth: ["alertes dans le mois", "alerts in the month"], overSteady: ["fois plus de 1 en 10 min", "times more than 1 in 10 min"], floods: ["avalanches", "floods"], fullest: ["au plus, par console et 10 min", "at most, a console and 10 min"], perDay: ["par patient et par jour", "a patient and day"],
  shares: ["Priorités", "Priorities"], reference: ["repère {0} %", "reference {0} %"], noValue: ["pas encore", "not yet"], tooFew: ["trop tôt", "too early"], noAlerts: ["Aucune alerte ce mois-ci : il n'y a rien à partager.", "No alert this month: nothing to share out."],
  steadyLine: ["1 : régime établi", "1: steady"], floodLine: ["10 : avalanche", "10: flood"], noAlertsDay: ["Aucune alerte ce jour-là.", "No alert on this day."],
  dayChart: ["{0} : {1} alertes par pas de 10 min, au plus {2} par console", "{0}: {1} alerts in steps of 10 min, at most {2} a console"],
  fullestOf: ["Les 10 min les plus chargées", "The fullest 10 min"], consolesThen: ["consoles tenues : {0}", "consoles attended: {0}"], consoleNone: ["aucune console tenue connue : comptées pour une", "no console known to be attended: counted as one"],
  yieldLead: ["Suivie d'un acte : prise en charge, confiée, mise en veille ou close avec un motif, par une personne, en moins de 24 h (choix de ce projet, à valider).", "Acted on: acknowledged, assigned, snoozed or closed with a reason by a person within 24 h (a choice of this project, to be signed off)."],
  ruleCol: ["Règle", "Rule"], openedCol: ["Ouvertes", "Opened"], actedCol: ["Suivies", "Acted on"], undecidedCol: ["En attente", "Undecided"], yieldCol: ["Rendement", "Yield"], delayCol: ["Délai médian", "Median delay"],
  noRules: ["Aucune alerte ouverte ce mois-ci.", "No alert opened this month."], download: ["Télécharger (CSV)", "Download (CSV)"], bins_: ["pas de 10 min", "10 min steps"], sites_: ["sites", "sites"], rules_: ["règles", "rules"],
});
