import { byId, element, write } from './elements.js';
import { passFocus } from './focus.js';

/** The content of a notice; without a title it is only a hint. */
export interface Notice {
  readonly title?: string;
  readonly text: string;
  readonly action?: HTMLElement;
}

const SHOWN_FOR = 8_000;

let toastTimer: ReturnType<typeof setTimeout> | undefined;

/** Shows a notice above the keys, or removes it. */
export function setNotice(id: string, notice: Notice | null): void {
  const shown = document.getElementById(`notice-${id}`);
  if (!notice) {
    if (shown) {
      passFocus(shown, byId('main'));
      shown.remove();
    }
    return;
  }
  const { title, text, action } = notice;
  const paragraph = shown?.querySelector('p');
  if (paragraph) {
    write(paragraph, text);
    return;
  }
  byId('alerts').append(
    element(
      'div',
      { id: `notice-${id}`, className: title ? 'alert' : 'hint', role: title ? 'alert' : 'note' },
      ...(title ? [element('strong', { textContent: title })] : []),
      element('p', { textContent: text }),
      ...(action ? [action] : []),
    ),
  );
}

/** Confirms briefly what has been done. */
export function toast(text: string): void {
  write(byId('toast'), text);
  clearTimeout(toastTimer);
  toastTimer = setTimeout(() => write(byId('toast'), ''), SHOWN_FOR);
}

let said: string[] = [];

/** Reads aloud what has changed without this operator's doing. Changes at one moment are read together. */
export function say(text: string): void {
  if (said.push(text) === 1) {
    queueMicrotask(() => {
      byId('said').textContent = said.join('. ');
      said = [];
    });
  }
}
