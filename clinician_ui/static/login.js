// Signing in, and replacing a one-time password.

import { call, Refusal } from "./api.js";
import { h, show } from "./dom.js";
import { language, setLanguage, t } from "./words.js";

function field(name, label, props) {
  return h("label", { cls: "field" }, h("span", null, label), h("input", { name, required: true, ...props }));
}

function frame(root, title, lead, form, redraw) {
  const other = language() === "fr" ? "en" : "fr";
  show(root, h("main", { cls: "login" },
    h("div", { cls: "login-card" },
      h("div", { cls: "brand large" }, h("img", { src: "/static/icon.svg", alt: "", width: 36, height: 36 }), "Vigie"),
      h("h1", null, title), h("p", { cls: "muted" }, lead), form,
      h("footer", null, h("span", { cls: "muted" }, t("notDevice")),
        h("button", { type: "button", cls: "link", lang: other, onclick: () => { setLanguage(other); redraw(); } }, t("language"))))));
  root.querySelector("input")?.focus();
}

async function submit(form, work) {
  const fault = form.querySelector(".fault"), button = form.querySelector("button[type=submit]");
  fault.textContent = "";
  button.disabled = true;
  try { await work(Object.fromEntries(new FormData(form))); }
  catch (error) { fault.textContent = error instanceof Refusal ? error.message : t("failed", error.message); }
  finally { button.disabled = false; }
}

export function showLogin(root, done, note = "") {
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); submit(form, async (given) => done(await call("POST", "/api/session", given))); } },
    field("username", t("username"), { autocomplete: "username", autocapitalize: "none", spellcheck: "false" }),
    field("password", t("password"), { type: "password", autocomplete: "current-password" }),
    h("p", { cls: "fault", role: "alert" }, note), h("button", { type: "submit", cls: "primary" }, t("signIn")));
  frame(root, t("signIn"), t("signInLead"), form, () => showLogin(root, done, note));
}

export function showPasswordChange(root, done) {
  const form = h("form", { onsubmit: (event) => { event.preventDefault(); submit(form, async (given) => done(await call("POST", "/api/me/password", given))); } },
    field("current", t("current"), { type: "password", autocomplete: "current-password" }),
    field("new", t("fresh"), { type: "password", autocomplete: "new-password", minlength: 12 }), h("p", { cls: "muted hint" }, t("freshHint")),
    h("p", { cls: "fault", role: "alert" }), h("button", { type: "submit", cls: "primary" }, t("save")));
  frame(root, t("newPassword"), t("newPasswordLead"), form, () => showPasswordChange(root, done));
}
