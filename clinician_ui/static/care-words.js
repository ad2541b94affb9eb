// The sentences of groups, sites, pauses, who was told and who is on call, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  siteNamed: ["Site {0}", "Site {0}"], siteLead: ["tout le site", "the whole site"], clockSays: ["Horloge de l'aplasie : {0}", "Aplasia clock: {0}"],
  together: ["Affichées ensemble ({0})", "Shown together ({0})"], togetherLead: ["Une même cause. Chaque alerte garde son état, son escalade et son horloge.", "One cause. Each alert keeps its own state, escalation and clock."],
  showTogether: ["Voir ou cacher les autres alertes de la même cause", "Show or hide the other alerts of the same cause"],
  otherCause: ["+ {0} autre motif", "+ {0} other cause"], otherCauses: ["+ {0} autres motifs", "+ {0} other causes"],
  shownHere: ["affichée ici", "shown here"], ackThis: ["Prendre en charge celle-ci", "Acknowledge this one"], ackAll: ["Prendre en charge les {0} affichées", "Acknowledge all {0} shown"],
  ackAllLead: ["Une prise en charge est enregistrée pour chacune de ces alertes :", "One acknowledgement is recorded for each of these alerts:"],
  notInList: ["Arrivée depuis, non comprise : {0}", "Came since, not included: {0}"], someFailed: ["{0} sur {1} enregistrées. Non enregistrées : {2}", "{0} of {1} recorded. Not recorded: {2}"],
  nextStep: ["étape suivante à {0}", "next step at {0}"], gone: ["Close", "Closed"],
  clauseTitle: ["Clause", "Clause"], digest: ["empreinte", "digest"],
  paused: ["En pause", "Paused"], pausedUntil: ["En pause : {0}, fin {1}", "Paused: {0}, until {1}"], pausedOpen: ["En pause : {0}, sans fin prévue", "Paused: {0}, no end set"],
  pausedLead: ["Les règles et les calendriers se reposent : aucune nouvelle alerte sur ce qui est mesuré pendant la pause.", "Rules and schedules rest: no new alert from what is measured during the pause."],
  respIs: ["Responsable du patient : {0}", "Responsible for the patient: {0}"],
  p_ward: ["service hospitalier", "hospital ward"], "p_day-hospital": ["hôpital de jour", "day hospital"], p_leave: ["permission", "leave"], p_death: ["décès", "death"], p_end: ["fin de surveillance", "end of monitoring"],
  pauses: ["Pauses", "Pauses"], noPauses: ["Aucune pause.", "No pause."], setPause: ["Poser une pause", "Set a pause"], revoke: ["Révoquer", "Revoke"], pauseSet: ["Pause posée.", "Pause set."], pauseRevoked: ["Pause révoquée.", "Pause revoked."],
  from: ["Du", "From"], upTo: ["Au", "Until"], noEnd: ["sans fin prévue", "no end set"], pauseKind: ["Sorte", "Kind"], endNeeded: ["une fin est attendue", "expected an end"], endAfter: ["une fin après le début est attendue", "expected an end after the beginning"],
  ps_now: ["en cours", "now"], "ps_to come": ["à venir", "to come"], ps_over: ["terminée", "over"], ps_revoked: ["jamais commencée", "never began"], revokedBy: ["révoquée par {0}", "revoked by {0}"],
  told: ["Qui a été prévenu", "Who was told"], noTold: ["Aucun message n'est parti pour cette alerte.", "No message has been sent for this alert."], toldStep: ["Étape {0}", "Step {0}"], toldBefore: ["Avant ({0})", "Before ({0})"], toldFirst: ["À l'ouverture", "When it opened"], nobody: ["personne", "nobody"],
  c_console: ["console", "console"], "c_web-push": ["notification", "push message"], c_sms: ["SMS", "SMS"], c_voice: ["appel", "call"], c_email: ["courriel", "e-mail"], c_webhook: ["webhook", "webhook"], c_none: ["aucune voie", "no channel"],
  d_queued: ["en attente", "waiting"], d_sent: ["envoyé", "sent"], d_delivered: ["reçu", "received"], d_failed: ["échec", "failed"], d_cancelled: ["annulé", "cancelled"], "d_given-up": ["abandonné", "given up"],
  oncall: ["D'astreinte maintenant", "On call now"], noRoster: ["Aucun tableau d'astreinte pour ce site.", "No roster for this site."], nobodyNow: ["personne maintenant", "nobody now"], toTime: ["jusqu'à {0}", "until {0}"], insteadOf: ["remplace {0}", "stands in for {0}"], noNumber: ["pas de numéro", "no number"],
});

// What the hub writes of a delivery, as French people say it; English stays as it is.
const DETAILS = {
  "the alert is no longer open": "l'alerte n'est plus ouverte", "reached on another channel": "joint par une autre voie", "could not be delivered in time": "n'a pu arriver à temps",
  "a later step has begun": "une étape suivante a commencé", "nobody on call and no account": "personne d'astreinte et aucun compte", receipt: "accusé de réception",
};
export const detailWord = (detail, language) => (language === "fr" ? DETAILS[detail] ?? detail.replace(/^[\w-]+ is not configured$/, "voie non réglée") : detail);
