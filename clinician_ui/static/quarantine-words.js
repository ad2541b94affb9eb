// The sentences of the refused messages: what each reason means, what puts it right, and judging again.

import { addWords } from "./words.js";

addWords({
  qFix_malformed: ["L'appareil envoie ce qui n'est pas au format : prévenez son fabricant ou l'exploitant.", "The device sends what is not in the format: tell its maker or the operator."],
  qFix_too_large: ["L'appareil envoie des messages trop longs : prévenez son fabricant ou l'exploitant.", "The device sends messages that are too long: tell its maker or the operator."],
  qFix_unknown_code: ["Ce hub ne connaît pas cette mesure : prévenez l'exploitant.", "This hub does not know this measure: tell the operator."],
  qFix_unknown_unit: ["Ce hub ne connaît pas cette unité : prévenez l'exploitant.", "This hub does not know this unit: tell the operator."],
  qFix_implausible: ["Une valeur impossible : faites mesurer de nouveau, vérifiez l'appareil.", "An impossible value: have it measured again, check the device."],
  qFix_not_finite: ["L'appareil n'a pas envoyé de nombre : faites mesurer de nouveau, vérifiez l'appareil.", "The device sent no number: have it measured again, check the device."],
  qFix_identity: ["L'appareil n'est pas enregistré ici, ou parle sous un autre nom : l'enregistrer ou corriger son site, puis juger de nouveau.", "The device is not registered here or speaks under another name: register it or put its site right, then judge again."],
  qFix_unassigned: ["Personne ne portait cet appareil à ce moment : indiquer qui le porte et depuis quand, puis juger de nouveau.", "Nobody wore this device then: say who wears it and since when, then judge again."],
  qFix_conflict: ["L'appareil a donné deux fois le même numéro : le premier message est gardé, celui-ci attend une personne.", "The device gave one number twice: the first message is kept, this one waits for a person."],
  qAgain: ["Juger de nouveau", "Judge again"], qAgainAll: ["Tout juger de nouveau pour cet appareil", "Judge all of this device again"],
  qAgainDone: ["Enregistrés : {0}. Encore refusés : {1}.", "Stored: {0}. Still refused: {1}."], qAgainLater: ["Demandé pour {0} ; le hub s'en charge.", "Asked for {0}; the hub is at it."],
  qAgainStored: ["Jugé de nouveau et enregistré ({0}, {1})", "Judged again and stored ({0}, {1})"], qAgainNot: ["Jugé de nouveau et encore refusé ({0}, {1}) :", "Judged again and refused still ({0}, {1}):"],
});
