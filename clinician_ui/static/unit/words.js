// The sentences of the unit view, in French and English; added to the page's words.

import { addWords } from "../words.js";

addWords({
  unitTab: ["Unité", "Unit"], unitTitle: ["L'unité", "The unit"], unitLead: ["Tous les patients d'un site, le plus urgent d'abord : 24 dernières heures, le plus bas et le plus haut de chaque demi-heure.", "All patients of a site, the most urgent first: the last 24 hours, lowest and highest of each half hour."],
  next48: ["Les 48 prochaines heures", "The next 48 hours"], uUntil: ["jusqu'au {0}", "until {0}"], uPatients: ["Patients", "Patients"], uNothing: ["Rien pour : {0}.", "Nothing for: {0}."], uNobody: ["Aucun patient dans ce site.", "No patient at this site."],
  uExpected: ["Mesures attendues", "Expected measurements"], uExpectedHelp: ["au rythme de la phase actuelle", "at the pace of the present phase"], uOf: ["{0} patients", "{0} patients"], uOf1: ["1 patient", "1 patient"], uDoses: ["Prises orales", "Oral doses"], uQuestions: ["Questionnaires", "Questionnaires"], uResting: ["{0} en pause, rien d'attendu", "{0} in a pause, nothing expected"],
  uOpening: ["Fenêtres qui s'ouvrent", "Windows that open"], uClosing: ["Fins de fenêtre attendues", "Expected ends of windows"], uCounts: ["Numérations à faire", "Counts due"], uGrade4: ["Prévisions de moins de 0,5 G/L", "Forecasts of less than 0.5 G/L"], uDevices: ["Appareils à voir", "Devices to look after"], uFaults: ["Plan inutilisable", "Plan that cannot be used"],
  uw_plan: ["selon le plan", "by the plan"], uw_overdue: ["en retard", "overdue"], uw_end: ["fin de fenêtre attendue", "expected end of the window"], uw_forecast: ["utile à la prévision", "worth most to the forecast"], uLikely: ["ouvre la fenêtre", "opens the window"], uMedian: ["médiane {0}", "median {0}"],
  dw_never: ["jamais vu", "never seen"], dw_offline: ["hors ligne", "offline"], dw_battery: ["batterie faible", "battery low"], uMore: ["et {0} autres", "and {0} more"], uRefusedOf: ["messages refusés : {0}", "refused messages: {0}"],
  "us_8310-5": ["Temp.", "Temp."], "us_8867-4": ["FC", "HR"], "us_59408-5": ["SpO₂", "SpO₂"],
  uNoValue: ["aucune valeur", "no value"], uDay: ["J{0}", "day {0}"], uAlerts: ["Alertes non closes : {0}", "Alerts not closed: {0}"], uCalm: ["aucune alerte", "no alert"], uSpark: ["{0}, 24 h : de {1} à {2}", "{0}, 24 h: {1} to {2}"], uSparkNone: ["{0} : aucune mesure en 24 h", "{0}: no reading in 24 h"],
});
