// <vg-actions>: what a person can do to an alert: buttons, the form behind each, and "recorded" until the hub's event is back.
// The alert may change while somebody writes: text, caret and focus stay, and the form says what has changed. What was written waits while
// another alert, another page or another language is shown.

import { file, offered, refusedWords } from "../actions.js";
import { Refusal, newKey } from "../api.js";
import { hubNow, shortTime, span } from "../clock.js";
import { toast } from "../dom.js";
import { stateWord } from "../marks.js";
import { may, state, waitingFor } from "../store.js";
import { figure, said, t } from "../words.js";
import { Component, html, nothing } from "./element.js";
import { leave, reasonForm } from "./reason-form.js";

const WORD = { acknowledge: "acknowledge", assign: "assignMe", comment: "comment", snooze: "snooze", close: "closeAlert", reopen: "reopen" };
const KEY = { acknowledge: "a", assign: "t", comment: "m", snooze: "s", close: "x" };
const LABEL = { acknowledge: "reason", close: "outcome", comment: "commentText", snooze: "reason", reopen: "reason" };

/** Minutes a person may choose: never more than the hub accepts for that severity. */
const choices = (severity) => [15, 30, 60, 120, 240, 480, 1440].filter((minutes) => minutes <= state.me.snooze_minutes[severity]);
/** What a person who writes must know of a change. */
const gist = (alert) => JSON.stringify([alert.state, alert.severity, alert.assignee, alert.snoozed_until, said(alert.reason)]);

/**
 * What is being written, by alert. `doing`: the action; `key`: one for one wish, so that a second press after a failure is the same action;
 * `ends`: until when a snooze was asked for, the same for the same press; `began`: what the alert said then; `sent`: the number of the action,
 * from the hub's answer until its event: should the event be a refusal, the form is there again with every word.
 * @type {Map<string, {doing: string, text: string, until: string, key: string, ends: string | undefined, began: string, sent: string}>}
 */
const drafts = new Map();
/** The key of "assign to me" by alert, until it is answered. @type {Map<string, string>} */
const assigning = new Map();

/** What became of an action. */
export function settled(frame) {
  const id = frame.alert?.id, draft = drafts.get(id);
  if (!draft?.sent || draft.sent !== frame.action) return;
  if (frame.kind === "alert.refused") Object.assign(draft, { sent: "", key: "" }); else drafts.delete(id);
}

export class AlertActions extends Component {
  static properties = { alert: { attribute: false }, fault: { attribute: false }, sending: { attribute: false } };

  constructor() {
    super();
    /** @type {any} */
    this.alert = null;
    this.fault = "";
    /** Alerts of which an action is on its way. @type {ReadonlySet<string>} */
    this.sending = new Set();
  }

  get draft() { return this.alert && drafts.get(this.alert.id); }

  /** The action whose form is open. @returns {string | null} */
  get doing() { return (this.draft && !this.draft.sent && this.draft.doing) || null; }

  get busy() { return this.sending.has(this.alert?.id); }

  /** The alert as it is now. */
  of(alert) {
    if (alert?.id !== this.alert?.id) this.away();
    this.alert = alert;
    this.requestUpdate();
    return this;
  }

  /** Something else is shown now: what was written waits, and a form without a word goes. */
  away() {
    if (this.doing && this.draft.text.trim() === "") drafts.delete(this.alert.id);
    this.leave();
  }

  /** The form goes, and what was written with it. */
  rest() {
    drafts.delete(this.alert?.id);
    this.leave();
  }

  leave() {
    this.fault = "";
    this.requestUpdate();
    if (this.contains(document.activeElement)) leave(this);
  }

  async begin(action) {
    if (!this.alert || this.doing === action || !offered(this.alert).includes(action) || !may(action) || waitingFor(this.alert.id)) return;
    if (action === "assign") { this.send({ action, assignee: state.me.username }); return; }
    drafts.set(this.alert.id, { doing: action, text: this.doing ? this.draft.text : "", until: "", key: "", ends: undefined, began: gist(this.alert), sent: "" });
    this.fault = "";
    this.requestUpdate();
    await this.updateComplete;
    /** @type {HTMLElement} */ (this.querySelector("select, textarea"))?.focus();
  }

