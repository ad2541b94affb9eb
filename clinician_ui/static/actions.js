// What a person can do to an alert: buttons, the small form behind each, and "recorded" until the hub's event is back.

import { call, newKey, Refusal } from "./api.js";
import { hubNow, shortTime, span } from "./clock.js";
import { h, show, toast } from "./dom.js";
import { may, state, waitingFor } from "./store.js";
import { eventWord, quickReasons, t } from "./words.js";

const WORD = { acknowledge: "acknowledge", assign: "assignMe", comment: "comment", snooze: "snooze", close: "closeAlert", reopen: "reopen" };
const LABEL = { acknowledge: "reason", close: "outcome", comment: "commentText", snooze: "reason", reopen: "reason" };

/** Minutes a person may choose: never more than the hub accepts for that severity. */
const choices = (severity) => [15, 30, 60, 120, 240, 480, 1440].filter((minutes) => minutes <= state.me.snooze_minutes[severity]);

export function offered(alert) {
  if (alert.state === "closed") return ["reopen"];
  if (alert.state === "pending") return ["comment"];
  const all = ["acknowledge", "assign", "comment", "snooze", "close"];
  return all.filter((action) => !(action === "acknowledge" && alert.state === "acknowledged") && !(action === "assign" && alert.assignee === state.me.username));
}

/** `left()` is called when the form of an action is no longer there. */
export function actionBar(first, left) {
  let alert = first, form = null;
  const node = h("div", { cls: "actions" });

  function draw() {
    form = null;
    if (waitingFor(alert.id)) { show(node, h("p", { cls: "waiting", role: "status" }, h("span", { cls: "spin", "aria-hidden": "true" }), t("recorded"))); return; }
    show(node, offered(alert).filter(may).map((action, place) => h("button", { type: "button", cls: place === 0 && ["acknowledge", "reopen"].includes(action) ? "primary" : "quiet", onclick: () => begin(action) }, t(WORD[action]), action === "acknowledge" && h("kbd", null, "a"))));
  }

  function begin(action) {
    if (!offered(alert).includes(action) || !may(action) || waitingFor(alert.id)) return;
    if (action === "assign") { send({ action, assignee: state.me.username }); return; }
    const text = h("textarea", { name: "reason", rows: 2, maxlength: 2000, id: "action-reason" });
    const until = action === "snooze" ? h("select", { name: "until", id: "action-until" }, choices(alert.severity).map((minutes) => h("option", { value: minutes }, `${span(minutes * 60_000)} (${shortTime(hubNow() + minutes * 60_000)})`))) : null;
    const fault = h("p", { cls: "fault", role: "alert" });
    form = h("form", { cls: "action-form", onsubmit: (event) => { event.preventDefault(); submit(action, { text, until, fault }); } },
      until && h("label", { cls: "field", for: "action-until" }, h("span", null, t("until")), until),
      h("label", { cls: "field", for: "action-reason" }, h("span", null, t(LABEL[action])), text),
      quickReasons(action).length > 0 && h("div", { cls: "quick" }, quickReasons(action).map((words) => h("button", { type: "button", cls: "chip", onclick: () => { text.value = words; text.focus(); } }, words))),
      fault, h("div", { cls: "form-buttons" }, h("button", { type: "submit", cls: "primary" }, t(WORD[action])), h("button", { type: "button", cls: "quiet", onclick: () => { draw(); left(); } }, t("cancel"))));
    show(node, form);
    (until ?? text).focus();
  }

  function submit(action, { text, until, fault }) {
    const reason = text.value.trim();
    if (action !== "reopen" && !reason) { fault.textContent = t("reasonNeeded"); text.focus(); return; }
    /** @type {any} */
    const wish = { action, ...(reason ? { reason } : {}) };
    // Two seconds less than the bound: the hub's clock may be a little behind the page's.
    if (until) wish.until = new Date(hubNow() + Number(until.value) * 60_000 - 2000).toISOString();
    send(wish, fault);
  }

  async function send(wish, fault) {
    try {
      await file(alert, wish);
      draw();
      left();
    } catch (error) {
      if (error.status === 412) { toast(refusedWords(error), "bad"); draw(); left(); }
      else if (fault?.isConnected) fault.textContent = refusedWords(error);
      else toast(refusedWords(error), "bad");
    }
  }

  draw();
  return { node, begin, writing: () => Boolean(form?.isConnected), stale: (next) => { if (next) alert = next; } };
}

/** Send one action on one alert, on the version that is shown; its event comes by the feed. */
export async function file(alert, wish) {
  const { action } = await call("POST", `/api/alerts/${encodeURIComponent(alert.id)}/actions`, wish, { "If-Match": `"${alert.version}"`, "Idempotency-Key": newKey() });
  if (state.alerts.get(alert.id)?.version === alert.version || alert.state === "closed") state.waiting.set(action, alert.id);
}

/** Why an action was not recorded: somebody was first, or the hub's own words. */
export function refusedWords(error) {
  if (!(error instanceof Refusal) || error.status !== 412) return t("failed", error.message);
  const who = error.problem.first ?? {};
  const kind = { acknowledge: "acknowledged", close: "closed", assign: "assigned", snooze: "snoozed", reopen: "reopened" }[who.action];
  return t("first", who.by ?? "?", who.action ? ` (${eventWord(kind)})` : "");
}
