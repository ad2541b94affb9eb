// What the doctor says of the database, in French: names of checks, what was found, what was expected. Settings keep their names.

import { language } from "../words.js";

/** @type {[RegExp, string][]} */
const FRENCH = [
  [/^server version$/, "version du serveur"], [/^migrations$/, "migrations"], [/^reading refuses NaN$/, "les mesures refusent NaN"], [/^timezone$/, "fuseau horaire"],
  [/^chunks of reading$/, "morceaux de la table des mesures"], [/^length of a chunk$/, "durée d'un morceau"], [/^columnstore of reading$/, "mesures rangées en colonnes"],
  [/^synchronous standby$/, "serveur de secours synchrone"], [/^rollups for charts$/, "résumés horaires des courbes"],
  [/^yes$/, "oui"], [/^no CHECK$/, "pas de CHECK"], [/^no policy$/, "aucune politique"], [/^policy: (.+)$/, "politique : $1"], [/^a policy that runs$/, "une politique qui tourne"],
  [/^(\d+) applied, (\d+) pending$/, "$1 appliquées, $2 en attente"], [/^none pending \((.+)\)$/, "aucune en attente ($1)"], [/^as shipped$/, "telles que livrées"],
  [/^(\d+) hours closed and not rolled up, (\d+) late readings$/, "$1 heures closes à résumer, $2 mesures tardives"], [/^at most (\d+): a running hub brings them up to date$/, "au plus $1 : un hub en marche les rattrape"],
  [/^(.+) chunks of (.+), (.+) in the columnstore$/, "$1 morceaux de $2, dont $3 en colonnes"], [/^a hypertable$/, "une hypertable"],
  [/^(\d+) h at ([\d,]+) readings a day, (.+) of shared_buffers$/, "$1 h à $2 mesures par jour, shared_buffers $3"],
  [/^(\d+) connected, (.+)$/, "$1 connecté(s), $2"], [/^one: commits wait for it$/, "un : les validations l'attendent"],
  [/^(.+) or newer$/, "$1 ou plus récent"], [/^(\d+) or more$/, "au moins $1"], [/^UTC \(set by every connection of the hub\)$/, "UTC (fixé par chaque connexion du hub)"],
  [/^on: a crash of the machine would lose acknowledged readings$/, "on : un arrêt brutal de la machine perdrait des mesures confirmées"],
  [/^on: a crash of the machine could leave torn pages$/, "on : un arrêt brutal de la machine pourrait laisser des pages déchirées"],
  [/^on: a commit would be reported before it is on disk$/, "on : une écriture serait annoncée avant d'être sur le disque"],
  [/^CHECK on reading.value$/, "CHECK sur reading.value"],
];

/** A word of the doctor in the language of the page; one that is not known here as it is. */
export function checkWords(text) {
  const found = language() === "fr" && FRENCH.find(([pattern]) => pattern.test(text));
  return found ? text.replace(...found) : text;
}
