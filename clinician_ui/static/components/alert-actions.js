// <vg-actions>: what a person can do to an alert: buttons, the form behind each, and "recorded" until the hub's event is back.
// The alert may change while somebody writes: text, caret and focus stay, and the form says what has changed.

import { file, offered, refusedWords } from "../actions.js";
import { newKey } from "../api.js";
import { hubNow, shortTime, span } from "../clock.js";
import { toast } from "../dom.js";
import { stateWord } from "../marks.js";
import { may, state, waitingFor } from "../store.js";
import { figure, said, t } from "../words.js";
import { Component, html, nothing } from "./element.js";
import { leave, reasonForm } from "./reason-form.js";

const WORD = { acknowledge: "acknowledge", assign: "assignMe", comment: "comment", snooze: "snooze", close: "closeAlert", reopen: "reopen" };
const LABEL = { acknowledge: "reason", close: "outcome", comment: "commentText", snooze: "reason", reopen: "reason" };

/** Minutes a person may choose: never more than the hub accepts for that severity. */
const choices = (severity) => [15, 30, 60, 120, 240, 480, 1440].filter((minutes) => minutes <= state.me.snooze_minutes[severity]);
/** What a person who writes must know of a change. */
const gist = (alert) => JSON.stringify([alert.state, alert.severity, alert.assignee, alert.snoozed_until, said(alert.reason)]);

export class AlertActions extends Component {
  static properties = { alert: { attribute: false }, doing: { attribute: false }, fault: { attribute: false }, sending: { attribute: false } };

  constructor() {
    super();
    /** @type {any} */
    this.alert = null;
    /** The action whose form is open. @type {string | null} */
    this.doing = null;
    this.fault = "";
    this.sending = false;
    /** One key for one wish: a second press after a failure is the same action. */
    this.key = "";
    /** Until when a snooze was asked for; the same for the same press. @type {string | undefined} */
    this.ends = undefined;
    this.began = "";
  }

  /** The alert as it is now. What was being written about another is put away. */
  of(alert) {
    if (alert?.id !== this.alert?.id) this.rest();
    this.alert = alert;
    this.requestUpdate();
    return this;
  }

  rest() {
    const stood = this.contains(document.activeElement);
    this.doing = null;
    this.typed();
    if (stood) leave(this);
  }

  async begin(action) {
    if (!this.alert || this.doing === action || !offered(this.alert).includes(action) || !may(action) || waitingFor(this.alert.id)) return;
    if (action === "assign") { this.send({ action, assignee: state.me.username }); return; }
    this.doing = action;
    this.typed();
    this.began = gist(this.alert);
    await this.updateComplete;
    /** @type {HTMLElement} */ (this.querySelector("select, textarea"))?.focus();
  }

  submit(event) {
    event.preventDefault();
    const { reason: text, until } = event.currentTarget.elements, reason = text.value.trim();
    if (this.doing !== "reopen" && !reason) { this.fault = t("reasonNeeded"); text.focus(); return; }
    /** @type {any} */
    const wish = { action: this.doing, ...(reason ? { reason } : {}) };
    // Two seconds less than the bound: the hub's clock may be a little behind the page's.
    if (until) wish.until = this.ends ??= new Date(hubNow() + Number(until.value) * 60_000 - 2000).toISOString();
    this.send(wish);
  }

  async send(wish) {
    if (this.sending) return;
    const { alert } = this;
    this.sending = true;
    this.fault = "";
    try {
      await file(alert, wish, this.key ||= newKey());
      if (this.alert?.id === alert.id) this.rest();
    } catch (error) {
      const words = refusedWords(error);
      if (this.doing && this.alert?.id === alert.id) this.fault = words;
      else toast(words, "bad");
    } finally { this.sending = false; }
  }

  /** What is sent is no longer what was sent before. */
  typed() { this.key = ""; this.ends = undefined; this.fault = ""; }

  render() {
    if (!this.alert) return nothing;
    return html`<div class="actions">${this.doing ? this.form() : waitingFor(this.alert.id) ? html`<p class="waiting" role="status"><span class="spin" aria-hidden="true"></span>${t("recorded")}</p>` : this.buttons()}</div>`;
  }

  buttons() {
    return offered(this.alert).filter(may).map((action, place) => html`<button type="button" class=${place === 0 && ["acknowledge", "reopen"].includes(action) ? "primary" : "quiet"} ?disabled=${this.sending} @click=${() => this.begin(action)}>${t(WORD[action])}${action === "acknowledge" ? html`<kbd>a</kbd>` : nothing}</button>`);
  }

  form() {
    const { alert, doing } = this, still = offered(alert).includes(doing);
    const keep = !still && offered(alert).includes("comment") && may("comment");
    const moved = gist(alert) !== this.began ? html`<p class="small since" role="status">${t("movedOn", figure(said(alert.reason)), `${t(alert.severity)}, ${stateWord(alert)}`)}</p>` : nothing;
    const until = doing === "snooze" ? html`<label class="field" for="action-until"><span>${t("until")}</span><select name="until" id="action-until">${choices(alert.severity).map((minutes) => html`<option value=${minutes}>${span(minutes * 60_000)} (${shortTime(hubNow() + minutes * 60_000)})</option>`)}</select></label>` : nothing;
    return reasonForm({
      name: doing, id: "action-reason", label: t(LABEL[doing]), send: t(WORD[doing]), before: [moved, until], fault: this.fault, shut: !still || this.sending,
      more: keep ? html`<button type="button" class="quiet" @click=${() => { this.doing = "comment"; this.typed(); }}>${t("keepAsComment")}</button>` : nothing,
      press: (event) => this.submit(event), typed: () => this.typed(), cancel: () => this.rest(),
    });
  }
}
customElements.define("vg-actions", AlertActions);
