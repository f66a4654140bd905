import type { PageKey } from '../../admin/page-data.js';
import { openDialog } from './dialog.js';
import { readDraft, saveDraft } from './draft.js';
import { element, fill } from './elements.js';
import { field } from './fields.js';
import { makeLengthChoice } from './length-choice.js';
import { defaultMessage, findKey, texts } from './page.js';

/** Starts the maintenance of a key or changes what was said: for how long, what visitors read, why. */
export function openChange(name: string): void {
  const key = findKey(name);
  if (!key) {
    return;
  }
  const editing = key.switched;
  const length = makeLengthChoice(key);
  const before = {
    message: (editing && key.message) || '',
    reason: (editing && key.reason) || '',
  };
  const message = element('textarea', { rows: 3, maxLength: 10_000, dir: 'auto', value: before.message });
  const reason = element('input', {
    type: 'text',
    maxLength: 1_000,
    dir: 'auto',
    autocomplete: 'off',
    value: before.reason,
  });
  const draft = readDraft();
  const restored = draft?.name === name;
  if (restored) {
    length.restore(draft.values);
    message.value = draft.values['message'] ?? before.message;
    reason.value = draft.values['reason'] ?? before.reason;
  }
  openDialog(key, {
    title: editing ? 'changeTitle' : 'onTitle',
    notes: [...(editing ? [] : [noteOf(key)]), ...(restored ? [texts.restored] : [])],
    fields: [
      length.set,
      field('message', texts.messageField, message, fill('messageHint', { message: defaultMessage })),
      field('reason', texts.reasonField, reason, texts.reasonHint),
    ],
    confirm: editing ? 'confirmChange' : 'confirmOn',
    kind: editing ? 'primary' : 'danger',
    typed: () =>
      saveDraft({ name, values: { ...length.values(), message: message.value, reason: reason.value } }),
    send({ problem }) {
      const end = length.read();
      if (!end) {
        problem.replaceChildren(texts.pickDate);
        length.date.focus();
        return null;
      }
      const said = { message: message.value.trim(), reason: reason.value.trim() };
      if (!editing) {
        return { method: 'PUT', body: { mode: true, ...end, ...onlyText(said) } };
      }
      // what was not touched stays as it is, whatever that is by now
      return {
        method: 'PATCH',
        body: {
          ...end,
          ...(said.message !== before.message && { message: said.message || null }),
          ...(said.reason !== before.reason && { reason: said.reason || null }),
        },
      };
    },
  });
}

function noteOf({ scope, readOnly }: PageKey): string {
  return texts[scope === 'marked' ? 'closesPart' : readOnly ? 'closesWrites' : 'closesSite'];
}

const onlyText = (said: Record<string, string>): Record<string, string> =>
  Object.fromEntries(Object.entries(said).filter(([, text]) => text !== ''));
