// The small forms of administration: labelled fields, the hub's faults at their field, what was typed kept after a refusal.

import { h, show } from "../dom.js";
import { expectedWords, t } from "../words.js";

let serial = 0;

/** `fields`: [[name, label, control]]; `send()` answers a promise. The controls are the caller's. */
export function form(title, fields, button, send) {
  const fault = h("p", { cls: "fault", role: "alert" }), faults = new Map();
  const submit = h("button", { type: "submit", cls: "primary" }, button);
  const node = h("form", { cls: "admin-form", onsubmit: go }, h("h3", null, title), fields.map(([name, label, control]) => {
    const told = h("span", { cls: "fault", id: `admin-fault-${serial += 1}` });
    faults.set(name, [control, told]);
    control.setAttribute("aria-describedby", told.id);
    return control.tagName === "FIELDSET" ? h("div", { cls: "field" }, control, told) : h("label", { cls: "field" }, h("span", null, label), control, told);
  }), fault, h("div", { cls: "form-buttons" }, submit));

  async function go(event) {
    event.preventDefault();
    fault.textContent = "";
    for (const [control, told] of faults.values()) { told.textContent = ""; control.removeAttribute("aria-invalid"); }
    submit.disabled = true;
    try { await send(); } catch (error) { tell(error); } finally { submit.disabled = false; }
  }
  function tell(error) {
    const rest = (error.errors ?? []).filter((each) => !at(each));
    fault.textContent = rest.length > 0 || !error.errors?.length ? error.message : "";
    [...faults.values()].find(([control]) => control.hasAttribute("aria-invalid"))?.[0].focus();
  }
  function at({ field, expected }) {
    const [control, told] = faults.get(field.split(/[.[]/)[0]) ?? [];
    if (!control) return false;
    control.setAttribute("aria-invalid", "true");
    told.textContent = expectedWords(expected);
    return true;
  }
  return node;
}

export const choice = (values, word) => h("select", null, values.map((each) => h("option", { value: each }, word(each))));
export const checks = (legend, values, word, on = values) => h("fieldset", { cls: "checks" }, h("legend", null, legend), values.map((each) => h("label", { cls: "check" }, h("input", { type: "checkbox", value: each, checked: on.includes(each) }), word(each))));
export const ticked = (fieldset) => [...fieldset.querySelectorAll("input:checked")].map((each) => each.value);
/** A table that becomes stacked rows on a phone; each cell says its column. */
const capital = (word) => word.charAt(0).toLocaleUpperCase() + word.slice(1);
export const table = (names, rows) => tabled(names.map(capital), rows);
const tabled = (heads, rows) => h("table", { cls: "stacked" }, h("thead", null, h("tr", null, heads.map((head) => h("th", { scope: "col" }, head)))), h("tbody", null, rows.map((cells) => h("tr", null, cells.map((cell, place) => h("td", { "data-label": heads[place] }, h("div", null, cell)))))));
export const empty = (node, words) => show(node, h("p", { cls: "empty" }, words));
