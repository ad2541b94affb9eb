// The sentences of the daily synthesis' page, in French and English. Its rows come from the hub in both.

import { addWords } from "../words.js";

addWords({
  daySynthesis: ["Synthèse du jour", "Daily synthesis"], dayOf: ["Synthèse de {0}", "Synthesis of {0}"], dayBefore: ["Jour précédent", "Day before"], dayAfter: ["Jour suivant", "Day after"], dayChosen: ["Jour", "Day"],
  dayUpTo: ["Journée en cours : situation à {0}. Les faits peuvent encore changer.", "The day is not over: as known at {0}. The facts may still change."], dayOver: ["Journée terminée.", "The day is over."],
  dayAuto: ["Synthèse automatique : relue par personne", "Automatic synthesis: reviewed by nobody"], dayReviewed: ["Relue par {0} ({1}), {2}", "Reviewed by {0} ({1}), {2}"],
  dayChanged: ["La version {0} a été relue par {1} ; des données arrivées depuis ont changé les faits.", "Version {0} was reviewed by {1}; data that came since have changed the facts."], dayVersion: ["version {0}, conservée", "version {0}, kept"], dayNotKept: ["pas encore conservée", "not kept yet"],
  dayPdf: ["PDF en français", "PDF in French"], dayPdfOther: ["PDF en anglais", "PDF in English"], dayComment: ["Commentaire (facultatif)", "Comment (optional)"], daySign: ["J'ai relu cette synthèse", "I have reviewed this synthesis"], daySigned: ["Relecture enregistrée.", "Review recorded."],
  dayAgain: ["Les faits ont changé pendant la lecture : relisez, puis signez. Le commentaire est gardé.", "The facts changed while you read: read again, then sign. The comment is kept."], dayToFile: ["Dossier du patient", "Patient's file"],
  dayList: ["Synthèses du jour", "Daily syntheses"], dayListLead: ["Une synthèse que personne n'a relue est automatique.", "A synthesis that nobody has reviewed is automatic."], dayToday: ["Aujourd'hui", "Today"], dayYesterday: ["Hier", "Yesterday"], dayNobody: ["automatique", "automatic"], dayBy: ["relue par {0}, {1}", "reviewed by {0}, {1}"], dayNone: ["Aucun patient sous surveillance.", "No patient under watch."],
});
