import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { describeTimeLeft, visitorLanguage } from '../page/time-left.js';

type Upcoming = NonNullable<MaintenanceStatusMessage['upcoming']>[number];

/** What a page shows about planned windows before they begin. */
export interface Announcement {
  /** @param upcoming in order; the first that the visitor has not dismissed is shown */
  show(upcoming: readonly Upcoming[]): void;
}

/** Where a visitor's browser remembers what was dismissed. */
const DISMISSED = 'maintenance:dismissed';

const BAR = {
  // independent of the page's own style sheet and theme
  all: 'initial',
  position: 'fixed',
  zIndex: '2147483646',
  left: '0',
  right: '0',
  bottom: '0',
  display: 'flex',
  gap: '12px',
  alignItems: 'center',
  justifyContent: 'center',
  boxSizing: 'border-box',
  padding: '10px 16px calc(10px + env(safe-area-inset-bottom, 0px))',
  background: '#16324f',
  color: '#fff',
  borderTop: '1px solid #7fa8cf',
  font: '500 14px/1.4 system-ui,sans-serif',
};

const CLOSE = {
  all: 'initial',
  flex: 'none',
  width: '32px',
  height: '32px',
  borderRadius: '6px',
  border: '1px solid #7fa8cf',
  color: '#fff',
  font: '20px/1 system-ui,sans-serif',
  textAlign: 'center',
  cursor: 'pointer',
};

/** Styles are set one by one, which a strict policy allows. */
function make<Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  style: Record<string, string>,
  attributes: Record<string, string> = {},
): HTMLElementTagNameMap[Name] {
  const element = document.createElement(name);
  Object.assign(element.style, style);
  for (const [attribute, value] of Object.entries(attributes)) {
    element.setAttribute(attribute, value);
  }
  return element;
}

/** From when to when, by the visitor's own clock. */
function describePeriod(start: Date, end: Date, language: string): string {
  const format = new Intl.DateTimeFormat(language, { dateStyle: 'medium', timeStyle: 'short' });
  return 'formatRange' in format
    ? format.formatRange(start, end)
    : (format as Intl.DateTimeFormat).format(start);
}

/**
 * A bar at the foot of the page, over it, so that nothing moves: the text, the time in the visitor's zone, and a countdown.
 * @param mode `'none'`, `'always'`; anything else: visitors may dismiss it
 * @param closeLabel labels the button that dismisses it
 */
export function createAnnouncement(mode: string | undefined, closeLabel: string): Announcement {
  let bar: HTMLElement | undefined;
  let timer: ReturnType<typeof setInterval> | undefined;
  let shown = '';
  const dismissed = new Set<string>();

  const idOf = ({ key, start }: Upcoming): string => `${key} ${start}`;

  function isDismissed(window: Upcoming): boolean {
    if (mode === 'always') {
      return false;
    }
    try {
      return dismissed.has(idOf(window)) || localStorage.getItem(DISMISSED) === idOf(window);
    } catch {
      return false;
    }
  }

  function dismiss(window: Upcoming): void {
    dismissed.add(idOf(window));
    try {
      localStorage.setItem(DISMISSED, idOf(window));
    } catch {
      // it comes again with the next page
    }
    hide();
  }

  function hide(): void {
    clearInterval(timer);
    bar?.remove();
    bar = undefined;
    shown = '';
  }

  function build(window: Upcoming): void {
    const language = visitorLanguage();
    const start = new Date(window.start);
    bar = make('div', BAR, { 'data-maintenance': 'announcement' });
    const text = make(
      'div',
      { overflowWrap: 'anywhere', whiteSpace: 'pre-line' },
      { dir: 'auto', role: 'status', 'aria-live': 'polite' },
    );
    const time = make('time', { whiteSpace: 'nowrap' }, { datetime: window.start });
    time.textContent = describePeriod(start, new Date(window.end), language);
    // below the text, so that a change of its width moves nothing; read out once, not every second
    const left = make(
      'div',
      { fontVariantNumeric: 'tabular-nums', fontWeight: '700' },
      { role: 'timer', 'aria-live': 'off' },
    );
    const tick = (): void => {
      const seconds = Math.ceil((start.getTime() - Date.now()) / 1000);
      left.textContent = seconds > 0 ? describeTimeLeft(seconds, language) : '';
    };
    tick();
    timer = setInterval(tick, 1000);
    const words = make('div', { minWidth: '0' });
    words.append(text, left);
    bar.append(words);
    if (mode !== 'always') {
      const close = make('button', CLOSE, { type: 'button', 'aria-label': closeLabel });
      close.textContent = '×';
      close.addEventListener('click', () => dismiss(window));
      close.addEventListener('focus', () => (close.style.outline = '2px solid #fff'));
      close.addEventListener('blur', () => (close.style.outline = ''));
      bar.append(close);
    }
    (document.body ?? document.documentElement).append(bar);
    // written after it has been added to the page, so that screen readers notice
    text.append(`${window.message ?? ''} `, time);
  }

  return {
    show(upcoming) {
      const next = mode === 'none' ? undefined : upcoming.find((window) => !isDismissed(window));
      const wanted = next ? JSON.stringify(next) : '';
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
