// Building the page: everything goes in as text nodes and attributes, never as markup. What a person wrote cannot run.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name === "value" || name === "checked") node[name] = value;
    else node.setAttribute(name === "cls" ? "class" : name, value === true ? "" : String(value));
  }
  for (const child of children.flat(4)) {
    if (child === null || child === undefined || child === false) continue;
    node.append(child instanceof Node ? child : document.createTextNode(String(child)));
  }
  return node;
}

/** An HTML element: h("p", {cls: "note"}, "text", otherElement). */
export const h = (tag, props, ...children) => fill(document.createElement(tag), props, children);

/** An SVG element. */
export const s = (tag, props, ...children) => fill(document.createElementNS(SVG, tag), props, children);

/** Replace what a node holds. What a person folded out stays so: a box is known by its summary and its place. */
export function show(node, ...children) {
  const out = new Set(boxes(node).filter(([box]) => box.open).map(([, name]) => name));
  node.replaceChildren(...children.flat(4).filter(Boolean));
  if (out.size > 0) for (const [box, name] of boxes(node)) if (out.has(name)) box.open = true;
  return node;
}
/** @returns {[HTMLDetailsElement, string][]} */
const boxes = (node) => [...node.querySelectorAll("details")].map((box, n) => [box, `${n} ${box.querySelector("summary")?.textContent}`]);

/** A button that does something here. */
export const button = (words, onclick, cls = "quiet", props = {}) => h("button", { type: "button", cls, onclick, ...props }, words);

let fields = 0;
/** A field with its words, an optional hint, and a place for its fault: `.input`, `.fault(text)`. */
export function field(words, input, hint = "") {
  const id = `f${fields += 1}`, fault = h("p", { cls: "fault", id: `${id}-fault`, role: "alert" });
  input.id = id;
  input.setAttribute("aria-describedby", `${id}-fault${hint ? ` ${id}-hint` : ""}`);
  const node = h("div", { cls: "field" }, h("label", { for: id }, words), hint && h("p", { cls: "hint", id: `${id}-hint` }, hint), input, fault);
  node.input = input;
  node.fault = (text) => { fault.textContent = text; input.setAttribute("aria-invalid", text ? "true" : "false"); if (text) input.focus(); };
  return node;
}

let saying;
/** One sentence for everybody, read aloud too; it goes by itself. */
export function say(text) {
  const shelf = document.getElementById("say");
  shelf.textContent = text;
  clearTimeout(saying);
  saying = setTimeout(() => { shelf.textContent = ""; }, 7000);
}
