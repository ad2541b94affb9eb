// The sentences of the forecast of the neutrophil count, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  fcTitle: ["Prévision des neutrophiles", "Forecast of the neutrophils"], fcSource: ["Prévision d'un modèle ({0}), pas une mesure.", "Forecast of a model ({0}), not a measurement."],
  fcMade: ["Calculée", "Made"], fcChecked: ["données inchangées, vérifiées", "values unchanged, checked"], fcOld: ["De nouvelles valeurs sont arrivées : une prévision est en cours de calcul.", "New values have come: a forecast is being made."],
  fc_ready: ["personnelle", "personal"], fc_prior_only: ["sans numération : celle d'un patient quelconque", "no count yet: that of any patient"], fc_surprised: ["numération inattendue", "unexpected count"], fc_refused: ["pas de prévision", "no forecast"],
  fcGrade4: ["Risque de moins de 0,5 G/L", "Risk of less than 0.5 G/L"], fcGrade3: ["Risque de moins de 1,0 G/L", "Risk of less than 1.0 G/L"], fcNadir: ["Nadir", "Nadir"], fcNadirDay: ["Jour du nadir", "Day of the nadir"],
  fcRecovery: ["Retour au-dessus de 1,0 G/L", "Back above 1.0 G/L"], fcBelow: ["Jours sous 0,5 G/L", "Days below 0.5 G/L"], fcBest: ["Prochaine numération la plus utile", "Next count worth most on"], fcLate: ["Risque de moins de 1,0 G/L à la prochaine cure", "Risk of less than 1.0 G/L at the next dose"],
  fcNextDose: ["Prochaine cure prévue", "Next planned dose"], fcMargin: ["retour {0} ({1} à {2})", "back {0} ({1} to {2})"], fcBefore: ["{0} j avant", "{0} d before"], fcAfter: ["{0} j après", "{0} d after"], fcSameDay: ["le jour même", "the same day"],
  fcSurprise: ["La dernière numération était inattendue (probabilité {0}) : vérifier la valeur, les doses et les dates.", "The last count was unexpected (probability {0}): check the value, the doses and the dates."],
  fcTo: ["{0} à {1}", "{0} to {1}"], fcBeyond: ["au-delà de la prévision", "beyond the forecast"], fcDays: ["{0} j", "{0} d"], fcNow: ["maintenant", "now"], fcDose: ["dose", "dose"], fcNext: ["cure prévue", "next dose"], fcCount: ["numération", "count"],
  fcFan: ["bande : 90 % des possibles ; tirets : médiane ; points : numérations mesurées ; ▼ dose ; ▲ numération la plus utile", "band: 90 % of what is possible; dashes: median; dots: measured counts; ▼ dose; ▲ best day for a count"],
  fcAria: ["Prévision des neutrophiles : risque de moins de 0,5 G/L {0}, nadir médian {1} G/L", "Forecast of the neutrophils: risk of less than 0.5 G/L {0}, median nadir {1} G/L"],
  wOpen: ["Fenêtre d'aplasie ouverte", "Aplasia window open"], w_plan: ["par le plan", "by the plan"], w_count: ["par une numération", "by a count"], w_forecast: ["par une prévision", "by a forecast"], wSince: ["depuis {0}", "since {0}"],
});
