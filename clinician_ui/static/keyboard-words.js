// The sentences of the list of shortcuts, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  keys: ["Raccourcis", "Keyboard"],
  keysList: ["j / k ou ↓ / ↑ : ligne suivante, précédente|Entrée : ouvrir|a : prendre en charge, s : mettre en veille, m : commenter, x : clore, c : appeler, h : domicile, t : me la confier|e : voir le groupe|r : réordonner|/ : chercher|Échap : fermer, Tab : commande suivante|? : cette liste",
    "j / k or ↓ / ↑: next, previous row|Enter: open|a: acknowledge, s: snooze, m: comment, x: close, c: call, h: at home, t: assign to me|e: show the group|r: sort again|/: search|Esc: close, Tab: next control|?: this list"],
  keysOn: ["Raccourcis d'une seule touche (lettres, / et ?)", "Shortcuts of a single key (letters, / and ?)"],
  keysLead: ["Désactivés, une touche frappée ou un mot dicté par erreur ne fait rien. Échap, Tab, Entrée et les flèches marchent toujours ; le bouton « ? » en haut de la page rouvre cette fenêtre. Ce navigateur s'en souvient.",
    "Off, a key hit or a word dictated by mistake does nothing. Esc, Tab, Enter and the arrows always work; the button \"?\" on top of the page opens this window again. This browser remembers it."],
});
