// Web push to this browser: what state it is in, on, off. The subscription is the browser's; the hub keeps it among the contacts of the account.

import { trusted } from "./trusted.js";
import { call, Refusal } from "./api.js";
import { language } from "./words.js";

const WORKER = "/static/push-sw.js";
const LOGOUT_WAIT = 3000;

/** {kind, key}: insecure, unsupported, unset (the hub has no key), denied, off, on, other (subscribed, but not for this account). */
export async function pushState() {
  if (!window.isSecureContext) return { kind: "insecure" };
  if (!("serviceWorker" in navigator && "PushManager" in window && "Notification" in window)) return { kind: "unsupported" };
  const key = await hubKey();
  if (!key) return { kind: "unset" };
  if (Notification.permission === "denied") return { kind: "denied", key };
  const found = await subscription();
  if (!found || Notification.permission !== "granted" || !signedBy(found, key)) return { kind: "off", key };
  const { web_push: mine } = await call("GET", "/api/me/contacts");
  return { kind: mine.includes(found.endpoint) ? "on" : "other", key };
}

async function hubKey() {
  try { return (await call("GET", "/api/push-key")).key; }
  catch (error) { if (error instanceof Refusal && error.status === 404) return null; throw error; }
}

const registration = () => navigator.serviceWorker?.getRegistration("/");
const subscription = async () => (await registration())?.pushManager.getSubscription() ?? null;

/** A subscription for another key of the hub is never pushed to. */
function signedBy(found, key) {
  const used = found.options?.applicationServerKey;
  return !used || bytes(key).every((byte, place) => byte === new Uint8Array(used)[place]);
}

const bytes = (key) => Uint8Array.from(atob(key.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));

/** The service worker in the language of the page; there when it is active. */
export async function registerWorker() {
  await navigator.serviceWorker.register(trusted(`${WORKER}?lang=${language()}`), { scope: "/", updateViaCache: "none" });
  return navigator.serviceWorker.ready;
}

/** Called by a gesture: the browser asks the person first. A former subscription ends, whoever's it was. */
export async function turnOn(key) {
  if ((await Notification.requestPermission()) !== "granted") return;
  const { pushManager } = await registerWorker();
  await (await pushManager.getSubscription())?.unsubscribe();
  const made = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: bytes(key) });
  const { endpoint, keys } = made.toJSON();
  try { await call("POST", "/api/me/web-push", { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } }); }
  catch (error) { await made.unsubscribe(); throw error; }
}

/** This browser is pushed to no more. What the hub cannot be told now it learns from the push service. */
export async function turnOff() {
  const found = await subscription();
  if (!found) return;
  const [ended, told] = await Promise.allSettled([found.unsubscribe(), forget(found.endpoint)]);
  if (ended.status === "rejected" && told.status === "rejected") throw told.reason;
}

/** False: it was not mine. */
async function forget(endpoint) {
  try { await call("DELETE", "/api/me/web-push", { endpoint }); return true; }
  catch (error) { if (error instanceof Refusal && error.status === 404) return false; throw error; }
}

/** Before logging out: my subscription here ends, what is shown goes. Logging out never waits long for it, nor fails. */
export async function leave() {
  const late = new Promise((over) => setTimeout(over, LOGOUT_WAIT));
  await Promise.race([left().catch(() => {}), late]);
}

async function left() {
  const found = await subscription();
  if (!found || !(await forget(found.endpoint))) return;
  await found.unsubscribe();
  for (const shown of await (await registration()).getNotifications()) shown.close();
}
