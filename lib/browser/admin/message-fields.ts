import type { PageKey } from '../../admin/page-data.js';
import { element, fill } from './elements.js';
import { field } from './fields.js';
import { makeLanguageChoice } from './language-choice.js';
import { defaultMessage, texts } from './page.js';

/** What visitors read: one text, and further ones by language if wanted. */
export interface MessageFields {
  readonly set: HTMLElement;
  /** What was changed, for a draft. */
  values(): Record<string, string>;
  restore(values: Readonly<Record<string, string>>): void;
  /** `undefined`: unchanged; `null`: none. */
  read(): string | Record<string, string> | null | undefined;
}

const ID = 'message';
const idOf = (tag: string): string => (tag ? `${ID}-${tag}` : ID);

export function makeMessageFields({ message, messages }: Partial<PageKey>): MessageFields {
  const inputs = new Map<string, HTMLTextAreaElement>();

  const choice = makeLanguageChoice((tag) => {
    if (!inputs.has(tag)) {
      add(tag);
    }
    inputs.get(tag)?.focus();
  });
  const set = element('div', { className: 'texts' }, choice);

  function add(tag: string, value = ''): void {
    const input = element('textarea', { rows: 3, maxLength: 10_000, dir: 'auto', lang: tag, value });
    inputs.set(tag, input);
    choice.before(
      tag
        ? field(idOf(tag), `${texts.messageField} (${tag})`, input)
        : field(ID, texts.messageField, input, fill('messageHint', { message: defaultMessage })),
    );
  }

  for (const [tag, value] of Object.entries({ '': '', ...(messages ?? { '': message ?? '' }) })) {
    add(tag, value);
  }
  const textOf = (input: HTMLTextAreaElement): string => input.value.trim();
  /** As the fields show the texts, whose line breaks may have been written otherwise. */
  const before = new Map([...inputs].map(([tag, input]) => [tag, textOf(input)]));
  return {
    set,
    values: () =>
      Object.fromEntries(
        [...inputs]
          .filter(([tag, input]) => textOf(input) !== before.get(tag))
          .map(([tag, { value }]) => [idOf(tag), value]),
      ),
    restore(values) {
      for (const [id, value] of Object.entries(values)) {
        const tag = id === ID ? '' : id.startsWith(`${ID}-`) ? id.slice(ID.length + 1) : undefined;
        const input = tag === undefined ? undefined : inputs.get(tag);
        if (input) {
          input.value = value;
        } else if (tag) {
          add(tag, value);
        }
      }
    },
    read() {
      const now = [...inputs].map(([tag, input]) => [tag, textOf(input)] as const);
      if (now.every(([tag, text]) => text === (before.get(tag) ?? ''))) {
        return undefined;
      }
      const given = now.filter(([, text]) => text);
      return given.some(([tag]) => tag) ? Object.fromEntries(given) : (given[0]?.[1] ?? null);
    },
  };
}
