// What can be done to an alert, how one action is sent, and why one was not recorded. The forms are `components/alert-actions.js`.

import { call, Refusal } from "./api.js";
import { state } from "./store.js";
import { eventWord, t } from "./words.js";

export function offered(alert) {
  if (alert.state === "closed") return ["reopen"];
  if (alert.state === "pending") return ["comment"];
  const all = ["acknowledge", "assign", "comment", "snooze", "close"];
  return all.filter((action) => !(action === "acknowledge" && alert.state === "acknowledged") && !(action === "assign" && alert.assignee === state.me.username));
}

/** Send one action on one alert, on the version that is shown; its event comes by the feed. The same `key` twice is one action. */
export async function file(alert, wish, key) {
  const { action } = await call("POST", `/api/alerts/${encodeURIComponent(alert.id)}/actions`, wish, { "If-Match": `"${alert.version}"`, "Idempotency-Key": key });
  const now = state.alerts.get(alert.id);
  if (now ? now.version === alert.version : alert.state === "closed") state.waiting.set(action, alert.id);
  return action;
}

/** Why an action was not recorded: somebody was first, or the hub's own words. */
export function refusedWords(error) {
  if (!(error instanceof Refusal) || error.status !== 412) return t("failed", error.message);
  const who = error.problem.first ?? {};
  const kind = { acknowledge: "acknowledged", close: "closed", assign: "assigned", snooze: "snoozed", reopen: "reopened" }[who.action];
  return t("first", who.by ?? "?", who.action ? ` (${eventWord(kind)})` : "");
}
