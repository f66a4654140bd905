import { percentOf } from '../percent.js';
import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { startCountdown } from '../page/countdown.js';
import { visitorLanguage } from '../page/time-left.js';

type Told = Pick<MaintenanceStatusMessage, 'message' | 'until' | 'retryAfter' | 'progress'>;

/** The built-in page, as the server has rendered it. */
interface Parts {
  readonly main: HTMLElement;
  readonly message: HTMLElement;
  /** Absent as long as no end was known. */
  readonly end: HTMLElement | null;
  /** The end that is shown, ISO 8601. */
  readonly shown: string | null;
}

function findParts(page: Document): Parts | null {
  const main = page.querySelector<HTMLElement>('main[data-refresh]');
  const message = main?.querySelector<HTMLElement>('.message');
  const end = main?.querySelector('dl') ?? null;
  const shown = end && !end.hidden ? (end.querySelector('time')?.dateTime ?? null) : null;
  return main && message ? { main, message, end, shown } : null;
}

/**
 * Writes a new message and a new end into the built-in page. The page may show another key's message than the reported one, so
 * only what was reported before is replaced.
 *
 * @returns `false`: the page says something else, and only the server knows what it should say
 */
export function updateBuiltInPage(status: Told, before: Told | undefined): boolean {
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
  showProgress(parts.main, status.progress);
  if (!own && shown !== status.until) {
    showEnd(parts, status.until, status.retryAfter ?? 0);
  }
  return true;
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

/** Writes into the page what another rendering of it says. */
export function replaceBuiltInPage(html: string): void {
  const parts = findParts(document);
  // a page of the application's own may have a policy that forbids parsing
  const next = parts && findParts(new DOMParser().parseFromString(html, 'text/html'));
  if (parts && next) {
    parts.message.textContent = next.message.textContent;
    const [shown, told] = [parts, next].map(({ main }) => main.querySelector('.progress'));
    if (shown && told) {
      shown.replaceWith(told);
    }
    showEnd(parts, next.shown, Number(next.main.dataset['left']));
  }
}

function showProgress(main: HTMLElement, progress: Told['progress']): void {
  const box = main.querySelector<HTMLElement>('.progress');
  const bar = box?.querySelector('progress');
  const late = box?.querySelector<HTMLElement>('.late');
  const [percent, step] = box?.querySelectorAll('b,span') ?? [];
  if (box && bar && late && percent && step) {
    box.hidden = !progress;
    if (progress) {
      bar.value = percentOf(progress.value);
      percent.textContent = (bar.value / 100).toLocaleString(visitorLanguage(), { style: 'percent' });
      step.textContent = progress.step;
      late.hidden = !progress.overrun;
    }
  }
}

function showEnd(parts: Parts, until: string | null, left: number): void {
  const { main } = parts;
  const end = parts.end ?? (until === null ? null : addEnd(parts));
  const time = end?.querySelector('time');
  if (!end || !time) {
    return;
  }
  end.hidden = until === null;
  time.dateTime = until ?? '';
  if (until !== null) {
    time.textContent = new Date(until).toUTCString();
    main.dataset['left'] = String(left);
    startCountdown(main);
  }
}

/** As the server would have rendered it. */
function addEnd({ main, message }: Parts): HTMLElement {
  const [back = '', left = '', soon = ''] = main.dataset['texts']?.split('\n') ?? [];
  const timer = make('span');
  timer.setAttribute('role', 'timer');
  timer.setAttribute('aria-label', left);
  const timeLeft = make('div', make('dt', left), make('dd', timer));
  timeLeft.hidden = true;
  const end = make('dl', make('div', make('dt', back), make('dd', make('time'))), timeLeft);
  main.dataset['soon'] = soon;
  (main.querySelector('.progress') ?? message).after(end);
  return end;
}

function make(name: string, ...children: (Node | string)[]): HTMLElement {
  const element = document.createElement(name);
  element.append(...children);
  return element;
}
