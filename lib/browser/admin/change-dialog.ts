import { openDialog } from './dialog.js';
import { element, fill } from './elements.js';
import { field } from './fields.js';
import { makeLengthChoice } from './length-choice.js';
import { defaultMessage, findKey, texts } from './page.js';

/** Switches a key on or changes what was said: for how long, what visitors read, why. */
export function openChange(name: string): void {
  const key = findKey(name);
  if (!key) {
    return;
  }
  const editing = key.switched;
  const length = makeLengthChoice(editing ? key.until : null);
  const message = element('textarea', {
    rows: 3,
    maxLength: 10_000,
    dir: 'auto',
    value: (editing && key.message) || '',
  });
  const reason = element('input', {
    type: 'text',
    maxLength: 1_000,
    dir: 'auto',
    autocomplete: 'off',
    value: (editing && key.reason) || '',
  });
  length.choose(!editing ? 'hour1' : key.until ? 'keepEnd' : 'forever');
  openDialog(key, {
    title: editing ? 'changeTitle' : 'onTitle',
    notes: editing ? [] : [texts.closesSite],
    fields: [
      length.set,
      field('message', texts.messageField, message, fill('messageHint', { message: defaultMessage })),
      field('reason', texts.reasonField, reason, texts.reasonHint),
    ],
    confirm: editing ? 'confirmChange' : 'confirmOn',
    kind: editing ? 'primary' : 'danger',
    send({ problem }) {
      const end = length.read();
      if (!end) {
        problem.replaceChildren(texts.pickDate);
        length.date.focus();
        return null;
      }
      const [said, why] = [message.value.trim(), reason.value.trim()];
      return {
        method: 'PUT',
        body: { mode: true, ...end, ...(said && { message: said }), ...(why && { reason: why }) },
      };
    },
  });
}
