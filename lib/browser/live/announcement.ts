import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { describeTimeLeft, visitorLanguage } from '../page/time-left.js';
import type { ScriptTexts } from '../settings.js';
import { FOOT, make, makeOverlay, makeRoom } from './bars.js';

type Upcoming = NonNullable<MaintenanceStatusMessage['upcoming']>[number];

/** What a page shows about planned windows before they begin. */
export interface Announcement {
  /** @param upcoming in order; the first that the visitor has not dismissed is shown */
  show(upcoming: readonly Upcoming[]): void;
}

/** Where a visitor's browser remembers what was dismissed, a line each. */
const DISMISSED = 'maintenance:dismissed';
/** How many it remembers. */
const MOST = 100;

const EDGE = '1px solid #7fa8cf';
const BAR =
  `${FOOT}padding:10px 16px calc(10px + env(safe-area-inset-bottom));` +
  'display:flex;gap:12px;justify-content:center;' +
  `background:#16324f;border-top:${EDGE};font-weight:500`;
/** In the middle, as far as there is one. */
const CENTRED = 'margin:auto 0;';
/** Stays in sight while a long text is scrolled. */
const CLOSE =
  `all:unset;outline:revert;position:sticky;top:0;bottom:0;${CENTRED}flex:none;` +
  `width:32px;height:32px;border-radius:6px;border:${EDGE};text-align:center;cursor:pointer;font-size:20px;line-height:1`;

/** A page of the application may have `en_US`, or an unfilled placeholder, in the place of its language. */
function validLanguage(): string {
  try {
    return new Intl.Locale(visitorLanguage().replace('_', '-')).baseName;
  } catch {
    return navigator.language;
  }
}

function readDismissed(): string[] {
  try {
    return (localStorage[DISMISSED] as string).split('\n');
  } catch {
    // nothing, or a browser that keeps nothing
    return [];
  }
}

/** From when to when, by the visitor's own clock. */
const describePeriod = (start: Date, end: Date, language: string): string =>
  new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' }).formatRange(start, end);

/**
 * A bar at the foot of the window, over the page, so that nothing moves: the text, the time in the visitor's zone, and a countdown.
 * @param mode `'none'`, `'always'`; anything else: visitors may dismiss it
 * @param texts label the button that dismisses it, and the time that is left
 */
export function createAnnouncement(
  mode: string | undefined,
  texts: Pick<ScriptTexts, 'close' | 'inTime'>,
): Announcement {
  let remove: (() => void) | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let shown: string | undefined;
  /** Of this page, where the browser keeps nothing. */
  const dismissed = new Set<string>();

  const idOf = ({ key, start }: Upcoming): string => `${key} ${start}`;

  const isDismissed = (window: Upcoming): boolean =>
    mode !== 'always' && (dismissed.has(idOf(window)) || readDismissed().includes(idOf(window)));

  function dismiss(window: Upcoming): void {
    dismissed.add(idOf(window));
    try {
      localStorage[DISMISSED] = [idOf(window), ...readDismissed()].slice(0, MOST).join('\n');
    } catch {
      // it comes again with the next page
    }
    hide();
  }

  function hide(): void {
    clearInterval(timer);
    remove?.();
    remove = shown = undefined;
  }

  function build(window: Upcoming): void {
    const language = validLanguage();
    const start = new Date(window.start);
    const bar = makeOverlay('announcement', BAR, { role: 'complementary' });
    const text = make('div', 'white-space:pre-line', { dir: 'auto', role: 'status' });
    const time = make('time', 'white-space:nowrap', { datetime: window.start });
    time.textContent = describePeriod(start, new Date(window.end), language);
    // below the text, so that a change of its width moves nothing; read out once, not every second
    const left = make('div', 'font-variant-numeric:tabular-nums;font-weight:700', {
      role: 'timer',
    });
    const tick = (): void => {
      const seconds = Math.ceil((start.getTime() - Date.now()) / 1000);
      left.textContent =
        seconds > 0 ? texts.inTime.replace('{time}', describeTimeLeft(seconds, language)) : '';
    };
    tick();
    timer = setInterval(tick, 1000);
    const words = make('div', `${CENTRED}min-width:0`);
    words.append(text, left);
    bar.append(words);
    if (mode !== 'always') {
      const close = make('button', CLOSE, { type: 'button', 'aria-label': texts.close });
      close.textContent = '×';
      close.addEventListener('click', () => dismiss(window));
      bar.append(close);
    }
    remove = makeRoom(bar);
    // written after it has been added to the page, so that screen readers notice
    text.append(`${window.message ?? ''} `, time);
  }

  return {
    show(upcoming) {
      const next = upcoming.find((window) => mode !== 'none' && !isDismissed(window));
      const wanted = next && JSON.stringify(next);
      if (wanted !== shown) {
        hide();
        if (next) {
          build(next);
          shown = wanted;
        }
      }
    },
  };
}
