import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { startCountdown } from '../page/countdown.js';

type Told = Pick<MaintenanceStatusMessage, 'message' | 'until' | 'retryAfter'>;

/** The built-in page, as the server has written it. */
interface Parts {
  readonly main: HTMLElement;
  readonly message: HTMLElement;
  readonly end: HTMLElement;
  readonly time: HTMLTimeElement;
}

function findParts(page: Document): Parts | null {
  const main = page.querySelector<HTMLElement>('main[data-refresh]');
  const message = main?.querySelector<HTMLElement>('.message');
  const end = main?.querySelector<HTMLElement>('dl');
  const time = end?.querySelector('time');
  return main && message && end && time ? { main, message, end, time } : null;
}

/**
 * Writes a new message and a new end into the page, where it is the built-in one. What it shows may be another key's than the one
 * that is told of, so only what it was told before gives way.
 *
 * @returns `false`: the page says something else, and only the server knows what it should say
 */
export function updateBuiltInPage(status: Told, before: Told | undefined): boolean {
  const parts = findParts(document);
  if (!parts) {
    return true;
  }
  const { message, end, time } = parts;
  const known = before ?? status;
  const shownEnd = end.hidden ? null : time.dateTime;
  if (
    ![known.message, status.message].includes(message.textContent) ||
    ![known.until, status.until].includes(shownEnd)
  ) {
    return false;
  }
  message.textContent = status.message;
  if (shownEnd !== status.until) {
    showEnd(parts, status.until, status.retryAfter ?? 0);
  }
  return true;
}

/** Writes into the page what another rendering of it says. */
export function replaceBuiltInPage(html: string): void {
  const parts = findParts(document);
  const next = findParts(new DOMParser().parseFromString(html, 'text/html'));
  if (parts && next) {
    parts.message.textContent = next.message.textContent;
    showEnd(parts, next.end.hidden ? null : next.time.dateTime, Number(next.main.dataset['left']));
  }
}

function showEnd({ main, end, time }: Parts, until: string | null, left: number): void {
  end.hidden = until === null;
  time.dateTime = until ?? '';
  if (until !== null) {
    time.textContent = new Date(until).toUTCString();
    main.dataset['left'] = String(left);
    startCountdown(main);
  }
}
