import { element, fill, root, write } from './elements.js';
import { serverNow } from './page.js';

/** The reader's own variant of the page's language. */
export const locale =
  navigator.languages.find((tag) => tag.split('-')[0] === root.lang.split('-')[0]) ?? root.lang;

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });

/** A time of the day, with the date if it is not today's. */
export function clock(instant: string | number, precise = false): string {
  const date = new Date(instant);
  const today = date.toDateString() === new Date(serverNow()).toDateString();
  return date.toLocaleString(locale, {
    timeStyle: precise ? 'medium' : 'short',
    ...(!today && { dateStyle: 'medium' }),
  });
}

/** The distance of an instant, to the minute: "in 2 hours" is wrong for 91 minutes. */
export function ago(instant: string): string {
  const seconds = Math.round((Date.parse(instant) - serverNow()) / 1000);
  const size = Math.abs(seconds);
  if (size < 5) {
    return new Intl.RelativeTimeFormat(locale, { numeric: 'auto' }).format(0, 'second');
  }
  if (size < 100) {
    return relative.format(seconds, 'second');
  }
  const minutes = Math.round(size / 60);
  if (minutes < 120) {
    return relative.format(Math.sign(seconds) * minutes, 'minute');
  }
  return minutes < 2_880
    ? describe(seconds < 0, minutes, ['hour', 60], ['minute', 1])
    : describe(seconds < 0, minutes, ['day', 1_440], ['hour', 60]);
}

type Unit = [name: 'day' | 'hour' | 'minute', minutes: number];

/** In two units, or in one if the other is zero. */
function describe(past: boolean, minutes: number, [unit, size]: Unit, [rest, restSize]: Unit): string {
  const count = Math.floor(minutes / size);
  const left = Math.floor((minutes % size) / restSize);
  if (left === 0) {
    return relative.format(past ? -count : count, unit);
  }
  const time = `${inUnit(count, unit)} ${inUnit(left, rest)}`;
  return fill(past ? 'timeAgo' : 'inTime', { time });
}

const UNITS = [
  ['day', 86_400],
  ['hour', 3_600],
  ['minute', 60],
  ['second', 1],
] as const;

/** A length of time in all its units, so that nothing is lost: nobody is given "3 hours" for 151 minutes. */
export function lengthOf(ms: number): string {
  let left = Math.ceil(ms / 1000);
  const parts = UNITS.map(([unit, size]) => {
    const count = Math.floor(left / size);
    left %= size;
    return count > 0 ? inUnit(count, unit) : '';
  });
  return parts.filter(Boolean).join(' ') || inUnit(0, 'second');
}

export function inUnit(count: number, unit: Unit[0] | 'second'): string {
  return new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count);
}

/** An instant and its distance. */
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
