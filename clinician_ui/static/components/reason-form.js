// The form behind an action as a template: a reason, ready sentences, the fault, the buttons.

import { quickReasons, t } from "../words.js";
import { html, nothing } from "./element.js";

/**
 * @param {any} form `name` of the action, `id` of the field, `label`, `send` its words, `text` what is written so far; `before` stands above,
 *   `fault` below; `shut`: cannot be sent now; `press(event)`, `typed(form)`, `cancel()`
 */
export function reasonForm(form) {
  const take = (event, words) => { const text = event.currentTarget.form.elements.reason; text.value = words; text.focus(); form.typed(text.form); };
  const quick = quickReasons(form.name);
  return html`<form class="action-form" @submit=${form.press} @input=${(event) => form.typed(event.currentTarget)}>${form.before}<label class="field" for=${form.id}><span>${form.label}</span><textarea name="reason" rows="2" maxlength="2000" id=${form.id} .value=${form.text}></textarea></label>${quick.length > 0 ? html`<div class="quick">${quick.map((words) => html`<button type="button" class="chip" @click=${(event) => take(event, words)}>${words}</button>`)}</div>` : nothing}<p class="fault" role="alert">${form.fault || nothing}</p><div class="form-buttons"><button type="submit" class="primary" ?disabled=${form.shut}>${form.send}</button>${form.more ?? nothing}<button type="button" class="quiet" @click=${form.cancel}>${t("cancel")}</button></div></form>`;
}

/** Where the keyboard goes when the form it stood in is gone. */
export const leave = (node) => node.closest(".panel")?.focus({ preventScroll: true });
