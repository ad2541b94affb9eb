// Whom to call: the number of the hub's last answer with its age, and the emergency numbers, always.

import { ago, hubNow, timeOf } from "./clock.js";
import { h } from "./dom.js";
import { icon } from "./icons.js";
import { byRole } from "./names.js";
import { patientOf, state } from "./store.js";
import { said, t } from "./words.js";

const dial = (number) => `tel:${number.replace(/[^+\d]/g, "")}`;
/** A number as people read it: +33123456789 -> +33 1 23 45 67 89. */
const readable = (number) => number.replace(/^\+33(\d)(\d{2})(\d{2})(\d{2})(\d{2})$/, "+33 $1 $2 $3 $4 $5");

/** {name, number, at, over}: `over` when its hours are over, so that it may be another one by now. */
export function team() {
  const call = state.today?.call, patient = patientOf();
  if (call?.number) return { name: call.name, role: call.role, number: call.number, at: state.todayAt, over: Boolean(call.until) && Date.parse(call.until) < hubNow() };
  return { name: call?.name ?? patient?.site?.name ?? "", role: null, number: patient?.phone ?? null, at: state.todayAt, over: false };
}

export const emergency = () => state.today?.call?.emergency ?? state.me?.emergency ?? ["15", "112"];

/** Buttons that call. `loud`: for the moment when somebody must. */
export function callButtons({ loud = false } = {}) {
  const found = team();
  return h("div", { cls: `calls${loud ? " loud" : ""}` },
    found.number
      ? h("a", { cls: "call", href: dial(found.number) }, h("span", { cls: "call-who" }, t("callTeam", found.name)), h("span", { cls: "call-number" }, readable(found.number)))
      : h("p", { cls: "note" }, t("noNumber")),
    found.number && h("p", { cls: "hint" }, found.role ? `${byRole(found.role)} · ` : "", t("numberAsOf", found.at ? ago(found.at) : t("unknownAge")), found.over ? ` ${t("numberOver")}` : ""),
    h("p", { cls: "emergency-words" }, t("emergencyWhen")), h("div", { cls: "emergency" }, emergency().map((each) => h("a", { cls: "call small", href: dial(each), "aria-label": t("callNumber", each) }, each))));
}

/** The card that nobody overlooks: what to do now and whom to call. `list`: advice, each with a text. `focus`: it comes just now,
 * is read aloud at once and takes the focus; else it stands on a page that is drawn again each minute. */
export function urgentCard(list, { title = t("callNow"), note = "", focus = false } = {}) {
  return h("section", { cls: "urgent", role: focus ? "alert" : null },
    h("h2", { tabindex: focus ? -1 : null, cls: "urgent-title" }, icon("call"), title),
    list.map((each) => h("p", { cls: "urgent-text" }, said(each.text))), note && h("p", { cls: "urgent-note" }, note), callButtons({ loud: true }));
}

/** Whether anybody is looking, plainly, with the age of that answer. */
export function watchedCard() {
  const watched = state.today?.watched;
  if (!watched) return null;
  const old = hubNow() - state.todayAt > 120_000;
  return h("section", { cls: `watched ${watched.attended && !old ? "yes" : "no"}` },
    h("p", null, h("span", { cls: "watched-sign", "aria-hidden": "true" }, watched.attended && !old ? "👁" : "○"), old ? t("watchedOld") : said(watched.said)),
    h("p", { cls: "hint" }, t("asOf", ago(state.todayAt)), watched.hours?.length ? ` · ${watched.hours.slice(0, 2).map((each) => t("onCall", timeOf(each.from), timeOf(each.to))).join(", ")}` : ""));
}
