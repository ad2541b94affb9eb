// The sentences of answers without an alert, in French and English.

import { addWords } from "../words.js";

addWords({
  greenNone: ["Aucune réponse sans alerte à lire", "No answer without an alert to read"], greenOne: ["1 réponse sans alerte à lire, de 1 patient", "1 answer without an alert to read, of 1 patient"], greenMany: ["{0} réponses sans alerte à lire (patients : {1})", "{0} answers without an alert to read (patients: {1})"], greenMore: ["et d'autres : la liste en montre {0}", "and more: the list shows {0}"],
  greenLead: ["Questionnaires des 7 derniers jours qui n'ont levé aucune alerte, le plus ancien d'abord. Ceux à regarder d'abord ne sont pas cochés. L'application du patient dira « lu par », avec l'heure.", "Questionnaires of the last 7 days that raised no alert, the oldest first. Those to look at first are not ticked. The patient's app will say \"read by\", with the time."],
  greenRead: ["Marquer lues : {0}", "Mark as read: {0}"], greenDone: ["Réponses marquées lues : {0}.", "Answers marked as read: {0}."], greenBefore: ["Déjà lues par quelqu'un d'autre : {0}.", "Already read by somebody else: {0}."], greenStale: ["La liste a changé : elle est relue, rien n'a été marqué.", "The list has changed: it was read again, nothing was marked."], greenNew: ["{0} de plus depuis l'ouverture de cette liste", "{0} more since this list was opened"], greenShowNew: ["Relire la liste", "Read the list again"],
  look_text: ["texte libre", "free text"], look_severe: ["réponse forte (3 ou 4)", "strong answer (3 or 4)"], look_alerting: ["alerte en cours, autre cause", "alert open, other cause"], greenTick: ["Choisir {0}, {1}", "Choose {0}, {1}"],
});
