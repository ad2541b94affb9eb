// Reminders on this device by web push, and their quiet hours. Calm by the hub's own rule: a person can only make them quieter.

import { call } from "./api.js";
import { button, field, h, say, show } from "./dom.js";
import { troubleWords } from "./trouble.js";
import { state } from "./store.js";
import { plural, t } from "./words.js";

export function remindersSection() {
  const node = h("section", { cls: "card" }), inside = h("div", null, h("p", { cls: "muted" }, t("loading")));
  node.append(h("h2", null, t("remindersTitle")), inside);
  draw(inside).catch((error) => show(inside, h("p", { cls: "hint" }, troubleWords(error))));
  return node;
}

const registration = async () => ("serviceWorker" in navigator ? navigator.serviceWorker.getRegistration("/app/") : null);
const able = () => window.isSecureContext && "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
const bytes = (key) => Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

async function draw(inside) {
  if (!able()) { show(inside, h("p", null, t("pushUnable"))); return; }
  const key = await call("GET", "push-key").then((found) => found.key, (error) => { if (error.status === 404) return null; throw error; });
  if (!key) { show(inside, h("p", null, t("pushUnset"))); return; }
  if (Notification.permission === "denied") { show(inside, h("p", null, t("pushDenied"))); return; }
  const found = Notification.permission === "granted" ? await (await registration())?.pushManager.getSubscription() : null;
  show(inside, h("p", null, t(found ? "pushOn" : "pushOff")), button(t(found ? "pushTurnOff" : "pushTurnOn"), () => change(inside, key, found), found ? "quiet" : "primary"), await quiet());
}

async function change(inside, key, found) {
  try { await (found ? turnOff(found) : turnOn(key)); } catch (error) { say(troubleWords(error)); }
  await draw(inside).catch((error) => say(troubleWords(error)));
}

async function turnOn(key) {
  if ((await Notification.requestPermission()) !== "granted") return;
  const { pushManager } = await navigator.serviceWorker.ready;
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) }), { endpoint, keys } = made.toJSON();
  try { await call("POST", "push", { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, ...(state.patient ? { patient: state.patient } : {}) }); }
  catch (error) { await made.unsubscribe(); throw error; }
}

async function turnOff(found) {
  await call("DELETE", "push", { endpoint: found.endpoint });
  await found.unsubscribe();
}

/** Nobody is signed in here any more: nothing is shown here any more, also when the hub cannot be told. */
export async function endReminders() {
  try { await (await (await registration())?.pushManager?.getSubscription())?.unsubscribe(); } catch { /* the hub forgets it too, at the sign-out or at its next try */ }
}

async function quiet() {
  const now = await call("GET", "reminders").catch(() => null);
  if (!now) return null;
  const from = field(t("quietFrom"), h("input", { type: "time", value: now.quiet_from })), to = field(t("quietTo"), h("input", { type: "time", value: now.quiet_to }));
  const on = h("input", { type: "checkbox", checked: now.on }), fault = h("p", { cls: "fault", role: "alert" });
  const save = async (event) => {
    event.preventDefault();
    fault.textContent = "";
    try { await call("PUT", "reminders", { on: on.checked, quiet_from: from.input.value, quiet_to: to.input.value }); say(t("saved")); }
    catch (error) { fault.textContent = error.status === 422 ? t("quieterOnly") : troubleWords(error); }
  };
  return h("details", null, h("summary", null, t("quietTitle")), h("form", { novalidate: true, onsubmit: save }, h("p", { cls: "hint" }, plural("atMost", now.a_day)), h("label", { cls: "check" }, on, t("remindMe")), h("div", { cls: "grid2" }, from, to), fault, h("button", { type: "submit", cls: "primary" }, t("save"))));
}
