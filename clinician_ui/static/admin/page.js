// Administration: its tabs, those that this role has, in the address (#/admin/accounts). Each tab loads itself.

import "./words.js";
import { h, show } from "../dom.js";
import { may } from "../store.js";
import { t } from "../words.js";
import { accounts } from "./accounts.js";
import { devices } from "./devices.js";
import { health } from "./health.js";
import { protocols } from "./protocols.js";
import { rosters } from "./rosters.js";

/** @type {[string, string, (node: HTMLElement, named: string | null) => Promise<void>][]} */
const TABS = [["accounts", "accounts", accounts], ["devices", "devices", devices], ["protocols", "protocol-see", protocols], ["rosters", "see", rosters], ["health", "health", health]];
const offered = () => TABS.filter(([, verb]) => may(verb));

/** Whether this role has anything here. Rosters alone are no administration. */
export const mayAdminister = () => ["accounts", "devices", "protocol-see", "health", "roster"].some(may);

export function makeAdmin() {
  const body = h("div", { cls: "admin-body" }), tabs = h("div", { cls: "admin-tabs", role: "group", "aria-label": t("admin") });
  const node = h("section", { cls: "admin", hidden: true, "aria-labelledby": "admin-title" }, h("header", null, h("h1", { id: "admin-title" }, t("admin")), h("p", { cls: "muted" }, t("adminLead"))), tabs, body);

  function load() {
    const [, name, more] = /^#\/admin(?:\/(\w+)(?:\/(.+))?)?$/.exec(location.hash) ?? [], all = offered();
    const [id, , fill] = all.find(([each]) => each === name) ?? all[0] ?? [];
    if (!id) return;
    show(tabs, all.map(([each]) => h("a", { cls: "button quiet", href: `#/admin/${each}`, "aria-current": each === id ? "page" : null }, t(each === "devices" ? "devicesTab" : each))));
    show(body, h("p", { cls: "muted" }, t("loading")));
    const mine = h("div", null);
    fill(mine, more ? decodeURIComponent(more) : null).then(() => show(body, mine)).catch((error) => show(body, h("p", { cls: "fault" }, error.message), h("p", null, h("button", { type: "button", cls: "quiet", onclick: load }, t("reload")))));
  }
  return { node, load };
}
