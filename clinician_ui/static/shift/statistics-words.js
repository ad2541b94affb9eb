// The sentences of the statistics of a shift, in French and English; added to the page's words.

import { addWords } from "../words.js";

addWords({
  statistics: ["Cette garde en chiffres", "This shift in figures"], statisticsLead: ["Alertes, délais de réponse, charge, rendement des règles.", "Alerts, response times, budget, yield of the rules."], statisticsSpan: ["De {0} à {1}.", "From {0} to {1}."], statisticsOver: ["Durée", "Period"],
  sinceShift: ["Depuis le début de garde ({0})", "Since the shift began ({0})"], lastHours: ["{0} dernières heures", "last {0} hours"], noAlertThen: ["Aucune alerte clinique ouverte pendant ce temps.", "No clinical alert opened in this time."],
  alerts_: ["Alertes", "Alerts"], timesLead: ["Temps depuis l'ouverture : médiane, puis 9 sur 10. Seules les alertes cliniques comptent.", "Time since opening: median, then 9 in 10. Clinical alerts only."],
  ninety: ["9 sur 10 : {0}", "9 in 10: {0}"], notReached: ["pas encore : {0}", "not yet: {0}"],
  cameBefore: ["alertes venues devant quelqu'un", "alerts that came before somebody"], fullestShift: ["au plus, par console et {0} min", "at most, a console and {0} min"], overSteadyShift: ["fois plus de {0} en {1} min", "times more than {0} in {1} min"], floodsShift: ["avalanches ({0} et plus)", "floods ({0} or more)"],
  rulesOf: ["Rendement des règles ({0})", "Yield of the rules ({0})"],
});
