// The sentences of a patient's sheet and of what the patient was told, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  homeAction: ["Domicile", "At home"], homeTitle: ["À domicile", "At home"], sheetPart: ["Identité et domicile", "Identity and home"],
  shFamily: ["Nom de famille", "Family name"], shGiven: ["Prénom", "Given name"], shBirth: ["Date de naissance", "Date of birth"], shPhone: ["Téléphone", "Telephone"],
  shAddress: ["Adresse", "Address"], shAccess: ["Accès (code, étage, clés)", "Access (door code, floor, keys)"], shAllergies: ["Allergies", "Allergies"],
  shWhich: ["Lesquelles, et leur effet", "Which, and what they do"], shUnit: ["Urgences convenues les plus proches", "Nearest agreed emergency unit"], shUnitPhone: ["Téléphone des urgences", "Telephone of the emergency unit"],
  al_unknown: ["jamais demandées", "never asked"], al_none: ["aucune connue", "none known"], al_known: ["connues", "known"],
  shContacts: ["Proches et aidants", "Family and caregivers"], shName: ["Nom", "Name"], shRelation: ["Lien", "Relation"], shAdd: ["Ajouter une personne", "Add a person"],
  shUnknown: ["non renseigné", "not known"], shYears: ["{0} ans", "{0} years"], shBy: ["écrit par {0}, {1}", "written by {0}, {1}"], shNever: ["Personne n'a encore rempli cette fiche.", "Nobody has filled in this sheet yet."],
  shEdit: ["Modifier", "Change"], shFile: ["Modifier dans le dossier", "Change it in the file"], shSaved: ["Fiche enregistrée.", "Sheet saved."], shLead: ["Vu par l'équipe du site seulement ; chaque lecture est tracée.", "Seen by the team of the site only; each look is on record."],
  shFirst: ["{0} a modifié la fiche pendant que vous écriviez. Votre texte est gardé ; comparez, puis enregistrez de nouveau.", "{0} changed the sheet while you were writing. Your text is kept; compare, then save again."],
  shTheirs: ["Maintenant : {0}", "Now: {0}"], shKept: ["Le hub ne répond pas : fiche telle que cette page l'a reçue la dernière fois.", "The hub does not answer: the sheet as this page got it last."], shBefore: ["Versions précédentes ({0})", "Versions before ({0})"], shNoContact: ["Aucun proche renseigné.", "No relative or caregiver known."],
  adviceTold: ["Ce qui a été dit au patient", "What the patient was told"], adviceNoText: ["Le protocole n'a pas de consigne pour le patient sur cette alerte.", "The protocol has no words for the patient beside this alert."],
  adviceNobody: ["Pas encore lu par l'application. La consigne du protocole :", "Not yet told by the app. The protocol's words:"], adviceNoApp: ["Aucune application pour ce patient : à dire par téléphone. La consigne du protocole :", "No app for this patient: to be said by telephone. The protocol's words:"],
  adviceTo: ["Affiché par l'application de {0} ({1})", "Shown by the app of {0} ({1})"], app_patient: ["patient", "patient"], app_caregiver: ["aidant", "caregiver"], app_tablet: ["tablette", "tablet"],
});
