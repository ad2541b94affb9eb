// Accounts of one's sites: make with a one-time password, which sites, disable, enable, a new one-time password.

import { call } from "../api.js";
import { shortTime } from "../clock.js";
import { h, show, toast } from "../dom.js";
import { state } from "../store.js";
import { t } from "../words.js";
import { checks, choice, form, table, ticked } from "./form.js";

const at = (name) => `/api/accounts/${encodeURIComponent(name)}`;

export async function accounts(node) {
  const once = h("div", { role: "status" });
  async function draw() {
    const found = await call("GET", "/api/accounts");
    show(node, once, table([t("username"), t("aRole"), t("aSites"), t("aState"), t("actions")], found.accounts.map((one) => line(one, found.sites))), making(found));
  }

  function line(one, sites) {
    const standing = one.disabled_at ? h("span", { cls: "tag warn" }, t("aDisabled", shortTime(one.disabled_at))) : t(one.must_change ? "aWaiting" : "aOpen");
    const deeds = one.own ? h("span", { cls: "muted" }, t("aOwn")) : [h("button", { type: "button", cls: "quiet", onclick: () => password(one) }, t("aPassword")), sites.length > 1 && h("button", { type: "button", cls: "quiet", onclick: (event) => where(event.target, one, sites) }, t("aSites")), one.disabled_at ? h("button", { type: "button", cls: "quiet", onclick: () => change(one, "enabling") }, t("aEnable")) : h("button", { type: "button", cls: "quiet", onclick: (event) => reason(event.target, one) }, t("aDisable"))];
    return [h("b", null, one.username), t(one.role), [one.sites.map(siteName).join(", ") || "–", one.other_sites > 0 && ` ${t("aOther", one.other_sites)}`], standing, h("div", { cls: "deeds" }, deeds)];
  }

  function reason(button, one) {
    const why = h("input", { maxlength: 500, name: "reason" });
    const asked = form(t("aDisable"), [["reason", t("aWhy"), why]], t("aDisable"), () => change(one, "disabling", { reason: why.value }));
    button.closest(".deeds").append(asked);
    button.hidden = true;
    why.focus();
  }

  function where(button, one, sites) {
    const wanted = checks(t("aSites"), sites, siteName, one.sites);
    const asked = form(t("aSitesOf", one.username), [["sites", t("aSites"), wanted]], t("save"), async () => {
      await call("PUT", `${at(one.username)}/sites`, { sites: ticked(wanted) });
      toast(t("aDone", one.username));
      await draw();
    });
    button.closest(".deeds").append(asked);
    button.hidden = true;
    wanted.querySelector("input").focus();
  }

  async function change(one, deed, body) {
    await call("POST", `${at(one.username)}/${deed}`, body).catch((error) => { if (!body) toast(error.message, "bad"); throw error; });
    toast(t("aDone", one.username));
    await draw();
  }

  async function password(one) {
    try { const made = await call("POST", `${at(one.username)}/password`); await draw(); tell(made); } catch (error) { toast(error.message, "bad"); }
  }

  function tell({ username, password: word }) {
    show(once, h("div", { cls: "one-time" }, h("p", null, t("aOneTime", username)), h("code", { tabindex: "-1" }, word), h("button", { type: "button", cls: "quiet", onclick: () => show(once) }, t("aNoted"))));
    once.querySelector("code").focus();
    once.scrollIntoView({ block: "nearest" });
  }

  function making({ roles, sites }) {
    const name = h("input", { name: "username", autocomplete: "off", maxlength: 64, required: true }), role = choice(roles, t), where = checks(t("aSites"), sites, siteName, sites.length === 1 ? sites : []);
    return form(t("aNew"), [["username", t("username"), name], ["role", t("aRole"), role], ["sites", t("aSites"), where]], t("aMake"), async () => {
      const made = await call("POST", "/api/accounts", { username: name.value.trim(), role: role.value, sites: ticked(where) });
      await draw();
      tell(made);
    });
  }
  await draw();
}

const siteName = (id) => state.sites.get(id) ?? id;
