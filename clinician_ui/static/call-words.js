// The sentences of "call" and of similar alerts before, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  callAction: ["Appeler", "Call"], callTitle: ["Numéros", "Numbers"], callHub: ["Numéro de l'HAD", "The hub's number"], callEmergency: ["Urgence", "Emergency"], call15: ["SAMU", "SAMU"], call112: ["européen", "European"],
  callNoSite: ["Site inconnu : impossible de dire qui est d'astreinte.", "Site unknown: nobody can say who is on call."],
  similarTitle: ["Alertes semblables avant", "Similar alerts before"], similarNone: ["Aucune alerte close de cette règle.", "No closed alert of this rule."],
  similarOne: ["{0} alerte close de cette règle", "{0} closed alert of this rule"], similarMany: ["{0} alertes closes de cette règle", "{0} closed alerts of this rule"], similarClosed: ["close {0} par {1}", "closed {0} by {1}"],
});
