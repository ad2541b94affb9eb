// What the console uses of Lit, written by hand: Lit's own types need a newer checker than Debian has.

export interface TemplateResult { readonly strings: TemplateStringsArray; readonly values: unknown[] }
export const html: (strings: TemplateStringsArray, ...values: unknown[]) => TemplateResult;
export const svg: (strings: TemplateStringsArray, ...values: unknown[]) => TemplateResult;
export const nothing: unique symbol;
export const render: (value: unknown, container: HTMLElement | DocumentFragment) => unknown;
export class LitElement extends HTMLElement {
  static properties: Record<string, { attribute?: boolean | string; type?: unknown; state?: boolean }>;
  readonly updateComplete: Promise<boolean>;
  requestUpdate(): void;
  protected willUpdate(changed: Map<string, unknown>): void;
  protected createRenderRoot(): HTMLElement | DocumentFragment;
  protected render(): unknown;
}
