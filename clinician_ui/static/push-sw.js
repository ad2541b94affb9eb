// Service worker of the whole site: shows a pushed alert, opens the console on it, says so to the hub.
// A push is always shown, even one that cannot be read. No patient's name is in it: the payload is made by alerts/channels/web_push.py.
// The page gives its language in the address of this file (?lang=en).

const LANGUAGE = new URL(self.location).searchParams.get("lang") === "en" ? "en" : "fr";
const UNREADABLE = { fr: ["Vigie : une alerte", "Ouvrez la console."], en: ["Vigie: an alert", "Open the console."] };
const ICON = "/static/icon.svg";

self.addEventListener("install", () => self.skipWaiting());
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()));
self.addEventListener("push", (event) => event.waitUntil(shown(read(event.data))));
self.addEventListener("notificationclick", (event) => { event.notification.close(); event.waitUntil(opened(event.notification.data?.alert)); });
self.addEventListener("pushsubscriptionchange", (event) => event.waitUntil(renewed(event)));

function read(given) {
  try { return given?.json() ?? {}; } catch { return {}; }
}

/** Shown first, then said: a receipt stands for something a person could see. */
async function shown(message) {
  const text = (value) => (typeof value === "string" ? value : undefined);
  const words = message?.[LANGUAGE], alert = text(message?.alert), at = Date.parse(message?.at);
  await self.registration.showNotification(text(words?.title) ?? UNREADABLE[LANGUAGE][0], {
    body: text(words?.body) ?? text(message?.text) ?? UNREADABLE[LANGUAGE][1], icon: ICON, lang: LANGUAGE, data: { alert },
    // The same alert again takes the place of the former, and is heard again.
    tag: alert ?? "vigie", renotify: true, requireInteraction: message?.severity === "high", ...(Number.isNaN(at) ? {} : { timestamp: at }),
  });
  if (text(message?.delivery)) await received(message.delivery);
}

/** With the cookie of whoever is logged in here. Refused without a session: then the hub goes on to the next channel. */
async function received(delivery) {
  try { await fetch(`/api/deliveries/${encodeURIComponent(delivery)}/receipt`, { method: "POST", credentials: "same-origin" }); }
  catch { /* the hub cannot be reached: the next channel follows */ }
}

/** The console that is open, in front and on that alert; else a new one. */
async function opened(alert) {
  const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  const page = pages.find((one) => one.focused) ?? pages.find((one) => one.visibilityState === "visible") ?? pages[0];
  if (!page) { await self.clients.openWindow(alert ? `/#alert/${encodeURIComponent(alert)}` : "/"); return; }
  page.postMessage({ kind: "alert", alert });
  try { await page.focus(); } catch { /* the page shows it all the same */ }
}

/** The browser changed its subscription by itself: the hub is told, if the former was of whoever is logged in here. */
async function renewed(event) {
  const old = event.oldSubscription;
  try {
    const found = event.newSubscription ?? (old && await self.registration.pushManager.subscribe(old.options));
    if (!found || !old || !(await told("DELETE", { endpoint: old.endpoint })).ok) return;
    const { endpoint, keys } = found.toJSON();
    await told("POST", { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } });
  } catch { /* the setting of the console says that it is off */ }
}

const told = (method, body) => fetch("/api/me/web-push", { method, credentials: "same-origin", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
