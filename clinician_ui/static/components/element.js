// What every component of the console is: Lit, drawn into the page itself, so that its styles, its print and its focus hold inside.

import { LitElement } from "../vendor/lit/lit-element.js";

export { html, nothing, render, svg } from "../vendor/lit/lit-element.js";

export class Component extends LitElement {
  createRenderRoot() { return this; }
}
