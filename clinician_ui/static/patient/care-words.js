// The sentences of notes on a patient and of who is responsible, in French and English.

import { addWords } from "../words.js";

addWords({
  notesOfPatient: ["Notes", "Notes"], noteNew: ["Nouvelle note", "New note"], noteSave: ["Enregistrer la note", "Save the note"], noteNone: ["Aucune note.", "No note."], noteSaved: ["Note enregistrée.", "Note saved."], noteLead: ["Une note ne change plus : on la corrige par une nouvelle.", "A note does not change any more: a new one corrects it."],
  noteCorrect: ["Corriger", "Correct"], noteCorrecting: ["Correction de la note de {0}, {1}", "Correction of the note by {0}, {1}"], noteCorrected: ["corrigée par une note plus récente", "corrected by a later note"], noteCorrects: ["corrige une note précédente", "corrects an earlier note"], noteNeed: ["Écrivez une phrase.", "Write a sentence."], noteOld: ["Notes corrigées ({0})", "Corrected notes ({0})"],
  responsible: ["Responsable", "Responsible"], respNobody: ["Personne n'est désigné responsable de ce patient.", "Nobody is named responsible for this patient."], respSince: ["depuis {0}", "since {0}"], respGone: ["n'a plus accès à ce site : désignez quelqu'un d'autre", "has no access to this site any more: name somebody else"],
  respTo: ["Confier à", "Hand over to"], respReason: ["Raison, ce qu'il faut savoir", "Reason, what to know"], respGive: ["Transmettre la responsabilité", "Hand over responsibility"], respDone: ["Responsabilité transmise à {0}.", "Responsibility handed over to {0}."], respNeed: ["Choisissez une personne et dites pourquoi.", "Choose a person and say why."], respFirst: ["Quelqu'un a été plus rapide : {0}. Ce que vous avez écrit est gardé.", "Somebody was first: {0}. What you wrote is kept."], respBefore: ["Transmissions précédentes ({0})", "Transfers before ({0})"], respPass: ["{0} → {1}", "{0} → {1}"],
});
