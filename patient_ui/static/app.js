// The app around its pages: header, navigation, which page is shown, the pulse of the hub.

import "./page-words.js";
import { call, Refusal, Unreachable } from "./api.js";
import { answerPage } from "./ask.js";
import { hubNow } from "./clock.js";
import { consentPage } from "./consents.js";
import { h, say, show } from "./dom.js";
import { donePage } from "./done.js";
import { icon } from "./icons.js";
import { historyPage } from "./history.js";
import { intakePage } from "./intake.js";
import { showLogin } from "./login.js";
import { measurePage } from "./measure.js";
import { peoplePage } from "./people.js";
import { sentPage } from "./sent.js";
import { settingsPage } from "./settings.js";
import { begin, changed, choose, endSession, isNurse, isTablet, keepZone, may, onChange, onTabs, patientOf, prefetchRound, readRows, refreshMe, refreshToday, sendNow, state, takeMe } from "./store.js";
import { todayPage } from "./today.js";
import { visitPage } from "./visit.js";
import { whoPage } from "./who.js";
import { personName } from "./names.js";
import { plural, setLanguage, t } from "./words.js";
import { followReleases } from "./worker.js";

const PAGES = {
  today: todayPage, m: measurePage, q: answerPage, i: intakePage, done: donePage, history: historyPage, sent: sentPage,
  settings: settingsPage, visit: visitPage, who: whoPage, people: peoplePage, consents: consentPage,
};
const PULSE = 3000, LOOK = 60_000, IDLE_TABLET = 180_000, IDLE_BEGUN = 600_000;
let root = null, parts = null, page = null, version = null, opened = false, touchedAt = Date.now();

/** Everything that needs an account. `me` null: as kept on this device. */
export async function open(where, me) {
  root = where;
  await begin();
  if (!(await takeMe(me))) { signIn(); return; }
  if (me?.language) setLanguage(me.language);
  state.ended = false;
  build();
  route();
  await readRows();
  changed();
  if (!opened) watch();
  opened = true;
  if (!me) refreshMe().catch(noted);
  sendNow();
  refreshToday();
  if (isNurse()) prefetchRound().catch(() => {});
}

function signIn() {
  const note = state.ended ? t("endedLead") : "";
  parts = page = null;
  history.replaceState(null, "", location.pathname);
  showLogin(root, (me) => open(root, me), note);
}

// ---- around the page ------------------------------------------------------------------------------------------------

function build() {
  const top = h("header", { cls: "top" }), main = h("main", { id: "main" }), nav = h("nav", { cls: "nav", "aria-label": t("navigation") });
  parts = { top, main, nav };
  show(root, h("a", { cls: "skip", href: "#main", onclick: (event) => { event.preventDefault(); main.querySelector("h1")?.focus(); } }, t("skip")), top, main, nav);
  drawTop();
  drawNav();
}

/** Written again only when it says something new: a reader aloud is not disturbed. */
let shownTop = "";
function drawTop() {
  const someone = patientOf(), several = state.me.patients.length > 1;
  const words = [someone ? personName(someone) : "Vigie", sendWords(), several, document.documentElement.lang].join("|");
  if (words === shownTop && parts.top.childNodes.length) return;
  shownTop = words;
  show(parts.top,
    several && someone
      ? h("a", { cls: "person", href: "#/who", "aria-label": t("changePerson", personName(someone)) }, h("span", null, personName(someone)), icon("swap"))
      : h("span", { cls: "person" }, h("img", { src: "/app/icon.svg", alt: "", width: 28, height: 28 }), someone ? personName(someone) : "Vigie"),
    h("a", { cls: `sending ${state.waiting || state.network !== "ok" ? "wait" : "calm"}`, href: "#/sent" }, sendWords()));
}

function sendWords() {
  if (state.waiting) return plural("waiting", state.waiting);
  return state.network === "none" ? t("noNetwork") : state.network === "away" ? t("hubAway") : t("allSent");
}

