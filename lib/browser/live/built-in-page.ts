import { percentOf } from '../percent.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { visitorLanguage } from '../page/time-left.js';
import { make } from './bars.js';

type Upcoming = NonNullable<MaintenanceStatusMessage['upcoming']>[number];

/** What is reported, but not on the page as the server has rendered it: it may be another key's. `undefined`: a new rendering. */
let asked: string | undefined;

/** The built-in page, as the server has rendered it. */
interface Parts {
  readonly main: HTMLElement;
  readonly message: HTMLElement;
  /** The end that is shown, ISO 8601; `null`: none. */
  readonly shown: string | null;
}

function findParts(page: Document): Parts | null {
  const main = page.querySelector<HTMLElement>('main[data-refresh]');
  const message = main?.querySelector<HTMLElement>('.message');
  const shown = main?.querySelector<HTMLTimeElement>('dl time')?.dateTime || null;
  return main && message ? { main, message, shown } : null;
}

/**
 * Writes a new message, end and so on into the built-in page. The page may show another key's message than the reported one, so
 * only what was reported before is replaced.
 *
 * @returns `false`: the page says something else, or has no place for the news, and only the server knows what it should say
 */
export function updateBuiltInPage(
  status: MaintenanceStatusMessage,
  before: MaintenanceStatusMessage | undefined,
): boolean {
  const parts = findParts(document);
  if (!parts) {
    return true;
  }
  const { main, message, shown } = parts;
  const known = before ?? status;
  // an end of its own depends on the one that is reported, and only the server knows how
  const own = main.dataset['own'] !== undefined;
  const isKnown = own ? known.until === status.until : [known.until, status.until].includes(shown);
  if (!isKnown || ![known.message, status.message].includes(message.textContent)) {
    return false;
  }
  message.textContent = status.message;
  if (!own && shown !== status.until) {
    showEnd(parts, status.until, status.retryAfter ?? 0);
  }
  const { progress, upcoming: [next] = [] } = status;
  const missing =
    showProgress(main.querySelector('.progress'), progress) + showNext(main.querySelector('.next'), next);
  // nothing, or the same as before
  asked = missing && (asked ?? missing);
  return asked === missing;
}

/** Writes into the page that its reader's turn comes. @param ms until then */
export function showTurn(ms: number): void {
  const parts = findParts(document);
  const text = parts?.main.dataset['turn'];
  if (parts && text) {
    parts.message.textContent = text;
    showEnd(parts, new Date(Date.now() + ms).toISOString(), Math.ceil(ms / 1000));
  }
}

/** Shows what another rendering of the page says. */
export function replaceBuiltInPage(html: string): void {
  const parts = findParts(document);
  // a page of the application's own may have a policy that forbids parsing
  const next = parts && findParts(new DOMParser().parseFromString(html, 'text/html'));
  if (parts && next) {
    parts.main.replaceWith(next.main);
    asked = undefined;
    showTimes();
  }
}

/** @returns its name, if it is reported but has no place */
function showProgress(place: HTMLElement | null, progress: MaintenanceStatusMessage['progress']): string {
  if (place) {
    place.hidden = !progress;
    const [bar, percent, step, late] = place.querySelectorAll<HTMLElement>('progress,b,span,.late');
    if (progress && bar && percent && step && late) {
      const value = percentOf(progress.value);
      (bar as HTMLProgressElement).value = value;
      percent.textContent = (value / 100).toLocaleString(visitorLanguage(), { style: 'percent' });
      step.textContent = progress.step;
      late.hidden = !progress.overrun;
    }
  }
  return progress && !place ? 'progress' : '';
}

/** @returns its name, if it is reported but has no place */
function showNext(place: HTMLElement | null, next: Upcoming | undefined): string {
  if (place) {
    place.hidden = !next;
    const [from, to] = place.querySelectorAll('time');
    if (next && from && to) {
      from.dateTime = next.start;
      to.dateTime = next.end;
      (place.lastElementChild as Element).textContent = next.message;
      showTimes();
    }
  }
  return next && !place ? 'next' : '';
}

function showEnd({ main, message }: Parts, until: string | null, left: number): void {
  const end = main.querySelector('dl') ?? addEnd(main, message);
  const time = end.querySelector('time') as HTMLTimeElement;
  end.hidden = until === null;
  time.dateTime = until ?? '';
  if (until !== null) {
    time.textContent = new Date(until).toUTCString();
    main.dataset['left'] = String(left);
    showTimes();
  }
}

/** The page's own script writes times as their reader does, and counts down. */
function showTimes(): void {
  dispatchEvent(new Event('maintenance:times'));
}

/** As the server would have rendered it. */
function addEnd(main: HTMLElement, message: HTMLElement): HTMLElement {
  const [back = '', left = '', soon = ''] = main.dataset['texts']?.split('\n') ?? [];
  const entry = (label: string, value: HTMLElement): HTMLElement =>
    put('div', put('dt', label), put('dd', value));
  const timeLeft = entry(left, make('span', '', { role: 'timer', 'aria-label': left }));
  timeLeft.hidden = true;
  const end = put('dl', entry(back, make('time', '')), timeLeft);
  main.dataset['soon'] = soon;
  (main.querySelector('.progress') ?? message).after(end);
  return end;
}

function put(name: 'div' | 'dl' | 'dt' | 'dd', ...children: (Node | string)[]): HTMLElement {
  const element = make(name, '');
  element.append(...children);
  return element;
}
