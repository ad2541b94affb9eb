// Whether the page is live, and the unmistakable sign when it is not: frame, hatched banner, title. Watches the worker too.

import { h, show } from "./dom.js";
import { printList } from "./shift/printed.js";
import { state } from "./store.js";
import { t } from "./words.js";

const LIMIT = 8000;
const paris = (ms) => new Intl.DateTimeFormat("fr-FR", { timeZone: "Europe/Paris", timeStyle: "medium" }).format(ms);

export function makeFrozen() {
  const banner = document.getElementById("frozen");
  let lastLive = null, on = false, final = null;

  /** Begin: from here on, eight seconds without a live word from the worker are shown. */
  function watch() {
    lastLive = Date.now();
    setInterval(check, 500);
  }
  function heard(told) {
    if (told.live) lastLive = Date.now() - told.silent;
    check();
  }
  function check() {
    const bad = final !== null || (lastLive !== null && Date.now() - lastLive > LIMIT);
    if (bad === on) return;
    on = bad;
    redraw();
  }
  function redraw() {
    document.documentElement.classList.toggle("is-frozen", on);
    banner.hidden = !on;
    document.title = on ? `⚠ ${t("notLive")} · Vigie` : "Vigie";
    if (!on) return;
    const phone = state.me?.hub?.phone;
    show(banner, h("strong", null, t("frozenSince", paris(lastLive ?? Date.now()))), h("span", null, final ? `${final} ` : "", t("frozenDo", phone ? ` (${phone})` : "")), h("button", { type: "button", onclick: printList }, t("printList")), h("button", { type: "button", onclick: () => location.reload() }, t("reload")));
  }
  return { watch, heard, redraw, frozen: () => on, over: (words) => { final = words; check(); } };
}