function drawNav() {
  const places = [["today", "navToday"], may("see") && ["history", "navHistory"], ["sent", "navSent"], ["settings", "navMore"]];
  const shown = isNurse() && state.patient ? [["today", "navToday"], ["visit", "navVisit"], ["history", "navHistory"], ["settings", "navMore"]] : places;
  const here = page?.nav ?? page?.name;
  show(parts.nav, shown.filter(Boolean).map(([name, words]) => h("a", { href: `#/${name}`, "aria-current": here === name ? "page" : null }, icon(name), t(words))));
}

// ---- which page -----------------------------------------------------------------------------------------------------

function route() {
  if (!state.me || !parts) return;
  const [asked, ...given] = location.hash.replace(/^#\/?/, "").split("/").map((each) => { try { return decodeURIComponent(each); } catch { return ""; } });
  let name = PAGES[asked] ? asked : "today";
  if (!state.patient && name !== "settings") name = "who";
  page?.leave?.();
  page = { name, ...PAGES[name](...given) };
  show(parts.main, page.node);
  document.title = `${page.title} · Vigie`;
  drawNav();
  drawTop();
  parts.main.scrollTo(0, 0);
  parts.main.querySelector(page.focus ?? "h1")?.focus({ preventScroll: true });
}

function redraw() {
  if (!parts) return;
  if (!state.me) { signIn(); return; }
  if (!state.patient && page?.name !== "who" && page?.name !== "settings") { location.hash = "#/who"; route(); return; }
  keepZone();
  drawTop();
  page?.live?.();
}

/** Everything again, in another language or after a change of who is shown. */
export function rebuild() { build(); route(); }

// ---- the pulse ------------------------------------------------------------------------------------------------------

const noted = async (error) => {
  if (error instanceof Unreachable) state.network = "none";
  else if (error instanceof Refusal && error.status === 401 && state.me) await endSession();
  changed();
};

async function pulse() {
  if (document.hidden || !state.me) return;
  const idle = Math.abs(Date.now() - touchedAt);
  if (isTablet() && state.patient && idle > (page?.dirty?.() ? IDLE_BEGUN : IDLE_TABLET)) { await choose(null); location.hash = "#/who"; }
  if (!navigator.onLine) return;
  try {
    const found = await call("GET", "pulse", undefined, { patience: 8000 });
    const lost = state.me.patients.filter((each) => !found.patients.includes(each.id));
    if (lost.length) { say(t("noAccess")); await refreshMe(); }
    else if (found.patients.length > state.me.patients.length) await refreshMe();
    const back = state.network !== "ok";
    state.network = "ok";
    if (version !== found.version || back || !state.today || hubNow() - state.todayAt > LOOK) {
      if (version !== found.version && state.me.role === "caregiver") await refreshMe();  // the scopes may be others now
      version = found.version;
      await refreshToday();
    }
    if (back && state.waiting) sendNow();
    if (back) changed();
  } catch (error) { await noted(error); }
}

function watch() {
  onChange(redraw);
  onTabs(async (kind) => {
    if (kind === "ended" && state.me) location.reload();
    else if (state.me) { await readRows(); changed(); }
  });
  window.addEventListener("hashchange", route);
  window.addEventListener("online", () => { sendNow(); refreshToday(); });
  window.addEventListener("offline", () => { state.network = "none"; changed(); });
  window.addEventListener("pageshow", (event) => { if (event.persisted) sendNow(); });
  document.addEventListener("visibilitychange", () => { if (!document.hidden) { sendNow(); pulse(); changed(); } });
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, () => { touchedAt = Date.now(); }, { passive: true });
  document.addEventListener("vigie-language", rebuild);
  followReleases(() => !page?.dirty?.());
  (async function beat() { await pulse().catch(() => {}); setTimeout(beat, PULSE); })();
  setInterval(() => { if (!document.hidden) changed(); }, 30_000);
}
