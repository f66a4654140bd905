import { reloadAfter } from './reload.js';
import { describeTimeLeft, visitorLanguage } from './time-left.js';

/**
 * Shows the end in the visitor's own time zone, and the time left. It starts from the seconds that the server counted, so a
 * wrong clock in the browser does not matter; in a page that is kept as a file, from the end itself. Starts over with a new end.
 */
export function startCountdown(main: HTMLElement): void {
  const own = visitorLanguage();
  const time = main.querySelector('time') as HTMLTimeElement;
  const timer = main.querySelector('[role=timer]') as HTMLElement;
  const end = time.dateTime;
  const { left } = main.dataset;
  const zero = left ? Date.now() + Number(left) * 1000 : Date.parse(end);
  const isOver = zero <= Date.now();

  function tick(): void {
    const ms = zero - Date.now();
    const seconds = Math.ceil(ms / 1000);
    if (time.dateTime !== end) {
      return;
    }
    if (seconds <= 0) {
      timer.textContent = main.dataset['soon'] ?? '';
      if (!isOver) {
        // randomly, so that not everybody returns at the same moment
        reloadAfter(1000 + Math.random() * 9000);
      }
    } else {
      timer.textContent = describeTimeLeft(seconds, own);
      setTimeout(tick, (ms % 1000) + 20);
    }
  }

  time.title = time.textContent ?? '';
  time.textContent = formatEnd(new Date(end), own);
  tick();
  (timer.closest('[hidden]') as HTMLElement | null)?.removeAttribute('hidden');
}

/** The date only if it is another day. */
function formatEnd(end: Date, language: string): string {
  const sameDay = end.toDateString() === new Date().toDateString();
  return end.toLocaleString(language, { timeStyle: 'short', ...(!sameDay && { dateStyle: 'full' }) });
}
