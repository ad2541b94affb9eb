// A patient's sheet as templates: what whoever drives there must know. Used by the panel and by the patient's file.

import "./sheet-words.js";
import { Refusal, call } from "./api.js";
import { fullTime, hubNow, toParis } from "./clock.js";
import { html, nothing } from "./components/element.js";
import { ageOf } from "./marks.js";
import { language, t } from "./words.js";

export const sheetAt = (patient) => `/api/patients/${encodeURIComponent(patient)}/sheet`;

/** Sheets as this page got them last, for when the hub does not answer. */
const kept = new Map();
export const keptSheet = (patient) => kept.get(patient)?.sheet;
export function keepSheets(found) {
  kept.clear();
  for (const each of found.sheets) kept.set(each.patient, each);
}

/** As the hub has it; when it does not answer, as this page got it last, which says so. */
export async function sheetOf(patient) {
  try { return await call("GET", sheetAt(patient)); } catch (error) {
    const old = kept.get(patient);
    if (!old || error instanceof Refusal) throw error;
    return { ...old, before: [], old: true };
  }
}

/** What a telephone is given: the 0 in brackets is for those who do not dial the country. */
export const tel = (phone) => `tel:${phone.replace("(0)", "").replace(/[^+\d]/g, "")}`;

/** A number to press, large enough for a thumb. */
export const dial = (phone, word = "") => (phone ? html`<a class="button quiet" href=${tel(phone)}><b>${phone}</b>${word ? html`<span class="small muted"> ${word}</span>` : nothing}</a>` : html`<span class="muted">${t("noNumber")}</span>`);

/** "2 mars 1956 (70 ans)" */
export function born(day) {
  const [year, month, date] = day.split("-").map(Number), [y, m, d] = toParis(hubNow()).slice(0, 10).split("-").map(Number);
  const years = y - year - (m < month || (m === month && d < date) ? 1 : 0);
  return `${new Date(`${day}T12:00:00Z`).toLocaleDateString(language() === "fr" ? "fr-FR" : "en-GB", { dateStyle: "long", timeZone: "UTC" })} (${t("shYears", years)})`;
}

/** Allergies by word and sign: nobody having asked is a warning too, and never "none". */
export function allergies({ allergy_status: status, allergies: which }) {
  const sign = status === "none" ? "✓" : "⚠";
  return html`<b class="allergy ${status} as-written" dir="auto"><span aria-hidden="true">${sign}</span> ${status === "known" ? which : t(`al_${status}`)}</b>`;
}

export const contact = (one) => html`<li><span dir="auto">${one.name}${one.relation ? html` <span class="small muted">${one.relation}</span>` : nothing}</span> ${dial(one.phone)}</li>`;

/** @param {any} found as the hub answered @param {{names?: boolean}} what `names`: name and birth date too */
export function sheetLines({ sheet, written, old = false }, { names = false } = {}) {
  const line = (name, content) => html`<div><dt>${t(name)}</dt><dd>${content ?? html`<span class="muted">${t("shUnknown")}</span>`}</dd></div>`;
  const text = (words) => (words === null ? null : html`<span class="as-written" dir="auto">${words}</span>`);
  return html`${old ? html`<p class="small fault">⚠ ${t("shKept")}</p>` : nothing}<dl class="facts sheet">${names ? [line("shFamily", text(sheet.family_name)), line("shGiven", text(sheet.given_name)), line("shPhone", sheet.phone && dial(sheet.phone))] : nothing}
    ${line("shBirth", sheet.birth_date && born(sheet.birth_date))}${line("shAllergies", allergies(sheet))}${line("shAddress", text(sheet.address))}${line("shAccess", text(sheet.access))}
    ${line("shUnit", sheet.emergency_unit || sheet.emergency_phone ? html`${text(sheet.emergency_unit)} ${sheet.emergency_phone ? dial(sheet.emergency_phone) : nothing}` : null)}
    ${line("shContacts", sheet.contacts.length > 0 ? html`<ul class="contacts">${sheet.contacts.map(contact)}</ul>` : null)}</dl>
    <p class="small muted">${written ? html`<span title=${fullTime(written.at)}>${t("shBy", written.by, "")}${ageOf(written.at)}</span>` : t("shNever")}</p>`;
}
