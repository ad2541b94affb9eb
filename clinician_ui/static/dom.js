// Building the page: everything goes in as text nodes and attributes, never as markup. Templates of Lit are drawn once where they stand.

import { render } from "./vendor/lit/lit-element.js";
import { t } from "./words.js";

const SVG = "http://www.w3.org/2000/svg", MOST_BAD = 4;

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name === "cls" ? "class" : name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(made(child));
  }
  return node;
}

function made(child) {
  if (child instanceof Node) return child;
  if (!child._$litType$) return document.createTextNode(String(child));
  const part = document.createDocumentFragment();
  render(child, part);
  return part;
}

/** An HTML element: h("p", {cls: "note"}, "text", otherElement). */
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

/** An SVG element. */
export const s = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

/** Replace what a node holds. What a person folded out stays so: a box is known by its summary and its place. */
export function show(node, ...children) {
  const out = new Set(boxes(node).filter(([box]) => box.open).map(([, name]) => name));
  node.replaceChildren(...children.flat(3).filter(Boolean).map(made));
  if (out.size > 0) for (const [box, name] of boxes(node)) if (out.has(name)) box.open = true;
  return node;
}
/** @returns {[HTMLDetailsElement, string][]} */
const boxes = (node) => [...node.querySelectorAll("details")].map((box, n) => [box, `${n} ${box.querySelector("summary")?.textContent}`]);

/** A short message. `kind` "good": it goes by itself; "bad": it stays until somebody puts it away. */
export function toast(text, kind = "good") {
  const shelf = document.getElementById("toasts"), bad = kind === "bad";
  for (const old of shelf.children) if (old.firstElementChild.textContent === text) old.remove();
  const node = h("div", { cls: `toast ${kind}` }, h("span", null, text), h("button", { type: "button", cls: "quiet icon", "aria-label": t("close_"), onclick: () => node.remove() }, "✕"));
  shelf.append(node);
  if (!bad) setTimeout(() => node.remove(), 8000);
  else if (shelf.querySelectorAll(".bad").length > MOST_BAD) shelf.querySelector(".bad").remove();
}
