// Service worker of the app: its files from the cache (they start without network), the outbox sent when the network is back,
// reminders shown and their receipts. Answers of the hub are never cached here. RELEASE and FILES: python -m patient_ui.release

import { get } from "./db.js";
import { flush } from "./sender.js";

const RELEASE = "ab85a14d8b588201";
const FILES = ["advice.js", "api.js", "app.css", "app.js", "ask.js", "calls.js", "chart.js", "clock.js", "consents.js", "db.js", "dom.js", "done.js", "doses.js", "due.js", "factor.js", "history.js", "icon-192.png", "icon-512.png", "icon.svg", "icons.js", "index.html", "intake.js", "login.js", "main.js", "manifest.json", "measure.js", "measures.js", "names.js", "outbox.js", "page-words.js", "people.js", "plausible.js", "questionnaire.js", "reminders.js", "sender.js", "sent.js", "settings.js", "store.js", "text.js", "today.js", "trouble.js", "visit.js", "who.js", "words.js", "worker.js"];
const CACHE = `vigie-app-${RELEASE}`;

self.addEventListener("install", (event) => event.waitUntil((async () => {
  const cache = await caches.open(CACHE);
  await cache.addAll(["/app/", ...FILES.map((each) => `/app/${each}`)].map((each) => new Request(each, { cache: "no-cache" })));
  await self.skipWaiting();
})()));

self.addEventListener("activate", (event) => event.waitUntil((async () => {
  for (const name of await caches.keys()) if (name.startsWith("vigie-app-") && name !== CACHE) await caches.delete(name);
  await self.clients.claim();
})()));

self.addEventListener("fetch", (event) => {
  const { pathname, origin } = new URL(event.request.url);
  if (origin !== self.location.origin || event.request.method !== "GET" || pathname.startsWith("/app/api/")) return;
  const name = event.request.mode === "navigate" ? "/app/" : pathname;
  event.respondWith(caches.open(CACHE).then(async (cache) => (await cache.match(name)) ?? fetch(event.request)));
});

self.addEventListener("sync", (event) => { if (event.tag === "outbox") event.waitUntil(sent()); });

/** Not everything went: the browser is told, so that it tries again later. */
async function sent() {
  let found = await flush();
  while (found.state === "held") {  // the page may be gone: a dose that was just tapped must not wait for the next time it opens
    await new Promise((over) => setTimeout(over, found.after * 1000));
    found = await flush();
  }
  for (const page of await self.clients.matchAll({ includeUncontrolled: true })) page.postMessage("outbox");
  if (found.state === "offline" || found.state === "away") throw new Error(found.state);
}

// ---- reminders ------------------------------------------------------------------------------------------------------

const UNREADABLE = { fr: { title: "Vigie", body: "Ouvrez l'application." }, en: { title: "Vigie", body: "Open the app." } };

self.addEventListener("push", (event) => event.waitUntil(shown(read(event.data))));
self.addEventListener("notificationclick", (event) => { event.notification.close(); event.waitUntil(opened()); });

function read(data) {
  try { return data.json(); } catch { return UNREADABLE; }
}

async function shown(pushed) {
  const me = await get("meta", "me").catch(() => null), language = me?.language ?? (/^fr\b/i.test(self.navigator.language) ? "fr" : "en"), words = pushed[language] ?? pushed.fr ?? UNREADABLE[language];
  await self.registration.showNotification(words.title, { body: words.body, lang: language, icon: "/app/icon-192.png", badge: "/app/icon-192.png", tag: "reminder" });
  if (!pushed.reminder) return;
  await fetch("/app/api/push/receipts", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify({ reminder: pushed.reminder }) }).catch(() => {});
}

async function opened() {
  const pages = (await self.clients.matchAll({ type: "window", includeUncontrolled: true })).filter((each) => new URL(each.url).pathname.startsWith("/app/"));
  if (!pages.length) { await self.clients.openWindow("/app/"); return; }
  try { await (pages.find((each) => each.visibilityState === "visible") ?? pages[0]).focus(); } catch { /* it is there all the same */ }
}
