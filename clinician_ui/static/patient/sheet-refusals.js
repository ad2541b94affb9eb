// What the hub says when it refuses a sheet, in the words of the page: at a field, and of the whole.

import { addWords, expectedWords, t } from "../words.js";

addWords({
  e_phone: ["un numéro comme on le compose, par exemple 06 12 34 56 78", "a number as one dials it, such as 06 12 34 56 78"], e_allergies: ["lesquelles", "which ones"], e_noAllergies: ["rien, tant que les allergies ne sont pas dites connues", "nothing, as long as allergies are not said to be known"],
  e_name: ["un nom", "a name"], e_day: ["un jour depuis 1900", "a day from 1900 on"], e_past: ["un jour qui n'est pas à venir", "a day that has come"], e_long: ["{0} caractères au plus", "at most {0} characters"], e_letters: ["un texte sans caractère invisible qui ne peut être gardé", "text without invisible characters that cannot be kept"],
  e_many: ["{0} proches au plus", "at most {0} people"], e_other: ["autre chose", "something else"],
  sheet403: ["votre rôle ne permet pas de modifier la fiche", "your role may not change the sheet"], sheet404: ["ce patient n'est plus dans votre cercle de soins", "this patient is not in your circle of care any more"],
  sheet503: ["la base de données ne répond pas ; réessayez, rien ne sera fait deux fois", "the database does not answer; try again, nothing is done twice"], sheet422: ["le hub n'accepte pas la fiche telle quelle ; fermer et rouvrir le formulaire", "the hub does not take the sheet as it is; close the form and open it again"],
  sheet500: ["le hub a fait une erreur ; réessayez, rien ne sera fait deux fois", "the hub made an error; try again, nothing is done twice"],
});

/** By what the hub says that it expected; then by the field. */
const SAID = [[/U\+0000/, "e_letters"], [/at most (\d+)/, "e_long"], [/day that has come/, "e_past"], [/^expected nothing/, "e_noAllergies"]];
const FIELDS = [[/phone$/, "e_phone"], [/^allergies$/, "e_allergies"], [/^birth_date$/, "e_day"], [/^contacts\[\d+\]\.name$/, "e_name"]];

/** @param {{field: string, expected: string}} fault */
export function refusedField({ field, expected }) {
  for (const [pattern, word] of SAID) { const found = /** @type {RegExp} */ (pattern).exec(expected); if (found) return expectedWords(t(field === "contacts" ? "e_many" : word, found[1])); }
  return expectedWords(t(FIELDS.find(([pattern]) => /** @type {RegExp} */ (pattern).test(field))?.[1] ?? "e_other"));
}

/** No field of the form says it. What did not come from the hub has the words of the page already. */
export function refusedSheet(error) {
  const own = error.errors?.find((each) => each.field === "contacts");
  if (own) return t("failed", refusedField(own));
  if (error.status === 401) return t("expired");
  return t("failed", [403, 404, 422, 500, 503].includes(error.status) ? t(`sheet${error.status}`) : error.message);
}
