import { instantOf, isTimeZone, wallClock } from '../../core/windows/time-zone.js';
import type { MaintenanceLocalTime, MaintenanceRepeat } from '../../core/windows/window-options.js';
import { usage } from '../exit.js';
import { parseWhole } from '../option-values.js';
import { clockOf, parseMoment } from '../time.js';

const DAY = 86_400_000;
const OFFSET = /(Z|[+-]\d\d:?\d\d)$/i;

/** When a window begins or ends: an instant, or what the clocks of a zone show. */
export type WindowMoment = Date | MaintenanceLocalTime;

/** The time zone of times without an offset; a given one must exist. `undefined`: that of this machine has no name. */
export function parseZone(given: string | undefined): string | undefined {
  if (given === undefined) {
    const own: unknown = Intl.DateTimeFormat().resolvedOptions().timeZone;
    return isTimeZone(own) ? own : process.env['TZ'] === '' ? 'UTC' : undefined;
  }
  if (!isTimeZone(given)) {
    throw usage(
      `--zone: ${JSON.stringify(given)} is not the name of a time zone; accepted: a name such as Europe/Berlin.`,
    );
  }
  return given;
}

function known(zone: string | undefined): string {
  if (zone === undefined) {
    throw usage(
      `The time zone of this machine has no name that Node knows (TZ is ${JSON.stringify(process.env['TZ'])}); use --zone, such as --zone Europe/Berlin.`,
    );
  }
  return zone;
}

/**
 * A moment of a window.
 * @param after epoch ms: `02:30` is the next one after it
 * @param early what it is that is not after it
 */
export function parseWindowMoment(
  text: string,
  what: string,
  given: string | undefined,
  after: number,
  early = 'in the past',
): WindowMoment {
  if (OFFSET.test(text)) {
    return parseMoment(text, what, after, early);
  }
  const zone = known(given);
  const clock = clockOf(text);
  if (clock === undefined) {
    // whether it is a time at all does not depend on the zone
    parseMoment(text, what, -Infinity);
    const moment = { at: text.replace(' ', 'T'), timeZone: zone };
    if (instantOfMoment(moment) <= after) {
      throw usage(`${what}: ${text} (${zone}) is ${early}.`);
    }
    return moment;
  }
  const midnight = Math.floor(wallClock(after, zone) / DAY) * DAY;
  const wall = [midnight + clock, midnight + clock + DAY].find((time) => instantOf(time, zone) > after);
  return { at: new Date(wall as number).toISOString().slice(0, 16), timeZone: zone };
}

export const instantOfMoment = (moment: WindowMoment): number =>
  moment instanceof Date ? moment.getTime() : instantOf(Date.parse(`${moment.at}Z`), moment.timeZone);

/** The repetition; `null`: none any more, `undefined`: not given. */
export function parseRepetition(
  { repeat, repeatUntil, count }: { repeat?: string; repeatUntil?: string; count?: string },
  zone: string | undefined,
): MaintenanceRepeat | null | undefined {
  if (repeat === undefined) {
    if (repeatUntil !== undefined || count !== undefined) {
      throw usage(`${count === undefined ? '--repeat-until' : '--count'} needs --repeat.`);
    }
    return undefined;
  }
  if (/^(never|no|none)$/i.test(repeat)) {
    if (repeatUntil !== undefined || count !== undefined) {
      throw usage(
        `${count === undefined ? '--repeat-until' : '--count'} needs a repetition, and --repeat ends it.`,
      );
    }
    return null;
  }
  const until =
    repeatUntil === undefined
      ? undefined
      : new Date(instantOfMoment(parseWindowMoment(repeatUntil, '--repeat-until', zone, Date.now())));
  return {
    cron: repeat,
    timeZone: known(zone),
    ...(until && { until }),
    ...(count !== undefined && { count: parseWhole(count, '--count') }),
  };
}
