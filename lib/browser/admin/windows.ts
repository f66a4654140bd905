import type { PageWindow } from '../../admin/page-data.js';
import type { AdminText } from '../../i18n/admin-texts.js';
import { armLate } from './arm.js';
import { closeDialog, openDialog } from './dialog.js';
import { button, byId, element, fill, write } from './elements.js';
import { findKey, page, texts } from './page.js';
import { Rows, type Row } from './rows.js';
import { ago, clock, makeTime, today, writeTime, type ShownTime } from './times.js';

/** One window, by one of its occurrences. */
interface WindowRow extends Row {
  readonly start: ShownTime;
}

const rows = new Rows<WindowRow>(byId('windows'), byId('planned'));
/** Whether windows have been rendered before. */
let drawn = false;
const nameOf = (window: PageWindow): string => JSON.stringify([page.state.mayToggle, window, today()]);

/** The planned windows: those that are on, and the next occurrence of the others. */
export function drawWindows(): void {
  const { windows } = page.state;
  const shown = rows.draw(
    windows.map((window) => ({ id: window.id, name: nameOf(window), make: () => makeRow(window) })),
  );
  windows.forEach((window, index) => {
    const { start } = shown[index] as WindowRow;
    // all else stays as it is for as long as the row looks the same: to write hundreds of times anew takes long
    write(start.distance, ago(window.start));
  });
  drawn = true;
}

const describePeriod = ({ start, end }: PageWindow): string =>
  fill('windowPeriod', { start: clock(start), end: clock(end) });

function makeRow(window: PageWindow): WindowRow {
  const { id, label, on, repeat, readOnlyUntil, reopensUntil, reason } = window;
  const start = makeTime();
  writeTime(start, window.start);
  write(start.time, describePeriod(window));
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
    { className: on ? 'card is-on' : 'card', role: 'group', tabIndex: -1, 'aria-labelledby': title.id },
    element(
      'div',
      { className: 'what' },
      element('div', { className: 'name' }, title, badge),
      element('p', { className: 'period' }, start.time, ' ', start.distance),
      ...notes.map((text) => element('p', { className: 'help', dir: 'auto', textContent: text })),
    ),
    element('div', { className: 'actions' }, ...buttons),
  );
  return { id, item, start };
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
      taken() {
        const now = page.state.windows.find(({ id }) => id === window.id);
        if (what === 'windowSkip' && now?.on && now.start === window.start) {
          // it has begun: to cancel it would end it
          closeDialog();
          openWindow(now, 'windowEnd');
        }
      },
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
