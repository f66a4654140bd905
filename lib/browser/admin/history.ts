import type { PageEntry, PageValue } from '../../admin/page-data.js';
import { armLate } from './arm.js';
import { openDialog } from './dialog.js';
import { button, byId, element, fill, joinTexts } from './elements.js';
import { noteOfEnd } from './end-dialogs.js';
import { passFocus } from './focus.js';
import { findKey, page, texts } from './page.js';
import { Rows } from './rows.js';
import { clock, lengthOf, today } from './times.js';

const EVENTS = {
  entering: 'didStart',
  exiting: 'didEnd',
  changed: 'didChange',
  scheduled: 'didSchedule',
  cancelled: 'didCancel',
  abandoned: 'didDie',
  overrun: 'didOverrun',
} as const;

const WAYS = {
  code: 'byCode',
  admin: 'byAdmin',
  cli: 'byCli',
  window: 'byWindow',
  expiry: 'byItself',
} as const;

const rows = new Rows(byId('entries'), byId('history'));
let shown = '';

/** The latest changes. */
export function drawHistory(): void {
  const { history, mayToggle } = page.state;
  const day = today();
  const now = JSON.stringify([history, mayToggle, day]);
  if (now === shown) {
    return;
  }
  const isFirst = shown === '';
  shown = now;
  rows.draw(
    history.map((entry) => ({
      id: entry.id,
      name: JSON.stringify([entry, mayToggle, day]),
      make: () => ({ id: entry.id, item: drawEntry(entry, mayToggle) }),
    })),
  );
  if (!isFirst) {
    for (const act of byId('entries').querySelectorAll('button')) {
      // another entry may have moved under the pointer, and a disabled button cannot have the focus
      passFocus(act, act.closest('li'));
      armLate(act);
    }
  }
}

function drawEntry(entry: PageEntry, mayToggle: boolean): HTMLElement {
  const { at, label, event, way, actor, reason, values, undo } = entry;
  const who = joinTexts([actor, texts[WAYS[way]], reason]);
  const made = element(
    'li',
    { tabIndex: -1 },
    element('time', { dateTime: at, textContent: clock(at) }),
    element(
      'div',
      {},
      element(
        'p',
        {},
        element('b', { dir: 'auto', textContent: label }),
        `: ${texts[EVENTS[event]]}`,
        element('span', { className: 'ago' }, ...who),
      ),
      ...(values.length > 0 ? [element('dl', {}, ...values.flatMap(drawValue))] : []),
    ),
  );
  if (undo && mayToggle) {
    const act = button('undo', 'plain', () => openUndo(entry));
    act.setAttribute('aria-label', `${texts.undo} ${label}: ${texts[EVENTS[event]]}`);
    made.append(act);
  }
  return made;
}

/** What it was, and what it is. */
function drawValue({ name, kind, before, after }: PageValue): HTMLElement[] {
  const write = (value: string): string => WRITE[kind](value);
  return [
    element('dt', { textContent: texts[name] }),
    element(
      'dd',
      { dir: 'auto' },
      ...(before === null ? [] : [element('del', { textContent: write(before) }), ' ']),
      ...(after === null ? [] : [element('ins', { textContent: write(after) })]),
    ),
  ];
}

/** How values are written, by what they are. */
const WRITE: Readonly<Record<PageValue['kind'], (value: string) => string>> = {
  text: (value) => value,
  time: (value) => {
    const [start = '', end] = value.split('/').map((instant) => clock(instant));
    return end === undefined ? start : fill('windowPeriod', { start, end });
  },
  times: (value) =>
    value
      .split(' ')
      .map((instant) => clock(instant))
      .join(', '),
  length: (value) => lengthOf(Number(value)),
};

/** Undoes the last change of a key. */
function openUndo({ id, key: name, undo }: PageEntry): void {
  const key = findKey(name);
  if (!key || !undo) {
    return;
  }
  const common = { title: 'undoTitle', confirm: 'confirmUndo' } as const;
  if ('window' in undo) {
    openDialog(key, {
      ...common,
      notes: [texts[undo.window === 'cancel' ? 'undoPlan' : 'undoWindow']],
      kind: 'primary',
      path: `admin/undo/${encodeURIComponent(id)}`,
      done: 'windowDone',
      send: () => ({ method: 'POST' }),
    });
    return;
  }
  const end = noteOfEnd(key);
  const note = undo.mode
    ? key.switched
      ? 'undoChange'
      : 'undoEnd'
    : end === 'opensSite'
      ? 'undoStart'
      : end;
  openDialog(key, {
    ...common,
    notes: [texts[note]],
    kind: undo.mode && !key.switched ? 'danger' : 'primary',
    send: () => ({ method: 'PUT', body: { ...undo } }),
  });
}
