import { element } from './elements.js';

/** An input with its label and a hint. */
export function field(id: string, label: string, input: HTMLElement, hint?: string): HTMLElement {
  input.id = id;
  const made = element(
    'div',
    { className: 'field' },
    element('label', { htmlFor: id, textContent: label }),
    input,
  );
  if (hint !== undefined) {
    made.append(element('p', { id: `${id}-hint`, className: 'hint', dir: 'auto', textContent: hint }));
    input.setAttribute('aria-describedby', `${id}-hint`);
  }
  return made;
}
