import { button, element, write } from './elements.js';
import { field } from './fields.js';
import { texts } from './page.js';

/** The same expression as on the server. */
function canonical(tag: string): string | undefined {
  try {
    return Intl.getCanonicalLocales(tag.trim())[0];
  } catch {
    return undefined;
  }
}

/** Asks for another language. @param chosen takes a language tag as BCP 47 writes it */
export function makeLanguageChoice(chosen: (tag: string) => void): HTMLElement {
  const input = element('input', { type: 'text', maxLength: 35, autocomplete: 'off', spellcheck: false });
  const made = field('language', texts.languageField, input, texts.languageHint);
  const hint = made.lastElementChild as HTMLElement;
  hint.setAttribute('role', 'status');

  function add(): void {
    const tag = canonical(input.value);
    input.toggleAttribute('aria-invalid', tag === undefined);
    write(hint, texts[tag === undefined ? 'languageWrong' : 'languageHint']);
    if (tag === undefined) {
      input.focus();
      return;
    }
    input.value = '';
    chosen(tag);
  }

  const act = button('addLanguage', 'plain', add);
  const row = element('div', { className: 'row' });
  input.replaceWith(row);
  row.append(input, act);
  input.addEventListener('keydown', (event) => {
    if (event.key === 'Enter') {
      // Enter would submit the form
      event.preventDefault();
      add();
    }
  });
  return made;
}
