import type { PageKey } from '../../admin/page-data.js';
import { element, fill } from './elements.js';
import { field } from './fields.js';
import { defaultMessage, texts } from './page.js';

/** What visitors read: one text, or one per language where it was given so. */
export interface MessageFields {
  readonly fields: readonly HTMLElement[];
  /** What was typed, for a draft. */
  values(): Record<string, string>;
  restore(values: Readonly<Record<string, string>>): void;
  /** `undefined`: nothing was changed; `null`: there is none. */
  read(): string | Record<string, string> | null | undefined;
}

export function makeMessageFields({ message, messages }: Partial<PageKey>): MessageFields {
  const before: Readonly<Record<string, string>> = { '': '', ...(messages ?? { '': message ?? '' }) };
  const inputs = Object.entries(before).map(([tag, value]) => ({
    tag,
    id: tag ? `message-${tag}` : 'message',
    input: element('textarea', { rows: 3, maxLength: 10_000, dir: 'auto', lang: tag, value }),
  }));
  const typed = (): Record<string, string> =>
    Object.fromEntries(inputs.map(({ tag, input }) => [tag, input.value.trim()]));
  return {
    fields: inputs.map(({ tag, id, input }) =>
      tag
        ? field(id, `${texts.messageField} (${tag})`, input)
        : field(id, texts.messageField, input, fill('messageHint', { message: defaultMessage })),
    ),
    values: () => Object.fromEntries(inputs.map(({ id, input }) => [id, input.value])),
    restore(values) {
      for (const { id, input } of inputs) {
        input.value = values[id] ?? input.value;
      }
    },
    read() {
      const now = typed();
      if (Object.entries(now).every(([tag, text]) => text === before[tag])) {
        return undefined;
      }
      const given = Object.entries(now).filter(([, text]) => text);
      return messages && given.length > 0 ? Object.fromEntries(given) : now[''] || null;
    },
  };
}
