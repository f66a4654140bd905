import { reloadAfter } from './reload.js';
import { showTime } from './show-time.js';
import { describeTimeLeft, visitorLanguage } from './time-left.js';

/**
 * Shows the end in the visitor's own time zone, and the time left. It starts from the seconds that the server counted, so a
 * wrong clock in the browser does not matter; in a page that is kept as a file, from the end itself. Starts over with a new end.
 */
export function startCountdown({ dataset }: HTMLElement, time: HTMLTimeElement, timer: HTMLElement): void {
  const { left, soon } = dataset;
  const end = time.dateTime;
  const zero = left ? Date.now() + Number(left) * 1000 : Date.parse(end);
  const isOver = zero <= Date.now();

  function tick(): void {
    const ms = zero - Date.now();
    if (!time.isConnected || time.dateTime !== end) {
      return;
    }
    if (ms > 0) {
      timer.textContent = describeTimeLeft(Math.ceil(ms / 1000), visitorLanguage());
      setTimeout(tick, (ms % 1000) + 20);
    } else {
      timer.textContent = soon as string;
      if (!isOver) {
        // randomly, so that not everybody returns at the same moment
        reloadAfter(1000 + Math.random() * 9000);
      }
    }
  }

  // counted from now on: the next number is of another end
  delete dataset['left'];
  showTime(time);
  tick();
  (timer.closest('div') as HTMLElement).hidden = false;
}
