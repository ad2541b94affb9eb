// Language, reminders, password and second factor, who else may see, consent, signing out. One section each.

import { call } from "./api.js";
import { button, field, h, say, show } from "./dom.js";
import { factorSection } from "./factor.js";
import { endReminders, remindersSection } from "./reminders.js";
import { endSession, isNurse, patientOf, sendNow, state, takeMe } from "./store.js";
import { troubleWords } from "./trouble.js";
import { language, plural, setLanguage, t } from "./words.js";

export function settingsPage() {
  const node = h("div", { cls: "page" });
  const own = state.me.role === "patient" || state.me.role === "caregiver";
  const patient = patientOf();
  show(node, h("h1", { tabindex: -1 }, t("navMore")), h("p", { cls: "hint" }, t("signedInAs", state.me.person)),
    state.me.patients.length > 1 && h("a", { cls: "row-link", href: "#/who" }, t("changePatient")),
    languageSection(), own && remindersSection(),
    state.me.role === "patient" && patient && h("a", { cls: "row-link", href: "#/people" }, t("peopleTitle")), own && patient && h("a", { cls: "row-link", href: "#/consents" }, t("consentsTitle")),
    own && factorSection(), own && passwordSection(), h("p", { cls: "hint" }, t("notDevice"), " ", t("aboutVersion", state.me.hub?.version ?? "")), leaveSection());
  return { title: t("navMore"), node };
}

function languageSection() {
  const choose = (name) => {
    setLanguage(name);
    if (!isNurse()) call("PUT", "me/language", { language: name }).catch(() => {});
    document.dispatchEvent(new Event("vigie-language"));
  };
  return h("section", { cls: "card" }, h("h2", null, "Langue · Language"), h("div", { cls: "chips", role: "group", "aria-label": "Langue · Language" }, [["fr", "Français"], ["en", "English"]].map(([name, words]) =>
    h("button", { type: "button", cls: "chip", lang: name, "aria-pressed": String(language() === name), onclick: () => choose(name) }, words))));
}

function passwordSection() {
  const old = field(t("currentPassword"), h("input", { type: "password", autocomplete: "current-password", maxlength: 200 }));
  const fresh = field(t("newPassword"), h("input", { type: "password", autocomplete: "new-password", maxlength: 200 }), t("newPasswordHint"));
  const fault = h("p", { cls: "fault", role: "alert" });
  const save = async (event) => {
    event.preventDefault();
    fault.textContent = "";
    try {
      await takeMe(await call("POST", "me/password", { current: old.input.value, new: fresh.input.value }));
      old.input.value = fresh.input.value = "";
      say(t("passwordChanged"));
    } catch (error) {
      if (error.errors?.some((each) => /new/.test(each.field))) fresh.fault(t("passwordBad")); else if (error.status === 401 || error.status === 403 || error.errors?.length) old.fault(t("wrongPassword")); else fault.textContent = troubleWords(error);
    }
  };
  return h("details", { cls: "card" }, h("summary", null, t("changePassword")), h("form", { novalidate: true, onsubmit: save }, old, fresh, fault, h("button", { type: "submit", cls: "primary" }, t("save"))));
}

/** Nobody signs out over unsent entries without knowing. */
function leaveSection() {
  const node = h("section", { cls: "card" });
  const leave = async () => {
    try { await call("DELETE", "session", undefined, { patience: 5000 }); } catch { /* the cookie ends by itself; here nothing stays */ }
    await endReminders();
    await endSession();
    location.reload();
  };
  const ask = () => {
    if (!state.waiting) { leave(); return; }
    show(node, h("section", { cls: "ask", role: "alert" }, h("h2", { tabindex: -1 }, plural("leaveUnsent", state.waiting)), h("p", null, t("leaveLead")),
      h("div", { cls: "stack" }, button(t("sendFirst"), async () => { await sendNow(); if (state.waiting) { say(t("stillWaiting")); ask(); } else leave(); }, "primary"), button(t("leaveAnyway"), leave), button(t("cancel"), plain))));
    node.querySelector("h2").focus();
  };
  const plain = () => show(node, state.elsewhere > 0 && h("p", { cls: "note" }, plural("elsewhere", state.elsewhere)), button(t("logout"), ask, "quiet wide"));
  plain();
  return node;
}
