import type { PageKey } from '../../admin/page-data.js';
import { openDialog } from './dialog.js';
import { readDraft, saveDraft } from './draft.js';
import { element } from './elements.js';
import { field } from './fields.js';
import { makeLengthChoice } from './length-choice.js';
import { makeMessageFields } from './message-fields.js';
import { findKey, texts } from './page.js';

/** Starts the maintenance of a key or changes it: for how long, what visitors read, why. */
export function openChange(name: string): void {
  const key = findKey(name);
  if (!key) {
    return;
  }
  const editing = key.switched;
  const length = makeLengthChoice(key);
  const message = makeMessageFields(editing ? key : {});
  const reason = element('input', {
    type: 'text',
    maxLength: 1_000,
    dir: 'auto',
    autocomplete: 'off',
    value: (editing && key.reason) || '',
  });
  // as the field shows it, which is on one line
  const before = reason.value.trim();
  const draft = readDraft();
  const restored = draft?.name === name;
  if (restored) {
    length.restore(draft.values);
    message.restore(draft.values);
    reason.value = draft.values['reason'] ?? reason.value;
  }
  openDialog(key, {
    title: editing ? 'changeTitle' : 'onTitle',
    notes: [...(editing ? [] : [noteOf(key)]), ...(restored ? [texts.restored] : [])],
    fields: [length.set, message.set, field('reason', texts.reasonField, reason, texts.reasonHint)],
    confirm: editing ? 'confirmChange' : 'confirmOn',
    kind: editing ? 'primary' : 'danger',
    ...(restored && draft.tag !== null && { tag: draft.tag }),
    taken: length.pass,
    typed: ({ tag }) =>
      saveDraft({
        name,
        tag,
        values: {
          ...length.values(),
          ...message.values(),
          ...(reason.value.trim() !== before && { reason: reason.value }),
        },
      }),
    send({ problem }) {
      const end = length.read();
      if (!end) {
        problem.replaceChildren(texts.pickDate);
        length.date.focus();
        return null;
      }
      const said = message.read();
      const why = reason.value.trim();
      if (!editing) {
        return {
          method: 'PUT',
          body: { mode: true, ...end, ...(said && { message: said }), ...(why && { reason: why }) },
        };
      }
      // what was not touched stays as it is, even if it has changed meanwhile
      return {
        method: 'PATCH',
        body: {
          ...end,
          ...(said !== undefined && { message: said }),
          ...(why !== before && { reason: why || null }),
        },
      };
    },
  });
}

function noteOf({ scope, readOnly }: PageKey): string {
  return texts[scope === 'marked' ? 'closesPart' : readOnly ? 'closesWrites' : 'closesSite'];
}
