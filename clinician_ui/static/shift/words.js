// The sentences of the shift page and of the printed list, in French and English; added to the page's words.

import { addWords } from "../words.js";

addWords({
  role_: ["Rôle", "Role"], shiftPage: ["Garde", "Shift"], shiftLead: ["Qui est de garde, qui suit, ce qui reste ouvert.", "Who is on call, who is next, what is still open."],
  onCallNow: ["De garde", "On call"], nextUp: ["Ensuite", "Next"], untilTime: ["jusqu'à {0}", "until {0}"], fromTime: ["à partir de {0}", "from {0}"], standsFor: ["remplace {0}", "stands in for {0}"],
  gapOf: ["⚠ Personne de garde ({0}) de {1} à {2}", "⚠ Nobody on call ({0}) from {1} to {2}"], noGap: ["✓ Aucun trou dans les 24 heures à venir.", "✓ No gap within the next 24 hours."], nobodyOn: ["personne", "nobody"],
  handover: ["Transmission", "Hand-over"], handoverLead: ["Le brouillon reprend ce qui est ouvert ; corrigez, complétez, signez. Une transmission signée ne change plus.", "The draft holds what is open; correct it, add to it, sign it. A signed note cannot be changed."],
  draft: ["Refaire le brouillon", "Draft again"], noteText: ["Texte de la transmission", "Text of the note"], sign: ["Signer et transmettre", "Sign and hand over"], lettersLeft: ["{0} caractères restants", "{0} characters left"], ofRoster: ["Tableau de garde", "Roster"],
  signed: ["Transmission signée.", "Note signed."], notesBefore: ["Transmissions précédentes", "Notes before"], noNotes: ["Aucune transmission.", "No notes."], readNote: ["J'ai lu", "I have read it"], readBy: ["Lue par {0}", "Read by {0}"], unread: ["Pas encore lue", "Not read yet"],
  nothingOpen: ["Rien n'est ouvert sur ce site.", "Nothing is open on this site."], needNote: ["un texte est attendu", "a text is expected"],
  printList: ["Imprimer la liste", "Print the list"], printLead: ["La liste des patients, de leurs risques, plans et téléphones, telle que cette page l'a reçue en dernier : elle s'imprime aussi quand le hub ne répond plus.", "The list of patients, their risks, plans and telephone numbers as this page last received it: it prints even when the hub no longer answers."],
  listTitle: ["Liste des patients", "List of patients"], listAsOf: ["Reçue du hub le {0}. Imprimée le {1}.", "Received from the hub {0}. Printed {1}."], risk: ["Alertes ouvertes", "Open alerts"], noPhone: ["pas de téléphone", "no telephone"], planCol: ["Plan", "Plan"], emergency: ["Urgence vitale : 15 ou 112", "Emergency: 15 or 112"], oldList: ["⚠ Cette liste a {0}.", "⚠ This list is {0} old."],
});
