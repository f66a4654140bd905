import type { PageWindow } from '../../admin/page-data.js';
import type { AdminText } from '../../i18n/admin-texts.js';
import { armLate } from './arm.js';
import { openDialog } from './dialog.js';
import { button, byId, element, fill, write } from './elements.js';
import { findKey, page, texts } from './page.js';
import { clock, makeTime, writeTime, type ShownTime } from './times.js';

/** One window, by one of its occurrences: its elements are created once, so that the focus stays where it is. */
interface Row {
  readonly item: HTMLElement;
  readonly start: ShownTime;
}

const rows = new Map<string, Row>();
/** Whether windows have been rendered before. */
let drawn = false;
const nameOf = (window: PageWindow): string => JSON.stringify([page.state.mayToggle, window]);

/** The planned windows: those that are on, and the next occurrence of the others. */
export function drawWindows(): void {
  const { windows } = page.state;
  byId('planned').hidden = windows.length === 0;
  const present = new Set(windows.map(nameOf));
  for (const [name, { item }] of rows) {
    if (!present.has(name)) {
      item.remove();
      rows.delete(name);
    }
  }
  windows.forEach((window, index) => {
    const name = nameOf(window);
    const row = rows.get(name) ?? makeRow(window);
    rows.set(name, row);
    writeTime(row.start, window.start);
    write(row.start.time, describePeriod(window));
    const list = byId('windows');
    if (list.children[index] !== row.item) {
      list.insertBefore(row.item, list.children[index] ?? null);
    }
  });
  drawn = true;
}

const describePeriod = ({ start, end }: PageWindow): string =>
  fill('windowPeriod', { start: clock(start), end: clock(end) });

function makeRow(window: PageWindow): Row {
  const { id, label, on, repeat, readOnlyUntil, reopensUntil, reason } = window;
  const start = makeTime();
  const title = element('h3', { id: `window-${id}`, dir: 'auto', textContent: label });
  const badge = element('p', { className: 'badge', textContent: texts[on ? 'windowOn' : 'windowPlanned'] });
  const notes = [
    repeat && fill('windowRepeats', repeat),
    readOnlyUntil && fill('windowReadOnly', { time: clock(readOnlyUntil) }),
    reopensUntil && fill('windowReopens', { time: clock(reopensUntil) }),
    reason,
  ].filter((text) => text !== null);
  const buttons = page.state.mayToggle ? makeButtons(window) : [];
  for (const one of buttons) {
    one.setAttribute('aria-describedby', title.id);
    if (drawn) {
      // the operator may have been about to press something else there
      armLate(one);
    }
  }
  const item = element(
    'div',
    { className: on ? 'card is-on' : 'card', role: 'group', 'aria-labelledby': title.id },
    element(
      'div',
      { className: 'what' },
      element('div', { className: 'name' }, title, badge),
      element('p', { className: 'period' }, start.time, ' ', start.distance),
      ...notes.map((text) => element('p', { className: 'help', dir: 'auto', textContent: text })),
    ),
    element('div', { className: 'actions' }, ...buttons),
  );
  return { item, start };
}

function makeButtons(window: PageWindow): HTMLButtonElement[] {
  const one = window.on ? 'windowEnd' : 'windowSkip';
  const ends = button(one, window.on ? 'primary' : 'plain', () => openWindow(window, one));
  const cancels = button('windowCancel', 'plain', () => openWindow(window, 'windowCancel'));
  return window.on || window.repeat ? (window.repeat ? [ends, cancels] : [ends]) : [cancels];
}

/** Asks before a window is ended or cancelled. */
function openWindow(window: PageWindow, what: 'windowEnd' | 'windowSkip' | 'windowCancel'): void {
  const key = findKey(window.key);
  const confirm = `confirm${what[0]?.toUpperCase()}${what.slice(1)}` as AdminText;
  if (key) {
    openDialog(key, {
      title: `${what}Title`,
      notes: [fill(`${what}Note`, { time: clock(window.start) })],
      confirm,
      kind: 'danger',
      path: `windows/${encodeURIComponent(window.id)}`,
      done: 'windowDone',
      send: () => ({
        method: 'DELETE',
        body: {
          ifRevision: window.revision,
          ...(what !== 'windowCancel' && { occurrence: window.start }),
        },
      }),
    });
  }
}
