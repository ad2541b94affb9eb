// The service worker from the page's side: registered, asked to send when the network is back, replaced without a torn page.

const URL_OF_WORKER = "/app/sw.js", HOUR = 3_600_000;

/** Trusted Types: the one script address that this app ever hands to the browser. */
function trusted(url) {
  const policy = window.trustedTypes?.createPolicy("vigie-app", { createScriptURL: (asked) => { if (asked !== URL_OF_WORKER) throw new TypeError(asked); return asked; } });
  return policy ? policy.createScriptURL(url) : url;
}

let registered = null;
export function register() {
  registered ??= navigator.serviceWorker.register(trusted(URL_OF_WORKER), { scope: "/app/", type: "module", updateViaCache: "none" }).catch(() => null);
  return registered;
}

/** The browser may send by itself once there is a network, even with the app closed. Where it cannot, the page does. */
export async function askToSend() {
  try { await (await navigator.serviceWorker?.ready)?.sync?.register("outbox"); } catch { /* the page sends at its next look */ }
}

/** `idle()`: true when a reload interrupts nothing. A new release takes over at the next idle moment out of sight. */
export function followReleases(idle) {
  if (!navigator.serviceWorker?.controller) return;
  let fresh = false;
  setInterval(() => register().then((found) => found?.update()).catch(() => {}), HOUR);  // an app that is never closed learns it too
  navigator.serviceWorker.addEventListener("controllerchange", () => { fresh = true; });
  document.addEventListener("visibilitychange", () => { if (fresh && document.hidden && idle()) location.reload(); });
}