  submit(event) {
    event.preventDefault();
    const { reason: text, until } = event.currentTarget.elements, { draft } = this, reason = text.value.trim();
    if (this.doing !== "reopen" && !reason) { this.fault = t("reasonNeeded"); text.focus(); return; }
    /** @type {any} */
    const wish = { action: this.doing, ...(reason ? { reason } : {}) };
    // Two seconds less than the bound: the hub's clock may be a little behind the page's.
    if (until && draft.ends && Date.parse(draft.ends) <= hubNow()) Object.assign(draft, { ends: undefined, key: "" });
    if (until) wish.until = draft.ends ??= new Date(hubNow() + Number(until.value) * 60_000 - 2000).toISOString();
    this.send(wish);
  }

  async send(wish) {
    if (this.busy) return;
    const { alert, draft } = this, mine = () => this.alert?.id === alert.id;
    if (!draft && !assigning.has(alert.id)) assigning.set(alert.id, newKey());
    this.sending = new Set([...this.sending, alert.id]);
    this.fault = "";
    try {
      const action = await file(alert, wish, draft ? (draft.key ||= newKey()) : assigning.get(alert.id));
      assigning.delete(alert.id);
      if (draft && state.waiting.has(action)) draft.sent = action; else drafts.delete(alert.id);
      if (mine()) this.leave();
    } catch (error) {
      if (error instanceof Refusal) assigning.delete(alert.id);
      const words = refusedWords(error);
      if (mine() && this.doing) this.fault = words;
      else toast(words, "bad");
    } finally { this.sending = new Set([...this.sending].filter((each) => each !== alert.id)); }
  }

  /** What is sent is no longer what was sent before. */
  typed(form) {
    Object.assign(this.draft, { text: form.elements.reason.value, until: form.elements.until?.value ?? "", key: "", ends: undefined });
    this.fault = "";
  }

  render() {
    if (!this.alert) return nothing;
    return html`<div class="actions">${this.doing ? this.form() : waitingFor(this.alert.id) ? html`<p class="waiting" role="status"><span class="spin" aria-hidden="true"></span>${t("recorded")}</p>` : this.buttons()}</div>`;
  }

  buttons() {
    return offered(this.alert).filter(may).map((action, place) => html`<button type="button" class=${place === 0 && ["acknowledge", "reopen"].includes(action) ? "primary" : "quiet"} ?disabled=${this.busy} @click=${() => this.begin(action)}>${t(WORD[action])}${KEY[action] ? html`<kbd>${KEY[action]}</kbd>` : nothing}</button>`);
  }

  form() {
    const { alert, doing, draft } = this, still = offered(alert).includes(doing);
    const keep = !still && offered(alert).includes("comment") && may("comment");
    const moved = gist(alert) !== draft.began ? html`<p class="small since" role="status">${t("movedOn", figure(said(alert.reason)), `${t(alert.severity)}, ${stateWord(alert)}`)}</p>` : nothing;
    const until = doing === "snooze" ? html`<label class="field" for="action-until"><span>${t("until")}</span><select name="until" id="action-until">${choices(alert.severity).map((minutes) => html`<option value=${minutes} ?selected=${String(minutes) === draft.until}>${span(minutes * 60_000)} (${shortTime(hubNow() + minutes * 60_000)})</option>`)}</select></label>` : nothing;
    return reasonForm({
      name: doing, id: "action-reason", label: t(LABEL[doing]), send: t(WORD[doing]), text: draft.text, before: [moved, until], fault: this.fault, shut: !still || this.busy,
      more: keep ? html`<button type="button" class="quiet" @click=${() => this.begin("comment")}>${t("keepAsComment")}</button>` : nothing,
      press: (event) => this.submit(event), typed: (form) => this.typed(form), cancel: () => this.rest(),
    });
  }
}
customElements.define("vg-actions", AlertActions);
