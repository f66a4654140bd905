import type { MaintenanceStatusMessage } from '../../client/status-message.js';
import { visitorLanguage } from './time-left.js';

/**
 * Shows the next planned window in the visitor's own time zone, and follows what the browser script learns of it, without
 * reloading the page.
 */
export function showNext(main: HTMLElement): void {
  const place = main.querySelector<HTMLElement>('.next');
  if (!place) {
    return;
  }
  const [start, end] = place.querySelectorAll('time') as unknown as [HTMLTimeElement, HTMLTimeElement];
  const format = new Intl.DateTimeFormat(visitorLanguage(), { dateStyle: 'medium', timeStyle: 'short' });
  const write = (time: HTMLTimeElement, instant = time.dateTime): void => {
    time.dateTime = instant;
    time.textContent = format.format(new Date(instant));
  };
  if (!place.hidden) {
    write(start);
    write(end);
  }
  window.addEventListener('maintenance:change', (event) => {
    const [next] = (event as CustomEvent<MaintenanceStatusMessage>).detail.upcoming ?? [];
    place.hidden = !next;
    if (next) {
      write(start, next.start);
      write(end, next.end);
      (place.lastElementChild as Element).textContent = next.message;
    }
  });
}
