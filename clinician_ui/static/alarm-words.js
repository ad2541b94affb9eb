// The sentences of the alarm's mute, in French and English; added to the page's words.

import { addWords } from "./words.js";

addWords({
  muteFor: ["Muet 2 min", "Mute 2 min"], mutedFor: ["Muet encore {0}", "Muted, {0} left"],
  muteHelp: ["{0} alertes sonnent. Muet deux minutes au plus ; une nouvelle alerte élevée sonne tout de suite.", "{0} alerts ring. Muted two minutes at most; a new high alert rings at once."],
  unmuteHelp: ["Remettre le son maintenant", "Sound again now"],
});
