// The bar above the work list: search, filters, how many are hidden, and the sign that a high alert is among them.

import "./filter-words.js";
import { h, show } from "./dom.js";
import { KINDS, NONE, fromAddress, isOn, toAddress } from "./filter.js";
import { state } from "./store.js";
import { t } from "./words.js";

/** @type {Record<string, string>} */
// One filter for the page, whatever is drawn anew. What was typed survives a reload in the state of this address, not in its text.
let filter = fromAddress(location.hash, { q: history.state?.q ?? "" });

export const chosen = () => filter;
export const filterAddress = () => toAddress(filter);
/** The address was changed by hand or by a link. */
export const readAddress = () => { if (/^#\/board/.test(location.hash)) filter = fromAddress(location.hash, filter); };

export function makeFilters(changed) {
  const search = h("input", { type: "search", id: "row-search", cls: "search", autocomplete: "off", spellcheck: "false", maxlength: 80, "aria-label": t("fSearch"), placeholder: t("fSearchShort"), value: filter.q, oninput: () => set({ q: search.value }) });
  const mine = h("button", { type: "button", cls: "chip toggle-chip", title: t("fMineHelp"), onclick: () => set({ mine: filter.mine ? "" : "1" }) }, t("fMine"));
  const selects = { site: select("site", "fSite"), protocol: select("protocol", "fProtocol"), phase: select("phase", "fPhase"), kind: select("kind", "fKind") };
  const more = h("button", { type: "button", cls: "quiet more-filters", "aria-expanded": "false", "aria-controls": "filter-choices", onclick: fold });
  const choices = h("div", { cls: "choices", id: "filter-choices" }, Object.values(selects), mine);
  const count = h("span", { cls: "count", role: "status" });
  const clear = h("button", { type: "button", cls: "quiet", onclick: () => { set({ ...NONE }); search.focus(); } });
  const line = h("div", { cls: "filter-line" }, count, clear);
  const node = h("div", { cls: "filter-zone" }, h("form", { cls: "filters", role: "search", onsubmit: (event) => event.preventDefault() }, search, more, choices), line);
  let said = "";

  function select(name, label) {
    return h("select", { "aria-label": t(label), "data-filter": name, onchange: (event) => set({ [name]: event.target.value }) });
  }

  function fold() {
    const open = choices.classList.toggle("open");
    more.setAttribute("aria-expanded", open ? "true" : "false");
  }

  function set(change) {
    filter = { ...filter, ...change };
    if ("q" in change && search.value !== filter.q) search.value = filter.q;
    history.replaceState({ q: filter.q }, "", location.pathname + toAddress(filter));
    changed();
  }

  /** What can be chosen, from what there is; a choice that is on stays even when nobody has it any more. */
  function offer() {
    const protocols = [...new Set([...state.patients.values()].map((one) => one.plan?.protocol).filter(Boolean))].sort();
    fill("site", t("fAllSites"), [...state.sites].map(([id, name]) => [id, name]), 2);
    fill("protocol", t("fAllProtocols"), protocols.map((id) => [id, id]), 2);
    fill("phase", t("fAllPhases"), [["aplasia", t("fAplasia")]], 1);
    fill("kind", t("fAllKinds"), KINDS.map((kind) => [kind, t(`k_${kind}`)]), 1);
    mine.setAttribute("aria-pressed", filter.mine ? "true" : "false");
    const on = ["site", "protocol", "phase", "kind", "mine"].filter((name) => filter[name]).length;
    more.textContent = on ? t("fMoreOn", on) : t("fMore");
  }

  function fill(name, all, known, least) {
    const box = selects[name], wanted = filter[name] && !known.some(([id]) => id === filter[name]) ? [...known, [filter[name], filter[name]]] : known;
    const key = JSON.stringify(wanted);
    box.hidden = wanted.length < least;
    if (box.dataset.offered !== key) { box.dataset.offered = key; show(box, h("option", { value: "" }, all), wanted.map(([id, word]) => h("option", { value: id }, word))); }
    box.value = filter[name];
    box.classList.toggle("on", Boolean(filter[name]));
  }

  /** `all`, `shown`: patients; `high`: unattended high alerts that the filter hides. */
  function tell({ all, shown, high }) {
    offer();
    const hidden = all - shown, on = isOn(filter);
    line.hidden = !on;
    line.classList.toggle("warn", high > 0);
    count.setAttribute("role", high > 0 ? "alert" : "status");
    clear.textContent = t(high > 0 ? "fShowAll" : "fClear");
    const counted = `${t("fOf", shown, all)} · ${t(hidden === 1 ? "fHiddenOne" : "fHidden", hidden)}`;
    const words = high > 0 ? `⚠ ${t(high > 1 ? "fOutsideMany" : "fOutside", high)} · ${counted}` : counted;
    if (said !== words) { said = words; count.textContent = words; }
  }

  return { node, tell, set, focus: () => { search.focus(); search.select(); } };
}
