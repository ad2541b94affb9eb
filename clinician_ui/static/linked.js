// A link to one alert (#alert/ID), from a notification or a message: remembered until the alerts are known, then opened once.

import { call } from "./api.js";
import { toast } from "./dom.js";
import { state } from "./store.js";
import { t } from "./words.js";
import "./device-words.js";

/** The alert that an address names. */
function named(hash) {
  const found = /^#\/?alert\/(.+)$/.exec(hash)?.[1];
  try { return found ? decodeURIComponent(found) : null; } catch { return null; }
}

// Read before the page writes its own part into the address.
let wanted = named(location.hash);

/** `open(patient, alert)` shows it. Answers what is to be called once the alerts are there. */
export function watchLinks(open) {
  async function follow() {
    if (!wanted || !state.loaded) return;
    const alert = wanted;
    wanted = null;
    const known = state.alerts.get(alert) ?? await asked(alert);
    if (!known) { toast(t("linkNone"), "bad"); return; }
    if (known.state === "closed") toast(t("linkClosed"));
    open(known.patient, alert);
  }
  function want(alert) {
    if (!alert) return;
    wanted = alert;
    setTimeout(follow); // after the page's own answer to the new address
  }
  window.addEventListener("hashchange", (event) => want(named(new URL(event.newURL).hash)));
  navigator.serviceWorker?.addEventListener("message", (event) => { if (event.data?.kind === "alert") want(event.data.alert); });
  return follow;
}

async function asked(alert) {
  try { return (await call("GET", `/api/alerts/${encodeURIComponent(alert)}`)).alert; } catch { return null; }
}
