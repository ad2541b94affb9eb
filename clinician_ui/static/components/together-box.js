// <vg-together>: the alerts of one cause in the panel, each with its own state, next step, clock and acknowledgement; and all of them at
// once, one action each.

import { file, offered, refusedWords } from "../actions.js";
import { newKey } from "../api.js";
import { clockLine } from "../aplasia-clock.js";
import { toast } from "../dom.js";
import { may, state, togetherWith, waitingFor } from "../store.js";
import { figure, said, t } from "../words.js";
import { Component, html, nothing } from "./element.js";
import { leave, reasonForm } from "./reason-form.js";
import { memberButton } from "./work-row.js";

const free = (alert) => alert && offered(alert).includes("acknowledge") && !waitingFor(alert.id);
const words = (alert) => figure(said(alert.reason));

/**
 * What is being written for all of a group, by the alert that stood in front; it waits while something else is shown. `listed`: the alerts in
 * the form. `keys`: one an alert, so that a second press after a failure does nothing twice.
 * @type {Map<string, {listed: string[], text: string, keys: Map<string, string>}>}
 */
const drafts = new Map();

export class TogetherBox extends Component {
  static properties = { shown: { attribute: false }, fault: { attribute: false }, sending: { attribute: false } };

  /** @param {(id: string, action?: string) => void} choose shows a member in the panel, perhaps with the form of an action */
  constructor(choose) {
    super();
    this.choose = choose;
    /** @type {any} */
    this.shown = null;
    this.fault = "";
    this.sending = false;
    this.clocks = new Map();
  }

  get draft() { return this.shown && drafts.get(this.shown.id); }

  /** The ids in the form, null when it is not open. @returns {string[] | null} */
  get listed() { return this.draft?.listed ?? null; }

  /** The alert of the panel as it is now. */
  of(alert) {
    if (alert?.id !== this.shown?.id) { this.away(); this.clocks.clear(); }
    this.shown = alert;
    this.requestUpdate();
    return this;
  }

  /** Something else is shown now: what was written waits, and a form without a word goes. */
  away() {
    if (this.draft?.text.trim() === "") drafts.delete(this.shown.id);
    this.leave();
  }

  /** The form goes, and what was written with it. */
  rest() {
    const stood = this.listed !== null;
    drafts.delete(this.shown?.id);
    if (stood) this.leave();
  }

  leave() {
    this.fault = "";
    this.requestUpdate();
    if (this.querySelector("form")?.contains(document.activeElement)) leave(this);
  }

  /** One form for what is listed in it and nothing else: what comes later is named, and not taken. */
  async begin(takeable) {
    drafts.set(this.shown.id, { listed: takeable.map((alert) => alert.id), text: "", keys: new Map() });
    this.requestUpdate();
    await this.updateComplete;
    this.querySelector("textarea")?.focus();
  }

  /** Of those listed, the ones that still wait for somebody, as they are now. */
  left() { return this.listed.map((id) => state.alerts.get(id)).filter(free); }

  async submit(event) {
    event.preventDefault();
    const text = event.currentTarget.elements.reason, reason = text.value.trim(), sent = this.left(), failed = [], { shown, draft } = this;
    if (!reason) { this.fault = t("reasonNeeded"); text.focus(); return; }
    if (this.sending) return;
    this.sending = true;
    await Promise.all(sent.map(async (alert) => {
      if (!draft.keys.has(alert.id)) draft.keys.set(alert.id, newKey());
      try { await file(alert, { action: "acknowledge", reason }, draft.keys.get(alert.id)); } catch (error) { failed.push(`${words(alert)} : ${refusedWords(error)}`); }
    }));
    this.sending = false;
    const mine = this.shown?.id === shown.id;
    if (failed.length === 0) { drafts.delete(shown.id); if (mine) this.leave(); return; }
    const fault = t("someFailed", sent.length - failed.length, sent.length, failed.join(" ; "));
    if (mine && this.listed) this.fault = fault; else toast(fault, "bad");
  }

  render() {
    if (!this.shown) return nothing;
    const members = togetherWith(this.shown);
    if (members.every((each) => each.id === this.shown.id)) return nothing;
    return html`<section class="together"><h3>${t("together", members.length)}</h3>${this.listed ? this.form(members) : this.list(members)}</section>`;
  }

  list(members) {
    const takeable = members.filter(free);
    return html`<p class="small muted">${t("togetherLead")}</p><ul class="members">${members.map((each) => this.member(each))}</ul>${may("acknowledge") && takeable.length > 1 ? html`<button type="button" class="quiet all" @click=${() => this.begin(takeable)}>${t("ackAll", takeable.length)}</button>` : nothing}`;
  }

  member(alert) {
    const here = alert.id === this.shown.id;
    const more = html`${here ? html`<span class="tag">${t("shownHere")}</span>` : nothing}${waitingFor(alert.id) ? html`<span class="tag">${t("recorded")}</span>` : nothing}${this.clock(alert)}`;
    const take = !here && may("acknowledge") && free(alert);
    return html`<li class=${here ? "here" : ""} aria-current=${here ? "true" : nothing}>${memberButton(alert, () => this.choose(alert.id), more)}${take ? html`<button type="button" class="quiet small" @click=${() => this.choose(alert.id, "acknowledge")}>${t("ackThis")}</button>` : nothing}</li>`;
  }

  clock(alert) {
    if (!this.clocks.has(alert.id)) this.clocks.set(alert.id, clockLine());
    return this.clocks.get(alert.id).about(alert);
  }

  form(members) {
    const now = this.left(), since = members.filter((each) => free(each) && !this.listed.includes(each.id));
    const before = html`<div><p class="small">${t("ackAllLead")}</p><ul class="all-list">${now.map((each) => html`<li>${t(each.severity)} · ${words(each)}</li>`)}</ul>${since.length > 0 ? html`<p class="small since">${t("notInList", since.map(words).join(" ; "))}</p>` : nothing}</div>`;
    return reasonForm({
      name: "acknowledge", id: "all-reason", label: t("reason"), send: t("ackAll", now.length), text: this.draft.text, before, fault: this.fault, shut: now.length === 0 || this.sending,
      press: (event) => this.submit(event), typed: (form) => { this.draft.text = form.elements.reason.value; this.draft.keys.clear(); this.fault = ""; }, cancel: () => this.rest(),
    });
  }
}
customElements.define("vg-together", TogetherBox);
