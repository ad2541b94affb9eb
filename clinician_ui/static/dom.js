// Building the page: everything goes in as text nodes and attributes, never as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name === "cls" ? "class" : name, value === true ? "" : String(value));
  }
  for (const child of children.flat(3)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** An HTML element: h("p", {cls: "note"}, "text", otherElement). */
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

/** An SVG element. */
export const s = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

/** Replace what a node holds. */
export const show = (node, ...children) => { node.replaceChildren(...children.flat(3).filter(Boolean)); return node; };

/** A short message that goes by itself; `kind` is "bad" or "good". */
export function toast(text, kind = "good") {
  const node = h("div", { cls: `toast ${kind}` }, text), shelf = document.getElementById("toasts");
  for (const old of shelf.children) if (old.textContent === text) old.remove();
  shelf.append(node);
  setTimeout(() => node.remove(), 8000);
}
