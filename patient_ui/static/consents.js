// What the patient agreed to, with the words that were agreed to; refused or taken back as easily as given.

import { call } from "./api.js";
import { whenWords } from "./clock.js";
import { button, h, say, show } from "./dom.js";
import { troubleWords } from "./trouble.js";
import { state } from "./store.js";
import { said, t } from "./words.js";

export function consentPage() {
  const list = h("div", { cls: "page" }, h("p", { cls: "muted" }, t("loading"))), node = h("div", { cls: "page" });
  const draw = async () => {
    try { show(list, cards(await call("GET", `consents?patient=${encodeURIComponent(state.patient)}`), draw)); }
    catch (error) { show(list, h("p", { cls: "note" }, troubleWords(error))); }
  };
  show(node, h("h1", { tabindex: -1 }, t("consentsTitle")), h("p", null, t("consentsLead")), list, h("a", { cls: "button quiet", href: "#/settings" }, t("back")));
  draw();
  return { title: t("consentsTitle"), node, nav: "settings" };
}

/** The newest row of a scope for a person counts. */
function latest(rows, scope, person) {
  return rows.filter((each) => each.scope === scope && (each.person ?? null) === person).sort((a, b) => Date.parse(b.at) - Date.parse(a.at))[0];
}

function cards({ consents, texts }, draw) {
  const own = texts.map((text) => ({ text, person: null, row: latest(consents, text.scope, null) ?? latest(consents, text.scope, state.me.person) })).filter(({ text }) => ["follow-up", "reminders"].includes(text.scope));
  const people = [...new Set(consents.map((each) => each.person).filter((each) => each && each !== state.me.person))].flatMap((person) => texts.filter((text) => latest(consents, text.scope, person)).map((text) => ({ text, person, row: latest(consents, text.scope, person) })));
  return [...own, ...people].map((each) => card(each, draw));
}

function card({ text, person, row }, draw) {
  const set = async (decision) => {
    try { await call("POST", "consents", { patient: state.patient, scope: text.scope, decision, version: text.version, ...(person ? { person } : {}) }); say(t("saved")); await draw(); }
    catch (error) { say(troubleWords(error)); }
  };
  const mine = state.me.role === "patient", given = row?.decision === "given";
  return h("section", { cls: "card" }, h("h2", null, t(`scope-${text.scope}`), person ? ` · ${person}` : ""), h("p", null, said(text.text)), h("p", { cls: "hint" }, row ? t(`decision-${row.decision}`, whenWords(row.at)) : t("decisionNone")),
    mine && h("div", { cls: "pair" }, !given && button(t("consentGive"), () => set("given"), "primary"), button(t(given ? "consentWithdraw" : "consentRefuse"), () => set(given ? "withdrawn" : "refused"))));
}
