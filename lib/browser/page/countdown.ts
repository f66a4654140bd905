import { reloadAfter } from './reload.js';

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/**
 * Shows the end in the visitor's own time zone, and the time left. It starts from the seconds that the server counted, so a
 * wrong clock on the visitor's side does not matter. Ends with another end.
 */
export function startCountdown(main: HTMLElement): void {
  const page = document.documentElement.lang;
  const own = navigator.languages.find((tag) => tag.split('-')[0] === page.split('-')[0]) ?? page;
  const time = main.querySelector('time') as HTMLTimeElement;
  const timer = main.querySelector('[role=timer]') as HTMLElement;
  const end = time.dateTime;
  const zero = Date.now() + Number(main.dataset['left']) * 1000;

  function tick(): void {
    const ms = zero - Date.now();
    const seconds = Math.ceil(ms / 1000);
    if (time.dateTime !== end) {
      return;
    }
    if (seconds <= 0) {
      timer.textContent = main.dataset['soon'] ?? '';
      // by chance, so that not everybody returns in the same moment
      reloadAfter(1000 + Math.random() * 9000);
    } else {
      timer.textContent = describe(seconds, own);
      setTimeout(tick, (ms % 1000) + 20);
    }
  }

  time.title = time.textContent ?? '';
  time.textContent = formatEnd(new Date(end), own);
  tick();
  (timer.closest('[hidden]') as HTMLElement | null)?.removeAttribute('hidden');
}

/** The date only where it is another day. */
function formatEnd(end: Date, language: string): string {
  const sameDay = end.toDateString() === new Date().toDateString();
  return end.toLocaleString(language, { timeStyle: 'short', ...(!sameDay && { dateStyle: 'full' }) });
}

/** Three units at most, from the greatest that is not nothing. */
function describe(seconds: number, language: string): string {
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  let left = seconds;
  return UNITS.slice(first, first + 3)
    .map(([unit, size]) => {
      const count = Math.floor(left / size);
      left %= size;
      return new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' }).format(count);
    })
    .join(' ');
}
