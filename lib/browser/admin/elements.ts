import type { AdminText } from '../../i18n/admin-texts.js';
import { texts } from './page.js';

type Child = Node | string;

export const root = document.documentElement;

export const byId = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

/** An element with properties, or with attributes where there is no such property. */
export function element<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  properties: Readonly<Record<string, unknown>> = {},
  ...children: Child[]
): HTMLElementTagNameMap[Name] {
  const made = document.createElement(name);
  for (const [property, value] of Object.entries(properties)) {
    if (property in made) {
      Object.assign(made, { [property]: value });
    } else {
      made.setAttribute(property, String(value));
    }
  }
  made.append(...children);
  return made;
}

export function button(text: AdminText, className: string, onclick: () => void): HTMLButtonElement {
  return element('button', { type: 'button', className, textContent: texts[text], onclick });
}

/** Texts on one line, each in the direction of its own language. */
export function joinTexts(given: readonly (string | null)[]): Child[] {
  const isolated = given.filter(Boolean).map((text) => element('bdi', { textContent: text }));
  return isolated.flatMap((text, index) => (index === 0 ? text : [' \u00b7 ', text]));
}

/** What was written last: a browser that translates the page shows another text in its place. */
const written = new WeakMap<Node, string>();

/** Writes only what has changed, so that nothing is read aloud or translated twice. */
export function write(node: Node, text: string): void {
  if ((written.get(node) ?? node.textContent) !== text) {
    node.textContent = text;
  }
  written.set(node, text);
}

/** A text in which names in braces stand for values. */
export function fill(text: AdminText, values: Readonly<Record<string, string>>): string {
  return texts[text]
    .split(/(\{\w+\})/)
    .map((part) => {
      const name = part.slice(1, -1);
      return part.startsWith('{') && Object.hasOwn(values, name) ? values[name] : part;
    })
    .join('');
}
