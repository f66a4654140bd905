import { element, root, write } from './elements.js';
import { serverNow } from './page.js';

/** The reader's own variant of the language that the page is in. */
export const locale =
  navigator.languages.find((tag) => tag.split('-')[0] === root.lang.split('-')[0]) ?? root.lang;

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });

/** A time of the day, with the date where it is not today's. */
export function clock(instant: string | number, precise = false): string {
  const date = new Date(instant);
  const today = date.toDateString() === new Date(serverNow()).toDateString();
  return date.toLocaleString(locale, {
    timeStyle: precise ? 'medium' : 'short',
    ...(!today && { dateStyle: 'medium' }),
  });
}

/** How far away an instant is. */
export function ago(instant: string): string {
  const seconds = Math.round((Date.parse(instant) - serverNow()) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) {
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second');
  }
  if (size < 60) {
    return relative.format(seconds, 'second');
  }
  if (size < 3570) {
    return relative.format(Math.round(seconds / 60), 'minute');
  }
  if (size < 84_600) {
    return relative.format(Math.round(seconds / 3600), 'hour');
  }
  return relative.format(Math.round(seconds / 86_400), 'day');
}

/** An instant and how far away it is. */
export interface ShownTime {
  readonly time: HTMLTimeElement;
  readonly distance: HTMLElement;
}

export const makeTime = (): ShownTime => ({
  time: element('time'),
  distance: element('span', { className: 'ago' }),
});

export function writeTime({ time, distance }: ShownTime, instant: string): void {
  time.dateTime = instant;
  time.title = new Date(instant).toLocaleString(locale, { dateStyle: 'full', timeStyle: 'long' });
  write(time, clock(instant));
  write(distance, ago(instant));
}
