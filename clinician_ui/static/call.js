// "Call": every number that may be needed for a patient, one press away: patient, caregiver, who is on call, the hub, emergency.

import "./call-words.js";
import { call as ask } from "./api.js";
import { shortTime } from "./clock.js";
import { h, show } from "./dom.js";
import { fullName } from "./marks.js";
import { state } from "./store.js";
import { onCallNow } from "./told.js";
import { t } from "./words.js";

/** SAMU and the European number. */
const EMERGENCY = ["15", "112"];

/** `person`: as the store has it; `ofSite`: the row is a site's own. `close()` is called by its button. */
export function callBox({ person, ofSite, site, close }) {
  const persons = h("div", null), team = h("div", null, line(t("oncall"), t("loading")));
  const node = h("section", { cls: "calls", "aria-labelledby": "calls-title" }, h("header", null, h("h3", { id: "calls-title" }, t("callTitle")), h("button", { type: "button", cls: "quiet icon", "aria-label": t("close_"), onclick: close }, "✕")),
    !ofSite && line(fullName(person), number(person.phone)), persons, team, state.me.hub?.phone && line(t("callHub"), number(state.me.hub.phone)),
    h("div", { cls: "call-line emergency" }, h("span", null, t("callEmergency")), h("span", { cls: "numbers" }, EMERGENCY.map((each) => number(each, t(`call${each}`))))));
  if (!ofSite) ask("GET", `/api/patients/${encodeURIComponent(person.id)}/persons`).then((found) => show(persons, found.persons.filter((one) => one.role === "caregiver").map((one) => line(`${t("caregiver")} (${one.person})`, t("callNoCaregiver"))))).catch((error) => show(persons, line(t("caregiver"), error.message)));
  if (site) onCallNow(site).then(({ roles }) => show(team, roles.length === 0 ? line(t("oncall"), t("noRoster")) : roles.map(role))).catch((error) => show(team, line(t("oncall"), error.message)));
  else show(team);
  return node;
}

const line = (who, ...what) => h("div", { cls: "call-line" }, h("span", null, who), h("span", { cls: "numbers" }, what));
const number = (phone, word = null) => (phone ? h("a", { cls: "button quiet", href: `tel:${phone.replace(/[^+\d]/g, "")}` }, h("b", null, phone), word && h("span", { cls: "small muted" }, ` ${word}`)) : h("span", { cls: "muted" }, t("noNumber")));
const role = ({ role: name, now }) => (now.length === 0 ? line(t(name), h("span", { cls: "tag warn" }, t("nobodyNow"))) : now.map((one) => line(`${t(name)} · ${one.person}`, number(one.voice), h("span", { cls: "small muted" }, t("toTime", shortTime(one.until))))));

/** Closed alerts of the same rule, newest first, with how each ended; read from the hub only when somebody opens it. */
export function similarBox(alert) {
  const body = h("div", null, h("p", { cls: "muted small" }, t("loading")));
  let asked = false;
  async function open(event) {
    if (!event.target.open || asked) return;
    asked = true;
    try {
      const { alerts } = await ask("GET", `/api/patients/${encodeURIComponent(alert.patient)}/alerts?limit=100`);
      const same = alerts.filter((each) => each.rule === alert.rule && each.id !== alert.id && each.state === "closed");
      if (same.length === 0) { show(body, h("p", { cls: "muted small" }, t("similarNone"))); return; }
      const shown = same.slice(0, 5), ends = await Promise.all(shown.map(ended));
      show(body, h("p", { cls: "small muted" }, t(same.length > 1 ? "similarMany" : "similarOne", same.length)), h("ul", { cls: "similar" }, shown.map((each, place) => h("li", null, h("b", null, shortTime(each.opened_at)), ` ${t(each.severity)} · `, t("similarClosed", shortTime(each.closed_at), each.closed_by ?? "–"), ends[place] && h("p", { cls: "note small" }, ends[place])))));
    } catch (error) { asked = false; show(body, h("p", { cls: "muted small" }, error.message)); }
  }
  return h("details", { cls: "similar-box", ontoggle: open }, h("summary", null, t("similarTitle")), body);
}

async function ended(alert) {
  const { history } = await ask("GET", `/api/alerts/${encodeURIComponent(alert.id)}`);
  return history.find((each) => each.kind === "alert.closed")?.note ?? null;
}
