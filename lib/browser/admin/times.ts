import { describeTimeLeft, visitorLanguage } from '../page/time-left.js';
import { element, fill, write } from './elements.js';
import { serverNow } from './page.js';

export const locale = visitorLanguage();

const relative = new Intl.RelativeTimeFormat(locale, { numeric: 'always' });

/** Changes when times have to be written anew: with the day, since today's have no date, and with the zone of a reader who travels. */
export function today(): string {
  const now = new Date(serverNow());
  return `${now.toDateString()} ${now.getTimezoneOffset()}`;
}

/** A time of the day, with the date if it is not today's. */
export function clock(instant: string | number, precise = false): string {
  const date = new Date(instant);
  const isToday = date.toDateString() === new Date(serverNow()).toDateString();
  return date.toLocaleString(locale, {
    timeStyle: precise ? 'medium' : 'short',
    ...(!isToday && { dateStyle: 'medium' }),
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

const inUnit = (count: number, unit: Unit[0]): string =>
  new Intl.NumberFormat(locale, { style: 'unit', unit, unitDisplay: 'short' }).format(count);

/** A duration of more than 0 ms, not rounded: "3 hours" would be wrong for 151 minutes. */
export const lengthOf = (ms: number): string => describeTimeLeft(Math.ceil(ms / 1000), locale, true);

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
